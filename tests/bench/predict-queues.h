/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Transmit queues of a simulated adapter as a reader of byte queue limits sees them: octets in flight when it
 * looks, and what each queue was given by its discipline.
 *
 * Frames are of one size, which is the hard case: then a queue that is full shows the same number whenever one
 * looks, stalled or not. A driver reports what was sent 50 us after it was given (interrupt moderation); at
 * each look there are as many frames in flight as came in that time. The limit is twice that, as dynamic queue
 * limits find it (lib/dynamic_queue_limits.c), but two frames at least. A queue of a saturated link is always
 * full. One that is stalled takes frames up to its limit, then none. */

#include <stdbool.h>

#include "queue-stall.h"
#include "random.h"

#define QUEUES_MAX     32
#define QUEUES_LOOKS   4   /* a second: the sampling of the built-in policy */
#define QUEUES_LINE    8e6 /* frames per second that the link can carry */
#define QUEUES_FULL    0.9 /* of that: the queues are never empty */
#define QUEUES_LATENCY 50e-6

typedef struct Queues {
        Random random; /* its own: what else happens in a life is the same with and without queues */
        unsigned n;    /* 0: the driver has no byte queue limits */
        int stalled;   /* which one; negative: none */
        double size;   /* of a frame, octets */
        struct {
                uint64_t in_flight, given;
                QueueStall stall;
        } queue[QUEUES_MAX];
        uint64_t seconds; /* what the signal counts */
} Queues;

void queues_init(Queues *q, uint64_t seed, unsigned n);

/* One look, 1 / QUEUES_LOOKS s after the last, at that many frames per second on all of them. */
void queues_look(Queues *q, double pps, usec_t at);

/* Nobody looked for a while. */
void queues_skip(Queues *q);
