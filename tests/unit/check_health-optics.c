/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the predictor makes of modules and sensors: levels, their limits and trends, lasers that come to their
 * end. */

#include "check-main.h"
#include "health-fixture.h"
#include "random.h"

/* The demonstration: rx-power falls from -6 to -16 dBm within seconds, sampled ten times a second. */
START_TEST(test_optics) {
        SignalPolicy policy[_SIGNAL_MAX] = {
                [SIGNAL_RX_POWER] = { .warn = { .value = -12, .set = true },
                                .alarm = { .value = -14, .set = true } },
        };
        static const double fall[] = { 8, 15, 30, 120 };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(policy);
        Random r = { .state = (uint64_t) _i };
        usec_t at = S, warned = 0, alarmed = 0;
        double at_alarm = 0;

        for (int i = 0; i < 50 + fall[_i] * 10; i++) {
                double power = i < 50 ? -6 : -6 - (i - 50) / fall[_i];
                HealthSample s = level(SIGNAL_RX_POWER, at += 100 * MS, power + 0.03 * random_normal(&r));
                const Evidence *e;

                health_predictor_feed(p, &s, 1);
                e = find(p, SIGNAL_RX_POWER);
                if (e && warned == 0) {
                        ck_assert_int_eq(e->level, EVIDENCE_WARN);
                        ck_assert_int_eq(e->rule, RULE_TREND);
                        ck_assert_uint_lt(e->time_to_failure, USEC_PER_HOUR);
                        warned = at;
                }
                if (e && e->level == EVIDENCE_ALARM && alarmed == 0) {
                        alarmed = at;
                        at_alarm = power;
                }
        }
        ck_assert_uint_gt(warned, 6 * S);
        ck_assert_uint_ge(alarmed, warned + 500 * MS);
        ck_assert_double_gt(at_alarm, -14);
        /* at its end the level says so itself */
        ck_assert_int_eq(find(p, SIGNAL_RX_POWER)->rule, RULE_LEVEL);
        ck_assert_int_eq(find(p, SIGNAL_RX_POWER)->level, EVIDENCE_ALARM);
        ck_assert_uint_eq(find(p, SIGNAL_RX_POWER)->since, alarmed);
}
END_TEST

/* A module's own alarm threshold needs errors beside it, the operator's does not. */
START_TEST(test_module_thresholds) {
        static const SignalThreshold warn = { .value = -12, .set = true },
                                     alarm_ = { .value = -14, .set = true };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        SignalPolicy policy[_SIGNAL_MAX] = { [SIGNAL_RX_POWER].alarm = alarm_ };
        usec_t at = S;

        for (int i = 0; i < 10; i++)
                feed_one(p, level(SIGNAL_RX_POWER, at += S, -15));
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);

        health_predictor_set_module_thresholds(p, SIGNAL_RX_POWER, &warn, &alarm_);
        for (int i = 0; i < 10; i++)
                feed_one(p, level(SIGNAL_RX_POWER, at += S, -15));
        ck_assert_int_eq(level_of(p, SIGNAL_RX_POWER), EVIDENCE_WARN);

        for (unsigned i = 0; i < 5; i++) {
                feed_one(p, count(SIGNAL_FEC_UNCORRECTABLE, at += S, i));
                feed_one(p, level(SIGNAL_RX_POWER, at, -15));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_RX_POWER), EVIDENCE_ALARM);

        health_predictor_reset(p);
        health_predictor_set_policy(p, policy);
        for (int i = 0; i < 3; i++)
                feed_one(p, level(SIGNAL_RX_POWER, at += S, -15));
        ck_assert_int_eq(level_of(p, SIGNAL_RX_POWER), EVIDENCE_ALARM);
}
END_TEST

/* What is damaged behind a right CRC is no reason to blame the light. */
START_TEST(test_damaged_elsewhere) {
        static const SignalThreshold warn = { .value = -12, .set = true },
                                     alarm_ = { .value = -14, .set = true };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);

        health_predictor_set_module_thresholds(p, SIGNAL_RX_POWER, &warn, &alarm_);
        for (usec_t i = 1; i <= 60; i++)
                health_predictor_feed(p,
                                (HealthSample[]){
                                                count(SIGNAL_RX_CHECKSUM_ERRORS, i * S, i * 10),
                                                count(SIGNAL_RX_PACKETS, i * S, i * 1000),
                                                level(SIGNAL_RX_POWER, i * S, -15),
                                },
                                3);
        ck_assert_int_eq(level_of(p, SIGNAL_RX_CHECKSUM_ERRORS), EVIDENCE_WARN);
        ck_assert_int_eq(level_of(p, SIGNAL_RX_POWER), EVIDENCE_WARN);
}
END_TEST

/* Limits that a sensor gives come with its samples; the operator's are stronger. */
START_TEST(test_limits_of_a_sensor) {
        static const SignalLimits limits = { .warn = { .value = 90, .set = true },
                .alarm = { .value = 100, .set = true } },
                                  others = { .warn = { .value = 110, .set = true } };
        SignalPolicy policy[_SIGNAL_MAX] = { [SIGNAL_ADAPTER_TEMPERATURE].warn = { .value = 60, .set = true } };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        HealthSample sample = level(SIGNAL_ADAPTER_TEMPERATURE, S, 101);

        for (int i = 0; i < 5; i++, sample.at += 10 * S)
                feed_one(p, sample);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        sample.limits = &limits;
        for (int i = 0; i < 3; i++, sample.at += 10 * S)
                feed_one(p, sample);
        ck_assert_int_eq(level_of(p, SIGNAL_ADAPTER_TEMPERATURE), EVIDENCE_ALARM);
        ck_assert_double_eq(find(p, SIGNAL_ADAPTER_TEMPERATURE)->threshold, 100);
        sample.limits = &others;
        feed_one(p, sample);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        sample.level = 70;
        health_predictor_set_policy(p, policy);
        for (int i = 0; i < 3; i++)
                sample.at += 10 * S, feed_one(p, sample);
        ck_assert_int_eq(level_of(p, SIGNAL_ADAPTER_TEMPERATURE), EVIDENCE_WARN);
        ck_assert_double_eq(find(p, SIGNAL_ADAPTER_TEMPERATURE)->threshold, 60);
}
END_TEST

/* All the current it may have is a sign only, until the laser gives less for it. */
START_TEST(test_laser_at_its_end) {
        static const SignalThreshold bias_warn = { .value = 12, .set = true },
                                     bias_alarm = { .value = 13, .set = true },
                                     power_warn = { .value = -5, .set = true },
                                     power_alarm = { .value = -6, .set = true };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        usec_t at = S;

        health_predictor_set_module_thresholds(p, SIGNAL_TX_BIAS, &bias_warn, &bias_alarm);
        health_predictor_set_module_thresholds(p, SIGNAL_TX_POWER, &power_warn, &power_alarm);
        for (unsigned i = 0; i < 10; i++) {
                feed_one(p, level(SIGNAL_TX_BIAS, at += 60 * S, 13.5));
                feed_one(p, level(SIGNAL_TX_POWER, at, -2));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS), EVIDENCE_WARN);
        for (unsigned i = 0; i < 4; i++) {
                feed_one(p, level(SIGNAL_TX_POWER, at += 60 * S, -5.5));
                feed_one(p, level(SIGNAL_TX_BIAS, at, 13.5));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_TX_POWER), EVIDENCE_WARN);
        ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS), EVIDENCE_ALARM);

        /* another module: nothing is known of it, and of the rest what was */
        feed_one(p, level(SIGNAL_MODULE_TEMPERATURE, at, 40));
        health_predictor_forget(p, SIGNAL_TX_BIAS);
        health_predictor_forget(p, SIGNAL_TX_POWER);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        ck_assert(!health_predictor_last_value(p, SIGNAL_TX_BIAS, NULL, NULL));
        ck_assert(health_predictor_last_value(p, SIGNAL_MODULE_TEMPERATURE, NULL, NULL));
        for (unsigned i = 0; i < 10; i++)
                feed_one(p, level(SIGNAL_TX_BIAS, at += 60 * S, 13.5));
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
}
END_TEST

/* A maker's plateau may lie between the two thresholds: then fading light has to be evidence of its own. */
START_TEST(test_laser_at_its_plateau) {
        static const SignalThreshold bias_warn = { .value = 12, .set = true },
                                     bias_alarm = { .value = 13, .set = true },
                                     power_warn = { .value = -5, .set = true },
                                     power_alarm = { .value = -6, .set = true };
        static const SignalPolicy own[_SIGNAL_MAX] = {
                [SIGNAL_TX_BIAS] = { .alarm = { .value = 13, .set = true } }
        };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        usec_t at = S;

        for (unsigned round = 0; round < 2; round++) {
                health_predictor_set_module_thresholds(p, SIGNAL_TX_BIAS, &bias_warn, &bias_alarm);
                health_predictor_set_module_thresholds(p, SIGNAL_TX_POWER, &power_warn, &power_alarm);
                for (unsigned i = 0; i < 10; i++) {
                        feed_one(p, level(SIGNAL_TX_POWER, at += 60 * S, -4.5));
                        feed_one(p, level(SIGNAL_TX_BIAS, at, 12.5));
                }
                ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS), EVIDENCE_WARN);
                for (unsigned i = 0; i < 4; i++) {
                        feed_one(p, level(SIGNAL_TX_POWER, at += 60 * S, -5.2));
                        feed_one(p, level(SIGNAL_TX_BIAS, at, 12.5));
                }
                /* an operator who said what alarms is taken at his word */
                ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS), round == 0 ? EVIDENCE_ALARM : EVIDENCE_WARN);
                health_predictor_reset(p);
                health_predictor_set_policy(p, own);
        }
}
END_TEST

/* ... or below both. Then it is what the laser took when it was new that shows its age. */
START_TEST(test_laser_that_aged) {
        static const SignalThreshold power_warn = { .value = -5, .set = true },
                                     power_alarm = { .value = -6, .set = true };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        usec_t at = S;

        health_predictor_set_module_thresholds(p, SIGNAL_TX_POWER, &power_warn, &power_alarm);
        for (unsigned i = 0; i < 10; i++) {
                feed_one(p, level(SIGNAL_TX_BIAS_RISE, at += 60 * S, 0.3));
                feed_one(p, level(SIGNAL_TX_POWER, at, -4.5));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS_RISE), EVIDENCE_WARN);
        for (unsigned i = 0; i < 4; i++) {
                feed_one(p, level(SIGNAL_TX_POWER, at += 60 * S, -5.2));
                feed_one(p, level(SIGNAL_TX_BIAS_RISE, at, 0.3));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_TX_BIAS_RISE), EVIDENCE_ALARM);
}
END_TEST

/* Frames arrive damaged because too little light does: that is what a person is told first. Those that are
 * damaged on their way out have another cause. */
START_TEST(test_light_explains_errors) {
        static const SignalThreshold warn = { .value = -12, .set = true },
                                     alarm_ = { .value = -14, .set = true };
        static const Signal errors[] = { SIGNAL_RX_CRC_ERRORS, SIGNAL_TX_CARRIER_ERRORS };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        const Evidence *e;
        usec_t at = S;

        health_predictor_set_module_thresholds(p, SIGNAL_RX_POWER, &warn, &alarm_);
        for (unsigned i = 0; i < 40; i++, at += S)
                health_predictor_feed(p,
                                (HealthSample[]){
                                                count(errors[_i], at, 20 * (uint64_t) i),
                                                count(signal_info(errors[_i])->exposure, at,
                                                                10000 * (uint64_t) i),
                                },
                                2);
        ck_assert_uint_eq(health_predictor_evidence(p, &e), 1);
        ck_assert_int_eq(e[0].signal, errors[_i]);
        ck_assert_int_eq(e[0].level, EVIDENCE_ALARM);
        for (unsigned i = 0; i < 3; i++)
                feed_one(p, level(SIGNAL_RX_POWER, at += S, -12.5));
        ck_assert_uint_eq(health_predictor_evidence(p, &e), 2);
        ck_assert_int_eq(e[_i].signal, SIGNAL_RX_POWER);
        ck_assert_double_eq(e[_i].threshold, -12);
        ck_assert_int_eq(e[_i].level, _i == 0 ? EVIDENCE_ALARM : EVIDENCE_WARN);
        ck_assert_int_eq(e[!_i].signal, errors[_i]);
        ck_assert_int_eq(e[!_i].level, EVIDENCE_ALARM);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("health-optics");
        TCase *t = tcase_create("health-optics");

        tcase_add_loop_test(t, test_optics, 0, 4);
        tcase_add_test(t, test_module_thresholds);
        tcase_add_test(t, test_damaged_elsewhere);
        tcase_add_test(t, test_limits_of_a_sensor);
        tcase_add_test(t, test_laser_at_its_end);
        tcase_add_test(t, test_laser_at_its_plateau);
        tcase_add_test(t, test_laser_that_aged);
        tcase_add_loop_test(t, test_light_explains_errors, 0, 2);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
