/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One priming (or plan, or undo) in a process of its own (worker-process.h): setting rings or channels takes a
 * driver from milliseconds to seconds, holds RTNL, and hangs with some. */

#include <systemd/sd-event.h>

#include "prime-worker.h"
#include "time-util.h"

#define PRIME_JOB_DEADLINE (30 * USEC_PER_SEC)

typedef struct PrimeJob PrimeJob;

/* How it ended. result: 0 or negative with e (NULL on success); -ETIMEDOUT with ERROR_TIMEOUT when the deadline
 * passed (e says at which step it hung and what was set by then and is not undone), -ECANCELED, -EPROTO when
 * the process died. plan: as far as it is known, NULL when it got nowhere; after a timeout what was set is
 * OUTCOME_DONE, so that the plan can be given to PRIME_TASK_UNDO later. Plan and error are valid during the
 * call. The job may be freed in it. */
typedef void (*PrimeJobFunc)(PrimeJob *j, int result, const PrimePlan *plan, const Error *e, void *userdata);

/* A process that was killed but hung in the kernel has come out of it and is gone: what it was about to set may
 * have been set only now. Called at most once, from the event loop; the job may be freed in it. */
typedef void (*PrimeJobEndedFunc)(PrimeJob *j, void *userdata);

/* The plan that is about to be carried out, or undone (PRIME_TASK_UNDO: what it comes to): is to be kept before
 * this returns, since nothing is written before. Called at most once, from the event loop; the job must not be
 * freed in it. Negative with e: the job fails with that, and nothing is written. */
typedef int (*PrimeJobKeepFunc)(PrimeJob *j, const PrimePlan *plan, Error *e, void *userdata);

typedef struct PrimeJobOptions {
        usec_t deadline;         /* 0: PRIME_JOB_DEADLINE */
        PrimeJobKeepFunc keep;   /* may be NULL */
        PrimeJobEndedFunc ended; /* may be NULL */
        /* How the process gets at the adapters; NULL: adapter_access_new(). Called in the child. */
        int (*open)(AdapterAccess **ret, Error *e);
} PrimeJobOptions;

/* Starts it in the caller's network namespace. The request is copied (what `before` points to is used in the
 * child only). options may be NULL. func is called exactly once, from the event loop, unless the job is freed
 * before. */
int prime_job_new(sd_event *event, const PrimeRequest *request, const PrimeJobOptions *options,
                PrimeJobFunc func, void *userdata, PrimeJob **ret, Error *e);

/* Kills the process; func is called with -ECANCELED before this returns. What was set by then stays set. */
void prime_job_cancel(PrimeJob *j);

/* Kills the process; func is not called, `ended` is where it lingers. */
void prime_job_abandon(PrimeJob *j);

/* The process was killed and is not gone yet, mostly for less than a millisecond; in a driver that hangs, until
 * it comes out. Nobody waits for it; `ended` is called then, if the job still exists. */
bool prime_job_lingers(const PrimeJob *j);

/* Kills the process if it still runs; neither func nor ended are called. NULL is fine; returns NULL. */
PrimeJob *prime_job_free(PrimeJob *j);
DEFINE_CLEANUP(PrimeJob *, prime_job_free);

/* What it is busy with, for a status display: "rings rx", or NULL before it writes anything. Valid until the
 * next turn of the event loop. */
const char *prime_job_progress(const PrimeJob *j);
