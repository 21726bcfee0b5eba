/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "level-baseline.h"

#define M USEC_PER_MINUTE

/* One level a minute for so long; the last drop. */
static double run(LevelBaseline *b, usec_t *at, usec_t duration, double level) {
        usec_t end = *at + duration;
        double drop = -99;

        for (; *at < end; *at += M)
                (void) level_baseline_step(b, level, *at, &drop);
        return drop;
}

START_TEST(test_step) {
        LevelBaseline b = {};
        usec_t at = M, began;
        double drop = -99;

        /* nothing is said of the first hour */
        ck_assert_double_eq(run(&b, &at, 59 * M, -3), -99);
        ck_assert_double_eq_tol(run(&b, &at, 12 * USEC_PER_HOUR, -3), 0, 1e-9);
        /* a connector is touched: 3 dB at once, and for hours */
        ck_assert(level_baseline_step(&b, -6, at, &drop));
        ck_assert_double_eq_tol(drop, 3, 1e-9);
        for (began = at; drop > 2; at += M)
                ck_assert(level_baseline_step(&b, -6, at += M, &drop));
        ck_assert_uint_gt(at - began, 3 * USEC_PER_HOUR);
        /* then it is what is usual */
        ck_assert_double_lt(run(&b, &at, 4 * USEC_PER_DAY, -6), 0.1);
}
END_TEST

/* More light is no drop; decay as slow as a laser's never is one, that is for the trend. */
START_TEST(test_slow) {
        LevelBaseline b = {};
        usec_t at = M;
        double drop = 0, worst = 0;

        run(&b, &at, USEC_PER_DAY, -3);
        ck_assert(level_baseline_step(&b, -1, at, &drop));
        ck_assert_double_lt(drop, -1.9);
        b = (LevelBaseline){};
        for (usec_t i = 0; i < 7 * USEC_PER_DAY; i += M) {
                double level = -3 - 0.5 * (double) i / (double) USEC_PER_DAY;

                if (level_baseline_step(&b, level, at += M, &drop))
                        worst = MAX(worst, drop);
        }
        ck_assert_double_lt(worst, 0.6);
        ck_assert_double_gt(worst, 0.3);
}
END_TEST

/* After a pause of days one reading does not become the mean; time that stands still is ignored. */
START_TEST(test_gap) {
        LevelBaseline b = {};
        usec_t at = M;
        double drop = 0;

        run(&b, &at, USEC_PER_DAY, -3);
        at += 3 * USEC_PER_DAY;
        ck_assert(level_baseline_step(&b, -6, at, &drop));
        ck_assert(level_baseline_step(&b, -6, at + M, &drop));
        ck_assert_double_gt(drop, 2.9);
        ck_assert(!level_baseline_step(&b, -6, at + M, &drop));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("level-baseline");
        TCase *t = tcase_create("level-baseline");

        tcase_add_test(t, test_step);
        tcase_add_test(t, test_slow);
        tcase_add_test(t, test_gap);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
