/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Further RSS contexts of an adapter, which flow rules can name, each with a table and, with some drivers, a
 * key: by ethtool netlink where the kernel has the messages, else by ioctl. */

#include "adapter-reader.h"

#define ADAPTER_RSS_CONTEXTS_MAX 32

/* PRIME_RSS_CONTEXTS; all changes at once. */
int adapter_rss_contexts_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);
int adapter_rss_contexts_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes,
                size_t n, Error *e);

/* What the kernel calls the adapter's contexts, in its order: how many there are, -EOPNOTSUPP when the driver
 * has none. */
int adapter_rss_context_ids(AdapterSockets *s, int ifindex, const char *name,
                uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]);
