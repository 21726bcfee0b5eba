/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "probe-pace.h"

#define MS USEC_PER_MSEC

/* Sends from `at` for `duration`, waking exactly when due, and reporting a loss each millisecond when silent;
 * returns how many were sent. */
static unsigned sent_within(ProbePace *p, usec_t at, usec_t duration, bool missing, bool heard) {
        usec_t end = at + duration;
        unsigned n = 0;

        for (; at < end; at += MS) {
                if (missing)
                        probe_pace_missing(p, at, heard ? at : 0);
                if (probe_pace_next(p, at) <= at) {
                        probe_pace_sent(p, at);
                        n++;
                }
        }
        return n;
}

START_TEST(test_base) {
        ProbePace p;

        probe_pace_init(&p, 50 * MS, MS, NULL);
        ck_assert_uint_eq(sent_within(&p, MS, 10 * USEC_PER_SEC, false, true), 200);
        ck_assert_uint_eq(probe_pace_next(&p, p.last), p.last + 50 * MS);
}
END_TEST

START_TEST(test_fast_at_once) {
        ProbePace p;
        usec_t at = MS;

        probe_pace_init(&p, 50 * MS, MS, NULL);
        probe_pace_sent(&p, at);
        probe_pace_missing(&p, at + 20 * MS, at);
        ck_assert_uint_eq(probe_pace_next(&p, at + 20 * MS), at + 20 * MS);
        ck_assert_uint_eq(sent_within(&p, at + 20 * MS, USEC_PER_SEC, false, true), 1000);
        ck_assert_uint_le(sent_within(&p, at + 20 * MS + USEC_PER_SEC, USEC_PER_SEC, false, true), 20);
}
END_TEST

/* Losing, but heard: 1 s fast, 1 s of rest, on and on. Silent: less and less, never more than a second a
 * minute. */
START_TEST(test_duty) {
        ProbePace p;
        unsigned n;

        probe_pace_init(&p, 50 * MS, MS, NULL);
        n = sent_within(&p, MS, 60 * USEC_PER_SEC, true, true);
        ck_assert_uint_ge(n, 30 * 1000);
        ck_assert_uint_le(n, 31 * 1000);

        probe_pace_init(&p, 50 * MS, MS, NULL);
        n = sent_within(&p, MS, 10 * USEC_PER_MINUTE, true, false);
        ck_assert_uint_le(n, 10 * 60 * 20 + 20 * 1000);
        n = sent_within(&p, MS + 10 * USEC_PER_MINUTE, USEC_PER_HOUR, true, false);
        ck_assert_uint_le(n, 3600 * 20 + 61 * 1000);
        ck_assert_uint_ge(n, 3600 * 20 + 55 * 1000);
        /* heard again: as if nothing had been */
        n = sent_within(&p, 2 * USEC_PER_HOUR, 60 * USEC_PER_SEC, true, true);
        ck_assert_uint_ge(n, 29 * 1000);
}
END_TEST

START_TEST(test_burst) {
        ProbePace p;

        probe_pace_init(&p, 50 * MS, MS, NULL);
        sent_within(&p, MS, USEC_PER_SEC, false, true);
        probe_pace_burst(&p, 2 * USEC_PER_SEC, 500 * MS);
        ck_assert_uint_eq(sent_within(&p, 2 * USEC_PER_SEC, 500 * MS, false, true), 500);
        ck_assert_uint_le(sent_within(&p, 2500 * MS, USEC_PER_SEC, false, true), 21);
        probe_pace_burst(&p, 4 * USEC_PER_SEC, USEC_INFINITY);
        ck_assert_uint_eq(p.burst_until, 4 * USEC_PER_SEC + PROBE_PACE_BURST_MAX);
        probe_pace_burst(&p, 4 * USEC_PER_SEC, 0);
        ck_assert_uint_eq(p.burst_until, 0);
}
END_TEST

/* A timer that is late by 3 ms costs no probe of a burst; one late by seconds is not made up for. */
START_TEST(test_late_timer) {
        ProbePace p;
        unsigned n = 0;

        probe_pace_init(&p, 50 * MS, MS, NULL);
        probe_pace_burst(&p, USEC_PER_SEC, 400 * MS);
        for (usec_t at = USEC_PER_SEC; at < 1400 * MS; at += 4 * MS)
                for (; probe_pace_next(&p, at) <= at; n++)
                        probe_pace_sent(&p, at);
        ck_assert_uint_ge(n, 395);
        n = 0;
        for (usec_t at = 100 * USEC_PER_SEC; probe_pace_next(&p, at) <= at; n++)
                probe_pace_sent(&p, at);
        ck_assert_uint_eq(n, 1);
}
END_TEST

/* Hundreds that lose probes at once (a switch restarts, or this host is slow) probe as much as a few do, but
 * each at least as often as at rest; the first ones notice nothing of it. Whoever stops leaves the speed to the
 * rest. */
START_TEST(test_crowd) {
        ProbeCrowd crowd = {};
        ProbePace p[256];
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(p); i++) {
                probe_pace_init(p + i, 50 * MS, MS, &crowd);
                probe_pace_sent(p + i, MS);
        }
        for (size_t i = 0; i < PROBE_PACE_CROWD; i++)
                probe_pace_missing(p + i, 2 * MS, MS);
        for (size_t i = 0; i < PROBE_PACE_CROWD; i++)
                ck_assert_uint_eq(sent_within(p + i, 2 * MS, 100 * MS, false, true), 100);
        ck_assert_uint_eq(crowd.n_fast, PROBE_PACE_CROWD);

        for (size_t i = 0; i < ELEMENTSOF(p); i++)
                probe_pace_missing(p + i, 3 * USEC_PER_SEC, MS);
        for (usec_t at = 3 * USEC_PER_SEC; at < 4 * USEC_PER_SEC; at += MS) {
                ck_assert(at < 3 * USEC_PER_SEC + 60 * MS || crowd.n_fast == ELEMENTSOF(p));
                for (size_t i = 0; i < ELEMENTSOF(p); i++)
                        if (probe_pace_next(p + i, at) <= at) {
                                probe_pace_sent(p + i, at);
                                n++;
                        }
        }
        ck_assert_uint_le(n, 1000 * PROBE_PACE_CROWD + 2 * ELEMENTSOF(p));
        ck_assert_uint_ge(n, 20 * ELEMENTSOF(p));

        for (size_t i = 1; i < ELEMENTSOF(p); i++)
                probe_pace_done(p + i);
        ck_assert_uint_eq(crowd.n_fast, 1);
        probe_pace_missing(p, 8 * USEC_PER_SEC, MS);
        ck_assert_uint_eq(sent_within(p, 8 * USEC_PER_SEC, 100 * MS, false, true), 100);
        probe_pace_burst(p, 8 * USEC_PER_SEC + 100 * MS, 10 * MS);
        crowd.n_fast = 1000;
        ck_assert_uint_eq(sent_within(p, 8 * USEC_PER_SEC + 100 * MS, 10 * MS, false, true), 10);
}
END_TEST

/* Those of one process share phases, evenly: each is in its own within two intervals, keeps the interval, and
 * comes back to it after it was fast. */
START_TEST(test_phases) {
        enum { N = 11 * PROBE_PACE_TOGETHER, SLOTS = 50 / 5 };
        ProbeCrowd crowd = {};
        ProbePace p[N];

        for (unsigned i = 0; i < N; i++) {
                usec_t at = 12345678 + i * 777, last = 0;

                probe_pace_init(p + i, 50 * MS, MS, &crowd);
                p[i].phase = probe_crowd_phase(&crowd, p[i].every);
                for (unsigned k = 0; k < 10; k++) {
                        at = probe_pace_next(p + i, at);
                        ck_assert(k < 2 || at - last == 50 * MS);
                        ck_assert(k < 1 || (at - last >= 25 * MS && at - last <= 75 * MS));
                        last = at;
                        probe_pace_sent(p + i, at);
                }
                ck_assert_uint_eq(at % (50 * MS), i / PROBE_PACE_TOGETHER % SLOTS * 5 * MS);
                probe_pace_missing(p + i, at + 3 * MS + 7, at);
                ck_assert_uint_eq(sent_within(p + i, at + 3 * MS + 7, USEC_PER_SEC, false, true), 1000);
                at += 2 * USEC_PER_SEC;
                for (unsigned k = 0; k < 3; k++)
                        probe_pace_sent(p + i, at = probe_pace_next(p + i, at));
                ck_assert_uint_eq(at % (50 * MS), i / PROBE_PACE_TOGETHER % SLOTS * 5 * MS);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("probe-pace");
        TCase *t = tcase_create("probe-pace");

        tcase_add_test(t, test_base);
        tcase_add_test(t, test_phases);
        tcase_add_test(t, test_fast_at_once);
        tcase_add_test(t, test_duty);
        tcase_add_test(t, test_burst);
        tcase_add_test(t, test_late_timer);
        tcase_add_test(t, test_crowd);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
