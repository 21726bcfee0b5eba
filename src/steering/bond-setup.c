/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the bond backend comes to be: whether it suits, what it puts in place, and what it takes up after a
 * process that died. */

#include "alloc-util.h"
#include "bond-internal.h"
#include "bond-others.h"

static uint32_t mode_of(const IngressMove *m) {
        const Bond *s = (const Bond *) ((const char *) m - offsetof(Bond, base.ingress));

        return bond_course_mode(&s->course, &m->move);
}

int bond_setup_probe(const SteeringParameters *p, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        BondMembers members;
        int r;

        r = rtnetlink_new(&netlink, e);
        return r < 0 ? r : bond_members_read(&members, netlink, p->ifindex, p->name, e);
}

Steering *bond_setup_close(Steering *steering) {
        Bond *s = bond_of(steering);

        bond_control_done(&s->control);
        steering_base_done(&s->base);
        free(s);
        return NULL;
}

static Bond *bond_new(const SteeringParameters *p) {
        Bond *s = new0(Bond, 1);

        if (s)
                steering_base_init(&s->base, &steering_bond, p, mode_of);
        return s;
}

/* An earlier process may have died at any point. */
static void take_up(Bond *s, bool found, usec_t now) {
        RedirectMove move;

        bond_view_note(s, s->members.bond.active, s->course.open);
        s->accounted = s->members.bond.active;
        move = bond_course_take_up(&s->course, found ? redirect_programs_get_mode(&s->base.programs) : 0);
        s->linger_until = usec_add(now, BOND_LINGER_USEC);
        s->base.ingress.held = move.moving && !s->course.open;
        ingress_move_take_up(&s->base.ingress, move, now);
}

/* Puts everything in place: first what the programs go by, then the programs. */
static int set_up(Bond *s, bool found, usec_t now, Error *e) {
        int r;

        r = steering_base_set_up(&s->base, found, e);
        if (r >= 0)
                r = bond_view_read_identity(s, e);
        if (r < 0)
                return r;
        take_up(s, found, now);
        r = redirect_programs_attach(&s->base.programs, &s->base.parameters, e);
        if (r >= 0)
                r = bond_others_apply(&s->base.programs, s->members.other, s->members.n_others, e);
        return r;
}

static int open_steered(Bond *s, usec_t now, Error *e) {
        bool found;
        int r = steering_base_open_programs(&s->base, REDIRECT_KIND_BOND, e);

        if (r < 0)
                return r;
        found = r > 0;
        r = set_up(s, found, now, e);
        if (r < 0 && !found)
                (void) steering_base_undo(&s->base, NULL);
        return r;
}

/* What steered the adapters before they became ports of a bond that is only observed would do so still. */
static void forget_steering(Bond *s) {
        if (redirect_programs_open(&s->base.programs, &s->base.parameters, NULL) < 0)
                return; /* cannot have been there either */
        (void) steering_base_undo(&s->base, NULL);
        redirect_programs_done(&s->base.programs);
}

/* Of a bond that is steered by its active port, or not at all. */
static int open_bond(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        Bond *s = bond_new(p);
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "Cannot set up steering of %s", p->pair);
        r = rtnetlink_new(&s->base.netlink, e);
        if (r >= 0)
                r = bond_control_init(&s->control, e);
        if (r >= 0)
                r = bond_view_read_members(s, e);
        if (r >= 0) {
                s->observed = s->members.bond.mode != BOND_ACTIVE_BACKUP;
                if (s->observed)
                        forget_steering(s);
                else
                        r = open_steered(s, now, e);
        }
        if (r < 0) {
                bond_setup_close(&s->base.steering);
                return r;
        }
        *ret = &s->base.steering;
        return 0;
}

int bond_setup_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        BondMembers members;
        int r;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (p->ifindex[side] <= 0)
                        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "%s does not exist", p->name[side]);
        r = rtnetlink_new(&netlink, e);
        if (r >= 0)
                r = bond_view_read_ports(&members, netlink, p, e);
        if (r < 0)
                return r;
        return members.bond.mode == BOND_802_3AD ? aggregate_open(p, &members, now, ret, e)
                                                 : open_bond(p, now, ret, e);
}
