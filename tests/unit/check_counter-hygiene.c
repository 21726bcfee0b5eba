/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "counter-hygiene.h"

#define S USEC_PER_SEC

typedef struct Reading {
        usec_t at;
        uint64_t value;
        bool held;
        CounterVerdict verdict;
        uint64_t delta;
} Reading;

static const struct {
        const char *what;
        Reading reading[6];
} cases[] = {
        { "the first reading is a baseline, however high",
                        { { 1 * S, 123456, false, COUNTER_BASELINE, 0 },
                                        { 2 * S, 123456, false, COUNTER_DELTA, 0 },
                                        { 3 * S, 123460, false, COUNTER_DELTA, 4 } } },
        { "a reset is discarded and becomes the baseline",
                        { { 1 * S, 1000, false, COUNTER_BASELINE, 0 }, { 2 * S, 7, false, COUNTER_RESET, 0 },
                                        { 3 * S, 9, false, COUNTER_DELTA, 2 } } },
        { "a wrap at 2^32 is unwrapped",
                        { { 1 * S, 4294967290, false, COUNTER_BASELINE, 0 },
                                        { 2 * S, 4, false, COUNTER_DELTA, 10 },
                                        { 3 * S, 5, false, COUNTER_DELTA, 1 } } },
        { "a reset from far below 2^32 is no wrap",
                        { { 1 * S, 3000000000, false, COUNTER_BASELINE, 0 },
                                        { 2 * S, 4, false, COUNTER_RESET, 0 } } },
        { "nor is one from above it",
                        { { 1 * S, 4294967299, false, COUNTER_BASELINE, 0 },
                                        { 2 * S, 4, false, COUNTER_RESET, 0 } } },
        { "nor a fall to just below 2^32",
                        { { 1 * S, 4294967295, false, COUNTER_BASELINE, 0 },
                                        { 2 * S, 4294967290, false, COUNTER_RESET, 0 } } },
        { "what happened in a gap is told apart",
                        { { 1 * S, 10, false, COUNTER_BASELINE, 0 }, { 2 * S, 11, false, COUNTER_DELTA, 1 },
                                        { 9 * S, 500, false, COUNTER_GAP, 489 },
                                        { 10 * S, 501, false, COUNTER_DELTA, 1 } } },
        { "a slower rhythm is learned",
                        { { 1 * S, 0, false, COUNTER_BASELINE, 0 }, { 2 * S, 1, false, COUNTER_DELTA, 1 },
                                        { 7 * S, 2, false, COUNTER_GAP, 1 },
                                        { 12 * S, 3, false, COUNTER_DELTA, 1 },
                                        { 17 * S, 4, false, COUNTER_DELTA, 1 } } },
        { "fast readings may be late by two seconds",
                        { { 1000000, 0, false, COUNTER_BASELINE, 0 }, { 1001000, 1, false, COUNTER_DELTA, 1 },
                                        { 2900000, 2, false, COUNTER_DELTA, 1 } } },
        { "nothing is judged within a hold-off, nor after it what was counted in it",
                        { { 1 * S, 0, false, COUNTER_BASELINE, 0 }, { 2 * S, 90, true, COUNTER_HELD, 0 },
                                        { 3 * S, 99, true, COUNTER_HELD, 0 },
                                        { 4 * S, 100, false, COUNTER_DELTA, 1 } } },
        { "time that stands still makes no increment",
                        { { 5 * S, 1, false, COUNTER_BASELINE, 0 }, { 5 * S, 2, false, COUNTER_BASELINE, 0 },
                                        { 4 * S, 3, false, COUNTER_BASELINE, 0 },
                                        { 6 * S, 5, false, COUNTER_DELTA, 2 } } },
};

START_TEST(test_readings) {
        CounterHygiene c = {};

        for (const Reading *r = cases[_i].reading; r->at > 0 && r < cases[_i].reading + 6; r++) {
                uint64_t delta = 4711;
                CounterVerdict v = counter_hygiene_take(&c, r->value, r->at, r->held, &delta);

                ck_assert_msg(v == r->verdict, "%s: at %lu: verdict %d", cases[_i].what, r->at / S, v);
                ck_assert_uint_eq(delta, v == COUNTER_DELTA || v == COUNTER_GAP ? r->delta : 4711);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("counter-hygiene");
        TCase *t = tcase_create("counter-hygiene");

        tcase_add_loop_test(t, test_readings, 0, ELEMENTSOF(cases));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
