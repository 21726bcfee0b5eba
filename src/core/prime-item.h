/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The things priming makes alike, in the order in which they are applied (features that free others first,
 * channels before what depends on queues, what restarts the link before what a restart resets): the name is
 * what a policy's `prime-items` and `primectl plan` use. */

#include "string-table.h"

typedef enum PrimeItemId {
        PRIME_PRIVATE_FLAGS,
        PRIME_CHANNELS,
        PRIME_RINGS,
        PRIME_MTU,
        PRIME_FEATURES,
        PRIME_LINK_MODES,
        PRIME_LINK_INFO,
        PRIME_FEC,
        PRIME_PAUSE,
        PRIME_EEE,
        PRIME_DCB,
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
        PRIME_IRQ_AFFINITY,
        PRIME_NAPI,
        PRIME_QDISC,
        PRIME_FILTERS, /* of clsact: what is done to frames on their way in and out */
        PRIME_XDP,
        PRIME_ADDRESSES,
        PRIME_VLAN_FILTER,
        PRIME_PROMISCUITY,
        PRIME_TIMESTAMPING,
        PRIME_WAKE_ON_LAN,
        PRIME_SRIOV,
        PRIME_DEVLINK,
        PRIME_XFRM_OFFLOAD,
        PRIME_MACSEC_OFFLOAD,
        PRIME_TLS_OFFLOAD,
        _PRIME_ITEM_MAX,
        _PRIME_ITEM_INVALID = -EINVAL,
} PrimeItemId;

DECLARE_STRING_TABLE(prime_item, PrimeItemId);

typedef enum PrimeConsent {
        PRIME_COPIED,     /* unless the policy excludes it */
        PRIME_ON_REQUEST, /* reported only, unless the policy includes it: agreed upon with the link partner */
        PRIME_REPORTED,   /* never copied */
} PrimeConsent;

PrimeConsent prime_item_consent(PrimeItemId item);

/* What a policy says about items: a bit per PrimeItemId, none in both. */
typedef struct PrimeItems {
        uint64_t exclude; /* left alone, not even reported */
        uint64_t include; /* of those that are copied on request only */
} PrimeItems;

static inline bool prime_items_equal(const PrimeItems *a, const PrimeItems *b) {
        return a->exclude == b->exclude && a->include == b->include;
}
