/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Hash function, key and table of an adapter and of its further RSS contexts: by ethtool netlink where the
 * kernel has the message, else by ioctl, and of contexts always by ioctl. */

#include "adapter-reader.h"

#define ADAPTER_RSS_CONTEXTS_MAX 32

/* As adapter_access_read() of PRIME_RSS. */
int adapter_rss_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);
/* All changes at once. */
int adapter_rss_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes, size_t n,
                Error *e);

/* PRIME_RSS_CONTEXTS. */
int adapter_rss_contexts_read(AdapterSockets *s, AdapterProfile *p, Error *e);
int adapter_rss_contexts_write(
                AdapterSockets *s, const char *name, const AdapterChange *changes, size_t n, Error *e);

/* What the kernel calls the adapter's contexts, in its order: how many there are, -EOPNOTSUPP when the driver
 * has none. */
int adapter_rss_context_ids(AdapterSockets *s, const char *name, uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]);
