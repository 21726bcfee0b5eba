/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Makes increments that can be trusted out of readings of a counter: the first reading is only a baseline;
 * counters reset, wrap at 2^32, and are read late after a suspend or a stall. */

#include "time-util.h"

typedef enum CounterVerdict {
        COUNTER_BASELINE, /* first reading, or time did not advance */
        COUNTER_DELTA,    /* an increment to be judged, maybe 0 */
        COUNTER_RESET,    /* went backwards: the reading is a new baseline */
        COUNTER_GAP,      /* an increment over an unusually long time, of no use as a rate */
        COUNTER_HELD,     /* within a hold-off */
} CounterVerdict;

typedef struct CounterHygiene {
        uint64_t last;
        usec_t at;       /* of the last reading */
        usec_t interval; /* usual time between readings, 0 while unknown */
        unsigned resets;
        bool seen;
} CounterHygiene;

/* Takes one reading. ret_delta is set with COUNTER_DELTA and COUNTER_GAP only. */
CounterVerdict counter_hygiene_take(
                CounterHygiene *c, uint64_t value, usec_t at, bool held, uint64_t *ret_delta);
