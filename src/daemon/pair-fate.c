/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one fault would take away together (core/shared-fate.h), from what the pair knows of its adapters. */

#include <stdio.h>

#include "pair-internal.h"
#include "pair-shell.h"

/* A cable that was pulled may come to another switch. */
static bool is_stale(const Pair *p, PairSide side, usec_t now) {
        return p->neighbour[side].chassis[0] &&
                        (now >= p->neighbour_until[side] || !pair_link_is_alive(p->link + side));
}

bool pair_neighbour_is_stale(const Pair *p, usec_t now) {
        return is_stale(p, SIDE_PRIMARY, now) || is_stale(p, SIDE_STANDBY, now);
}

static AdapterPlace place_of(const Pair *p, PairSide side) {
        const PairLink *l = p->link + side;

        return (AdapterPlace){
                .name = l->name,
                .device = l->place.device,
                .physical = l->place.physical,
                .driver = l->place.driver,
                .neighbour = &p->neighbour[side],
        };
}

/* The grave ones, of those that were not there before. */
static void tell_new(Pair *p, const SharedFateNote *before, size_t n_before) {
        for (size_t i = 0; i < p->n_fate; i++) {
                bool known = !shared_fate_is_grave(p->fate[i].fate);

                for (size_t j = 0; j < n_before; j++)
                        known |= before[j].fate == p->fate[i].fate;
                if (!known)
                        pair_tell(p, EVENT_SHARED_FATE, _PAIR_SIDE_INVALID, "%s", p->fate[i].text);
        }
}

void pair_look_at_fate(Pair *p, usec_t now) {
        SharedFateNote before[_SHARED_FATE_MAX];
        size_t n_before = p->n_fate;
        AdapterPlace a, b;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (is_stale(p, s, now))
                        p->neighbour[s] = (LldpNeighbour){};
        memcpy(before, p->fate, sizeof(before));
        a = place_of(p, SIDE_PRIMARY);
        b = place_of(p, SIDE_STANDBY);
        memset(p->fate, 0, sizeof(p->fate));
        p->n_fate = p->link[SIDE_PRIMARY].exists && p->link[SIDE_STANDBY].exists
                        ? shared_fate_find(&a, &b, p->fate)
                        : 0;
        if (n_before == p->n_fate && memcmp(before, p->fate, sizeof(before)) == 0)
                return;
        tell_new(p, before, n_before);
        p->ports.changed(p->userdata);
}

void pair_set_neighbour(Pair *p, PairSide side, const LldpNeighbour *neighbour, usec_t now) {
        p->neighbour[side] = *neighbour;
        p->neighbour_until[side] = usec_add(now, neighbour->lifetime);
        pair_look_at_fate(p, now);
        p->ports.changed(p->userdata);
}
