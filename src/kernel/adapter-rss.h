/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Hash function, key and table of an adapter: by ethtool netlink where the kernel has the message, else by
 * ioctl. */

#include "adapter-reader.h"
#include "rss-codec.h"

/* As adapter_access_read() of PRIME_RSS. */
int adapter_rss_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);
/* All changes at once. */
int adapter_rss_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes, size_t n,
                Error *e);

/* Of one context, 0 the adapter itself. -EOPNOTSUPP, without a text, when the driver has no such thing. */
int adapter_rss_get(
                AdapterSockets *s, int ifindex, const char *name, uint32_t context, RssConfig *ret, Error *e);

/* message: set, or create with the context's number, which the kernel chooses itself where only the ioctl
 * creates. changes: RssChange. */
int adapter_rss_put(AdapterSockets *s, RssMessage message, int ifindex, const char *name, uint32_t context,
                const RssConfig *c, unsigned changes, Error *e);
