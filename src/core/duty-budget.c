/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "duty-budget.h"

/* How fast the usual follows: an eighth of the difference. */
#define FOLLOW 8

bool duty_budget_allows(const DutyBudget *b, usec_t now) {
        return b->paid_until < usec_add(now, DUTY_BURST);
}

static usec_t duty_cost_charge(DutyCost *cost, usec_t took) {
        usec_t charge;

        /* the clock is no finer than that */
        took = MAX(took, (usec_t) 1);
        if (cost->n < DUTY_LEARN) {
                cost->usual = cost->n++ == 0 ? took : MIN(cost->usual, took);
                return MIN(took, DUTY_UNKNOWN);
        }
        charge = MIN(took, DUTY_EXCESS * cost->usual);
        if (charge > cost->usual)
                cost->usual += (charge - cost->usual + FOLLOW - 1) / FOLLOW;
        else
                cost->usual -= (cost->usual - charge) / FOLLOW;
        return charge;
}

void duty_budget_spend(DutyBudget *b, DutyCost *cost, usec_t now, usec_t took) {
        usec_t charge = duty_cost_charge(cost, took);

        b->paid_until = usec_add(MAX(b->paid_until, now), charge * b->rest);
}
