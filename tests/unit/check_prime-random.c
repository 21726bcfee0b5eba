/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming from random configurations, on adapters that are a fake; tests/machine/test_prime_random.py has real
 * ones. */

#include "check-main.h"
#include "fake-adapter.h"
#include "irq-moderation.h"
#include "prime-planner.h"
#include "prime-worker.h"
#include "random.h"

enum {
        SERVING = 3,
        SPARE = 5,
};

static FakeAdapters *fake;
static AdapterProfile *a, *b, *a_before, *b_before;
static PrimePlan *plan;
static Error e;

static void make_adapters(void) {
        fake = fake_adapters_free(fake);
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, SERVING, "eth0");
        b = fake_adapter_add(fake, SPARE, "eth1");
}

static void setup(void) {
        a_before = adapter_profile_new();
        b_before = adapter_profile_new();
        plan = prime_plan_new();
}

static void teardown(void) {
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

static uint64_t dice(Random *r, uint64_t n) {
        return random_next(r) % n;
}

/* Of adapters that have not the same fields, and now and then another number of steps. */
static AdapterValue any_profile(Random *r) {
        IrqModeration m = { .n_steps = dice(r, 8) ? 5 : 4 };
        uint64_t fields = dice(r, 8);

        for (size_t i = 0; i < m.n_steps; i++)
                for (size_t k = 0; k < _IRQ_MODERATION_FIELD_MAX; k++)
                        m.step[i][k] = fields >> k & 1 ? (uint32_t) dice(r, 300) : IRQ_MODERATION_NONE;
        return irq_moderation_value(&m);
}

/* An adapter with anything that the kernel would let an administrator do to it. */
static void scramble(AdapterProfile *p, Random *r) {
        static const AdapterAttribute numbers[] = { ATTRIBUTE_RINGS_RX, ATTRIBUTE_RINGS_TX, ATTRIBUTE_MTU,
                ATTRIBUTE_COALESCE_RX_USECS, ATTRIBUTE_COALESCE_TX_USECS, ATTRIBUTE_TX_QUEUE_LENGTH,
                ATTRIBUTE_GSO_MAX_SIZE, ATTRIBUTE_GRO_MAX_SIZE, ATTRIBUTE_NAPI_DEFER_HARD_IRQS,
                ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT, ATTRIBUTE_NAPI_THREADED };
        unsigned rx = 1 + (unsigned) dice(r, 8), tx = 1 + (unsigned) dice(r, 8);

        fake_adapter_channels(p, rx, tx);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(numbers[i]);
                uint64_t high = p->value[info->maximum].set ? p->value[info->maximum].word[0] : 4096,
                         low = p->value[info->minimum].set ? p->value[info->minimum].word[0] : 0;

                if (dice(r, 2))
                        p->value[numbers[i]] = adapter_value_number(low + dice(r, high - low + 1));
        }
        if (dice(r, 2))
                p->value[ATTRIBUTE_COALESCE_RX_PROFILE] = any_profile(r);
        for (unsigned q = 0; q < rx; q++)
                if (dice(r, 3) == 0)
                        p->rps_cpus[q] = adapter_value_number(dice(r, 256));
        for (unsigned q = 0; q < tx; q++)
                if (dice(r, 3) == 0)
                        p->xps_cpus[q] = adapter_value_number(dice(r, 256));
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (p->feature[i].hw)
                        p->feature[i].wanted = p->feature[i].active = dice(r, 2);
        p->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(8);
        for (unsigned location = 0; location < 8; location++)
                if (dice(r, 4) == 0)
                        fake_adapter_rule(p, location, (uint16_t) (1 + dice(r, 3)), (unsigned) dice(r, rx));
}

/* The spare's own limits, so that not everything can be had. */
static void limit(AdapterProfile *p, Random *r) {
        static const struct {
                AdapterAttribute limit, value;
        } limits[] = {
                { ATTRIBUTE_RINGS_RX_MAX, ATTRIBUTE_RINGS_RX },
                { ATTRIBUTE_RINGS_TX_MAX, ATTRIBUTE_RINGS_TX },
                { ATTRIBUTE_TSO_MAX_SIZE, ATTRIBUTE_GSO_MAX_SIZE },
        };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                if (dice(r, 2))
                        p->value[limits[i].limit] = adapter_value_number(
                                        MAX(p->value[limits[i].value].word[0], (uint64_t) 64) + dice(r, 1000));
        if (dice(r, 4) == 0)
                p->value[ATTRIBUTE_COALESCE_RX_USECS] = (AdapterValue){};
}

/* Equal, or it is said why not. */
static void check_explained(unsigned seed) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i];
                AdapterValue now = prime_step_value(s, b, NULL);
                bool alike = adapter_value_equal(&now, &s->a) ||
                                (!now.set && (!s->a.set || adapter_value_is_zero(&s->a)));

                ck_assert_msg(alike || s->note[0], "seed %u: %s differs and nothing is said", seed,
                                PRIME_STEP_LABEL(s));
                ck_assert_msg(s->outcome != OUTCOME_FAILED, "seed %u: %s: %s", seed, PRIME_STEP_LABEL(s),
                                s->note);
        }
        ck_assert_msg(prime_plan_is_equal(plan), "seed %u", seed);
}

/* Anything on the one side, anything on the other: primed it is equal or explained, and reverted as before. */
START_TEST(test_random_configurations) {
        unsigned not_alike = 0;

        for (unsigned seed = 1; seed <= 200; seed++) {
                _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();
                Random r = { .state = seed };
                int code;

                make_adapters();
                scramble(a, &r);
                scramble(b, &r);
                limit(b, &r);
                fake->channels_reset_xps = dice(&r, 2);
                if (dice(&r, 2)) { /* and has done so before */
                        fake->round_rings_to = 32;
                        b->value[ATTRIBUTE_RINGS_RX].word[0] &= ~UINT64_C(31);
                        b->value[ATTRIBUTE_RINGS_TX].word[0] &= ~UINT64_C(31);
                }
                *a_before = *a;
                *b_before = *b;
                code = run(PRIME_TASK_APPLY, NULL, plan);
                ck_assert_msg(code == 0, "seed %u: %s", seed, e.text);
                check_explained(seed);
                not_alike += !adapter_profile_equal(a, b);
                ck_assert_msg(run(PRIME_TASK_UNDO, plan, undone) == 0, "seed %u: %s", seed, e.text);
                ck_assert_msg(adapter_profile_equal(b, b_before), "seed %u: not as before", seed);
                ck_assert_uint_eq(fake->adapter[0].n_writes, 0);
                ck_assert(adapter_profile_equal(a, a_before));
        }
        ck_assert_uint_gt(not_alike, 20);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-random");
        TCase *t = tcase_create("prime-random");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 120);
        tcase_add_test(t, test_random_configurations);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
