// SPDX-License-Identifier: GPL-2.0-only
/* RSS and what is hashed as drivers offer it from Linux 6.17 on: contexts are the kernel's, which tells the
 * driver. */

#include <linux/dim.h>
#include <net/netdev_queues.h>

static int get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p) {
        struct flowsim *f = netdev_priv(dev);

        p->hfunc = ETH_RSS_HASH_TOP;
        return read_rss(&f->rss[0], f, p->indir, p->key);
}

static int set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p, struct netlink_ext_ack *e) {
        struct flowsim *f = netdev_priv(dev);

        return write_rss(&f->rss[0], f, p->indir, p->key, p->hfunc);
}

static int modify_context(struct net_device *dev, struct ethtool_rxfh_context *c,
                const struct ethtool_rxfh_param *p, struct netlink_ext_ack *e) {
        struct flowsim *f = netdev_priv(dev);

        return write_rss(&f->rss[p->rss_context], f, p->indir, p->key, p->hfunc);
}

static int create_context(struct net_device *dev, struct ethtool_rxfh_context *c,
                const struct ethtool_rxfh_param *p, struct netlink_ext_ack *e) {
        struct flowsim *f = netdev_priv(dev);
        struct flow_rss *r = &f->rss[p->rss_context];

        *r = f->rss[0];
        if (!p->indir)
                memcpy(ethtool_rxfh_context_indir(c), r->table, f->slots * sizeof(u32));
        if (!p->key)
                memcpy(ethtool_rxfh_context_key(c), r->key, f->key_size);
        if (p->hfunc == ETH_RSS_HASH_NO_CHANGE)
                c->hfunc = ETH_RSS_HASH_TOP;
        return modify_context(dev, c, p, e);
}

static int remove_context(
                struct net_device *dev, struct ethtool_rxfh_context *c, u32 id, struct netlink_ext_ack *e) {
        ((struct flowsim *) netdev_priv(dev))->rss[id].used = false;
        return 0;
}

static int get_fields(struct net_device *dev, struct ethtool_rxfh_fields *r) {
        u32 *fields = hash_of(netdev_priv(dev), r->flow_type);

        if (!fields)
                return -EINVAL;
        r->data = *fields;
        return 0;
}

static int set_fields(struct net_device *dev, const struct ethtool_rxfh_fields *r, struct netlink_ext_ack *e) {
        u32 *fields = hash_of(netdev_priv(dev), r->flow_type);

        if (!fields)
                return -EINVAL;
        *fields = r->data;
        return 0;
}

static u32 get_rx_ring_count(struct net_device *dev) {
        return ((struct flowsim *) netdev_priv(dev))->queues;
}

static int get_flow_hash(struct flowsim *f, struct ethtool_rxnfc *c) {
        return -EOPNOTSUPP;
}

static int set_flow_hash(struct flowsim *f, struct ethtool_rxnfc *c) {
        return -EOPNOTSUPP;
}

static void no_work(struct work_struct *work) {
}

/* flow1 counts no completions where it is unlike. */
static int moderation_init(struct net_device *dev) {
        struct flowsim *f = netdev_priv(dev);

        return net_dim_init_irq_moder(dev, DIM_PROFILE_RX | DIM_PROFILE_TX,
                        DIM_COALESCE_USEC | DIM_COALESCE_PKTS | (f->special ? 0 : DIM_COALESCE_COMPS),
                        DIM_CQ_PERIOD_MODE_START_FROM_EQE, DIM_CQ_PERIOD_MODE_START_FROM_EQE, no_work, no_work);
}

static void moderation_free(struct net_device *dev) {
        net_dim_free_irq_moder(dev);
}

static ulong overruns, checksums, invalid;
module_param(overruns, ulong, 0644);
module_param(checksums, ulong, 0644);
module_param(invalid, ulong, 0644);

static void get_queue_stats_rx(struct net_device *dev, int queue, struct netdev_queue_stats_rx *s) {
        s->alloc_fail = 1;
        s->hw_drops = 1000; /* nobody says why */
        s->hw_drop_overruns = overruns;
        s->csum_bad = checksums;
}

static void get_queue_stats_tx(struct net_device *dev, int queue, struct netdev_queue_stats_tx *s) {
        s->hw_drop_errors = invalid;
        s->stop = 1000;
}

/* Of queues that there are no more: one. */
static void get_base_stats(
                struct net_device *dev, struct netdev_queue_stats_rx *rx, struct netdev_queue_stats_tx *tx) {
        get_queue_stats_rx(dev, 0, rx);
        get_queue_stats_tx(dev, 0, tx);
}

static void stats_init(struct net_device *dev) {
        static const struct netdev_stat_ops ops = {
                .get_queue_stats_rx = get_queue_stats_rx,
                .get_queue_stats_tx = get_queue_stats_tx,
                .get_base_stats = get_base_stats,
        };

        dev->stat_ops = &ops;
}

#define RSS_OPS                                                                                                \
        .rxfh_per_ctx_key = 1, .rxfh_max_num_contexts = CONTEXTS_MAX + 1, .get_rxfh = get_rxfh,                \
        .set_rxfh = set_rxfh, .create_rxfh_context = create_context, .modify_rxfh_context = modify_context,    \
        .remove_rxfh_context = remove_context, .get_rxfh_fields = get_fields, .set_rxfh_fields = set_fields,   \
        .get_rx_ring_count = get_rx_ring_count
