/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs are told in each path and phase: every word there is. */
#include "check-main.h"
#include "redirect-mode.h"

static RedirectMove move_of(int i) {
        return (RedirectMove){
                .path = { .ingress = (PairSide) (i & 1), .egress = (PairSide) (i >> 1 & 1) },
                .phase = (RedirectPhase) (i >> 2 & 3),
                .moving = i >> 4 & 1,
        };
}

#define MOVES 32

/* Since a process that dies leaves nothing but the word. */
START_TEST(survives_in_the_word) {
        RedirectMove m = move_of(_i), back = redirect_mode_parse(redirect_mode_of(&m));

        ck_assert(steering_path_equal(back.path, m.path));
        ck_assert_int_eq(back.phase, m.phase);
        ck_assert_int_eq(back.moving, m.moving);
}
END_TEST

START_TEST(never_deaf) {
        RedirectMove m = move_of(_i);
        uint32_t mode = redirect_mode_of(&m);
        unsigned new = (unsigned) m.path.ingress, old = 1 - new;
        bool resting = m.phase == REDIRECT_REST && !m.moving;

        /* Unicast: the new side always, the old one until all is over. */
        ck_assert(mode & REDIRECT_ACCEPT_UNICAST(new));
        ck_assert_int_eq(!!(mode & REDIRECT_ACCEPT_UNICAST(old)), !resting);
        /* Groups: at least one side, both only with the ledger. */
        ck_assert(mode & (REDIRECT_ACCEPT_GROUP(0) | REDIRECT_ACCEPT_GROUP(1)));
        if (mode & REDIRECT_ACCEPT_GROUP(0) && mode & REDIRECT_ACCEPT_GROUP(1))
                ck_assert(mode & REDIRECT_LEDGER);
        if (m.phase == REDIRECT_RECORD)
                ck_assert(mode & REDIRECT_ACCEPT_GROUP(old));
        if (m.phase == REDIRECT_REST || m.phase == REDIRECT_LAST)
                ck_assert(!(mode & REDIRECT_ACCEPT_GROUP(old)));
        /* The identity is never sent as source by a port that is not to be learned. */
        ck_assert_int_eq(!!(mode & REDIRECT_REWRITE), m.path.ingress != m.path.egress);
        ck_assert_int_eq(!!(mode & REDIRECT_EGRESS_STANDBY), m.path.egress == SIDE_STANDBY);
}
END_TEST

START_TEST(rest_costs_nothing) {
        const RedirectMove guard = {};

        ck_assert_uint_eq(redirect_mode_of(&guard), REDIRECT_GUARD);
        for (int i = 0; i < 4; i++) {
                RedirectMove m = move_of(i);

                ck_assert(!(redirect_mode_of(&m) & (REDIRECT_LEDGER | REDIRECT_ORDER | REDIRECT_MOVING)));
        }
}
END_TEST

/* A newer program finds only the path in an older one's word. */
START_TEST(path_bits_are_fixed) {
        RedirectMove m = redirect_mode_parse(1);

        ck_assert(steering_path_equal(m.path, (SteeringPath){ SIDE_STANDBY, SIDE_PRIMARY }));
        m = redirect_mode_parse(3);
        ck_assert(steering_path_equal(m.path, (SteeringPath){ SIDE_STANDBY, SIDE_STANDBY }));
        ck_assert_int_eq(m.phase, REDIRECT_REST);
        ck_assert(!m.moving);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("redirect-mode");
        TCase *c = tcase_create("mode");

        tcase_add_loop_test(c, survives_in_the_word, 0, MOVES);
        tcase_add_loop_test(c, never_deaf, 0, MOVES);
        tcase_add_test(c, rest_costs_nothing);
        tcase_add_test(c, path_bits_are_fixed);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
