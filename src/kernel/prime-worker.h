/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Priming itself: read both adapters, plan, write to the spare, read back, and undo when something fails.
 * Beside it what else needs the same care: an adapter's configuration is read to be kept, and put back. Blocks
 * as long as the drivers do, so the daemon runs it in a process of its own (daemon/prime-job.h).
 *
 * Setting one thing may reset another, so after a pass everything is read again and repaired, a few times at
 * most. What a driver makes of a value is accepted and noted. */

#include "adapter-access.h"
#include "prime-contention.h"

typedef enum PrimeTask {
        PRIME_TASK_PLAN,     /* read only */
        PRIME_TASK_APPLY,    /* make the spare alike; all or nothing */
        PRIME_TASK_UNDO,     /* give the spare back what `before` says it had; what cannot be had is left out */
        PRIME_TASK_SNAPSHOT, /* read only: the spare's settings as steps whose `undo` is what was asked for */
        PRIME_TASK_RESTORE,  /* set what a snapshot, `before`, says; all or nothing */
        _PRIME_TASK_MAX,
        _PRIME_TASK_INVALID = -EINVAL,
} PrimeTask;

DECLARE_STRING_TABLE(prime_task, PrimeTask);

typedef struct PrimeRequest {
        PrimeTask task;
        int serving, spare; /* ifindex; never the same: the one is only read, the other is set */
        PrimeItems items;
        /* UNDO, RESTORE: what to undo, what to set. Otherwise NULL or the outcome of the last priming: what its
         * drivers made of a value is not asked for again (prime_plan_forgive()), and the result undoes both
         * (prime_plan_inherit()). */
        const PrimePlan *before;
        const PrimeContention *contention; /* what is left alone; may be NULL */
        bool dry_run;                      /* RESTORE: say what would be done */
        bool complete; /* RESTORE: entries of lists that `before` does not name are removed */
} PrimeRequest;

/* Told while it runs, so that a process that hangs can be explained. Members may be NULL. */
typedef struct PrimeWatcher {
        void (*planned)(const PrimePlan *plan, void *userdata); /* before anything is written */
        /* About to carry it out: that the plan last told, with what the spare had before, is kept. Nothing is
         * written before this returns, and it is called once at most. UNDO: the plan is `before`. Negative with
         * e: it cannot be kept, and nothing is written. */
        int (*keep)(void *userdata, Error *e);
        void (*begins)(const PrimePlan *plan, size_t step, void *userdata); /* about to write that step */
        void *userdata;
} PrimeWatcher;

/* plan, the caller's and not request->before, is replaced by what was planned and became of it, also on
 * failure. watcher may be NULL. Returns 0, or negative with e: -ERANGE with ERROR_NOT_SUPPORTED when the spare
 * could not carry the traffic (nothing was written), -ENODEV when an adapter is gone, otherwise the kernel's
 * errno; e then says whether everything was undone or what was left behind. */
int prime_worker_run(AdapterAccess *access, const PrimeRequest *request, const PrimeWatcher *watcher,
                PrimePlan *plan, Error *e);
