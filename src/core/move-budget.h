/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How often traffic may move by itself: a pair that flaps must not take its host with it. Requests by people
 * and the answer to a dead serving adapter are counted but never refused. */

#include "pair-policy.h"

#define MOVE_BUDGET_MAX 1000 /* largest max-per-hour a policy may have */

typedef struct MoveBudget {
        usec_t hold_off_until;
        usec_t last;                    /* 0: never moved */
        usec_t recent[MOVE_BUDGET_MAX]; /* ring of the last moves */
        unsigned n_recent, next;
} MoveBudget;

/* Start or resume: no automatic move for policy->hold_off. */
void move_budget_init(MoveBudget *b, const BudgetPolicy *policy, usec_t now);

void move_budget_spend(MoveBudget *b, usec_t now);

/* Whether an automatic move is allowed now; if not, why is written for people ("4 moves within the last hour
 * (budget max-per-hour 4)") and *ret_until says when it will be. ret_until may be NULL. */
bool move_budget_allows(const MoveBudget *b, const BudgetPolicy *policy, usec_t now, char *why, size_t size,
                usec_t *ret_until);
