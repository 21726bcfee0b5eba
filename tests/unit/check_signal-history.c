/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "check-main.h"
#include "signal-history.h"

static void add_level(SignalHistory *h, Signal s, usec_t at, double level) {
        signal_history_add(h, &(HealthSample){ .signal = s, .at = at, .level = level });
}

static void add_count(SignalHistory *h, usec_t at, uint64_t count) {
        signal_history_add(h, &(HealthSample){ .signal = SIGNAL_RX_CRC_ERRORS, .at = at, .count = count });
}

START_TEST(test_levels) {
        SignalHistory h = {};
        double v[SIGNAL_HISTORY_POINTS];

        signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_MINUTE, 100 * USEC_PER_SEC, v);
        for (size_t i = 0; i < ELEMENTSOF(v); i++)
                ck_assert(isnan(v[i]));
        /* the worst of a second: of power the lowest, of heat the highest */
        add_level(&h, SIGNAL_RX_POWER, 100 * USEC_PER_SEC, -3);
        add_level(&h, SIGNAL_RX_POWER, 100 * USEC_PER_SEC + 500000, -9);
        add_level(&h, SIGNAL_RX_POWER, 100 * USEC_PER_SEC + 900000, -5);
        add_level(&h, SIGNAL_RX_POWER, 103 * USEC_PER_SEC, -4);
        add_level(&h, SIGNAL_RX_POWER, 104 * USEC_PER_SEC, NAN);
        signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_MINUTE, 104 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[55], -9);
        ck_assert(isnan(v[56]) && isnan(v[57]) && isnan(v[59]) && isnan(v[54]));
        ck_assert_double_eq(v[58], -4);
        signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_HOUR, 104 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[59], -9);

        h = (SignalHistory){};
        add_level(&h, SIGNAL_MODULE_TEMPERATURE, USEC_PER_SEC, 40);
        add_level(&h, SIGNAL_MODULE_TEMPERATURE, USEC_PER_SEC, 50);
        add_level(&h, SIGNAL_MODULE_TEMPERATURE, USEC_PER_SEC, 45);
        signal_history_get(&h, SIGNAL_MODULE_TEMPERATURE, HISTORY_MINUTE, USEC_PER_SEC, v);
        ck_assert_double_eq(v[59], 50);
}
END_TEST

/* Too late for the minute is not too late for the hour. */
START_TEST(test_late) {
        SignalHistory h = {};
        double v[SIGNAL_HISTORY_POINTS];

        add_level(&h, SIGNAL_RX_POWER, 600 * USEC_PER_SEC, -3);
        add_level(&h, SIGNAL_RX_POWER, 480 * USEC_PER_SEC, -9);
        add_level(&h, SIGNAL_RX_POWER, 601 * USEC_PER_SEC, -4);
        signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_HOUR, 601 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[57], -9);
        ck_assert_double_eq(v[59], -4);
        signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_MINUTE, 601 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[58], -3);
        ck_assert_double_eq(v[59], -4);
}
END_TEST

START_TEST(test_counters) {
        SignalHistory h = {};
        double v[SIGNAL_HISTORY_POINTS];

        add_count(&h, 10 * USEC_PER_SEC, 1000); /* only a baseline */
        add_count(&h, 10 * USEC_PER_SEC + 250000, 1003);
        add_count(&h, 10 * USEC_PER_SEC + 500000, 1004);
        add_count(&h, 11 * USEC_PER_SEC, 1004);
        add_count(&h, 12 * USEC_PER_SEC, 7); /* reset */
        add_count(&h, 13 * USEC_PER_SEC, 9);
        signal_history_get(&h, SIGNAL_RX_CRC_ERRORS, HISTORY_MINUTE, 13 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[56], 4);
        ck_assert_double_eq(v[57], 0);
        ck_assert(isnan(v[58]));
        ck_assert_double_eq(v[59], 2);
        signal_history_get(&h, SIGNAL_RX_CRC_ERRORS, HISTORY_HOUR, 13 * USEC_PER_SEC, v);
        ck_assert_double_eq(v[59], 6);
}
END_TEST

/* However long nothing came, what is too old is gone, and what was between is not known. */
START_TEST(test_gaps) {
        static const unsigned gaps[] = { 1, 2, 59, 60, 61, 119, 120, 1000, 1000000 };
        double v[SIGNAL_HISTORY_POINTS];

        for (size_t g = 0; g < ELEMENTSOF(gaps); g++) {
                SignalHistory h = {};
                usec_t end = (500 + gaps[g]) * USEC_PER_SEC;

                for (unsigned t = 0; t <= 500; t++)
                        add_level(&h, SIGNAL_RX_POWER, t * USEC_PER_SEC, -1.0 - t);
                add_level(&h, SIGNAL_RX_POWER, end, -7);
                add_level(&h, SIGNAL_RX_POWER, 400 * USEC_PER_SEC, -99); /* far too late */
                signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_MINUTE, end, v);
                for (unsigned i = 0; i < SIGNAL_HISTORY_POINTS; i++) {
                        unsigned back = SIGNAL_HISTORY_POINTS - 1 - i;

                        if (back == 0)
                                ck_assert_double_eq(v[i], -7);
                        else if (back < gaps[g])
                                ck_assert(isnan(v[i]));
                        else
                                ck_assert_double_eq(v[i], -1.0 - (500 + gaps[g] - back));
                }
                /* read later than it was last fed */
                signal_history_get(&h, SIGNAL_RX_POWER, HISTORY_MINUTE, end + 30 * USEC_PER_SEC, v);
                ck_assert_double_eq(v[29], -7);
                ck_assert(isnan(v[30]) && isnan(v[59]));
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("signal-history");
        TCase *t = tcase_create("signal-history");

        tcase_add_test(t, test_levels);
        tcase_add_test(t, test_late);
        tcase_add_test(t, test_counters);
        tcase_add_test(t, test_gaps);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
