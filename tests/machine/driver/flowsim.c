// SPDX-License-Identifier: GPL-2.0-only
/* An adapter without hardware that has what no emulated one has: flow rules, RSS key and contexts, tunables,
 * coalescing per queue. It keeps what it is told and is as strict as drivers are. The module brings two, flow0
 * and flow1, alike; or, with unlike=1, flow1 has a larger table and key and chooses the locations of rules
 * itself. On a kernel that lets the profiles of interrupt moderation be set, they have these too, and flow0
 * what queues count (overruns=, checksums=, invalid=: of each). Built for Linux 6.1, and for 6.17 and newer. */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/version.h>
#include <net/rtnetlink.h>

#define QUEUES_MAX   8
#define SLOTS_MAX    512
#define KEY_MAX      52
#define RULES_MAX    16
#define CONTEXTS_MAX 4

static bool unlike;
module_param(unlike, bool, 0444);

struct flow_rss {
        bool used;
        u32 table[SLOTS_MAX];
        u8 key[KEY_MAX];
};

struct flow_rule {
        bool used;
        u32 context;
        struct ethtool_rx_flow_spec spec;
};

struct flowsim {
        u32 slots, key_size, rules, queues, flags, copybreak, hash_udp4;
        bool special;
        struct flow_rss rss[CONTEXTS_MAX + 1]; /* 0: the adapter's own */
        struct flow_rule rule[RULES_MAX];
        struct ethtool_coalesce coalesce[QUEUES_MAX];
};

static void default_table(struct flowsim *f, u32 *table) {
        u32 i;

        for (i = 0; i < f->slots; i++)
                table[i] = ethtool_rxfh_indir_default(i, f->queues);
}

static void get_channels(struct net_device *dev, struct ethtool_channels *c) {
        struct flowsim *f = netdev_priv(dev);

        c->max_combined = QUEUES_MAX;
        c->combined_count = f->queues;
}

/* Like most: a table that nobody set follows the channels. */
static int set_channels(struct net_device *dev, struct ethtool_channels *c) {
        struct flowsim *f = netdev_priv(dev);
        u32 i;

        for (i = 0; i < f->rules; i++)
                if (f->rule[i].used && f->rule[i].spec.ring_cookie != RX_CLS_FLOW_DISC &&
                                f->rule[i].spec.ring_cookie >= c->combined_count)
                        return -EINVAL;
        f->queues = c->combined_count;
        if (!netif_is_rxfh_configured(dev))
                default_table(f, f->rss[0].table);
        return netif_set_real_num_queues(dev, f->queues, f->queues);
}

static u32 get_rxfh_key_size(struct net_device *dev) {
        return ((struct flowsim *) netdev_priv(dev))->key_size;
}

static u32 get_rxfh_indir_size(struct net_device *dev) {
        return ((struct flowsim *) netdev_priv(dev))->slots;
}

static int read_rss(const struct flow_rss *r, const struct flowsim *f, u32 *indir, u8 *key) {
        if (indir)
                memcpy(indir, r->table, f->slots * sizeof(u32));
        if (key)
                memcpy(key, r->key, f->key_size);
        return 0;
}

static int write_rss(struct flow_rss *r, const struct flowsim *f, const u32 *indir, const u8 *key, u8 hfunc) {
        if (hfunc != ETH_RSS_HASH_NO_CHANGE && hfunc != ETH_RSS_HASH_TOP)
                return -EOPNOTSUPP;
        if (indir)
                memcpy(r->table, indir, f->slots * sizeof(u32));
        if (key)
                memcpy(r->key, key, f->key_size);
        return 0;
}

/* A kind of flow whose fields can be told: one. */
static u32 *hash_of(struct flowsim *f, u32 flow_type) {
        return flow_type == UDP_V4_FLOW ? &f->hash_udp4 : NULL;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#include "flowsim-since-6.17.h"
#else
#include "flowsim-before-6.17.h"
#endif

static u32 count_rules(const struct flowsim *f) {
        u32 i, n = 0;

        for (i = 0; i < f->rules; i++)
                n += f->rule[i].used;
        return n;
}

static int list_rules(const struct flowsim *f, struct ethtool_rxnfc *c, u32 *locations) {
        u32 i, n = 0;

        for (i = 0; i < f->rules; i++) {
                if (!f->rule[i].used)
                        continue;
                if (n == c->rule_cnt)
                        return -EMSGSIZE;
                locations[n++] = i;
        }
        c->rule_cnt = n;
        c->data = f->rules;
        return 0;
}

static int get_rule(const struct flowsim *f, struct ethtool_rxnfc *c) {
        u32 location = c->fs.location;

        if (location >= f->rules || !f->rule[location].used)
                return -ENOENT;
        c->fs = f->rule[location].spec;
        c->fs.location = location;
        if (c->fs.flow_type & FLOW_RSS)
                c->rss_context = f->rule[location].context;
        return 0;
}

static int get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c, u32 *locations) {
        struct flowsim *f = netdev_priv(dev);

        switch (c->cmd) {
        case ETHTOOL_GRXRINGS:
                c->data = f->queues;
                return 0;
        case ETHTOOL_GRXCLSRLCNT:
                c->rule_cnt = count_rules(f);
                c->data = f->rules | (f->special ? RX_CLS_LOC_SPECIAL : 0);
                return 0;
        case ETHTOOL_GRXCLSRLALL:
                return list_rules(f, c, locations);
        case ETHTOOL_GRXCLSRULE:
                return get_rule(f, c);
        }
        return get_flow_hash(f, c);
}

static int insert_rule(struct flowsim *f, struct ethtool_rxnfc *c) {
        u32 location = c->fs.location;

        if (f->special) {
                if (location != RX_CLS_LOC_ANY)
                        return -EINVAL;
                for (location = f->rules; location > 0 && f->rule[location - 1].used; location--)
                        ;
                if (location == 0)
                        return -ENOSPC;
                location--;
        }
        if (location >= f->rules)
                return -ENOSPC;
        if (c->fs.ring_cookie != RX_CLS_FLOW_DISC && c->fs.ring_cookie >= f->queues)
                return -EINVAL;
        if ((c->fs.flow_type & FLOW_RSS) && (c->rss_context > CONTEXTS_MAX || !f->rss[c->rss_context].used))
                return -ENOENT;
        f->rule[location].used = true;
        f->rule[location].spec = c->fs;
        f->rule[location].context = c->rss_context;
        c->fs.location = location;
        return 0;
}

static int set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c) {
        struct flowsim *f = netdev_priv(dev);

        switch (c->cmd) {
        case ETHTOOL_SRXCLSRLINS:
                return insert_rule(f, c);
        case ETHTOOL_SRXCLSRLDEL:
                if (c->fs.location >= f->rules || !f->rule[c->fs.location].used)
                        return -ENOENT;
                f->rule[c->fs.location].used = false;
                return 0;
        }
        return set_flow_hash(f, c);
}

static int get_tunable(struct net_device *dev, const struct ethtool_tunable *t, void *data) {
        if (t->id != ETHTOOL_RX_COPYBREAK)
                return -EOPNOTSUPP;
        *(u32 *) data = ((struct flowsim *) netdev_priv(dev))->copybreak;
        return 0;
}

static int set_tunable(struct net_device *dev, const struct ethtool_tunable *t, const void *data) {
        if (t->id != ETHTOOL_RX_COPYBREAK)
                return -EOPNOTSUPP;
        ((struct flowsim *) netdev_priv(dev))->copybreak = *(const u32 *) data;
        return 0;
}

static int get_queue_coalesce(struct net_device *dev, u32 queue, struct ethtool_coalesce *c) {
        struct flowsim *f = netdev_priv(dev);

        if (queue >= f->queues)
                return -EINVAL;
        *c = f->coalesce[queue];
        return 0;
}

static int set_queue_coalesce(struct net_device *dev, u32 queue, struct ethtool_coalesce *c) {
        struct flowsim *f = netdev_priv(dev);

        if (queue >= f->queues)
                return -EINVAL;
        f->coalesce[queue] = *c;
        return 0;
}

static int get_coalesce(struct net_device *dev, struct ethtool_coalesce *c, struct kernel_ethtool_coalesce *k,
                struct netlink_ext_ack *e) {
        return get_queue_coalesce(dev, 0, c);
}

static int set_coalesce(struct net_device *dev, struct ethtool_coalesce *c, struct kernel_ethtool_coalesce *k,
                struct netlink_ext_ack *e) {
        u32 i;

        for (i = 0; i < QUEUES_MAX; i++)
                ((struct flowsim *) netdev_priv(dev))->coalesce[i] = *c;
        return 0;
}

static const char flag_names[][ETH_GSTRING_LEN] = { "strip-tags", "fast-path" };

static int get_sset_count(struct net_device *dev, int set) {
        return set == ETH_SS_PRIV_FLAGS ? ARRAY_SIZE(flag_names) : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data) {
        if (set == ETH_SS_PRIV_FLAGS)
                memcpy(data, flag_names, sizeof(flag_names));
}

static u32 get_priv_flags(struct net_device *dev) {
        return ((struct flowsim *) netdev_priv(dev))->flags;
}

static int set_priv_flags(struct net_device *dev, u32 flags) {
        ((struct flowsim *) netdev_priv(dev))->flags = flags;
        return 0;
}

static const struct ethtool_ops flowsim_ethtool_ops = {
        .supported_coalesce_params = ETHTOOL_COALESCE_USECS,
        .get_link = ethtool_op_get_link,
        .get_channels = get_channels,
        .set_channels = set_channels,
        .get_rxfh_key_size = get_rxfh_key_size,
        .get_rxfh_indir_size = get_rxfh_indir_size,
        RSS_OPS,
        .get_rxnfc = get_rxnfc,
        .set_rxnfc = set_rxnfc,
        .get_tunable = get_tunable,
        .set_tunable = set_tunable,
        .get_coalesce = get_coalesce,
        .set_coalesce = set_coalesce,
        .get_per_queue_coalesce = get_queue_coalesce,
        .set_per_queue_coalesce = set_queue_coalesce,
        .get_sset_count = get_sset_count,
        .get_strings = get_strings,
        .get_priv_flags = get_priv_flags,
        .set_priv_flags = set_priv_flags,
};

/* What is sent is gone. */
static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *dev) {
        dev_kfree_skb(skb);
        return NETDEV_TX_OK;
}

static const struct net_device_ops flowsim_ops = {
        .ndo_start_xmit = start_xmit,
        .ndo_set_mac_address = eth_mac_addr,
        .ndo_validate_addr = eth_validate_addr,
};

/* Only the kind, by which it is known that both are of one driver. */
static struct rtnl_link_ops flowsim_link_ops = { .kind = "flowsim" };

static struct net_device *devices[2];

static struct net_device *flowsim_new(const char *name, u32 slots, u32 key_size, u32 rules, bool special) {
        struct net_device *dev = alloc_etherdev_mqs(sizeof(struct flowsim), QUEUES_MAX, QUEUES_MAX);
        struct flowsim *f;
        int r;

        if (!dev)
                return ERR_PTR(-ENOMEM);
        strscpy(dev->name, name, sizeof(dev->name));
        dev->netdev_ops = &flowsim_ops;
        dev->ethtool_ops = &flowsim_ethtool_ops;
        dev->rtnl_link_ops = &flowsim_link_ops;
        if (!devices[0])
                stats_init(dev);
        eth_hw_addr_random(dev);
        f = netdev_priv(dev);
        f->slots = slots;
        f->key_size = key_size;
        f->rules = rules;
        f->special = special;
        f->queues = 4;
        f->copybreak = 128;
        f->hash_udp4 = RXH_IP_SRC | RXH_IP_DST;
        f->rss[0].used = true;
        default_table(f, f->rss[0].table);
        memset(f->rss[0].key, 0x6d, sizeof(f->rss[0].key));
        netif_set_real_num_tx_queues(dev, f->queues);
        netif_set_real_num_rx_queues(dev, f->queues);
        r = moderation_init(dev);
        if (r == 0)
                r = register_netdev(dev);
        if (r < 0) {
                moderation_free(dev);
                free_netdev(dev);
                return ERR_PTR(r);
        }
        return dev;
}

static void flowsim_free(struct net_device *dev) {
        unregister_netdev(dev);
        moderation_free(dev);
        free_netdev(dev);
}

static int __init flowsim_init(void) {
        devices[0] = flowsim_new("flow0", 128, 40, RULES_MAX, false);
        if (IS_ERR(devices[0]))
                return PTR_ERR(devices[0]);
        devices[1] = flowsim_new("flow1", unlike ? 512 : 128, unlike ? 52 : 40, RULES_MAX, unlike);
        if (IS_ERR(devices[1])) {
                flowsim_free(devices[0]);
                return PTR_ERR(devices[1]);
        }
        return 0;
}

static void __exit flowsim_exit(void) {
        flowsim_free(devices[1]);
        flowsim_free(devices[0]);
}

module_init(flowsim_init);
module_exit(flowsim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("An adapter without hardware that spreads and steers flows, for tests");
