/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "link-settings-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

/* include/uapi/linux/if_link.h of Linux 6.3 */
enum {
        LINK_GSO_IPV4_MAX_SIZE = 63,
        LINK_GRO_IPV4_MAX_SIZE = 64,
};

#define FILTER_SKIP_STATS (1U << 3) /* RTEXT_FILTER_SKIP_STATS, linux/rtnetlink.h */

static const WireAttribute link_table[] = {
        { IFLA_MTU, WIRE_U32, ATTRIBUTE_MTU },
        { IFLA_MIN_MTU, WIRE_U32, ATTRIBUTE_MTU_MIN },
        { IFLA_MAX_MTU, WIRE_U32, ATTRIBUTE_MTU_MAX, .zero_is_unset = true },
        { IFLA_TXQLEN, WIRE_U32, ATTRIBUTE_TX_QUEUE_LENGTH },
        { IFLA_GSO_MAX_SIZE, WIRE_U32, ATTRIBUTE_GSO_MAX_SIZE },
        { IFLA_GSO_MAX_SEGS, WIRE_U32, ATTRIBUTE_GSO_MAX_SEGS },
        { LINK_GSO_IPV4_MAX_SIZE, WIRE_U32, ATTRIBUTE_GSO_IPV4_MAX_SIZE },
        { IFLA_GRO_MAX_SIZE, WIRE_U32, ATTRIBUTE_GRO_MAX_SIZE },
        { LINK_GRO_IPV4_MAX_SIZE, WIRE_U32, ATTRIBUTE_GRO_IPV4_MAX_SIZE },
        { IFLA_TSO_MAX_SIZE, WIRE_U32, ATTRIBUTE_TSO_MAX_SIZE },
        { IFLA_TSO_MAX_SEGS, WIRE_U32, ATTRIBUTE_TSO_MAX_SEGS },
};

bool link_settings_codec_has(PrimeItemId item) {
        for (size_t i = 0; i < ELEMENTSOF(link_table); i++)
                if (adapter_attribute_info(link_table[i].attribute)->item == item)
                        return true;
        return false;
}

static struct nl_msg *link_message(int type, int ifindex) {
        struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, &info, sizeof(info), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *link_settings_codec_get(int ifindex) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = link_message(RTM_GETLINK, ifindex);

        if (!m || nla_put_u32(m, IFLA_EXT_MASK, FILTER_SKIP_STATS) < 0)
                return NULL;
        return TAKE_PTR(m);
}

int link_settings_codec_set(int ifindex, const AdapterChange *changes, size_t n, struct nl_msg **ret) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = link_message(RTM_SETLINK, ifindex);

        if (!m)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = wire_attribute_put(m, link_table, ELEMENTSOF(link_table), &changes[i]);

                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(m);
        return 0;
}

static void take_text(const struct nlattr *attr, char *s, size_t size) {
        size_t length = strnlen(nla_data(attr), (size_t) nla_len(attr));

        if (length >= size)
                return;
        memcpy(s, nla_data(attr), length);
        s[length] = 0;
}

int link_settings_codec_parse(const void *payload, size_t size, AdapterProfile *p) {
        const uint8_t *attributes = (const uint8_t *) payload + NLMSG_ALIGN(sizeof(struct ifinfomsg));
        struct ifinfomsg info;
        struct nlattr *attr;
        int rest, r;

        if (size < NLMSG_ALIGN(sizeof(info)))
                return -EBADMSG;
        memcpy(&info, payload, sizeof(info));
        size -= NLMSG_ALIGN(sizeof(info));
        r = wire_attributes_parse(link_table, ELEMENTSOF(link_table), attributes, size, p);
        if (r < 0)
                return r;
        p->ifindex = info.ifi_index;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                if (nla_type(attr) == IFLA_IFNAME)
                        take_text(attr, p->name, sizeof(p->name));
                else if (nla_type(attr) == IFLA_LINKINFO) {
                        struct nlattr *inner;
                        int inner_rest;

                        if (!wire_list_is_whole(nla_data(attr), (size_t) nla_len(attr)))
                                return -EBADMSG;
                        nla_for_each_nested(inner, attr, inner_rest) {
                                if (nla_type(inner) == IFLA_INFO_KIND)
                                        take_text(inner, p->kind, sizeof(p->kind));
                                else if (nla_type(inner) == IFLA_INFO_SLAVE_KIND)
                                        take_text(inner, p->port_of, sizeof(p->port_of));
                        }
                }
        }
        return 0;
}
