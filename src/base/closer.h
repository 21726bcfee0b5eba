/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Packet sockets are closed by threads. The kernel holds up whoever closes one until every processor has been
 * seen outside of the receiving (packet_release() of net/packet/af_packet.c, synchronize_net()): some 10 ms
 * under load, and a pair has four. One after the other, those of pairs that go together would keep all other
 * pairs waiting for seconds; side by side they share the waits. */

#include "macro.h"

/* How many at once. */
#define CLOSER_THREADS 8

/* Takes the descriptor over, and returns -EBADF for the place where it was. Without memory or a thread it is
 * closed at once. Negative: nothing to do. For one thread of the process. */
int closer_take(int fd);

/* Waits until all are closed: a process that ends has its own closed one after the other. */
void closer_wait(void);

static inline void closer_takep(int *fd) {
        *fd = closer_take(*fd);
}
#define _cleanup_closer_ _cleanup_(closer_takep)
