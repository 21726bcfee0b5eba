/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The way to what only questions under locks can tell: one interface for the kernel and for the fake of
 * tests/component/check_stats-round.c. Calls wait for whoever holds RTNL or a device, so they belong into the
 * thread of stats-collector.h, where they must not allocate memory. */

#include "devlink-health-codec.h"
#include "error.h"
#include "ethtool-stats-codec.h"
#include "queue-given-codec.h"
#include "rtnl-codec.h"

typedef struct StatsSource StatsSource;

typedef void (*StatsCountersFunc)(const LinkCounters *counters, void *userdata);
typedef void (*StatsReporterFunc)(const DevlinkReporter *reporter, void *userdata);

typedef struct StatsSourceOps {
        const char *name;
        int (*counters)(StatsSource *s, int ifindex, StatsCountersFunc func, void *userdata, Error *e);
        int (*ask)(StatsSource *s, StatsKind kind, int ifindex, EthtoolStats *ret, Error *e);
        int (*reporters)(StatsSource *s, StatsReporterFunc func, void *userdata, Error *e);
        bool (*noticed)(StatsSource *s);
        int (*queues)(StatsSource *s, QueueGiven *given, size_t n, Error *e);
        StatsSource *(*free)(StatsSource *s);
} StatsSourceOps;

/* Embedded first in every implementation's own struct. */
struct StatsSource {
        const StatsSourceOps *ops;
};

/* In the caller's network namespace. */
int stats_source_new(StatsSource **ret, Error *e);

/* Packet and error counters of a link, or of all (ifindex 0). A dump that links came or went in lacks some of
 * them, which is no error. Takes RTNL. */
static inline int stats_source_counters(
                StatsSource *s, int ifindex, StatsCountersFunc func, void *userdata, Error *e) {
        return s->ops->counters(s, ifindex, func, userdata, e);
}

/* How many values, -EOPNOTSUPP when the driver can never tell any, or another errno. Takes RTNL. */
static inline int stats_source_ask(StatsSource *s, StatsKind kind, int ifindex, EthtoolStats *ret, Error *e) {
        return s->ops->ask(s, kind, ifindex, ret, e);
}

/* The health reporters of all devices; -EOPNOTSUPP where there is no devlink. Takes the lock of each device. */
static inline int stats_source_reporters(StatsSource *s, StatsReporterFunc func, void *userdata, Error *e) {
        return s->ops->reporters(s, func, userdata, e);
}

/* Whether a reporter had something to tell since the last time. Waits for nothing. */
static inline bool stats_source_noticed(StatsSource *s) {
        return s->ops->noticed(s);
}

/* What the disciplines of n adapters gave to their queues; given[].ifindex says whose, the rest is empty. Takes
 * RTNL. */
static inline int stats_source_queues(StatsSource *s, QueueGiven *given, size_t n, Error *e) {
        return s->ops->queues(s, given, n, e);
}

/* NULL is fine; returns NULL. */
static inline StatsSource *stats_source_free(StatsSource *s) {
        return s ? s->ops->free(s) : NULL;
}
DEFINE_CLEANUP(StatsSource *, stats_source_free);
