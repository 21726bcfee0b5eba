/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The priming worker of a guarded pair. */

#include "alloc-util.h"
#include "clock.h"
#include "guard-internal.h"

static void on_job_ended(PrimeJob *job, void *userdata) {
        Guard *g = userdata;

        g->lingering = prime_job_free(g->lingering);
        pair_prime_ended(g->pair, clock_monotonic());
}

/* The job is over, but its process may not be; while one lingers, the pair starts no other. */
static bool retire(Guard *g, PrimeJob *job) {
        if (g->lingering || !prime_job_lingers(job)) {
                prime_job_free(job);
                return false;
        }
        g->lingering = job;
        return true;
}

static int on_job_keep(PrimeJob *job, const PrimePlan *plan, Error *e, void *userdata) {
        Guard *g = userdata;

        return pair_prime_begins(g->pair, plan, e);
}

static void on_job_done(PrimeJob *job, int result, const PrimePlan *plan, const Error *e, void *userdata) {
        PrimePlan *copy = plan ? prime_plan_new() : NULL;
        Error cause = e ? *e : (Error){};
        Guard *g = userdata;
        bool lingers;

        /* Plan and error are the job's, which may not live through retire(). */
        if (copy && prime_plan_copy(copy, plan) < 0)
                copy = prime_plan_free(copy);
        g->job = NULL;
        turns_prime_ended(g->options.turns);
        lingers = retire(g, job);
        pair_prime_done(g->pair, copy, result < 0 ? &cause : NULL, lingers, clock_monotonic());
}

int guard_port_prime(void *userdata, const PairPrimeOrder *order, Error *e) {
        static const PrimeTask tasks[] = {
                [PAIR_PRIMING_PLAN] = PRIME_TASK_PLAN,
                [PAIR_PRIMING_APPLY] = PRIME_TASK_APPLY,
                [PAIR_PRIMING_UNDO] = PRIME_TASK_UNDO,
                [PAIR_PRIMING_SNAPSHOT] = PRIME_TASK_SNAPSHOT,
                [PAIR_PRIMING_RESTORE] = PRIME_TASK_RESTORE,
        };
        Guard *g = userdata;
        PrimeJobOptions options = { .keep = on_job_keep, .ended = on_job_ended };
        PrimeRequest request = {
                .task = tasks[order->what],
                .serving = order->serving->ifindex,
                .spare = order->spare->ifindex,
                .items = order->items,
                .before = order->before,
                .contention = order->contention,
                .dry_run = order->dry_run,
                .complete = order->complete,
        };
        int r;

        g->job_writes = order->what != PAIR_PRIMING_PLAN && order->what != PAIR_PRIMING_SNAPSHOT;
        r = prime_job_new(g->options.event, &request, &options, on_job_done, g, &g->job, e);
        if (r >= 0)
                turns_prime_begun(g->options.turns);
        return r;
}

bool guard_port_prime_cancel(void *userdata) {
        Guard *g = userdata;
        PrimeJob *job = TAKE_PTR(g->job);

        if (!job)
                return false;
        turns_prime_ended(g->options.turns);
        if (g->job_writes) {
                prime_job_abandon(job);
                return retire(g, job);
        }
        prime_job_free(job); /* whatever it still reads changes nothing */
        return false;
}

bool guard_is_priming(const Guard *g) {
        return g->job;
}
