/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The spare follows the serving adapter, in virtual time: the real planner and worker on adapters made of
 * memory. */

#include "check-main.h"
#include "pair-world.h"

static World w;
static AdapterProfile before;

static void setup(void) {
        world_init(&w);
        world_add_adapters(&w);
        before = *fake_adapter_get(w.adapters, w.link[SIDE_STANDBY].ifindex);
}

static void teardown(void) {
        world_assert_untouched(&w);
        world_done(&w);
}

START_TEST(test_follows) {
        world_begin(&w);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX, 2048);
        world_run(&w, 150 * USEC_PER_MSEC); /* waits for what else may come */
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
        world_run(&w, 350 * USEC_PER_MSEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 2048);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_uint_eq(world_count(&w, EVENT_SPARE_FOLLOWED), 1);
        ck_assert(!world_saw(&w, EVENT_DRIFT_REPAIRED) && !world_saw(&w, EVENT_PRIMING_DRIFT));
        ck_assert_uint_eq(w.n_primed, 2);
}
END_TEST

/* One after the other, without end: not waited for for ever. */
START_TEST(test_many_notices) {
        world_begin(&w);
        for (unsigned i = 0; i < 40; i++) {
                world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX, 1024 + i);
                world_run(&w, 50 * USEC_PER_MSEC);
        }
        ck_assert_uint_ge(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 1024 + 15);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 1024 + 39);
        ck_assert_uint_le(w.n_primed, 5);
}
END_TEST

/* What we set is announced like everything else: it makes us look, once, and no more. */
START_TEST(test_own_changes) {
        unsigned looked;

        world_begin(&w);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 250 * USEC_PER_MSEC);
        /* the kernel tells of our own write while the worker is at it */
        pair_settings_changed(w.pair, SIDE_STANDBY, UINT64_C(1) << PRIME_MTU, w.now);
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_primed, 2);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        looked = w.n_looked;
        world_run(&w, 30 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_looked, looked);
}
END_TEST

START_TEST(test_drift_is_repaired) {
        world_begin(&w);
        world_set(&w, SIDE_STANDBY, ATTRIBUTE_MTU, 1300);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1500);
        ck_assert_uint_eq(world_count(&w, EVENT_DRIFT_REPAIRED), 1);
        ck_assert(!world_saw(&w, EVENT_SPARE_FOLLOWED));
}
END_TEST

/* Nobody tells: found by the sweep. */
START_TEST(test_sweep) {
        world_begin(&w);
        fake_adapter_get(w.adapters, w.link[SIDE_PRIMARY].ifindex)->value[ATTRIBUTE_GRO_MAX_SIZE] =
                        adapter_value_number(40000);
        world_run(&w, 50 * USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_GRO_MAX_SIZE), 65536);
        world_run(&w, 12 * USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_GRO_MAX_SIZE), 40000);
}
END_TEST

START_TEST(test_a_fight_ends) {
        unsigned primed;

        world_begin(&w);
        for (unsigned i = 0; i < 3; i++) {
                world_set(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX, 256);
                world_run(&w, 10 * USEC_PER_SEC);
                ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
        }
        ck_assert_uint_eq(world_count(&w, EVENT_CONTENTION), 1);
        primed = w.n_primed;
        world_set(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX, 256);
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 256);
        ck_assert_uint_eq(w.n_primed, primed);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        /* another setting is followed all the same */
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 256);
}
END_TEST

START_TEST(test_asking_ends_leaving_alone) {
        Answer answer;

        world_begin(&w);
        for (unsigned i = 0; i < 4; i++) {
                world_set(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX, 256);
                world_run(&w, USEC_PER_SEC);
        }
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 256);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.ok);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
}
END_TEST

/* Something changes the serving adapter all the time: followed, but not at any price. */
START_TEST(test_flapping_is_bounded) {
        world_begin(&w);
        for (unsigned i = 0; i < 600; i++) {
                world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX, i % 2 ? 1024 : 2048);
                world_run(&w, USEC_PER_SEC);
        }
        ck_assert_uint_le(w.n_looked, 10 * 32);
}
END_TEST

START_TEST(test_predicted_does_not_follow) {
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        pair_inject_evidence(w.pair, "eth0", SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_SEC, NULL);
        world_run(&w, 3 * USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1500);
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        ck_assert_uint_eq(world_count(&w, EVENT_PRIMING_DRIFT), 1);
}
END_TEST

/* A failed priming is tried again as soon as somebody changed what it failed for, not before its time is up. */
START_TEST(test_failure_and_notice) {
        w.prime_result = -EIO;
        world_start(&w);
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_primed, 1);
        pair_settings_changed(w.pair, SIDE_STANDBY, UINT64_C(1) << PRIME_MTU, w.now); /* our own undoing */
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_primed, 1);
        w.prime_result = 0;
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

/* Followed several times: what the spare had at first comes back, also after a restart, and stays. */
START_TEST(test_revert) {
        PairStatus status;

        world_begin(&w);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, USEC_PER_SEC);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_TX, 1024);
        world_run(&w, USEC_PER_SEC);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1300);
        world_run(&w, USEC_PER_SEC);
        if (_i) {
                world_kill(&w);
                world_start(&w);
                world_run(&w, USEC_PER_SEC);
        }
        world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
        ck_assert(world_saw(&w, EVENT_PRIME_REVERTED));
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        if (_i) {
                world_kill(&w);
                world_start(&w);
        }
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert(world_spare_equals(&w, &before));
        pair_get_status(w.pair, &status);
        ck_assert_msg(strstr(status.prime_hold_reason, "former configuration"), "%s", status.prime_hold_reason);
        pair_inject_evidence(w.pair, "eth0", SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_SEC, NULL);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1300);
        pair_get_status(w.pair, &status);
        ck_assert_str_eq(status.prime_hold_reason, "");
        world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
}
END_TEST

/* Another device under the old one's name: what is known of the old one is not its former configuration. */
START_TEST(test_revert_of_another_device) {
        Answer answer;
        Error e = {};

        world_begin(&w);
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, USEC_PER_SEC);
        w.policy.prime = PRIME_PREDICTED;
        pair_set_policy(w.pair, &w.policy, w.now);
        world_set_exists(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        world_set_exists(&w, SIDE_STANDBY, true);
        (void) fake_adapter_add(w.adapters, w.link[SIDE_STANDBY].ifindex, "eth1");
        world_run(&w, 6 * USEC_PER_SEC);
        ck_assert_int_lt(world_request(&w, PAIR_VERB_UNPRIME, false, &answer, &e), 0);
        ck_assert_msg(strstr(e.text, "has not been primed"), "%s", e.text);
}
END_TEST

/* Nothing is set on what carries traffic, and nothing goes on being set on what begins to. */
START_TEST(test_traffic_is_left_alone) {
        static const PairVerb verbs[] = { PAIR_VERB_PRIME, PAIR_VERB_UNPRIME };
        Answer answer;

        world_begin(&w);
        world_ask(&w, PAIR_VERB_SPLIT);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                Error e = {};

                ck_assert_int_eq(world_request(&w, verbs[i], false, &answer, &e), -EBUSY);
        }
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_primed, 1);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1500);
        world_ask(&w, PAIR_VERB_REVERT);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
}
END_TEST

START_TEST(test_failure_stops_writing) {
        Answer answer;

        world_begin(&w);
        w.prime_delay = 10 * USEC_PER_SEC;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_UNPRIME, false, &answer, NULL), 0);
        world_run(&w, 100 * USEC_PER_MSEC);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_uint_eq(w.n_cancelled, 1);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert_msg(!answer.ok && strstr(answer.text, "stopped in the middle"), "%s", answer.text);
        ck_assert_int_eq(w.path.egress, SIDE_STANDBY);
}
END_TEST

/* Setting the serving adapter took its link down, and traffic moved: what was set is not undone as if it were
 * drift, and followed when the adapter serves again. The notice comes before or after. */
START_TEST(test_change_that_takes_the_link_down) {
        PairStatus status;

        world_begin(&w);
        if (_i == 0)
                world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX, 2048);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(w.path.egress, SIDE_STANDBY);
        world_run(&w, 200 * USEC_PER_MSEC);
        if (_i == 1)
                world_set(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX, 2048);
        world_run(&w, USEC_PER_SEC);
        world_set_carrier(&w, SIDE_PRIMARY, true);
        world_run(&w, 5 * USEC_PER_MINUTE);
        ck_assert_uint_eq(world_get(&w, SIDE_PRIMARY, ATTRIBUTE_RINGS_RX), 2048);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
        pair_get_status(w.pair, &status);
        ck_assert_msg(strstr(status.prime_hold_reason, "changed while it served"), "%s",
                        status.prime_hold_reason);
        w.adapters->adapter[SIDE_PRIMARY].n_writes = 0;
}
END_TEST

/* A look under way makes way for what people ask. */
START_TEST(test_asking_during_a_look) {
        Answer answer;

        world_begin(&w);
        w.prime_delay = USEC_PER_SEC;
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 400 * USEC_PER_MSEC);
        ck_assert(w.prime_running && w.prime_what == PAIR_PRIMING_PLAN);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, NULL), 0);
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert(answer.ok);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
}
END_TEST

static void until_it_primes_by_itself(void) {
        world_begin(&w);
        w.prime_delay = USEC_PER_SEC;
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        for (unsigned i = 0; i < 50 && !(w.prime_running && w.prime_what == PAIR_PRIMING_APPLY); i++)
                world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert(w.prime_running && w.prime_what == PAIR_PRIMING_APPLY);
}

/* Whoever asks while the pair primes by itself gets what is set then, not what was when that began. */
START_TEST(test_asked_while_priming) {
        Answer answer;

        until_it_primes_by_itself();
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1300);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, NULL), 0);
        ck_assert(!answer.ok);
        world_run(&w, 2500 * USEC_PER_MSEC);
        ck_assert(answer.ok);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1300);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}
END_TEST

/* So does who only looks, or takes it back. */
START_TEST(test_looking_while_priming) {
        static const PairVerb verbs[] = { PAIR_VERB_PLAN, PAIR_VERB_UNPRIME };
        Answer answer;

        until_it_primes_by_itself();
        ck_assert_int_eq(world_request(&w, verbs[_i], false, &answer, NULL), 0);
        ck_assert(answer.n == 0);
        world_run(&w, 2500 * USEC_PER_MSEC);
        ck_assert_msg(answer.ok, "%s", answer.text);
}
END_TEST

/* An adapter fails before it is its turn: told, not left to wait. */
START_TEST(test_waiting_when_an_adapter_fails) {
        Answer answer;

        until_it_primes_by_itself();
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PLAN, false, &answer, NULL), 0);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
}
END_TEST

/* The driver hangs: left behind, told, nothing started meanwhile, and looked at when it is back. */
START_TEST(test_hang) {
        Answer answer;
        PairStatus status;
        Error e = {};

        world_begin(&w);
        w.prime_hangs = true;
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, USEC_PER_SEC);
        ck_assert(world_saw(&w, EVENT_PRIME_FAILED));
        ck_assert(!world_saw(&w, EVENT_PRIME_STUCK));
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PLAN, false, &answer, &e), -EBUSY);
        ck_assert_msg(strstr(e.text, "rings rx"), "%s", e.text);
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert_uint_eq(world_count(&w, EVENT_PRIME_STUCK), 1);
        ck_assert_uint_eq(w.n_primed, 2);
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        pair_get_status(w.pair, &status);
        ck_assert_msg(strstr(status.prime_hold_reason, "timed out"), "%s", status.prime_hold_reason);
        ck_assert_uint_gt(status.n_reasons, 0);

        /* what it was about to set is set now, but not all of it */
        fake_adapter_get(w.adapters, w.link[SIDE_STANDBY].ifindex)->value[ATTRIBUTE_RINGS_RX] =
                        adapter_value_number(1024);
        world_prime_returns(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_count(&w, EVENT_PRIME_UNSTUCK), 1);
        ck_assert_uint_eq(world_count(&w, EVENT_PRIMING_DRIFT), 1);
        /* not by itself again, not even for evidence: a move would wait for it to hang */
        pair_inject_evidence(w.pair, "eth0", SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_SEC, NULL);
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_primed, 2);
        world_ask(&w, PAIR_VERB_PRIME);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
}
END_TEST

/* Traffic moves while a driver hangs. */
START_TEST(test_move_during_hang) {
        world_begin(&w);
        w.prime_hangs = true;
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert(w.prime_lingers);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(w.path.egress, SIDE_STANDBY);
        world_run(&w, USEC_PER_SEC);
        world_prime_returns(&w);
        world_run(&w, USEC_PER_SEC);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-follow");
        TCase *t = tcase_create("pair-follow");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_follows);
        tcase_add_test(t, test_many_notices);
        tcase_add_test(t, test_own_changes);
        tcase_add_test(t, test_drift_is_repaired);
        tcase_add_test(t, test_sweep);
        tcase_add_test(t, test_a_fight_ends);
        tcase_add_test(t, test_asking_ends_leaving_alone);
        tcase_add_test(t, test_flapping_is_bounded);
        tcase_add_test(t, test_predicted_does_not_follow);
        tcase_add_test(t, test_failure_and_notice);
        tcase_add_loop_test(t, test_revert, 0, 2);
        tcase_add_test(t, test_revert_of_another_device);
        tcase_add_test(t, test_traffic_is_left_alone);
        tcase_add_test(t, test_failure_stops_writing);
        tcase_add_loop_test(t, test_change_that_takes_the_link_down, 0, 2);
        tcase_add_test(t, test_asking_during_a_look);
        tcase_add_test(t, test_asked_while_priming);
        tcase_add_loop_test(t, test_looking_while_priming, 0, 2);
        tcase_add_test(t, test_waiting_when_an_adapter_fails);
        tcase_add_test(t, test_hang);
        tcase_add_test(t, test_move_during_hang);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
