/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much of the time may be spent on something that others wait for (the kernel's RTNL lock): a share of it,
 * of which some seconds' worth can be saved up, so that a slow driver is asked less often, not never. Pure. */

#include "time-util.h"

/* How much time's share can be spent at once. */
#define DUTY_BURST (5 * USEC_PER_SEC)

/* What one question usually takes. Most of an answer that takes many times longer was spent waiting for
 * somebody else, which is not to be paid for: at most DUTY_EXCESS times the usual is. A question that really
 * became slow is the usual one after a few times. The usual one is the quickest of the first DUTY_LEARN; each
 * of these is paid for with DUTY_UNKNOWN at most, lest a host that is busy starting keeps the rest from being
 * asked. */
typedef struct DutyCost {
        usec_t usual; /* 0: never asked */
        unsigned n;   /* asked so often, counted up to DUTY_LEARN */
} DutyCost;

#define DUTY_EXCESS  8
#define DUTY_LEARN   3
#define DUTY_UNKNOWN (10 * USEC_PER_MSEC)

typedef struct DutyBudget {
        unsigned rest; /* what every microsecond is to be followed by, in microseconds: 200 is half a percent */
        usec_t paid_until; /* when what was spent will be paid for */
} DutyBudget;

/* Whether something may begin now. */
bool duty_budget_allows(const DutyBudget *b, usec_t now);

/* It ended now, and took that long. */
void duty_budget_spend(DutyBudget *b, DutyCost *cost, usec_t now, usec_t took);
