/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAPI settings of single instances: what is planned, and carried out on fake adapters. */

#include <string.h>

#include "check-main.h"
#include "fake-adapter.h"
#include "prime-worker.h"

static FakeAdapters *fake;
static AdapterProfile *a, *b;
static PrimePlan *plan;
static Error e;

static void setup(void) {
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, 1, "eth0");
        b = fake_adapter_add(fake, 2, "eth1");
        a->value[ATTRIBUTE_INSTANCES] = b->value[ATTRIBUTE_INSTANCES] = adapter_value_number(2);
        plan = prime_plan_new();
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static void set(AdapterProfile *p, AdapterAttribute attribute, const char *name, uint64_t n) {
        *adapter_profile_add(p, attribute, 0, name) = adapter_value_number(n);
}

static uint64_t get(AdapterAttribute attribute, const char *name) {
        return adapter_profile_get(b, attribute, 0, name)->word[0];
}

static int run(PrimeTask task, const PrimePlan *before, PrimePlan *result) {
        PrimeRequest q = { .task = task, .serving = 1, .spare = 2, .before = before };

        return prime_worker_run(&fake->access, &q, NULL, result, &e);
}

static const PrimeStep *find(AdapterAttribute attribute, const char *name) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && streq(plan->steps[i].name, name))
                        return &plan->steps[i];
        return NULL;
}

#define FLUSH  ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT
#define DEFER  ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS
#define SLEEP  ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT
#define THREAD ATTRIBUTE_INSTANCE_THREADED

/* Instances that do what the whole adapter is told: no word of them. */
START_TEST(test_followers) {
        a->value[ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT] = adapter_value_number(20000);
        set(a, FLUSH, "rx-0", 20000);
        set(a, FLUSH, "rx-1", 20000);
        set(a, SLEEP, "rx-0", 0);
        set(b, FLUSH, "rx-0", 0);
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, plan), 0);
        ck_assert_ptr_nonnull(find(ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT, ""));
        ck_assert_ptr_null(find(FLUSH, "rx-0"));
        ck_assert_ptr_null(find(SLEEP, "rx-0"));
}
END_TEST

START_TEST(test_by_queue) {
        const PrimeStep *s;

        set(a, FLUSH, "rx-0", 20000);
        set(a, FLUSH, "rx-1", 0);
        set(a, SLEEP, "rx-1", 9000);
        set(b, FLUSH, "rx-0", 0);
        set(b, FLUSH, "rx-1", 777);
        set(b, SLEEP, "rx-1", 0);
        ck_assert_msg(run(PRIME_TASK_APPLY, NULL, plan) == 0, "%s", e.text);
        ck_assert_uint_eq(get(FLUSH, "rx-0"), 20000);
        ck_assert_uint_eq(get(FLUSH, "rx-1"), 0);
        ck_assert_uint_eq(get(SLEEP, "rx-1"), 9000);
        s = find(FLUSH, "rx-0");
        ck_assert(s && s->outcome == OUTCOME_DONE && s->disruption == DISRUPTION_NONE);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "napi instance-gro-flush-timeout rx-0");
        {
                _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

                ck_assert_int_eq(run(PRIME_TASK_UNDO, plan, undone), 0);
        }
        ck_assert_uint_eq(get(FLUSH, "rx-0"), 0);
        ck_assert_uint_eq(get(FLUSH, "rx-1"), 777);
        ck_assert_uint_eq(get(SLEEP, "rx-1"), 0);
}
END_TEST

/* What the spare has no instance for is said; one that only the spare has is left alone. */
START_TEST(test_fewer) {
        const PrimeStep *s;

        set(a, THREAD, "rx-0", 1);
        set(a, THREAD, "rx-5", 1);
        set(a, THREAD, "tx-6", 0);
        set(b, THREAD, "rx-0", 0);
        set(b, THREAD, "tx-1", 0);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_uint_eq(get(THREAD, "rx-0"), 1);
        s = find(THREAD, "rx-5");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note, "the spare has no such instance");
        s = find(THREAD, "tx-6"); /* nor does it need it */
        ck_assert(s && s->action == PRIME_EQUAL);
        s = find(THREAD, "tx-1");
        ck_assert(s && s->action == PRIME_REPORT && !prime_step_is_due(s));
}
END_TEST

/* Known by nothing but their order: only of the same driver. */
START_TEST(test_by_order) {
        const PrimeStep *s;

        set(a, DEFER, "napi-0", 0);
        set(a, DEFER, "napi-1", 4);
        set(b, DEFER, "napi-0", 0);
        set(b, DEFER, "napi-1", 0);
        memcpy(b->driver, "tun", sizeof("tun"));
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, plan), 0);
        s = find(DEFER, "napi-1");
        ck_assert(s && s->action == PRIME_UNSUPPORTED && strstr(s->note, "of another driver"));
        memcpy(b->driver, "veth", sizeof("veth"));
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        ck_assert_uint_eq(get(DEFER, "napi-1"), 4);
}
END_TEST

/* An instance of a queue that the plan makes is asked for, and found to be missing only then. */
START_TEST(test_still_to_come) {
        const PrimeStep *s;

        fake_adapter_channels(a, 4, 4);
        set(a, DEFER, "rx-3", 4);
        set(b, DEFER, "rx-0", 0);
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, plan), 0);
        s = find(DEFER, "rx-3");
        ck_assert(s && s->action == PRIME_SET && s->want.word[0] == 4 && !s->undo.set);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        s = find(DEFER, "rx-3");
        ck_assert(s && s->action == PRIME_UNSUPPORTED && s->note[0]);
        /* a kernel without such settings has none to come */
        b->value[ATTRIBUTE_INSTANCES] = (AdapterValue){};
        ck_assert_int_eq(run(PRIME_TASK_PLAN, NULL, plan), 0);
        s = find(DEFER, "rx-3");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-napi");
        TCase *t = tcase_create("prime-napi");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_followers);
        tcase_add_test(t, test_by_queue);
        tcase_add_test(t, test_fewer);
        tcase_add_test(t, test_by_order);
        tcase_add_test(t, test_still_to_come);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
