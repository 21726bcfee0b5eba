/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "check-main.h"
#include "identity-message.h"

struct nl_msg *identity_message_begin(int type, const void *head, size_t size) {
        struct nl_msg *m = nlmsg_alloc_simple(type, 0);

        ck_assert_int_eq(nlmsg_append(m, (void *) head, size, NLMSG_ALIGNTO), 0);
        return m;
}

void identity_message_add(IdentityRecord *record, struct nl_msg *m) {
        ck_assert_int_eq(identity_record_add(record, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

struct nl_msg *identity_message_link(int ifindex, const char *name, int lower, const char *kind) {
        static const uint8_t address[] = { 2, 0, 0, 0, 0, 0x0a };
        /* as the kernel tells it (net/8021q/vlan_netlink.c vlan_fill_info()) */
        static const struct ifla_vlan_flags flags = { .flags = VLAN_FLAG_REORDER_HDR, .mask = UINT32_MAX };
        struct ifinfomsg head = { .ifi_index = ifindex, .ifi_flags = IFF_UP };
        struct nl_msg *m = identity_message_begin(RTM_NEWLINK, &head, sizeof(head));

        nla_put_string(m, IFLA_IFNAME, name);
        nla_put(m, IFLA_ADDRESS, sizeof(address), address);
        nla_put_u32(m, IFLA_MTU, 1400);
        if (lower > 0)
                nla_put_u32(m, IFLA_LINK, (uint32_t) lower);
        if (kind) {
                struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;

                nla_put_string(m, IFLA_INFO_KIND, kind);
                data = nla_nest_start(m, IFLA_INFO_DATA);
                nla_put_u16(m, IFLA_VLAN_ID, 7);
                if (streq(kind, "vlan"))
                        nla_put(m, IFLA_VLAN_FLAGS, sizeof(flags), &flags);
                nla_put_u32(m, IFLA_MACVLAN_BC_QUEUE_LEN_USED, 9);
                nla_nest_end(m, data);
                nla_nest_end(m, info);
        }
        return m;
}

void identity_message_add_links(IdentityRecord *record) {
        identity_message_add(record, identity_message_link(PRIMARY, "eth0", 0, NULL));
        identity_message_add(record, identity_message_link(CHILD, "lan7", PRIMARY, "vlan"));
}

struct nl_msg *identity_message_address(int family, int ifindex, const char *text, uint32_t flags) {
        struct ifaddrmsg head = { .ifa_family = (uint8_t) family,
                .ifa_prefixlen = family == AF_INET ? 24 : 64,
                .ifa_index = (unsigned) ifindex,
                .ifa_flags = (uint8_t) flags };
        struct nl_msg *m = identity_message_begin(RTM_NEWADDR, &head, sizeof(head));
        uint8_t bytes[16];

        ck_assert_int_eq(inet_pton(family, text, bytes), 1);
        nla_put(m, IFA_ADDRESS, family == AF_INET ? 4 : 16, bytes);
        if (family == AF_INET)
                nla_put(m, IFA_LOCAL, 4, bytes);
        nla_put_u32(m, IFA_FLAGS, flags);
        return m;
}

void identity_message_add_address(IdentityRecord *record, int family, int ifindex, const char *text) {
        identity_message_add(record, identity_message_address(family, ifindex, text, IFA_F_PERMANENT));
}

struct nl_msg *identity_message_route(int family, int ifindex, const char *gateway, uint8_t protocol) {
        struct rtmsg head = { .rtm_family = (uint8_t) family,
                .rtm_dst_len = 0,
                .rtm_table = RT_TABLE_MAIN,
                .rtm_protocol = protocol,
                .rtm_type = RTN_UNICAST,
                .rtm_flags = RTNH_F_LINKDOWN | RTNH_F_ONLINK };
        struct nl_msg *m = identity_message_begin(RTM_NEWROUTE, &head, sizeof(head));
        uint8_t bytes[16];

        nla_put_u32(m, RTA_TABLE, 254);
        if (ifindex > 0)
                nla_put_u32(m, RTA_OIF, (uint32_t) ifindex);
        if (gateway && inet_pton(family, gateway, bytes) == 1)
                nla_put(m, RTA_GATEWAY, family == AF_INET ? 4 : 16, bytes);
        return m;
}

struct nl_msg *identity_message_rule(const char *iif) {
        struct fib_rule_hdr head = { .family = AF_INET,
                .table = 77,
                .action = FR_ACT_TO_TBL,
                .flags = FIB_RULE_IIF_DETACHED | FIB_RULE_INVERT };
        struct nl_msg *m = identity_message_begin(RTM_NEWRULE, &head, sizeof(head));

        nla_put_string(m, FRA_IIFNAME, iif);
        nla_put_u32(m, FRA_PRIORITY, 1000);
        return m;
}

struct nl_msg *identity_message_neighbour(int ifindex, uint16_t state, uint8_t flags) {
        struct ndmsg head = {
                .ndm_family = AF_INET, .ndm_ifindex = ifindex, .ndm_state = state, .ndm_flags = flags
        };
        struct nl_msg *m = identity_message_begin(RTM_NEWNEIGH, &head, sizeof(head));

        nla_put_u32(m, NDA_DST, htonl(0x0a090063));
        nla_put_u32(m, NDA_PROBES, 4);
        return m;
}
