/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How an adapter spreads received flows, in one piece as the kernel takes it: between the settings of a profile
 * and the messages and ioctls that carry them. */

#include "rss-table.h"

/* How an adapter, or one of its contexts, spreads flows. */
typedef struct RssConfig {
        RssTable table;
        AdapterValue key;  /* not set: none */
        uint8_t function;  /* ETH_RSS_HASH_*, 0: not said */
        uint8_t transform; /* RXH_XFRM_* */
} RssConfig;

/* What of it is to be set. */
typedef enum RssChange {
        RSS_CHANGE_TABLE = 1 << 0,
        RSS_CHANGE_DEFAULT = 1 << 1, /* the driver's own table, whatever `table` says */
        RSS_CHANGE_KEY = 1 << 2,
        RSS_CHANGE_FUNCTION = 1 << 3,
        RSS_CHANGE_TRANSFORM = 1 << 4,
} RssChange;

/* The adapter's configuration between profile and struct; the hash function not set when it is not said. */
void rss_config_to_profile(const RssConfig *c, AdapterProfile *p);
void rss_config_from_profile(const AdapterProfile *p, RssConfig *ret);

/* Applies changes of PRIME_RSS to what there is: RssChange, or -ERANGE when a value does not fit. n_queues:
 * what the default table is told by, 0 when unknown. */
int rss_config_apply(RssConfig *c, const AdapterChange *changes, size_t n, unsigned n_queues);
