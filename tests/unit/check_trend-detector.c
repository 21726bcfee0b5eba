/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "random.h"
#include "trend-detector.h"

static TrendDetector detector(Signal s, double warn, double alarm) {
        TrendDetector d;

        trend_detector_init(&d, signal_info(s), &(SignalThreshold){ .value = warn, .set = true },
                        &(SignalThreshold){ .value = alarm, .set = true });
        return d;
}

static EvidenceLevel step(TrendDetector *d, double level, double at) {
        trend_detector_step(d, level, (usec_t) ((at + 1) * 1e6));
        return trend_detector_finding(d).level;
}

/* A power that is steady for a while, then falls from -6 to -16 dBm in a straight line: warn comes before
 * alarm, and the alarm while there is still light. */
static const struct {
        double every, steady, fall; /* seconds */
        double noise;               /* dB */
        double at_alarm;            /* the alarm comes above this, dBm */
} decays[] = {
        { 0.1, 2, 12, 0.02, -12 },
        { 0.1, 30, 15, 0.02, -12 },
        { 0.1, 600, 15, 0.1, -12 },
        { 0.25, 5, 30, 0.05, -13 },
        { 1, 300, 600, 0.1, -13 },
        { 10, 3600, 4 * 3600, 0.1, -14 },
        { 60, 86400, 86400, 0.1, -14 },
        { 60, 7 * 86400, 3 * 86400, 0.05, -14 },
};

START_TEST(test_decay) {
        TrendDetector d = detector(SIGNAL_RX_POWER, -12, -14);
        Random r = { .state = (uint64_t) _i };
        double warned = -1, alarmed = -1, level = -6;

        for (double t = 0; alarmed < 0; t += decays[_i].every) {
                EvidenceLevel l;

                level = t < decays[_i].steady ? -6 : -6 - 10 * (t - decays[_i].steady) / decays[_i].fall;
                if (level < -16)
                        break;
                l = step(&d, level + decays[_i].noise * random_normal(&r), t);
                if (t < decays[_i].steady)
                        ck_assert_int_eq(l, EVIDENCE_NONE);
                if (l == EVIDENCE_WARN && warned < 0)
                        warned = t;
                if (l == EVIDENCE_ALARM)
                        alarmed = t;
        }
        ck_assert_double_gt(warned, decays[_i].steady);
        ck_assert_double_gt(alarmed, warned);
        ck_assert_msg(level > decays[_i].at_alarm, "alarm only at %g dBm", level);
        {
                /* and the time it says is about right */
                double left = (level - -14) * decays[_i].fall / 10;
                double says = (double) trend_detector_finding(&d).time_to_failure / 1e6;

                ck_assert_msg(says > left / 3 && says < left * 3, "says %g s, is %g s", says, left);
        }
}
END_TEST

/* Not a trend: a steady level, a step, a wave, a wobble, a warm-up; never evidence. */
typedef double (*Curve)(double t, Random *r);

static double curve_steady(double t, Random *r) {
        return -6 + 0.2 * random_normal(r);
}
static double curve_step(double t, Random *r) {
        return (t < 60 ? -6 : -8) + 0.02 * random_normal(r);
}
static double curve_many_steps(double t, Random *r) {
        return fmod(t, 240) < 120 ? -6 : -8;
}
static double curve_quantized(double t, Random *r) {
        return -6 - 0.1 * (double) (random_next(r) % 3);
}
static double curve_rising(double t, Random *r) {
        return -12 + fmin(t / 100, 6);
}
static double curve_constant(double t, Random *r) {
        return -6;
}
static double curve_breathing(double t, Random *r) {
        return -6 + 0.2 * sin(t / 20 * 2 * M_PI);
}
static double curve_day(double t, Random *r) {
        return 50 + 8 * sin(t / 86400 * 2 * M_PI) + 0.3 * random_normal(r);
}
static double curve_warm_up(double t, Random *r) {
        return 20 + 35 * (1 - exp(-t / 300)) + 0.3 * random_normal(r);
}

static const struct {
        const char *what;
        Curve curve;
        Signal signal;
        double warn, alarm, every;
} healthy[] = {
        { "steady, fast", curve_steady, SIGNAL_RX_POWER, -12, -14, 0.1 },
        { "steady, slow", curve_steady, SIGNAL_RX_POWER, -12, -14, 60 },
        { "step, fast", curve_step, SIGNAL_RX_POWER, -12, -14, 0.1 },
        { "step", curve_step, SIGNAL_RX_POWER, -12, -14, 1 },
        { "steps", curve_many_steps, SIGNAL_RX_POWER, -12, -14, 1 },
        { "quantized", curve_quantized, SIGNAL_RX_POWER, -12, -14, 0.25 },
        { "rising", curve_rising, SIGNAL_RX_POWER, -12, -14, 1 },
        { "breathing", curve_breathing, SIGNAL_RX_POWER, -12, -14, 0.1 },
        { "constant", curve_constant, SIGNAL_RX_POWER, -12, -14, 1 },
        { "day and night", curve_day, SIGNAL_MODULE_TEMPERATURE, 70, 75, 60 },
        { "warm-up", curve_warm_up, SIGNAL_MODULE_TEMPERATURE, 70, 75, 1 },
};

START_TEST(test_healthy) {
        TrendDetector d = detector(healthy[_i].signal, healthy[_i].warn, healthy[_i].alarm);
        Random r = { .state = (uint64_t) _i };
        unsigned evidence = 0;

        for (unsigned i = 0; i < 40000; i++) {
                double t = i * healthy[_i].every;

                evidence += step(&d, healthy[_i].curve(t, &r), t) > EVIDENCE_NONE;
        }
        ck_assert_msg(evidence == 0, "%s: evidence in %u samples", healthy[_i].what, evidence);
}
END_TEST

/* However clear it looks: nothing is said before 30 samples, and confirmed by 3 and 10. */
START_TEST(test_few_samples) {
        TrendDetector d = detector(SIGNAL_RX_POWER, -12, -14);
        unsigned warned = 0, n = 0;

        for (EvidenceLevel l = EVIDENCE_NONE; l < EVIDENCE_ALARM && n < 100; n++) {
                l = step(&d, -6 - n * 0.1, n * 0.5);
                if (l == EVIDENCE_WARN && warned == 0)
                        warned = n + 1;
        }
        ck_assert_uint_eq(warned, 32);
        ck_assert_uint_eq(n, 39);
}
END_TEST

START_TEST(test_temperature) {
        TrendDetector d = detector(SIGNAL_MODULE_TEMPERATURE, 70, 80);
        double t = 0, level;

        /* 2 degrees a minute, every 10 s: nothing below the warn threshold, alarm before the alarm threshold */
        do {
                t += 10;
                level = 50 + t / 30;
                if (step(&d, level, t) > EVIDENCE_NONE)
                        ck_assert_double_gt(level, 70);
        } while (trend_detector_finding(&d).level < EVIDENCE_ALARM && level < 80);
        ck_assert_double_lt(level, 76);
}
END_TEST

/* A bit error rate that doubles every minute is a straight line in its logarithm. */
START_TEST(test_ber) {
        TrendDetector d = detector(SIGNAL_PRE_FEC_BER, 1e-5, 1e-4);
        double t, ber = 0;

        for (t = 0; trend_detector_finding(&d).level < EVIDENCE_ALARM && ber < 1e-4; t += 5)
                step(&d, ber = 1e-9 * exp2(t / 60), t);
        ck_assert_double_lt(ber, 1e-5);
        ck_assert_double_eq_tol(
                        (double) trend_detector_finding(&d).time_to_failure / 1e6, 60 * log2(1e-4 / ber), 30);
        /* a rate of zero has no logarithm */
        step(&d, 0, t);
        ck_assert(!isnan(d.line[0].y));
}
END_TEST

/* When it stops falling the evidence ends, once. */
START_TEST(test_recovery) {
        TrendDetector d = detector(SIGNAL_RX_POWER, -12, -14);
        double t = 0;
        unsigned changes = 0;
        EvidenceLevel last;

        while (step(&d, -6 - fmax(t - 20, 0) / 5, t) < EVIDENCE_ALARM)
                t += 0.1;
        last = EVIDENCE_ALARM;
        for (int i = 0; i < 40000; i++) {
                EvidenceLevel l = step(&d, -8, t += 0.1);

                changes += l != last;
                last = l;
        }
        ck_assert_int_eq(last, EVIDENCE_NONE);
        ck_assert_uint_le(changes, 2);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("trend-detector");
        TCase *t = tcase_create("trend-detector");

        tcase_add_loop_test(t, test_decay, 0, ELEMENTSOF(decays));
        tcase_add_loop_test(t, test_healthy, 0, ELEMENTSOF(healthy));
        tcase_add_test(t, test_few_samples);
        tcase_add_test(t, test_temperature);
        tcase_add_test(t, test_ber);
        tcase_add_test(t, test_recovery);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
