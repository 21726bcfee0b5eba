/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "hazard.h"

static Evidence evidence(Signal s, EvidenceLevel level) {
        return (Evidence){
                .signal = s,
                .level = level,
                .rule = signal_info(s)->rule,
                .time_to_failure = USEC_INFINITY,
        };
}

/* Every signal that can be evidence has a hazard that rises with the level. */
START_TEST(test_monotone) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                Evidence none = evidence(s, EVIDENCE_NONE), warn = evidence(s, EVIDENCE_WARN),
                         alarm_ = evidence(s, EVIDENCE_ALARM);

                ck_assert_double_eq(evidence_hazard(&none), 0);
                if (signal_info(s)->rule == RULE_NONE) {
                        ck_assert_double_eq(evidence_hazard(&alarm_), 0);
                        continue;
                }
                ck_assert_double_gt(evidence_hazard(&warn), 0);
                ck_assert_double_ge(evidence_hazard(&alarm_), evidence_hazard(&warn));
                ck_assert_double_gt(hazard_risk(&alarm_, 1), 0.5);
                /* sooner is worse */
                for (usec_t t = 30 * USEC_PER_DAY; t > 0; t /= 2) {
                        Evidence later = warn, sooner = warn;

                        later.time_to_failure = 2 * t;
                        sooner.time_to_failure = t;
                        ck_assert_double_ge(evidence_hazard(&sooner), evidence_hazard(&later));
                }
        }
}
END_TEST

START_TEST(test_risk) {
        Evidence e[_SIGNAL_MAX];
        double last = 0;

        ck_assert_double_eq(hazard_risk(NULL, 0), 0);
        /* more evidence never lowers it, and it stays a probability */
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                e[s] = evidence(s, EVIDENCE_ALARM);
                e[s].time_to_failure = 0;
                ck_assert_double_ge(hazard_risk(e, s + 1), last);
                last = hazard_risk(e, s + 1);
        }
        ck_assert_double_gt(last, 0.99);
        ck_assert_double_le(last, 1);
}
END_TEST

/* Within a group the worst counts, across groups they add up. */
START_TEST(test_groups) {
        Evidence crc = evidence(SIGNAL_RX_CRC_ERRORS, EVIDENCE_WARN),
                 frame = evidence(SIGNAL_RX_FRAME_ERRORS, EVIDENCE_WARN),
                 power = evidence(SIGNAL_RX_POWER, EVIDENCE_WARN);

        ck_assert_double_eq(hazard_risk(&crc, 1), hazard_risk((Evidence[]){ crc, frame }, 2));
        ck_assert_double_gt(hazard_risk((Evidence[]){ crc, power }, 2), hazard_risk(&crc, 1));
        ck_assert_double_gt(hazard_risk((Evidence[]){ crc, power }, 2), hazard_risk(&power, 1));
}
END_TEST

START_TEST(test_vetoed) {
        Evidence e = evidence(SIGNAL_RX_CRC_ERRORS, EVIDENCE_ALARM);

        e.vetoed = true;
        ck_assert_double_eq(hazard_risk(&e, 1), 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("hazard");
        TCase *t = tcase_create("hazard");

        tcase_add_test(t, test_monotone);
        tcase_add_test(t, test_risk);
        tcase_add_test(t, test_groups);
        tcase_add_test(t, test_vetoed);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
