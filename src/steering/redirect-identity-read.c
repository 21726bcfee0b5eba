/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an identity is read. Where somebody knows which links are above which (SteeringLinks), only those are
 * asked for: on a host with hundreds of links a list of all takes tens of milliseconds, with RTNL held. */

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "alloc-util.h"
#include "redirect-identity.h"

static int add_link(struct nlmsghdr *h, void *identity) {
        return identity_add_link(identity, h);
}

static int add_upper(struct nlmsghdr *h, void *identity) {
        return identity_add_upper(identity, h);
}

static int add_filter(struct nlmsghdr *h, void *identity) {
        return identity_add_filter(identity, h);
}

static int add_host(struct nlmsghdr *h, void *identity) {
        return identity_add_host(identity, h);
}

static int add_member6(struct nlmsghdr *h, void *identity) {
        return identity_add_member6(identity, h);
}

static int add_neighbour(struct nlmsghdr *h, void *identity) {
        return identity_add_neighbour(identity, h);
}

#define DUMP_ATTEMPTS 5
/* Devices asked for one by one; the kernel tells of hardly any host more than 200 in the time of so many. */
#define SINGLE_DUMPS_MAX 16
#define UNORDERED_DUMPS  8 /* one more level each: MAX_NEST_DEV of linux/netdevice.h */

/* A dump whose messages begin with `head`; what the handler adds goes to a copy, so that a dump that was
 * interrupted by a change starts afresh. */
int identity_dump(
                Identity *i, Rtnetlink *n, int type, const void *head, size_t size, RtnetlinkHandler handler) {
        _cleanup_free_ Identity *copy = malloc(sizeof(*copy));
        int r = -ENOMEM;

        for (unsigned attempt = 0; copy && attempt < DUMP_ATTEMPTS; attempt++) {
                _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, 0);

                if (!m || nlmsg_append(m, (void *) head, size, NLMSG_ALIGNTO) < 0)
                        return -ENOMEM;
                *copy = *i;
                r = rtnetlink_dump(n, m, handler, copy);
                if (r != -EAGAIN)
                        break;
        }
        if (r >= 0)
                *i = *copy;
        return r;
}

/* One link; -ENODEV when it is gone. Without the counters, which cost more than all the rest. */
static int get_link(Identity *i, Rtnetlink *n, int ifindex, RtnetlinkHandler handler) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, 0);

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
                return -ENOMEM;
        return rtnetlink_get(n, m, handler, i);
}

/* What is directly above that link, one by one. */
static int get_above(Identity *i, Rtnetlink *n, int ifindex) {
        int list[IDENTITY_UPPERS_MAX + 1], r = 0;
        size_t found = n->links.above(n->links.userdata, ifindex, list, ELEMENTSOF(list));

        i->truncated |= found > ELEMENTSOF(list);
        for (size_t k = 0; k < MIN(found, ELEMENTSOF(list)) && (r >= 0 || r == -ENODEV); k++)
                r = get_link(i, n, list[k], add_upper);
        return r == -ENODEV ? 0 : r; /* gone meanwhile: that will be told */
}

static int get_uppers(Identity *i, Rtnetlink *n) {
        int r = get_link(i, n, i->home, add_upper);

        if (r == -ENODEV)
                r = 0;
        /* the list grows as it is gone through */
        for (size_t u = 0; r >= 0 && u < i->n_uppers; u++)
                r = get_above(i, n, i->uppers[u].ifindex);
        return r < 0 ? r : get_above(i, n, i->ifindex[SIDE_STANDBY]);
}

/* The devices whose IP addresses matter; their number, 0 when asking for each would cost more than all. */
static size_t list_devices(const Identity *i, int list[static SINGLE_DUMPS_MAX]) {
        size_t n = 0;

        if (i->n_uppers + 1 + i->n_spare_uppers > SINGLE_DUMPS_MAX)
                return 0;
        for (size_t u = 0; u < i->n_uppers; u++)
                list[n++] = i->uppers[u].ifindex;
        list[n++] = i->ifindex[SIDE_STANDBY];
        for (size_t u = 0; u < i->n_spare_uppers; u++)
                list[n++] = i->spare_uppers[u];
        return n;
}

static int read_addresses(Identity *i, Rtnetlink *n) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        int devices[SINGLE_DUMPS_MAX], r = 0;
        size_t n_devices = list_devices(i, devices);

        if (n_devices == 0 || !rtnetlink_set_strict(n, true)) {
                struct ifaddrmsg all = {};

                return identity_dump(i, n, RTM_GETADDR, &all, sizeof(all), add_host);
        }
        for (size_t k = 0; r >= 0 && k < n_devices; k++)
                for (size_t f = 0; r >= 0 && f < ELEMENTSOF(families); f++) {
                        struct ifaddrmsg one = { .ifa_family = families[f],
                                .ifa_index = (unsigned) devices[k] };

                        r = identity_dump(i, n, RTM_GETADDR, &one, sizeof(one), add_host);
                        if (r == -ENODEV || r == -EOPNOTSUPP) /* gone, or without that version of IP */
                                r = 0;
                }
        (void) rtnetlink_set_strict(n, false);
        return r;
}

/* Any few will do. */
static int read_neighbours(Identity *i, Rtnetlink *n) {
        struct {
                struct ndmsg head;
                struct nlattr attribute;
                uint32_t ifindex;
        } one = { .attribute = { .nla_len = NLA_HDRLEN + sizeof(uint32_t), .nla_type = NDA_IFINDEX } };
        struct ndmsg all = {};
        int r = 0;

        if (i->n_uppers > SINGLE_DUMPS_MAX)
                return identity_dump(i, n, RTM_GETNEIGH, &all, sizeof(all), add_neighbour);
        for (size_t u = 0; r >= 0 && u < i->n_uppers; u++) {
                one.ifindex = (uint32_t) i->uppers[u].ifindex;
                r = identity_dump(i, n, RTM_GETNEIGH, &one, sizeof(one), add_neighbour);
        }
        return r;
}

/* Absent when the kernel lacks the protocol: then nothing is joined. */
static void read_igmp(Identity *i) {
        _cleanup_fclose_ FILE *f = fopen("/proc/thread-self/net/igmp", "re");
        char line[256];
        int upper = -1;

        while (f && fgets(line, sizeof(line), f))
                identity_add_igmp(i, &upper, line);
}

static void read_igmp6(Identity *i) {
        _cleanup_fclose_ FILE *f = fopen("/proc/thread-self/net/igmp6", "re");
        char line[256];

        while (f && fgets(line, sizeof(line), f))
                identity_add_igmp6(i, line);
}

/* The kernel walks the list of all links anew for every page of its file, and only for IPv6 has another way of
 * asking, older than 6.15. */
static int read_members6(Identity *i, Rtnetlink *n) {
        int r = 0;

        if (i->n_uppers > SINGLE_DUMPS_MAX || !rtnetlink_set_strict(n, true)) {
                read_igmp6(i);
                return 0;
        }
        for (size_t u = 0; r >= 0 && u < i->n_uppers; u++) {
                struct ifaddrmsg one = { .ifa_family = AF_INET6, .ifa_index = (unsigned) i->uppers[u].ifindex };

                r = identity_dump(i, n, RTM_GETMULTICAST, &one, sizeof(one), add_member6);
                if (r == -ENODEV || r == -EOPNOTSUPP)
                        r = 0;
        }
        (void) rtnetlink_set_strict(n, false);
        return r;
}

int identity_read_links(Identity *i, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX], const char *const *names,
                Error *e) {
        struct ifinfomsg link = {};
        int r = 0;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                i->ifindex[side] = ifindex[side];
        if (n->links.above)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX && (r >= 0 || r == -ENODEV); side++)
                        r = get_link(i, n, ifindex[side], add_link);
        else
                r = identity_dump(i, n, RTM_GETLINK, &link, sizeof(link), add_link);
        if (r < 0 && r != -ENODEV)
                return error_set(e, ERROR_FAILED, r, "Cannot read the links: %s", rtnetlink_words(n));
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (!i->link[side].exists)
                        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "%s does not exist", names[side]);
        return 0;
}

int identity_read_uppers(Identity *i, Rtnetlink *n) {
        struct ifinfomsg link = {};
        unsigned dumps = 0;
        int r;

        if (n->links.above)
                return get_uppers(i, n);
        do {
                i->unordered = false;
                r = identity_dump(i, n, RTM_GETLINK, &link, sizeof(link), add_upper);
        } while (r >= 0 && i->unordered && ++dumps < UNORDERED_DUMPS);
        return r;
}

int identity_read_devices(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX]) {
        _cleanup_free_ Identity *i = new0(Identity, 1);
        int r;

        if (!i)
                return -ENOMEM;
        memcpy(i->ifindex, ifindex, sizeof(i->ifindex));
        i->home = ifindex[SIDE_PRIMARY];
        r = identity_read_uppers(i, n);
        if (r >= 0)
                *ret = TAKE_PTR(i);
        return r;
}

int identity_read_hosts(Identity *i, Rtnetlink *n) {
        struct ifinfomsg bridge = { .ifi_family = AF_BRIDGE, .ifi_index = i->home };
        int r;

        r = identity_dump(i, n, RTM_GETNEIGH, &bridge, sizeof(bridge), add_filter);
        if (r >= 0)
                r = read_addresses(i, n);
        if (r >= 0)
                r = read_neighbours(i, n);
        if (r >= 0)
                r = read_members6(i, n);
        if (r >= 0)
                read_igmp(i);
        return r;
}

static int read_identity(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, int (*read_rest)(Identity *i, Rtnetlink *n), Error *e) {
        _cleanup_free_ Identity *i = new0(Identity, 1);
        int r;

        if (!i)
                return error_errno(e, -ENOMEM, "Cannot read %s", names[SIDE_PRIMARY]);
        r = identity_read_links(i, n, ifindex, names, e);
        if (r < 0)
                return r;
        i->home = ifindex[SIDE_PRIMARY];
        i->own = i->link[SIDE_PRIMARY].address;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                i->station[side] = ether_address_station(i->link[side].address);
        identity_add_address(i, i->own);
        r = identity_read_uppers(i, n);
        if (r >= 0)
                r = read_rest(i, n);
        if (r < 0)
                return error_set(e, ERROR_FAILED, r, "Cannot read the addresses of %s: %s", names[SIDE_PRIMARY],
                                rtnetlink_words(n));
        *ret = TAKE_PTR(i);
        return 0;
}

int identity_read(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX], const char *const *names,
                Error *e) {
        return read_identity(ret, n, ifindex, names, identity_read_hosts, e);
}

int identity_read_plain(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e) {
        return read_identity(ret, n, ifindex, names, read_addresses, e);
}
