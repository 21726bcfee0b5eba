/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc-util.h"
#include "check-main.h"
#include "fake-adapter.h"
#include "prime-plan-codec.h"
#include "prime-planner.h"

static FakeAdapters *fake;
static PrimePlan *plan;

static void setup(void) {
        fake = fake_adapters_new();
        plan = prime_plan_new();
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static bool steps_equal(const PrimeStep *x, const PrimeStep *y) {
        return x->item == y->item && x->attribute == y->attribute && x->place == y->place &&
                        streq(x->name, y->name) && adapter_value_equal(&x->a, &y->a) &&
                        adapter_value_equal(&x->b, &y->b) && adapter_value_equal(&x->want, &y->want) &&
                        adapter_value_equal(&x->undo, &y->undo) && x->action == y->action &&
                        x->disruption == y->disruption && x->outcome == y->outcome && x->blocks == y->blocks &&
                        streq(x->note, y->note);
}

static void make_rich_plan(void) {
        AdapterProfile *a = fake_adapter_add(fake, 1, "eth0"), *b = fake_adapter_add(fake, 2, "eth1");

        fake_adapter_channels(a, 4, 4);
        a->value[ATTRIBUTE_MTU] = adapter_value_number(9100); /* blocks */
        a->value[ATTRIBUTE_RINGS_RX] = adapter_value_number(9999);
        a->xps_cpus[1].word[ADAPTER_MASK_WORDS - 1] = UINT64_MAX;
        b->value[ATTRIBUTE_RINGS_TX] = (AdapterValue){};
        fake_adapter_rule(a, 1, 1, 0);
        fake_adapter_rule(b, UINT32_MAX, 2, 0);
        fake_adapter_private_flag(a, "legacy-rx", true);
        ck_assert_int_eq(prime_planner_run(a, b, (PrimeItems){}, plan), 0);
        plan->steps[1].outcome = OUTCOME_FAILED;
}

START_TEST(test_encode) {
        _cleanup_(prime_plan_freep) PrimePlan *again = NULL;
        _cleanup_free_ uint8_t *data = NULL, *data_again = NULL;
        size_t size, size_again;

        make_rich_plan();
        ck_assert_int_eq(prime_plan_encode(plan, &data, &size), 0);
        ck_assert_int_eq(prime_plan_decode(data, size, &again), 0);
        ck_assert_uint_eq(again->n_steps, plan->n_steps);
        for (size_t i = 0; i < plan->n_steps; i++)
                ck_assert(steps_equal(&plan->steps[i], &again->steps[i]));
        ck_assert_int_eq(prime_plan_encode(again, &data_again, &size_again), 0);
        ck_assert_uint_eq(size, size_again);
        ck_assert_mem_eq(data, data_again, size);
}
END_TEST

START_TEST(test_encode_largest) {
        _cleanup_(prime_plan_freep) PrimePlan *again = NULL;
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;

        for (unsigned i = 0; i < PRIME_STEPS_MAX; i++) {
                PrimeStep *s = prime_plan_add(plan);

                ck_assert_ptr_nonnull(s);
                s->item = PRIME_XPS;
                s->attribute = ATTRIBUTE_XPS_CPUS;
                s->place = i % ADAPTER_QUEUES_MAX;
                s->a.set = true;
                memset(s->a.word, 0xff, sizeof(s->a.word));
                s->b = s->want = s->undo = s->a;
                memset(s->note, 'x', sizeof(s->note) - 1);
        }
        ck_assert_ptr_null(prime_plan_add(plan));
        ck_assert_int_eq(prime_plan_encode(plan, &data, &size), 0);
        ck_assert_int_eq(prime_plan_decode(data, size, &again), 0);
        ck_assert_uint_eq(again->n_steps, PRIME_STEPS_MAX);
}
END_TEST

/* Cut anywhere: refused. Any one byte changed: refused, or a plan that encodes to those very bytes. */
START_TEST(test_decode_hostile) {
        _cleanup_free_ uint8_t *data = NULL;
        PrimePlan *p = NULL;
        size_t size;

        make_rich_plan();
        ck_assert_int_eq(prime_plan_encode(plan, &data, &size), 0);
        for (size_t n = 0; n < size; n++) {
                uint8_t *cut = malloc(n ? n : 1); /* its own block, for the sanitizer */

                memcpy(cut, data, n);
                ck_assert_int_eq(prime_plan_decode(cut, n, &p), -EBADMSG);
                ck_assert_ptr_null(p);
                free(cut);
        }
        for (size_t i = 0; i < size; i++)
                for (unsigned bit = 0; bit < 8; bit++) {
                        _cleanup_free_ uint8_t *again = NULL;
                        size_t n;
                        int r;

                        data[i] ^= (uint8_t) (1U << bit);
                        r = prime_plan_decode(data, size, &p);
                        if (r >= 0) {
                                ck_assert_int_eq(prime_plan_encode(p, &again, &n), 0);
                                ck_assert_uint_eq(n, size);
                                ck_assert_mem_eq(again, data, size);
                                p = prime_plan_free(p);
                        } else
                                ck_assert(r == -EBADMSG || r == -EPROTO);
                        data[i] ^= (uint8_t) (1U << bit);
                }
        data[4]++; /* the version */
        ck_assert_int_eq(prime_plan_decode(data, size, &p), -EPROTO);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-plan-codec");
        TCase *t = tcase_create("prime-plan-codec");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 30);
        tcase_add_test(t, test_encode);
        tcase_add_test(t, test_encode_largest);
        tcase_add_test(t, test_decode_hostile);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
