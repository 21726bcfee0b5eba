/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "random.h"
#include "rate-detector.h"

static const SignalThreshold warn = { .value = 1e-8, .set = true }, alarm_ = { .value = 1e-6, .set = true };

static RateDetector detector(void) {
        RateDetector d;

        rate_detector_init(&d, &warn, &alarm_);
        return d;
}

/* One sample per second; returns after how many the level is reached, `limit` when never. */
static unsigned delay(Random *r, double loss, double pps, EvidenceLevel level, unsigned limit) {
        RateDetector d = detector();

        for (unsigned t = 0; t < limit; t++) {
                uint64_t errors = random_poisson(r, loss * pps);

                rate_detector_step(&d, errors, (uint64_t) pps - MIN(errors, (uint64_t) pps), t * USEC_PER_SEC);
                if (rate_detector_finding(&d).level >= level)
                        return t;
        }
        return limit;
}

static int compare_unsigned(const void *a, const void *b) {
        unsigned x = *(const unsigned *) a, y = *(const unsigned *) b;

        return (x > y) - (x < y);
}

#define RUNS 200

/* Mean delays: of a warning those that research simulated (there with a clip of h/4), within a third and the
 * two seconds that the tighter clip of steady errors costs; of an alarm the promise (95 of 100 runs at 1e-3,
 * the mean at 1e-4). */
static const struct {
        double loss, pps;
        EvidenceLevel level;
        double mean_min, mean_max;
        unsigned p95;
} delays[] = {
        { 1e-6, 100e3, EVIDENCE_WARN, 30, 80, 0 },
        { 1e-6, 8e6, EVIDENCE_WARN, 4, 8, 0 },
        { 5e-5, 1e3, EVIDENCE_WARN, 60, 125, 0 },
        { 5e-4, 1e3, EVIDENCE_WARN, 7, 16, 0 },
        { 5e-3, 1e3, EVIDENCE_WARN, 4, 8, 0 },
        { 5e-3, 10, EVIDENCE_WARN, 60, 125, 0 },
        { 5e-4, 100e3, EVIDENCE_WARN, 4, 8, 0 },
        { 5e-3, 8e6, EVIDENCE_WARN, 4, 8, 0 },
        { 1e-3, 1e3, EVIDENCE_ALARM, 5, 11, 15 },
        { 1e-4, 1e3, EVIDENCE_ALARM, 30, 60, 0 },
        { 1e-4, 100e3, EVIDENCE_ALARM, 4, 8, 8 },
        { 1e-2, 1e3, EVIDENCE_ALARM, 4, 8, 8 },
};

START_TEST(test_delays) {
        Random r = { .state = (uint64_t) _i };
        unsigned t[RUNS];
        double sum = 0;

        for (size_t i = 0; i < RUNS; i++)
                sum += t[i] = delay(&r, delays[_i].loss, delays[_i].pps, delays[_i].level, 4000);
        qsort(t, RUNS, sizeof(*t), compare_unsigned);
        ck_assert_msg(sum / RUNS >= delays[_i].mean_min && sum / RUNS <= delays[_i].mean_max,
                        "loss %g at %g/s: mean %g s, p95 %u s", delays[_i].loss, delays[_i].pps, sum / RUNS,
                        t[RUNS * 95 / 100]);
        if (delays[_i].p95 > 0)
                ck_assert_uint_le(t[RUNS * 95 / 100], delays[_i].p95);
}
END_TEST

static const double rates[] = { 0, 10, 1e3, 100e3, 8e6 };

/* The most that 802.3 allows, for three days. */
START_TEST(test_healthy) {
        Random r = { .state = (uint64_t) _i };
        unsigned limit = 3 * 86400;

        ck_assert_uint_eq(delay(&r, 1e-8, rates[_i], EVIDENCE_WARN, limit), limit);
}
END_TEST

/* Twelve bursts a year of up to 1000 errors within 1 to 3 s must not raise 0.02 alarms a year. Years are only
 * simulated where something happens: in between the sums only fall. */
START_TEST(test_bursts) {
        static const unsigned years = 400;
        Random r = { .state = 100 + (uint64_t) _i };
        double pps = rates[_i];
        RateDetector d = detector();
        usec_t at = USEC_PER_SEC;
        unsigned alarms = 0;

        for (unsigned i = 0; i < 12 * years; i++) {
                usec_t quiet = (usec_t) (-log(random_uniform(&r)) * 365 / 12 * 86400);
                unsigned samples = 4 + (unsigned) (random_next(&r) % 9);
                double errors = 1 + random_uniform(&r) * 999;
                bool was = false;

                at += quiet * USEC_PER_SEC;
                rate_detector_step(&d, random_poisson(&r, 1e-8 * pps * (double) quiet),
                                (uint64_t) (pps * (double) quiet), at);
                /* 250 ms apart, as the default policy samples */
                for (unsigned k = 0; k < samples; k++) {
                        uint64_t e = MIN(random_poisson(&r, errors / samples), (uint64_t) (pps / 4) + 1);

                        at += 250 * USEC_PER_MSEC;
                        rate_detector_step(&d, e, (uint64_t) (pps / 4) + 1 - e, at);
                        was = was || rate_detector_finding(&d).level == EVIDENCE_ALARM;
                }
                alarms += was;
        }
        /* 3 in 400 years: below 0.0194 a year with 95 % confidence (Poisson) */
        ck_assert_uint_le(alarms, 3);
}
END_TEST

/* What errors add does not depend on how often one looks. */
START_TEST(test_sampling) {
        static const usec_t intervals[] = { 100 * USEC_PER_MSEC, 250 * USEC_PER_MSEC, USEC_PER_SEC };
        RateDetector d = detector();
        usec_t t = USEC_PER_SEC, every = intervals[_i];

        rate_detector_step(&d, 0, 1000, t);
        while (rate_detector_finding(&d).level < EVIDENCE_ALARM && t < 60 * USEC_PER_SEC)
                rate_detector_step(&d, 50, 1000, t += every);
        ck_assert_uint_ge(t, 6 * USEC_PER_SEC);
        ck_assert_uint_le(t, 8 * USEC_PER_SEC);
}
END_TEST

/* Without traffic there is neither new evidence, nor does old evidence end: the link may be as bad as it was.
 */
START_TEST(test_no_traffic) {
        RateDetector d = detector();
        usec_t t = 0;

        for (int i = 0; i < 4; i++)
                rate_detector_step(&d, i > 1, 1000, t += USEC_PER_SEC);
        ck_assert(d.test[EVIDENCE_ALARM].sum > 0);
        for (int i = 0; i < 100000; i++)
                rate_detector_step(&d, 0, 0, t += USEC_PER_SEC);
        ck_assert_int_eq(rate_detector_finding(&d).level, EVIDENCE_NONE);

        for (int i = 0; i < 10; i++)
                rate_detector_step(&d, 10, 1000, t += USEC_PER_SEC);
        for (int i = 0; i < 100000; i++)
                rate_detector_step(&d, 0, 0, t += USEC_PER_SEC);
        ck_assert_int_eq(rate_detector_finding(&d).level, EVIDENCE_ALARM);
}
END_TEST

/* Evidence stays until 180 000 clean frames, and its value is the rate since the trouble began. */
START_TEST(test_recovery) {
        RateDetector d = detector();
        usec_t t = 0;
        unsigned changes = 0;
        EvidenceLevel last = EVIDENCE_NONE;
        Finding f;

        for (int i = 0; i < 600; i++) /* healthy past, which must not dilute what comes */
                rate_detector_step(&d, 0, 100000, t += USEC_PER_SEC);
        for (int i = 0; i < 60; i++)
                rate_detector_step(&d, 10, 990, t += USEC_PER_SEC);
        f = rate_detector_finding(&d);
        ck_assert_int_eq(f.level, EVIDENCE_ALARM);
        ck_assert_double_eq_tol(f.value, 0.01, 1e-4);
        ck_assert_uint_eq(f.exposure, 60 * 1000);
        ck_assert_double_eq(f.threshold, 1e-6);
        for (int i = 0; i < 400; i++) {
                rate_detector_step(&d, 0, 1000, t += USEC_PER_SEC);
                f = rate_detector_finding(&d);
                if (i == 170)
                        ck_assert_int_eq(f.level, EVIDENCE_ALARM);
                if (i == 190)
                        ck_assert_int_eq(f.level, EVIDENCE_WARN);
                if (f.level != last)
                        changes++;
                last = f.level;
        }
        ck_assert_uint_eq(changes, 2);
}
END_TEST

/* A threshold that is not set is never crossed. */
START_TEST(test_unset) {
        RateDetector d;

        rate_detector_init(&d, &warn, &(SignalThreshold){});
        for (usec_t t = 1; t < 100; t++)
                rate_detector_step(&d, 1000, 0, t * USEC_PER_SEC);
        ck_assert_int_eq(rate_detector_finding(&d).level, EVIDENCE_WARN);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("rate-detector");
        TCase *t = tcase_create("rate-detector");

        tcase_add_loop_test(t, test_delays, 0, ELEMENTSOF(delays));
        tcase_add_loop_test(t, test_healthy, 0, ELEMENTSOF(rates));
        tcase_add_loop_test(t, test_bursts, 0, ELEMENTSOF(rates));
        tcase_add_loop_test(t, test_sampling, 0, 3);
        tcase_add_test(t, test_no_traffic);
        tcase_add_test(t, test_recovery);
        tcase_add_test(t, test_unset);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
