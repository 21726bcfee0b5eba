/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "adapter-rss-context.h"
#include "adapter-rss.h"
#include "alloc-util.h"
#include "ethtool-ioctl-codec.h"

typedef struct ContextList {
        uint32_t *ids;
        int n;
} ContextList;

static int take_context(const struct nlmsghdr *message, void *userdata, Error *e) {
        ContextList *list = userdata;
        uint32_t id;
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? rss_codec_parse_context(payload, size, &id) : -EBADMSG;

        if (r < 0)
                return error_errno(e, r, "RSS message");
        if (id != 0 && list->n < ADAPTER_RSS_CONTEXTS_MAX)
                list->ids[list->n++] = id;
        return 0;
}

/* -EOPNOTSUPP before Linux 6.11. */
static int ids_by_netlink(AdapterSockets *s, int ifindex, uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        ContextList list = { .ids = ids };
        Error e = {};

        if (s->ethtool.id == 0)
                return -EOPNOTSUPP;
        if (!m || rss_codec_put_get(m, ifindex, 0) < 0)
                return -ENOMEM;
        return netlink_socket_dump(s->generic, m, take_context, &list, &e) < 0 ? -EOPNOTSUPP : list.n;
}

/* There is no list of them: drivers and kernel number them from 1 on. */
static int ids_by_ioctl(const EthtoolIoctl *i, uint32_t last, uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]) {
        int n = 0;

        for (uint32_t id = 1; id <= last; id++) {
                struct ethtool_rxfh sizes = { .cmd = ETHTOOL_GRSSH, .rss_context = id };
                int r = ethtool_ioctl(i, &sizes);

                if (r == -EOPNOTSUPP)
                        return n > 0 ? n : r;
                if (r >= 0)
                        ids[n++] = id;
        }
        return n;
}

int adapter_rss_context_ids(AdapterSockets *s, int ifindex, const char *name,
                uint32_t ids[static ADAPTER_RSS_CONTEXTS_MAX]) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        int n = ids_by_netlink(s, ifindex, ids);

        /* An empty list leaves open whether the driver could have any: asked for the first, it says. */
        return n > 0 ? n : ids_by_ioctl(&i, n == 0 ? 1 : ADAPTER_RSS_CONTEXTS_MAX, ids);
}

int adapter_rss_contexts_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX];
        int n = adapter_rss_context_ids(s, ifindex, p->name, ids);

        if (n < 0)
                return 0;
        p->value[ATTRIBUTE_RSS_CONTEXTS] = adapter_value_number((unsigned) n);
        for (int k = 0; k < n; k++) {
                unsigned place = (unsigned) k * RSS_CHUNKS_MAX;
                Error cause = {};
                AdapterValue *key;
                RssConfig c;

                if (adapter_rss_get(s, ifindex, p->name, ids[k], &c, &cause) < 0) {
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

static int delete_by_netlink(AdapterSockets *s, int ifindex, uint32_t id, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        uint64_t accepted;
        int r = adapter_ethtool_accepted(s, RSS_MESSAGE_DELETE, &accepted, e);

        if (r < 0)
                return r;
        if (!rss_codec_can_carry(accepted, id, 0))
                return -EOPNOTSUPP;
        if (!m || rss_codec_put_delete(m, ifindex, id) < 0)
                return -ENOMEM;
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int context_delete(AdapterSockets *s, int ifindex, const char *name, uint32_t id, Error *e) {
        struct ethtool_rxfh f = { .cmd = ETHTOOL_SRSSH, .rss_context = id };
        EthtoolIoctl i = adapter_ioctl(s, name);
        Error cause = {};
        int r = delete_by_netlink(s, ifindex, id, &cause);

        if (r == -EOPNOTSUPP)
                return ethtool_ioctl(&i, &f);
        return r < 0 && cause.code < 0 ? error_set(e, cause.kind, r, "%s", cause.text) : r;
}

typedef struct ContextTarget {
        uint32_t id;
        bool exists; /* else it is to be made, and begins as the adapter's own */
} ContextTarget;

static int context_write(AdapterSockets *s, int ifindex, const char *name, const ContextTarget *target,
                const AdapterChange *changes, size_t n, Error *e) {
        RssConfig c;
        int r, done;

        if (changes[0].value.absent)
                return target->exists ? context_delete(s, ifindex, name, target->id, e) : -ENOENT;
        r = adapter_rss_get(s, ifindex, name, target->exists ? target->id : 0, &c, e);
        if (r < 0)
                return r;
        /* The number of queues is not told: a default table would be size 0, which deletes a context. */
        done = rss_config_apply(&c, changes, n, 0);
        return done < 0 ? done
                        : adapter_rss_put(s, target->exists ? RSS_MESSAGE_SET : RSS_MESSAGE_CREATE, ifindex,
                                          name, target->id, &c, (unsigned) done, e);
}

int adapter_rss_contexts_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes,
                size_t n, Error *e) {
        _cleanup_free_ AdapterChange *within = new0(AdapterChange, n);
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX], last;
        int n_ids = adapter_rss_context_ids(s, ifindex, name, ids);

        if (!within)
                return error_errno(e, -ENOMEM, "RSS contexts");
        if (n_ids < 0)
                return error_errno(e, n_ids, "RSS contexts");
        last = n_ids > 0 ? ids[n_ids - 1] : 0;
        for (unsigned context = 0; context < ADAPTER_RSS_CONTEXTS_MAX; context++) {
                bool exists = context < (unsigned) n_ids;
                Error cause = {};
                size_t m = 0;
                int r;

                for (size_t k = 0; k < n; k++)
                        if (changes[k].place / RSS_CHUNKS_MAX == context)
                                within[m++] = change_within(&changes[k]);
                if (m == 0)
                        continue;
                /* A new one comes behind the others, whose order says which is which. */
                r = context_write(s, ifindex, name,
                                &(ContextTarget){ .id = exists ? ids[context] : ++last, .exists = exists },
                                within, m, &cause);
                if (r < 0 && cause.code < 0)
                        return error_set(e, cause.kind, r, "context %u: %s", context + 1, cause.text);
                if (r < 0)
                        return error_errno(e, r, "RSS context %u", context + 1);
        }
        return 0;
}
