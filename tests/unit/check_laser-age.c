/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "laser-age.h"

#define M USEC_PER_MINUTE

/* One reading a minute for so long; the last rise. */
static double run(LaserAge *a, usec_t *at, usec_t duration, double bias, double temperature) {
        usec_t end = *at + duration;
        double rise = -99;

        for (; *at < end; *at += M)
                (void) laser_age_step(a, bias, temperature, *at, &rise);
        return rise;
}

START_TEST(test_ageing) {
        LaserAge a = {};
        usec_t at = M;
        double rise = -99;

        /* nothing is said of the first day */
        ck_assert_double_eq(run(&a, &at, 12 * USEC_PER_HOUR, 6.9, 44), -99);
        ck_assert_double_eq(run(&a, &at, 12 * USEC_PER_HOUR, 7.1, 46), -99);
        ck_assert_double_eq_tol(run(&a, &at, 2 * M, 7, 45), 0, 1e-3);
        /* however slowly it ages, it is the first day that counts */
        for (unsigned day = 0; day < 100; day++)
                rise = run(&a, &at, USEC_PER_DAY, 7 + day * 0.05, 45);
        ck_assert_double_eq_tol(rise, 99 * 0.05 / 7, 1e-3);
}
END_TEST

/* Heat is no age: what is seen in it is not compared. */
START_TEST(test_heat) {
        LaserAge a = {};
        usec_t at = M;

        run(&a, &at, USEC_PER_DAY + M, 7, 45);
        ck_assert_double_eq_tol(run(&a, &at, USEC_PER_HOUR, 8.4, 55), 0, 1e-3);
        ck_assert_double_eq_tol(run(&a, &at, USEC_PER_HOUR, 8.4, 49.9), 0.2, 1e-3);
        ck_assert_double_eq_tol(run(&a, &at, USEC_PER_HOUR, 12, 60), 0.2, 1e-3);
        ck_assert_double_eq_tol(run(&a, &at, USEC_PER_HOUR, 9.1, 40), 0.3, 1e-3);
}
END_TEST

/* While it is off nothing is learned and nothing said, and a pause is not a day; a clock that stands still is
 * ignored. */
START_TEST(test_off) {
        LaserAge a = {};
        usec_t at = M;
        double rise = -99;

        ck_assert_double_eq(run(&a, &at, 2 * USEC_PER_DAY, 0, 45), -99);
        ck_assert_uint_eq(a.learned, 0);
        run(&a, &at, USEC_PER_HOUR, 7, 45);
        at += 3 * USEC_PER_DAY;
        ck_assert(!laser_age_step(&a, 7, 45, at, &rise));
        ck_assert_double_eq(run(&a, &at, 22 * USEC_PER_HOUR, 7, 45), -99);
        ck_assert_double_eq_tol(run(&a, &at, USEC_PER_HOUR, 7, 45), 0, 1e-3);
        ck_assert(!laser_age_step(&a, 0.02, 45, at, &rise));
        ck_assert(laser_age_step(&a, 7, 45, at, &rise));
        ck_assert(!laser_age_step(&a, 9, 45, at, &rise));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("laser-age");
        TCase *t = tcase_create("laser-age");

        tcase_add_test(t, test_ageing);
        tcase_add_test(t, test_heat);
        tcase_add_test(t, test_off);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
