/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "prime-job.h"
#include "prime-plan-codec.h"
#include "worker-process.h"

/* What the process says. */
typedef enum Frame {
        FRAME_PLAN = 1, /* an encoded plan, before anything is written */
        FRAME_KEEP,     /* waits until that is kept, empty */
        FRAME_STEP,     /* u32: about to write this step of it */
        FRAME_RESULT,   /* ResultHeader, the encoded plan */
} Frame;

typedef struct ResultHeader {
        int32_t code;
        Error error;
} ResultHeader;

/* Well above the longest plan that prime_plan_encode() makes. */
#define FRAME_MAX (2U * 1024 * 1024)

struct PrimeJob {
        WorkerProcess *process;
        PrimeRequest request;
        PrimeJobOptions options;
        PrimeJobFunc func;
        void *userdata;
        bool has_step, ended;
        ResultHeader result;
        PrimePlan *plan;
        size_t step, furthest; /* being written; the last that was begun at all (repairs begin anew) */
        char progress[PRIME_LABEL_MAX];
};

/* ---- in the process ---- */

static void tell_planned(const PrimePlan *plan, void *userdata) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size = 0;

        if (prime_plan_encode(plan, &data, &size) >= 0)
                worker_tell(FRAME_PLAN, NULL, 0, data, size);
}

/* Does not return when it is refused. */
static int tell_keep(void *userdata, Error *e) {
        worker_tell(FRAME_KEEP, NULL, 0, NULL, 0);
        worker_wait();
        return 0;
}

static void tell_begins(const PrimePlan *plan, size_t step, void *userdata) {
        uint32_t n = (uint32_t) step;

        worker_tell(FRAME_STEP, &n, sizeof(n), NULL, 0);
}

static int job_run(void *userdata) {
        static const PrimeWatcher watcher = {
                .planned = tell_planned, .keep = tell_keep, .begins = tell_begins
        };
        const PrimeJob *j = userdata;
        PrimePlan *plan = prime_plan_new();
        AdapterAccess *access = NULL;
        ResultHeader result = {};
        uint8_t *data = NULL;
        size_t size = 0;

        if (!plan)
                return EXIT_FAILURE;
        result.code = j->options.open ? j->options.open(&access, &result.error)
                                      : adapter_access_new(&access, &result.error);
        if (result.code >= 0)
                result.code = prime_worker_run(access, &j->request, &watcher, plan, &result.error);
        if (prime_plan_encode(plan, &data, &size) < 0)
                return EXIT_FAILURE;
        worker_tell(FRAME_RESULT, &result, sizeof(result), data, size);
        return EXIT_SUCCESS;
}

/* ---- in the daemon ---- */

PrimeJob *prime_job_free(PrimeJob *j) {
        if (!j)
                return NULL;
        worker_process_free(j->process);
        prime_plan_free(j->plan);
        free(j);
        return NULL;
}

bool prime_job_lingers(const PrimeJob *j) {
        return worker_process_lingers(j->process);
}

/* The job is not touched after this: the caller may have freed it. */
static void job_end(PrimeJob *j, int result, const Error *e) {
        j->ended = true;
        j->func(j, result, j->plan, result < 0 ? e : NULL, j->userdata);
}

const char *prime_job_progress(const PrimeJob *j) {
        return j->has_step ? j->progress : NULL;
}

static int take_plan(PrimeJob *j, const uint8_t *data, size_t size) {
        PrimePlan *plan = NULL;
        int r = prime_plan_decode(data, size, &plan);

        if (r < 0)
                return r;
        prime_plan_free(j->plan);
        j->plan = plan;
        return 0;
}

/* One that is about to be killed is not told to go on, and so has nothing to be kept. */
static int take_keep(PrimeJob *j) {
        ResultHeader *refusal = &j->result;

        if (!j->plan)
                return -EBADMSG;
        if (worker_process_is_ending(j->process))
                return 0;
        if (j->options.keep)
                refusal->code = j->options.keep(j, j->plan, &refusal->error, j->userdata);
        if (refusal->code >= 0)
                return worker_process_go(j->process);
        worker_process_refuse(j->process);
        return 1;
}

static int job_take(uint8_t type, const uint8_t *data, size_t size, void *userdata) {
        PrimeJob *j = userdata;
        uint32_t step;
        int r;

        switch (type) {
        case FRAME_PLAN:
                return take_plan(j, data, size);
        case FRAME_KEEP:
                return take_keep(j);
        case FRAME_STEP:
                if (size != sizeof(step) || !j->plan)
                        return -EBADMSG;
                memcpy(&step, data, sizeof(step));
                if (step >= j->plan->n_steps)
                        return -EBADMSG;
                j->step = step;
                j->furthest = MAX(j->furthest, (size_t) step);
                j->has_step = true;
                prime_step_label(j->progress, &j->plan->steps[step]);
                return 0;
        case FRAME_RESULT:
                if (size < sizeof(j->result))
                        return -EBADMSG;
                memcpy(&j->result, data, sizeof(j->result));
                j->result.error.text[ERROR_TEXT_MAX - 1] = 0;
                if (j->result.code > 0 || (j->result.code < 0) != (j->result.error.code < 0))
                        return -EBADMSG;
                r = take_plan(j, data + sizeof(j->result), size - sizeof(j->result));
                return r < 0 ? r : 1;
        }
        return -EBADMSG;
}

/* Marks what the process will have set before it came to the step at which it was stopped; the list of it in
 * words. */
static void job_reckon(PrimeJob *j, const char *why, char *list, size_t size) {
        size_t used = 0;

        list[0] = 0;
        if (!j->has_step)
                return;
        for (size_t i = 0; i < j->plan->n_steps; i++) {
                PrimeStep *s = &j->plan->steps[i];
                bool due = prime_step_is_due(s);

                if (i == j->step ||
                                (due && i > j->step && s->item == j->plan->steps[j->step].item &&
                                                prime_item_is_atomic(s->item))) {
                        s->outcome = OUTCOME_FAILED;
                        snprintf(s->note, sizeof(s->note), "%s", why);
                } else if (due && i < j->furthest)
                        s->outcome = OUTCOME_DONE;
                if (s->outcome != OUTCOME_PENDING && used + PRIME_LABEL_MAX + 2 < size)
                        used += (size_t) snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
                                        PRIME_STEP_LABEL(s));
        }
}

static void job_time_out(PrimeJob *j) {
        char left[300];
        Error e = {};

        job_reckon(j, "the driver did not return", left, sizeof(left));
        if (j->has_step)
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT,
                                "priming timed out after %s while setting %s, left behind: %s",
                                FORMAT_TIMESPAN(j->options.deadline), j->progress, left);
        else
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT,
                                "priming timed out after %s while reading the adapters; nothing was changed",
                                FORMAT_TIMESPAN(j->options.deadline));
        job_end(j, -ETIMEDOUT, &e);
}

static void on_end(WorkerEnd end, const char *how, void *userdata) {
        PrimeJob *j = userdata;
        char left[300];
        Error e = {};

        switch (end) {
        case WORKER_DONE:
                job_end(j, j->result.code, &j->result.error);
                return;
        case WORKER_BROKEN:
                job_reckon(j, "the priming process ended", left, sizeof(left));
                (void) error_set(&e, ERROR_FAILED, -EPROTO, "the priming process %s%s%s", how,
                                j->has_step ? " while setting " : "", j->has_step ? j->progress : "");
                job_end(j, -EPROTO, &e);
                return;
        case WORKER_TIMED_OUT:
                job_time_out(j);
                return;
        }
}

void prime_job_cancel(PrimeJob *j) {
        char left[300];
        Error e = {};

        if (j->ended)
                return;
        worker_process_stop(j->process);
        job_reckon(j, "the priming was cancelled", left, sizeof(left));
        (void) error_set(&e, ERROR_FAILED, -ECANCELED,
                        left[0] ? "priming was cancelled, left behind: %s" : "priming was cancelled%s", left);
        job_end(j, -ECANCELED, &e);
}

void prime_job_abandon(PrimeJob *j) {
        j->ended = true;
        worker_process_stop(j->process);
}

static void on_gone(void *userdata) {
        PrimeJob *j = userdata;

        if (j->options.ended)
                j->options.ended(j, j->userdata);
}

static const WorkerOps job_ops = {
        .name = "primed-prime",
        .frame_max = FRAME_MAX,
        .run = job_run,
        .take = job_take,
        .end = on_end,
        .gone = on_gone,
};

int prime_job_new(sd_event *event, const PrimeRequest *request, const PrimeJobOptions *options,
                PrimeJobFunc func, void *userdata, PrimeJob **ret, Error *e) {
        _cleanup_(prime_job_freep) PrimeJob *j = new0(PrimeJob, 1);
        int r;

        if (!j)
                return error_errno(e, -ENOMEM, "priming process");
        j->request = *request;
        if (options)
                j->options = *options;
        if (j->options.deadline == 0)
                j->options.deadline = PRIME_JOB_DEADLINE;
        j->func = func;
        j->userdata = userdata;
        r = worker_process_new(event, &job_ops, j->options.deadline, j, &j->process, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(j);
        return 0;
}
