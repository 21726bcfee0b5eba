// SPDX-License-Identifier: GPL-2.0-only
/* RSS and what is hashed as drivers offered it until Linux 6.17: contexts, which the driver numbers, by one
 * function, and the fields of flows among the commands of rules. */

static int get_context(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc, u32 context) {
        struct flowsim *f = netdev_priv(dev);

        if (context > CONTEXTS_MAX || !f->rss[context].used)
                return -ENOENT;
        if (hfunc)
                *hfunc = ETH_RSS_HASH_TOP;
        return read_rss(&f->rss[context], f, indir, key);
}

static int get_rxfh(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc) {
        return get_context(dev, indir, key, hfunc, 0);
}

static int set_context(struct net_device *dev, const u32 *indir, const u8 *key, const u8 hfunc, u32 *context,
                bool delete) {
        struct flowsim *f = netdev_priv(dev);
        u32 id = *context;

        if (id == ETH_RXFH_CONTEXT_ALLOC) {
                for (id = 1; id <= CONTEXTS_MAX && f->rss[id].used; id++)
                        ;
                if (id > CONTEXTS_MAX)
                        return -ENOSPC;
                f->rss[id] = f->rss[0];
                *context = id;
        }
        if (id > CONTEXTS_MAX || !f->rss[id].used)
                return -ENOENT;
        if (delete) {
                f->rss[id].used = false;
                return 0;
        }
        return write_rss(&f->rss[id], f, indir, key, hfunc);
}

static int set_rxfh(struct net_device *dev, const u32 *indir, const u8 *key, const u8 hfunc) {
        u32 context = 0;

        return set_context(dev, indir, key, hfunc, &context, false);
}

static int get_flow_hash(struct flowsim *f, struct ethtool_rxnfc *c) {
        u32 *fields = hash_of(f, c->flow_type);

        if (c->cmd != ETHTOOL_GRXFH)
                return -EOPNOTSUPP;
        if (!fields)
                return -EINVAL;
        c->data = *fields;
        return 0;
}

static int set_flow_hash(struct flowsim *f, struct ethtool_rxnfc *c) {
        u32 *fields = hash_of(f, c->flow_type);

        if (c->cmd != ETHTOOL_SRXFH)
                return -EOPNOTSUPP;
        if (!fields)
                return -EINVAL;
        *fields = c->data;
        return 0;
}

static int moderation_init(struct net_device *dev) {
        return 0;
}

static void moderation_free(struct net_device *dev) {
}

static void stats_init(struct net_device *dev) {
}

#define RSS_OPS                                                                                                \
        .get_rxfh = get_rxfh, .set_rxfh = set_rxfh, .get_rxfh_context = get_context,                           \
        .set_rxfh_context = set_context
