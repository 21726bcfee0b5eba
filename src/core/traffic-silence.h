/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An adapter that had traffic and receives nothing any more: the first thing that can be seen of a cable that
 * broke, milliseconds before the kernel tells. It proves nothing, since traffic may just have ended; so it only
 * says when the carrier is worth a look.
 *
 * An adapter is busy when it moved frames in a look and again TRAFFIC_WAKING_USEC later, which takes some 20 to
 * 40 frames/s, and until it moved none in all but one of the last 32 looks of TRAFFIC_BUSY_USEC. What is lost
 * of less traffic while nobody looks closely is a frame or two. */

#include <stdbool.h>
#include <stdint.h>

#include "time-util.h"

/* Between looks at an adapter that is busy; at one that moved frames at the last look; at one that did not. */
#define TRAFFIC_BUSY_USEC   (1 * USEC_PER_MSEC)
#define TRAFFIC_WAKING_USEC (50 * USEC_PER_MSEC)
#define TRAFFIC_IDLE_USEC   (200 * USEC_PER_MSEC)

typedef struct TrafficSilence {
        uint32_t moved; /* a bit per look, the lowest is the last: whether frames did */
        bool busy;
        usec_t due; /* when to look for frames next; at the same time at all that are not busy */
} TrafficSilence;

/* A look. received, sent: any frame, since the last call. True: the carrier is worth a look. */
bool traffic_silence_note(TrafficSilence *t, bool received, bool sent, usec_t now);
