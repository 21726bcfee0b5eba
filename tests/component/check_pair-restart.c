/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The daemon dies and starts again, in virtual time: a pair goes on from what the kernel and its memory say. */

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

/* P6: killed at any state, the next start goes on from what it finds. */
static const struct {
        PairState state;
        SteeringPath end;
} kills[] = {
        { PAIR_PRIMED, { SIDE_PRIMARY, SIDE_PRIMARY } },
        { PAIR_SPLITTING, { SIDE_STANDBY, SIDE_STANDBY } },
        { PAIR_SPLIT, { SIDE_STANDBY, SIDE_STANDBY } },
};

START_TEST(test_killed) {
        Answer answer;

        if (kills[_i].state != PAIR_PRIMED)
                ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        if (kills[_i].state == PAIR_SPLIT)
                world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), kills[_i].state);
        world_kill(&w);
        w.now += 10 * USEC_PER_SEC;
        w.n_states = 0;
        world_start(&w);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, kills[_i].end));
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        if (kills[_i].state != PAIR_PRIMED)
                ck_assert(world_saw(&w, EVENT_RESUMED));
}
END_TEST

START_TEST(test_killed_in_requested_split) {
        Answer answer;

        ck_assert_int_eq(world_request(&w, PAIR_VERB_SPLIT, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        world_kill(&w);
        world_start(&w);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        ck_assert(steering_path_equal(w.path, split));
}
END_TEST

/* A new process has to prove both adapters anew, and the serving one may be the first. */
START_TEST(test_killed_in_split_and_spare_proved_later) {
        Answer answer;

        ck_assert_int_eq(world_request(&w, PAIR_VERB_SPLIT, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        world_kill(&w);
        w.now += 10 * USEC_PER_SEC;
        w.proved[SIDE_STANDBY] = false;
        w.n_states = 0;
        world_start(&w);
        world_run(&w, w.policy.probe.every * w.policy.probe.lose + w.policy.probe.timeout);
        w.proved[SIDE_STANDBY] = true;
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        ck_assert(steering_path_equal(w.path, split));
        ck_assert(!world_saw(&w, EVENT_SWITCH_REVERTED));
        /* but one that fails to be proved is no place to stay */
        world_kill(&w);
        w.proved[SIDE_STANDBY] = false;
        world_start(&w);
        world_run(&w, 3 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_hold_survives) {
        PairStatus status;

        pair_hold(w.pair, USEC_PER_HOUR, "night work", NULL);
        world_kill(&w);
        w.now += USEC_PER_MINUTE;
        world_start(&w);
        pair_get_status(w.pair, &status);
        ck_assert(status.held);
        ck_assert_str_eq(status.hold_reason, "night work");
        world_run(&w, USEC_PER_HOUR);
        pair_get_status(w.pair, &status);
        ck_assert(!status.held);
}
END_TEST

/* Done, or killed in the middle of it: what was to be confirmed goes back after a restart, too. */
START_TEST(test_revert_survives) {
        Answer answer;

        w.revert_after = 20 * USEC_PER_SEC;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        if (_i == 0)
                world_run(&w, 5 * USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), _i == 0 ? PAIR_PRIMED : PAIR_SPLITTING);
        world_kill(&w);
        w.now += 5 * USEC_PER_SEC;
        world_start(&w);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
        world_run(&w, 20 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_REVERT);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_confirmation_survives) {
        Answer answer;

        w.revert_after = 20 * USEC_PER_SEC;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 5 * USEC_PER_SEC);
        world_kill(&w);
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_confirm(w.pair, NULL), 0);
        world_kill(&w);
        world_start(&w);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_eq(pair_confirm(w.pair, NULL), -ENOENT);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-restart");
        TCase *t = tcase_create("pair-restart");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_killed, 0, ELEMENTSOF(kills));
        tcase_add_test(t, test_killed_in_requested_split);
        tcase_add_test(t, test_killed_in_split_and_spare_proved_later);
        tcase_add_test(t, test_hold_survives);
        tcase_add_loop_test(t, test_revert_survives, 0, 2);
        tcase_add_test(t, test_confirmation_survives);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
