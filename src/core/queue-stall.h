/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a transmit queue stands still: its driver holds octets that the adapter does not send, and takes no
 * more. The kernel's watchdog says so after 5 s, and only of a queue that the driver had stopped; here it takes
 * a second.
 *
 * Byte queue limits tell how many octets the adapter has and did not report as sent. That this number stands
 * still is not enough: a queue of a saturated link is filled up to its limit after every report, and with
 * frames of one size the number is the same whenever one looks. So what stands still is suspect, no more, and
 * whoever reads the queue has to find out how much it was given, by what its queueing discipline counts; a
 * queue that was given nothing either does not work. A queue at rest is empty. What goes around the discipline
 * (pktgen, PACKET_QDISC_BYPASS) is not seen: if it alone keeps a queue full, with frames of one size, that is
 * mistaken for a stall. */

#include <stdint.h>

#include "time-util.h"

typedef struct QueueStall {
        uint64_t in_flight; /* octets */
        usec_t still_since;
        uint64_t given; /* octets, or whatever grows with every frame */
        usec_t given_since;
        bool given_known;
} QueueStall;

/* Takes the octets in flight as read at that time, CLOCK_MONOTONIC, each later than the last. True when the
 * queue is suspect: queue_stall_check() is due. */
bool queue_stall_step(QueueStall *q, uint64_t in_flight, usec_t at);

/* Takes how much a suspect queue was given in all. True once for each second that it stood still, the
 * first one a second after the first check. */
bool queue_stall_check(QueueStall *q, uint64_t given, usec_t at);

/* Forgets what was seen: the link is down, or the queue is another one. */
void queue_stall_reset(QueueStall *q);
