/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "bond-codec.h"

const char *bond_mode_to_string(unsigned mode) {
        static const char *const names[_BOND_MODE_MAX] = {
                [BOND_BALANCE_RR] = "balance-rr",
                [BOND_ACTIVE_BACKUP] = "active-backup",
                [BOND_BALANCE_XOR] = "balance-xor",
                [BOND_BROADCAST] = "broadcast",
                [BOND_802_3AD] = "802.3ad",
                [BOND_BALANCE_TLB] = "balance-tlb",
                [BOND_BALANCE_ALB] = "balance-alb",
        };

        return mode < _BOND_MODE_MAX ? names[mode] : "an unknown mode";
}

/* Kinds and names may come without their terminator. */
static bool is_text(const struct nlattr *a, const char *text) {
        size_t length = strlen(text);

        return a && strnlen(nla_data(a), (size_t) nla_len(a)) == length &&
                        memcmp(nla_data(a), text, length) == 0;
}

static void get_name(char name[static IFNAMSIZ], const struct nlattr *a) {
        size_t length = a ? strnlen(nla_data(a), (size_t) nla_len(a)) : 0;

        if (length >= IFNAMSIZ)
                return;
        memcpy(name, nla_data(a), length);
        name[length] = '\0';
}

static void get_address(EtherAddress *ret, const struct nlattr *a) {
        if (a && nla_len(a) == sizeof(*ret))
                memcpy(ret, nla_data(a), sizeof(*ret));
}

static uint32_t get_u32(const struct nlattr *a) {
        return a && nla_len(a) >= 4 ? nla_get_u32(a) : 0;
}

static uint8_t get_u8(const struct nlattr *a) {
        return a && nla_len(a) >= 1 ? nla_get_u8(a) : 0;
}

/* The link's own attributes, and those of its kind. */
static int parse_link(const struct nlmsghdr *h, const struct ifinfomsg **ret,
                struct nlattr *attrs[IFLA_MAX + 1], struct nlattr *info[IFLA_INFO_MAX + 1]) {
        if (h->nlmsg_type != RTM_NEWLINK)
                return -ENOMSG;
        if (h->nlmsg_len < NLMSG_LENGTH(sizeof(**ret)))
                return -EBADMSG;
        *ret = NLMSG_DATA(h);
        if ((*ret)->ifi_family != AF_UNSPEC)
                return -ENOMSG; /* of a bridge's port */
        if ((*ret)->ifi_index <= 0 ||
                        nlmsg_parse((struct nlmsghdr *) h, sizeof(**ret), attrs, IFLA_MAX, NULL) < 0)
                return -EBADMSG;
        if (!attrs[IFLA_LINKINFO])
                return -ENOMSG;
        return nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) < 0 ? -EBADMSG : 0;
}

int bond_codec_parse(const struct nlmsghdr *h, BondState *ret) {
        struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_BOND_MAX + 1];
        const struct ifinfomsg *message;
        int r = parse_link(h, &message, attrs, info);

        if (r < 0)
                return r;
        if (!is_text(info[IFLA_INFO_KIND], "bond") || !info[IFLA_INFO_DATA])
                return -ENOMSG;
        if (nla_parse_nested(data, IFLA_BOND_MAX, info[IFLA_INFO_DATA], NULL) < 0 || !data[IFLA_BOND_MODE])
                return -EBADMSG;
        *ret = (BondState){
                .ifindex = message->ifi_index,
                .promiscuous = message->ifi_flags & IFF_PROMISC || get_u32(attrs[IFLA_PROMISCUITY]) > 0,
                .mode = get_u8(data[IFLA_BOND_MODE]),
                .active = (int) get_u32(data[IFLA_BOND_ACTIVE_SLAVE]),
                .primary = (int) get_u32(data[IFLA_BOND_PRIMARY]),
                .fail_over_mac = get_u8(data[IFLA_BOND_FAIL_OVER_MAC]),
                .all_slaves_active = get_u8(data[IFLA_BOND_ALL_SLAVES_ACTIVE]),
        };
        get_name(ret->name, attrs[IFLA_IFNAME]);
        get_address(&ret->address, attrs[IFLA_ADDRESS]);
        return 0;
}

int bond_codec_parse_port(const struct nlmsghdr *h, BondPort *ret) {
        struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_BOND_SLAVE_MAX + 1];
        const struct ifinfomsg *message;
        int r = parse_link(h, &message, attrs, info);

        if (r < 0)
                return r;
        if (!is_text(info[IFLA_INFO_SLAVE_KIND], "bond") || get_u32(attrs[IFLA_MASTER]) == 0)
                return -ENOMSG;
        if (!info[IFLA_INFO_SLAVE_DATA] ||
                        nla_parse_nested(data, IFLA_BOND_SLAVE_MAX, info[IFLA_INFO_SLAVE_DATA], NULL) < 0)
                return -EBADMSG;
        *ret = (BondPort){
                .ifindex = message->ifi_index,
                .bond = (int) get_u32(attrs[IFLA_MASTER]),
        };
        get_name(ret->name, attrs[IFLA_IFNAME]);
        get_address(&ret->address, attrs[IFLA_ADDRESS]);
        ret->permanent = ret->address;
        get_address(&ret->permanent, data[IFLA_BOND_SLAVE_PERM_HWADDR]);
        return 0;
}

static struct nl_msg *link_message(int type, int ifindex, unsigned change, unsigned flags) {
        struct ifinfomsg head = { .ifi_index = ifindex, .ifi_change = change, .ifi_flags = flags };
        struct nl_msg *m = nlmsg_alloc_simple(type, 0);

        if (m && nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0) {
                nlmsg_free(m);
                return NULL;
        }
        return m;
}

struct nl_msg *bond_codec_get(int ifindex) {
        return link_message(RTM_GETLINK, ifindex, 0, 0);
}

struct nl_msg *bond_codec_set_promiscuous(int port, bool on) {
        return link_message(RTM_SETLINK, port, IFF_PROMISC, on ? IFF_PROMISC : 0);
}

/* One attribute of a bond: netlink changes those that are given and leaves the others alone
 * (drivers/net/bonding/bond_netlink.c bond_changelink()). */
static struct nl_msg *bond_message(int bond, int attribute, const void *value, int size) {
        struct nl_msg *m = link_message(RTM_NEWLINK, bond, 0, 0);
        struct nlattr *info, *data;

        if (m && (info = nla_nest_start(m, IFLA_LINKINFO)) && nla_put_string(m, IFLA_INFO_KIND, "bond") >= 0 &&
                        (data = nla_nest_start(m, IFLA_INFO_DATA)) && nla_put(m, attribute, size, value) >= 0) {
                nla_nest_end(m, data);
                nla_nest_end(m, info);
                return m;
        }
        nlmsg_free(m);
        return NULL;
}

struct nl_msg *bond_codec_set_active(int bond, int port) {
        uint32_t value = (uint32_t) port;

        return bond_message(bond, IFLA_BOND_ACTIVE_SLAVE, &value, sizeof(value));
}

struct nl_msg *bond_codec_set_all_slaves_active(int bond, bool on) {
        uint8_t value = on;

        return bond_message(bond, IFLA_BOND_ALL_SLAVES_ACTIVE, &value, sizeof(value));
}
