/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which settings of the spare somebody else keeps setting back. Repairing one for ever would be a fight that
 * nobody wins and that restarts the adapter's queues each time; so after a few repairs the setting is left
 * alone and a person is told. Bounded: of more settings than fit, those repaired longest ago are forgotten. */

#include "prime-plan.h"
#include "time-util.h"

/* So many repairs of one setting within the time are a fight, not an accident: two come from an administrator
 * who tries again. */
#define PRIME_CONTENTION_REPAIRS 3
#define PRIME_CONTENTION_WINDOW  (10 * USEC_PER_MINUTE)
#define PRIME_CONTENTION_MAX     64

typedef struct PrimeContention {
        struct {
                PrimeSetting setting;
                usec_t repaired[PRIME_CONTENTION_REPAIRS]; /* latest first, 0: none */
                bool left;
        } row[PRIME_CONTENTION_MAX];
        size_t n;
} PrimeContention;

/* Another one was repaired. True when that was one too many: from now on it is left alone. */
bool prime_contention_note(PrimeContention *c, const PrimeSetting *setting, usec_t now);

bool prime_contention_is_left(const PrimeContention *c, const PrimeSetting *setting);

/* Takes what is left alone out of what the plan would do, with a note that says so. */
void prime_contention_leave(const PrimeContention *c, PrimePlan *plan);
