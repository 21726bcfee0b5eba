/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "laser-age.h"

#define LEARNING USEC_PER_DAY
/* What one reading may count for at most, as in level-baseline.c. */
#define STEP_MAX (10 * USEC_PER_MINUTE)
/* Below this a laser is off: short-wave ones take some 6 mA, long-wave ones 20 and more. */
#define BIAS_OFF 1.0
/* Degrees above the first day's that still are the same: uncooled lasers take a few percent more. */
#define SAME_TEMPERATURE 5.0

static void laser_age_learn(LaserAge *a, double bias, double temperature, usec_t step) {
        double share;

        a->learned += step;
        share = (double) step / (double) a->learned;
        a->bias += (bias - a->bias) * share;
        a->temperature += (temperature - a->temperature) * share;
}

bool laser_age_is_known(const LaserAge *a) {
        return a->learned >= LEARNING;
}

LaserAge laser_age_since(double bias, double temperature) {
        return (LaserAge){ .bias = bias, .temperature = temperature, .learned = LEARNING };
}

bool laser_age_step(LaserAge *a, double bias, double temperature, usec_t at, double *ret_rise) {
        usec_t step;

        if (bias <= BIAS_OFF || at <= a->at)
                return false;
        step = a->at > 0 ? MIN(at - a->at, STEP_MAX) : 1;
        a->at = at;
        if (!laser_age_is_known(a)) {
                laser_age_learn(a, bias, temperature, step);
                return false;
        }
        if (temperature <= a->temperature + SAME_TEMPERATURE)
                a->rise = bias / a->bias - 1;
        *ret_rise = a->rise;
        return true;
}
