/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One reading of a module in a process of its own (worker-process.h): i2c takes its time, under RTNL. */

#include <systemd/sd-event.h>

#include "module-source.h"
#include "time-util.h"

#define MODULE_JOB_DEADLINE (5 * USEC_PER_SEC)

typedef struct ModuleJob ModuleJob;

/* How it ended: 0, or negative with e: what module_source_read_all() says, -ETIMEDOUT, -EPROTO when the process
 * died. memory: as read, NULL on failure. took: the time in the kernel, the deadline when that is not known.
 * Valid during the call, in which the job may be freed. */
typedef void (*ModuleJobFunc)(ModuleJob *j, int result, const ModuleMemory *memory, usec_t took, const Error *e,
                void *userdata);

typedef struct ModuleJobOptions {
        usec_t deadline; /* 0: MODULE_JOB_DEADLINE */
        /* in the process; NULL: module_source_new() and CLOCK_MONOTONIC */
        int (*open)(ModuleSource **ret, Error *e);
        usec_t (*clock)(void);
} ModuleJobOptions;

/* Reads all that is due of known (copied), in the caller's network namespace. func is called exactly once, from
 * the event loop, unless the job is freed before. options may be NULL. */
int module_job_new(sd_event *event, int ifindex, const ModuleMemory *known, const ModuleJobOptions *options,
                ModuleJobFunc func, void *userdata, ModuleJob **ret, Error *e);

/* Kills the process if it still runs; func is not called. NULL is fine; returns NULL. */
ModuleJob *module_job_free(ModuleJob *j);
DEFINE_CLEANUP(ModuleJob *, module_job_free);
