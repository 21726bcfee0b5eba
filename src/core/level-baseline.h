/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much less a level is than usual, against its own mean of the last day, in constant memory: light that
 * arrives, or how often something happens. The mean of what there is during the first day, fading exponentially
 * after that; so a step stands out for some hours, until it has become what is usual, and slow decay is left to
 * the trend. */

#include "time-util.h"

typedef struct LevelBaseline {
        double mean;
        usec_t first, at; /* 0: nothing yet */
} LevelBaseline;

/* Takes a level. True, with how much it is below the mean (negative: above), once that is the mean of an hour
 * or more. Levels must be finite, times above 0 and rising. */
bool level_baseline_step(LevelBaseline *b, double level, usec_t at, double *ret_drop);
