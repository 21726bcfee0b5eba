/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "count-detector.h"

#define S USEC_PER_SEC

static CountDetector detector(Signal s) {
        CountDetector d;

        count_detector_init(&d, signal_info(s), &signal_info(s)->warn, &signal_info(s)->alarm);
        return d;
}

/* Uncorrectable blocks: 3 errored seconds of 60 warn, 10 alarm, however many blocks a second has. */
START_TEST(test_fec) {
        CountDetector d = detector(SIGNAL_FEC_UNCORRECTABLE);

        for (unsigned t = 1; t <= 20; t++) {
                count_detector_step(&d, t % 2 ? 100000 : 0, t * 2 * S);
                ck_assert_int_eq(count_detector_finding(&d).level,
                                t < 5                    ? EVIDENCE_NONE
                                                : t < 19 ? EVIDENCE_WARN
                                                         : EVIDENCE_ALARM);
        }
        ck_assert_double_eq(count_detector_finding(&d).value, 10);
        count_detector_tick(&d, 63 * S);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_WARN);
        count_detector_tick(&d, 99 * S);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_NONE);
}
END_TEST

/* Samples faster than a second make no more errored seconds than there are. */
START_TEST(test_fast_samples) {
        CountDetector d = detector(SIGNAL_FEC_UNCORRECTABLE);

        for (unsigned i = 0; i < 18; i++)
                count_detector_step(&d, 1, 10 * S + i * 100 * USEC_PER_MSEC);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_NONE);
        ck_assert_uint_eq(d.seconds.n, 2);
}
END_TEST

/* Those once a second may come a little early or late: each is one. */
START_TEST(test_uneven_samples) {
        CountDetector d = detector(SIGNAL_FEC_UNCORRECTABLE);

        for (unsigned i = 0; i < 10; i++)
                count_detector_step(&d, 1, (10 + i) * S + (i % 2 ? 0 : 50 * USEC_PER_MSEC));
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_ALARM);
}
END_TEST

START_TEST(test_tx_timeout) {
        CountDetector d = detector(SIGNAL_TX_TIMEOUT);

        count_detector_step(&d, 0, 1 * S);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_NONE);
        count_detector_step(&d, 1, 2 * S);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_ALARM);
        ck_assert_uint_eq(count_detector_finding(&d).per, 600 * S);
        count_detector_tick(&d, 602 * S);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_NONE);
}
END_TEST

/* Corrected PCIe errors, looked at every 5 s: 60 errored seconds within an hour, unless that is usual here. */
static EvidenceLevel errors_for(CountDetector *d, usec_t *at, usec_t duration, unsigned every) {
        EvidenceLevel worst = EVIDENCE_NONE;
        unsigned i = 0;

        for (usec_t end = *at + duration; *at < end; *at += 5 * S) {
                count_detector_step(d, every > 0 && ++i % every == 0 ? 7 : 0, *at);
                worst = MAX(worst, count_detector_finding(d).level);
        }
        return worst;
}

START_TEST(test_unusual) {
        CountDetector d = detector(SIGNAL_PCIE_CORRECTABLE);
        usec_t at = 1 * S;

        ck_assert_int_eq(errors_for(&d, &at, 2 * USEC_PER_HOUR, 0), EVIDENCE_NONE);
        ck_assert_int_eq(errors_for(&d, &at, 59 * 5 * S, 1), EVIDENCE_NONE);
        ck_assert_int_eq(errors_for(&d, &at, 2 * 5 * S, 1), EVIDENCE_WARN);
        /* it stays for as long as they do, and an hour longer */
        for (int i = 0; i < 72; i++) {
                (void) errors_for(&d, &at, USEC_PER_HOUR, 1);
                ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_WARN);
        }
        (void) errors_for(&d, &at, 61 * USEC_PER_MINUTE, 0);
        ck_assert_int_eq(count_detector_finding(&d).level, EVIDENCE_NONE);
}
END_TEST

/* A slot that has them from the first second on is like that. */
START_TEST(test_usual) {
        CountDetector d = detector(SIGNAL_PCIE_CORRECTABLE);
        usec_t at = 1 * S;

        ck_assert_int_eq(errors_for(&d, &at, 3 * USEC_PER_DAY, 1), EVIDENCE_NONE);
        ck_assert_double_gt(d.usual.mean, 100);
        d = detector(SIGNAL_PCIE_CORRECTABLE);
        ck_assert_int_eq(errors_for(&d, &at, 3 * USEC_PER_DAY, 140), EVIDENCE_NONE); /* 5 an hour */
        ck_assert_int_eq(errors_for(&d, &at, USEC_PER_HOUR, 3), EVIDENCE_WARN);      /* 240 */
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("count-detector");
        TCase *t = tcase_create("count-detector");

        tcase_add_test(t, test_fec);
        tcase_add_test(t, test_fast_samples);
        tcase_add_test(t, test_uneven_samples);
        tcase_add_test(t, test_tx_timeout);
        tcase_add_test(t, test_unusual);
        tcase_add_test(t, test_usual);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
