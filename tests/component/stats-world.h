/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A faked kernel for rounds of questions, in virtual time, in which each question takes what the test says. */

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

extern usec_t stats_now;
extern FakeStats *fake;
extern StatsRound *stats_round;

/* The fixture: no target yet, and no driver that offers anything. */
void stats_world_setup(void);
void stats_world_teardown(void);

/* Adapters 1 to n. */
void targets_are(unsigned n, uint32_t carrier_changes, bool down);
void targets(unsigned n, uint32_t carrier_changes);

/* What every driver answers from now on. */
void tell(StatsKind kind, StatsValue value, uint64_t n);

/* One tick; the report of the first adapter. */
const StatsReport *tick(void);

/* NULL: it has no such sample. */
const HealthSample *find(const StatsReport *report, Signal signal);
