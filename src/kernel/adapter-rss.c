/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/genetlink.h>
#include <stdlib.h>

#include "adapter-rss.h"
#include "alloc-util.h"
#include "ethtool-ioctl-codec.h"
#include "genl-policy.h"
#include "rss-codec.h"

/* A table of RSS_SLOTS_MAX and a key. */
#define MESSAGE_SIZE (20U * 1024)

static int take_reply(const struct nlmsghdr *message, void *userdata, Error *e) {
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);

        return payload ? rss_codec_parse(payload, size, userdata) : -EBADMSG;
}

static int get_by_netlink(AdapterSockets *s, int ifindex, RssConfig *ret, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);

        if (s->ethtool.id == 0)
                return -EOPNOTSUPP;
        if (!m || rss_codec_put_get(m, ifindex) < 0)
                return -ENOMEM;
        return netlink_socket_request(s->generic, m, take_reply, ret, e);
}

static int get_by_ioctl(const EthtoolIoctl *i, uint32_t context, RssConfig *ret) {
        struct ethtool_rxfh sizes = { .cmd = ETHTOOL_GRSSH, .rss_context = context };
        _cleanup_free_ struct ethtool_rxfh *f = calloc(1, ETHTOOL_RSS_SIZE_MAX);
        int r, size;

        if (!f)
                return -ENOMEM;
        r = ethtool_ioctl(i, &sizes);
        if (r < 0)
                return r;
        sizes.rss_context = context;
        size = ethtool_ioctl_rss_request(&sizes, f);
        if (size < 0)
                return size;
        r = ethtool_ioctl(i, f);
        return r < 0 ? r : ethtool_ioctl_parse_rss(f, (size_t) size, ret);
}

static int rss_get(AdapterSockets *s, int ifindex, const char *name, RssConfig *ret, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        Error cause = {};
        int r;

        r = get_by_netlink(s, ifindex, ret, &cause);
        if (r == -EOPNOTSUPP)
                r = get_by_ioctl(&i, 0, ret);
        else if (cause.code < 0 && r < 0)
                return error_set(e, cause.kind, r, "%s", cause.text);
        return r < 0 && r != -EOPNOTSUPP ? error_errno(e, r, "reading the RSS table") : r;
}

/* 0 when the driver does not say. */
static unsigned receive_queues(const EthtoolIoctl *i) {
        struct ethtool_rxnfc c = { .cmd = ETHTOOL_GRXRINGS };

        return ethtool_ioctl(i, &c) < 0 ? 0 : (unsigned) MIN(c.data, (uint64_t) ADAPTER_QUEUES_MAX);
}

int adapter_rss_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        unsigned n_queues = receive_queues(&i);
        RssConfig c;
        int r;

        if (n_queues > 0)
                p->value[ATTRIBUTE_RSS_QUEUES] = adapter_value_number(n_queues);
        r = rss_get(s, ifindex, p->name, &c, e);
        if (r == -EOPNOTSUPP)
                return 0;
        if (r == -E2BIG) {
                p->truncated = true;
                return 0;
        }
        if (r >= 0)
                rss_config_to_profile(&c, p);
        return r;
}

static int set_by_netlink(AdapterSockets *s, int ifindex, const RssConfig *c, unsigned changes, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_size(MESSAGE_SIZE);
        uint64_t accepted = 0;
        int r = s->ethtool.id == 0
                        ? 0
                        : genl_policy_accepted(s->generic, s->ethtool.id, RSS_MESSAGE_SET, &accepted, e);

        if (r < 0)
                return r;
        if (!rss_codec_can_set(accepted, changes))
                return -EOPNOTSUPP;
        if (!m || !nlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, s->ethtool.id, 0, NLM_F_REQUEST) ||
                        rss_codec_put_set(m, ifindex, c, changes) < 0)
                return -ENOMEM;
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int set_by_ioctl(const EthtoolIoctl *i, const RssConfig *c, unsigned changes, uint32_t context) {
        _cleanup_free_ struct ethtool_rxfh *f = calloc(1, ETHTOOL_RSS_SIZE_MAX);

        if (!f)
                return -ENOMEM;
        ethtool_ioctl_put_rss(c, changes, context, f);
        return ethtool_ioctl(i, f);
}

int adapter_rss_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes, size_t n,
                Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        Error cause = {};
        RssConfig c;
        int r, done;

        r = rss_get(s, ifindex, name, &c, e);
        if (r < 0)
                return r;
        done = rss_config_apply(&c, changes, n, receive_queues(&i));
        if (done < 0)
                return error_errno(e, done, "RSS");
        r = set_by_netlink(s, ifindex, &c, (unsigned) done, &cause);
        if (r == -EOPNOTSUPP) /* of the message or of the setting: the ioctl knows */
                r = set_by_ioctl(&i, &c, (unsigned) done, 0);
        else if (r < 0 && cause.code < 0)
                return error_set(e, cause.kind, r, "%s", cause.text);
        return r < 0 ? error_errno(e, r, "setting the RSS table") : 0;
}

int adapter_rss_context_ids(
                AdapterSockets *s, const char *name, uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        int n = 0;

        /* There is no list of them before Linux 6.11: drivers and kernel number them from 1 on. */
        for (uint32_t id = 1; id <= ADAPTER_RSS_CONTEXTS_MAX; id++) {
                struct ethtool_rxfh sizes = { .cmd = ETHTOOL_GRSSH, .rss_context = id };
                int r = ethtool_ioctl(&i, &sizes);

                if (r == -EOPNOTSUPP)
                        return n > 0 ? n : r;
                if (r >= 0)
                        ids[n++] = id;
        }
        return n;
}

int adapter_rss_contexts_read(AdapterSockets *s, AdapterProfile *p, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX];
        int n = adapter_rss_context_ids(s, p->name, ids);

        if (n < 0)
                return 0;
        p->value[ATTRIBUTE_RSS_CONTEXTS] = adapter_value_number((unsigned) n);
        for (int k = 0; k < n; k++) {
                unsigned place = (unsigned) k * RSS_CHUNKS_MAX;
                AdapterValue *key;
                RssConfig c;

                if (get_by_ioctl(&i, ids[k], &c) < 0) {
                        p->truncated = true;
                        continue;
                }
                rss_table_put(&c.table, p, ATTRIBUTE_RSS_CONTEXT_TABLE, place);
                key = c.key.set ? adapter_profile_add(p, ATTRIBUTE_RSS_CONTEXT_KEY, place, NULL) : NULL;
                if (key)
                        *key = c.key;
        }
        return 0;
}

/* A change of a context as one of the adapter's own. */
static AdapterChange change_within(const AdapterChange *c) {
        AdapterChange within = *c;

        within.attribute = c->attribute == ATTRIBUTE_RSS_CONTEXT_KEY ? ATTRIBUTE_RSS_KEY : ATTRIBUTE_RSS_TABLE;
        within.place = c->place % RSS_CHUNKS_MAX;
        return within;
}

/* id: 0 for one that is to be made, which begins as the adapter's own. */
static int context_write(const EthtoolIoctl *i, uint32_t id, const AdapterChange *changes, size_t n) {
        RssConfig c;
        int r, done;

        if (changes[0].value.absent) {
                struct ethtool_rxfh f = { .cmd = ETHTOOL_SRSSH, .rss_context = id };

                return id == 0 ? -ENOENT : ethtool_ioctl(i, &f);
        }
        r = get_by_ioctl(i, id, &c);
        if (r < 0)
                return r;
        /* The number of queues is not told: a default table would be size 0, which deletes a context. */
        done = rss_config_apply(&c, changes, n, 0);
        return done < 0 ? done : set_by_ioctl(i, &c, (unsigned) done, id == 0 ? ETH_RXFH_CONTEXT_ALLOC : id);
}

int adapter_rss_contexts_write(
                AdapterSockets *s, const char *name, const AdapterChange *changes, size_t n, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        _cleanup_free_ AdapterChange *within = new0(AdapterChange, n);
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX];
        int n_ids = adapter_rss_context_ids(s, name, ids);

        if (!within)
                return error_errno(e, -ENOMEM, "RSS contexts");
        if (n_ids < 0)
                return error_errno(e, n_ids, "RSS contexts");
        for (unsigned context = 0; context < ADAPTER_RSS_CONTEXTS_MAX; context++) {
                size_t m = 0;
                int r;

                for (size_t k = 0; k < n; k++)
                        if (changes[k].place / RSS_CHUNKS_MAX == context)
                                within[m++] = change_within(&changes[k]);
                if (m == 0)
                        continue;
                r = context_write(&i, context < (unsigned) n_ids ? ids[context] : 0, within, m);
                if (r < 0)
                        return error_errno(e, r, "RSS context %u", context + 1);
        }
        return 0;
}
