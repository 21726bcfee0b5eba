/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module-job.h"
#include "alloc-util.h"
#include "clock.h"
#include "worker-process.h"

enum {
        FRAME_REPORT = 1, /* Report */
};

typedef struct Report {
        int32_t code;
        Error error;
        usec_t took;
        ModuleMemory memory;
} Report;

struct ModuleJob {
        WorkerProcess *process;
        int ifindex;
        ModuleJobOptions options;
        ModuleJobFunc func;
        void *userdata;
        Report report; /* its memory is what was known until the process reports */
};

static usec_t job_clock(const ModuleJob *j) {
        return j->options.clock ? j->options.clock() : clock_monotonic();
}

static int job_run(void *userdata) {
        ModuleJob *j = userdata;
        ModuleSource *source = NULL;
        Report *r = &j->report;

        r->code = j->options.open ? j->options.open(&source, &r->error) : module_source_new(&source, &r->error);
        if (r->code >= 0) {
                usec_t began = job_clock(j);

                r->code = module_source_read_all(source, j->ifindex, &r->memory, &r->error);
                r->took = job_clock(j) - began;
        }
        worker_tell(FRAME_REPORT, r, sizeof(*r), NULL, 0);
        return EXIT_SUCCESS;
}

static int job_take(uint8_t type, const uint8_t *data, size_t size, void *userdata) {
        ModuleJob *j = userdata;

        if (type != FRAME_REPORT || size != sizeof(j->report))
                return -EBADMSG;
        memcpy(&j->report, data, size);
        j->report.error.text[ERROR_TEXT_MAX - 1] = 0;
        return j->report.code <= 0 && (j->report.code < 0) == (j->report.error.code < 0) ? 1 : -EBADMSG;
}

static void on_end(WorkerEnd end, const char *how, void *userdata) {
        ModuleJob *j = userdata;
        Error e = {};

        switch (end) {
        case WORKER_DONE:
                j->func(j, j->report.code, j->report.code < 0 ? NULL : &j->report.memory, j->report.took,
                                j->report.code < 0 ? &j->report.error : NULL, j->userdata);
                return;
        case WORKER_BROKEN:
                (void) error_set(&e, ERROR_FAILED, -EPROTO, "the process reading the module %s", how);
                break;
        case WORKER_TIMED_OUT:
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT, "no answer from the module within %s",
                                FORMAT_TIMESPAN(j->options.deadline));
                break;
        }
        /* how long it really held the kernel up nobody knows */
        j->func(j, e.code, NULL, j->options.deadline, &e, j->userdata);
}

static const WorkerOps job_ops = {
        .name = "primed-module",
        .frame_max = sizeof(Report),
        .run = job_run,
        .take = job_take,
        .end = on_end,
};

ModuleJob *module_job_free(ModuleJob *j) {
        if (!j)
                return NULL;
        worker_process_free(j->process);
        free(j);
        return NULL;
}

int module_job_new(sd_event *event, int ifindex, const ModuleMemory *known, const ModuleJobOptions *options,
                ModuleJobFunc func, void *userdata, ModuleJob **ret, Error *e) {
        _cleanup_(module_job_freep) ModuleJob *j = new0(ModuleJob, 1);
        int r;

        if (!j)
                return error_errno(e, -ENOMEM, "reading a module");
        j->ifindex = ifindex;
        if (options)
                j->options = *options;
        if (j->options.deadline == 0)
                j->options.deadline = MODULE_JOB_DEADLINE;
        j->func = func;
        j->userdata = userdata;
        j->report.memory = *known;
        module_memory_refresh(&j->report.memory);
        r = worker_process_new(event, &job_ops, j->options.deadline, j, &j->process, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(j);
        return 0;
}
