/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "linkstate-codec.h"

/* Not in the headers of Linux 6.1; the numbers are ABI. */
#define LINKSTATE_EXT_DOWN_COUNT 7
#define LINKSTATE_MAX            LINKSTATE_EXT_DOWN_COUNT

struct nl_msg *linkstate_request(uint16_t family, int ifindex) {
        struct nl_msg *message = nlmsg_alloc();
        struct nlattr *header;

        if (!message)
                return NULL;
        if (genlmsg_put(message, 0, 0, family, 0, 0, ETHTOOL_MSG_LINKSTATE_GET, ETHTOOL_GENL_VERSION)) {
                header = nla_nest_start(message, ETHTOOL_A_LINKSTATE_HEADER | NLA_F_NESTED);
                if (header && nla_put_u32(message, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t) ifindex) >= 0 &&
                                nla_nest_end(message, header) >= 0)
                        return message;
        }
        nlmsg_free(message);
        return NULL;
}

int linkstate_parse(const struct nlmsghdr *message, LinkstateReply *ret) {
        static const struct nla_policy policy[LINKSTATE_MAX + 1] = {
                [ETHTOOL_A_LINKSTATE_HEADER] = { .type = NLA_NESTED },
                [LINKSTATE_EXT_DOWN_COUNT] = { .type = NLA_U32 },
        };
        static const struct nla_policy header_policy[ETHTOOL_A_HEADER_MAX + 1] = {
                [ETHTOOL_A_HEADER_DEV_INDEX] = { .type = NLA_U32 },
        };
        struct nlattr *a[LINKSTATE_MAX + 1], *h[ETHTOOL_A_HEADER_MAX + 1];
        LinkstateReply reply = {};

        if (message->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
                        nlmsg_parse((struct nlmsghdr *) message, GENL_HDRLEN, a, LINKSTATE_MAX,
                                        (struct nla_policy *) policy) < 0 ||
                        !a[ETHTOOL_A_LINKSTATE_HEADER] ||
                        nla_parse_nested(h, ETHTOOL_A_HEADER_MAX, a[ETHTOOL_A_LINKSTATE_HEADER],
                                        (struct nla_policy *) header_policy) < 0 ||
                        !h[ETHTOOL_A_HEADER_DEV_INDEX])
                return -EBADMSG;
        reply.ifindex = (int) nla_get_u32(h[ETHTOOL_A_HEADER_DEV_INDEX]);
        if (a[LINKSTATE_EXT_DOWN_COUNT]) {
                reply.ext_down_count = nla_get_u32(a[LINKSTATE_EXT_DOWN_COUNT]);
                reply.ext_down_count_set = true;
        }
        *ret = reply;
        return 0;
}
