/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "ethtool-ioctl-codec.h"

/* include/uapi/linux/ethtool.h of Linux 6.8: input_xfrm is where older kernels want 0. */
static uint8_t *transform_of(struct ethtool_rxfh *f) {
        return &f->rsvd8[0];
}

static bool sizes_are_held(const struct ethtool_rxfh *f) {
        return f->indir_size <= RSS_SLOTS_MAX && f->key_size <= ADAPTER_BYTES_MAX;
}

static size_t rss_size(const struct ethtool_rxfh *f) {
        return sizeof(*f) + f->indir_size * sizeof(uint32_t) + f->key_size;
}

int ethtool_ioctl_rss_request(const struct ethtool_rxfh *sizes, struct ethtool_rxfh *ret) {
        if (!sizes_are_held(sizes))
                return -E2BIG;
        memset(ret, 0, rss_size(sizes));
        ret->cmd = ETHTOOL_GRSSH;
        ret->rss_context = sizes->rss_context;
        ret->indir_size = sizes->indir_size;
        ret->key_size = sizes->key_size;
        return (int) rss_size(sizes);
}

int ethtool_ioctl_parse_rss(const struct ethtool_rxfh *reply, size_t size, RssConfig *ret) {
        const uint8_t *key;

        memset(ret, 0, sizeof(*ret));
        if (size < sizeof(*reply))
                return -EBADMSG;
        if (!sizes_are_held(reply))
                return -E2BIG;
        if (rss_size(reply) > size)
                return -EBADMSG;
        if (!rss_table_take(&ret->table, reply->rss_config, reply->indir_size))
                return -E2BIG;
        key = (const uint8_t *) &reply->rss_config[reply->indir_size];
        if (reply->key_size > 0)
                ret->key = adapter_value_bytes(key, reply->key_size);
        ret->function = reply->hfunc;
        ret->transform = reply->rsvd8[0];
        return 0;
}

void ethtool_ioctl_put_rss(const RssConfig *c, unsigned changes, uint32_t context, struct ethtool_rxfh *ret) {
        memset(ret, 0, ETHTOOL_RSS_SIZE_MAX);
        ret->cmd = ETHTOOL_SRSSH;
        ret->rss_context = context;
        ret->indir_size = changes & RSS_CHANGE_DEFAULT ? 0
                        : changes & RSS_CHANGE_TABLE   ? c->table.n_slots
                                                       : ETH_RXFH_INDIR_NO_CHANGE;
        for (unsigned i = 0; i < c->table.n_slots && ret->indir_size == c->table.n_slots; i++)
                ret->rss_config[i] = c->table.queue[i];
        if (changes & RSS_CHANGE_KEY) {
                size_t at = ret->indir_size == c->table.n_slots ? c->table.n_slots : 0;

                ret->key_size = c->key.size;
                memcpy(&ret->rss_config[at], adapter_value_data(&c->key), c->key.size);
        }
        ret->hfunc = changes & RSS_CHANGE_FUNCTION ? c->function
                                                   : 0; /* ETH_RSS_HASH_NO_CHANGE, which is not in the header */
        *transform_of(ret) = c->transform;              /* 0 is also what kernels without it want */
}

int ethtool_ioctl_parse_locations(const struct ethtool_rxnfc *reply, size_t n) {
        return reply->rule_cnt > n ? -EBADMSG : (int) reply->rule_cnt;
}

void ethtool_ioctl_parse_rule(const struct ethtool_rxnfc *reply, uint32_t context, FlowRule *ret) {
        memset(ret, 0, sizeof(*ret));
        ret->spec = reply->fs;
        ret->spec.location = 0;
        ret->context = reply->fs.flow_type & FLOW_RSS ? context : 0;
}

void ethtool_ioctl_put_rule(
                const FlowRule *r, uint32_t location, uint32_t context_id, struct ethtool_rxnfc *ret) {
        memset(ret, 0, sizeof(*ret));
        ret->cmd = ETHTOOL_SRXCLSRLINS;
        ret->fs = r->spec;
        ret->fs.location = location;
        if (r->spec.flow_type & FLOW_RSS)
                ret->rss_context = context_id;
}

static const struct {
        const char *name;
        uint32_t type;
} flow_table[] = {
        { "tcp4", TCP_V4_FLOW },
        { "udp4", UDP_V4_FLOW },
        { "sctp4", SCTP_V4_FLOW },
        { "ah4", AH_V4_FLOW },
        { "esp4", ESP_V4_FLOW },
        { "ip4", IPV4_FLOW },
        { "tcp6", TCP_V6_FLOW },
        { "udp6", UDP_V6_FLOW },
        { "sctp6", SCTP_V6_FLOW },
        { "ah6", AH_V6_FLOW },
        { "esp6", ESP_V6_FLOW },
        { "ip6", IPV6_FLOW },
        { "ether", ETHER_FLOW },
};

const char *ethtool_ioctl_flow_name(size_t i) {
        return i < ELEMENTSOF(flow_table) ? flow_table[i].name : NULL;
}

uint32_t ethtool_ioctl_flow_type(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(flow_table); i++)
                if (streq(flow_table[i].name, name))
                        return flow_table[i].type;
        return 0;
}

/* Numbers, names and types: tunable_strings and the checks of net/ethtool/ioctl.c. */
static const EthtoolTunable tunable_table[] = {
        { ATTRIBUTE_TUNABLE, "rx-copybreak", ETHTOOL_RX_COPYBREAK, ETHTOOL_TUNABLE_U32, 4 },
        { ATTRIBUTE_TUNABLE, "tx-copybreak", ETHTOOL_TX_COPYBREAK, ETHTOOL_TUNABLE_U32, 4 },
        { ATTRIBUTE_TUNABLE, "pfc-prevention-tout", ETHTOOL_PFC_PREVENTION_TOUT, ETHTOOL_TUNABLE_U16, 2 },
        { ATTRIBUTE_TUNABLE, "tx-copybreak-buf-size", ETHTOOL_TX_COPYBREAK_BUF_SIZE, ETHTOOL_TUNABLE_U32, 4 },
        { ATTRIBUTE_PHY_TUNABLE, "phy-downshift", ETHTOOL_PHY_DOWNSHIFT, ETHTOOL_TUNABLE_U8, 1 },
        { ATTRIBUTE_PHY_TUNABLE, "phy-fast-link-down", ETHTOOL_PHY_FAST_LINK_DOWN, ETHTOOL_TUNABLE_U8, 1 },
        { ATTRIBUTE_PHY_TUNABLE, "phy-energy-detect-power-down", ETHTOOL_PHY_EDPD, ETHTOOL_TUNABLE_U16, 2 },
};

const EthtoolTunable *ethtool_ioctl_tunable(size_t i) {
        return i < ELEMENTSOF(tunable_table) ? &tunable_table[i] : NULL;
}
