/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "traffic-silence.h"

static TrafficSilence silence;
static usec_t now;
static unsigned looks, notes;

/* Frames evenly apart, per second, for so long; looked at as often as the rule wants. */
static void traffic(double received_per_second, double sent_per_second, usec_t duration) {
        double received = 0, sent = 0;

        looks = notes = 0;
        for (usec_t end = now + duration; now < end; now += TRAFFIC_BUSY_USEC) {
                received += received_per_second * TRAFFIC_BUSY_USEC / USEC_PER_SEC;
                sent += sent_per_second * TRAFFIC_BUSY_USEC / USEC_PER_SEC;
                if (now < silence.due)
                        continue;
                notes++;
                looks += traffic_silence_note(&silence, received >= 1, sent >= 1, now);
                received = received >= 1 ? 0 : received;
                sent = sent >= 1 ? 0 : sent;
        }
}

static void setup(void) {
        silence = (TrafficSilence){};
        now = USEC_PER_SEC;
}

START_TEST(test_idle) {
        traffic(0, 0, 10 * USEC_PER_SEC);
        ck_assert_uint_eq(looks, 0);
        ck_assert_uint_eq(notes, 10 * USEC_PER_SEC / TRAFFIC_IDLE_USEC);
}
END_TEST

/* Whenever traffic begins, it is soon known. */
START_TEST(test_wakes) {
        traffic(0, 0, USEC_PER_SEC + (usec_t) _i * USEC_PER_MSEC);
        traffic(1000, 1000, TRAFFIC_IDLE_USEC + 2 * TRAFFIC_WAKING_USEC);
        ck_assert(silence.busy);
}
END_TEST

/* Those that are idle are looked at together, whatever was when. */
START_TEST(test_together) {
        traffic(0, 0, 7 * USEC_PER_MSEC);
        ck_assert_uint_eq(silence.due % TRAFFIC_IDLE_USEC, 0);
        traffic(5000, 0, USEC_PER_SEC + 3 * USEC_PER_MSEC);
        traffic(0, 0, USEC_PER_SEC);
        ck_assert(!silence.busy);
        ck_assert_uint_eq(silence.due % TRAFFIC_IDLE_USEC, 0);
}
END_TEST

/* What a LAN says by itself is no reason to look every millisecond. */
START_TEST(test_chatter) {
        traffic(5, 2, 10 * USEC_PER_SEC);
        ck_assert_uint_eq(looks, 0);
        ck_assert(!silence.busy);
}
END_TEST

/* While frames come in there is nothing to look for, and when they stop it is at once. */
START_TEST(test_cut) {
        static const double rates[] = { 2000, 20000, 1e6 };

        traffic(rates[_i], rates[_i], USEC_PER_SEC);
        ck_assert(silence.busy);
        ck_assert_uint_eq(looks, 0);
        traffic(0, rates[_i], 3 * TRAFFIC_BUSY_USEC);
        ck_assert_uint_ge(looks, 2);
}
END_TEST

/* The cut takes the only direction there is. */
START_TEST(test_receives_only) {
        traffic(5000, 0, USEC_PER_SEC);
        ck_assert_uint_eq(looks, 0);
        traffic(0, 0, 3 * TRAFFIC_BUSY_USEC);
        ck_assert_uint_ge(looks, 2);
        traffic(0, 0, USEC_PER_SEC);
        ck_assert_uint_le(looks, 32);
        ck_assert(!silence.busy);
}
END_TEST

/* Of a sender that nobody answers nothing else tells. */
START_TEST(test_sends_only) {
        traffic(0, 5000, USEC_PER_SEC);
        ck_assert(silence.busy);
        traffic(0, 5000, USEC_PER_SEC);
        ck_assert_uint_eq(looks, notes);
}
END_TEST

/* A hundred frames a second leave most looks empty, and are traffic all the same. */
START_TEST(test_sparse) {
        traffic(100, 100, USEC_PER_SEC);
        ck_assert(silence.busy);
        traffic(0, 100, 4 * TRAFFIC_BUSY_USEC);
        ck_assert_uint_ge(looks, 3);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("traffic-silence");
        TCase *t = tcase_create("traffic-silence");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_idle);
        tcase_add_loop_test(t, test_wakes, 0, 200);
        tcase_add_test(t, test_together);
        tcase_add_test(t, test_chatter);
        tcase_add_loop_test(t, test_cut, 0, 3);
        tcase_add_test(t, test_receives_only);
        tcase_add_test(t, test_sends_only);
        tcase_add_test(t, test_sparse);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
