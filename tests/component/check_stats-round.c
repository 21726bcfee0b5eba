/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked when, and how much of the time that takes. */

#include "check-main.h"
#include "duty-budget.h"
#include "health-predictor.h"
#include "pair-policy.h"
#include "stats-world.h"

START_TEST(test_counters) {
        const StatsReport *r;

        targets(3, 0);
        r = tick();
        for (int i = 0; i < 3; i++) {
                ck_assert_int_eq(r[i].ifindex, i + 1);
                ck_assert_uint_eq(r[i].counters.rx_packets, (uint64_t) r[i].ifindex * 100);
                ck_assert_uint_eq(r[i].counters_at, USEC_PER_HOUR + TICK + 10);
        }
        ck_assert_uint_eq(fake->n_counters, 1);
        stats_now += TICK;
        stats_round_run(stats_round, false); /* one by one */
        ck_assert_uint_eq(fake->n_counters, 4);
        ck_assert_uint_eq(r[2].counters_at - r[1].counters_at, 10);
        ck_assert_uint_eq(r[1].counters.rx_packets, 200);
}
END_TEST

/* Each at its own interval; what the driver does not have, once. */
START_TEST(test_intervals) {
        targets(2, 0);
        tell(STATS_PAUSE, STATS_PAUSE_RX, 5);
        fake->result[STATS_LINK_STATE] = 0;  /* answers, but has nothing to say */
        fake->result[STATS_STANDARD] = -EIO; /* may work another time */
        for (unsigned i = 0; i < 4 * 60; i++) {
                const StatsReport *r = tick();

                ck_assert_int_eq(find(r, SIGNAL_RX_PAUSE) != NULL, i % 20 == 0);
        }
        ck_assert_uint_eq(fake->n_asked[STATS_PAUSE], 2 * 12);
        ck_assert_uint_eq(fake->n_asked[STATS_STANDARD], 2 * 12);
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 2);
        ck_assert_uint_eq(fake->n_asked[STATS_FEC], 2);
        ck_assert_uint_eq(fake->n_reporters_asked, 1);
        /* another link has come up: it may have something to say now, but no driver has learnt anything */
        targets(2, 2);
        (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 4);
        ck_assert_uint_eq(fake->n_asked[STATS_FEC], 2);
        /* another device is asked everything */
        targets(3, 2);
        (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_FEC], 3);
}
END_TEST

/* Blocks that are lost in every tick, of all adapters, from each part of a second on: what it takes to the
 * alarm at the thresholds of no policy, and to read bit errors, which need no such hurry. */
static usec_t time_to_alarm(unsigned n_adapters, usec_t take, unsigned begin) {
        PairPolicy policy;
        HealthPredictor *p;
        usec_t began = 0;
        unsigned i = 0;

        pair_policy_init(&policy);
        p = health_predictor_new(policy.signals);
        fake->ask_take[STATS_FEC] = fake->ask_take[STATS_STANDARD] = take;
        targets(n_adapters, 0);
        tell(STATS_STANDARD, STATS_SYMBOLS, 0);
        tell(STATS_FEC, STATS_FEC_LOST_BLOCKS, 0);
        while (health_predictor_level(p) < EVIDENCE_ALARM && i < 4 * 120) {
                const StatsReport *r = tick();
                const HealthSample *s = find(r, SIGNAL_FEC_UNCORRECTABLE);

                if (s)
                        health_predictor_feed(p, s, 1);
                health_predictor_tick(p, stats_now);
                if (++i < 40 + begin)
                        continue;
                if (began == 0)
                        began = stats_now;
                fake->stats[STATS_FEC].value[STATS_FEC_LOST_BLOCKS]++;
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        health_predictor_free(p);
        return stats_now - began;
}

/* By the phase of the second, asked at the fast interval: 10 errored seconds, and what asking takes meanwhile.
 */
START_TEST(test_lost_blocks) {
        usec_t took = time_to_alarm(2, 100, (unsigned) _i);

        ck_assert_msg(took <= 10 * USEC_PER_SEC + TICK / 10, "%s", FORMAT_TIMESPAN(took));
        ck_assert_uint_gt(took, 9 * USEC_PER_SEC);
        ck_assert_uint_ge(fake->n_asked[STATS_STANDARD], 2 * 18);
}
END_TEST

/* Where it would take more than half of the budget, as often as anything else. */
START_TEST(test_lost_blocks_dear) {
        usec_t took = time_to_alarm(2, 2 * USEC_PER_MSEC, 0);

        ck_assert_uint_gt(took, 40 * USEC_PER_SEC);
        ck_assert_uint_le(took, 55 * USEC_PER_SEC);
}
END_TEST

/* Of those who are suspect, all in one question, and of nobody else. */
START_TEST(test_queues) {
        const QueueGiven *given;
        uint64_t octets;
        usec_t at;

        targets(ADAPTERS_MAX - 1, 0);
        (void) tick();
        ck_assert_uint_eq(stats_round_queues(stats_round, &given, &at), 0);
        ck_assert(!stats_round_want_queues(stats_round, 100)); /* no target */
        ck_assert(stats_round_want_queues(stats_round, 3));
        ck_assert(stats_round_want_queues(stats_round, 1));
        ck_assert(!stats_round_want_queues(stats_round, 3)); /* a moment ago */
        (void) tick();
        ck_assert_uint_eq(stats_round_queues(stats_round, &given, &at), 2);
        ck_assert_uint_le(at, stats_now);
        ck_assert_uint_gt(at, stats_now - TICK);
        ck_assert_int_eq(given[0].ifindex, 3);
        ck_assert(queue_given_get(given, 5, &octets));
        ck_assert_uint_eq(octets, 3);
        ck_assert_int_eq(given[1].ifindex, 1);
        (void) tick();
        ck_assert_uint_eq(stats_round_queues(stats_round, &given, &at), 0);
        ck_assert_uint_eq(fake->n_queues_asked, 1);
        /* what was not answered is not told */
        fake->queues_result = -EINTR;
        ck_assert(stats_round_want_queues(stats_round, 3));
        (void) tick();
        ck_assert_uint_eq(fake->n_queues_asked, 2);
        ck_assert_uint_eq(stats_round_queues(stats_round, &given, &at), 0);
}
END_TEST

/* Suspect for an hour on a host with thousands of links: no more than half a percent of the time. */
START_TEST(test_queues_duty) {
        usec_t began = stats_now;

        targets(1, 0);
        fake->queues_take = 20 * USEC_PER_MSEC;
        while (stats_now < began + USEC_PER_HOUR) {
                (void) stats_round_want_queues(stats_round, 1);
                (void) tick();
        }
        ck_assert_uint_le(fake->n_queues_asked * fake->queues_take, USEC_PER_HOUR / 150);
        ck_assert_uint_ge(fake->n_queues_asked, 500);
}
END_TEST

/* However slow, all questions together take a hundredth of the time, beside what it takes to learn how slow
 * they are, and none comes short for good. */
START_TEST(test_duty) {
        static const struct {
                usec_t counters, ask;
        } rows[] = {
                { 20 * USEC_PER_MSEC, 20 * USEC_PER_MSEC },
                { 50, 300 * USEC_PER_MSEC },
                { 2 * USEC_PER_SEC, 50 },
                /* all that count lost frames are cheap enough to be asked each second, or just not */
                { 50, 280 },
                { 50, 300 },
        };
        usec_t began = stats_now, most;

        fake->counters_take = rows[_i].counters;
        for (StatsKind k = 0; k < _STATS_KIND_MAX; k++) {
                fake->ask_take[k] = rows[_i].ask;
                fake->result[k] = 1;
        }
        tell(STATS_FEC, STATS_FEC_LOST_BLOCKS, 0);
        tell(STATS_STANDARD, STATS_SYMBOLS, 0);
        fake->reporters_result = 0;
        targets(4, 0);
        while (stats_now < began + USEC_PER_HOUR)
                (void) tick();
        most = (stats_now - began) / 100 + 2 * DUTY_BURST / STATS_REST + rows[_i].counters + 2 * rows[_i].ask;
        most += DUTY_LEARN * (rows[_i].counters + 4 * _STATS_KIND_MAX * rows[_i].ask);
        ck_assert_msg(fake->spent <= most, "%s of %s, at most %s", FORMAT_TIMESPAN(fake->spent),
                        FORMAT_TIMESPAN(stats_now - began), FORMAT_TIMESPAN(most));
        ck_assert_uint_ge(fake->n_counters, 5);
        for (int i = 1; i <= 4; i++)
                ck_assert_uint_ge(fake->n_asked_of[i], 5);
        ck_assert_uint_le(fake->n_asked_of[1], fake->n_asked_of[4] + 10);
        ck_assert_uint_ge(fake->n_asked_of[1] + 10, fake->n_asked_of[4]);
}
END_TEST

/* When they may not be asked for there are none, which says so. */
START_TEST(test_no_counters) {
        unsigned without = 0;

        fake->counters_take = USEC_PER_SEC;
        targets(1, 0);
        for (unsigned i = 0; i < 100; i++)
                without += tick()->counters_at == USEC_INFINITY;
        ck_assert_uint_ge(without, 95);
        ck_assert_uint_eq(fake->n_counters + without, 100);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("stats-round");
        TCase *t = tcase_create("stats-round");

        tcase_add_checked_fixture(t, stats_world_setup, stats_world_teardown);
        tcase_add_test(t, test_counters);
        tcase_add_test(t, test_intervals);
        tcase_add_loop_test(t, test_lost_blocks, 0, 4);
        tcase_add_test(t, test_lost_blocks_dear);
        tcase_add_test(t, test_queues);
        tcase_add_test(t, test_queues_duty);
        tcase_add_loop_test(t, test_duty, 0, 5);
        tcase_add_test(t, test_no_counters);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
