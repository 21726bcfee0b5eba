/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "rtnl-codec.h"

/* Strings may come without their terminator; nothing here relies on one. */
static const struct nla_policy link_policy[IFLA_MAX + 1] = {
        [IFLA_IFNAME] = { .type = NLA_UNSPEC, .minlen = 1 },
        [IFLA_MTU] = { .type = NLA_U32 },
        [IFLA_MIN_MTU] = { .type = NLA_U32 },
        [IFLA_MAX_MTU] = { .type = NLA_U32 },
        [IFLA_LINK] = { .type = NLA_U32 },
        [IFLA_LINK_NETNSID] = { .type = NLA_U32 },
        [IFLA_MASTER] = { .type = NLA_U32 },
        [IFLA_TXQLEN] = { .type = NLA_U32 },
        [IFLA_OPERSTATE] = { .type = NLA_U8 },
        [IFLA_LINKINFO] = { .type = NLA_NESTED },
        [IFLA_PROMISCUITY] = { .type = NLA_U32 },
        [IFLA_ALLMULTI] = { .type = NLA_U32 },
        [IFLA_NUM_TX_QUEUES] = { .type = NLA_U32 },
        [IFLA_NUM_RX_QUEUES] = { .type = NLA_U32 },
        [IFLA_CARRIER] = { .type = NLA_U8 },
        [IFLA_CARRIER_CHANGES] = { .type = NLA_U32 },
        [IFLA_CARRIER_UP_COUNT] = { .type = NLA_U32 },
        [IFLA_CARRIER_DOWN_COUNT] = { .type = NLA_U32 },
};

/* The attributes that are copied as they are: one row each. */
static const struct {
        int attribute;
        size_t offset;
} link_numbers[] = {
        { IFLA_MTU, offsetof(LinkState, mtu) },
        { IFLA_MIN_MTU, offsetof(LinkState, mtu_min) },
        { IFLA_MAX_MTU, offsetof(LinkState, mtu_max) },
        { IFLA_LINK, offsetof(LinkState, link) },
        { IFLA_LINK_NETNSID, offsetof(LinkState, link_netnsid) },
        { IFLA_MASTER, offsetof(LinkState, master) },
        { IFLA_TXQLEN, offsetof(LinkState, tx_queue_length) },
        { IFLA_PROMISCUITY, offsetof(LinkState, promiscuity) },
        { IFLA_ALLMULTI, offsetof(LinkState, allmulti) },
        { IFLA_NUM_TX_QUEUES, offsetof(LinkState, n_tx_queues) },
        { IFLA_NUM_RX_QUEUES, offsetof(LinkState, n_rx_queues) },
        { IFLA_CARRIER_CHANGES, offsetof(LinkState, carrier_changes) },
        { IFLA_CARRIER_UP_COUNT, offsetof(LinkState, carrier_up_count) },
        { IFLA_CARRIER_DOWN_COUNT, offsetof(LinkState, carrier_down_count) },
};

static const struct {
        int attribute;
        size_t offset, size;
} link_strings[] = {
        { IFLA_IFNAME, offsetof(LinkState, name), IFNAMSIZ },
        { IFLA_PARENT_DEV_NAME, offsetof(LinkState, parent_name), LINK_PARENT_MAX },
        { IFLA_PARENT_DEV_BUS_NAME, offsetof(LinkState, parent_bus), LINK_KIND_MAX },
};

/* Into a buffer that is all zero: false when it does not fit whole, since half a name is another name. */
static bool string_copy(char *buffer, size_t size, const struct nlattr *a) {
        size_t length = strnlen(nla_data(a), (size_t) nla_len(a));

        if (length >= size)
                return false;
        memcpy(buffer, nla_data(a), length);
        return true;
}

static const struct nla_policy bond_policy[IFLA_BOND_MAX + 1] = {
        [IFLA_BOND_ACTIVE_SLAVE] = { .type = NLA_U32 },
        [IFLA_BOND_PRIMARY] = { .type = NLA_U32 },
};

static int bond_parse(struct nlattr *data, LinkState *state) {
        struct nlattr *a[IFLA_BOND_MAX + 1];

        if (nla_parse_nested(a, IFLA_BOND_MAX, data, (struct nla_policy *) bond_policy) < 0)
                return -EBADMSG;
        if (a[IFLA_BOND_ACTIVE_SLAVE])
                state->bond_active = (int) nla_get_u32(a[IFLA_BOND_ACTIVE_SLAVE]);
        if (a[IFLA_BOND_PRIMARY])
                state->bond_primary = (int) nla_get_u32(a[IFLA_BOND_PRIMARY]);
        return 0;
}

static int kind_parse(struct nlattr *info, LinkState *state) {
        struct nlattr *a[IFLA_INFO_MAX + 1];

        if (nla_parse_nested(a, IFLA_INFO_MAX, info, NULL) < 0)
                return -EBADMSG;
        if (a[IFLA_INFO_KIND] && !string_copy(state->kind, sizeof(state->kind), a[IFLA_INFO_KIND]))
                return -EBADMSG;
        return streq(state->kind, "bond") && a[IFLA_INFO_DATA] ? bond_parse(a[IFLA_INFO_DATA], state) : 0;
}

static int link_attributes(struct nlattr **a, LinkState *state) {
        for (size_t i = 0; i < ELEMENTSOF(link_numbers); i++)
                if (a[link_numbers[i].attribute]) {
                        uint32_t value = nla_get_u32(a[link_numbers[i].attribute]);

                        memcpy((uint8_t *) state + link_numbers[i].offset, &value, sizeof(value));
                }
        for (size_t i = 0; i < ELEMENTSOF(link_strings); i++)
                if (a[link_strings[i].attribute] &&
                                !string_copy((char *) state + link_strings[i].offset, link_strings[i].size,
                                                a[link_strings[i].attribute]))
                        return -EBADMSG;
        if (a[IFLA_ADDRESS] && nla_len(a[IFLA_ADDRESS]) == sizeof(EtherAddress))
                memcpy(&state->mac, nla_data(a[IFLA_ADDRESS]), sizeof(EtherAddress));
        if (a[IFLA_PERM_ADDRESS] && nla_len(a[IFLA_PERM_ADDRESS]) == sizeof(EtherAddress))
                memcpy(&state->permanent_mac, nla_data(a[IFLA_PERM_ADDRESS]), sizeof(EtherAddress));
        if (a[IFLA_OPERSTATE])
                state->operstate = nla_get_u8(a[IFLA_OPERSTATE]);
        if (a[IFLA_CARRIER])
                state->carrier = nla_get_u8(a[IFLA_CARRIER]);
        return a[IFLA_LINKINFO] ? kind_parse(a[IFLA_LINKINFO], state) : 0;
}

int rtnl_link_parse(const struct nlmsghdr *message, LinkMessage *ret) {
        struct nlattr *a[IFLA_MAX + 1];
        const struct ifinfomsg *info;
        LinkMessage m = {};
        int r;

        if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
                return -ENOMSG;
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
                return -EBADMSG;
        info = NLMSG_DATA(message);
        if (info->ifi_family != AF_UNSPEC)
                return -ENOMSG; /* a bridge says RTM_DELLINK when a port leaves it; the link stays */
        if (nlmsg_parse((struct nlmsghdr *) message, sizeof(*info), a, IFLA_MAX,
                            (struct nla_policy *) link_policy) < 0)
                return -EBADMSG;
        if (!a[IFLA_IFNAME])
                return -ENOMSG; /* a wireless event: link messages without any of the link's state */
        if (info->ifi_index <= 0)
                return -EBADMSG;
        m.gone = message->nlmsg_type == RTM_DELLINK;
        m.state = (LinkState){
                .ifindex = info->ifi_index,
                .link_netnsid = -1,
                .up = info->ifi_flags & IFF_UP,
                .running = info->ifi_flags & IFF_RUNNING,
                .promiscuous = info->ifi_flags & IFF_PROMISC,
        };
        r = link_attributes(a, &m.state);
        if (r < 0)
                return r;
        *ret = m;
        return 0;
}

bool link_state_equal(const LinkState *a, const LinkState *b) {
        for (size_t i = 0; i < ELEMENTSOF(link_numbers); i++)
                if (memcmp((const uint8_t *) a + link_numbers[i].offset,
                                    (const uint8_t *) b + link_numbers[i].offset, sizeof(uint32_t)) != 0)
                        return false;
        for (size_t i = 0; i < ELEMENTSOF(link_strings); i++)
                if (!streq((const char *) a + link_strings[i].offset,
                                    (const char *) b + link_strings[i].offset))
                        return false;
        return a->ifindex == b->ifindex && a->bond_active == b->bond_active &&
                        a->bond_primary == b->bond_primary && streq(a->kind, b->kind) &&
                        ether_address_equal(&a->mac, &b->mac) &&
                        ether_address_equal(&a->permanent_mac, &b->permanent_mac) && a->up == b->up &&
                        a->running == b->running && a->carrier == b->carrier &&
                        a->promiscuous == b->promiscuous && a->operstate == b->operstate;
}

int rtnl_counters_parse(const struct nlmsghdr *message, LinkCounters *ret) {
        /* The structure grows at its end; everything used here was there from the start (2.6.35). */
        static const size_t needed = offsetof(struct rtnl_link_stats64, rx_nohandler);
        struct rtnl_link_stats64 stats = {};
        struct nlattr *a[IFLA_STATS_MAX + 1];
        const struct if_stats_msg *header;

        if (message->nlmsg_type != RTM_NEWSTATS)
                return -ENOMSG;
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)))
                return -EBADMSG;
        header = NLMSG_DATA(message);
        if (nlmsg_parse((struct nlmsghdr *) message, sizeof(*header), a, IFLA_STATS_MAX, NULL) < 0)
                return -EBADMSG;
        if (!a[IFLA_STATS_LINK_64])
                return -ENOMSG;
        if ((size_t) nla_len(a[IFLA_STATS_LINK_64]) < needed || (int) header->ifindex <= 0)
                return -EBADMSG;
        /* copied, since an attribute is aligned to 4 only */
        memcpy(&stats, nla_data(a[IFLA_STATS_LINK_64]),
                        MIN((size_t) nla_len(a[IFLA_STATS_LINK_64]), sizeof(stats)));
        *ret = (LinkCounters){
                .ifindex = (int) header->ifindex,
                .rx_packets = stats.rx_packets,
                .tx_packets = stats.tx_packets,
                .rx_bytes = stats.rx_bytes,
                .tx_bytes = stats.tx_bytes,
                .rx_crc_errors = stats.rx_crc_errors,
                .rx_frame_errors = stats.rx_frame_errors,
                .rx_length_errors = stats.rx_length_errors,
                .rx_fifo_errors = stats.rx_fifo_errors,
                .rx_missed_errors = stats.rx_missed_errors,
                .rx_dropped = stats.rx_dropped,
                .tx_dropped = stats.tx_dropped,
                .tx_carrier_errors = stats.tx_carrier_errors,
        };
        return 0;
}

int rtnl_address_parse(const struct nlmsghdr *message) {
        const struct ifaddrmsg *address;

        if (message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR)
                return -ENOMSG;
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*address)))
                return -EBADMSG;
        address = NLMSG_DATA(message);
        if (address->ifa_index == 0 || address->ifa_index > INT32_MAX)
                return -EBADMSG;
        return (int) address->ifa_index;
}

/* A request whose header is `header`, of `size` bytes. */
static struct nl_msg *request_new(int type, void *header, size_t size) {
        struct nl_msg *message = nlmsg_alloc_simple(type, 0);

        if (message && nlmsg_append(message, header, size, NLMSG_ALIGNTO) < 0) {
                nlmsg_free(message);
                return NULL;
        }
        return message;
}

struct nl_msg *rtnl_link_request(int ifindex) {
        struct ifinfomsg info = { .ifi_index = ifindex };
        struct nl_msg *message = request_new(RTM_GETLINK, &info, sizeof(info));

        /* The counters are most of a link message and come by RTM_GETSTATS. */
        if (message && nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0) {
                nlmsg_free(message);
                return NULL;
        }
        return message;
}

struct nl_msg *rtnl_counters_request(int ifindex) {
        struct if_stats_msg header = {
                .ifindex = (uint32_t) ifindex,
                .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
        };

        return request_new(RTM_GETSTATS, &header, sizeof(header));
}
