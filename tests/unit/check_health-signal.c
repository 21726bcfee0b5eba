/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "health-signal.h"

#define CHECK_TABLE(name, type, max)                                                                           \
        do {                                                                                                   \
                for (int i = 0; i < (int) (max); i++) {                                                        \
                        const char *s = name##_to_string((type) i);                                            \
                                                                                                               \
                        ck_assert_ptr_nonnull(s);                                                              \
                        ck_assert_int_eq((int) name##_from_string(s), i);                                      \
                }                                                                                              \
                ck_assert_ptr_null(name##_to_string((type) (max)));                                            \
                ck_assert_ptr_null(name##_to_string((type) -EINVAL));                                          \
                ck_assert_int_eq((int) name##_from_string("no such"), -EINVAL);                                \
                ck_assert_int_eq((int) name##_from_string(NULL), -EINVAL);                                     \
        } while (false)

START_TEST(test_string_tables) {
        CHECK_TABLE(signal, Signal, _SIGNAL_MAX);
        CHECK_TABLE(signal_unit, SignalUnit, _SIGNAL_UNIT_MAX);
        CHECK_TABLE(cause_group, CauseGroup, _CAUSE_GROUP_MAX);
        CHECK_TABLE(rule, Rule, _RULE_MAX);
}
END_TEST

/* Names of a policy never have anything but lower case, digits and dashes. */
START_TEST(test_names) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                ck_assert_uint_eq(strspn(signal_to_string(s), "abcdefghijklmnopqrstuvwxyz0123456789-"),
                                strlen(signal_to_string(s)));
        ck_assert_str_eq(signal_to_string(SIGNAL_PROBE_RX_LOST), "probe-loss");
        ck_assert_str_eq(signal_to_string(SIGNAL_PROBE_TX_LOST), "probe-loss-tx");
}
END_TEST

static void check_threshold(const SignalInfo *info, const SignalThreshold *t) {
        if (!t->set)
                return;
        ck_assert(t->value > 0);
        ck_assert_int_eq(t->per > 0, info->unit == SIGNAL_UNIT_PER_TIME);
}

START_TEST(test_rows) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                const SignalInfo *i = signal_info(s);

                ck_assert_ptr_nonnull(i);
                ck_assert_msg(i->advice && *i->advice, "%s has no advice", signal_to_string(s));
                ck_assert_msg(i->source && *i->source, "%s has no source", signal_to_string(s));
                ck_assert_int_eq(i->rule == RULE_NONE, i->group == CAUSE_NONE);
                check_threshold(i, &i->warn);
                check_threshold(i, &i->alarm);
                if (i->warn.set && i->alarm.set)
                        ck_assert(i->below ? i->warn.value > i->alarm.value : i->warn.value < i->alarm.value);
                if (i->rule == RULE_RATE || i->rule == RULE_PROBE) {
                        ck_assert_int_eq(signal_info(i->exposure)->kind, SIGNAL_COUNTER);
                        ck_assert_int_eq(signal_info(i->exposure)->rule, RULE_NONE);
                }
                ck_assert_int_eq(i->kind == SIGNAL_LEVEL, i->rule == RULE_LEVEL || i->rule == RULE_CARRIER);
                if (i->usual)
                        ck_assert_int_eq(i->rule, RULE_COUNT);
                if (i->trend)
                        ck_assert_int_eq(i->rule, RULE_LEVEL);
        }
        ck_assert_ptr_null(signal_info(_SIGNAL_MAX));
        ck_assert_ptr_null(signal_info(_SIGNAL_INVALID));
}
END_TEST

START_TEST(test_configurable) {
        static const Signal no[] = {
                SIGNAL_RX_PACKETS,
                SIGNAL_TX_PACKETS,
                SIGNAL_RX_MISSED,
                SIGNAL_RX_DROPPED,
                SIGNAL_RX_FIFO,
                SIGNAL_RX_OVERRUNS,
                SIGNAL_TX_DROPPED,
                SIGNAL_RX_PAUSE,
                SIGNAL_TX_PAUSE,
                SIGNAL_CARRIER,
                SIGNAL_PROBE_RX_SENT,
                SIGNAL_PROBE_TX_SENT,
                SIGNAL_PROBE_TX_LOST,
                _SIGNAL_MAX,
                _SIGNAL_INVALID,
        };
        static const Signal yes[] = {
                SIGNAL_RX_CRC_ERRORS,
                SIGNAL_RX_POWER,
                SIGNAL_LINK_FLAPS,
                SIGNAL_PROBE_RX_LOST,
                SIGNAL_TX_TIMEOUT,
                SIGNAL_DEVLINK_HEALTH,
                SIGNAL_SIGNAL_QUALITY,
                SIGNAL_RX_CHECKSUM_ERRORS,
                SIGNAL_TX_QUEUE_ERRORS,
                SIGNAL_TX_STALL,
                SIGNAL_PCIE_CORRECTABLE,
                SIGNAL_PCIE_LINK_WIDTH,
                SIGNAL_ADAPTER_TEMPERATURE,
        };

        for (size_t i = 0; i < ELEMENTSOF(no); i++)
                ck_assert(!signal_is_configurable(no[i]));
        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                ck_assert(signal_is_configurable(yes[i]));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("health-signal");
        TCase *t = tcase_create("health-signal");

        tcase_add_test(t, test_string_tables);
        tcase_add_test(t, test_names);
        tcase_add_test(t, test_rows);
        tcase_add_test(t, test_configurable);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
