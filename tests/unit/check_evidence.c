/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "evidence.h"

#define S USEC_PER_SEC

static const struct {
        Evidence evidence;
        const char *text;
} lines[] = {
        { { .signal = SIGNAL_RX_POWER,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_LEVEL,
                          .value = -14.3,
                          .threshold = -14,
                          .since = 7 * S },
                        "rx-power -14.3 dBm below -14 dBm for 3s" },
        { { .signal = SIGNAL_RX_POWER,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_TREND,
                          .value = -9.21,
                          .threshold = -14,
                          .since = 9 * S + 750 * USEC_PER_MSEC,
                          .time_to_failure = 12 * S },
                        "rx-power -9.21 dBm, falling, reaches -14 dBm in 12s for 250ms" },
        { { .signal = SIGNAL_MODULE_TEMPERATURE,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_LEVEL,
                          .value = 73.5,
                          .threshold = 70,
                          .since = 9 * S },
                        "module-temperature 73.5 °C above 70 °C for 1s" },
        { { .signal = SIGNAL_TX_BIAS,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_LEVEL,
                          .value = 65,
                          .threshold = 60,
                          .since = 9 * S },
                        "tx-bias 65 mA above 60 mA for 1s" },
        { { .signal = SIGNAL_RX_POWER_DROP,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_LEVEL,
                          .value = 2.51,
                          .threshold = 2,
                          .since = 9 * S },
                        "rx-power-drop 2.51 dB above 2 dB for 1s" },
        { { .signal = SIGNAL_MODULE_UNREADABLE,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_LEVEL,
                          .value = 3,
                          .threshold = 0.5,
                          .since = 9 * S },
                        "module-unreadable 3 times in a row for 1s" },
        { { .signal = SIGNAL_PRE_FEC_BER,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_LEVEL,
                          .value = 2.34e-5,
                          .threshold = 1e-5,
                          .since = 9 * S },
                        "pre-fec-ber 2.3e-05 above 1e-05 for 1s" },
        { { .signal = SIGNAL_RX_CRC_ERRORS,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_RATE,
                          .value = 1.25e-4,
                          .threshold = 1e-6,
                          .exposure = 150000,
                          .since = 0 },
                        "rx-crc-errors 0.00013 of 150000 frames, above 1e-06 for 10s" },
        { { .signal = SIGNAL_PROBE_RX_LOST,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_PROBE,
                          .value = 0.1025,
                          .threshold = 0.01,
                          .exposure = 820,
                          .since = 8 * S },
                        "probe-loss 10.2% of 820 probes, above 1% for 2s" },
        { { .signal = SIGNAL_LINK_FLAPS,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_FLAP,
                          .value = 3,
                          .threshold = 3,
                          .per = 600 * S,
                          .since = 0,
                          .vetoed = true },
                        "link-flaps 3 losses of link within 10min (limit 3) for 10s"
                        " (the other adapter shows the same: common cause)" },
        { { .signal = SIGNAL_LINK_FLAPS,
                          .level = EVIDENCE_WARN,
                          .rule = RULE_FLAP,
                          .value = 1,
                          .threshold = 1,
                          .per = 600 * S,
                          .since = 0 },
                        "link-flaps 1 loss of link within 10min (limit 1) for 10s" },
        { { .signal = SIGNAL_TX_TIMEOUT,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_COUNT,
                          .value = 1,
                          .threshold = 1,
                          .per = 600 * S,
                          .since = 0 },
                        "tx-timeout 1 errored second within 10min (limit 1) for 10s" },
        { { .signal = SIGNAL_CARRIER, .level = EVIDENCE_ALARM, .rule = RULE_CARRIER, .since = 10 * S },
                        "carrier lost for 0s" },
        { { .signal = SIGNAL_RX_POWER,
                          .level = EVIDENCE_ALARM,
                          .rule = RULE_LEVEL,
                          .value = -6,
                          .injected = true,
                          .since = 0 },
                        "rx-power alarm injected for 10s" },
};

START_TEST(test_format) {
        char buffer[256];

        evidence_format(&lines[_i].evidence, 10 * S, buffer, sizeof(buffer));
        ck_assert_str_eq(buffer, lines[_i].text);
}
END_TEST

/* Every length of buffer is terminated and holds a beginning of the line. */
START_TEST(test_short_buffers) {
        char whole[256];

        evidence_format(&lines[_i].evidence, 10 * S, whole, sizeof(whole));
        for (size_t size = 1; size < sizeof(whole); size++) {
                char *buffer = malloc(size); /* for the sanitizer to see one byte too many */

                evidence_format(&lines[_i].evidence, 10 * S, buffer, size);
                ck_assert_uint_eq(strlen(buffer), MIN(size - 1, strlen(whole)));
                ck_assert(strncmp(buffer, whole, strlen(buffer)) == 0);
                free(buffer);
        }
        evidence_format(&lines[_i].evidence, 10 * S, NULL, 0);
}
END_TEST

START_TEST(test_level_names) {
        for (EvidenceLevel l = 0; l < _EVIDENCE_LEVEL_MAX; l++)
                ck_assert_int_eq(evidence_level_from_string(evidence_level_to_string(l)), l);
        ck_assert_ptr_null(evidence_level_to_string(_EVIDENCE_LEVEL_MAX));
        ck_assert_int_eq(evidence_level_from_string("panic"), -EINVAL);
}
END_TEST

/* Whatever the rule, one is told what would end it. */
START_TEST(test_remedies) {
        for (Signal signal = 0; signal < _SIGNAL_MAX; signal++) {
                Rule rule = signal_info(signal)->rule;
                Evidence e = { .signal = signal,
                        .level = EVIDENCE_ALARM,
                        .rule = rule,
                        .threshold = 0.01,
                        .per = 10 * USEC_PER_MINUTE };
                char text[192] = "x", injected[192], cut[8];

                evidence_format_remedy(&e, text, sizeof(text));
                ck_assert_msg((text[0] != '\0') == (rule != RULE_NONE), "%s: '%s'", signal_to_string(signal),
                                text);
                ck_assert_uint_lt(strlen(text), sizeof(text) - 1); /* all of it */
                evidence_format_remedy(&e, cut, sizeof(cut));
                ck_assert_int_eq(strncmp(cut, text, sizeof(cut) - 1), 0);
                e.injected = true;
                evidence_format_remedy(&e, injected, sizeof(injected));
                ck_assert_str_eq(injected, "the end of the drill it was injected for");
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("evidence");
        TCase *t = tcase_create("evidence");

        tcase_add_loop_test(t, test_format, 0, ELEMENTSOF(lines));
        tcase_add_test(t, test_remedies);
        tcase_add_loop_test(t, test_short_buffers, 0, ELEMENTSOF(lines));
        tcase_add_test(t, test_level_names);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
