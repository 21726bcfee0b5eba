/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every setting of an adapter that priming knows, with one row each in adapter-attribute.c: what it is called,
 * which item it belongs to, how it is shown, what bounds it. Codecs, planner, reader and writer all go by this
 * table; a new setting is a new row here and in the codec that carries it. */

#include "macro.h"
#include "prime-item.h"

typedef enum AdapterAttribute {
        ATTRIBUTE_NONE,

        ATTRIBUTE_PRIVATE_FLAG,

        ATTRIBUTE_CHANNELS_RX,
        ATTRIBUTE_CHANNELS_TX,
        ATTRIBUTE_CHANNELS_OTHER,
        ATTRIBUTE_CHANNELS_COMBINED,

        ATTRIBUTE_RINGS_RX,
        ATTRIBUTE_RINGS_RX_MINI,
        ATTRIBUTE_RINGS_RX_JUMBO,
        ATTRIBUTE_RINGS_TX,
        ATTRIBUTE_RINGS_RX_BUF_LEN,
        ATTRIBUTE_RINGS_TCP_DATA_SPLIT,
        ATTRIBUTE_RINGS_CQE_SIZE,
        ATTRIBUTE_RINGS_TX_PUSH,
        ATTRIBUTE_RINGS_RX_PUSH,
        ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN,
        ATTRIBUTE_RINGS_HDS_THRESHOLD,

        ATTRIBUTE_MTU,

        ATTRIBUTE_FEATURE, /* held in AdapterProfile.feature, not among the entries */

        ATTRIBUTE_LINK_AUTONEG,
        ATTRIBUTE_LINK_ADVERTISED,
        ATTRIBUTE_LINK_SPEED,
        ATTRIBUTE_LINK_DUPLEX,
        ATTRIBUTE_LINK_MASTER_SLAVE,
        ATTRIBUTE_LINK_MDIX,
        ATTRIBUTE_FEC_AUTO,
        ATTRIBUTE_FEC_ENCODINGS,
        ATTRIBUTE_PAUSE_AUTONEG,
        ATTRIBUTE_PAUSE_RX,
        ATTRIBUTE_PAUSE_TX,
        ATTRIBUTE_EEE_ENABLED,
        ATTRIBUTE_EEE_ADVERTISED,
        ATTRIBUTE_EEE_TX_LPI,
        ATTRIBUTE_EEE_TX_TIMER,
        ATTRIBUTE_DCB_ETS,
        ATTRIBUTE_DCB_PFC,
        ATTRIBUTE_DCB_APP,

        ATTRIBUTE_COALESCE_ADAPTIVE_RX,
        ATTRIBUTE_COALESCE_ADAPTIVE_TX,
        ATTRIBUTE_COALESCE_RX_USECS,
        ATTRIBUTE_COALESCE_RX_FRAMES,
        ATTRIBUTE_COALESCE_RX_USECS_IRQ,
        ATTRIBUTE_COALESCE_RX_FRAMES_IRQ,
        ATTRIBUTE_COALESCE_TX_USECS,
        ATTRIBUTE_COALESCE_TX_FRAMES,
        ATTRIBUTE_COALESCE_TX_USECS_IRQ,
        ATTRIBUTE_COALESCE_TX_FRAMES_IRQ,
        ATTRIBUTE_COALESCE_STATS_BLOCK_USECS,
        ATTRIBUTE_COALESCE_PKT_RATE_LOW,
        ATTRIBUTE_COALESCE_RX_USECS_LOW,
        ATTRIBUTE_COALESCE_RX_FRAMES_LOW,
        ATTRIBUTE_COALESCE_TX_USECS_LOW,
        ATTRIBUTE_COALESCE_TX_FRAMES_LOW,
        ATTRIBUTE_COALESCE_PKT_RATE_HIGH,
        ATTRIBUTE_COALESCE_RX_USECS_HIGH,
        ATTRIBUTE_COALESCE_RX_FRAMES_HIGH,
        ATTRIBUTE_COALESCE_TX_USECS_HIGH,
        ATTRIBUTE_COALESCE_TX_FRAMES_HIGH,
        ATTRIBUTE_COALESCE_SAMPLE_INTERVAL,
        ATTRIBUTE_COALESCE_CQE_MODE_TX,
        ATTRIBUTE_COALESCE_CQE_MODE_RX,
        ATTRIBUTE_COALESCE_TX_AGGR_BYTES,
        ATTRIBUTE_COALESCE_TX_AGGR_FRAMES,
        ATTRIBUTE_COALESCE_TX_AGGR_USECS,
        ATTRIBUTE_COALESCE_RX_PROFILE,
        ATTRIBUTE_COALESCE_TX_PROFILE,

        ATTRIBUTE_TUNABLE,
        ATTRIBUTE_PHY_TUNABLE,

        ATTRIBUTE_RSS_HASH_FUNCTION,   /* a bit, ETH_RSS_HASH_* of linux/ethtool.h */
        ATTRIBUTE_RSS_INPUT_TRANSFORM, /* RXH_XFRM_* */
        ATTRIBUTE_RSS_KEY,
        ATTRIBUTE_RSS_TABLE, /* place: the chunk, see rss-table.h */
        ATTRIBUTE_FLOW_HASH, /* name: the kind of flow; RXH_* bits */
        /* place: which context, 0 the first, times RSS_CHUNKS_MAX, plus the chunk */
        ATTRIBUTE_RSS_CONTEXT_KEY,
        ATTRIBUTE_RSS_CONTEXT_TABLE,
        ATTRIBUTE_FLOW_RULE, /* place: the location, see flow-rule.h */
        ATTRIBUTE_QUEUE_COALESCE,

        ATTRIBUTE_TX_QUEUE_LENGTH,
        ATTRIBUTE_GSO_MAX_SIZE,
        ATTRIBUTE_GSO_MAX_SEGS,
        ATTRIBUTE_GSO_IPV4_MAX_SIZE,
        ATTRIBUTE_GRO_MAX_SIZE,
        ATTRIBUTE_GRO_IPV4_MAX_SIZE,

        ATTRIBUTE_XPS_CPUS,
        ATTRIBUTE_XPS_RXQS,
        ATTRIBUTE_RPS_CPUS,
        ATTRIBUTE_RPS_FLOW_COUNT,

        ATTRIBUTE_NAPI_DEFER_HARD_IRQS,
        ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT,
        ATTRIBUTE_NAPI_THREADED,
        /* name: the instance, "rx-3" */
        ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS,
        ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT,
        ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT,
        ATTRIBUTE_INSTANCE_THREADED,

        ATTRIBUTE_IRQ_RX,
        ATTRIBUTE_IRQ_TX,
        ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, /* of the whole machine */
        ATTRIBUTE_QDISC,
        ATTRIBUTE_QDISC_CLASS,  /* below a root with classes; place: the minor number; so the next */
        ATTRIBUTE_QDISC_LEAF,   /* what queues in a class */
        ATTRIBUTE_QDISC_FILTER, /* of the root, choosing a class; name: see kernel/qdisc-tree-codec.h */
        ATTRIBUTE_QDISC_BLOCKS,
        ATTRIBUTE_FILTER_HOOK,  /* a clsact discipline, other than for primed's own programs alone */
        ATTRIBUTE_FILTER,       /* name, value: see filter-value.h; so the next */
        ATTRIBUTE_FILTER_OTHER, /* one that cannot be replayed; the value says what it is */
        ATTRIBUTE_XDP_NATIVE,   /* the program's id, 0: none; so the next two */
        ATTRIBUTE_XDP_GENERIC,
        ATTRIBUTE_XDP_OFFLOADED,
        ATTRIBUTE_ADDRESS,
        ATTRIBUTE_VLANS,
        ATTRIBUTE_PROMISC,
        ATTRIBUTE_ALLMULTI,
        ATTRIBUTE_PROMISCUITY_COUNT, /* how many want it, the administrator being one */
        ATTRIBUTE_TIMESTAMP_TX,
        ATTRIBUTE_TIMESTAMP_RX,
        ATTRIBUTE_WAKE_ON_LAN,
        ATTRIBUTE_SRIOV_VFS,
        ATTRIBUTE_DEVLINK,
        ATTRIBUTE_XFRM_STATES,
        ATTRIBUTE_MACSEC_DEVICES,
        ATTRIBUTE_TLS_TX, /* connections, of the whole machine; so the next */
        ATTRIBUTE_TLS_RX,

        /* Limits: read, never written. */
        ATTRIBUTE_CHANNELS_RX_MAX,
        ATTRIBUTE_CHANNELS_TX_MAX,
        ATTRIBUTE_CHANNELS_OTHER_MAX,
        ATTRIBUTE_CHANNELS_COMBINED_MAX,
        ATTRIBUTE_RINGS_RX_MAX,
        ATTRIBUTE_RINGS_RX_MINI_MAX,
        ATTRIBUTE_RINGS_RX_JUMBO_MAX,
        ATTRIBUTE_RINGS_TX_MAX,
        ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN_MAX,
        ATTRIBUTE_RINGS_HDS_THRESHOLD_MAX,
        ATTRIBUTE_LINK_SUPPORTED,
        ATTRIBUTE_EEE_SUPPORTED,
        ATTRIBUTE_RSS_QUEUES,     /* receive queues that the table can name */
        ATTRIBUTE_RSS_CONTEXTS,   /* how many contexts there are; set where the driver has them */
        ATTRIBUTE_FLOW_RULES_MAX, /* locations, 0 when the driver does not say */
        ATTRIBUTE_FLOW_RULES_ANYWHERE,
        ATTRIBUTE_QDISC_OTHERS,        /* how much hangs on the root that cannot be replayed */
        ATTRIBUTE_FILTER_INGRESS_ONLY, /* an ingress discipline is in clsact's place */
        ATTRIBUTE_FILTER_OWN,          /* primed's own programs are classifiers there */
        ATTRIBUTE_INSTANCES, /* of NAPI, how many there are; set where the kernel has settings of each */
        ATTRIBUTE_MTU_MIN,
        ATTRIBUTE_MTU_MAX,
        ATTRIBUTE_TSO_MAX_SIZE,
        ATTRIBUTE_TSO_MAX_SEGS,

        _ADAPTER_ATTRIBUTE_MAX,
        _ADAPTER_ATTRIBUTE_INVALID = -EINVAL,
} AdapterAttribute;

/* What else than the attribute it takes to say which setting is meant. */
typedef enum AdapterScope {
        SCOPE_DEVICE,
        SCOPE_TX_QUEUE,
        SCOPE_RX_QUEUE,
        SCOPE_NAME,  /* a name, and a place where one name has several */
        SCOPE_PLACE, /* a number: a location, a part of a table, a handle */
} AdapterScope;

typedef enum AdapterFormat {
        FORMAT_NUMBER,
        FORMAT_SWITCH, /* on or off */
        FORMAT_MASK,   /* of CPUs, queues, link modes: shown as sysfs and ethtool do */
        FORMAT_FIELDS, /* of a frame that are hashed, RXH_* bits, shown as ethtool(8)'s letters */
        FORMAT_FEC,    /* a mask of those link modes that are FEC encodings: "rs baser" */
        FORMAT_BYTES,  /* a key: adapter_value_bytes(), as are those that follow */
        FORMAT_SLOTS,  /* of a table that spreads flows: a queue per byte */
        FORMAT_TEXT,   /* characters, without NUL */
        FORMAT_QDISC,  /* core/qdisc-value.h */
        FORMAT_FLOW_RULE,
        FORMAT_QUEUE_COALESCE,
        FORMAT_MODERATION, /* irq-moderation.h */
} AdapterFormat;

typedef struct AdapterAttributeInfo {
        const char *name; /* the word ethtool(8), ip-link(8) or sysfs has for it */
        PrimeItemId item;
        AdapterScope scope;
        AdapterFormat format;
        AdapterAttribute minimum, maximum; /* ATTRIBUTE_NONE when nothing bounds it */
        AdapterAttribute governor;         /* while that is on, the driver chooses this value itself */
        bool limit;                        /* never written */
        bool listed;                       /* SCOPE_NAME, SCOPE_PLACE: can be created and removed */
        AdapterAttribute offered;          /* listed: set where the adapter has such a list at all */
} AdapterAttributeInfo;

/* Never NULL for an attribute below _ADAPTER_ATTRIBUTE_MAX. */
const AdapterAttributeInfo *adapter_attribute_info(AdapterAttribute a);

/* Whether values of it are adapter_value_bytes(). */
static inline bool adapter_format_is_bytes(AdapterFormat f) {
        return f >= FORMAT_BYTES;
}

/* The plain format for one whose text is for people: nothing is lost in it. */
static inline AdapterFormat adapter_format_exact(AdapterFormat f) {
        return f == FORMAT_FIELDS ? FORMAT_MASK : adapter_format_is_bytes(f) ? FORMAT_BYTES : f;
}

/* Whether its settings are kept as entries of a profile (AdapterEntry). */
bool adapter_attribute_is_entry(AdapterAttribute a);

/* Whether the settings of the item go to the kernel in one message (channels: an intermediate state may be
 * refused, and every message may restart the queues) or one by one. */
bool prime_item_is_atomic(PrimeItemId item);
