/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a move of ingress waits for, and for how long: in virtual time, with everything round the pair faked. */

#include "check-main.h"
#include "pair-world.h"

static World w;

static void setup(void) {
        world_init(&w);
        world_begin(&w);
}

static void teardown(void) {
        world_done(&w);
}

/* Which groups were joined is read before ingress moves, since switches must hear of them: but the kernel
 * answers only when nobody else holds RTNL, as the driver of an adapter that is about to fail may do. */
START_TEST(test_addresses_are_read_first) {
        w.read_delay = _i == 0 ? 5 * USEC_PER_MSEC : USEC_INFINITY;
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 3 * USEC_PER_MSEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLITTING);
        ck_assert_uint_eq(w.n_read, 1);
        ck_assert(steering_path_equal(w.path, guard));
        world_run(&w, _i == 0 ? 5 * USEC_PER_MSEC : 50 * USEC_PER_MSEC);
        ck_assert_uint_eq(w.n_refreshed, _i == 0);
        ck_assert(steering_path_equal(w.path, split));
        world_run(&w, 10 * USEC_PER_MSEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        world_run(&w, w.policy.settle + 2 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
}
END_TEST

/* A look whether the spare is still primed reads what RTNL is needed for, too. */
START_TEST(test_split_does_not_wait_for_a_look) {
        w.prime_delay = USEC_PER_MINUTE;
        pair_settings_changed(w.pair, SIDE_PRIMARY, UINT64_C(1) << PRIME_RINGS, w.now);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(w.prime_running);
        ck_assert_int_eq(w.prime_what, PAIR_PRIMING_PLAN);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 50 * USEC_PER_MSEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        ck_assert(!w.prime_running);
}
END_TEST

/* Whoever dies, or whatever is decided otherwise, while that is being read does not wait for it. */
START_TEST(test_dies_while_addresses_are_read) {
        w.read_delay = USEC_INFINITY;
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 3 * USEC_PER_MSEC);
        world_set_carrier(&w, _i == 0 ? SIDE_PRIMARY : SIDE_STANDBY, false);
        ck_assert(steering_path_equal(w.path, _i == 0 ? switched : guard));
        world_run(&w, USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, _i == 0 ? switched : guard));
        ck_assert_uint_eq(w.n_begun, 1);
}
END_TEST

/* What changes while it is read is read once more; what was read before traffic moved is not gone by. */
START_TEST(test_addresses_change_while_they_are_read) {
        w.read_delay = 10 * USEC_PER_MSEC;
        pair_refresh(w.pair, w.now);
        world_run(&w, 5 * USEC_PER_MSEC);
        pair_refresh(w.pair, w.now);
        pair_refresh(w.pair, w.now);
        ck_assert_uint_eq(w.n_read, 1);
        world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert_uint_eq(w.n_read, 2);
        ck_assert_uint_eq(w.n_refreshed, 2);

        w.read_delay = 200 * USEC_PER_MSEC;
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert(steering_path_equal(w.path, split));
        ck_assert_uint_eq(w.n_read, 3);
        world_run(&w, 200 * USEC_PER_MSEC);
        ck_assert_uint_eq(w.n_read, 4);
        ck_assert_uint_eq(w.n_refreshed, 2);
        world_run(&w, 200 * USEC_PER_MSEC);
        ck_assert_uint_eq(w.n_refreshed, 3);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-split");
        TCase *t = tcase_create("pair-split");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_addresses_are_read_first, 0, 2);
        tcase_add_test(t, test_split_does_not_wait_for_a_look);
        tcase_add_loop_test(t, test_dies_while_addresses_are_read, 0, 2);
        tcase_add_test(t, test_addresses_change_while_they_are_read);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
