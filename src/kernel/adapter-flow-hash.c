/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-flow-hash.h"
#include "adapter-flow.h"
#include "alloc-util.h"
#include "ethtool-ioctl-codec.h"
#include "flow-hash-codec.h"
#include "rss-codec.h"

typedef struct FlowHashReply {
        AdapterProfile *profile;
        int n;
} FlowHashReply;

static int take_reply(const struct nlmsghdr *message, void *userdata, Error *e) {
        FlowHashReply *reply = userdata;
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? flow_hash_codec_parse(payload, size, reply->profile) : -EBADMSG;

        if (r < 0)
                return error_errno(e, r, "RSS message");
        reply->n += r;
        return 0;
}

/* -EOPNOTSUPP where kernel or driver do not say it so. */
static int read_by_netlink(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        FlowHashReply reply = { .profile = p };
        int r;

        if (s->ethtool.id == 0)
                return -EOPNOTSUPP;
        if (!m || rss_codec_put_get(m, ifindex, 0) < 0)
                return error_errno(e, -ENOMEM, "RSS message");
        r = netlink_socket_request(s->generic, m, take_reply, &reply, e);
        return r >= 0 && reply.n == 0 ? -EOPNOTSUPP : r;
}

static void read_by_ioctl(AdapterSockets *s, AdapterProfile *p) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        const char *name;

        for (size_t k = 0; (name = ethtool_ioctl_flow_name(k)); k++) {
                struct ethtool_rxnfc c = { .cmd = ETHTOOL_GRXFH, .flow_type = ethtool_ioctl_flow_type(name) };
                int r = ethtool_ioctl(&i, &c);
                AdapterValue *v;

                if (r == -EOPNOTSUPP && k == 0)
                        return;
                v = r >= 0 ? adapter_profile_add(p, ATTRIBUTE_FLOW_HASH, 0, name) : NULL;
                if (v)
                        *v = adapter_value_number(c.data);
        }
}

int adapter_flow_hash_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        Error cause = {};
        int r = read_by_netlink(s, ifindex, p, &cause);

        if (r == -EOPNOTSUPP)
                read_by_ioctl(s, p);
        else if (r < 0)
                return error_set(e, cause.kind, r, "%s", cause.text);
        return 0;
}

static int write_by_netlink(AdapterSockets *s, int ifindex, const AdapterChange *change, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        uint64_t accepted;
        int r = adapter_ethtool_accepted(s, RSS_MESSAGE_SET, &accepted, e);

        if (r < 0)
                return r;
        if (!flow_hash_codec_can_set(accepted, change->name))
                return -EOPNOTSUPP;
        if (!m || flow_hash_codec_put_set(m, ifindex, change->name, change->value.word[0]) < 0)
                return error_errno(e, -ENOMEM, "RSS message");
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int write_by_ioctl(AdapterSockets *s, const char *name, const AdapterChange *change) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        struct ethtool_rxnfc c = {
                .cmd = ETHTOOL_SRXFH,
                .flow_type = ethtool_ioctl_flow_type(change->name),
                .data = change->value.word[0],
        };

        return c.flow_type == 0 ? -EOPNOTSUPP : ethtool_ioctl(&i, &c);
}

int adapter_flow_hash_write(
                AdapterSockets *s, int ifindex, const char *name, const AdapterChange *change, Error *e) {
        Error cause = {};
        int r = write_by_netlink(s, ifindex, change, &cause);

        if (r == -EOPNOTSUPP) { /* of the message or of the kind: the ioctl knows */
                r = write_by_ioctl(s, name, change);
                cause.code = 0;
        }
        if (adapter_flow_is_refusal(r))
                r = -EOPNOTSUPP;
        if (r < 0 && cause.code < 0)
                return error_set(e, cause.kind, r, "%s: %s", change->name, cause.text);
        return r < 0 ? error_errno(e, r, "%s", change->name) : 0;
}
