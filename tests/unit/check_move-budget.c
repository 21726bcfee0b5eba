/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "move-budget.h"

static const BudgetPolicy policy = {
        .min_interval = 60 * USEC_PER_SEC,
        .max_per_hour = 4,
        .hold_off = 20 * USEC_PER_SEC,
};
static const usec_t start = 1000 * USEC_PER_SEC;

static bool allows(const MoveBudget *b, usec_t now, usec_t *ret_until) {
        char why[128] = "";
        bool yes = move_budget_allows(b, &policy, now, why, sizeof(why), ret_until);

        ck_assert_int_eq(yes, why[0] == 0);
        return yes;
}

START_TEST(test_hold_off) {
        usec_t until = 0;
        MoveBudget b;

        move_budget_init(&b, &policy, start);
        ck_assert(!allows(&b, start, &until));
        ck_assert_uint_eq(until, start + policy.hold_off);
        ck_assert(!allows(&b, until - 1, NULL));
        ck_assert(allows(&b, until, NULL));
}
END_TEST

START_TEST(test_min_interval) {
        usec_t now = start + policy.hold_off;
        MoveBudget b;

        move_budget_init(&b, &policy, start);
        move_budget_spend(&b, now);
        ck_assert(!allows(&b, now + policy.min_interval - 1, NULL));
        ck_assert(allows(&b, now + policy.min_interval, NULL));
}
END_TEST

START_TEST(test_max_per_hour) {
        usec_t first = start + policy.hold_off, until;
        MoveBudget b;

        move_budget_init(&b, &policy, start);
        for (unsigned i = 0; i < policy.max_per_hour; i++)
                move_budget_spend(&b, first + i * 2 * policy.min_interval);
        ck_assert(!allows(&b, first + 50 * USEC_PER_MINUTE, &until));
        ck_assert_uint_eq(until, first + USEC_PER_HOUR);
        ck_assert(allows(&b, first + USEC_PER_HOUR, NULL));
}
END_TEST

/* A pair that flaps every 2 s for a day moves at most max-per-hour times in any hour. */
START_TEST(test_flapping) {
        usec_t moves[200], now = start;
        size_t n = 0;
        MoveBudget b;

        move_budget_init(&b, &policy, start);
        for (; now < start + USEC_PER_DAY; now += 2 * USEC_PER_SEC)
                if (allows(&b, now, NULL)) {
                        move_budget_spend(&b, now);
                        ck_assert_uint_lt(n, ELEMENTSOF(moves));
                        moves[n++] = now;
                }
        ck_assert_uint_ge(n, 23 * policy.max_per_hour);
        for (size_t i = policy.max_per_hour; i < n; i++)
                ck_assert_uint_ge(moves[i] - moves[i - policy.max_per_hour], USEC_PER_HOUR);
}
END_TEST

/* More moves than the ring holds: the oldest are forgotten, nothing is overrun. */
START_TEST(test_ring) {
        MoveBudget b;

        move_budget_init(&b, &policy, start);
        for (unsigned i = 0; i < 3 * MOVE_BUDGET_MAX; i++)
                move_budget_spend(&b, start + i);
        ck_assert_uint_eq(b.n_recent, MOVE_BUDGET_MAX);
        ck_assert(!allows(&b, start + 30 * USEC_PER_MINUTE, NULL));
        ck_assert(allows(&b, start + 2 * USEC_PER_HOUR, NULL));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("move-budget");
        TCase *t = tcase_create("move-budget");

        tcase_add_test(t, test_hold_off);
        tcase_add_test(t, test_min_interval);
        tcase_add_test(t, test_max_per_hour);
        tcase_add_test(t, test_flapping);
        tcase_add_test(t, test_ring);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
