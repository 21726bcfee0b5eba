/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What people ask of a pair, and what they are told: in virtual time, with everything round the pair faked. */

#include "check-main.h"
#include "pair-world.h"

static World w;

static void setup(void) {
        world_init(&w);
}

static void teardown(void) {
        world_done(&w);
}

/* Whoever is told that there is a hold is told why, or that nobody said. */
START_TEST(test_hold_without_a_reason) {
        Answer answer;
        Error e = {};

        world_begin(&w);
        pair_hold(w.pair, USEC_PER_MINUTE, "", NULL);
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, false, &answer, &e), 0);
        ck_assert_msg(strstr(e.text, "on hold: no reason given"), "%s", e.text);
}
END_TEST

START_TEST(test_requests) {
        Answer answer;
        Error e = {};

        world_begin(&w);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SPLIT, false, &answer, NULL), 0);
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, false, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_BUSY);
        ck_assert_int_eq(w.moving, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(answer.ok);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(answer.ok);
        ck_assert_int_eq(answer.record.result, MOVE_DONE);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, NULL), 0);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(answer.ok);
        ck_assert(steering_path_equal(w.path, guard));
        e = (Error){};
        ck_assert_int_lt(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_ALREADY_ACTIVE);
}
END_TEST

/* Nobody is left waiting for what will not be begun. */
START_TEST(test_prime_without_links) {
        Answer answer;
        Error e = {};

        world_begin(&w);
        world_set_carrier(&w, SIDE_STANDBY, false);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(world_state(&w), PAIR_FAILED);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, &e), -ENETDOWN);
        ck_assert_int_eq(e.kind, ERROR_NOT_READY);
        ck_assert_str_eq(e.text,
                        "pair lan is failed: neither eth0 nor eth1 works, ask again when one has a link");
        world_set_carrier(&w, SIDE_STANDBY, true);
        world_set_carrier(&w, SIDE_PRIMARY, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, &e), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.ok);
}
END_TEST

/* Asked for the way back in the very moment in which the way there is done. */
START_TEST(test_request_upon_request) {
        Answer answer, back;

        world_begin(&w);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        while (!steering_path_equal(w.path, switched))
                world_run(&w, USEC_PER_MSEC);
        world_run(&w, 2 * USEC_PER_MSEC);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &back, NULL), 0);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(answer.ok);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(back.ok);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_drill) {
        Answer answer;

        world_begin(&w);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_DRILL, false, &answer, NULL), 0);
        world_run(&w, 20 * USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(answer.ok);
        ck_assert_str_eq(answer.record.to, "eth1");
        ck_assert_str_eq(answer.back.to, "eth0");
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert(world_saw(&w, EVENT_DRILL_DONE));
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

/* Takes 5 s of the time that there is to confirm it. */
static void switch_to_be_confirmed(usec_t revert_after) {
        Answer answer;

        w.revert_after = revert_after;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(answer.ok);
        ck_assert(steering_path_equal(w.path, switched));
}

START_TEST(test_revert_after) {
        world_begin(&w);
        switch_to_be_confirmed(10 * USEC_PER_SEC);
        world_run(&w, 15 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_REVERT);
        switch_to_be_confirmed(10 * USEC_PER_SEC);
        ck_assert_int_eq(pair_confirm(w.pair, NULL), 0);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_lt(pair_confirm(w.pair, NULL), 0);
}
END_TEST

/* The other one failed meanwhile, and traffic is where it was: there is nothing to take back. */
START_TEST(test_revert_is_done_already) {
        world_begin(&w);
        switch_to_be_confirmed(20 * USEC_PER_SEC);
        world_set_carrier(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        world_set_carrier(&w, SIDE_STANDBY, true);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-request");
        TCase *t = tcase_create("pair-request");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_hold_without_a_reason);
        tcase_add_test(t, test_requests);
        tcase_add_test(t, test_prime_without_links);
        tcase_add_test(t, test_request_upon_request);
        tcase_add_test(t, test_drill);
        tcase_add_test(t, test_revert_after);
        tcase_add_test(t, test_revert_is_done_already);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
