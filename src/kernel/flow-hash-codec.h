/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What of a frame is hashed, by kind of flow, as the messages RSS_GET and RSS_SET of ethtool netlink carry it
 * from Linux 6.17 on. No socket. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* Takes the attributes of a reply to RSS_GET. How many kinds it tells of: 0 where the kernel or the driver does
 * not say; -EBADMSG for what no kernel sends. Any bytes are safe, in memory aligned to 4. */
int flow_hash_codec_parse(const void *attributes, size_t size, AdapterProfile *p);

/* The kinds: the name at index i, NULL behind the last. */
const char *flow_hash_codec_name(size_t i);

/* Whether the kernel takes that kind in RSS_SET, by the attributes that it accepts there (genl-policy.h). */
bool flow_hash_codec_can_set(uint64_t accepted, const char *name);

/* Appends the generic netlink header and the attributes of the request. fields: RXH_* bits. -EOPNOTSUPP for a
 * name that is no kind of flow, -ERANGE, -EMSGSIZE. */
int flow_hash_codec_put_set(struct nl_msg *m, int ifindex, const char *name, uint64_t fields);
