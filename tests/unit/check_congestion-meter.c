/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "congestion-meter.h"

#define SECOND USEC_PER_SEC

START_TEST(test_share) {
        CongestionMeter m = {};

        ck_assert_double_eq(congestion_meter_share(&m, 5 * SECOND), 0);
        congestion_meter_count(&m, 0, 0, 5 * SECOND);
        ck_assert_double_eq(congestion_meter_share(&m, 5 * SECOND), 0);
        ck_assert_uint_eq(m.moved, 0);
        congestion_meter_count(&m, 900, 100, 6 * SECOND);
        ck_assert_double_eq_tol(congestion_meter_share(&m, 6 * SECOND), 0.1, 1e-9);
        ck_assert_uint_eq(m.moved, 6 * SECOND);

        /* what is two seconds old counts half */
        congestion_meter_count(&m, 500, 0, 8 * SECOND);
        ck_assert_double_eq_tol(congestion_meter_share(&m, 8 * SECOND), 0.05, 1e-9);

        /* counters that stand still leave it as it is, until they are old */
        congestion_meter_count(&m, 0, 0, 9 * SECOND);
        ck_assert_double_eq_tol(congestion_meter_share(&m, 9 * SECOND), 0.05, 1e-9);
        ck_assert_uint_eq(m.moved, 8 * SECOND);
        ck_assert_double_eq_tol(congestion_meter_share(&m, 19 * SECOND), 0.05, 1e-9);
        ck_assert_double_eq(congestion_meter_share(&m, 19 * SECOND + 1), 0);
}
END_TEST

/* An hour after the last burst nothing of it is left. */
START_TEST(test_is_forgotten) {
        CongestionMeter m = {};

        congestion_meter_count(&m, UINT32_MAX, UINT32_MAX, SECOND);
        for (usec_t at = 2 * SECOND; at < 3600 * SECOND; at += SECOND)
                congestion_meter_count(&m, 20000, 0, at);
        ck_assert_double_le(congestion_meter_share(&m, 3600 * SECOND), 1e-100);
}
END_TEST

/* Told every 5 s: the same share at any time between, also when nothing comes any more, until it should have
 * been told again. */
START_TEST(test_told_rarely) {
        CongestionMeter m = {};

        for (usec_t at = SECOND / 4; at <= 40 * SECOND; at += SECOND / 4) {
                congestion_meter_count(&m, 225, 0, at);
                if (at % (5 * SECOND) == 0)
                        congestion_meter_tell(&m, at > 10 * SECOND ? 500 : 0, 5 * SECOND, at + 1);
                ck_assert_double_eq_tol(congestion_meter_share(&m, at + 1), at < 15 * SECOND ? 0 : 0.1, 1e-9);
        }
        ck_assert_uint_eq(m.moved, 40 * SECOND + 1);
        ck_assert_double_eq_tol(congestion_meter_share(&m, 50 * SECOND), 0.1, 1e-9);
        ck_assert_double_eq(congestion_meter_share(&m, 50 * SECOND + 1), 0);
        /* beside what the counters say, the larger share counts */
        congestion_meter_count(&m, 0, 2000, 51 * SECOND);
        congestion_meter_tell(&m, 1, 5 * SECOND, 51 * SECOND);
        ck_assert_double_eq(congestion_meter_share(&m, 57 * SECOND), 1);
        congestion_meter_count(&m, 1000000, 0, 58 * SECOND);
        ck_assert_double_lt(congestion_meter_share(&m, 61 * SECOND), 0.001);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("congestion-meter");
        TCase *t = tcase_create("congestion-meter");

        tcase_add_test(t, test_share);
        tcase_add_test(t, test_is_forgotten);
        tcase_add_test(t, test_told_rarely);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
