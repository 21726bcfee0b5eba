/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counter-hygiene.h"

/* Some drivers hand on 32-bit hardware counters (ice: FEC blocks). A reading that falls from just below 2^32 to
 * just above 0 is such a wrap; 2^28 is 30 s of minimum-size frames at 8 million per second. */
#define WRAP_AT     (UINT64_C(1) << 32)
#define WRAP_WINDOW (UINT64_C(1) << 28)

/* Longer than this many usual intervals is a gap, but a busy machine may always be this much late. */
#define GAP_INTERVALS 3
#define GAP_MIN       (2 * USEC_PER_SEC)

static bool counter_wrapped(uint64_t last, uint64_t value) {
        return last < WRAP_AT && value < WRAP_WINDOW && value + WRAP_AT - last < WRAP_WINDOW;
}

/* Follows a slower rhythm by doubling, a faster one at once. */
static void counter_hygiene_learn(CounterHygiene *c, usec_t dt) {
        c->interval = c->interval == 0 ? dt : MIN(dt, 2 * c->interval);
}

CounterVerdict counter_hygiene_take(
                CounterHygiene *c, uint64_t value, usec_t at, bool held, uint64_t *ret_delta) {
        uint64_t last = c->last, delta;
        usec_t dt;
        bool gap;

        if (!c->seen || at <= c->at) {
                c->last = value;
                c->at = MAX(at, c->at);
                c->seen = true;
                return COUNTER_BASELINE;
        }
        dt = at - c->at;
        gap = c->interval > 0 && dt > MAX(GAP_INTERVALS * c->interval, GAP_MIN);
        counter_hygiene_learn(c, dt);
        c->last = value;
        c->at = at;

        if (value >= last)
                delta = value - last;
        else if (counter_wrapped(last, value))
                delta = value + WRAP_AT - last;
        else {
                c->resets++;
                return COUNTER_RESET;
        }
        if (held)
                return COUNTER_HELD;
        *ret_delta = delta;
        return gap ? COUNTER_GAP : COUNTER_DELTA;
}
