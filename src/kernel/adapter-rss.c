/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/genetlink.h>
#include <stdlib.h>

#include "adapter-rss.h"
#include "alloc-util.h"
#include "ethtool-ioctl-codec.h"

/* A table of RSS_SLOTS_MAX and a key. */
#define MESSAGE_SIZE (20U * 1024)

static int take_reply(const struct nlmsghdr *message, void *userdata, Error *e) {
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);

        return payload ? rss_codec_parse(payload, size, userdata) : -EBADMSG;
}

static int get_by_netlink(AdapterSockets *s, int ifindex, uint32_t context, RssConfig *ret, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);

        if (s->ethtool.id == 0)
                return -EOPNOTSUPP;
        if (!m || rss_codec_put_get(m, ifindex, context) < 0)
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

int adapter_rss_get(
                AdapterSockets *s, int ifindex, const char *name, uint32_t context, RssConfig *ret, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        Error cause = {};
        int r;

        r = get_by_netlink(s, ifindex, context, ret, &cause);
        if (r == -EOPNOTSUPP)
                r = get_by_ioctl(&i, context, ret);
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
        r = adapter_rss_get(s, ifindex, p->name, 0, &c, e);
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

static int put_by_netlink(AdapterSockets *s, RssMessage message, int ifindex, uint32_t context,
                const RssConfig *c, unsigned changes, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_size(MESSAGE_SIZE);
        uint64_t accepted;
        int r = adapter_ethtool_accepted(s, message, &accepted, e);

        if (r < 0)
                return r;
        if (!rss_codec_can_carry(accepted, context, changes))
                return -EOPNOTSUPP;
        if (!m || !nlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, s->ethtool.id, 0, NLM_F_REQUEST) ||
                        rss_codec_put_config(m, message, ifindex, context, c, changes) < 0)
                return -ENOMEM;
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int put_by_ioctl(const EthtoolIoctl *i, uint32_t context, const RssConfig *c, unsigned changes) {
        _cleanup_free_ struct ethtool_rxfh *f = calloc(1, ETHTOOL_RSS_SIZE_MAX);

        if (!f)
                return -ENOMEM;
        ethtool_ioctl_put_rss(c, changes, context, f);
        return ethtool_ioctl(i, f);
}

int adapter_rss_put(AdapterSockets *s, RssMessage message, int ifindex, const char *name, uint32_t context,
                const RssConfig *c, unsigned changes, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        Error cause = {};
        int r;

        r = put_by_netlink(s, message, ifindex, context, c, changes, &cause);
        if (r == -EOPNOTSUPP) /* of the message or of the setting: the ioctl knows */
                r = put_by_ioctl(&i, message == RSS_MESSAGE_CREATE ? ETH_RXFH_CONTEXT_ALLOC : context, c,
                                changes);
        else if (r < 0 && cause.code < 0)
                return error_set(e, cause.kind, r, "%s", cause.text);
        return r < 0 ? error_errno(e, r, "setting the RSS table") : 0;
}

int adapter_rss_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes, size_t n,
                Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        RssConfig c;
        int r, done;

        r = adapter_rss_get(s, ifindex, name, 0, &c, e);
        if (r < 0)
                return r;
        done = rss_config_apply(&c, changes, n, receive_queues(&i));
        if (done < 0)
                return error_errno(e, done, "RSS");
        return adapter_rss_put(s, RSS_MESSAGE_SET, ifindex, name, 0, &c, (unsigned) done, e);
}
