/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The messages of ethtool netlink about how received flows are spread: RSS_GET (Linux 6.2), of all contexts at
 * once (6.11), RSS_SET, RSS_CREATE_ACT and RSS_DELETE_ACT (6.17). No socket. Context 0 is the adapter itself.
 */

#include <netlink/msg.h>

#include "rss-config.h"

/* What a kernel takes in a message it says what can be set by it (genl-policy.h). */
typedef enum RssMessage {
        RSS_MESSAGE_SET = 48,
        RSS_MESSAGE_CREATE = 49,
        RSS_MESSAGE_DELETE = 50,
} RssMessage;

/* Whether the changes, RssChange, of a context can be carried, by the attributes that a kernel takes in the
 * message, a bit each. */
bool rss_codec_can_carry(uint64_t accepted, uint32_t context, unsigned changes);

/* Appends the generic netlink header and the attributes of the request. -EMSGSIZE. A dump of context 0 is of
 * the adapter and all of its contexts. */
int rss_codec_put_get(struct nl_msg *m, int ifindex, uint32_t context);
/* changes: RssChange. message: set or create; of what is created the table is never the driver's own. */
int rss_codec_put_config(struct nl_msg *m, RssMessage message, int ifindex, uint32_t context,
                const RssConfig *c, unsigned changes);
int rss_codec_put_delete(struct nl_msg *m, int ifindex, uint32_t context);

/* Takes the attributes of a reply (what follows the generic netlink header). -EBADMSG for what no kernel sends,
 * -E2BIG for a table, a queue or a key larger than is held here; any bytes are safe, in memory aligned to 4. */
int rss_codec_parse(const void *attributes, size_t size, RssConfig *ret);
/* Only which context it is about; -EBADMSG. */
int rss_codec_parse_context(const void *attributes, size_t size, uint32_t *ret);
