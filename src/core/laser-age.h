/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much more current a laser takes than when it was first seen. A laser that ages is given ever more for the
 * same light, for weeks, up to where its maker chose the end; that may be short of the module's own thresholds
 * (OCP 2018). It also takes more in heat, so what is compared is no warmer than it was then. Pure. */

#include <stdbool.h>

#include "time-util.h"

typedef struct LaserAge {
        double bias, temperature; /* means of the first day */
        double rise;              /* as last compared */
        usec_t learned;           /* how much of that day was seen */
        usec_t at;                /* 0: nothing yet */
} LaserAge;

/* Takes a current in mA and the module's temperature in degrees. True, with the share by which the current is
 * above that of the first day (0.2: a fifth more), once that day is over; while it is too warm to compare, that
 * is what it was before. A laser that is off is not looked at. Both must be finite, times above 0 and rising.
 */
bool laser_age_step(LaserAge *a, double bias, double temperature, usec_t at, double *ret_rise);

/* Whether its first day is over. */
bool laser_age_is_known(const LaserAge *a);

/* One whose first day was seen before, on another clock. */
LaserAge laser_age_since(double bias, double temperature);
