/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "probe-detector.h"
#include "random.h"

#define MS USEC_PER_MSEC

static const SignalThreshold warn = { .value = 1e-3, .set = true }, alarm_ = { .value = 1e-2, .set = true };

/* A prober as the daemon's: every 50 ms, and every millisecond for a second after a loss. */
typedef struct Prober {
        ProbeDetector d;
        Random r;
        usec_t at;
        usec_t burst_until;
        ProbeCircumstances circumstances;
} Prober;

static Prober prober(uint64_t seed) {
        Prober p = { .r.state = seed, .at = USEC_PER_SEC };

        probe_detector_init(&p.d, &warn, &alarm_);
        return p;
}

static EvidenceLevel probe(Prober *p, bool lost) {
        p->at += p->at < p->burst_until ? MS : 50 * MS;
        if (lost)
                p->burst_until = p->at + USEC_PER_SEC;
        probe_detector_step(&p->d, lost, 1, p->at, &p->circumstances);
        return probe_detector_finding(&p->d).level;
}

static usec_t delay(Prober *p, double loss, usec_t limit) {
        usec_t begin = p->at;

        while (p->at - begin < limit)
                if (probe(p, random_uniform(&p->r) < loss) == EVIDENCE_ALARM)
                        return p->at - begin;
        return limit;
}

static int compare_usec(const void *a, const void *b) {
        usec_t x = *(const usec_t *) a, y = *(const usec_t *) b;

        return (x > y) - (x < y);
}

/* 95 of 100 runs, from the beginning of the loss. Of 1 % loss one run in twenty loses nothing within 15 s when
 * only 20 probes/s are sent (0.99^300 = 5 %); what counts here is the time after the first loss. */
static const struct {
        double loss;
        bool from_first_loss;
        usec_t p95;
} delays[] = {
        { 1, false, 200 * MS },
        { 0.5, false, 700 * MS },
        { 0.1, false, 2000 * MS },
        { 0.03, true, 1200 * MS },
        { 0.01, true, 3000 * MS },
        { 0.01, false, 18000 * MS },
};

START_TEST(test_gray) {
        usec_t t[200];

        for (size_t i = 0; i < ELEMENTSOF(t); i++) {
                Prober p = prober(i + 1);

                while (p.at < 5 * USEC_PER_SEC)
                        probe(&p, false);
                if (delays[_i].from_first_loss)
                        probe(&p, true);
                t[i] = delay(&p, delays[_i].loss, 120 * USEC_PER_SEC);
        }
        qsort(t, ELEMENTSOF(t), sizeof(*t), compare_usec);
        ck_assert_msg(t[ELEMENTSOF(t) * 95 / 100] <= delays[_i].p95, "loss %g: p95 %lu ms", delays[_i].loss,
                        t[ELEMENTSOF(t) * 95 / 100] / MS);
        /* and it is not by accident */
        ck_assert_uint_ge(t[0], 50 * MS);
}
END_TEST

/* Total loss: alarm 120 ms after the first probe is seen to be lost, within 150 ms of samples. */
START_TEST(test_total_loss) {
        Prober p = prober(1);
        usec_t first, warned = 0;

        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(probe(&p, false), EVIDENCE_NONE);
        ck_assert_int_eq(probe(&p, true), EVIDENCE_NONE);
        first = p.at;
        for (;;) {
                EvidenceLevel l = probe(&p, true);

                if (l == EVIDENCE_WARN && warned == 0)
                        warned = p.at;
                if (l == EVIDENCE_ALARM)
                        break;
                ck_assert_uint_lt(p.at - first, 150 * MS);
        }
        ck_assert_uint_eq(warned - first, MS);
        ck_assert_uint_ge(p.at - first, 110 * MS);
        ck_assert_uint_lt(p.at - first, 150 * MS);
        ck_assert_double_eq(probe_detector_finding(&p.d).value, 1);
        ck_assert_double_eq(probe_detector_finding(&p.d).threshold, 1e-2);
}
END_TEST

/* A port that a spanning tree has closed for 30 s: nothing is evidence until the first probe arrives,
 * everything from then on. */
START_TEST(test_opening) {
        Prober p = prober(1);
        usec_t opened;

        while (p.at < 31 * USEC_PER_SEC)
                ck_assert_int_eq(probe(&p, true), EVIDENCE_NONE);
        ck_assert_int_eq(probe(&p, false), EVIDENCE_NONE);
        opened = p.at;
        p.burst_until = 0;
        while (probe(&p, true) < EVIDENCE_ALARM)
                ck_assert_uint_lt(p.at - opened, 300 * MS);
        ck_assert_double_eq(probe_detector_finding(&p.d).value, 1);
}
END_TEST

/* But no path is closed for ever. */
START_TEST(test_never_opens) {
        Prober p = prober(1);

        while (probe(&p, true) < EVIDENCE_ALARM)
                ck_assert_uint_lt(p.at, 40 * USEC_PER_SEC);
        ck_assert_uint_gt(p.at, PROBE_OPENING_USEC);
}
END_TEST

/* The same without a faster rate after a loss: three in a row, 50 ms apart, are not yet 120 ms. */
START_TEST(test_total_loss_slow) {
        Prober p = prober(1);
        int n = 0;

        for (int i = 0; i < 100; i++)
                probe(&p, false);
        do {
                n++;
                p.burst_until = 0;
        } while (probe(&p, true) < EVIDENCE_ALARM && n < 10);
        ck_assert_int_eq(n, 4);
}
END_TEST

/* Evidence ends after 2000 probes without loss, once. */
START_TEST(test_recovery) {
        Prober p = prober(1);
        EvidenceLevel last = EVIDENCE_ALARM;
        int changes = 0, alarm_for = 0;

        probe(&p, false);
        for (int i = 0; i < 1000; i++)
                probe(&p, true);
        ck_assert_int_eq(probe_detector_finding(&p.d).level, EVIDENCE_ALARM);
        for (int i = 0; i < 30000; i++) {
                EvidenceLevel l = probe(&p, false);

                if (l != last)
                        changes++;
                if (l == EVIDENCE_ALARM)
                        alarm_for++;
                last = l;
        }
        ck_assert_int_eq(last, EVIDENCE_NONE);
        ck_assert_int_eq(changes, 2);
        ck_assert_int_ge(alarm_for, 1900);
        ck_assert_int_le(alarm_for, 2100);
}
END_TEST

/* Bursts of total loss of 50 to 100 ms, twelve a year: 4000 of them without an alarm are below 0.01 a year
 * with 95 % confidence. After each, random loss of 1e-4 goes on. */
START_TEST(test_bursts) {
        Prober p = prober(42);
        unsigned alarms = 0; /* asserting each would take most of the time */

        for (int i = 0; i < 4000; i++) {
                usec_t length = 50 * MS + (usec_t) (random_uniform(&p.r) * 50e3), begin;

                /* nothing happened for days */
                p.at += 86400 * USEC_PER_SEC;
                probe_detector_step(&p.d, 0, 20 * 86400, p.at, &p.circumstances);
                begin = p.at + (usec_t) (random_uniform(&p.r) * 50e3);
                for (int k = 0; k < 250 && p.at < begin + 250 * MS; k++) {
                        usec_t next = p.at + (p.at < p.burst_until ? MS : 50 * MS);
                        bool lost = (next >= begin && next < begin + length) || random_uniform(&p.r) < 1e-4;

                        alarms += probe(&p, lost) == EVIDENCE_ALARM;
                }
        }
        ck_assert_uint_eq(alarms, 0);
}
END_TEST

/* Random loss of 1e-4 for thirty years: probes between losses only let the sums fall, so they are taken in one
 * step each. */
START_TEST(test_random_loss) {
        static const usec_t years = 30 * 365 * 86400 * USEC_PER_SEC;
        Prober p = prober(7);
        unsigned warns = 0, alarms = 0;
        bool warned = false;

        while (p.at < years) {
                uint64_t received = random_geometric(&p.r, 1e-4), fast;
                EvidenceLevel l;

                fast = p.at < p.burst_until ? MIN(received, (p.burst_until - p.at) / MS) : 0;
                p.at += fast * MS + (received - fast) * 50 * MS;
                probe_detector_step(&p.d, 0, received, p.at, &p.circumstances);
                warned = warned && probe_detector_finding(&p.d).level == EVIDENCE_WARN;
                l = probe(&p, true);
                alarms += l == EVIDENCE_ALARM;
                if (l == EVIDENCE_WARN && !warned)
                        warns++;
                warned = l == EVIDENCE_WARN;
        }
        ck_assert_uint_eq(alarms, 0);
        /* priming is nearly free, but not for nothing: at most 12 a year */
        ck_assert_uint_le(warns, 30 * 12);
}
END_TEST

START_TEST(test_nothing_sent) {
        Prober p = prober(1);

        probe(&p, true);
        for (int i = 0; i < 1000; i++)
                probe_detector_step(&p.d, 0, 0, p.at += 50 * MS, &p.circumstances);
        ck_assert_int_eq(probe_detector_finding(&p.d).level, EVIDENCE_NONE);
        /* more lost than sent is nonsense that must not overflow */
        probe_detector_step(&p.d, 5, 1, p.at += MS, &p.circumstances);
        ck_assert_double_le(probe_detector_finding(&p.d).value, 1);
}
END_TEST

/* What the host drops itself is no fault of the path, also where its counters tell of it thinly; what it does
 * not explain is. */
static const struct {
        double congested, loss;
        bool alarm;
} congestions[] = {
        { 0.1, 0.1, false },
        { 0.015, 0.1, false },
        { 1e-3, 1e-2, false },
        { 3e-4, 2e-3, false },
        { 1e-4, 0.05, true },
        { 1e-3, 0.1, true },
        { 0.1, 0.5, true },
        { 0.9, 0.5, true },
        { 0.9, 1, true },
};

START_TEST(test_congestion) {
        usec_t limit = (congestions[_i].alarm ? 3 : 600) * USEC_PER_SEC;

        for (uint64_t seed = 1; seed <= 20; seed++) {
                Prober p = prober(seed);
                usec_t took;

                p.circumstances = (ProbeCircumstances){ .congested = congestions[_i].congested,
                        .counted = true };
                while (p.at < 5 * USEC_PER_SEC)
                        probe(&p, false);
                p.circumstances.moved = USEC_INFINITY;
                took = delay(&p, congestions[_i].loss, limit);
                ck_assert_msg((took < limit) == congestions[_i].alarm, "seed %lu: %lu ms", seed, took / MS);
        }
}
END_TEST

/* A partial loss is an alarm once the counters have moved since it began, and did not speak of congestion; a
 * total one at once. */
START_TEST(test_counters_are_heard) {
        for (uint64_t seed = 1; seed <= 50; seed++) {
                Prober p = prober(seed);
                usec_t began, took;

                p.circumstances.counted = true;
                while (p.at < 5 * USEC_PER_SEC)
                        probe(&p, false);
                p.circumstances.moved = began = p.at;
                probe(&p, true);
                took = delay(&p, 0.1, 1500 * MS);
                ck_assert_uint_ge(took, 1500 * MS);
                p.circumstances.moved = _i == 0 ? p.at : began;
                took = p.at - began + delay(&p, 0.1, 10 * USEC_PER_SEC);
                if (_i == 0)
                        ck_assert_uint_le(took, 1700 * MS);
                else
                        ck_assert(took >= 3000 * MS && took <= 3200 * MS);
                p = prober(seed);
                p.circumstances.counted = true;
                probe(&p, false);
                ck_assert_uint_le(delay(&p, 1, USEC_PER_SEC), 250 * MS);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("probe-detector");
        TCase *t = tcase_create("probe-detector");

        tcase_add_loop_test(t, test_gray, 0, ELEMENTSOF(delays));
        tcase_add_test(t, test_total_loss);
        tcase_add_test(t, test_opening);
        tcase_add_test(t, test_never_opens);
        tcase_add_test(t, test_total_loss_slow);
        tcase_add_test(t, test_recovery);
        tcase_add_test(t, test_bursts);
        tcase_add_test(t, test_random_loss);
        tcase_add_test(t, test_nothing_sent);
        tcase_add_loop_test(t, test_congestion, 0, ELEMENTSOF(congestions));
        tcase_add_loop_test(t, test_counters_are_heard, 0, 2);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
