/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "duty-budget.h"

#define REST 200

/* Asks whenever it may, with at least `pause` between two questions; returns the time spent. */
static usec_t ask(DutyBudget *b, DutyCost *c, usec_t *now, usec_t until, usec_t took, usec_t pause) {
        usec_t spent = 0;

        while (*now < until) {
                if (duty_budget_allows(b, *now)) {
                        *now += took;
                        spent += took;
                        duty_budget_spend(b, c, *now, took);
                }
                *now += pause;
        }
        return spent;
}

/* However long one takes, all together take half a percent, beside what was saved up and the first few. */
START_TEST(test_bound) {
        static const usec_t took[] = { 1, 50, 5 * USEC_PER_MSEC, 160 * USEC_PER_MSEC, 2 * USEC_PER_SEC };
        usec_t now = USEC_PER_HOUR, began = now, spent, most;
        DutyBudget b = { .rest = REST };
        DutyCost c = {};

        spent = ask(&b, &c, &now, began + USEC_PER_HOUR, took[_i], USEC_PER_MSEC);
        most = USEC_PER_HOUR / REST + DUTY_BURST / REST + (1 + DUTY_LEARN) * took[_i];
        ck_assert_uint_le(spent, most);
        ck_assert_uint_gt(spent, 0);
        /* and what is allowed is used */
        if (took[_i] >= 50)
                ck_assert_uint_gt(spent, (USEC_PER_HOUR / REST) * 9 / 10);
}
END_TEST

/* Somebody else held the lock: that is not what the question costs. */
START_TEST(test_waiting_is_not_paid_for) {
        usec_t now = USEC_PER_HOUR;
        DutyBudget b = { .rest = REST };
        DutyCost c = {};

        (void) ask(&b, &c, &now, now + USEC_PER_MINUTE, 10, USEC_PER_SEC);
        ck_assert_uint_eq(c.usual, 10);
        duty_budget_spend(&b, &c, now, USEC_PER_SEC);
        ck_assert(duty_budget_allows(&b, now + 1));
        ck_assert_uint_le(c.usual, 10 * DUTY_EXCESS);
}
END_TEST

/* Nor when it is asked for the first time. */
START_TEST(test_first_one_waits) {
        usec_t now = USEC_PER_HOUR;
        DutyBudget b = { .rest = REST };
        DutyCost waiting[2] = {};

        for (size_t i = 0; i < ELEMENTSOF(waiting); i++) {
                ck_assert(duty_budget_allows(&b, now));
                duty_budget_spend(&b, waiting + i, now, USEC_PER_SEC);
        }
        now += 2 * USEC_PER_SEC;
        ck_assert(duty_budget_allows(&b, now));
        for (unsigned i = 0; i < DUTY_LEARN; i++)
                duty_budget_spend(&b, waiting, now, 10);
        ck_assert_uint_eq(waiting->usual, 10);
}
END_TEST

/* A driver that becomes slow is the slow one after some questions. */
START_TEST(test_becomes_slow) {
        usec_t now = USEC_PER_HOUR, began, spent;
        DutyBudget b = { .rest = REST };
        DutyCost c = {};

        (void) ask(&b, &c, &now, now + USEC_PER_MINUTE, 10, USEC_PER_SEC);
        (void) ask(&b, &c, &now, now + 10 * USEC_PER_MINUTE, 100 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
        ck_assert_uint_gt(c.usual, 90 * USEC_PER_MSEC);
        began = now;
        spent = ask(&b, &c, &now, began + USEC_PER_HOUR, 100 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
        ck_assert_uint_le(spent, (USEC_PER_HOUR + DUTY_BURST) / REST * 11 / 10);
        /* and fast again */
        (void) ask(&b, &c, &now, now + USEC_PER_HOUR, 10, USEC_PER_SEC);
        ck_assert_uint_lt(c.usual, 20);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("duty-budget");
        TCase *t = tcase_create("duty-budget");

        tcase_add_loop_test(t, test_bound, 0, 5);
        tcase_add_test(t, test_waiting_is_not_paid_for);
        tcase_add_test(t, test_first_one_waits);
        tcase_add_test(t, test_becomes_slow);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
