/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stats-world.h"
#include "alloc-util.h"
#include "check-main.h"

usec_t stats_now;
FakeStats *fake;
StatsRound *stats_round;

static usec_t fake_clock(void) {
        return stats_now;
}

static void take_time(FakeStats *f, usec_t t) {
        stats_now += t;
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

void stats_world_setup(void) {
        fake = new0(FakeStats, 1);
        fake->source.ops = &fake_ops;
        fake->counters_take = fake->reporters_take = 10;
        for (StatsKind k = 0; k < _STATS_KIND_MAX; k++) {
                fake->ask_take[k] = 10;
                fake->result[k] = -EOPNOTSUPP;
        }
        fake->reporters_result = -EOPNOTSUPP;
        stats_now = USEC_PER_HOUR;
        stats_round = stats_round_new(&fake->source, fake_clock);
}

void stats_world_teardown(void) {
        stats_round = stats_round_free(stats_round);
}

void targets_are(unsigned n, uint32_t carrier_changes, bool down) {
        StatsTarget t[ADAPTERS_MAX] = {};

        for (unsigned i = 0; i < n; i++) {
                t[i] = (StatsTarget){
                        .ifindex = (int) i + 1, .carrier_changes = carrier_changes, .down = down, .bus = "pci"
                };
                snprintf(t[i].device, sizeof(t[i].device), "0000:3b:00.%u", i);
        }
        ck_assert_int_eq(stats_round_set_targets(stats_round, t, n), 0);
}

void targets(unsigned n, uint32_t carrier_changes) {
        targets_are(n, carrier_changes, false);
}

void tell(StatsKind kind, StatsValue value, uint64_t n) {
        fake->result[kind] = 1;
        fake->stats[kind].set[value] = true;
        fake->stats[kind].value[value] = n;
}

const StatsReport *tick(void) {
        const StatsReport *reports;

        stats_now += TICK;
        stats_round_run(stats_round, true);
        ck_assert_uint_ge(stats_round_reports(stats_round, &reports), 1);
        return reports;
}

const HealthSample *find(const StatsReport *report, Signal signal) {
        for (size_t i = 0; i < report->n; i++)
                if (report->samples[i].signal == signal)
                        return report->samples + i;
        return NULL;
}
