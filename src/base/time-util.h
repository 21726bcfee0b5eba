/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Time as a value: microseconds. Reading a clock is clock.h's, which the core must not use. */

#include "macro.h"

typedef uint64_t usec_t;

#define USEC_INFINITY   ((usec_t) UINT64_MAX)
#define USEC_PER_MSEC   ((usec_t) 1000)
#define USEC_PER_SEC    ((usec_t) 1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR   (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY    (24 * USEC_PER_HOUR)

/* a + b, stopping at USEC_INFINITY. */
static inline usec_t usec_add(usec_t a, usec_t b) {
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* a - b, stopping at 0; infinity stays infinity. */
static inline usec_t usec_sub(usec_t a, usec_t b) {
        return a == USEC_INFINITY ? a : a > b ? a - b : 0;
}

/* Parses "250ms", "10min", "1h 30min" as systemd.time(7) does, but a bare number is refused (-ENOMSG: unit
 * missing) since nobody should have to guess; -EINVAL for anything else wrong, -ERANGE when it does not fit.
 * Units: us ms s min h d w and their long names. */
int timespan_parse(const char *s, usec_t *ret);

#define FORMAT_TIMESPAN_MAX 64
/* Writes t the way systemd does ("1min 30s", "2.5ms"), at most two units; returns buffer. */
const char *timespan_format(char buffer[static FORMAT_TIMESPAN_MAX], usec_t t);
#define FORMAT_TIMESPAN(t) timespan_format((char[FORMAT_TIMESPAN_MAX]){}, (t))
