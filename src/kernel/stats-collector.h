/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rounds of questions (stats-round.h) in a thread of its own, since they wait for whoever holds RTNL, be it for
 * seconds. One round at a time, begun by the event loop, which is told by a file descriptor when it is over and
 * never waits: what is handed over changes hands by one atomic word, without a lock that either could hold. */

#include "stats-round.h"

typedef struct StatsCollector StatsCollector;

/* The source is the collector's from now on, also on failure. Starts the thread, in the caller's network
 * namespace. */
int stats_collector_new(StatsSource *source, StatsCollector **ret, Error *e);

/* Waits for a round under way to end: a thread that waits for RTNL cannot be ended, nor can its process. */
StatsCollector *stats_collector_free(StatsCollector *c);
DEFINE_CLEANUP(StatsCollector *, stats_collector_free);

/* Whether the round that was begun is not over yet. */
bool stats_collector_is_busy(const StatsCollector *c);

/* To be called when the file descriptor is readable, which it then is no more: whether the round is over. */
bool stats_collector_is_over(StatsCollector *c);

/* The adapters of all rounds from now on, by rising ifindex. -EBUSY during a round, -ENOMEM. */
int stats_collector_set_targets(StatsCollector *c, const StatsTarget *targets, size_t n);

/* Begins a round; see stats_round_run(). What the last one found out is void. -EBUSY during a round. */
int stats_collector_begin(StatsCollector *c, bool dump);

/* Once for each round that is over: true, with what it found out, valid until the next is begun. */
bool stats_collector_take(StatsCollector *c, const StatsReport **ret, size_t *ret_n);

/* See stats_round_want_queues(); false during a round, too. */
bool stats_collector_want_queues(StatsCollector *c, int ifindex);

/* Of what was taken: see stats_round_queues(). */
size_t stats_collector_queues(const StatsCollector *c, const QueueGiven **ret, usec_t *ret_at);

/* Readable when there is something to take; owned by c. */
int stats_collector_fd(const StatsCollector *c);
