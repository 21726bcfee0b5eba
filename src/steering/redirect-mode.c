/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redirect-mode.h"

static const uint32_t ingress_bit[_PAIR_SIDE_MAX] = { [SIDE_STANDBY] = REDIRECT_INGRESS_STANDBY };
static const uint32_t egress_bit[_PAIR_SIDE_MAX] = { [SIDE_STANDBY] = REDIRECT_EGRESS_STANDBY };

static const struct {
        bool old_unicast, old_group, new_group, ledger;
} phases[_REDIRECT_PHASE_MAX] = {
        [REDIRECT_REST] = { .new_group = true },
        [REDIRECT_RECORD] = { .old_unicast = true, .old_group = true, .ledger = true },
        [REDIRECT_BOTH] = { .old_unicast = true, .old_group = true, .new_group = true, .ledger = true },
        [REDIRECT_LAST] = { .old_unicast = true, .new_group = true, .ledger = true },
};

uint32_t redirect_mode_of(const RedirectMove *m) {
        unsigned new = (unsigned) m->path.ingress, old = (unsigned) pair_side_other(m->path.ingress);
        uint32_t mode = ingress_bit[m->path.ingress] | egress_bit[m->path.egress];
        bool under_way = m->moving || phases[m->phase].ledger;

        mode |= REDIRECT_ACCEPT_UNICAST(new);
        if (m->moving || phases[m->phase].old_unicast)
                mode |= REDIRECT_ACCEPT_UNICAST(old);
        if (phases[m->phase].old_group)
                mode |= REDIRECT_ACCEPT_GROUP(old);
        if (phases[m->phase].new_group)
                mode |= REDIRECT_ACCEPT_GROUP(new);
        if (phases[m->phase].ledger)
                mode |= REDIRECT_LEDGER;
        if (under_way)
                mode |= REDIRECT_ORDER;
        if (m->moving)
                mode |= REDIRECT_MOVING;
        if (m->path.ingress != m->path.egress)
                mode |= REDIRECT_REWRITE;
        if (under_way || m->path.ingress != SIDE_PRIMARY || m->path.egress != SIDE_PRIMARY)
                mode |= REDIRECT_DROP_OWN;
        return mode;
}

RedirectMove redirect_mode_parse(uint32_t mode) {
        RedirectMove m = {
                .path = {
                        .ingress = mode & REDIRECT_INGRESS_STANDBY ? SIDE_STANDBY : SIDE_PRIMARY,
                        .egress = mode & REDIRECT_EGRESS_STANDBY ? SIDE_STANDBY : SIDE_PRIMARY,
                },
                .moving = mode & REDIRECT_MOVING,
        };
        bool new_group = mode & REDIRECT_ACCEPT_GROUP((unsigned) m.path.ingress);
        bool old_group = mode & REDIRECT_ACCEPT_GROUP((unsigned) pair_side_other(m.path.ingress));

        if (!(mode & REDIRECT_LEDGER))
                m.phase = REDIRECT_REST;
        else if (!new_group)
                m.phase = REDIRECT_RECORD;
        else
                m.phase = old_group ? REDIRECT_BOTH : REDIRECT_LAST;
        return m;
}
