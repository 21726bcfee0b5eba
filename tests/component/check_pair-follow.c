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
        /* whatever a test did: what served was never written to */
        if (world_state(&w) != PAIR_ABSENT && pair_serving(w.pair) == SIDE_PRIMARY)
                ck_assert_uint_eq(w.adapters->adapter[SIDE_PRIMARY].n_writes, 0);
        world_done(&w);
}

static void begin(void) {
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}

static bool spare_is_as_before(void) {
        return adapter_profile_equal(fake_adapter_get(w.adapters, w.link[SIDE_STANDBY].ifindex), &before);
}

START_TEST(test_follows) {
        begin();
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
        begin();
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

        begin();
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
        begin();
        world_set(&w, SIDE_STANDBY, ATTRIBUTE_MTU, 1300);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1500);
        ck_assert_uint_eq(world_count(&w, EVENT_DRIFT_REPAIRED), 1);
        ck_assert(!world_saw(&w, EVENT_SPARE_FOLLOWED));
}
END_TEST

/* Nobody tells: found by the sweep. */
START_TEST(test_sweep) {
        begin();
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

        begin();
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

        begin();
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
        begin();
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

static void ask(PairVerb verb) {
        Answer answer;

        ck_assert_int_eq(world_request(&w, verb, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_msg(answer.n == 1 && answer.ok, "%s", answer.text);
}

/* Followed several times: what the spare had at first comes back, also after a restart, and stays. */
START_TEST(test_revert) {
        PairStatus status;

        begin();
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
        ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
        ck_assert(world_saw(&w, EVENT_PRIME_REVERTED));
        ck_assert_int_eq(world_state(&w), PAIR_PROTECTED);
        if (_i) {
                world_kill(&w);
                world_start(&w);
        }
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert(spare_is_as_before());
        pair_get_status(w.pair, &status);
        ck_assert_msg(strstr(status.prime_hold_reason, "former configuration"), "%s", status.prime_hold_reason);
        pair_inject_evidence(w.pair, "eth0", SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_SEC, NULL);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1300);
        pair_get_status(w.pair, &status);
        ck_assert_str_eq(status.prime_hold_reason, "");
        ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
}
END_TEST

/* Another device under the old one's name: what is known of the old one is not its former configuration. */
START_TEST(test_revert_of_another_device) {
        Answer answer;
        Error e = {};

        begin();
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

        begin();
        ask(PAIR_VERB_SPLIT);
        ck_assert_int_eq(world_state(&w), PAIR_SPLIT);
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                Error e = {};

                ck_assert_int_eq(world_request(&w, verbs[i], false, &answer, &e), -EBUSY);
        }
        world_set(&w, SIDE_PRIMARY, ATTRIBUTE_MTU, 1400);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_primed, 1);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1500);
        ask(PAIR_VERB_REVERT);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
}
END_TEST

START_TEST(test_failure_stops_writing) {
        Answer answer;

        begin();
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

        begin();
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

        begin();
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
        begin();
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

        begin();
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
        ask(PAIR_VERB_PRIME);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_RINGS_RX), 512);
}
END_TEST

/* Traffic moves while a driver hangs. */
START_TEST(test_move_during_hang) {
        begin();
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

/* Everything that is set resets or rounds something else. */
static void differ(void) {
        AdapterProfile *serving = fake_adapter_get(w.adapters, w.link[SIDE_PRIMARY].ifindex);
        AdapterProfile *spare = fake_adapter_get(w.adapters, w.link[SIDE_STANDBY].ifindex);

        fake_adapter_channels(serving, 4, 4);
        spare->xps_cpus[0] = adapter_value_number(1);
        serving->value[ATTRIBUTE_RINGS_RX] = adapter_value_number(1000);
        serving->value[ATTRIBUTE_MTU] = adapter_value_number(1400);
        w.adapters->channels_reset_xps = true;
        w.adapters->round_rings_to = 64;
        before = *spare;
}

/* The daemon is killed with its worker, just before that write of it, and started again. */
static void die_during(PairVerb verb, unsigned at) {
        Answer answer;

        w.prime_dies_at = at;
        ck_assert_int_eq(world_request(&w, verb, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 0);
        world_kill(&w);
        w.prime_dies_at = 0;
        w.n_events = 0;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert(world_saw(&w, EVENT_RESUMED));
}

/* Killed in the middle of a priming: the spare's former configuration is not forgotten, whether the next start
 * primes it again or not. */
START_TEST(test_killed_while_priming) {
        bool again = _i % 2 == 0;

        differ();
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert(!w.saved_plan && w.n_kept == 0);
        die_during(PAIR_VERB_PRIME, 1 + (unsigned) _i / 2);
        ck_assert_uint_eq(w.n_kept, 1);
        ck_assert(_i / 2 == 0 || !spare_is_as_before());
        if (again) {
                ask(PAIR_VERB_PRIME);
                ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
                ck_assert(!world_saw(&w, EVENT_DRIFT_REPAIRED) && !world_saw(&w, EVENT_SPARE_FOLLOWED));
                world_kill(&w);
                w.n_events = 0;
                world_start(&w);
                world_run(&w, USEC_PER_SEC);
                ck_assert(!world_saw(&w, EVENT_RESUMED));
        }
        ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
        ck_assert_ptr_null(w.saved_plan);
}
END_TEST

/* The same for the way back: it is gone again. */
START_TEST(test_killed_while_reverting) {
        differ();
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ask(PAIR_VERB_PRIME);
        die_during(PAIR_VERB_UNPRIME, 1 + (unsigned) _i / 2);
        if (_i % 2 == 0)
                ask(PAIR_VERB_PRIME);
        ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
}
END_TEST

/* Somebody wants the former configuration: the next start does not prime it away, whatever the policy, and says
 * what was interrupted, until it is told what to do. */
START_TEST(test_killed_while_reverting_for_good) {
        bool finish = _i % 2 == 0;
        PairStatus status;
        unsigned n_primed;

        differ();
        w.policy.prime = PRIME_ALWAYS;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert(!spare_is_as_before());
        n_primed = w.n_primed;
        die_during(PAIR_VERB_UNPRIME, 1 + (unsigned) _i / 2);
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_RESUMED], "was stopped in the middle"));
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_RESUMED], "former configuration"));
        world_run(&w, USEC_PER_HOUR);
        ck_assert_uint_eq(w.n_primed, n_primed);
        pair_get_status(w.pair, &status);
        ck_assert(!status.primed);
        ck_assert_int_eq(w.memory.prime_hold, PRIME_HOLD_REVERTED);
        ck_assert_ptr_nonnull(strstr(status.prime_hold_reason, "not complete"));
        ask(finish ? PAIR_VERB_UNPRIME : PAIR_VERB_PRIME);
        pair_get_status(w.pair, &status);
        ck_assert_int_eq(w.memory.prime_hold, finish ? PRIME_HOLD_REVERTED : PRIME_HOLD_NONE);
        ck_assert_ptr_null(strstr(status.prime_hold_reason, "not complete"));
        ck_assert_int_eq(spare_is_as_before(), finish);
        if (!finish)
                ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
}
END_TEST

/* What cannot be given back is not changed; that is told once, and does not keep traffic from moving. */
START_TEST(test_not_kept) {
        PairStatus status;
        Answer answer;

        differ();
        w.policy.prime = PRIME_ALWAYS;
        w.disk_full = true;
        world_start(&w);
        world_run(&w, 10 * USEC_PER_MINUTE);
        ck_assert_uint_gt(w.n_kept, 3);
        ck_assert(spare_is_as_before());
        ck_assert(!w.saved_plan && !w.memory.plan_interrupted);
        ck_assert_uint_eq(world_count(&w, EVENT_PRIME_FAILED), 1);
        ck_assert_ptr_nonnull(strstr(
                        w.text[EVENT_PRIME_FAILED], "/run/primed/lan.plan.new: No space left on device"));
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_PRIME_FAILED], "nothing was changed: make room there"));
        pair_get_status(w.pair, &status);
        ck_assert(!status.primed);
        ck_assert_ptr_nonnull(strstr(status.reasons[0], "No space left on device"));
        /* who asks is told each time */
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.n == 1 && !answer.ok);
        ck_assert_ptr_nonnull(strstr(answer.text, "No space left on device"));
        if (_i == 0) {
                world_set_carrier(&w, SIDE_PRIMARY, false);
                ck_assert_int_eq(w.path.egress, SIDE_STANDBY);
                ck_assert_int_eq(w.path.ingress, SIDE_STANDBY);
                return;
        }
        w.disk_full = false;
        world_run(&w, USEC_PER_MINUTE);
        ck_assert(!spare_is_as_before());
        pair_get_status(w.pair, &status);
        ck_assert(status.primed);
        ck_assert_uint_eq(status.n_reasons, 0);
        /* nor is it put back */
        w.disk_full = true;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_UNPRIME, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.n == 1 && !answer.ok);
        ck_assert(!spare_is_as_before());
        w.disk_full = false;
        ask(PAIR_VERB_UNPRIME);
        ck_assert(spare_is_as_before());
}
END_TEST

/* Stopped in the middle since traffic moves: what is kept is enough to put it back. */
START_TEST(test_stopped_while_priming) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();
        PrimeRequest undo = { .task = PRIME_TASK_UNDO };
        Answer answer;
        Error e = {};

        differ();
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        w.prime_dies_at = 3;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_PRIME, false, &answer, NULL), 0);
        world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert(!spare_is_as_before());
        w.prime_dies_at = 0;
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(w.path.egress, SIDE_STANDBY);
        world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert(w.saved_plan && w.memory.plan_interrupted);
        ck_assert_int_eq(w.memory.plan_side, SIDE_STANDBY);
        ck_assert_int_eq(w.memory.plan_ifindex, w.link[SIDE_STANDBY].ifindex);
        undo.serving = w.link[SIDE_PRIMARY].ifindex;
        undo.spare = w.link[SIDE_STANDBY].ifindex;
        undo.before = w.saved_plan;
        ck_assert_int_eq(prime_worker_run(&w.adapters->access, &undo, NULL, undone, &e), 0);
        ck_assert(spare_is_as_before());
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
        tcase_add_loop_test(t, test_killed_while_priming, 0, 12);
        tcase_add_loop_test(t, test_killed_while_reverting, 0, 12);
        tcase_add_loop_test(t, test_killed_while_reverting_for_good, 0, 12);
        tcase_add_loop_test(t, test_not_kept, 0, 2);
        tcase_add_test(t, test_stopped_while_priming);
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
