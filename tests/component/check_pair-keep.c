/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the spare had is kept before anything is set on it: whoever is killed or stopped in the middle, and
 * whatever cannot be kept, in virtual time, on adapters made of memory. */

#include "check-main.h"
#include "pair-world.h"

static World w;
static AdapterProfile before;

static void setup(void) {
        world_init(&w);
        world_add_adapters(&w);
}

static void teardown(void) {
        world_assert_untouched(&w);
        world_done(&w);
}

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
        ck_assert(_i / 2 == 0 || !world_spare_equals(&w, &before));
        if (again) {
                world_ask(&w, PAIR_VERB_PRIME);
                ck_assert_uint_eq(world_get(&w, SIDE_STANDBY, ATTRIBUTE_MTU), 1400);
                ck_assert(!world_saw(&w, EVENT_DRIFT_REPAIRED) && !world_saw(&w, EVENT_SPARE_FOLLOWED));
                world_kill(&w);
                w.n_events = 0;
                world_start(&w);
                world_run(&w, USEC_PER_SEC);
                ck_assert(!world_saw(&w, EVENT_RESUMED));
        }
        world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
        ck_assert_ptr_null(w.saved_plan);
}
END_TEST

/* The same for the way back: it is gone again. */
START_TEST(test_killed_while_reverting) {
        differ();
        w.policy.prime = PRIME_PREDICTED;
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        world_ask(&w, PAIR_VERB_PRIME);
        die_during(PAIR_VERB_UNPRIME, 1 + (unsigned) _i / 2);
        if (_i % 2 == 0)
                world_ask(&w, PAIR_VERB_PRIME);
        world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
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
        ck_assert(!world_spare_equals(&w, &before));
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
        world_ask(&w, finish ? PAIR_VERB_UNPRIME : PAIR_VERB_PRIME);
        pair_get_status(w.pair, &status);
        ck_assert_int_eq(w.memory.prime_hold, finish ? PRIME_HOLD_REVERTED : PRIME_HOLD_NONE);
        ck_assert_ptr_null(strstr(status.prime_hold_reason, "not complete"));
        ck_assert_int_eq(world_spare_equals(&w, &before), finish);
        if (!finish)
                world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
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
        ck_assert(world_spare_equals(&w, &before));
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
        ck_assert(!world_spare_equals(&w, &before));
        pair_get_status(w.pair, &status);
        ck_assert(status.primed);
        ck_assert_uint_eq(status.n_reasons, 0);
        /* nor is it put back */
        w.disk_full = true;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_UNPRIME, false, &answer, NULL), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.n == 1 && !answer.ok);
        ck_assert(!world_spare_equals(&w, &before));
        w.disk_full = false;
        world_ask(&w, PAIR_VERB_UNPRIME);
        ck_assert(world_spare_equals(&w, &before));
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
        ck_assert(!world_spare_equals(&w, &before));
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
        ck_assert(world_spare_equals(&w, &before));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-keep");
        TCase *t = tcase_create("pair-keep");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_loop_test(t, test_killed_while_priming, 0, 12);
        tcase_add_loop_test(t, test_killed_while_reverting, 0, 12);
        tcase_add_loop_test(t, test_killed_while_reverting_for_good, 0, 12);
        tcase_add_loop_test(t, test_not_kept, 0, 2);
        tcase_add_test(t, test_stopped_while_priming);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
