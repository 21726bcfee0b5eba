/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whose settings were changed: what the kernel tells of any adapter, handed to the pair that has it. */

#include "clock.h"
#include "manager-internal.h"

static void tell_changed(Manager *m, int ifindex, uint64_t items) {
        usec_t now = clock_monotonic();

        for (size_t i = 0; i < m->n_guards; i++) {
                Pair *p = guard_pair(m->guards[i]);

                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        if (pair_link(p, s)->exists && (ifindex == 0 || pair_link(p, s)->ifindex == ifindex))
                                pair_settings_changed(p, s, items, now);
        }
}

static void on_ethtool(int ifindex, uint64_t items, void *userdata) {
        tell_changed(userdata, ifindex, items);
}

/* What rtnetlink tells of links is mostly about carrier and addresses. */
static uint64_t changed_items(const LinkState *old, const LinkState *new) {
        uint64_t items = 0;

        if (old->mtu != new->mtu)
                items |= UINT64_C(1) << PRIME_MTU;
        if (old->tx_queue_length != new->tx_queue_length)
                items |= UINT64_C(1) << PRIME_TX_QUEUE_LENGTH;
        return items;
}

static void on_link(const LinkState *old, const LinkState *new, void *userdata) {
        uint64_t items = old && new ? changed_items(old, new) : 0;

        if (items != 0)
                tell_changed(userdata, new->ifindex, items);
}

int manager_settings_start(Manager *m, Error *e) {
        int r;

        m->settings_listener = (LinkListener){ .on_change = on_link, .userdata = m };
        link_monitor_add_listener(m->monitor, &m->settings_listener);
        r = ethtool_monitor_new(m->event, on_ethtool, m, &m->ethtool_monitor, e);
        if (r != -ENOENT)
                return r;
        /* the slow sweep still finds what differs */
        journal_log(LOG_NOTICE, NULL, NULL,
                        "this kernel does not tell of changed adapter settings: spares follow within a minute");
        return 0;
}
