/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "neighbour-memory.h"
#include "rtnetlink.h"

/* Only what was usable has an address; permanent ones stay. A device's own groups (NUD_NOARP) the kernel maps
 * again by itself, but it also marks so what was in use when it was removed (net/core/neighbour.c
 * neigh_flush_dev()). */
bool neighbour_parse_removed(struct nlmsghdr *h, usec_t now, Neighbour *ret) {
        struct nlattr *attrs[NDA_MAX + 1];
        const struct ndmsg *message;
        size_t length;

        if (h->nlmsg_type != RTM_DELNEIGH || nlmsg_parse(h, sizeof(struct ndmsg), attrs, NDA_MAX, NULL) < 0)
                return false;
        message = nlmsg_data(h);
        if (message->ndm_family != AF_INET && message->ndm_family != AF_INET6)
                return false;
        length = message->ndm_family == AF_INET ? 4 : 16;
        if (message->ndm_flags & NTF_PROXY || !attrs[NDA_DST] || !attrs[NDA_LLADDR] ||
                        (size_t) nla_len(attrs[NDA_DST]) != length ||
                        nla_len(attrs[NDA_LLADDR]) != sizeof(ret->lladdr))
                return false;
        *ret = (Neighbour){
                .ifindex = message->ndm_ifindex,
                .family = message->ndm_family,
                .flags = message->ndm_flags & NTF_ROUTER,
                .removed = now,
        };
        memcpy(ret->address, nla_data(attrs[NDA_DST]), length);
        memcpy(ret->lladdr, nla_data(attrs[NDA_LLADDR]), sizeof(ret->lladdr));
        return !(ret->lladdr[0] & 1);
}

void neighbour_memory_add(NeighbourMemory *m, const Neighbour *n) {
        if (!m->ring)
                m->ring = new0(Neighbour, NEIGHBOURS_MAX);
        if (m->ring)
                m->ring[m->n++ % NEIGHBOURS_MAX] = *n;
}

size_t neighbour_memory_recent(const NeighbourMemory *m, usec_t now, Neighbour **ret) {
        size_t kept = MIN(m->n, (size_t) NEIGHBOURS_MAX), n = 0;
        Neighbour *list = kept > 0 ? new0(Neighbour, kept) : NULL;

        for (size_t k = 0; list && k < kept; k++) {
                const Neighbour *neighbour = m->ring + (m->n - 1 - k) % NEIGHBOURS_MAX;

                if (usec_sub(now, neighbour->removed) <= NEIGHBOURS_USEC)
                        list[n++] = *neighbour;
        }
        *ret = list;
        return n;
}

void neighbour_memory_done(NeighbourMemory *m) {
        free(m->ring);
        *m = (NeighbourMemory){};
}

/* Without NLM_F_REPLACE (net/core/neighbour.c neigh_add()). */
struct nl_msg *neighbour_request(const Neighbour *n) {
        struct ndmsg head = {
                .ndm_family = n->family,
                .ndm_ifindex = n->ifindex,
                .ndm_state = NUD_STALE,
                .ndm_flags = n->flags,
        };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(
                        RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_CREATE);

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put(m, NDA_DST, n->family == AF_INET ? 4 : 16, n->address) < 0 ||
                        nla_put(m, NDA_LLADDR, sizeof(n->lladdr), n->lladdr) < 0)
                return NULL;
        return TAKE_PTR(m);
}
