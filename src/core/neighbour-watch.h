/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether several neighbours that answered before have become unreachable, and nobody answers any more. Probes
 * have addresses of their own; where a switch lets these pass and the pair's no more (a port that is limited to
 * some addresses, a table that lost one), only this shows it. One neighbour that is gone is its own fault.
 * Pure, bounded. */

#include "time-util.h"

#define NEIGHBOUR_WATCH_MAX    32 /* the last ones that answered */
#define NEIGHBOUR_WATCH_FAILED 3  /* in a row, none having answered in between */

/* The kernel doubts a neighbour 15 to 45 s after it last answered (base_reachable_time_ms), and gives it up 8 s
 * later (delay_first_probe_time, ucast_solicit, retrans_time_ms; net/ipv4/arp.c). */
#define NEIGHBOUR_WATCH_SPAN (60 * USEC_PER_SEC)

typedef struct NeighbourKey {
        int ifindex;
        uint8_t family; /* AF_INET or AF_INET6 */
        uint8_t address[16];
} NeighbourKey;

typedef struct NeighbourWatch {
        NeighbourKey known[NEIGHBOUR_WATCH_MAX]; /* the latest last */
        size_t n_known;
        usec_t failing_since;
        unsigned n_failing;
        uint64_t count;
} NeighbourWatch;

/* One answered. */
void neighbour_watch_confirmed(NeighbourWatch *w, const NeighbourKey *key);

/* The kernel has given one up. True: that makes it several; they are counted, and have to answer again before
 * they are once more. */
bool neighbour_watch_failed(NeighbourWatch *w, const NeighbourKey *key, usec_t now);

/* One was taken out of the tables, or all (key NULL), as with a carrier. */
void neighbour_watch_forget(NeighbourWatch *w, const NeighbourKey *key);
