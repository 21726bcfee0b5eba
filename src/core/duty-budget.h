/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much of the time may be spent on something that others wait for (the kernel's RTNL lock): a share of it,
 * of which some seconds' worth can be saved up, so that a slow driver is asked less often, not never. Pure. */

#include "time-util.h"

/* How much time's share can be spent at once. */
#define DUTY_BURST (5 * USEC_PER_SEC)

/* What one question usually takes, 0: not known yet. Most of an answer that takes many times longer was spent
 * waiting for somebody else, which is not to be paid for: at most DUTY_EXCESS times the usual is. A question
 * that really became slow is the usual one after a few times. */
typedef struct DutyCost {
        usec_t usual;
} DutyCost;

#define DUTY_EXCESS 8

typedef struct DutyBudget {
        unsigned rest; /* what every microsecond is to be followed by, in microseconds: 200 is half a percent */
        usec_t paid_until; /* when what was spent will be paid for */
} DutyBudget;

/* Whether something may begin now. */
bool duty_budget_allows(const DutyBudget *b, usec_t now);

/* It ended now, and took that long. */
void duty_budget_spend(DutyBudget *b, DutyCost *cost, usec_t now, usec_t took);
