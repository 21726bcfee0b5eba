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
        { IFLA_PROMISCUITY, WIRE_U32, ATTRIBUTE_PROMISCUITY_COUNT },
};

/* The kernel shows IFF_PROMISC and IFF_ALLMULTI where somebody asked for them by name, not where it was the
 * need of a packet socket or an upper device (dev->gflags, net/core/dev.c dev_get_flags()). */
static const struct {
        unsigned flag;
        AdapterAttribute attribute;
} flag_table[] = {
        { IFF_PROMISC, ATTRIBUTE_PROMISC },
        { IFF_ALLMULTI, ATTRIBUTE_ALLMULTI },
};

/* By which way a program is attached: what the kernel tells of it, how it is told to. */
static const struct {
        int id;
        AdapterAttribute attribute;
        uint32_t flags;
} xdp_table[] = {
        { IFLA_XDP_DRV_PROG_ID, ATTRIBUTE_XDP_NATIVE, XDP_FLAGS_DRV_MODE },
        { IFLA_XDP_SKB_PROG_ID, ATTRIBUTE_XDP_GENERIC, XDP_FLAGS_SKB_MODE },
        { IFLA_XDP_HW_PROG_ID, ATTRIBUTE_XDP_OFFLOADED, XDP_FLAGS_HW_MODE },
};

bool link_settings_codec_has(PrimeItemId item) {
        for (size_t i = 0; i < ELEMENTSOF(link_table); i++)
                if (adapter_attribute_info(link_table[i].attribute)->item == item)
                        return true;
        return item == PRIME_PROMISCUITY;
}

static struct nl_msg *link_message(int type, const struct ifinfomsg *info) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, (void *) info, sizeof(*info), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *link_settings_codec_get(int ifindex) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = link_message(
                        RTM_GETLINK, &(struct ifinfomsg){ .ifi_family = AF_UNSPEC, .ifi_index = ifindex });

        if (!m || nla_put_u32(m, IFLA_EXT_MASK, FILTER_SKIP_STATS) < 0)
                return NULL;
        return TAKE_PTR(m);
}

static void take_flag_change(struct ifinfomsg *info, const AdapterChange *change) {
        for (size_t i = 0; i < ELEMENTSOF(flag_table); i++)
                if (flag_table[i].attribute == change->attribute) {
                        info->ifi_change |= flag_table[i].flag;
                        if (change->value.word[0])
                                info->ifi_flags |= flag_table[i].flag;
                }
}

int link_settings_codec_set(int ifindex, const AdapterChange *changes, size_t n, struct nl_msg **ret) {
        struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;

        for (size_t i = 0; i < n; i++)
                take_flag_change(&info, &changes[i]);
        m = link_message(RTM_SETLINK, &info);
        if (!m)
                return -ENOMEM;
        for (size_t i = 0; i < n && info.ifi_change == 0; i++) {
                int r = wire_attribute_put(m, link_table, ELEMENTSOF(link_table), &changes[i]);

                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(m);
        return 0;
}

int link_settings_codec_set_xdp(
                int ifindex, AdapterAttribute attribute, int fd, int expected_fd, struct nl_msg **ret) {
        struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
        _cleanup_(netlink_message_freep) struct nl_msg *m = link_message(RTM_SETLINK, &info);
        struct nlattr *nest = m ? nla_nest_start(m, IFLA_XDP | NLA_F_NESTED) : NULL;
        uint32_t flags = expected_fd >= 0 ? XDP_FLAGS_REPLACE : fd >= 0 ? XDP_FLAGS_UPDATE_IF_NOEXIST : 0;

        if (!nest)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(xdp_table); i++)
                if (xdp_table[i].attribute == attribute)
                        flags |= xdp_table[i].flags;
        if (nla_put_s32(m, IFLA_XDP_FD, fd) < 0 || nla_put_u32(m, IFLA_XDP_FLAGS, flags) < 0 ||
                        (expected_fd >= 0 && nla_put_s32(m, IFLA_XDP_EXPECTED_FD, expected_fd) < 0))
                return -ENOMEM;
        nla_nest_end(m, nest);
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

static int take_kind(struct nlattr *link_info, AdapterProfile *p) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(link_info), (size_t) nla_len(link_info)))
                return -EBADMSG;
        nla_for_each_nested(attr, link_info, rest) {
                if (nla_type(attr) == IFLA_INFO_KIND)
                        take_text(attr, p->kind, sizeof(p->kind));
                else if (nla_type(attr) == IFLA_INFO_SLAVE_KIND)
                        take_text(attr, p->port_of, sizeof(p->port_of));
        }
        return 0;
}

static int take_xdp(struct nlattr *nest, AdapterProfile *p) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, nest, rest)
                for (size_t i = 0; i < ELEMENTSOF(xdp_table); i++)
                        if (nla_type(attr) == xdp_table[i].id) {
                                if (nla_len(attr) < 4)
                                        return -EBADMSG;
                                p->value[xdp_table[i].attribute] = adapter_value_number(nla_get_u32(attr));
                        }
        return 0;
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
        p->master = 0;
        for (size_t i = 0; i < ELEMENTSOF(flag_table); i++)
                p->value[flag_table[i].attribute] = adapter_value_number(
                                (info.ifi_flags & flag_table[i].flag) != 0);
        for (size_t i = 0; i < ELEMENTSOF(xdp_table); i++)
                p->value[xdp_table[i].attribute] = adapter_value_number(0);
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                r = 0;
                if (nla_type(attr) == IFLA_IFNAME)
                        take_text(attr, p->name, sizeof(p->name));
                else if (nla_type(attr) == IFLA_ADDRESS && nla_len(attr) == sizeof(p->address))
                        memcpy(&p->address, nla_data(attr), sizeof(p->address));
                else if (nla_type(attr) == IFLA_MASTER && nla_len(attr) >= 4)
                        p->master = (int) nla_get_u32(attr);
                else if (nla_type(attr) == IFLA_LINKINFO)
                        r = take_kind(attr, p);
                else if (nla_type(attr) == IFLA_XDP)
                        r = take_xdp(attr, p);
                if (r < 0)
                        return r;
        }
        return 0;
}
