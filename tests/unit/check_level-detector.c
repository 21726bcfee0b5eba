/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "level-detector.h"

#define N EVIDENCE_NONE
#define W EVIDENCE_WARN
#define A EVIDENCE_ALARM

/* rx-power: warn below -12 dBm, alarm below -14 dBm, back 0.41 dB above; module-temperature: above 70 and 80
 * degrees, back 10 % below. */
static const struct {
        const char *what;
        Signal signal;
        double warn, alarm;
        struct {
                double level;
                EvidenceLevel expect;
        } steps[14];
} cases[] = {
        { "two samples are not enough", SIGNAL_RX_POWER, -12, -14,
                        { { -13, N }, { -13, N }, { -6, N }, { -13, N }, { -13, N }, { -13, W } } },
        { "alarm needs three of its own", SIGNAL_RX_POWER, -12, -14,
                        { { -13, N }, { -13, N }, { -13, W }, { -15, W }, { -15, W }, { -15, A } } },
        { "both at once", SIGNAL_RX_POWER, -12, -14, { { -20, N }, { -20, N }, { -20, A } } },
        { "a threshold itself is good", SIGNAL_RX_POWER, -12, -14,
                        { { -12, N }, { -12, N }, { -12, N }, { -12, N } } },
        { "it ends with hysteresis, three samples in a row", SIGNAL_RX_POWER, -12, -14,
                        { { -15, N }, { -15, N }, { -15, A }, { -13.7, A }, { -13.7, A }, { -13.7, A },
                                        { -13.5, A }, { -13.5, A }, { -13.5, W }, { -11.5, W }, { -11.5, W },
                                        { -13, W }, { -6, W }, { -6, W } } },
        { "above", SIGNAL_MODULE_TEMPERATURE, 70, 80,
                        { { 71, N }, { 72, N }, { 73, W }, { 81, W }, { 85, W }, { 90, A }, { 73, A },
                                        { 71, A }, { 71, A }, { 71, W }, { 70, W }, { 62, W }, { 62, W },
                                        { 62, N } } },
};

START_TEST(test_steps) {
        LevelDetector d;

        level_detector_init(&d, signal_info(cases[_i].signal),
                        &(SignalThreshold){ .value = cases[_i].warn, .set = true },
                        &(SignalThreshold){ .value = cases[_i].alarm, .set = true });
        for (size_t i = 0; i < ELEMENTSOF(cases[_i].steps) && cases[_i].steps[i].level != 0; i++) {
                Finding f;

                level_detector_step(&d, cases[_i].steps[i].level);
                f = level_detector_finding(&d);
                ck_assert_msg(f.level == cases[_i].steps[i].expect, "%s: step %zu: %d", cases[_i].what, i,
                                f.level);
                ck_assert_double_eq(f.value, cases[_i].steps[i].level);
                if (f.level > N)
                        ck_assert_double_eq(f.threshold, f.level == W ? cases[_i].warn : cases[_i].alarm);
        }
}
END_TEST

START_TEST(test_unset) {
        LevelDetector d;

        level_detector_init(&d, signal_info(SIGNAL_RX_POWER), &(SignalThreshold){}, &(SignalThreshold){});
        for (int i = 0; i < 10; i++)
                level_detector_step(&d, -40);
        ck_assert_int_eq(level_detector_finding(&d).level, EVIDENCE_NONE);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("level-detector");
        TCase *t = tcase_create("level-detector");

        tcase_add_loop_test(t, test_steps, 0, ELEMENTSOF(cases));
        tcase_add_test(t, test_unset);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
