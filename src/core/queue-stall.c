/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue-stall.h"

/* Judgement: adapters report what they sent within milliseconds; a pause of IEEE 802.3 (annex 31B) lasts at
 * most 65535 quanta of 512 bit times, 34 ms at 1 Gb/s, unless it is renewed. */
#define SUSPECT_AFTER (400 * USEC_PER_MSEC)

bool queue_stall_step(QueueStall *q, uint64_t in_flight, usec_t at) {
        if (in_flight == 0 || in_flight != q->in_flight) {
                *q = (QueueStall){ .in_flight = in_flight, .still_since = at };
                return false;
        }
        return usec_sub(at, q->still_since) >= SUSPECT_AFTER;
}

bool queue_stall_check(QueueStall *q, uint64_t given, usec_t at) {
        if (!q->given_known || given != q->given) {
                q->given_known = true;
                q->given = given;
                q->given_since = at;
                return false;
        }
        if (usec_sub(at, q->given_since) < USEC_PER_SEC)
                return false;
        q->given_since = at;
        return true;
}

void queue_stall_reset(QueueStall *q) {
        *q = (QueueStall){};
}
