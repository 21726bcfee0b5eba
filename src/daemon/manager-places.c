/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the adapters of the pairs hang: in the machine, as sysfs shows it, and on which switch, as it says by
 * LLDP. */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "clock.h"
#include "manager-internal.h"
#include "sysfs-link.h"

static void read_link(const char *ifname, const char *link, char *value, size_t size) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "/sys/class/net/%s/device/%s", ifname, link);
        sysfs_link_target(AT_FDCWD, path, value, size);
}

static void read_device(const char *ifname, char *device, size_t size) {
        char path[PATH_MAX], resolved[PATH_MAX];

        device[0] = 0;
        snprintf(path, sizeof(path), "/sys/class/net/%s/device", ifname);
        if (realpath(path, resolved) && strlen(resolved) < size)
                strcpy(device, resolved);
}

void manager_place_read(const LinkState *l, PairPlace *ret) {
        read_link(l->name, "driver", ret->driver, sizeof(ret->driver));
        if (!ret->driver[0])
                snprintf(ret->driver, sizeof(ret->driver), "%s", l->kind);
        read_link(l->name, "physfn", ret->physical, sizeof(ret->physical));
        read_device(l->name, ret->device, sizeof(ret->device));
        (void) link_state_path(l, ret->bus_path, sizeof(ret->bus_path));
}

void manager_place_watch(Manager *m, const LinkState *l) {
        if (m->lldp && !lldp_listener_watches(m->lldp, l->ifindex))
                rtnl_gate_ask(m->gate, &m->at_gate);
}

/* Groups are joined with RTNL held. */
static void hear_switches(void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        const Pair *p = guard_pair(m->guards[i]);
                        const PairLink *l = pair_link(p, s);
                        Error e = {};

                        if (l->exists && lldp_listener_watch(m->lldp, l->ifindex, l->name, &e) < 0)
                                journal_log(LOG_NOTICE, pair_name(p), l->name, "%s", e.text);
                }
}

void manager_place_forget(Manager *m, int ifindex) {
        if (m->lldp)
                lldp_listener_forget(m->lldp, ifindex);
}

static void on_neighbour(int ifindex, const LldpNeighbour *neighbour, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        Pair *p = guard_pair(m->guards[i]);

                        if (pair_link(p, s)->exists && pair_link(p, s)->ifindex == ifindex)
                                pair_set_neighbour(p, s, neighbour, clock_monotonic());
                }
}

void manager_places_start(Manager *m) {
        Error e = {};

        m->at_gate = (RtnlGateWaiter){ .go = hear_switches, .userdata = m };
        if (lldp_listener_new(m->event, on_neighbour, m, &m->lldp, &e) < 0)
                journal_log(LOG_NOTICE, NULL, NULL, "%s", e.text);
}
