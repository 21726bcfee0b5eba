/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "alloc-util.h"
#include "clock.h"
#include "identity-job.h"
#include "worker-process.h"

enum {
        FRAME_REPORT = 1, /* Report, the encoded record */
};

typedef struct Report {
        int32_t code;
        Error error, notice;
} Report;

#define REPORT_MAX (2U * IDENTITY_RECORD_BYTES_MAX)

struct IdentityJob {
        WorkerProcess *process;
        PairIdentityTask task;
        IdentityMove move; /* in the process only, whose record is a copy of its own */
        IdentityJobFunc func;
        void *userdata;
        Report report;
        IdentityRecord *record; /* as reported */
};

static int (*const tasks[_PAIR_IDENTITY_TASK_MAX])(IdentityMove *m, Error *e) = {
        [PAIR_IDENTITY_PUT] = identity_move_put,
        [PAIR_IDENTITY_PARK] = identity_move_park,
        [PAIR_IDENTITY_TAKE] = identity_move_take,
};

static int job_run(void *userdata) {
        IdentityJob *j = userdata;
        _cleanup_free_ uint8_t *data = NULL;
        Report report = {};
        size_t size = 0;

        report.code = tasks[j->task](&j->move, &report.error);
        report.notice = j->move.notice;
        if (identity_record_encode(j->move.record, &data, &size) < 0)
                return EXIT_FAILURE;
        worker_tell(FRAME_REPORT, &report, sizeof(report), data, size);
        return EXIT_SUCCESS;
}

static int job_take(uint8_t type, const uint8_t *data, size_t size, void *userdata) {
        IdentityJob *j = userdata;

        if (type != FRAME_REPORT || size < sizeof(j->report))
                return -EBADMSG;
        memcpy(&j->report, data, sizeof(j->report));
        j->report.error.text[ERROR_TEXT_MAX - 1] = j->report.notice.text[ERROR_TEXT_MAX - 1] = 0;
        if (j->report.code > 0 || (j->report.code < 0) != (j->report.error.code < 0) ||
                        identity_record_decode(data + sizeof(j->report), size - sizeof(j->report), &j->record) <
                                        0)
                return -EBADMSG;
        return 1;
}

static void on_end(WorkerEnd end, const char *how, void *userdata) {
        IdentityJob *j = userdata;
        Error e = {};

        switch (end) {
        case WORKER_DONE:
                j->func(j, j->report.code, j->report.code < 0 ? NULL : j->record, j->report.notice.text,
                                j->report.code < 0 ? &j->report.error : NULL, j->userdata);
                return;
        case WORKER_BROKEN:
                (void) error_set(&e, ERROR_FAILED, -EPROTO, "the process that moves addresses %s", how);
                break;
        case WORKER_TIMED_OUT:
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT,
                                "the kernel did not let addresses be moved within %s",
                                FORMAT_TIMESPAN(IDENTITY_JOB_DEADLINE));
                break;
        }
        j->func(j, e.code, NULL, "", &e, j->userdata);
}

static const WorkerOps job_ops = {
        .name = "primed-identity",
        .frame_max = REPORT_MAX,
        .run = job_run,
        .take = job_take,
        .end = on_end,
};

IdentityJob *identity_job_free(IdentityJob *j) {
        if (!j)
                return NULL;
        worker_process_free(j->process);
        identity_record_free(j->record);
        free(j);
        return NULL;
}

int identity_job_new(sd_event *event, PairIdentityTask task, const IdentityMove *move, IdentityJobFunc func,
                void *userdata, IdentityJob **ret, Error *e) {
        _cleanup_(identity_job_freep) IdentityJob *j = new0(IdentityJob, 1);
        int r;

        if (!j)
                return error_errno(e, -ENOMEM, "moving addresses");
        j->task = task;
        j->move = *move;
        j->move.now = clock_monotonic();
        j->func = func;
        j->userdata = userdata;
        r = worker_process_new(event, &job_ops, IDENTITY_JOB_DEADLINE, j, &j->process, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(j);
        return 0;
}
