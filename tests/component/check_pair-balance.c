/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair whose adapters both carry traffic, as ports of an 802.3ad bond do: in virtual time, with everything
 * round the pair faked. */

#include "check-main.h"
#include "pair-world.h"

static World w;

static void setup(void) {
        world_init(&w);
        w.in_bond = w.balances = w.balanced = true;
}

static void begin(void) {
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        ck_assert(w.balanced);
}

static void teardown(void) {
        world_done(&w);
}

static void alarm_for(PairSide side, usec_t duration) {
        ck_assert_int_eq(pair_inject_evidence(w.pair, w.link[side].name, SIGNAL_RX_POWER, EVIDENCE_ALARM,
                                         duration, NULL),
                        0);
        world_run(&w, 10 * USEC_PER_SEC);
}

static void ask(PairVerb verb) {
        Answer answer;

        ck_assert_int_eq(world_request(&w, verb, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_msg(answer.n == 1 && answer.ok, "%s", answer.text);
}

static PairStatus status(void) {
        PairStatus s;

        pair_get_status(w.pair, &s);
        return s;
}

/* Nothing is set on an adapter that carries traffic, so the other serves as it is. */
START_TEST(test_serving_is_left) {
        begin();
        ck_assert(status().balanced);
        alarm_for(SIDE_PRIMARY, USEC_PER_HOUR);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert(!w.balanced && !status().balanced);
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
        ck_assert_int_eq(w.states[2], PAIR_SPLITTING); /* after unprotected and protected */
        ck_assert(!world_saw(&w, EVENT_DRAINED));
}
END_TEST

START_TEST(test_spare_is_left) {
        begin();
        alarm_for(SIDE_STANDBY, USEC_PER_HOUR);
        ck_assert(!w.balanced);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_uint_eq(w.n_begun, 0);
        ck_assert_uint_eq(world_count(&w, EVENT_DRAINED), 1);
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_DRAINED], "traffic leaves eth1, eth0 carries all of it: "));
}
END_TEST

/* Where both are to fail nothing is won. */
START_TEST(test_both_in_alarm) {
        begin();
        ck_assert_int_eq(pair_hold(w.pair, USEC_PER_MINUTE, "both", NULL), 0);
        alarm_for(SIDE_PRIMARY, USEC_PER_HOUR);
        alarm_for(SIDE_STANDBY, USEC_PER_HOUR);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert(w.balanced);
        ck_assert_uint_eq(w.n_begun, 0);
}
END_TEST

START_TEST(test_hold) {
        begin();
        ck_assert_int_eq(pair_hold(w.pair, USEC_PER_MINUTE, "maintenance", NULL), 0);
        alarm_for(SIDE_STANDBY, USEC_PER_HOUR);
        ck_assert(w.balanced);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert(!w.balanced);
}
END_TEST

/* Whichever of them was left. */
START_TEST(test_failback) {
        PairSide left = _i / 2 ? SIDE_STANDBY : SIDE_PRIMARY;
        bool automatic = _i % 2;

        w.policy.failback = automatic ? FAILBACK_AUTO : FAILBACK_MANUAL;
        begin();
        alarm_for(left, USEC_PER_MINUTE);
        ck_assert(!w.balanced);
        world_run(&w, USEC_PER_MINUTE + w.policy.failback_after / 2);
        ck_assert(!w.balanced);
        world_run(&w, w.policy.failback_after);
        ck_assert_int_eq(w.balanced, automatic);
        ck_assert_uint_eq(world_count(&w, EVENT_BALANCED), automatic);
        /* who serves does not change by that, as nothing moves */
        ck_assert_int_eq(pair_serving(w.pair), pair_side_other(left));
}
END_TEST

START_TEST(test_revert) {
        PairSide left = _i ? SIDE_STANDBY : SIDE_PRIMARY;

        begin();
        alarm_for(left, USEC_PER_MINUTE);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert(!w.balanced);
        ask(PAIR_VERB_REVERT);
        ck_assert(w.balanced);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_nothing_to_revert) {
        Answer answer;
        Error e = {};

        begin();
        ck_assert_int_lt(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        ck_assert_str_eq(e.text, "pair lan: nothing to revert, both adapters carry traffic");
}
END_TEST

/* A bond takes up a port again as soon as it has a link; so does the pair, once it is proved, be it another
 * process by then. */
START_TEST(test_carrier) {
        PairSide dead = _i / 2 ? SIDE_STANDBY : SIDE_PRIMARY;
        bool restarted = _i % 2;

        begin();
        world_set_carrier(&w, dead, false);
        ck_assert(!w.balanced);
        ck_assert_int_eq(w.path.egress, pair_side_other(dead));
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(!w.balanced);
        if (restarted) {
                world_kill(&w);
                world_start(&w);
                world_run(&w, USEC_PER_SEC);
                ck_assert(!w.balanced);
        }
        world_set_carrier(&w, dead, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert(w.balanced);
        ck_assert_int_eq(pair_serving(w.pair), pair_side_other(dead));
}
END_TEST

START_TEST(test_drill) {
        begin();
        ask(PAIR_VERB_DRILL);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_uint_eq(w.n_finished, 2);
        ck_assert(w.balanced);
}
END_TEST

START_TEST(test_no_priming) {
        Answer answer;
        Error e = {};

        begin();
        world_run(&w, USEC_PER_HOUR);
        ck_assert_uint_eq(w.n_primed, 0);
        if (world_request(&w, PAIR_VERB_PRIME, true, &answer, &e) >= 0) {
                world_run(&w, USEC_PER_SEC);
                snprintf(e.text, sizeof(e.text), "%s", answer.text);
        }
        ck_assert_ptr_nonnull(strstr(e.text, "eth1 carries traffic: nothing is set on it"));
        ck_assert_uint_eq(w.n_primed, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-balance");
        TCase *t = tcase_create("pair-balance");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_serving_is_left);
        tcase_add_test(t, test_spare_is_left);
        tcase_add_test(t, test_both_in_alarm);
        tcase_add_test(t, test_hold);
        tcase_add_loop_test(t, test_failback, 0, 4);
        tcase_add_loop_test(t, test_revert, 0, 2);
        tcase_add_test(t, test_nothing_to_revert);
        tcase_add_loop_test(t, test_carrier, 0, 4);
        tcase_add_test(t, test_drill);
        tcase_add_test(t, test_no_priming);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
