/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver counts per queue, summed up by the kernel for each adapter: QSTATS_GET of the generic netlink
 * family "netdev" (Linux 6.10; Documentation/netlink/specs/netdev.yaml). No socket. Not taken: rx-hw-drops,
 * whose cause it does not tell (filters and policies drop, too), and tx-stop and tx-wake, which are
 * back-pressure. */

#include <netlink/msg.h>

#include "ethtool-stats-codec.h"

/* A whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *queue_stats_request(uint16_t family, int ifindex);

/* Makes a request for one adapter one for another. */
void queue_stats_request_for(struct nl_msg *m, int ifindex);

/* Takes the attributes of a reply (what follows the generic netlink header). Returns how many values it had,
 * -ENOMSG when it is about another adapter, or -EBADMSG; any bytes are safe, in memory aligned to 4. */
int queue_stats_parse(const void *attributes, size_t size, int ifindex, EthtoolStats *ret);
