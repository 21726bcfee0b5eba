/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The things priming makes alike, in the order in which they are applied (features that free others first,
 * channels before what depends on queues): the name is what a policy's `prime-items: {exclude: [...]}` and
 * `primectl plan` use. */

#include "string-table.h"

typedef enum PrimeItemId {
        PRIME_PRIVATE_FLAGS,
        PRIME_CHANNELS,
        PRIME_RINGS,
        PRIME_MTU,
        PRIME_FEATURES,
        PRIME_COALESCE,
        PRIME_TUNABLES,
        PRIME_RSS,          /* how received flows are spread over the queues: function, key, table */
        PRIME_FLOW_HASH,    /* what of a frame is hashed */
        PRIME_RSS_CONTEXTS, /* further keys and tables that flow rules can name */
        PRIME_FLOW_RULES,   /* which queue the adapter gives a flow to */
        PRIME_QUEUE_COALESCE,
        PRIME_TX_QUEUE_LENGTH,
        PRIME_GSO_SIZE,
        PRIME_GRO_SIZE,
        PRIME_XPS,
        PRIME_RPS,
        PRIME_NAPI,
        PRIME_WAKE_ON_LAN, /* reported, never copied */
        _PRIME_ITEM_MAX,
        _PRIME_ITEM_INVALID = -EINVAL,
} PrimeItemId;

DECLARE_STRING_TABLE(prime_item, PrimeItemId);
