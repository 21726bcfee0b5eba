/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "level-baseline.h"

#define MEMORY   USEC_PER_DAY
#define KNOWN_IN USEC_PER_HOUR
/* What one level may count for at most: after a gap it is no better known than any other. */
#define STEP_MAX (10 * USEC_PER_MINUTE)

bool level_baseline_step(LevelBaseline *b, double level, usec_t at, double *ret_drop) {
        bool known = b->first > 0 && at - b->first >= KNOWN_IN;
        usec_t step, age;

        if (b->first == 0) {
                *b = (LevelBaseline){ .mean = level, .first = at, .at = at };
                return false;
        }
        if (at <= b->at)
                return false;
        if (known)
                *ret_drop = b->mean - level;
        step = MIN(at - b->at, STEP_MAX);
        age = CLAMP(at - b->first, step, MEMORY);
        b->mean += (level - b->mean) * (double) step / (double) age;
        b->at = at;
        return known;
}
