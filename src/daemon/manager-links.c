/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which link is which pair's: policies name adapters by name, address or place; links come, go and are renamed.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc-util.h"
#include "clock.h"
#include "manager-internal.h"

/* Addresses and VLANs change in bursts; one reading after the burst is enough. */
#define REFRESH_DELAY (20 * USEC_PER_MSEC)

static bool match(const AdapterMatch *m, const LinkState *l) {
        char path[sizeof(m->path)];

        switch (m->kind) {
        case ADAPTER_BY_NAME:
                return streq(m->name, l->name);
        case ADAPTER_BY_MAC:
                return link_state_has_mac(l, &m->mac);
        case ADAPTER_BY_PATH:
                return link_state_path(l, path, sizeof(path)) >= 0 && streq(m->path, path);
        case _ADAPTER_MATCH_KIND_MAX:
        case _ADAPTER_MATCH_KIND_INVALID:
                break;
        }
        return false;
}

static const LinkState *find_link(const Manager *m, const AdapterMatch *a) {
        switch (a->kind) {
        case ADAPTER_BY_NAME:
                return link_monitor_find_name(m->monitor, a->name);
        case ADAPTER_BY_MAC:
                return link_monitor_find_mac(m->monitor, &a->mac);
        case ADAPTER_BY_PATH:
                return link_monitor_find_path(m->monitor, a->path);
        case _ADAPTER_MATCH_KIND_MAX:
        case _ADAPTER_MATCH_KIND_INVALID:
                break;
        }
        return NULL;
}

/* RFC 2863 ifOperStatus, numbered as in include/uapi/linux/if.h */
static const char *const operstates[] = {
        "unknown",
        "notpresent",
        "down",
        "lowerlayerdown",
        "testing",
        "dormant",
        "up",
};

static PairLink describe(const LinkState *l, const PairLink *old) {
        PairLink ret = {
                .exists = true,
                .ifindex = l->ifindex,
                .up = l->up,
                .carrier = l->carrier,
                .address = l->mac,
                .permanent_address = ether_address_is_zero(&l->permanent_mac) ? l->mac : l->permanent_mac,
                .mtu = l->mtu,
                .master = l->master,
        };
        bool known = old->exists && old->ifindex == l->ifindex;

        snprintf(ret.name, sizeof(ret.name), "%s", l->name);
        snprintf(ret.operstate, sizeof(ret.operstate), "%s",
                        l->operstate < ELEMENTSOF(operstates) ? operstates[l->operstate] : "unknown");
        if (known)
                ret.place = old->place;
        else
                manager_place_read(l, &ret.place);
        /* what a link that came up is like, the driver must be asked (sampler.c) */
        if (known && l->carrier && old->carrier) {
                ret.bit_rate = old->bit_rate;
                ret.full_duplex = old->full_duplex;
        }
        /* likewise why it is down */
        if (known && l->up && !l->carrier && !old->carrier)
                ret.trouble = old->trouble;
        return ret;
}

static void set_link(Manager *m, Pair *p, PairSide side, const LinkState *l) {
        PairLink link = {};

        if (l) {
                link = describe(l, pair_link(p, side));
                manager_place_watch(m, l);
        }
        pair_set_link(p, side, &link, clock_monotonic());
}

void manager_links_introduce(Manager *m, Pair *p) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                set_link(m, p, s, find_link(m, pair_policy(p)->adapter + s));
}

/* The ifindex of the link that it is on top of, in this network namespace; 0: none. */
static int lower_of(const LinkState *l) {
        return l->link_netnsid < 0 && l->link != l->ifindex ? l->link : 0;
}

/* Devices on devices: as deep as the kernel lets them be (MAX_NEST_DEV of linux/netdevice.h). */
#define NEST_MAX 8

/* Whether the link is that adapter, or on top of it or of the bond or bridge that it is a port of. */
static bool is_above(const Manager *m, const LinkState *l, int port, unsigned depth) {
        const LinkState *lower, *below;

        if (!l || depth > NEST_MAX)
                return false;
        if (l->ifindex == port)
                return true;
        lower = link_monitor_get(m->monitor, lower_of(l));
        /* The two ends of a veth are each other's. */
        if (lower && lower->link != l->ifindex && is_above(m, lower, port, depth + 1))
                return true;
        below = link_monitor_get(m->monitor, port);
        return below && below->master != 0 && is_above(m, l, below->master, depth + 1);
}

size_t manager_links_above(void *monitor, int ifindex, int *list, size_t max) {
        const LinkState *links;
        size_t n_links = link_monitor_links(monitor, &links), n = 0;

        for (size_t i = 0; i < n_links; i++)
                if (lower_of(links + i) == ifindex) {
                        if (n < max)
                                list[n] = links[i].ifindex;
                        n++;
                }
        return n;
}

bool manager_links_is_port(void *monitor, int ifindex) {
        const LinkState *l = link_monitor_get(monitor, ifindex);

        return l && l->master != 0;
}

/* Of all links what the two above say. */
typedef struct LinksCopy {
        size_t n;
        struct {
                int ifindex, lower;
                bool port;
        } link[];
} LinksCopy;

static size_t copy_above(void *userdata, int ifindex, int *list, size_t max) {
        const LinksCopy *c = userdata;
        size_t n = 0;

        for (size_t i = 0; i < c->n; i++)
                if (c->link[i].lower == ifindex) {
                        if (n < max)
                                list[n] = c->link[i].ifindex;
                        n++;
                }
        return n;
}

static bool copy_is_port(void *userdata, int ifindex) {
        const LinksCopy *c = userdata;

        for (size_t i = 0; i < c->n; i++)
                if (c->link[i].ifindex == ifindex)
                        return c->link[i].port;
        return false;
}

SteeringLinks manager_links_copy(void *monitor) {
        const LinkState *links;
        size_t n = link_monitor_links(monitor, &links);
        LinksCopy *c = malloc(sizeof(*c) + n * sizeof(c->link[0]));

        if (!c)
                return (SteeringLinks){};
        c->n = n;
        for (size_t i = 0; i < n; i++) {
                c->link[i].ifindex = links[i].ifindex;
                c->link[i].lower = lower_of(links + i);
                c->link[i].port = links[i].master != 0;
        }
        return (SteeringLinks){ copy_above, copy_is_port, c };
}

/* What the pairs know of addresses and devices on top is to be read again. */
static void make_stale(Manager *m, const LinkState *l) {
        bool any = false;

        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        if (is_above(m, l, pair_link(guard_pair(m->guards[i]), s)->ifindex, 0))
                                any = m->stale[i] = true;
        if (!any)
                return;
        (void) sd_event_source_set_time(m->refresh, clock_monotonic() + REFRESH_DELAY);
        (void) sd_event_source_set_enabled(m->refresh, SD_EVENT_ONESHOT);
        manager_identities_changed(m);
}

/* A lost carrier changes nothing in what a pair is known by; and then there is no time for reading. */
static bool is_known_otherwise(const LinkState *old, const LinkState *new) {
        return !old || !new || old->up != new->up || old->link != new->link || old->master != new->master ||
                        old->bond_primary != new->bond_primary || !ether_address_equal(&old->mac, &new->mac);
}

/* The bond that a pair's adapters are ports of, or another port that came to it or left it. */
static void on_bond_change(Manager *m, const LinkState *old, const LinkState *new) {
        int before = old ? old->master : 0, after = new ? new->master : 0;

        for (size_t i = 0; new &&i < m->n_guards; i++)
                if (pair_link(guard_pair(m->guards[i]), SIDE_PRIMARY)->master == new->ifindex)
                        pair_check_steering(guard_pair(m->guards[i]), clock_monotonic());
        if (before == after)
                return;
        make_stale(m, link_monitor_get(m->monitor, before));
        make_stale(m, link_monitor_get(m->monitor, after));
}

/* A standby that stands for a primary that is gone may have its address, but is not it. */
static bool is_other_side(const Pair *p, PairSide side, const LinkState *l) {
        const PairLink *other = pair_link(p, pair_side_other(side));

        return other->exists && other->ifindex == l->ifindex;
}

/* One that carries the traffic of a pair, or stands by for it, matters most. */
static void on_change(const LinkState *old, const LinkState *new, void *userdata) {
        int ifindex = new ? new->ifindex : old->ifindex;
        bool renamed = old && new && !streq(old->name, new->name);
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++) {
                Pair *p = guard_pair(m->guards[i]);

                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        const PairLink *known = pair_link(p, s);
                        const AdapterMatch *a = pair_policy(p)->adapter + s;

                        if (known->exists && known->ifindex == ifindex) {
                                /* renamed away from the name the policy gives: another may have it now */
                                if (!new || (renamed && !match(a, new)))
                                        set_link(m, p, s, find_link(m, a));
                                else
                                        set_link(m, p, s, new);
                        } else if (new && !known->exists && !is_other_side(p, s, new) && match(a, new))
                                set_link(m, p, s, new);
                }
        }
        if (!new)
                manager_place_forget(m, ifindex);
        if (!old || !new || renamed)
                manager_carriers_watch(m);
        on_bond_change(m, old, new);
        if (is_known_otherwise(old, new))
                make_stale(m, new ? new : old);
}

static int on_refresh(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++)
                if (m->stale[i]) {
                        m->stale[i] = false;
                        pair_refresh(guard_pair(m->guards[i]), clock_monotonic());
                }
        return 0;
}

static void on_addresses(int ifindex, void *userdata) {
        Manager *m = userdata;

        make_stale(m, link_monitor_get(m->monitor, ifindex));
}

static void on_error(const Error *e, void *userdata) {
        journal_log(LOG_WARNING, NULL, NULL, "%s", e->text);
}

int manager_links_start(Manager *m, Error *e) {
        int r;

        r = link_monitor_new(m->event, &m->monitor, e);
        if (r < 0)
                return r;
        r = manager_carriers_start(m, e);
        if (r < 0)
                return r;
        r = sd_event_add_time(m->event, &m->refresh, CLOCK_MONOTONIC, 0, 0, on_refresh, m);
        if (r < 0)
                return error_errno(e, r, "cannot make a timer");
        (void) sd_event_source_set_enabled(m->refresh, SD_EVENT_OFF);
        m->listener = (LinkListener){
                .on_change = on_change,
                .on_addresses = on_addresses,
                .on_error = on_error,
                .userdata = m,
        };
        link_monitor_add_listener(m->monitor, &m->listener);
        return 0;
}
