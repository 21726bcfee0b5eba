/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prime-item.h"

static const char *const prime_item_table[_PRIME_ITEM_MAX] = {
        [PRIME_PRIVATE_FLAGS] = "private-flags",
        [PRIME_CHANNELS] = "channels",
        [PRIME_RINGS] = "rings",
        [PRIME_MTU] = "mtu",
        [PRIME_FEATURES] = "features",
        [PRIME_LINK_MODES] = "link-modes",
        [PRIME_LINK_INFO] = "link-info",
        [PRIME_FEC] = "fec",
        [PRIME_PAUSE] = "pause",
        [PRIME_EEE] = "eee",
        [PRIME_DCB] = "dcb",
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
        [PRIME_IRQ_AFFINITY] = "irq-affinity",
        [PRIME_NAPI] = "napi",
        [PRIME_QDISC] = "qdisc",
        [PRIME_FILTERS] = "filters",
        [PRIME_XDP] = "xdp",
        [PRIME_ADDRESSES] = "addresses",
        [PRIME_VLAN_FILTER] = "vlan-filter",
        [PRIME_PROMISCUITY] = "promiscuity",
        [PRIME_TIMESTAMPING] = "timestamping",
        [PRIME_WAKE_ON_LAN] = "wake-on-lan",
        [PRIME_SRIOV] = "sr-iov",
        [PRIME_DEVLINK] = "devlink",
        [PRIME_XFRM_OFFLOAD] = "xfrm-offload",
        [PRIME_MACSEC_OFFLOAD] = "macsec-offload",
        [PRIME_TLS_OFFLOAD] = "tls-offload",
};

DEFINE_STRING_TABLE(prime_item, PrimeItemId);

/* What is not named is copied. */
static const PrimeConsent consent_table[_PRIME_ITEM_MAX] = {
        [PRIME_LINK_MODES] = PRIME_ON_REQUEST,
        [PRIME_LINK_INFO] = PRIME_ON_REQUEST,
        [PRIME_FEC] = PRIME_ON_REQUEST,
        [PRIME_PAUSE] = PRIME_ON_REQUEST,
        [PRIME_EEE] = PRIME_ON_REQUEST,
        [PRIME_DCB] = PRIME_ON_REQUEST,
        [PRIME_WAKE_ON_LAN] = PRIME_REPORTED,
        [PRIME_SRIOV] = PRIME_REPORTED,
        [PRIME_DEVLINK] = PRIME_REPORTED,
        [PRIME_XFRM_OFFLOAD] = PRIME_REPORTED,
        [PRIME_MACSEC_OFFLOAD] = PRIME_REPORTED,
        [PRIME_TLS_OFFLOAD] = PRIME_REPORTED,
};

PrimeConsent prime_item_consent(PrimeItemId item) {
        assert(item >= 0 && item < _PRIME_ITEM_MAX);
        return consent_table[item];
}
