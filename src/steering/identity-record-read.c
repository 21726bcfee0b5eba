/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How identity records are read: each kind of thing by one listing for all pairs, but routes by the device they
 * leave by, since a router has more of them than anybody should copy. */

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "identity-move.h"

#define LINK_DUMPS_MAX 8 /* one more level each: MAX_NEST_DEV of linux/netdevice.h */

typedef struct Reading {
        IdentityRecord **records;
        const int *standby;
        size_t n;
        Rtnetlink *netlink;
        int result; /* of adding */
} Reading;

static int add(struct nlmsghdr *h, void *userdata) {
        Reading *g = userdata;

        for (size_t i = 0; g->result >= 0 && i < g->n; i++)
                if (g->records[i])
                        g->result = identity_record_add(g->records[i], h);
        return g->result;
}

static int add_link(struct nlmsghdr *h, void *userdata) {
        Reading *g = userdata;

        for (size_t i = 0; i < g->n; i++)
                if (g->records[i])
                        identity_record_add_spare(g->records[i], g->standby[i], h);
        return add(h, userdata);
}

static int dump(Reading *g, int type, const void *head, size_t size, int attribute, uint32_t value,
                RtnetlinkHandler handler) {
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, 0);

        if (!m || nlmsg_append(m, (void *) head, size, NLMSG_ALIGNTO) < 0 ||
                        (attribute > 0 && nla_put_u32(m, attribute, value) < 0))
                return -ENOMEM;
        return rtnetlink_dump(g->netlink, m, handler, g);
}

static int read_links(Reading *g) {
        struct ifinfomsg head = {};
        bool again = true;
        int r = 0;

        for (unsigned k = 0; r >= 0 && again && k < LINK_DUMPS_MAX; k++) {
                again = false;
                for (size_t i = 0; i < g->n; i++)
                        if (g->records[i])
                                g->records[i]->unordered = false;
                r = dump(g, RTM_GETLINK, &head, sizeof(head), IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS, add_link);
                for (size_t i = 0; i < g->n; i++)
                        again |= g->records[i] && g->records[i]->unordered;
        }
        return r;
}

static int read_routes(Reading *g, int ifindex) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        int r = 0;

        for (size_t f = 0; r >= 0 && f < ELEMENTSOF(families); f++) {
                struct rtmsg head = { .rtm_family = families[f] };

                r = dump(g, RTM_GETROUTE, &head, sizeof(head), RTA_OIF, (uint32_t) ifindex, add);
                if (r == -EOPNOTSUPP || r == -EAFNOSUPPORT || r == -ENODEV)
                        r = 0;
        }
        return r;
}

/* One that can do without filters lists all routes at once. */
static int read_all_routes(Reading *g) {
        struct rtmsg head = {};
        int r = 0;

        if (!rtnetlink_set_strict(g->netlink, true))
                return dump(g, RTM_GETROUTE, &head, sizeof(head), 0, 0, add);
        for (size_t i = 0; r >= 0 && i < g->n; i++)
                for (uint32_t d = 0; r >= 0 && g->records[i] && d < g->records[i]->n_devices; d++)
                        r = read_routes(g, g->records[i]->devices[d].ifindex);
        (void) rtnetlink_set_strict(g->netlink, false);
        return r;
}

static int read_everything(Reading *g) {
        struct ifaddrmsg address = {};
        struct fib_rule_hdr rule = {};
        struct ndmsg neighbour = {}, proxy = { .ndm_flags = NTF_PROXY };
        int r;

        r = read_links(g);
        if (r >= 0)
                r = dump(g, RTM_GETADDR, &address, sizeof(address), 0, 0, add);
        if (r >= 0)
                r = read_all_routes(g);
        if (r >= 0)
                r = dump(g, RTM_GETRULE, &rule, sizeof(rule), 0, 0, add);
        if (r >= 0)
                r = dump(g, RTM_GETNEIGH, &neighbour, sizeof(neighbour), 0, 0, add);
        if (r >= 0)
                r = dump(g, RTM_GETNEIGH, &proxy, sizeof(proxy), 0, 0, add);
        return r;
}

/* A device that is being removed loses its addresses first, while it can still be asked for. */
static int note_up(struct nlmsghdr *h, void *userdata) {
        *(bool *) userdata = ((const struct ifinfomsg *) nlmsg_data(h))->ifi_flags & IFF_UP;
        return 0;
}

static bool is_still_up(Rtnetlink *n, int ifindex) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, 0);
        bool up = false;

        return m && nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) >= 0 &&
                        nla_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) >= 0 &&
                        rtnetlink_get(n, m, note_up, &up) >= 0 && up;
}

static int make_records(const int *primary, IdentityRecord **records, size_t n) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = identity_record_new(primary[i], records + i);
        return r;
}

static void drop(IdentityRecord **records, size_t i) {
        records[i] = identity_record_free(records[i]);
}

int identity_records_read(const int *primary, const int *standby, size_t n, IdentityRecord **records,
                usec_t now, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        Reading g = { .records = records, .standby = standby, .n = n };
        int r;

        memset(records, 0, n * sizeof(*records));
        r = rtnetlink_new(&netlink, e);
        if (r < 0)
                return r;
        g.netlink = netlink;
        r = make_records(primary, records, n);
        if (r >= 0)
                r = read_everything(&g);
        for (size_t i = 0; i < n; i++)
                if (r < 0 || !records[i]->devices[0].name[0] || !records[i]->up ||
                                !is_still_up(netlink, primary[i]))
                        drop(records, i);
                else
                        records[i]->read_at = now;
        return r < 0 ? error_set(e, ERROR_FAILED, r, "cannot read addresses and routes: %s",
                                       rtnetlink_words(netlink))
                     : 0;
}
