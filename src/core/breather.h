/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The service runs before everything else on its processor (units/primed.service), also before the kernel's
 * ksoftirqd, which takes in what adapters receive when that is much. So what it does every millisecond is done
 * less often where the processor is slow: only when the time since the last times is BREATHER_SHARE times what
 * the event loop has taken of the processor meanwhile. Whoever does such a thing has a breather of its own.
 * Pure. */

#include "time-util.h"

#define BREATHER_SHARE 6
#define BREATHER_MAX   (20 * USEC_PER_MSEC) /* work that cannot be done less often may be all there is */

typedef struct Breather {
        usec_t at;         /* the last time */
        usec_t taken;      /* of the processor, until then */
        usec_t paid_until; /* when what was taken until then has been made up for */
} Breather;

/* It was done just now, and the event loop has taken so much of the processor since its start
 * (CLOCK_THREAD_CPUTIME_ID); returns when it may be done again at the earliest. */
usec_t breather_until(Breather *b, usec_t taken, usec_t now);
