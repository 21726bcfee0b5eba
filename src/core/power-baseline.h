/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much less light arrives than usual: a level against its own mean of the last day, in constant memory. The
 * mean of what there is during the first day, fading exponentially after that; so a step stands out for some
 * hours, until it has become what is usual, and slow decay is left to the trend. */

#include "time-util.h"

typedef struct PowerBaseline {
        double mean;
        usec_t first, at; /* 0: nothing yet */
} PowerBaseline;

/* Takes a level in dBm. True, with how many dB it is below the mean (negative: above), once that is the mean of
 * an hour or more. Levels must be finite, times above 0 and rising. */
bool power_baseline_step(PowerBaseline *b, double level, usec_t at, double *ret_drop);
