/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "move-budget.h"

void move_budget_init(MoveBudget *b, const BudgetPolicy *policy, usec_t now) {
        *b = (MoveBudget){ .hold_off_until = usec_add(now, policy->hold_off) };
}

void move_budget_spend(MoveBudget *b, usec_t now) {
        b->last = now;
        b->recent[b->next] = now;
        b->next = (b->next + 1) % MOVE_BUDGET_MAX;
        b->n_recent = MIN(b->n_recent + 1, (unsigned) MOVE_BUDGET_MAX);
}

/* The n-th last move, n from 1. */
static usec_t nth_last(const MoveBudget *b, unsigned n) {
        return b->recent[(b->next + MOVE_BUDGET_MAX - n) % MOVE_BUDGET_MAX];
}

bool move_budget_allows(const MoveBudget *b, const BudgetPolicy *policy, usec_t now, char *why, size_t size,
                usec_t *ret_until) {
        usec_t until = 0;

        if (now < b->hold_off_until) {
                until = b->hold_off_until;
                snprintf(why, size, "holding off for %s after start (budget hold-off)",
                                FORMAT_TIMESPAN(until - now));
        } else if (policy->max_per_hour == 0) {
                until = USEC_INFINITY;
                snprintf(why, size, "automatic moves are off (budget max-per-hour 0)");
        } else if (b->n_recent > 0 && now < usec_add(b->last, policy->min_interval)) {
                until = usec_add(b->last, policy->min_interval);
                snprintf(why, size, "moved %s ago (budget min-interval %s)", FORMAT_TIMESPAN(now - b->last),
                                FORMAT_TIMESPAN(policy->min_interval));
        } else if (b->n_recent >= policy->max_per_hour &&
                        now < usec_add(nth_last(b, policy->max_per_hour), USEC_PER_HOUR)) {
                until = usec_add(nth_last(b, policy->max_per_hour), USEC_PER_HOUR);
                snprintf(why, size, "%u moves within the last hour (budget max-per-hour %u)",
                                policy->max_per_hour, policy->max_per_hour);
        } else
                return true;
        if (ret_until)
                *ret_until = until;
        return false;
}
