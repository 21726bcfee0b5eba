/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "breather.h"
#include "check-main.h"

#define MS USEC_PER_MSEC

/* Something wanted every millisecond that takes so much each time, the event loop around it included, and the
 * loop's other work in a millisecond; how much of a processor it gets. */
static double share_of(usec_t own, usec_t around, usec_t other) {
        usec_t now = 1000 * MS, taken = 0, sum = 0, next;
        Breather b = { .at = now };

        while (now < 3000 * MS) {
                taken += around;
                now += own + around;
                taken += own;
                sum += own + around;
                next = breather_until(&b, taken - own, taken, now);
                next = MAX(now + MS, next);
                taken += (next - now) * other / MS;
                now = next;
        }
        return (double) sum / (double) (now - 1000 * MS);
}

START_TEST(leaves_a_slow_processor) {
        ck_assert_double_le(share_of(MS, 0, 0), 1.05 / BREATHER_SHARE);
        ck_assert_double_ge(share_of(MS, 0, 0), 0.9 / BREATHER_SHARE);
        ck_assert_double_le(share_of(300, 600, 0), 1.05 / BREATHER_SHARE);
        ck_assert_double_le(share_of(3 * MS, 0, 0), 1.05 / BREATHER_SHARE);
}
END_TEST

START_TEST(does_not_slow_a_fast_one) {
        Breather b = { .at = 1000 * MS, .taken = 50 * MS };

        ck_assert_uint_le(breather_until(&b, 50 * MS + 60, 50 * MS + 100, 1001 * MS), 1001 * MS);
        ck_assert_uint_le(breather_until(&b, 50 * MS + 160, 50 * MS + 200, 1002 * MS), 1002 * MS);
}
END_TEST

/* With hundreds of pairs the loop has much to do; what is done every millisecond takes 20 us of it. */
START_TEST(does_not_pay_for_others) {
        double alone = share_of(20, 20, 0);

        ck_assert_double_ge(alone, 0.035);
        ck_assert_double_ge(share_of(20, 20, 500), 0.9 * alone);
}
END_TEST

/* What was taken over a long time is not to be made up for at once. */
START_TEST(forgives) {
        Breather b = {};

        ck_assert_uint_le(breather_until(&b, 0, 100 * MS, 1000 * MS), 1000 * MS);
        ck_assert_uint_eq(breather_until(&b, 100 * MS, 1100 * MS, 2000 * MS), 2000 * MS + BREATHER_MAX);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("breather");
        TCase *t = tcase_create("breather");

        tcase_add_test(t, leaves_a_slow_processor);
        tcase_add_test(t, does_not_slow_a_fast_one);
        tcase_add_test(t, does_not_pay_for_others);
        tcase_add_test(t, forgives);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
