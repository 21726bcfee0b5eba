/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-attribute.h"

/* clang-format off: one row per line reads better than what the formatter makes of it */
#define CHANNELS(n, max)                                                                                       \
        { .name = n, .item = PRIME_CHANNELS, .maximum = max }
#define RINGS(n, max)                                                                                          \
        { .name = n, .item = PRIME_RINGS, .maximum = max }
#define COALESCE(n)                                                                                            \
        { .name = n, .item = PRIME_COALESCE }
#define GOVERNED(n, by)                                                                                        \
        { .name = n, .item = PRIME_COALESCE, .governor = by }
#define COALESCE_BOOL(n)                                                                                       \
        { .name = n, .item = PRIME_COALESCE, .format = FORMAT_SWITCH }
#define INSTANCE(n)                                                                                            \
        { .name = n, .item = PRIME_NAPI, .scope = SCOPE_NAME }
#define SWITCH(n, i)                                                                                           \
        { .name = n, .item = i, .format = FORMAT_SWITCH }
#define LIMIT(n, i)                                                                                            \
        { .name = n, .item = i, .limit = true }

static const AdapterAttributeInfo attribute_table[_ADAPTER_ATTRIBUTE_MAX] = {
        [ATTRIBUTE_NONE] = { .name = "none", .item = _PRIME_ITEM_INVALID, .limit = true },

        [ATTRIBUTE_PRIVATE_FLAG] = { .name = "private-flags",
                        .item = PRIME_PRIVATE_FLAGS,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_SWITCH },

        [ATTRIBUTE_CHANNELS_RX] = CHANNELS("rx", ATTRIBUTE_CHANNELS_RX_MAX),
        [ATTRIBUTE_CHANNELS_TX] = CHANNELS("tx", ATTRIBUTE_CHANNELS_TX_MAX),
        [ATTRIBUTE_CHANNELS_OTHER] = CHANNELS("other", ATTRIBUTE_CHANNELS_OTHER_MAX),
        [ATTRIBUTE_CHANNELS_COMBINED] = CHANNELS("combined", ATTRIBUTE_CHANNELS_COMBINED_MAX),

        [ATTRIBUTE_RINGS_RX] = RINGS("rx", ATTRIBUTE_RINGS_RX_MAX),
        [ATTRIBUTE_RINGS_RX_MINI] = RINGS("rx-mini", ATTRIBUTE_RINGS_RX_MINI_MAX),
        [ATTRIBUTE_RINGS_RX_JUMBO] = RINGS("rx-jumbo", ATTRIBUTE_RINGS_RX_JUMBO_MAX),
        [ATTRIBUTE_RINGS_TX] = RINGS("tx", ATTRIBUTE_RINGS_TX_MAX),
        [ATTRIBUTE_RINGS_RX_BUF_LEN] = RINGS("rx-buf-len", ATTRIBUTE_NONE),
        [ATTRIBUTE_RINGS_TCP_DATA_SPLIT] = RINGS("tcp-data-split", ATTRIBUTE_NONE),
        [ATTRIBUTE_RINGS_CQE_SIZE] = RINGS("cqe-size", ATTRIBUTE_NONE),
        [ATTRIBUTE_RINGS_TX_PUSH] = { .name = "tx-push", .item = PRIME_RINGS, .format = FORMAT_SWITCH },
        [ATTRIBUTE_RINGS_RX_PUSH] = { .name = "rx-push", .item = PRIME_RINGS, .format = FORMAT_SWITCH },
        [ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN] = RINGS("tx-push-buf-len", ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN_MAX),
        [ATTRIBUTE_RINGS_HDS_THRESHOLD] = RINGS("hds-thresh", ATTRIBUTE_RINGS_HDS_THRESHOLD_MAX),

        [ATTRIBUTE_MTU] = { .name = "mtu",
                        .item = PRIME_MTU,
                        .minimum = ATTRIBUTE_MTU_MIN,
                        .maximum = ATTRIBUTE_MTU_MAX },

        [ATTRIBUTE_FEATURE] = { .name = "features",
                        .item = PRIME_FEATURES,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_SWITCH },

        [ATTRIBUTE_LINK_AUTONEG] = SWITCH("autoneg", PRIME_LINK_MODES),
        [ATTRIBUTE_LINK_ADVERTISED] = { .name = "advertise",
                        .item = PRIME_LINK_MODES,
                        .format = FORMAT_MASK,
                        .maximum = ATTRIBUTE_LINK_SUPPORTED },
        [ATTRIBUTE_LINK_SPEED] = { .name = "speed",
                        .item = PRIME_LINK_MODES,
                        .governor = ATTRIBUTE_LINK_AUTONEG },
        [ATTRIBUTE_LINK_DUPLEX] = { .name = "duplex",
                        .item = PRIME_LINK_MODES,
                        .governor = ATTRIBUTE_LINK_AUTONEG },
        [ATTRIBUTE_LINK_MASTER_SLAVE] = { .name = "master-slave", .item = PRIME_LINK_MODES },
        [ATTRIBUTE_LINK_MDIX] = { .name = "mdix", .item = PRIME_LINK_INFO },
        [ATTRIBUTE_FEC_AUTO] = SWITCH("auto", PRIME_FEC),
        [ATTRIBUTE_FEC_ENCODINGS] = { .name = "encoding", .item = PRIME_FEC, .format = FORMAT_FEC },
        [ATTRIBUTE_PAUSE_AUTONEG] = SWITCH("autoneg", PRIME_PAUSE),
        [ATTRIBUTE_PAUSE_RX] = SWITCH("rx", PRIME_PAUSE),
        [ATTRIBUTE_PAUSE_TX] = SWITCH("tx", PRIME_PAUSE),
        [ATTRIBUTE_EEE_ENABLED] = SWITCH("enabled", PRIME_EEE),
        [ATTRIBUTE_EEE_ADVERTISED] = { .name = "advertise",
                        .item = PRIME_EEE,
                        .format = FORMAT_MASK,
                        .maximum = ATTRIBUTE_EEE_SUPPORTED },
        [ATTRIBUTE_EEE_TX_LPI] = SWITCH("tx-lpi", PRIME_EEE),
        [ATTRIBUTE_EEE_TX_TIMER] = { .name = "tx-timer", .item = PRIME_EEE },
        [ATTRIBUTE_DCB_ETS] = { .name = "ets", .item = PRIME_DCB, .format = FORMAT_BYTES },
        [ATTRIBUTE_DCB_PFC] = { .name = "pfc", .item = PRIME_DCB, .format = FORMAT_BYTES },
        [ATTRIBUTE_DCB_APP] = { .name = "app",
                        .item = PRIME_DCB,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_SWITCH,
                        .listed = true,
                        .offered = ATTRIBUTE_DCB_ETS },

        [ATTRIBUTE_COALESCE_ADAPTIVE_RX] = COALESCE_BOOL("adaptive-rx"),
        [ATTRIBUTE_COALESCE_ADAPTIVE_TX] = COALESCE_BOOL("adaptive-tx"),
        [ATTRIBUTE_COALESCE_RX_USECS] = GOVERNED("rx-usecs", ATTRIBUTE_COALESCE_ADAPTIVE_RX),
        [ATTRIBUTE_COALESCE_RX_FRAMES] = GOVERNED("rx-frames", ATTRIBUTE_COALESCE_ADAPTIVE_RX),
        [ATTRIBUTE_COALESCE_RX_USECS_IRQ] = COALESCE("rx-usecs-irq"),
        [ATTRIBUTE_COALESCE_RX_FRAMES_IRQ] = COALESCE("rx-frames-irq"),
        [ATTRIBUTE_COALESCE_TX_USECS] = GOVERNED("tx-usecs", ATTRIBUTE_COALESCE_ADAPTIVE_TX),
        [ATTRIBUTE_COALESCE_TX_FRAMES] = GOVERNED("tx-frames", ATTRIBUTE_COALESCE_ADAPTIVE_TX),
        [ATTRIBUTE_COALESCE_TX_USECS_IRQ] = COALESCE("tx-usecs-irq"),
        [ATTRIBUTE_COALESCE_TX_FRAMES_IRQ] = COALESCE("tx-frames-irq"),
        [ATTRIBUTE_COALESCE_STATS_BLOCK_USECS] = COALESCE("stats-block-usecs"),
        [ATTRIBUTE_COALESCE_PKT_RATE_LOW] = COALESCE("pkt-rate-low"),
        [ATTRIBUTE_COALESCE_RX_USECS_LOW] = COALESCE("rx-usecs-low"),
        [ATTRIBUTE_COALESCE_RX_FRAMES_LOW] = COALESCE("rx-frames-low"),
        [ATTRIBUTE_COALESCE_TX_USECS_LOW] = COALESCE("tx-usecs-low"),
        [ATTRIBUTE_COALESCE_TX_FRAMES_LOW] = COALESCE("tx-frames-low"),
        [ATTRIBUTE_COALESCE_PKT_RATE_HIGH] = COALESCE("pkt-rate-high"),
        [ATTRIBUTE_COALESCE_RX_USECS_HIGH] = COALESCE("rx-usecs-high"),
        [ATTRIBUTE_COALESCE_RX_FRAMES_HIGH] = COALESCE("rx-frames-high"),
        [ATTRIBUTE_COALESCE_TX_USECS_HIGH] = COALESCE("tx-usecs-high"),
        [ATTRIBUTE_COALESCE_TX_FRAMES_HIGH] = COALESCE("tx-frames-high"),
        [ATTRIBUTE_COALESCE_SAMPLE_INTERVAL] = COALESCE("sample-interval"),
        [ATTRIBUTE_COALESCE_CQE_MODE_TX] = COALESCE_BOOL("cqe-mode-tx"),
        [ATTRIBUTE_COALESCE_CQE_MODE_RX] = COALESCE_BOOL("cqe-mode-rx"),
        [ATTRIBUTE_COALESCE_TX_AGGR_BYTES] = COALESCE("tx-aggr-max-bytes"),
        [ATTRIBUTE_COALESCE_TX_AGGR_FRAMES] = COALESCE("tx-aggr-max-frames"),
        [ATTRIBUTE_COALESCE_TX_AGGR_USECS] = COALESCE("tx-aggr-time-usecs"),

        [ATTRIBUTE_TUNABLE] = { .name = "tunables", .item = PRIME_TUNABLES, .scope = SCOPE_NAME },
        [ATTRIBUTE_PHY_TUNABLE] = { .name = "phy", .item = PRIME_TUNABLES, .scope = SCOPE_NAME },

        [ATTRIBUTE_RSS_HASH_FUNCTION] = { .name = "hfunc", .item = PRIME_RSS },
        [ATTRIBUTE_RSS_INPUT_TRANSFORM] = { .name = "xfrm", .item = PRIME_RSS },
        [ATTRIBUTE_RSS_KEY] = { .name = "hkey", .item = PRIME_RSS, .format = FORMAT_BYTES },
        [ATTRIBUTE_RSS_TABLE] = { .name = "table",
                        .item = PRIME_RSS,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_SLOTS },
        [ATTRIBUTE_FLOW_HASH] = { .name = "flow-hash",
                        .item = PRIME_FLOW_HASH,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_FIELDS },
        [ATTRIBUTE_RSS_CONTEXT_KEY] = { .name = "hkey",
                        .item = PRIME_RSS_CONTEXTS,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_BYTES,
                        .listed = true,
                        .offered = ATTRIBUTE_RSS_CONTEXTS },
        [ATTRIBUTE_RSS_CONTEXT_TABLE] = { .name = "table",
                        .item = PRIME_RSS_CONTEXTS,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_SLOTS,
                        .listed = true,
                        .offered = ATTRIBUTE_RSS_CONTEXTS },
        [ATTRIBUTE_FLOW_RULE] = { .name = "flow-rules",
                        .item = PRIME_FLOW_RULES,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_FLOW_RULE,
                        .listed = true,
                        .offered = ATTRIBUTE_FLOW_RULES_MAX },

        [ATTRIBUTE_QUEUE_COALESCE] = { .name = "queue-coalesce",
                        .item = PRIME_QUEUE_COALESCE,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_QUEUE_COALESCE },

        [ATTRIBUTE_TX_QUEUE_LENGTH] = { .name = "txqueuelen", .item = PRIME_TX_QUEUE_LENGTH },
        [ATTRIBUTE_GSO_MAX_SIZE] = { .name = "gso_max_size",
                        .item = PRIME_GSO_SIZE,
                        .maximum = ATTRIBUTE_TSO_MAX_SIZE },
        [ATTRIBUTE_GSO_MAX_SEGS] = { .name = "gso_max_segs",
                        .item = PRIME_GSO_SIZE,
                        .maximum = ATTRIBUTE_TSO_MAX_SEGS },
        [ATTRIBUTE_GSO_IPV4_MAX_SIZE] = { .name = "gso_ipv4_max_size",
                        .item = PRIME_GSO_SIZE,
                        .maximum = ATTRIBUTE_TSO_MAX_SIZE },
        [ATTRIBUTE_GRO_MAX_SIZE] = { .name = "gro_max_size", .item = PRIME_GRO_SIZE },
        [ATTRIBUTE_GRO_IPV4_MAX_SIZE] = { .name = "gro_ipv4_max_size", .item = PRIME_GRO_SIZE },

        [ATTRIBUTE_XPS_CPUS] = { .name = "xps_cpus",
                        .item = PRIME_XPS,
                        .scope = SCOPE_TX_QUEUE,
                        .format = FORMAT_MASK },
        [ATTRIBUTE_XPS_RXQS] = { .name = "xps_rxqs",
                        .item = PRIME_XPS,
                        .scope = SCOPE_TX_QUEUE,
                        .format = FORMAT_MASK },
        [ATTRIBUTE_RPS_CPUS] = { .name = "rps_cpus",
                        .item = PRIME_RPS,
                        .scope = SCOPE_RX_QUEUE,
                        .format = FORMAT_MASK },
        [ATTRIBUTE_RPS_FLOW_COUNT] = { .name = "rps_flow_cnt", .item = PRIME_RPS, .scope = SCOPE_RX_QUEUE },

        [ATTRIBUTE_NAPI_DEFER_HARD_IRQS] = { .name = "napi_defer_hard_irqs", .item = PRIME_NAPI },
        [ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT] = { .name = "gro_flush_timeout", .item = PRIME_NAPI },
        [ATTRIBUTE_NAPI_THREADED] = { .name = "threaded", .item = PRIME_NAPI },

        [ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS] = INSTANCE("instance-defer-hard-irqs"),
        [ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT] = INSTANCE("instance-gro-flush-timeout"),
        [ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT] = INSTANCE("instance-irq-suspend-timeout"),
        [ATTRIBUTE_INSTANCE_THREADED] = INSTANCE("instance-threaded"),

        [ATTRIBUTE_IRQ_RX] = { .name = "rx_smp_affinity",
                        .item = PRIME_IRQ_AFFINITY,
                        .scope = SCOPE_RX_QUEUE,
                        .format = FORMAT_MASK },
        [ATTRIBUTE_IRQ_TX] = { .name = "tx_smp_affinity",
                        .item = PRIME_IRQ_AFFINITY,
                        .scope = SCOPE_TX_QUEUE,
                        .format = FORMAT_MASK },
        [ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES] = { .name = "rps_sock_flow_entries", .item = PRIME_RPS },
        [ATTRIBUTE_QDISC] = { .name = "qdisc",
                        .item = PRIME_QDISC,
                        .scope = SCOPE_PLACE,
                        .format = FORMAT_QDISC,
                        .listed = true },
        [ATTRIBUTE_QDISC_FILTERS] = { .name = "filters", .item = PRIME_QDISC },
        [ATTRIBUTE_QDISC_BLOCKS] = { .name = "shared-blocks", .item = PRIME_QDISC },
        [ATTRIBUTE_XDP_NATIVE] = { .name = "native", .item = PRIME_XDP },
        [ATTRIBUTE_XDP_GENERIC] = { .name = "generic", .item = PRIME_XDP },
        [ATTRIBUTE_XDP_OFFLOADED] = { .name = "offloaded", .item = PRIME_XDP },
        [ATTRIBUTE_ADDRESS] = { .name = "addresses",
                        .item = PRIME_ADDRESSES,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_SWITCH,
                        .listed = true },
        [ATTRIBUTE_VLANS] = { .name = "vlans", .item = PRIME_VLAN_FILTER },
        [ATTRIBUTE_PROMISC] = SWITCH("promisc", PRIME_PROMISCUITY),
        [ATTRIBUTE_ALLMULTI] = SWITCH("allmulticast", PRIME_PROMISCUITY),
        [ATTRIBUTE_PROMISCUITY_COUNT] = { .name = "promiscuity", .item = PRIME_PROMISCUITY },
        [ATTRIBUTE_TIMESTAMP_TX] = { .name = "tx-type", .item = PRIME_TIMESTAMPING },
        [ATTRIBUTE_TIMESTAMP_RX] = { .name = "rx-filter", .item = PRIME_TIMESTAMPING },
        [ATTRIBUTE_SRIOV_VFS] = { .name = "sriov_numvfs", .item = PRIME_SRIOV },
        [ATTRIBUTE_DEVLINK] = { .name = "devlink",
                        .item = PRIME_DEVLINK,
                        .scope = SCOPE_NAME,
                        .format = FORMAT_TEXT },
        [ATTRIBUTE_XFRM_STATES] = { .name = "states", .item = PRIME_XFRM_OFFLOAD },
        [ATTRIBUTE_MACSEC_DEVICES] = { .name = "devices", .item = PRIME_MACSEC_OFFLOAD },
        [ATTRIBUTE_TLS_TX] = { .name = "tx", .item = PRIME_TLS_OFFLOAD },
        [ATTRIBUTE_TLS_RX] = { .name = "rx", .item = PRIME_TLS_OFFLOAD },
        [ATTRIBUTE_WAKE_ON_LAN] = { .name = "wol", .item = PRIME_WAKE_ON_LAN, .format = FORMAT_MASK },

        [ATTRIBUTE_CHANNELS_RX_MAX] = LIMIT("rx-max", PRIME_CHANNELS),
        [ATTRIBUTE_CHANNELS_TX_MAX] = LIMIT("tx-max", PRIME_CHANNELS),
        [ATTRIBUTE_CHANNELS_OTHER_MAX] = LIMIT("other-max", PRIME_CHANNELS),
        [ATTRIBUTE_CHANNELS_COMBINED_MAX] = LIMIT("combined-max", PRIME_CHANNELS),
        [ATTRIBUTE_RINGS_RX_MAX] = LIMIT("rx-max", PRIME_RINGS),
        [ATTRIBUTE_RINGS_RX_MINI_MAX] = LIMIT("rx-mini-max", PRIME_RINGS),
        [ATTRIBUTE_RINGS_RX_JUMBO_MAX] = LIMIT("rx-jumbo-max", PRIME_RINGS),
        [ATTRIBUTE_RINGS_TX_MAX] = LIMIT("tx-max", PRIME_RINGS),
        [ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN_MAX] = LIMIT("tx-push-buf-len-max", PRIME_RINGS),
        [ATTRIBUTE_RINGS_HDS_THRESHOLD_MAX] = LIMIT("hds-thresh-max", PRIME_RINGS),
        [ATTRIBUTE_RSS_QUEUES] = LIMIT("queues", PRIME_RSS),
        [ATTRIBUTE_RSS_CONTEXTS] = LIMIT("contexts", PRIME_RSS_CONTEXTS),
        [ATTRIBUTE_FLOW_RULES_ANYWHERE] = LIMIT("anywhere", PRIME_FLOW_RULES),
        [ATTRIBUTE_FLOW_RULES_MAX] = LIMIT("flow-rules-max", PRIME_FLOW_RULES),
        [ATTRIBUTE_LINK_SUPPORTED] = LIMIT("supported", PRIME_LINK_MODES),
        [ATTRIBUTE_EEE_SUPPORTED] = LIMIT("supported", PRIME_EEE),
        [ATTRIBUTE_INSTANCES] = LIMIT("instances", PRIME_NAPI),
        [ATTRIBUTE_MTU_MIN] = LIMIT("minmtu", PRIME_MTU),
        [ATTRIBUTE_MTU_MAX] = LIMIT("maxmtu", PRIME_MTU),
        [ATTRIBUTE_TSO_MAX_SIZE] = LIMIT("tso_max_size", PRIME_GSO_SIZE),
        [ATTRIBUTE_TSO_MAX_SEGS] = LIMIT("tso_max_segs", PRIME_GSO_SIZE),
};
/* clang-format on */

const AdapterAttributeInfo *adapter_attribute_info(AdapterAttribute a) {
        assert(a >= 0 && a < _ADAPTER_ATTRIBUTE_MAX);
        return &attribute_table[a];
}

bool adapter_attribute_is_entry(AdapterAttribute a) {
        return adapter_attribute_info(a)->scope >= SCOPE_NAME && a != ATTRIBUTE_FEATURE;
}

static const bool atomic_items[_PRIME_ITEM_MAX] = {
        [PRIME_PRIVATE_FLAGS] = true,
        [PRIME_CHANNELS] = true,
        [PRIME_RINGS] = true,
        [PRIME_FEATURES] = true,
        [PRIME_LINK_MODES] = true,
        [PRIME_FEC] = true,
        [PRIME_PAUSE] = true,
        [PRIME_EEE] = true,
        [PRIME_COALESCE] = true,
        [PRIME_RSS] = true,
        [PRIME_RSS_CONTEXTS] = true,
        [PRIME_GSO_SIZE] = true,
        [PRIME_GRO_SIZE] = true,
        [PRIME_QDISC] = true,
        [PRIME_TIMESTAMPING] = true,
};

bool prime_item_is_atomic(PrimeItemId item) {
        assert(item >= 0 && item < _PRIME_ITEM_MAX);
        return atomic_items[item];
}
