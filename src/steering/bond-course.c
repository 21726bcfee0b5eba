/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-course.h"

/* Traffic does not rest on one port. */
static bool is_apart(const BondCourse *c) {
        return c->under_way || c->lingering || c->ordered || c->target.ingress != c->target.egress;
}

/* Frames are to come in, or may, on a port that is not the active one. */
static bool needs_both(const BondCourse *c) {
        return c->ordered || c->target.ingress != c->target.egress;
}

BondStep bond_course_next(const BondCourse *c) {
        /* Whoever made a third port the active one, or all dead, has his reasons. */
        bool wanted = is_apart(c) && c->active != _PAIR_SIDE_INVALID;

        if (c->takeover)
                return c->ordered ? BOND_STEP_ACTIVATE : BOND_STEP_NONE;
        if (wanted && !c->open && needs_both(c))
                return BOND_STEP_OPEN;
        if (wanted && c->ordered)
                return BOND_STEP_ACTIVATE;
        if (!wanted && c->open && !c->open_ever)
                return BOND_STEP_CLOSE;
        return BOND_STEP_NONE;
}

/* Before it is opened, and until it is closed. */
bool bond_course_is_steered(const BondCourse *c) {
        if (c->active == _PAIR_SIDE_INVALID)
                return false;
        return is_apart(c) || (c->open && !c->open_ever);
}

uint32_t bond_course_mode(const BondCourse *c, const RedirectMove *move) {
        uint32_t mode = redirect_mode_of(move) & ~REDIRECT_ORDER;

        if (bond_course_is_steered(c))
                mode |= REDIRECT_BOND_STEERED | REDIRECT_DROP_OWN;
        if (c->takeover && c->ordered) {
                mode |= REDIRECT_BOND_TAKEOVER;
                if (!c->open)
                        mode |= REDIRECT_BOND_HANDOVER;
        }
        return mode;
}

/* Somebody else, or the bond itself, has put everything on the port where ingress was to be: no split any more,
 * but no order of ours either. */
static bool was_finished(const BondCourse *c, SteeringPath path) {
        return path.ingress != path.egress && c->active == path.ingress;
}

RedirectMove bond_course_take_up(BondCourse *c, uint32_t word) {
        PairSide active = c->active == _PAIR_SIDE_INVALID ? SIDE_PRIMARY : c->active;
        RedirectMove move = redirect_mode_parse(word);

        if (!(word & (REDIRECT_BOND_STEERED | REDIRECT_BOND_TAKEOVER)) || was_finished(c, move.path))
                move = (RedirectMove){ .path = { active, active } };
        c->target = move.path;
        c->ordered = active != move.path.egress;
        c->takeover = c->ordered && word & REDIRECT_BOND_TAKEOVER;
        c->under_way = move.moving || move.phase != REDIRECT_REST;
        /* Egress may have moved just now. */
        c->lingering = c->open && !c->open_ever;
        return move;
}
