/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "probe-ledger.h"

#define TIMEOUT (150 * USEC_PER_MSEC)
#define MS      USEC_PER_MSEC

static ProbeLedger ledger;

static void setup(void) {
        probe_ledger_init(&ledger, TIMEOUT);
}

/* n probes of that latency, 50 ms apart, from `at`; returns when the next is due. */
static usec_t exchange(unsigned n, usec_t latency, usec_t at) {
        for (unsigned i = 0; i < n; i++, at += 50 * MS)
                ck_assert_int_eq(probe_ledger_receive(&ledger, probe_ledger_send(&ledger, at), at + latency),
                                PROBE_IN_TIME);
        return at;
}

START_TEST(test_timeout) {
        usec_t at = MS;

        /* nothing known: the policy's timeout */
        probe_ledger_send(&ledger, at);
        ck_assert_uint_eq(probe_ledger_deadline(&ledger), at + TIMEOUT);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + TIMEOUT - 1), 0);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + TIMEOUT), 1);
        ck_assert_uint_eq(probe_ledger_deadline(&ledger), USEC_INFINITY);
        ck_assert_uint_eq(ledger.lost_in_a_row, 1);

        /* a fast path: 10 ms */
        at = exchange(20, 100, at + TIMEOUT);
        ck_assert_uint_eq(ledger.lost_in_a_row, 0);
        probe_ledger_send(&ledger, at);
        ck_assert_uint_eq(probe_ledger_deadline(&ledger), at + 10 * MS);

        /* a slow one: 8 times the latency, never more than the policy says */
        setup();
        at = exchange(20, 5 * MS, MS);
        ck_assert_uint_eq(probe_ledger_patience(&ledger), 40 * MS);
        exchange(40, 40 * MS, at);
        ck_assert_uint_eq(probe_ledger_patience(&ledger), TIMEOUT);
}
END_TEST

START_TEST(test_overtaken) {
        usec_t at = exchange(20, 3 * MS, MS);
        uint64_t first = probe_ledger_send(&ledger, at), second = probe_ledger_send(&ledger, at + MS);

        probe_ledger_receive(&ledger, second, at + 4 * MS);
        /* grace: twice the latency after the later one arrived, well before the timeout of 24 ms */
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 10 * MS - 1), 0);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 10 * MS), 1);
        ck_assert_uint_eq(ledger.lost, 1);
        ck_assert_uint_eq(ledger.lost_in_a_row, 0); /* a hole is not a silence */
        ck_assert_uint_eq(ledger.last_lost, at);
        ck_assert_int_eq(probe_ledger_receive(&ledger, first, at + 20 * MS), PROBE_LATE);
        ck_assert_int_eq(probe_ledger_receive(&ledger, first, at + 20 * MS), PROBE_DUPLICATE);
        ck_assert_uint_eq(ledger.late, 1);
}
END_TEST

START_TEST(test_reordered) {
        uint64_t first = probe_ledger_send(&ledger, MS), second = probe_ledger_send(&ledger, 2 * MS);

        ck_assert_int_eq(probe_ledger_receive(&ledger, second, 3 * MS), PROBE_IN_TIME);
        ck_assert_int_eq(probe_ledger_receive(&ledger, first, 3 * MS + 500), PROBE_IN_TIME);
        ck_assert_int_eq(probe_ledger_receive(&ledger, first, 4 * MS), PROBE_DUPLICATE);
        ck_assert_int_eq(probe_ledger_receive(&ledger, 2, 4 * MS), PROBE_UNKNOWN);
        ck_assert_int_eq(probe_ledger_receive(&ledger, UINT64_MAX, 4 * MS), PROBE_UNKNOWN);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, USEC_PER_SEC), 0);
        ck_assert_uint_eq(ledger.reordered, 1);
        ck_assert_uint_eq(ledger.duplicated, 1);
        ck_assert_uint_eq(ledger.received, 2);
        ck_assert_uint_eq(ledger.latency_min, MS);
        ck_assert_uint_eq(ledger.latency_max, 2500);
}
END_TEST

/* A queue fills up from 0.1 to 30 ms while the path is probed every millisecond: what is given up before the
 * first late arrival is at most what was on its way for longer than the patience, and nothing after it. */
START_TEST(test_queue_fills) {
        usec_t at = exchange(20, 100, MS), begin = at;
        uint64_t sequence[200];
        unsigned n = 0, arrived = 0;

        for (; n < ELEMENTSOF(sequence); n++, at += MS) {
                for (; arrived < n && begin + arrived * MS + 30 * MS <= at; arrived++)
                        probe_ledger_receive(&ledger, sequence[arrived], begin + arrived * MS + 30 * MS);
                probe_ledger_judge(&ledger, at);
                sequence[n] = probe_ledger_send(&ledger, at);
        }
        ck_assert_uint_ge(ledger.lost, 1);
        ck_assert_uint_le(ledger.lost, 21);
        ck_assert_uint_eq(ledger.late, ledger.lost);
        ck_assert_uint_ge(probe_ledger_patience(&ledger), 60 * MS);
}
END_TEST

START_TEST(test_late_process) {
        usec_t at = exchange(20, 100, MS);

        /* not run for 400 ms: judged only up to where arrivals are known, so nothing is lost by it ... */
        probe_ledger_send(&ledger, at);
        probe_ledger_stall(&ledger, at + 400 * MS, 350 * MS);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 400 * MS), 0);
        /* ... and what does not arrive gets the policy's timeout on top, but not again and again */
        probe_ledger_stall(&ledger, at + 500 * MS, 50 * MS);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 400 * MS + TIMEOUT - 1), 0);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 400 * MS + TIMEOUT), 1);
        /* what is sent afterwards is judged as ever */
        at += 600 * MS;
        probe_ledger_send(&ledger, at);
        ck_assert_uint_eq(probe_ledger_deadline(&ledger), at + 10 * MS);
        /* a machine that is always 2 ms late sees losses all the same */
        for (usec_t t = at; t <= at + 10 * MS; t += MS) {
                probe_ledger_stall(&ledger, t, 2 * MS);
                ck_assert_uint_eq(probe_ledger_judge(&ledger, t), t == at + 10 * MS);
        }
}
END_TEST

START_TEST(test_forgive) {
        probe_ledger_send(&ledger, MS);
        probe_ledger_send(&ledger, 2 * MS);
        probe_ledger_receive(&ledger, 0, 3 * MS);
        probe_ledger_forgive(&ledger);
        ck_assert_uint_eq(ledger.sent, 1);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, USEC_PER_MINUTE), 0);
}
END_TEST

START_TEST(test_window) {
        for (unsigned i = 0; i < PROBE_WINDOW + 10; i++)
                probe_ledger_send(&ledger, MS + i);
        ck_assert_uint_eq(ledger.lost, 10);
        ck_assert_int_eq(probe_ledger_receive(&ledger, 9, MS), PROBE_UNKNOWN);
        ck_assert_int_eq(probe_ledger_receive(&ledger, 10, 2 * MS), PROBE_IN_TIME);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, USEC_PER_SEC), PROBE_WINDOW - 1);
        ck_assert_uint_eq(ledger.lost + ledger.received, ledger.sent);
}
END_TEST

START_TEST(test_answers) {
        usec_t at = 10 * MS;

        probe_ledger_send(&ledger, at);
        probe_ledger_send(&ledger, at + 50 * MS);
        /* without a number: the youngest that had left */
        ck_assert_int_eq(probe_ledger_answer(&ledger, at + 49 * MS), PROBE_IN_TIME);
        ck_assert_uint_eq(ledger.latency, 49 * MS);
        ck_assert_int_eq(probe_ledger_answer(&ledger, at + 51 * MS), PROBE_IN_TIME);
        ck_assert_int_eq(probe_ledger_answer(&ledger, at + 52 * MS), PROBE_DUPLICATE);
        probe_ledger_send(&ledger, at + 100 * MS);
        ck_assert_uint_eq(probe_ledger_judge(&ledger, at + 100 * MS + TIMEOUT), 1);
        ck_assert_int_eq(probe_ledger_answer(&ledger, at + 110 * MS + TIMEOUT), PROBE_LATE);
        ck_assert_int_eq(probe_ledger_answer(&ledger, at + USEC_PER_SEC), PROBE_DUPLICATE);
}
END_TEST

/* Whatever arrives, in whatever order: sent = received + lost + on its way, and the account ends even. */
START_TEST(test_random) {
        uint64_t seed = (uint64_t) _i * 2654435761U + 1, dropped = 0, in_flight = 0;
        struct {
                uint64_t sequence;
                usec_t at;
        } flight[64];
        usec_t at = MS;

        for (unsigned step = 0; step < 20000; step++, at += MS) {
                for (uint64_t i = 0; i < in_flight;)
                        if (flight[i].at <= at) {
                                ck_assert_int_ne(
                                                probe_ledger_receive(&ledger, flight[i].sequence, flight[i].at),
                                                PROBE_UNKNOWN);
                                flight[i] = flight[--in_flight];
                        } else
                                i++;
                probe_ledger_judge(&ledger, at);
                seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
                if ((seed >> 33) % 100 < 10 || in_flight == ELEMENTSOF(flight)) {
                        probe_ledger_send(&ledger, at);
                        dropped++;
                } else {
                        flight[in_flight].at = at + 200 + (seed >> 40) % 1000;
                        flight[in_flight++].sequence = probe_ledger_send(&ledger, at);
                }
        }
        for (uint64_t i = 0; i < in_flight; i++)
                probe_ledger_receive(&ledger, flight[i].sequence, at);
        probe_ledger_judge(&ledger, at + USEC_PER_SEC);
        ck_assert_uint_eq(ledger.sent, 20000);
        ck_assert_uint_eq(ledger.lost, dropped);
        ck_assert_uint_eq(ledger.received, ledger.sent - dropped);
        ck_assert_uint_eq(ledger.late + ledger.duplicated, 0);
        ck_assert_uint_gt(dropped, 1800);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("probe-ledger");
        TCase *t = tcase_create("probe-ledger");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_timeout);
        tcase_add_test(t, test_overtaken);
        tcase_add_test(t, test_reordered);
        tcase_add_test(t, test_queue_fills);
        tcase_add_test(t, test_late_process);
        tcase_add_test(t, test_forgive);
        tcase_add_test(t, test_window);
        tcase_add_test(t, test_answers);
        tcase_add_loop_test(t, test_random, 0, 5);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
