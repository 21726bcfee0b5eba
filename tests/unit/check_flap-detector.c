/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "flap-detector.h"

#define MIN_ USEC_PER_MINUTE

static const SignalThreshold warn = { .value = 1, .per = 10 * MIN_, .set = true },
                             alarm_ = { .value = 3, .per = 10 * MIN_, .set = true };

static FlapDetector detector(void) {
        FlapDetector d;

        flap_detector_init(&d, &warn, &alarm_);
        return d;
}

static EvidenceLevel level_at(FlapDetector *d, usec_t now) {
        flap_detector_tick(d, now);
        return flap_detector_finding(d).level;
}

START_TEST(test_one) {
        FlapDetector d = detector();

        flap_detector_step(&d, 0, MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_NONE);
        flap_detector_step(&d, 1, 2 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_WARN);
        ck_assert_double_eq(flap_detector_finding(&d).value, 1);
        ck_assert_int_eq(level_at(&d, 12 * MIN_ - 1), EVIDENCE_WARN);
        ck_assert_int_eq(level_at(&d, 12 * MIN_), EVIDENCE_NONE);
}
END_TEST

START_TEST(test_three) {
        FlapDetector d = detector();

        flap_detector_step(&d, 1, 1 * MIN_);
        flap_detector_step(&d, 1, 5 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_WARN);
        flap_detector_step(&d, 1, 10 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_ALARM);
        ck_assert_double_eq(flap_detector_finding(&d).value, 3);
        /* the window is empty long before the penalty has halved: a pause is no recovery */
        ck_assert_int_eq(level_at(&d, 25 * MIN_), EVIDENCE_ALARM);
        ck_assert_int_eq(level_at(&d, 60 * MIN_), EVIDENCE_NONE);
}
END_TEST

/* Spread too thin for the window, but the penalty remembers: every 9 min. */
START_TEST(test_cluster) {
        FlapDetector d = detector();
        int n = 0;

        while (flap_detector_finding(&d).level < EVIDENCE_ALARM && n < 100)
                flap_detector_step(&d, 1, (usec_t) ++n * 9 * MIN_);
        ck_assert_int_eq(n, 4);
}
END_TEST

/* One a day is no cluster. */
START_TEST(test_rare) {
        FlapDetector d = detector();

        for (usec_t day = 1; day < 400; day++) {
                flap_detector_step(&d, 1, day * USEC_PER_DAY);
                ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_WARN);
        }
}
END_TEST

START_TEST(test_long_down) {
        FlapDetector d = detector();

        /* one loss, however long, is no pattern */
        flap_detector_step(&d, 1, 1 * MIN_);
        flap_detector_down(&d, 10 * USEC_PER_SEC, 2 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_WARN);
        /* the second one makes it one */
        flap_detector_step(&d, 1, 20 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_ALARM);
        ck_assert_int_eq(level_at(&d, 40 * MIN_), EVIDENCE_ALARM);
        ck_assert_int_eq(level_at(&d, 65 * MIN_), EVIDENCE_NONE);
}
END_TEST

START_TEST(test_short_down) {
        FlapDetector d = detector();

        flap_detector_step(&d, 1, 1 * MIN_);
        flap_detector_down(&d, USEC_PER_SEC, 1 * MIN_);
        flap_detector_step(&d, 1, 2 * MIN_);
        flap_detector_down(&d, USEC_PER_SEC, 2 * MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_WARN);
}
END_TEST

/* The window is bounded: huge increments and huge thresholds neither overflow nor hang. */
START_TEST(test_bounds) {
        FlapDetector d;
        EventWindow w = {};

        flap_detector_init(&d, &warn, &(SignalThreshold){ .value = 1e9, .per = MIN_, .set = true });
        flap_detector_step(&d, UINT64_MAX, MIN_);
        ck_assert_int_eq(flap_detector_finding(&d).level, EVIDENCE_ALARM);

        for (usec_t t = 1; t <= 1000; t++)
                event_window_add(&w, t);
        ck_assert_uint_eq(event_window_count(&w, 1000, 10), 10);
        ck_assert_uint_eq(event_window_count(&w, 1000, 10000), EVENT_WINDOW_MAX);
        ck_assert_uint_eq(event_window_count(&w, 5000, 10), 0);
        ck_assert(event_window_reached(&w, 1000, 3, 3));
        ck_assert(!event_window_reached(&w, 1000, 4, 3));
        ck_assert(event_window_reached(&w, 1000, 0, 3));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("flap-detector");
        TCase *t = tcase_create("flap-detector");

        tcase_add_test(t, test_one);
        tcase_add_test(t, test_three);
        tcase_add_test(t, test_cluster);
        tcase_add_test(t, test_rare);
        tcase_add_test(t, test_long_down);
        tcase_add_test(t, test_short_down);
        tcase_add_test(t, test_bounds);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
