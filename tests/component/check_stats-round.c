/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounds of questions to a faked kernel in virtual time, in which each question takes what the test says. */

#include <linux/ethtool.h>

#include "alloc-util.h"
#include "check-main.h"
#include "duty-budget.h"
#include "health-predictor.h"
#include "pair-policy.h"
#include "stats-round.h"

#define TICK         (250 * USEC_PER_MSEC)
#define ADAPTERS_MAX 8

typedef struct FakeStats {
        StatsSource source;
        usec_t counters_take, ask_take[_STATS_KIND_MAX], reporters_take;
        int result[_STATS_KIND_MAX]; /* negative: that; else how many values */
        EthtoolStats stats[_STATS_KIND_MAX];
        DevlinkReporter reporters[4];
        size_t n_reporters;
        int reporters_result;
        bool noticed;
        usec_t queues_take;
        int queues_result;

        usec_t spent;
        unsigned n_counters, n_asked[_STATS_KIND_MAX], n_asked_of[ADAPTERS_MAX], n_reporters_asked,
                        n_queues_asked;
} FakeStats;

static usec_t now;
static FakeStats *fake;
static StatsRound *stats_round;

static usec_t fake_clock(void) {
        return now;
}

static void take_time(FakeStats *f, usec_t t) {
        now += t;
        f->spent += t;
}

static int fake_counters(StatsSource *s, int ifindex, StatsCountersFunc func, void *userdata, Error *e) {
        FakeStats *f = (FakeStats *) s;

        take_time(f, f->counters_take);
        f->n_counters++;
        for (int i = 1; i < ADAPTERS_MAX; i++)
                if (ifindex == 0 || i == ifindex)
                        func(&(LinkCounters){ .ifindex = i, .rx_packets = (uint64_t) i * 100 }, userdata);
        return 0;
}

static int fake_ask(StatsSource *s, StatsKind kind, int ifindex, EthtoolStats *ret, Error *e) {
        FakeStats *f = (FakeStats *) s;

        take_time(f, f->ask_take[kind]);
        f->n_asked[kind]++;
        f->n_asked_of[ifindex]++;
        if (f->result[kind] > 0)
                *ret = f->stats[kind];
        return f->result[kind];
}

static int fake_reporters(StatsSource *s, StatsReporterFunc func, void *userdata, Error *e) {
        FakeStats *f = (FakeStats *) s;

        take_time(f, f->reporters_take);
        f->n_reporters_asked++;
        for (size_t i = 0; i < f->n_reporters; i++)
                func(f->reporters + i, userdata);
        return f->reporters_result;
}

static bool fake_noticed(StatsSource *s) {
        FakeStats *f = (FakeStats *) s;
        bool noticed = f->noticed;

        f->noticed = false;
        return noticed;
}

/* All queues were given the number of the adapter. */
static int fake_queues(StatsSource *s, QueueGiven *given, size_t n, Error *e) {
        FakeStats *f = (FakeStats *) s;

        take_time(f, f->queues_take);
        f->n_queues_asked++;
        for (size_t i = 0; i < n; i++) {
                given[i].root_known = true;
                given[i].all = (uint64_t) given[i].ifindex;
        }
        return f->queues_result;
}

static StatsSource *fake_free(StatsSource *s) {
        free(s);
        return NULL;
}

static const StatsSourceOps fake_ops = {
        .name = "fake",
        .counters = fake_counters,
        .ask = fake_ask,
        .reporters = fake_reporters,
        .noticed = fake_noticed,
        .queues = fake_queues,
        .free = fake_free,
};

static void setup(void) {
        fake = new0(FakeStats, 1);
        fake->source.ops = &fake_ops;
        fake->counters_take = fake->reporters_take = 10;
        for (StatsKind k = 0; k < _STATS_KIND_MAX; k++) {
                fake->ask_take[k] = 10;
                fake->result[k] = -EOPNOTSUPP;
        }
        fake->reporters_result = -EOPNOTSUPP;
        now = USEC_PER_HOUR;
        stats_round = stats_round_new(&fake->source, fake_clock);
}

static void teardown(void) {
        stats_round = stats_round_free(stats_round);
}

static void targets_are(unsigned n, uint32_t carrier_changes, bool down) {
        StatsTarget t[ADAPTERS_MAX] = {};

        for (unsigned i = 0; i < n; i++) {
                t[i] = (StatsTarget){
                        .ifindex = (int) i + 1, .carrier_changes = carrier_changes, .down = down, .bus = "pci"
                };
                snprintf(t[i].device, sizeof(t[i].device), "0000:3b:00.%u", i);
        }
        ck_assert_int_eq(stats_round_set_targets(stats_round, t, n), 0);
}

static void targets(unsigned n, uint32_t carrier_changes) {
        targets_are(n, carrier_changes, false);
}

static void tell(StatsKind kind, StatsValue value, uint64_t n) {
        fake->result[kind] = 1;
        fake->stats[kind].set[value] = true;
        fake->stats[kind].value[value] = n;
}

/* One tick; the report of the first adapter. */
static const StatsReport *tick(void) {
        const StatsReport *reports;

        now += TICK;
        stats_round_run(stats_round, true);
        ck_assert_uint_ge(stats_round_reports(stats_round, &reports), 1);
        return reports;
}

static const HealthSample *find(const StatsReport *report, Signal signal) {
        for (size_t i = 0; i < report->n; i++)
                if (report->samples[i].signal == signal)
                        return report->samples + i;
        return NULL;
}

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
        now += TICK;
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

START_TEST(test_signals) {
        const StatsReport *r;
        const HealthSample *s;

        targets(1, 0);
        tell(STATS_LINK_STATE, STATS_LINK_DOWN_COUNT, 42);
        tell(STATS_LINK_STATE, STATS_SQI, 2);
        tell(STATS_LINK_STATE, STATS_SQI_MAX, 7);
        tell(STATS_STANDARD, STATS_SYMBOLS, 11);
        tell(STATS_STANDARD, STATS_FCS, 12);
        tell(STATS_STANDARD, STATS_MAC_TX, 13);
        tell(STATS_STANDARD, STATS_FRAGMENTS, 14);
        tell(STATS_STANDARD, STATS_JABBERS, 15);
        tell(STATS_PAUSE, STATS_PAUSE_TX, 16);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_LINK_DOWN_COUNT)->count, 42);
        ck_assert_double_eq_tol(find(r, SIGNAL_SIGNAL_QUALITY)->level, 2.0 / 7, 1e-9);
        ck_assert_uint_eq(find(r, SIGNAL_SYMBOL_ERRORS)->count, 11);
        ck_assert_uint_eq(find(r, SIGNAL_MAC_FCS_ERRORS)->count, 12);
        ck_assert_uint_eq(find(r, SIGNAL_MAC_TX_ERRORS)->count, 13);
        ck_assert_uint_eq(find(r, SIGNAL_RX_FRAGMENTS)->count, 29);
        ck_assert_uint_eq(find(r, SIGNAL_TX_PAUSE)->count, 16);
        ck_assert_ptr_null(find(r, SIGNAL_RX_PAUSE));
        for (size_t i = 1; i < r->n; i++)
                ck_assert_uint_ge(r->samples[i].at, r->samples[i - 1].at);
        s = find(r, SIGNAL_SYMBOL_ERRORS);
        ck_assert_uint_eq(s->at, find(r, SIGNAL_MAC_TX_ERRORS)->at); /* one answer, one time */
        ck_assert_uint_gt(s->at, find(r, SIGNAL_LINK_DOWN_COUNT)->at);
}
END_TEST

/* What only the driver itself tells; when it says that its queues are others now, it is asked again. */
START_TEST(test_driver_stats) {
        const StatsReport *r;

        targets(1, 0);
        fake->result[STATS_DRIVER] = -EAGAIN;
        r = tick();
        ck_assert_ptr_null(find(r, SIGNAL_DEVICE_FAULTS));
        tell(STATS_DRIVER, STATS_DEVICE_FAULTS, 3);
        tell(STATS_DRIVER, STATS_MODULE_ERRORS, 4);
        for (unsigned i = 1; i < 20; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_DEVICE_FAULTS));
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_DEVICE_FAULTS)->count, 3);
        ck_assert_uint_eq(find(r, SIGNAL_MODULE_ERRORS)->count, 4);
        ck_assert_ptr_null(find(r, SIGNAL_PCS_ERRORS));
        fake->result[STATS_DRIVER] = -EOPNOTSUPP;
        for (unsigned i = 0; i < 100; i++)
                (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_DRIVER], 3);
}
END_TEST

/* What the driver counts per queue: every 5 s, those of its counts that it has; and where it has none, once. */
START_TEST(test_queue_stats) {
        const StatsReport *r;
        const HealthSample *s;

        targets(1, 0);
        tell(STATS_QUEUES, STATS_RX_OVERRUNS, 7);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_RX_OVERRUNS)->count, 7);
        ck_assert_ptr_null(find(r, SIGNAL_RX_CHECKSUM_ERRORS));
        ck_assert_ptr_null(find(r, SIGNAL_TX_QUEUE_ERRORS));
        tell(STATS_QUEUES, STATS_RX_ALLOC_FAIL, 5);
        tell(STATS_QUEUES, STATS_RX_CHECKSUM, 3);
        tell(STATS_QUEUES, STATS_TX_MALFORMED, 2);
        for (unsigned i = 1; i < 20; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_RX_OVERRUNS));
        r = tick();
        s = find(r, SIGNAL_RX_OVERRUNS);
        ck_assert_uint_eq(s->count, 12);
        ck_assert_uint_eq(find(r, SIGNAL_RX_CHECKSUM_ERRORS)->count, 3);
        ck_assert_uint_eq(find(r, SIGNAL_TX_QUEUE_ERRORS)->count, 2);
        ck_assert_uint_eq(find(r, SIGNAL_TX_QUEUE_ERRORS)->at, s->at);
        ck_assert_uint_eq(fake->n_asked[STATS_QUEUES], 2);
        fake->result[STATS_QUEUES] = -EOPNOTSUPP;
        for (unsigned i = 0; i < 4 * 60; i++)
                (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_QUEUES], 3);
}
END_TEST

/* Speed and duplex: asked once a minute, every few seconds while there is no speed yet, and at once of a link
 * that comes up; what was told of the one before is not of this one. */
START_TEST(test_link_mode) {
        const StatsReport *r;

        targets(1, 4);
        tell(STATS_LINK_MODE, STATS_LINK_DUPLEX, DUPLEX_FULL);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_MODE], 4);
        ck_assert_uint_eq(r->mode.speed, 0);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 25000);
        for (unsigned i = 0; i < 4 * 120; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_MODE], 4 + 2);
        ck_assert_uint_eq(r->mode.speed, 25000);
        ck_assert(r->mode.full_duplex);
        ck_assert_uint_eq(r->mode.carrier_changes, 4);
        fake->result[STATS_LINK_MODE] = -EIO;
        targets(1, 6);
        r = tick();
        ck_assert_uint_eq(r->mode.speed, 0);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 10000);
        fake->stats[STATS_LINK_MODE].value[STATS_LINK_DUPLEX] = DUPLEX_HALF;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert_uint_eq(r->mode.speed, 10000);
        ck_assert(!r->mode.full_duplex);
        ck_assert_uint_eq(r->mode.carrier_changes, 6);
}
END_TEST

/* Why a link is down is asked at once when it is lost, also of a driver that has nothing to say of one that is
 * up; what it says then is kept as long as it says so, and is not of a link that has come up. */
START_TEST(test_link_trouble) {
        const StatsReport *r;

        fake->result[STATS_LINK_STATE] = 0;
        targets(1, 4);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 1);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE_DETAIL, ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE);
        targets_are(1, 5, true);
        r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 2);
        ck_assert(r->trouble.trouble.known);
        ck_assert_uint_eq(r->trouble.trouble.state, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE);
        ck_assert_uint_eq(r->trouble.trouble.substate, ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE);
        ck_assert_uint_eq(r->trouble.carrier_changes, 5);
        /* another reason is noticed as soon as anything else of the link; an answer that is missing is none */
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, 200);
        fake->stats[STATS_LINK_STATE].set[STATS_LINK_TROUBLE_DETAIL] = false;
        fake->stats[STATS_LINK_STATE].value[STATS_LINK_TROUBLE_DETAIL] = 0;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert_uint_eq(r->trouble.trouble.state, 200);
        ck_assert_uint_eq(r->trouble.trouble.substate, 0);
        fake->result[STATS_LINK_STATE] = -EIO;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(r->trouble.trouble.known);
        /* it comes up, and the driver has not noticed yet */
        fake->result[STATS_LINK_STATE] = 1;
        targets(1, 6);
        for (unsigned i = 0; i < 4 * 5; i++) {
                r = tick();
                ck_assert(!r->trouble.trouble.known);
        }
}
END_TEST

/* A driver that does not know at once is asked for a minute, and again when the link is set up anew. */
START_TEST(test_link_trouble_later) {
        const StatsReport *r;

        fake->result[STATS_LINK_STATE] = 0;
        targets_are(1, 5, true);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert(!r->trouble.trouble.known);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_AUTONEG);
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(r->trouble.trouble.known);
        ck_assert_uint_eq(r->trouble.trouble.state, ETHTOOL_LINK_EXT_STATE_AUTONEG);
        fake->result[STATS_LINK_STATE] = 0;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(!r->trouble.trouble.known);
        for (unsigned i = 0; i < 4 * 120; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], STATS_SILENCE_MAX + 1);
        targets_are(1, 5, false); /* set down */
        r = tick();
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_NO_CABLE);
        targets_are(1, 5, true);
        r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], STATS_SILENCE_MAX + 3);
        ck_assert(r->trouble.trouble.known);
}
END_TEST

/* Corrected bits become a rate from the second answer on; a link that was lost begins anew. */
START_TEST(test_fec) {
        const StatsReport *r;

        targets(1, 0);
        tell(STATS_FEC, STATS_FEC_BITS, 1000);
        tell(STATS_FEC, STATS_FEC_LOST_BLOCKS, 3);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 100000);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_FEC_UNCORRECTABLE)->count, 3);
        ck_assert_ptr_null(find(r, SIGNAL_PRE_FEC_BER));
        tell(STATS_FEC, STATS_FEC_BITS, 1000 + 5000000);
        for (unsigned i = 1; i <= 20; i++)
                r = tick();
        ck_assert_double_eq_tol(find(r, SIGNAL_PRE_FEC_BER)->level, 1e-5, 1e-8);
        targets(1, 2);
        for (unsigned i = 1; i <= 20; i++)
                r = tick();
        ck_assert_ptr_nonnull(find(r, SIGNAL_FEC_UNCORRECTABLE));
        ck_assert_ptr_null(find(r, SIGNAL_PRE_FEC_BER));
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
                health_predictor_tick(p, now);
                if (++i < 40 + begin)
                        continue;
                if (began == 0)
                        began = now;
                fake->stats[STATS_FEC].value[STATS_FEC_LOST_BLOCKS]++;
        }
        ck_assert_int_eq(health_predictor_level(p), EVIDENCE_ALARM);
        health_predictor_free(p);
        return now - began;
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

START_TEST(test_devlink) {
        static const DevlinkReporter reporters[] = {
                { "pci", "0000:3b:00.0", "fw", 3 },
                { "pci", "0000:3b:00.0", "tx", 4 },
                { "pci", "0000:3b:00.0", "fw_fatal", 1 },
                { "pci", "0000:3b:00.9", "fw", 100 },
        };
        const StatsReport *r;

        memcpy(fake->reporters, reporters, sizeof(reporters));
        fake->n_reporters = ELEMENTSOF(reporters);
        fake->reporters_result = 0;
        targets(2, 0);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_DEVLINK_HEALTH)->count, 7);
        ck_assert_uint_eq(find(r, SIGNAL_DEVLINK_FATAL)->count, 1);
        ck_assert_ptr_null(find(r + 1, SIGNAL_DEVLINK_HEALTH)); /* its device has no reporters: no 0 either */
        for (unsigned i = 1; i < 40; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_DEVLINK_HEALTH));
        ck_assert_uint_eq(find(tick(), SIGNAL_DEVLINK_HEALTH)->count, 7);
        /* a notice is followed at once */
        (void) tick();
        fake->reporters[0].errors++;
        fake->noticed = true;
        ck_assert_uint_eq(find(tick(), SIGNAL_DEVLINK_HEALTH)->count, 8);
        ck_assert_uint_eq(fake->n_reporters_asked, 3);
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
        ck_assert_uint_le(at, now);
        ck_assert_uint_gt(at, now - TICK);
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
        usec_t began = now;

        targets(1, 0);
        fake->queues_take = 20 * USEC_PER_MSEC;
        while (now < began + USEC_PER_HOUR) {
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
        usec_t began = now, most;

        fake->counters_take = rows[_i].counters;
        for (StatsKind k = 0; k < _STATS_KIND_MAX; k++) {
                fake->ask_take[k] = rows[_i].ask;
                fake->result[k] = 1;
        }
        tell(STATS_FEC, STATS_FEC_LOST_BLOCKS, 0);
        tell(STATS_STANDARD, STATS_SYMBOLS, 0);
        fake->reporters_result = 0;
        targets(4, 0);
        while (now < began + USEC_PER_HOUR)
                (void) tick();
        most = (now - began) / 100 + 2 * DUTY_BURST / STATS_REST + rows[_i].counters + 2 * rows[_i].ask;
        most += DUTY_LEARN * (rows[_i].counters + 4 * _STATS_KIND_MAX * rows[_i].ask);
        ck_assert_msg(fake->spent <= most, "%s of %s, at most %s", FORMAT_TIMESPAN(fake->spent),
                        FORMAT_TIMESPAN(now - began), FORMAT_TIMESPAN(most));
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

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_counters);
        tcase_add_test(t, test_intervals);
        tcase_add_test(t, test_signals);
        tcase_add_test(t, test_driver_stats);
        tcase_add_test(t, test_queue_stats);
        tcase_add_test(t, test_link_mode);
        tcase_add_test(t, test_link_trouble);
        tcase_add_test(t, test_link_trouble_later);
        tcase_add_test(t, test_fec);
        tcase_add_loop_test(t, test_lost_blocks, 0, 4);
        tcase_add_test(t, test_lost_blocks_dear);
        tcase_add_test(t, test_devlink);
        tcase_add_loop_test(t, test_duty, 0, 5);
        tcase_add_test(t, test_no_counters);
        tcase_add_test(t, test_queues);
        tcase_add_test(t, test_queues_duty);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
