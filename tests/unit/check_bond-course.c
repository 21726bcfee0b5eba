/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every move between the ports of a bond, on a bond made of memory, step by step. */
#include "bond-course.h"
#include "check-main.h"

static const SteeringPath paths[] = {
        { SIDE_PRIMARY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_STANDBY },
};

/* A frame that arrives on a port, by what the programs and the bond make of it: how often the stack gets it. */
static unsigned delivered(const BondCourse *c, uint32_t mode, PairSide port, bool group) {
        bool steered = mode & (REDIRECT_BOND_STEERED | REDIRECT_BOND_TAKEOVER);
        bool accepts = mode &
                        (group ? REDIRECT_ACCEPT_GROUP((unsigned) port)
                               : REDIRECT_ACCEPT_UNICAST((unsigned) port));
        PairSide serving = mode & REDIRECT_EGRESS_STANDBY ? SIDE_STANDBY : SIDE_PRIMARY;
        unsigned n = 0;

        if (steered && !accepts)
                return 0;
        if (c->open || c->active == port)
                n++;
        /* The copy, as if it had come in on the other port. */
        if (mode & REDIRECT_BOND_HANDOVER && port == serving && (c->open || c->active == pair_side_other(port)))
                n++;
        return n;
}

static void do_step(BondCourse *c, BondStep step) {
        if (step == BOND_STEP_OPEN)
                c->open = true;
        if (step == BOND_STEP_ACTIVATE) {
                c->active = c->target.egress;
                c->ordered = c->takeover = false;
                c->lingering = c->open;
        }
        if (step == BOND_STEP_CLOSE)
                c->open = false;
}

static uint32_t mode_of(const BondCourse *c, RedirectPhase phase, bool moving) {
        RedirectMove m = { .path = c->target, .phase = phase, .moving = moving };

        return bond_course_mode(c, &m);
}

static BondCourse rest(PairSide active, bool open_ever) {
        return (BondCourse){
                .target = { active, active }, .active = active, .open = open_ever, .open_ever = open_ever
        };
}

/* Begun as bond.c does. */
static void begin(BondCourse *c, SteeringPath target, SteeringUrgency urgency) {
        c->under_way = target.ingress != c->target.ingress || urgency == STEERING_NOW;
        c->target = target;
        c->ordered = c->active != target.egress;
        c->takeover = urgency == STEERING_NOW && c->ordered;
}

START_TEST(rests_closed) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                BondCourse c = rest(side, false);

                ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
                ck_assert(!bond_course_is_steered(&c));
                ck_assert(!(mode_of(&c, REDIRECT_REST, false) & REDIRECT_BOND_STEERED));
                c.open = true; /* by a process that died */
                ck_assert(bond_course_is_steered(&c));
                ck_assert_int_eq(bond_course_next(&c), BOND_STEP_CLOSE);
        }
}
END_TEST

/* Whatever the way, the bond ends on one port, closed, or as apart as was asked for; it is open before ingress
 * may come in on the port that is not active, and closed no sooner than nothing does. */
START_TEST(planned_moves_arrive) {
        for (size_t from = 0; from < ELEMENTSOF(paths); from++)
                for (size_t to = 0; to < ELEMENTSOF(paths); to++) {
                        BondCourse c = rest(paths[from].egress, false);
                        BondStep step;

                        if (paths[from].ingress != paths[from].egress) {
                                begin(&c, paths[from], STEERING_PLANNED);
                                do_step(&c, bond_course_next(&c));
                                c.under_way = false;
                        }
                        begin(&c, paths[to], STEERING_PLANNED);
                        for (unsigned n = 0; (step = bond_course_next(&c)) != BOND_STEP_NONE; n++) {
                                ck_assert_uint_lt(n, 4);
                                if (step == BOND_STEP_ACTIVATE)
                                        ck_assert(c.open);
                                ck_assert_int_ne(step, BOND_STEP_CLOSE);
                                do_step(&c, step);
                        }
                        ck_assert_int_eq(c.active, c.target.egress);
                        c.under_way = c.lingering = false;
                        step = bond_course_next(&c);
                        ck_assert_int_eq(step == BOND_STEP_CLOSE,
                                        c.open && paths[to].ingress == paths[to].egress);
                        do_step(&c, step);
                        ck_assert_int_eq(c.open, paths[to].ingress != paths[to].egress);
                        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
                }
}
END_TEST

/* In a split the stack gets what comes in on the ingress side and nothing else; and it is the programs, not the
 * bond, that must see to it before the bond is opened. */
START_TEST(one_copy_in_a_split) {
        BondCourse c = rest(SIDE_PRIMARY, false);

        begin(&c, paths[1], STEERING_PLANNED);
        ck_assert(mode_of(&c, REDIRECT_RECORD, true) & REDIRECT_BOND_STEERED);
        do_step(&c, bond_course_next(&c));
        ck_assert(c.open);
        /* while the ledger records, group-addressed frames are still the old side's */
        ck_assert_uint_eq(delivered(&c, mode_of(&c, REDIRECT_RECORD, true), SIDE_PRIMARY, true), 1);
        ck_assert_uint_eq(delivered(&c, mode_of(&c, REDIRECT_RECORD, true), SIDE_STANDBY, true), 0);
        for (PairSide port = 0; port < _PAIR_SIDE_MAX; port++)
                ck_assert_uint_eq(delivered(&c, mode_of(&c, REDIRECT_RECORD, true), port, false), 1);
        c.under_way = false;
        for (unsigned group = 0; group < 2; group++) {
                ck_assert_uint_eq(delivered(&c, mode_of(&c, REDIRECT_REST, false), SIDE_PRIMARY, group), 0);
                ck_assert_uint_eq(delivered(&c, mode_of(&c, REDIRECT_REST, false), SIDE_STANDBY, group), 1);
        }
}
END_TEST

/* A dead port: at once, before the bond knows; and whenever the bond learns, each frame counts once. */
START_TEST(takes_over_at_once) {
        for (unsigned split = 0; split < 2; split++) {
                BondCourse c = rest(SIDE_PRIMARY, false);
                uint32_t mode;

                if (split) {
                        begin(&c, paths[1], STEERING_PLANNED);
                        do_step(&c, bond_course_next(&c));
                        c.under_way = false;
                }
                begin(&c, paths[2], STEERING_NOW);
                mode = mode_of(&c, REDIRECT_BOTH, true);
                ck_assert(mode & REDIRECT_BOND_TAKEOVER);
                ck_assert_int_eq(bond_course_next(&c), BOND_STEP_ACTIVATE);
                ck_assert_uint_eq(delivered(&c, mode, SIDE_STANDBY, false), 1);
                ck_assert_uint_eq(delivered(&c, mode, SIDE_STANDBY, true), 1);
                c.active = SIDE_STANDBY; /* by itself */
                ck_assert_uint_eq(delivered(&c, mode, SIDE_STANDBY, false), 1);
                do_step(&c, BOND_STEP_ACTIVATE);
                ck_assert(!(mode_of(&c, REDIRECT_BOTH, true) & REDIRECT_BOND_TAKEOVER));
                /* what is still on its way comes in on the active port: no need to open it now */
                ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
                c.under_way = c.lingering = false;
                ck_assert_int_eq(bond_course_next(&c), split ? BOND_STEP_CLOSE : BOND_STEP_NONE);
        }
}
END_TEST

/* all_slaves_active as its administrator wants it. */
START_TEST(leaves_open_what_was_open) {
        BondCourse c = rest(SIDE_PRIMARY, true);

        ck_assert(!bond_course_is_steered(&c));
        begin(&c, paths[2], STEERING_PLANNED);
        ck_assert(bond_course_is_steered(&c));
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_ACTIVATE);
        do_step(&c, BOND_STEP_ACTIVATE);
        c.under_way = c.lingering = false;
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
        ck_assert(!bond_course_is_steered(&c));
}
END_TEST

/* A third port, or none, is active: nothing is asked of the bond but to be closed, nothing is dropped. */
START_TEST(leaves_others_alone) {
        BondCourse c = rest(SIDE_PRIMARY, false);

        c.active = _PAIR_SIDE_INVALID;
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
        c.open = true;
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_CLOSE);
        ck_assert(!(mode_of(&c, REDIRECT_REST, false) & REDIRECT_BOND_STEERED));
}
END_TEST

/* What a process finds that comes after one killed at this point: the mode word as it was stored last, the bond
 * as it is. It must come to where the other one was going. */
static void killed(const BondCourse *was, uint32_t word, RedirectPhase phase, bool moving) {
        BondCourse c = { .active = was->active, .open = was->open, .open_ever = was->open_ever };
        RedirectMove move = bond_course_take_up(&c, word);
        BondStep step;

        ck_assert(steering_path_equal(move.path, was->target));
        ck_assert(steering_path_equal(c.target, was->target));
        ck_assert_int_eq(c.ordered, was->ordered);
        ck_assert_int_eq(c.takeover, was->takeover);
        if (word & REDIRECT_BOND_STEERED) {
                ck_assert_int_eq(move.moving, moving);
                ck_assert_int_eq(move.phase, phase);
        }
        for (unsigned n = 0; (step = bond_course_next(&c)) != BOND_STEP_NONE; n++) {
                ck_assert_uint_lt(n, 4);
                do_step(&c, step);
        }
        c.under_way = c.lingering = false;
        do_step(&c, bond_course_next(&c));
        ck_assert_int_eq(c.active, was->target.egress);
        ck_assert_int_eq(c.open, was->target.ingress != was->target.egress);
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
}

static const SteeringPath moves[][2] = {
        { { SIDE_PRIMARY, SIDE_PRIMARY }, { SIDE_STANDBY, SIDE_PRIMARY } },
        { { SIDE_STANDBY, SIDE_PRIMARY }, { SIDE_PRIMARY, SIDE_PRIMARY } },
        { { SIDE_STANDBY, SIDE_PRIMARY }, { SIDE_STANDBY, SIDE_STANDBY } },
        { { SIDE_PRIMARY, SIDE_PRIMARY }, { SIDE_STANDBY, SIDE_STANDBY } },
        { { SIDE_STANDBY, SIDE_STANDBY }, { SIDE_PRIMARY, SIDE_STANDBY } },
        { { SIDE_PRIMARY, SIDE_STANDBY }, { SIDE_PRIMARY, SIDE_PRIMARY } },
};

START_TEST(killed_at_any_point) {
        for (SteeringUrgency urgency = STEERING_PLANNED; urgency <= STEERING_NOW; urgency++) {
                SteeringPath from = moves[_i][0], to = moves[_i][1];
                BondCourse c = rest(from.egress, false);
                RedirectPhase phase = urgency == STEERING_NOW ? REDIRECT_BOTH : REDIRECT_RECORD;
                BondStep step;
                bool moving;

                if (urgency == STEERING_NOW && to.ingress != to.egress)
                        continue; /* a dead adapter has no half left */
                killed(&c, mode_of(&c, REDIRECT_REST, false), REDIRECT_REST, false);
                if (from.ingress != from.egress) {
                        begin(&c, from, STEERING_PLANNED);
                        do_step(&c, bond_course_next(&c));
                        c.under_way = false;
                        killed(&c, mode_of(&c, REDIRECT_REST, false), REDIRECT_REST, false);
                }
                begin(&c, to, urgency);
                moving = c.under_way;
                phase = moving ? phase : REDIRECT_REST;
                while ((step = bond_course_next(&c)) != BOND_STEP_NONE) {
                        uint32_t word = mode_of(&c, phase, moving);

                        killed(&c, word, phase, moving);
                        do_step(&c, step);
                        killed(&c, word, phase, moving); /* before it could write it down */
                }
                killed(&c, mode_of(&c, phase, moving), phase, moving);
                c.under_way = false;
                killed(&c, mode_of(&c, REDIRECT_REST, false), REDIRECT_REST, false);
                c.lingering = false;
                killed(&c, mode_of(&c, REDIRECT_REST, false), REDIRECT_REST, false);
                if (to.ingress == to.egress) {
                        uint32_t word = mode_of(&c, REDIRECT_REST, false);

                        do_step(&c, bond_course_next(&c));
                        killed(&c, word, REDIRECT_REST, false);
                        killed(&c, mode_of(&c, REDIRECT_REST, false), REDIRECT_REST, false);
                }
        }
}
END_TEST

/* While nobody looked, the bond has left the port that died in a split. */
START_TEST(killed_and_overtaken) {
        BondCourse c = rest(SIDE_PRIMARY, false);
        uint32_t word;

        begin(&c, paths[1], STEERING_PLANNED);
        do_step(&c, BOND_STEP_OPEN);
        c.under_way = false;
        word = mode_of(&c, REDIRECT_REST, false);
        c = (BondCourse){ .active = SIDE_STANDBY, .open = true };
        ck_assert(steering_path_equal(bond_course_take_up(&c, word).path, paths[2]));
        ck_assert(!c.ordered);
        c.lingering = false;
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_CLOSE);
        /* nor is a bond that its administrator opened closed for lack of a word */
        c = (BondCourse){ .active = SIDE_STANDBY, .open = true, .open_ever = true };
        ck_assert(steering_path_equal(bond_course_take_up(&c, 0).path, paths[2]));
        ck_assert_int_eq(bond_course_next(&c), BOND_STEP_NONE);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("bond-course");
        TCase *c = tcase_create("bond-course");

        tcase_add_test(c, rests_closed);
        tcase_add_test(c, planned_moves_arrive);
        tcase_add_test(c, one_copy_in_a_split);
        tcase_add_test(c, takes_over_at_once);
        tcase_add_test(c, leaves_open_what_was_open);
        tcase_add_test(c, leaves_others_alone);
        tcase_add_loop_test(c, killed_at_any_point, 0, ELEMENTSOF(moves));
        tcase_add_test(c, killed_and_overtaken);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
