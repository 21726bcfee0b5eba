/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "prime-contention.h"

static PrimeContention c;
static const PrimeSetting mtu = { .attribute = ATTRIBUTE_MTU };
static const PrimeSetting rings = { .attribute = ATTRIBUTE_RINGS_RX };

static void setup(void) {
        c = (PrimeContention){};
}

START_TEST(test_three_times) {
        PrimeSetting other = { .attribute = ATTRIBUTE_FEATURE, .name = "rx-gro" };

        ck_assert(!prime_contention_note(&c, &mtu, USEC_PER_MINUTE));
        ck_assert(!prime_contention_note(&c, &mtu, 2 * USEC_PER_MINUTE));
        ck_assert(!prime_contention_note(&c, &rings, 2 * USEC_PER_MINUTE));
        ck_assert(!prime_contention_is_left(&c, &mtu));
        ck_assert(prime_contention_note(&c, &mtu, 11 * USEC_PER_MINUTE));
        ck_assert(prime_contention_is_left(&c, &mtu));
        ck_assert(!prime_contention_is_left(&c, &rings));
        ck_assert(!prime_contention_is_left(&c, &other));
        /* told once */
        ck_assert(!prime_contention_note(&c, &mtu, 12 * USEC_PER_MINUTE));
}
END_TEST

START_TEST(test_now_and_then) {
        for (usec_t t = 1; t < 100; t++)
                ck_assert(!prime_contention_note(&c, &mtu, t * 6 * USEC_PER_MINUTE));
        ck_assert(!prime_contention_is_left(&c, &mtu));
}
END_TEST

/* Named alike and elsewhere is another setting. */
START_TEST(test_settings) {
        PrimeSetting tx = { .attribute = ATTRIBUTE_XPS_CPUS, .place = 1 }, same = tx, next = tx;

        next.place = 2;
        ck_assert(prime_setting_equal(&tx, &same) && !prime_setting_equal(&tx, &next));
        for (unsigned i = 0; i < 3; i++)
                (void) prime_contention_note(&c, &tx, USEC_PER_MINUTE);
        ck_assert(prime_contention_is_left(&c, &same) && !prime_contention_is_left(&c, &next));
}
END_TEST

/* More settings than fit: the quietest are forgotten, what is left alone is not. */
START_TEST(test_bounded) {
        PrimeSetting s = { .attribute = ATTRIBUTE_XPS_CPUS };

        for (unsigned i = 0; i < 3; i++)
                (void) prime_contention_note(&c, &mtu, 1 + i);
        for (s.place = 0; s.place < 10 * PRIME_CONTENTION_MAX; s.place++)
                (void) prime_contention_note(&c, &s, USEC_PER_MINUTE + s.place);
        ck_assert_uint_eq(c.n, PRIME_CONTENTION_MAX);
        ck_assert(prime_contention_is_left(&c, &mtu));
        for (s.place = 0; s.place < 2 * PRIME_CONTENTION_MAX; s.place++)
                for (unsigned i = 0; i < 3; i++)
                        (void) prime_contention_note(&c, &s, USEC_PER_HOUR);
        ck_assert_uint_eq(c.n, PRIME_CONTENTION_MAX);
        s.place = 2 * PRIME_CONTENTION_MAX;
        ck_assert(!prime_contention_note(&c, &s, USEC_PER_HOUR));
}
END_TEST

START_TEST(test_leave) {
        PrimePlan *plan = prime_plan_new();

        for (size_t i = 0; i < 2; i++) {
                PrimeStep *s = prime_plan_add(plan);

                prime_step_set_setting(s, i == 0 ? &mtu : &rings);
                s->a = s->want = adapter_value_number(2);
                s->b = adapter_value_number(1);
                s->action = PRIME_SET;
        }
        prime_contention_leave(&c, plan);
        ck_assert_uint_eq(prime_plan_count_due(plan), 2);
        for (unsigned i = 0; i < 3; i++)
                (void) prime_contention_note(&c, &rings, 1 + i);
        prime_contention_leave(&c, plan);
        ck_assert_uint_eq(prime_plan_count_due(plan), 1);
        ck_assert_int_eq(plan->steps[1].action, PRIME_REPORT);
        ck_assert_str_eq(plan->steps[1].note, "left alone: something else set it back 3 times within 10min");
        prime_plan_free(plan);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-contention");
        TCase *t = tcase_create("prime-contention");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_three_times);
        tcase_add_test(t, test_now_and_then);
        tcase_add_test(t, test_settings);
        tcase_add_test(t, test_bounded);
        tcase_add_test(t, test_leave);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
