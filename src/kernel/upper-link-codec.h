/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What lies on top of an adapter and depends on what it can do: VLAN devices (its VLAN filter), MACsec devices,
 * IPsec states and TLS connections it works for. Counts only. No socket. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* Links of one kind ("vlan", "macsec"): the whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *upper_link_codec_get(const char *kind);

/* Counts an RTM_NEWLINK (its payload, from struct ifinfomsg on) that is on top of p->ifindex and of that kind:
 * a kernel that does not know the kind answers with all links. -EBADMSG for what no kernel sends; any bytes are
 * safe, in memory aligned to 4. */
int upper_link_codec_parse_vlan(const void *payload, size_t size, AdapterProfile *p);
int upper_link_codec_parse_macsec(const void *payload, size_t size, AdapterProfile *p);

/* The same for IPsec states (NETLINK_XFRM; from struct xfrm_usersa_info on). */
struct nl_msg *xfrm_states_codec_get(void);
int xfrm_states_codec_parse(const void *payload, size_t size, AdapterProfile *p);

/* Connections whose TLS is in an adapter's hands, of the whole network namespace: a line of /proc/net/tls_stat
 * to ATTRIBUTE_TLS_TX or ATTRIBUTE_TLS_RX. */
void tls_stat_parse_line(const char *line, AdapterProfile *p);
