/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-contract.h"
#include "check-main.h"
#include "fake-adapter.h"
#include "prime-planner.h"
#include "prime-worker.h"

enum {
        SERVING = 3,
        SPARE = 5,
};

static FakeAdapters *fake;
static AdapterProfile *a, *b, *a_before, *b_before;
static PrimePlan *plan;
static Error e;

/* A serving adapter that differs from the spare in every item. */
static void setup(void) {
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, SERVING, "eth0");
        b = fake_adapter_add(fake, SPARE, "eth1");
        fake_adapter_channels(a, 4, 3);
        a->value[ATTRIBUTE_RINGS_RX] = adapter_value_number(1000);
        a->value[ATTRIBUTE_RINGS_TX] = adapter_value_number(2048);
        a->value[ATTRIBUTE_MTU] = adapter_value_number(1400);
        a->value[ATTRIBUTE_COALESCE_RX_USECS] = adapter_value_number(8);
        a->value[ATTRIBUTE_TX_QUEUE_LENGTH] = adapter_value_number(77);
        a->value[ATTRIBUTE_GSO_MAX_SIZE] = adapter_value_number(50000);
        a->value[ATTRIBUTE_GRO_MAX_SIZE] = adapter_value_number(40000);
        a->value[ATTRIBUTE_NAPI_THREADED] = adapter_value_number(1);
        a->xps_cpus[2] = adapter_value_number(2);
        a->rps_cpus[3] = adapter_value_number(3);
        fake_adapter_feature(a, 14, "rx-gro", true, true, true);
        fake_adapter_feature(a, 16, "tx-tcp-segmentation", true, false, false);
        b->xps_cpus[0] = adapter_value_number(1);
        fake_adapter_rule(a, 1, 80, 3);
        fake_adapter_rule(a, 2, 443, 1);
        fake_adapter_rule(b, 2, 25, 1);
        fake_adapter_rule(b, 3, 22, 0);
        fake_adapter_private_flag(a, "legacy-rx", true);
        fake_adapter_private_flag(b, "legacy-rx", false);
        a_before = adapter_profile_new();
        b_before = adapter_profile_new();
        *a_before = *a;
        *b_before = *b;
        plan = prime_plan_new();
        e = (Error){};
}

static void teardown(void) {
        /* Whatever a test did: nothing was ever written to the serving adapter. */
        ck_assert_uint_eq(fake->adapter[0].n_writes, 0);
        ck_assert(adapter_profile_equal(a, a_before));
        a_before = adapter_profile_free(a_before);
        b_before = adapter_profile_free(b_before);
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static int run(PrimeTask task, const PrimePlan *before, PrimePlan *result) {
        PrimeRequest q = { .task = task, .serving = SERVING, .spare = SPARE, .before = before };

        e = (Error){};
        return prime_worker_run(&fake->access, &q, NULL, result, &e);
}

static const PrimeStep *step(AdapterAttribute attribute, unsigned queue) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && plan->steps[i].place == queue)
                        return &plan->steps[i];
        ck_abort_msg("no such step");
}

static PrimePlan *planned, *kept;

static void on_planned(const PrimePlan *p, void *userdata) {
        ck_assert_int_eq(prime_plan_copy(planned, p), 0);
}

static int on_keep(void *userdata, Error *error) {
        ck_assert_uint_eq(fake->n_writes, 0);
        ck_assert_uint_eq(kept->n_steps, 0);
        ck_assert_int_eq(prime_plan_copy(kept, planned), 0);
        return 0;
}

static int on_keep_not(void *userdata, Error *error) {
        return error_errno(error, -ENOSPC, "cannot write the plan");
}

/* What is kept before the first write is enough to put the spare back from wherever it was left. */
START_TEST(test_kept_before_writing) {
        static const PrimeWatcher watcher = { .planned = on_planned, .keep = on_keep };
        PrimeRequest q = { .task = PRIME_TASK_APPLY, .serving = SERVING, .spare = SPARE };
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        planned = prime_plan_new();
        kept = prime_plan_new();
        fake->channels_reset_xps = fake->channels_reset_rss = true;
        fake->round_rings_to = 64;
        fake->lost_from = (unsigned) _i + 1; /* it dies there */
        (void) prime_worker_run(&fake->access, &q, &watcher, plan, &e);
        fake->lost_from = 0;
        ck_assert_uint_gt(prime_plan_count_due(kept), 8);
        ck_assert_uint_eq(prime_plan_count_outcome(kept, OUTCOME_PENDING), kept->n_steps);
        prime_plan_interrupt(kept);
        if (_i % 2 == 0) { /* and primed again */
                q.before = kept;
                fake->n_writes = 0;
                ck_assert_int_eq(prime_worker_run(&fake->access, &q, NULL, plan, &e), 0);
                ck_assert_int_eq(prime_plan_copy(kept, plan), 0);
        }
        ck_assert_msg(run(PRIME_TASK_UNDO, kept, undone) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
        planned = prime_plan_free(planned);
        kept = prime_plan_free(kept);
}
END_TEST

/* What only looks, or finds nothing to do, has nothing to be kept. */
START_TEST(test_nothing_to_keep) {
        static const PrimeWatcher watcher = { .planned = on_planned, .keep = on_keep };
        PrimeRequest q = { .task = PRIME_TASK_PLAN, .serving = SERVING, .spare = SPARE };

        planned = prime_plan_new();
        kept = prime_plan_new();
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, &watcher, plan, &e), 0);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        q.task = PRIME_TASK_APPLY;
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, &watcher, plan, &e), 0);
        ck_assert_uint_gt(planned->n_steps, 0);
        ck_assert_uint_eq(kept->n_steps, 0);
        planned = prime_plan_free(planned);
        kept = prime_plan_free(kept);
}
END_TEST

/* Neither on the way forth nor on any way back. */
START_TEST(test_nothing_without_keeping) {
        static const PrimeTask tasks[] = { PRIME_TASK_APPLY, PRIME_TASK_UNDO, PRIME_TASK_RESTORE };
        static const PrimeWatcher watcher = { .keep = on_keep_not };
        PrimeRequest q = { .task = tasks[_i], .serving = SERVING, .spare = SPARE };
        _cleanup_(prime_plan_freep) PrimePlan *out = prime_plan_new();

        if (tasks[_i] != PRIME_TASK_APPLY) {
                ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
                q.before = plan;
        }
        fake->n_writes = 0;
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, &watcher, out, &e), -ENOSPC);
        ck_assert_ptr_nonnull(strstr(e.text, "cannot write the plan: No space left on device"));
        ck_assert_uint_eq(fake->n_writes, 0);
        ck_assert_uint_eq(prime_plan_count_outcome(out, OUTCOME_PENDING), out->n_steps);
}
END_TEST

START_TEST(test_contract) {
        (void) fake_adapter_add(fake, 7, "eth2");
        adapter_contract_check(&fake->access, 7, 99);
}
END_TEST

START_TEST(test_apply) {
        unsigned writes;

        ck_assert_msg(run(PRIME_TASK_APPLY, NULL, plan) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(a, b));
        ck_assert(prime_plan_is_equal(plan));
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_FAILED), 0);
        ck_assert_int_eq(step(ATTRIBUTE_MTU, 0)->outcome, OUTCOME_DONE);

        /* Idempotent: again, nothing is written. */
        writes = fake->n_writes;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_uint_eq(fake->n_writes, writes);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_DONE), 0);
}
END_TEST

START_TEST(test_plan_writes_nothing) {
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, plan), 0);
        ck_assert(!prime_plan_is_equal(plan));
        ck_assert_uint_eq(fake->n_writes, 0);
}
END_TEST

START_TEST(test_undo) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        fake->channels_reset_xps = _i;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert(adapter_profile_equal(a, b));
        ck_assert_msg(run(PRIME_TASK_UNDO, plan, undone) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
        ck_assert(prime_plan_is_equal(undone));
}
END_TEST

/* The plan made before anything was written is enough, which is what is left when the worker was killed. */
START_TEST(test_undo_from_first_plan) {
        _cleanup_(prime_plan_freep) PrimePlan *first = prime_plan_new(), *undone = prime_plan_new();

        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, first), 0);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_int_eq(run(PRIME_TASK_UNDO, first, undone), 0);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

/* Whatever write fails, the spare is as it was. */
START_TEST(test_failure_at_every_write) {
        unsigned writes;

        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        writes = fake->n_writes;
        ck_assert_uint_gt(writes, 9);
        for (unsigned n = 1; n <= writes; n++) {
                *b = *b_before;
                fake->n_writes = 0;
                fake->fail_at = n;
                fake->channels_reset_xps = n % 2;
                ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), -EIO);
                ck_assert_msg(adapter_profile_equal(b, b_before), "write %u: %s", n, e.text);
                ck_assert_msg(strstr(e.text, "firmware said no") && strstr(e.text, "former settings"), "%s",
                                e.text);
                ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_DONE), 0);
                ck_assert_uint_ge(prime_plan_count_outcome(plan, OUTCOME_FAILED), 1);
                ck_assert(n == 1 || prime_plan_count_outcome(plan, OUTCOME_UNDONE) > 0);
        }
}
END_TEST

START_TEST(test_undo_fails_too) {
        fake->fail_from = 5; /* private flags, channels, rings, mtu are set by then */
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), -EIO);
        ck_assert_msg(strstr(e.text, "left behind: ") && strstr(e.text, "mtu") && strstr(e.text, "rings rx"),
                        "%s", e.text);
        ck_assert_int_eq(step(ATTRIBUTE_MTU, 0)->outcome, OUTCOME_FAILED);
        ck_assert_msg(strstr(step(ATTRIBUTE_MTU, 0)->note, "left behind"), "%s", step(ATTRIBUTE_MTU, 0)->note);
        ck_assert_int_eq(step(ATTRIBUTE_NAPI_THREADED, 0)->outcome, OUTCOME_PENDING);
}
END_TEST

/* Setting channels resets what was equal before: it is set again. */
START_TEST(test_repair) {
        a->xps_cpus[0] = a_before->xps_cpus[0] = adapter_value_number(1);
        fake->channels_reset_xps = true;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert(adapter_profile_equal(a, b));
        ck_assert_int_eq(step(ATTRIBUTE_XPS_CPUS, 0)->action, PRIME_SET);
        ck_assert_msg(strstr(step(ATTRIBUTE_XPS_CPUS, 0)->note, "another setting"), "%s",
                        step(ATTRIBUTE_XPS_CPUS, 0)->note);
}
END_TEST

START_TEST(test_driver_rounds) {
        _cleanup_(prime_plan_freep) PrimePlan *again = prime_plan_new();
        PrimeRequest q = { .task = PRIME_TASK_APPLY, .serving = SERVING, .spare = SPARE, .before = plan };
        unsigned writes;

        fake->round_rings_to = 32;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_int_eq(step(ATTRIBUTE_RINGS_RX, 0)->action, PRIME_CLAMPED);
        ck_assert_int_eq(step(ATTRIBUTE_RINGS_RX, 0)->outcome, OUTCOME_DONE);
        ck_assert_str_eq(step(ATTRIBUTE_RINGS_RX, 0)->note, "the driver made 1024 of 1000");
        ck_assert_int_eq(step(ATTRIBUTE_RINGS_TX, 0)->action, PRIME_SET);
        /* Not again, as long as nothing else changed. */
        writes = fake->n_writes;
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, NULL, again, &e), 0);
        ck_assert_uint_eq(fake->n_writes, writes);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, again), 0);
        ck_assert(!prime_plan_is_equal(again));
        ck_assert_int_eq(run(PRIME_TASK_UNDO, plan, again), 0);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

/* Primed, drifted, primed again: undoing gives back what was there at first, except what somebody else set
 * since. */
START_TEST(test_primed_twice) {
        _cleanup_(prime_plan_freep) PrimePlan *second = prime_plan_new(), *third = prime_plan_new(),
                                              *undone = prime_plan_new();
        PrimeRequest q = { .task = PRIME_TASK_APPLY, .serving = SERVING, .spare = SPARE, .before = plan };

        fake->round_rings_to = 32;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        a->value[ATTRIBUTE_MTU] = a_before->value[ATTRIBUTE_MTU] = adapter_value_number(1300);
        b->value[ATTRIBUTE_TX_QUEUE_LENGTH] = adapter_value_number(5);
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, NULL, second, &e), 0);
        ck_assert_uint_eq(prime_plan_count_outcome(second, OUTCOME_DONE), 2);
        ck_assert_uint_eq(b->value[ATTRIBUTE_MTU].word[0], 1300);
        /* The rounded ring stays forgiven however often it is looked at. */
        q.before = second;
        ck_assert_int_eq(prime_worker_run(&fake->access, &q, NULL, third, &e), 0);
        ck_assert_uint_eq(prime_plan_count_outcome(third, OUTCOME_DONE), 0);
        ck_assert(prime_plan_is_equal(third));
        ck_assert_int_eq(run(PRIME_TASK_UNDO, second, undone), 0);
        b_before->value[ATTRIBUTE_TX_QUEUE_LENGTH] = adapter_value_number(5);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

/* One unsupported setting of a message does not cost the others. */
START_TEST(test_refused) {
        fake->refused = ATTRIBUTE_RINGS_RX;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_int_eq(step(ATTRIBUTE_RINGS_RX, 0)->action, PRIME_UNSUPPORTED);
        ck_assert_msg(strstr(step(ATTRIBUTE_RINGS_RX, 0)->note, "unsupported parameter"), "%s",
                        step(ATTRIBUTE_RINGS_RX, 0)->note);
        ck_assert_int_eq(step(ATTRIBUTE_RINGS_TX, 0)->outcome, OUTCOME_DONE);
        ck_assert_uint_eq(b->value[ATTRIBUTE_RINGS_TX].word[0], 2048);
        ck_assert_uint_eq(b->value[ATTRIBUTE_RINGS_RX].word[0], 512);
}
END_TEST

START_TEST(test_stuck_feature) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        memcpy(fake->stuck, "rx-gro", sizeof("rx-gro"));
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        for (size_t i = 0; i < plan->n_steps; i++)
                if (streq(plan->steps[i].name, "rx-gro")) {
                        ck_assert_int_eq(plan->steps[i].action, PRIME_CLAMPED);
                        ck_assert_str_eq(plan->steps[i].note, "the driver took on but stays at off");
                }
        ck_assert_int_eq(run(PRIME_TASK_UNDO, plan, undone), 0);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

START_TEST(test_mtu_too_small) {
        b->value[ATTRIBUTE_MTU_MAX] = adapter_value_number(1399);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), -ERANGE);
        ck_assert_int_eq(e.kind, ERROR_NOT_SUPPORTED);
        ck_assert_str_eq(e.text, "mtu: the spare carries at most 1399 bytes, the serving adapter uses 1400");
        ck_assert_uint_eq(fake->n_writes, 0);
}
END_TEST

START_TEST(test_exclude) {
        PrimeRequest q = { .task = PRIME_TASK_APPLY,
                .serving = SERVING,
                .spare = SPARE,
                .items.exclude = UINT64_C(1) << PRIME_MTU | UINT64_C(1) << PRIME_XPS };

        ck_assert_int_eq(prime_worker_run(&fake->access, &q, NULL, plan, &e), 0);
        ck_assert_uint_eq(b->value[ATTRIBUTE_MTU].word[0], 1500);
        ck_assert_uint_eq(b->xps_cpus[0].word[0], 1);
        ck_assert_uint_eq(b->value[ATTRIBUTE_TX_QUEUE_LENGTH].word[0], 77);
        for (size_t i = 0; i < plan->n_steps; i++)
                ck_assert(plan->steps[i].item != PRIME_MTU && plan->steps[i].item != PRIME_XPS);
}
END_TEST

START_TEST(test_no_pair) {
        PrimeRequest same = { .task = PRIME_TASK_APPLY, .serving = SERVING, .spare = SERVING },
                     gone = { .task = PRIME_TASK_APPLY, .serving = SERVING, .spare = 99 };

        ck_assert_int_eq(prime_worker_run(&fake->access, &same, NULL, plan, &e), -EINVAL);
        e = (Error){};
        ck_assert_int_eq(prime_worker_run(&fake->access, &gone, NULL, plan, &e), -ENODEV);
        ck_assert_int_eq(e.kind, ERROR_NO_SUCH_ADAPTER);
}
END_TEST

static int run_restore(const PrimePlan *snapshot, bool dry_run, PrimePlan *result) {
        PrimeRequest q = { .task = PRIME_TASK_RESTORE,
                .serving = SERVING,
                .spare = SPARE,
                .before = snapshot,
                .dry_run = dry_run,
                .complete = true };

        e = (Error){};
        return prime_worker_run(&fake->access, &q, NULL, result, &e);
}

/* Kept, primed, put back: as it was, whatever came between; and all or nothing. */
START_TEST(test_snapshot_and_restore) {
        _cleanup_(prime_plan_freep) PrimePlan *snapshot = prime_plan_new(), *undone = prime_plan_new();
        AdapterProfile *primed = adapter_profile_new();
        unsigned writes;

        fake->channels_reset_xps = _i;
        ck_assert_int_eq(run(PRIME_TASK_SNAPSHOT, NULL, snapshot), 0);
        ck_assert_uint_eq(fake->n_writes, 0);
        ck_assert_uint_gt(snapshot->n_steps, 20);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        *primed = *b;
        writes = fake->n_writes;
        ck_assert_int_eq(run_restore(snapshot, true, plan), 0);
        ck_assert_uint_eq(fake->n_writes, writes);
        ck_assert_uint_gt(prime_plan_count_due(plan), 8);
        ck_assert_msg(run_restore(snapshot, false, plan) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_FAILED), 0);
        /* and taken back itself */
        ck_assert_int_eq(run(PRIME_TASK_UNDO, plan, undone), 0);
        ck_assert(adapter_profile_equal(b, primed));
        writes = fake->n_writes - writes;
        for (unsigned n = 1; n <= 8; n++) {
                fake->fail_at = fake->n_writes + n;
                ck_assert_int_eq(run_restore(snapshot, false, plan), -EIO);
                ck_assert_msg(adapter_profile_equal(b, primed), "write %u: %s", n, e.text);
        }
        fake->fail_at = 0;
        adapter_profile_free(primed);
}
END_TEST

/* A snapshot of what this adapter does not have. */
START_TEST(test_restore_unlike) {
        _cleanup_(prime_plan_freep) PrimePlan *snapshot = prime_plan_new();

        ck_assert_int_eq(run(PRIME_TASK_SNAPSHOT, NULL, snapshot), 0);
        b->value[ATTRIBUTE_COALESCE_RX_USECS] = (AdapterValue){};
        b->value[ATTRIBUTE_MTU] = adapter_value_number(1280);
        ck_assert_int_eq(run_restore(snapshot, false, plan), 0);
        ck_assert_int_eq(step(ATTRIBUTE_COALESCE_RX_USECS, 0)->action, PRIME_UNSUPPORTED);
        ck_assert_uint_eq(b->value[ATTRIBUTE_MTU].word[0], 1500);
}
END_TEST

/* Rules that came after the snapshot go, those that went come back. */
START_TEST(test_restore_lists) {
        _cleanup_(prime_plan_freep) PrimePlan *snapshot = prime_plan_new();

        fake_adapter_rule(b, 1, 80, 1);
        fake_adapter_rule(b, 2, 443, 0);
        *b_before = *b;
        ck_assert_int_eq(run(PRIME_TASK_SNAPSHOT, NULL, snapshot), 0);
        adapter_profile_remove(b, ATTRIBUTE_FLOW_RULE, 1, NULL);
        fake_adapter_rule(b, 2, 443, 1);
        fake_adapter_rule(b, 5, 22, 1);
        ck_assert_msg(run_restore(snapshot, false, plan) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

/* What the driver chooses itself while it is let is put back all the same: what it does not touch is as it was.
 * A driver that will not have it set is let be. */
START_TEST(test_governed_is_put_back) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        a->value[ATTRIBUTE_COALESCE_ADAPTIVE_RX] = adapter_value_number(0);
        b->value[ATTRIBUTE_COALESCE_ADAPTIVE_RX] = adapter_value_number(1);
        b->value[ATTRIBUTE_COALESCE_RX_USECS] = adapter_value_number(33);
        *a_before = *a;
        *b_before = *b;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_uint_eq(b->value[ATTRIBUTE_COALESCE_RX_USECS].word[0], 8);
        fake->refused = _i == 1 ? ATTRIBUTE_COALESCE_RX_USECS : ATTRIBUTE_NONE;
        ck_assert_msg(run(PRIME_TASK_UNDO, plan, undone) == 0, "%s", e.text);
        ck_assert_uint_eq(b->value[ATTRIBUTE_COALESCE_RX_USECS].word[0], _i == 1 ? 8 : 33);
        b->value[ATTRIBUTE_COALESCE_RX_USECS] = adapter_value_number(33);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-worker");
        TCase *t = tcase_create("prime-worker");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_contract);
        tcase_add_test(t, test_apply);
        tcase_add_test(t, test_plan_writes_nothing);
        tcase_add_loop_test(t, test_undo, 0, 2);
        tcase_add_test(t, test_undo_from_first_plan);
        tcase_add_test(t, test_failure_at_every_write);
        tcase_add_test(t, test_undo_fails_too);
        tcase_add_test(t, test_repair);
        tcase_add_test(t, test_driver_rounds);
        tcase_add_test(t, test_primed_twice);
        tcase_add_loop_test(t, test_kept_before_writing, 0, 24);
        tcase_add_test(t, test_nothing_to_keep);
        tcase_add_loop_test(t, test_nothing_without_keeping, 0, 3);
        tcase_add_test(t, test_refused);
        tcase_add_test(t, test_stuck_feature);
        tcase_add_test(t, test_mtu_too_small);
        tcase_add_test(t, test_exclude);
        tcase_add_test(t, test_no_pair);
        tcase_add_loop_test(t, test_snapshot_and_restore, 0, 2);
        tcase_add_loop_test(t, test_governed_is_put_back, 0, 2);
        tcase_add_test(t, test_restore_unlike);
        tcase_add_test(t, test_restore_lists);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
