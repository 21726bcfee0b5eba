/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The messages RSS_GET (Linux 6.2) and RSS_SET (6.17) of ethtool netlink. No socket. */

#include <netlink/msg.h>

#include "rss-config.h"

/* What a kernel takes in it says what can be set by it (genl-policy-codec.h). */
#define RSS_MESSAGE_SET 48 /* ETHTOOL_MSG_RSS_SET */

/* Whether the changes, RssChange, can be carried, by the attributes that a kernel takes in RSS_MESSAGE_SET, a
 * bit each. */
bool rss_codec_can_set(uint64_t accepted, unsigned changes);

/* Appends the generic netlink header and the attributes of the request. -EMSGSIZE. */
int rss_codec_put_get(struct nl_msg *m, int ifindex);
/* changes: RssChange. */
int rss_codec_put_set(struct nl_msg *m, int ifindex, const RssConfig *c, unsigned changes);

/* Takes the attributes of a reply (what follows the generic netlink header). -EBADMSG for what no kernel sends,
 * -E2BIG for a table, a queue or a key larger than is held here; any bytes are safe, in memory aligned to 4. */
int rss_codec_parse(const void *attributes, size_t size, RssConfig *ret);
