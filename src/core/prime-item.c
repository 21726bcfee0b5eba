/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prime-item.h"

static const char *const prime_item_table[_PRIME_ITEM_MAX] = {
        [PRIME_PRIVATE_FLAGS] = "private-flags",
        [PRIME_CHANNELS] = "channels",
        [PRIME_RINGS] = "rings",
        [PRIME_MTU] = "mtu",
        [PRIME_FEATURES] = "features",
        [PRIME_COALESCE] = "coalesce",
        [PRIME_TUNABLES] = "tunables",
        [PRIME_RSS] = "rss",
        [PRIME_FLOW_HASH] = "flow-hash",
        [PRIME_RSS_CONTEXTS] = "rss-contexts",
        [PRIME_FLOW_RULES] = "flow-rules",
        [PRIME_QUEUE_COALESCE] = "queue-coalesce",
        [PRIME_TX_QUEUE_LENGTH] = "tx-queue-length",
        [PRIME_GSO_SIZE] = "gso-size",
        [PRIME_GRO_SIZE] = "gro-size",
        [PRIME_XPS] = "xps",
        [PRIME_RPS] = "rps",
        [PRIME_NAPI] = "napi",
        [PRIME_WAKE_ON_LAN] = "wake-on-lan",
};

DEFINE_STRING_TABLE(prime_item, PrimeItemId);
