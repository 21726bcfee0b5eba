/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "hazard.h"
#include "health-fixture.h"
#include "random.h"

/* Two days of a healthy adapter, everything sampled: at a few frames a second and at many, with congestion. */
START_TEST(test_healthy) {
        static const double pps[] = { 0, 5, 1000, 1e6 };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Random r = { .state = (uint64_t) _i };
        uint64_t frames = 1000, crc = 3, congestion = 0, probes = 0;
        unsigned evidence = 0;

        for (usec_t t = 1; t < 2 * 86400; t += 5) {
                uint64_t n = random_poisson(&r, 5 * pps[_i]);
                usec_t at = t * S;

                frames += n;
                crc += random_poisson(&r, 1e-9 * (double) n);
                congestion += n / 10;
                probes += 100;
                health_predictor_feed(p,
                                (HealthSample[]){
                                                count(SIGNAL_RX_MISSED, at, congestion),
                                                count(SIGNAL_RX_DROPPED, at, congestion),
                                                count(SIGNAL_RX_FIFO, at, congestion),
                                                count(SIGNAL_TX_DROPPED, at, congestion),
                                                count(SIGNAL_RX_PACKETS, at, frames),
                                                count(SIGNAL_TX_PACKETS, at, frames),
                                                count(SIGNAL_RX_CRC_ERRORS, at, crc),
                                                count(SIGNAL_TX_CARRIER_ERRORS, at, 0),
                                                count(SIGNAL_LINK_FLAPS, at, 4),
                                                count(SIGNAL_TX_TIMEOUT, at, 1),
                                                count(SIGNAL_PROBE_RX_SENT, at, probes),
                                                count(SIGNAL_PROBE_RX_LOST, at, 17),
                                                level(SIGNAL_CARRIER, at, 1),
                                                level(SIGNAL_PRE_FEC_BER, at, 1e-8),
                                                level(SIGNAL_RX_POWER, at, -3 + 0.1 * random_normal(&r)),
                                },
                                15);
                evidence += health_predictor_level(p) > EVIDENCE_NONE;
        }
        ck_assert_uint_eq(evidence, 0);
        ck_assert_double_eq(health_predictor_risk(p), 0);
}
END_TEST

/* Errors in 1 of 1000 frames: alarm within 15 s; told with the rate, the frames and since when. */
START_TEST(test_crc) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Counters c = { 1000000, 12 };
        usec_t at = S, begin;
        const Evidence *e;

        for (int i = 0; i < 400; i++)
                feed_crc(p, &c, at += 250 * MS, 250, 0);
        begin = at;
        while (health_predictor_level(p) < EVIDENCE_ALARM && at < begin + 60 * S) {
                at += 250 * MS;
                feed_crc(p, &c, at, 250, (at / (250 * MS)) % 4 == 0);
                health_predictor_tick(p, at);
        }
        ck_assert_uint_le(at - begin, 15 * S);
        e = find(p, SIGNAL_RX_CRC_ERRORS);
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->rule, RULE_RATE);
        ck_assert_double_eq_tol(e->value, 1e-3, 3e-4);
        ck_assert_double_eq(e->threshold, 1e-6);
        ck_assert_uint_eq(e->since, at);
        ck_assert_uint_ge(e->exposure, 5000);
        ck_assert_uint_le(e->exposure, 15000);
        ck_assert_double_gt(health_predictor_risk(p), 0.5);
}
END_TEST

/* The exposure may come in another snapshot than the errors, and errors without any are no evidence. */
START_TEST(test_exposure) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        uint64_t errors = 0, frames = 0;
        usec_t at = S;

        for (int i = 0; i < 60; i++) {
                HealthSample e = count(SIGNAL_RX_CRC_ERRORS, at += S, errors += 10);

                health_predictor_feed(p, &e, 1);
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        for (int i = 0; i < 120; i++) {
                HealthSample e = i % 2 ? count(SIGNAL_RX_CRC_ERRORS, at, errors += 10)
                                       : count(SIGNAL_RX_PACKETS, at, frames += 100000);

                at += 500 * MS;
                health_predictor_feed(p, &e, 1);
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        ck_assert_double_eq_tol(find(p, SIGNAL_RX_CRC_ERRORS)->value, 1e-4, 2e-5);
}
END_TEST

/* Errors of a hold-off, of a link coming up, of a reset and of a gap are nobody's. */
typedef enum Excuse {
        EXCUSE_NONE,
        EXCUSE_HOLD_OFF,
        EXCUSE_CARRIER,
        EXCUSE_RESET,
        EXCUSE_BASELINE,
        _EXCUSE_MAX,
} Excuse;

START_TEST(test_excuses) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Counters c = { 1 << 20, 1 << 10 };
        usec_t at = S;
        HealthSample carrier;

        for (int i = 0; i < 20; i++) {
                carrier = level(SIGNAL_CARRIER, at += S, 1);
                if (_i != EXCUSE_BASELINE)
                        feed_crc(p, &c, at, 1000, 0);
                health_predictor_feed(p, &carrier, 1);
        }
        if (_i == EXCUSE_HOLD_OFF)
                health_predictor_hold_off(p, at + 60 * S);
        for (int i = 0; i < 40; i++) {
                at += S;
                if (_i == EXCUSE_CARRIER) {
                        carrier = level(SIGNAL_CARRIER, at, i % 4 == 0);
                        health_predictor_feed(p, &carrier, 1);
                }
                if (_i == EXCUSE_RESET)
                        c = (Counters){ 100, 90 - (uint64_t) i };
                if (_i != EXCUSE_BASELINE)
                        feed_crc(p, &c, at, 1000, 100);
        }
        if (_i == EXCUSE_BASELINE)
                feed_crc(p, &c, at, 1000, 1000);
        ck_assert_int_eq(level_of(p, SIGNAL_RX_CRC_ERRORS), _i == EXCUSE_NONE ? EVIDENCE_ALARM : EVIDENCE_NONE);
}
END_TEST

/* Flapping that is fast enough to always be within five seconds of the last carrier is counted all the same. */
START_TEST(test_fast_flaps) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        usec_t at = S;

        for (unsigned i = 0; i < 8; i++) {
                health_predictor_feed(p,
                                (HealthSample[]){
                                                count(SIGNAL_LINK_FLAPS, at, i / 2),
                                                level(SIGNAL_CARRIER, at, i % 2 == 0),
                                },
                                2);
                at += S;
        }
        ck_assert_int_eq(level_of(p, SIGNAL_LINK_FLAPS), EVIDENCE_ALARM);
        ck_assert_int_eq(level_of(p, SIGNAL_CARRIER), EVIDENCE_ALARM);
}
END_TEST

/* A source that only looks when the link changes does not lose a flap to the long pauses in between. */
START_TEST(test_rare_flaps) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        uint64_t flaps = 7;

        feed_one(p, count(SIGNAL_LINK_FLAPS, S, flaps));
        for (usec_t t = 3600; t < 3600 + 600; t += 200) {
                feed_one(p, count(SIGNAL_LINK_FLAPS, t * S, ++flaps));
                feed_one(p, count(SIGNAL_LINK_FLAPS, t * S + 100 * MS, flaps));
        }
        ck_assert_int_eq(level_of(p, SIGNAL_LINK_FLAPS), EVIDENCE_ALARM);
        ck_assert_double_eq(find(p, SIGNAL_LINK_FLAPS)->value, 3);
}
END_TEST

/* Errors that came while nobody looked are no rate. */
START_TEST(test_gap) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Counters c = {};
        usec_t at = S;

        for (int i = 0; i < 100; i++) {
                feed_crc(p, &c, at += S, 1000, 0);
                feed_crc(p, &c, at += S, 1000, 0);
                feed_crc(p, &c, at += 30 * S, 1000, 1000);
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
}
END_TEST

START_TEST(test_carrier) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        HealthSample down = level(SIGNAL_CARRIER, 2 * S, 0), up = level(SIGNAL_CARRIER, 1000 * S, 1);

        health_predictor_feed(p, &down, 1);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        ck_assert_double_gt(health_predictor_risk(p), 0.99);
        /* stands until the kernel says otherwise */
        health_predictor_tick(p, 999 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        ck_assert_uint_eq(find(p, SIGNAL_CARRIER)->since, 2 * S);
        health_predictor_feed(p, &up, 1);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
}
END_TEST

/* 20 probes a second, all lost from some moment on, 1000 a second after the first miss. */
START_TEST(test_total_loss) {
        static const Signal directions[] = { SIGNAL_PROBE_RX_LOST, SIGNAL_PROBE_TX_LOST };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        uint64_t lost = 0, sent = 0;
        usec_t at = S, begin;

        for (int i = 0; i < 100; i++)
                feed_probes(p, directions[_i], at += 50 * MS, lost, ++sent);
        begin = at;
        feed_probes(p, directions[_i], at += 50 * MS, ++lost, ++sent);
        while (health_predictor_level(p) < EVIDENCE_ALARM && at < begin + S)
                feed_probes(p, directions[_i], at += MS, ++lost, ++sent);
        ck_assert_uint_le(at - begin, 200 * MS);
        ck_assert_int_eq(level_of(p, directions[_i]), EVIDENCE_ALARM);
        ck_assert_double_eq(find(p, directions[_i])->value, 1);
}
END_TEST

/* One entry of the policy is for both directions; what it ignores is never evidence, but still seen. */
/* One probe in ten is lost, as is one frame in ten: in the host's own rings, or on the path. */
START_TEST(test_congestion) {
        bool congested = _i == 0;
        HealthPredictor *p = predictor(built_in);
        uint64_t received = 0, missed = 0, sent = 0, lost = 0;

        for (usec_t at = S; at <= 60 * S; at += 50 * MS) {
                bool losing = at > 30 * S;

                received += 1000;
                missed += losing && congested ? 100 : 0;
                sent += 10;
                lost += losing;
                if (at % (250 * MS) == 0)
                        health_predictor_feed(p,
                                        (HealthSample[]){
                                                        count(SIGNAL_RX_PACKETS, at, received),
                                                        count(SIGNAL_RX_MISSED, at, missed),
                                        },
                                        2);
                health_predictor_feed(p,
                                (HealthSample[]){
                                                count(SIGNAL_PROBE_RX_SENT, at, sent),
                                                count(SIGNAL_PROBE_RX_LOST, at, lost),
                                },
                                2);
                if (congested || !losing)
                        ck_assert_int_lt(level_of(p, SIGNAL_PROBE_RX_LOST), EVIDENCE_ALARM);
                else if (at >= 32 * S)
                        ck_assert_int_eq(level_of(p, SIGNAL_PROBE_RX_LOST), EVIDENCE_ALARM);
        }
        health_predictor_free(p);
}
END_TEST

/* The same where only the driver's own counts per queue tell of it, every 5 s: once before probes are lost,
 * here. Where the adapter's counters have counted anything, these are what is believed. */
START_TEST(test_overruns) {
        static const struct {
                unsigned overruns, missed;
                EvidenceLevel level;
        } rows[] = { { 0, 0, EVIDENCE_ALARM }, { 2, 0, EVIDENCE_NONE }, { 2, 1, EVIDENCE_ALARM } };
        HealthPredictor *p = predictor(built_in);
        uint64_t received = 0, dropped = 0, sent = 0, lost = 0;
        EvidenceLevel worst = EVIDENCE_NONE;

        for (usec_t at = S; at <= 90 * S; at += 50 * MS) {
                received += 1000;
                dropped += at > 20 * S ? rows[_i].overruns : 0;
                sent += 10;
                lost += at > 31 * S && at % (200 * MS) == 0; /* one of 40 */
                if (at % (250 * MS) == 0)
                        health_predictor_feed(p,
                                        (HealthSample[]){
                                                        count(SIGNAL_RX_PACKETS, at, received),
                                                        count(SIGNAL_RX_MISSED, at, rows[_i].missed),
                                        },
                                        2);
                if (at % (5 * S) == 0)
                        feed_one(p, count(SIGNAL_RX_OVERRUNS, at + MS, dropped));
                feed_probes(p, SIGNAL_PROBE_RX_LOST, at + 2 * MS, lost, sent);
                worst = MAX(worst, level_of(p, SIGNAL_PROBE_RX_LOST));
        }
        ck_assert_ptr_null(find(p, SIGNAL_RX_OVERRUNS));
        ck_assert(rows[_i].level == EVIDENCE_ALARM ? worst == EVIDENCE_ALARM : worst < EVIDENCE_ALARM);
        health_predictor_free(p);
}
END_TEST

/* Of damage behind a CRC that was right: told, more than a usual share of it, and never enough to move. */
START_TEST(test_queue_counts) {
        static const struct {
                Signal errors, frames;
                unsigned one_in;
                EvidenceLevel level;
        } rows[] = {
                { SIGNAL_RX_CHECKSUM_ERRORS, SIGNAL_RX_PACKETS, 1000, EVIDENCE_WARN },
                { SIGNAL_RX_CHECKSUM_ERRORS, SIGNAL_RX_PACKETS, 10000, EVIDENCE_NONE },
                { SIGNAL_TX_QUEUE_ERRORS, SIGNAL_TX_PACKETS, 10000, EVIDENCE_WARN },
                { SIGNAL_TX_QUEUE_ERRORS, SIGNAL_TX_PACKETS, 100000, EVIDENCE_NONE },
        };
        HealthPredictor *p = predictor(built_in);

        for (usec_t i = 1; i <= 20 * 120; i++) {
                feed_one(p, count(rows[_i].frames, i * 250 * MS, i * 10000));
                if (i % 20 == 0)
                        feed_one(p, count(rows[_i].errors, i * 250 * MS + MS, i * 10000 / rows[_i].one_in));
        }
        ck_assert_int_eq(level_of(p, rows[_i].errors), rows[_i].level);
        ck_assert_int_eq(health_predictor_level(p), rows[_i].level);
        health_predictor_free(p);
}
END_TEST

START_TEST(test_ignore) {
        SignalPolicy policy[_SIGNAL_MAX] = { [SIGNAL_PROBE_RX_LOST].ignore = true };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(policy);
        double value;
        usec_t at = 0;

        for (unsigned i = 1; i < 100; i++)
                feed_probes(p, SIGNAL_PROBE_TX_LOST, i * S, i, i);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        ck_assert(health_predictor_last_value(p, SIGNAL_PROBE_TX_LOST, &value, &at));
        ck_assert_double_eq(value, 99);
        ck_assert_uint_eq(at, 99 * S);
        ck_assert(!health_predictor_last_value(p, SIGNAL_RX_POWER, &value, &at));
        ck_assert(!health_predictor_last_value(p, _SIGNAL_MAX, &value, &at));
}
END_TEST

START_TEST(test_set_policy) {
        SignalPolicy policy[_SIGNAL_MAX] = {};
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(policy);
        Counters c = {};
        usec_t at = S;

        for (unsigned i = 0; i < 20; i++) {
                feed_crc(p, &c, at += S, 1000, 100);
                feed_probes(p, SIGNAL_PROBE_RX_LOST, at, i, i > 0 ? i + 1 : 0); /* one has arrived */
        }
        ck_assert_int_eq(level_of(p, SIGNAL_RX_CRC_ERRORS), EVIDENCE_ALARM);
        ck_assert_int_eq(level_of(p, SIGNAL_PROBE_RX_LOST), EVIDENCE_ALARM);
        /* what did not change keeps what it knows */
        policy[SIGNAL_RX_CRC_ERRORS].alarm = (SignalThreshold){ .value = 1e-5, .set = true };
        health_predictor_set_policy(p, policy);
        ck_assert_int_eq(level_of(p, SIGNAL_RX_CRC_ERRORS), EVIDENCE_NONE);
        ck_assert_int_eq(level_of(p, SIGNAL_PROBE_RX_LOST), EVIDENCE_ALARM);
        for (unsigned i = 0; i < 20; i++)
                feed_crc(p, &c, at += S, 1000, 100);
        ck_assert_double_eq(find(p, SIGNAL_RX_CRC_ERRORS)->threshold, 1e-5);
        health_predictor_reset(p);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        ck_assert(!health_predictor_last_value(p, SIGNAL_RX_CRC_ERRORS, NULL, NULL));
}
END_TEST

/* Evidence that no sample renews does not stand for ever. */
START_TEST(test_stale) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Counters c = {};
        usec_t at = S;

        for (unsigned i = 0; i < 20; i++)
                feed_crc(p, &c, at += S, 1000, 100);
        health_predictor_tick(p, at + 59 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        health_predictor_tick(p, at + 61 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
}
END_TEST

START_TEST(test_inject) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);

        health_predictor_inject(p, SIGNAL_RX_POWER, EVIDENCE_WARN, S, 10 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_WARN);
        ck_assert(find(p, SIGNAL_RX_POWER)->injected);
        /* a new one replaces the old */
        health_predictor_inject(p, SIGNAL_RX_POWER, EVIDENCE_ALARM, 2 * S, 5 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        ck_assert_uint_eq(find(p, SIGNAL_RX_POWER)->since, 2 * S);
        ck_assert_double_gt(health_predictor_risk(p), 0.5);
        health_predictor_tick(p, 5 * S - 1);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        health_predictor_tick(p, 5 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        ck_assert_double_eq(health_predictor_risk(p), 0);
        /* nothing that could never be evidence */
        health_predictor_inject(p, SIGNAL_RX_PACKETS, EVIDENCE_ALARM, 6 * S, 9 * S);
        health_predictor_inject(p, _SIGNAL_MAX, EVIDENCE_ALARM, 6 * S, 9 * S);
        health_predictor_inject(p, SIGNAL_RX_POWER, _EVIDENCE_LEVEL_MAX, 6 * S, 9 * S);
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
}
END_TEST

/* Of real and injected evidence the worse one shows. */
START_TEST(test_inject_over_real) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        HealthSample down = level(SIGNAL_CARRIER, S, 0);

        health_predictor_feed(p, &down, 1);
        health_predictor_inject(p, SIGNAL_CARRIER, EVIDENCE_WARN, 2 * S, 5 * S);
        ck_assert_int_eq(level_of(p, SIGNAL_CARRIER), EVIDENCE_ALARM);
        ck_assert(!find(p, SIGNAL_CARRIER)->injected);
}
END_TEST

START_TEST(test_order) {
        static const Signal signals[] = { SIGNAL_RX_POWER, SIGNAL_RX_CRC_ERRORS, SIGNAL_TX_TIMEOUT,
                SIGNAL_CARRIER, SIGNAL_LINK_FLAPS, SIGNAL_MODULE_TEMPERATURE, SIGNAL_PROBE_TX_LOST };
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);
        Random r = { .state = (uint64_t) _i };

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                double before = health_predictor_risk(p);
                const Evidence *e;
                size_t n;

                health_predictor_inject(
                                p, signals[i], random_next(&r) % 2 ? EVIDENCE_WARN : EVIDENCE_ALARM, S, 9 * S);
                n = health_predictor_evidence(p, &e);
                ck_assert_uint_eq(n, i + 1);
                for (size_t k = 1; k < n; k++) {
                        ck_assert_int_ge(e[k - 1].level, e[k].level);
                        if (e[k - 1].level == e[k].level)
                                ck_assert_double_ge(evidence_hazard(e + k - 1), evidence_hazard(e + k));
                }
                /* more evidence, more risk, still a probability */
                ck_assert_double_ge(health_predictor_risk(p), before);
                ck_assert_double_le(health_predictor_risk(p), 1);
                ck_assert_int_eq(health_predictor_level(p), e[0].level);
        }
}
END_TEST

/* Nonsense is ignored. */
START_TEST(test_nonsense) {
        _cleanup_(health_predictor_freep) HealthPredictor *p = predictor(built_in);

        health_predictor_feed(p, NULL, 0);
        health_predictor_feed(p,
                        (HealthSample[]){
                                        level(_SIGNAL_MAX, S, 1),
                                        level(_SIGNAL_INVALID, S, 1),
                                        level(SIGNAL_PRE_FEC_BER, S, NAN),
                                        level(SIGNAL_PRE_FEC_BER, S, INFINITY),
                        },
                        4);
        ck_assert(!health_predictor_last_value(p, SIGNAL_PRE_FEC_BER, NULL, NULL));
        for (int i = 0; i < 10; i++) { /* time stands still */
                HealthSample s = level(SIGNAL_PRE_FEC_BER, S, 1e-2);

                health_predictor_feed(p, &s, 1);
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_NONE);
        ck_assert_ptr_null(health_predictor_free(NULL));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("health-predictor");
        TCase *t = tcase_create("health-predictor");

        tcase_add_loop_test(t, test_healthy, 0, 4);
        tcase_add_test(t, test_crc);
        tcase_add_test(t, test_exposure);
        tcase_add_loop_test(t, test_excuses, 0, _EXCUSE_MAX);
        tcase_add_test(t, test_fast_flaps);
        tcase_add_test(t, test_rare_flaps);
        tcase_add_test(t, test_gap);
        tcase_add_test(t, test_carrier);
        tcase_add_loop_test(t, test_total_loss, 0, 2);
        tcase_add_loop_test(t, test_congestion, 0, 2);
        tcase_add_loop_test(t, test_overruns, 0, 3);
        tcase_add_loop_test(t, test_queue_counts, 0, 4);
        tcase_add_test(t, test_ignore);
        tcase_add_test(t, test_set_policy);
        tcase_add_test(t, test_stale);
        tcase_add_test(t, test_inject);
        tcase_add_test(t, test_inject_over_real);
        tcase_add_loop_test(t, test_order, 0, 20);
        tcase_add_test(t, test_nonsense);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
