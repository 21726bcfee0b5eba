/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two predictors side by side: what they see together is no fault of either. */

#include "check-main.h"
#include "health-fixture.h"
#include "random.h"

/* The peer's transmitter is bad: both see CRC errors since the same time. */
START_TEST(test_common_mode) {
        _cleanup_(health_predictor_freep) HealthPredictor *a = predictor(built_in), *b = predictor(built_in);
        Counters ca = {}, cb = {};
        usec_t at = S;

        for (int i = 0; i < 60; i++) {
                feed_crc(a, &ca, at += S, 1000, 10);
                feed_crc(b, &cb, at, 1000, i < 20 ? 0 : 10);
                health_predictor_veto_common_mode(a, b, at);
                if (i == 15)
                        ck_assert_int_eq(health_predictor_level(a), EVIDENCE_ALARM);
        }
        ck_assert_int_eq(health_predictor_level(a), EVIDENCE_NONE);
        ck_assert_int_eq(health_predictor_level(b), EVIDENCE_NONE);
        ck_assert_int_eq(level_of(a, SIGNAL_RX_CRC_ERRORS), EVIDENCE_ALARM);
        ck_assert(find(a, SIGNAL_RX_CRC_ERRORS)->vetoed);
        ck_assert(find(b, SIGNAL_RX_CRC_ERRORS)->vetoed);
        ck_assert_double_eq(health_predictor_risk(a), 0);
        /* b recovers, a does not: it was a after all */
        health_predictor_reset(b);
        health_predictor_veto_common_mode(a, b, at);
        ck_assert_int_eq(health_predictor_level(a), EVIDENCE_ALARM);
        ck_assert(!find(a, SIGNAL_RX_CRC_ERRORS)->vetoed);
}
END_TEST

/* Two faults that begin more than a minute apart are two faults. */
START_TEST(test_not_common) {
        _cleanup_(health_predictor_freep) HealthPredictor *a = predictor(built_in), *b = predictor(built_in);
        HealthSample sa = level(SIGNAL_CARRIER, S, 0), sb = level(SIGNAL_CARRIER, 62 * S, 0);

        health_predictor_feed(a, &sa, 1);
        health_predictor_feed(b, &sb, 1);
        health_predictor_veto_common_mode(a, b, 62 * S);
        ck_assert_int_eq(health_predictor_level(a), EVIDENCE_ALARM);
        ck_assert_int_eq(health_predictor_level(b), EVIDENCE_ALARM);
}
END_TEST

/* Bit error rates before 300 s, from then on, and from 400 s on. */
static const struct {
        const char *what;
        double a[3], b[3];
        bool common;
} rises[] = {
        { "a was a little worse for long, then something makes both alarm", { 2e-5, 1e-3, 1e-3 },
                        { 1e-8, 1e-3, 1e-3 }, true },
        { "both began together, then it gets worse on one", { 2e-5, 1e-3, 1e-3 }, { 2e-5, 2e-5, 2e-5 }, false },
        { "both began together and got equally bad one after the other", { 2e-5, 1e-3, 1e-3 },
                        { 2e-5, 2e-5, 1e-3 }, true },
        { "a was bad for long, then b gets a little worse", { 1e-3, 1e-3, 1e-3 }, { 1e-8, 2e-5, 2e-5 }, false },
};

START_TEST(test_common_rise) {
        _cleanup_(health_predictor_freep) HealthPredictor *a = predictor(built_in), *b = predictor(built_in);

        for (usec_t t = 1; t < 600; t += 5) {
                unsigned phase = t < 300 ? 0 : t < 400 ? 1 : 2;

                feed_one(a, level(SIGNAL_PRE_FEC_BER, t * S, rises[_i].a[phase]));
                feed_one(b, level(SIGNAL_PRE_FEC_BER, t * S, rises[_i].b[phase]));
                health_predictor_veto_common_mode(a, b, t * S);
        }
        ck_assert_int_eq(level_of(a, SIGNAL_PRE_FEC_BER), EVIDENCE_ALARM);
        ck_assert_int_gt(level_of(b, SIGNAL_PRE_FEC_BER), EVIDENCE_NONE);
        ck_assert_msg(health_predictor_level(a) == (rises[_i].common ? EVIDENCE_NONE : EVIDENCE_ALARM), "%s",
                        rises[_i].what);
}
END_TEST

/* Loss of probes on both: a common cause unless one loses ten times as many. */
START_TEST(test_common_reachability) {
        static const unsigned one_in[] = { 2, 40 };
        _cleanup_(health_predictor_freep) HealthPredictor *a = predictor(built_in), *b = predictor(built_in);
        uint64_t lost_a = 0, lost_b = 0;

        for (unsigned i = 1; i <= 4000; i++) {
                usec_t at = S + i * MS;

                feed_probes(a, SIGNAL_PROBE_RX_LOST, at, lost_a += i % 2 == 0, i);
                feed_probes(b, SIGNAL_PROBE_RX_LOST, at, lost_b += i % one_in[_i] == 0, i);
        }
        health_predictor_veto_common_mode(a, b, 6 * S);
        ck_assert_int_eq(level_of(a, SIGNAL_PROBE_RX_LOST), EVIDENCE_ALARM);
        ck_assert_int_gt(level_of(b, SIGNAL_PROBE_RX_LOST), EVIDENCE_NONE);
        ck_assert_int_eq(health_predictor_level(a), _i == 0 ? EVIDENCE_NONE : EVIDENCE_ALARM);
}
END_TEST

/* Whatever comes to either, the evidence is sound; the sanitizers watch the rest. */
START_TEST(test_random) {
        static const double levels[] = { 0, 1, -40, 1e300, -1e300, 1e-300, -14, 85, NAN, -INFINITY };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in), *q = predictor(built_in);
        Random r = { .state = (uint64_t) _i };
        usec_t at = 0;
        unsigned unsound = 0;

        for (int i = 0; i < 3000; i++) {
                HealthSample samples[8];
                Signal s = (Signal) (random_next(&r) % _SIGNAL_MAX);
                const Evidence *e;
                size_t n;

                at += random_next(&r) >> (24 + random_next(&r) % 40);
                for (size_t k = 0; k < ELEMENTSOF(samples); k++) {
                        samples[k] = count((Signal) (random_next(&r) % _SIGNAL_MAX), at,
                                        random_next(&r) >> (random_next(&r) % 64));
                        if (signal_info(samples[k].signal)->kind == SIGNAL_LEVEL)
                                samples[k].level = levels[random_next(&r) % ELEMENTSOF(levels)];
                }
                health_predictor_feed(random_next(&r) % 2 ? p : q, samples, ELEMENTSOF(samples));
                switch (random_next(&r) % 8) {
                case 0:
                        health_predictor_tick(p, at);
                        break;
                case 1:
                        health_predictor_inject(p, s, (EvidenceLevel) (random_next(&r) % 3), at, at + S);
                        break;
                case 2:
                        health_predictor_veto_common_mode(p, q, at);
                        break;
                case 3:
                        health_predictor_hold_off(p, at + MS);
                        break;
                default:
                        break;
                }
                n = health_predictor_evidence(p, &e);
                for (size_t k = 0; k < n; k++) {
                        char line[160];

                        evidence_format(e + k, at, line, sizeof(line));
                        unsound += e[k].level <= EVIDENCE_NONE || e[k].level >= _EVIDENCE_LEVEL_MAX ||
                                        e[k].since > at || strlen(line) < 5 ||
                                        (k > 0 && e[k - 1].level < e[k].level);
                }
                unsound += !(health_predictor_risk(p) >= 0 && health_predictor_risk(p) <= 1);
        }
        ck_assert_uint_eq(unsound, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("common-mode");
        TCase *t = tcase_create("common-mode");

        tcase_add_test(t, test_common_mode);
        tcase_add_test(t, test_not_common);
        tcase_add_loop_test(t, test_common_rise, 0, ELEMENTSOF(rises));
        tcase_add_loop_test(t, test_common_reachability, 0, 2);
        tcase_add_loop_test(t, test_random, 0, 8);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
