/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "probe-gateway.h"

typedef struct GatewayList {
        int ifindex;
        ProbeTarget *targets;
        size_t n, size;
} GatewayList;

static inline void nl_socket_freep(struct nl_sock **s) {
        if (*s)
                nl_socket_free(*s);
}

static inline void nlmsg_freep(struct nl_msg **m) {
        if (*m)
                nlmsg_free(*m);
}

static void list_add(GatewayList *l, int family, const void *address, size_t size) {
        ProbeTarget t = { .family = family };

        if ((family != AF_INET || size != sizeof(t.in)) && (family != AF_INET6 || size != sizeof(t.in6)))
                return;
        memcpy(family == AF_INET ? (void *) &t.in : (void *) &t.in6, address, size);
        for (size_t i = 0; i < l->n; i++)
                if (probe_target_equal(l->targets + i, &t))
                        return;
        if (l->n < l->size)
                l->targets[l->n++] = t;
}

/* RTA_GATEWAY, or RTA_VIA: an IPv6 gateway of an IPv4 route (RFC 5549). */
static void list_add_hop(GatewayList *l, int family, const struct nlattr *gateway, const struct nlattr *via) {
        if (gateway)
                list_add(l, family, nla_data(gateway), (size_t) nla_len(gateway));
        if (via && nla_len(via) > (int) sizeof(struct rtvia)) {
                const struct rtvia *v = nla_data(via);

                list_add(l, v->rtvia_family, v->rtvia_addr,
                                (size_t) nla_len(via) - offsetof(struct rtvia, rtvia_addr));
        }
}

static void list_add_multipath(GatewayList *l, int family, const struct nlattr *multipath) {
        const struct rtnexthop *hop = nla_data(multipath);
        int left = nla_len(multipath);

        for (; RTNH_OK(hop, left); left -= (int) NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
                struct nlattr *attr[RTA_MAX + 1] = {};

                if (hop->rtnh_ifindex != l->ifindex)
                        continue;
                if (nla_parse(attr, RTA_MAX, (struct nlattr *) RTNH_DATA(hop),
                                    (int) (hop->rtnh_len - sizeof(*hop)), NULL) == 0)
                        list_add_hop(l, family, attr[RTA_GATEWAY], attr[RTA_VIA]);
        }
}

static int on_route(struct nl_msg *msg, void *userdata) {
        GatewayList *l = userdata;
        struct nlmsghdr *h = nlmsg_hdr(msg);
        struct nlattr *attr[RTA_MAX + 1] = {};
        struct rtmsg *route;

        if (h->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(h, sizeof(*route), attr, RTA_MAX, NULL) < 0)
                return NL_OK;
        route = nlmsg_data(h);
        if (route->rtm_dst_len != 0 || route->rtm_type != RTN_UNICAST || (route->rtm_flags & RTM_F_CLONED))
                return NL_OK;
        if (attr[RTA_MULTIPATH])
                list_add_multipath(l, route->rtm_family, attr[RTA_MULTIPATH]);
        if (attr[RTA_OIF] && nla_len(attr[RTA_OIF]) == 4 && nla_get_u32(attr[RTA_OIF]) == (uint32_t) l->ifindex)
                list_add_hop(l, route->rtm_family, attr[RTA_GATEWAY], attr[RTA_VIA]);
        return NL_OK;
}

static int dump(struct nl_sock *s, int family, int ifindex) {
        struct rtmsg route = { .rtm_family = (uint8_t) family };
        _cleanup_(nlmsg_freep) struct nl_msg *msg = NULL;
        int r;

        msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);
        if (!msg || nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) < 0 ||
                        nla_put_u32(msg, RTA_OIF, (uint32_t) ifindex) < 0)
                return -NLE_NOMEM;
        r = nl_send_auto(s, msg);
        return r < 0 ? r : nl_recvmsgs_default(s);
}

int probe_gateway_read(int ifindex, ProbeTarget *targets, size_t size, Error *e) {
        GatewayList list = { .ifindex = ifindex, .targets = targets, .size = size };
        _cleanup_(nl_socket_freep) struct nl_sock *s = NULL;
        int one = 1, r;

        s = nl_socket_alloc();
        if (!s)
                return error_errno(e, -ENOMEM, "cannot read the default routes");
        nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, on_route, &list);
        r = nl_connect(s, NETLINK_ROUTE);
        if (r >= 0) {
                /* An old kernel refuses the option, and dumps all routes: on_route() picks. */
                (void) setsockopt(nl_socket_get_fd(s), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
                r = dump(s, AF_INET, ifindex);
        }
        if (r >= 0)
                r = dump(s, AF_INET6, ifindex);
        if (r < 0)
                return error_set(e, ERROR_FAILED, -EIO, "cannot read the default routes: %s", nl_geterror(r));
        return (int) list.n;
}
