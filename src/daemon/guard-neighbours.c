/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the kernel says of the neighbours that a pair talks to, as evidence against the adapter that serves. */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "clock.h"
#include "guard-internal.h"

static bool parse(const struct nlmsghdr *message, NeighbourKey *ret, unsigned *ret_state) {
        const struct ndmsg *m = nlmsg_data(message);
        struct nlattr *attr[NDA_MAX + 1];
        size_t size;

        if (nlmsg_parse((struct nlmsghdr *) message, sizeof(*m), attr, NDA_MAX, NULL) < 0 || !attr[NDA_DST])
                return false;
        size = m->ndm_family == AF_INET ? 4 : m->ndm_family == AF_INET6 ? 16 : 0;
        if (size == 0 || (size_t) nla_len(attr[NDA_DST]) != size)
                return false;
        *ret = (NeighbourKey){ .ifindex = m->ndm_ifindex, .family = m->ndm_family };
        memcpy(ret->address, nla_data(attr[NDA_DST]), size);
        *ret_state = m->ndm_state;
        return true;
}

/* Every count comes with the one before, in case the predictor knows of none. */
static void feed(Guard *g, usec_t now) {
        const HealthSample samples[] = {
                { .signal = SIGNAL_NEIGHBOUR_FAILURES, .at = now - 1, .count = g->neighbours.count - 1 },
                { .signal = SIGNAL_NEIGHBOUR_FAILURES, .at = now, .count = g->neighbours.count },
        };

        for (size_t i = 0; i < ELEMENTSOF(samples); i++)
                pair_feed(g->pair, pair_serving(g->pair), samples + i, 1, now);
        pair_dispatch(g->pair, now);
}

void guard_note_neighbour(Guard *g, const struct nlmsghdr *message) {
        const struct ndmsg *m = nlmsg_data(message);
        usec_t now = clock_monotonic();
        NeighbourKey key;
        unsigned state;

        if ((message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) ||
                        !nlmsg_valid_hdr(message, sizeof(*m)) ||
                        (m->ndm_ifindex != g->home && !guard_has_device(g, m->ndm_ifindex)))
                return;
        /* without a link none answers, which says nothing more */
        if (!pair_link(g->pair, pair_serving(g->pair))->carrier) {
                neighbour_watch_forget(&g->neighbours, NULL);
                return;
        }
        if (!parse(message, &key, &state))
                return;
        if (message->nlmsg_type == RTM_DELNEIGH)
                neighbour_watch_forget(&g->neighbours, &key);
        else if (state & NUD_REACHABLE)
                neighbour_watch_confirmed(&g->neighbours, &key);
        else if ((state & NUD_FAILED) && neighbour_watch_failed(&g->neighbours, &key, now))
                feed(g, now);
}
