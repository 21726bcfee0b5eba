/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An adapter's unicast and multicast lists, which rtnetlink tells as its own entries of the forwarding database
 * (AF_BRIDGE, NTF_SELF; `bridge fdb show`), to and from ATTRIBUTE_ADDRESS. No socket.
 *
 * Not all of a list is configuration. Groups that IP joins (01:00:5e, 33:33) follow its addresses and are
 * looked after by who moves the traffic; link-local protocols (01:80:c2:00:00:0x) belong to the port. Neither
 * is read. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* The whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *address_list_codec_get(int ifindex);

/* Adds the address named in the change, or removes it when its value is absent. 0 with a message in *ret,
 * -ENOMEM, -EINVAL when the name is no address. */
int address_list_codec_set(int ifindex, const AdapterChange *change, struct nl_msg **ret);

/* Takes the payload of an RTM_NEWNEIGH (from struct ndmsg on) into the profile, if it is about p->ifindex.
 * -EBADMSG for what no kernel sends; any bytes are safe, in memory aligned to 4. */
int address_list_codec_parse(const void *payload, size_t size, AdapterProfile *p);
