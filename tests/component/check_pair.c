/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole lives of a pair in virtual time: the promises of a move, with everything round it faked. */

#include "check-main.h"
#include "pair-world.h"

static World w;

static void setup(void) {
        world_init(&w);
}

static void teardown(void) {
        world_done(&w);
}

START_TEST(test_becomes_primed) {
        world_begin(&w);
        ck_assert_uint_eq(w.n_primed, 1);
        ck_assert_uint_eq(w.n_begun, 0);
        ck_assert(world_saw(&w, EVENT_PAIR_PROTECTED));
        ck_assert(world_saw(&w, EVENT_STANDBY_PRIMED));
}
END_TEST

/* P1's order: ingress, proof, then egress; and the record says so. */
START_TEST(test_predicted_switch) {
        world_begin(&w);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, w.policy.settle);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        ck_assert(steering_path_equal(w.path, split));
        world_run(&w, USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
        /* what was left is in alarm, and no spare to rely on */
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        ck_assert_uint_eq(w.n_finished, 1);
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_EVIDENCE);
        ck_assert_str_eq(w.finished.from, "eth0");
        ck_assert_str_eq(w.finished.to, "eth1");
        ck_assert_uint_ge(w.finished.ingress_usec, w.ingress_delay);
        /* the cut of the adapter that was left changes nothing */
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
}
END_TEST

/* The patent's way: egress stays until the adapter really fails. */
START_TEST(test_egress_on_failure) {
        w.policy.egress = EGRESS_ON_FAILURE;
        world_begin(&w);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, USEC_PER_HOUR / 2);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert(steering_path_equal(w.path, switched));
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
        ck_assert_uint_eq(w.n_finished, 1);
}
END_TEST

/* P2: within the very call that brings the news, and with nothing before it. */
START_TEST(test_sudden_failure) {
        world_begin(&w);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_uint_eq(w.n_begun_now, 1);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_FAILURE);
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
}
END_TEST

START_TEST(test_sudden_failure_while_priming) {
        w.prime_delay = 10 * USEC_PER_SEC;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMING);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_uint_eq(w.n_cancelled, 1);
}
END_TEST

START_TEST(test_both_fail) {
        world_begin(&w);
        world_set_carrier(&w, SIDE_STANDBY, false);
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(world_state(&w), PAIR_FAILED);
        ck_assert(steering_path_equal(w.path, guard));
        world_set_carrier(&w, SIDE_STANDBY, true);
        ck_assert(steering_path_equal(w.path, switched));
        world_set_carrier(&w, SIDE_PRIMARY, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

/* P5: alarms move nothing to a spare that is not proved, is worse, or when a person said no. */
START_TEST(test_unproved_spare) {
        world_begin(&w);
        w.proved[SIDE_STANDBY] = false;
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        ck_assert(world_saw(&w, EVENT_SWITCH_SUPPRESSED));
        /* once, not at every tick */
        for (size_t i = 0, n = 0; i < w.n_events; i++)
                ck_assert((n += w.events[i] == EVENT_SWITCH_SUPPRESSED) <= 1);
        w.proved[SIDE_STANDBY] = true;
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
}
END_TEST

START_TEST(test_worse_spare) {
        world_begin(&w);
        pair_inject_evidence(w.pair, "eth1", SIGNAL_RX_CRC_ERRORS, EVIDENCE_ALARM, USEC_PER_HOUR, NULL);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_hold) {
        Answer answer;
        Error e = {};

        world_begin(&w);
        pair_hold(w.pair, USEC_PER_MINUTE, "swapping optics", NULL);
        world_alarm(&w, SIDE_PRIMARY);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, 30 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, false, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_HELD);
        /* the hold runs out by itself, and then the dead adapter is left at once */
        world_run(&w, 31 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert(world_saw(&w, EVENT_RELEASED));
}
END_TEST

START_TEST(test_inhibitors) {
        world_begin(&w);
        pair_set_inhibitors(w.pair, 1, w.now);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        pair_set_inhibitors(w.pair, 0, w.now);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
}
END_TEST

START_TEST(test_observe_touches_nothing) {
        Answer answer;
        Error e = {};

        w.policy.mode = MODE_OBSERVE;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        world_alarm(&w, SIDE_PRIMARY);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_begun, 0);
        ck_assert_uint_eq(w.n_primed, 0);
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, true, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_NOT_SUPPORTED);
}
END_TEST

/* An active port that somebody else has chosen is respected for the budget's min-interval, but not when it
 * dies. */
START_TEST(test_foreign_change) {
        w.in_bond = true;
        w.policy.budget.min_interval = USEC_PER_MINUTE;
        world_begin(&w);
        w.foreign = true;
        pair_check_steering(w.pair, w.now);
        ck_assert(world_saw(&w, EVENT_EXTERNAL_CHANGE));
        ck_assert_int_eq(pair_serving(w.pair), SIDE_STANDBY);
        ck_assert_uint_eq(w.n_begun, 0);
        world_run(&w, USEC_PER_SEC);
        world_alarm(&w, SIDE_STANDBY);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert(world_saw(&w, EVENT_SWITCH_SUPPRESSED));
        ck_assert(steering_path_equal(w.path, switched));
        world_set_carrier(&w, SIDE_STANDBY, false);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

/* In the middle of a move: it ends, and whoever asked is told. */
START_TEST(test_foreign_change_in_a_split) {
        Answer answer;

        w.in_bond = true;
        world_begin(&w);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SPLIT, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        w.foreign = true;
        world_run(&w, USEC_PER_SEC);
        ck_assert(world_saw(&w, EVENT_EXTERNAL_CHANGE));
        ck_assert_int_eq(w.finished.result, MOVE_UNDONE);
        ck_assert(steering_path_equal(w.path, switched));
        ck_assert_int_eq(pair_serving(w.pair), SIDE_STANDBY);
}
END_TEST

/* The addresses are the bond's: a port that is set down is left like a dead one. */
START_TEST(test_port_set_down) {
        w.in_bond = true;
        world_begin(&w);
        w.link[SIDE_PRIMARY].up = false;
        pair_set_link(w.pair, SIDE_PRIMARY, &w.link[SIDE_PRIMARY], w.now);
        ck_assert(steering_path_equal(w.path, switched));
}
END_TEST

START_TEST(test_obstacle_is_observed) {
        Answer answer;
        PairStatus status;
        Error e = {};

        w.obstacle = "bond0 is in mode 802.3ad";
        w.conflict = "primary of bond0 is set";
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        world_alarm(&w, SIDE_PRIMARY);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_begun, 0);
        ck_assert_uint_eq(w.n_primed, 0);
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, true, &answer, &e), 0);
        ck_assert_ptr_nonnull(strstr(e.text, w.obstacle));
        pair_get_status(w.pair, &status);
        ck_assert_str_eq(status.reasons[0], w.obstacle);
        ck_assert_str_eq(status.conflict, w.conflict);
        ck_assert(world_saw(&w, EVENT_CONFLICT));
}
END_TEST

/* Another device above: it is put under guard anew. */
START_TEST(test_joins_a_bond) {
        world_begin(&w);
        w.link[SIDE_PRIMARY].master = 77;
        pair_set_link(w.pair, SIDE_PRIMARY, &w.link[SIDE_PRIMARY], w.now);
        ck_assert(world_entered(&w, PAIR_ABSENT));
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

/* Ingress that is not seen to follow is taken back, and whoever asked is told. */
START_TEST(test_ingress_does_not_follow) {
        Answer answer;

        world_begin(&w);
        w.ingress_follows = false;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(!answer.ok);
        ck_assert_int_eq(answer.kind, ERROR_REVERTED);
        ck_assert_int_eq(w.finished.result, MOVE_UNDONE);
        ck_assert(world_entered(&w, PAIR_UNSPLITTING));
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

START_TEST(test_spare_dies_in_split) {
        world_begin(&w);
        w.policy.egress = EGRESS_ON_FAILURE;
        pair_set_policy(w.pair, &w.policy, w.now);
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        world_set_carrier(&w, SIDE_STANDBY, false);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_uint_eq(w.n_begun_now, 1);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(w.finished.result, MOVE_UNDONE);
}
END_TEST

START_TEST(test_priming_fails) {
        w.prime_result = -EOPNOTSUPP;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        ck_assert(world_saw(&w, EVENT_PRIME_FAILED));
        ck_assert_uint_eq(w.n_primed, 1); /* not again and again */
        /* a spare that differs is better than an adapter that dies */
        world_alarm(&w, SIDE_PRIMARY);
        world_run(&w, 4 * USEC_PER_SEC);
        ck_assert(steering_path_equal(w.path, switched));
}
END_TEST

/* It may bounce the spare's link each time: less and less often, until something is different. */
START_TEST(test_priming_goes_on_failing) {
        w.prime_result = -EOPNOTSUPP;
        world_start(&w);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_primed, 2); /* 30 s later */
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_primed, 3); /* 60 s later */
        world_run(&w, USEC_PER_HOUR);
        ck_assert_uint_ge(w.n_primed, 8);
        ck_assert_uint_le(w.n_primed, 12);
        w.policy.prime_items.exclude = 1;
        pair_set_policy(w.pair, &w.policy, w.now);
        w.prime_result = 0;
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

START_TEST(test_prime_predicted) {
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        ck_assert_uint_eq(w.n_primed, 0);
        pair_inject_evidence(w.pair, "eth0", SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_HOUR, NULL);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert(steering_path_equal(w.path, guard));
}
END_TEST

START_TEST(test_failback) {
        w.policy.failback = FAILBACK_AUTO;
        w.policy.failback_after = 10 * USEC_PER_MINUTE;
        world_begin(&w);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_MINUTE);
        world_set_carrier(&w, SIDE_PRIMARY, true);
        world_run(&w, 9 * USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, switched));
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert(steering_path_equal(w.path, guard));
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_FAILBACK);
}
END_TEST

/* A pair that flaps: at most the budgeted number of automatic returns. */
START_TEST(test_flapping) {
        w.policy.failback = FAILBACK_AUTO;
        w.policy.failback_after = USEC_PER_SEC;
        world_begin(&w);
        for (unsigned i = 0; i < 150; i++) {
                world_set_carrier(&w, SIDE_PRIMARY, i % 2);
                world_run(&w, 2 * USEC_PER_SEC);
        }
        ck_assert_uint_le(w.n_started, 1 + w.policy.budget.max_per_hour);
}
END_TEST

START_TEST(test_adapter_removed_and_back) {
        world_begin(&w);
        world_set_exists(&w, SIDE_STANDBY, false);
        ck_assert_int_eq(world_state(&w), PAIR_ABSENT);
        world_run(&w, USEC_PER_MINUTE);
        world_set_exists(&w, SIDE_STANDBY, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_uint_eq(w.n_primed, 2);
}
END_TEST

/* Each has a name, and an object on the bus, of its own. */
START_TEST(test_absent_adapters_have_names) {
        static const char *const texts[] = { "mac:52:54:00:00:00:0a", "mac:52:54:00:00:00:0b" };

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                AdapterMatch *a = w.policy.adapter + s;

                *a = (AdapterMatch){ .kind = ADAPTER_BY_MAC };
                snprintf(a->text, sizeof(a->text), "%s", texts[s]);
                w.link[s].exists = false;
                w.link[s].name[0] = 0;
        }
        world_start(&w);
        ck_assert_str_eq(pair_link(w.pair, SIDE_PRIMARY)->name, ":54:00:00:00:0a");
        ck_assert_str_eq(pair_link(w.pair, SIDE_STANDBY)->name, ":54:00:00:00:0b");
}
END_TEST

START_TEST(test_cannot_be_steered) {
        PairStatus status;

        w.attach_fails = true;
        world_start(&w);
        world_run(&w, 30 * USEC_PER_SEC);
        pair_get_status(w.pair, &status);
        ck_assert_uint_ge(status.n_reasons, 1);
        ck_assert_str_eq(status.reasons[0], "eth1 has addresses of its own");
        /* told once */
        for (size_t i = 0, n = 0; i < w.n_events; i++)
                ck_assert((n += w.events[i] == EVENT_CONFLICT) <= 1);
        w.attach_fails = false;
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair");
        TCase *t = tcase_create("pair");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_becomes_primed);
        tcase_add_test(t, test_predicted_switch);
        tcase_add_test(t, test_egress_on_failure);
        tcase_add_test(t, test_sudden_failure);
        tcase_add_test(t, test_sudden_failure_while_priming);
        tcase_add_test(t, test_both_fail);
        tcase_add_test(t, test_unproved_spare);
        tcase_add_test(t, test_worse_spare);
        tcase_add_test(t, test_hold);
        tcase_add_test(t, test_inhibitors);
        tcase_add_test(t, test_observe_touches_nothing);
        tcase_add_test(t, test_foreign_change);
        tcase_add_test(t, test_foreign_change_in_a_split);
        tcase_add_test(t, test_port_set_down);
        tcase_add_test(t, test_obstacle_is_observed);
        tcase_add_test(t, test_joins_a_bond);
        tcase_add_test(t, test_ingress_does_not_follow);
        tcase_add_test(t, test_spare_dies_in_split);
        tcase_add_test(t, test_priming_fails);
        tcase_add_test(t, test_priming_goes_on_failing);
        tcase_add_test(t, test_prime_predicted);
        tcase_add_test(t, test_failback);
        tcase_add_test(t, test_flapping);
        tcase_add_test(t, test_adapter_removed_and_back);
        tcase_add_test(t, test_absent_adapters_have_names);
        tcase_add_test(t, test_cannot_be_steered);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
