/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The service runs before everything else on its processor (units/primed.service), also before the kernel's
 * ksoftirqd, which takes in what adapters receive when that is much. So what it does every millisecond is done
 * less often where the processor is slow: only when the time since the last times is BREATHER_SHARE times what
 * that has taken of the processor. With it come the timer and the turn of the event loop, which are said to be
 * as much as BREATHER_AROUND times it, if the loop has taken that much; what the loop does for others meanwhile
 * is not to be paid for. Whoever does such a thing has a breather of its own. Pure. */

#include "time-util.h"

#define BREATHER_SHARE  6
#define BREATHER_AROUND 3
#define BREATHER_MAX    (20 * USEC_PER_MSEC) /* at most so long: a move goes on, however slow */

typedef struct Breather {
        usec_t at;         /* the last time */
        usec_t taken;      /* of the processor by the event loop, until then */
        usec_t paid_until; /* when what it took until then has been made up for */
} Breather;

/* It was done just now; before it and after it the event loop had taken so much of the processor since its
 * start (CLOCK_THREAD_CPUTIME_ID). Returns when it may be done again at the earliest. */
usec_t breather_until(Breather *b, usec_t before, usec_t after, usec_t now);
