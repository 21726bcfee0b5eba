/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only place that reads a clock. Not for core/ or anything under test in virtual time: there, time is a
 * parameter. */

#include <time.h>

#include "time-util.h"

static inline usec_t clock_usec(clockid_t clock) {
        struct timespec ts = {};

        clock_gettime(clock, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

/* CLOCK_MONOTONIC, the time base of every `at` and `now` in the program. */
static inline usec_t clock_monotonic(void) {
        return clock_usec(CLOCK_MONOTONIC);
}

/* How much of a processor this thread has had. */
static inline usec_t clock_taken(void) {
        return clock_usec(CLOCK_THREAD_CPUTIME_ID);
}
