/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is asked of which adapter when, and what the answers mean for its health. A round asks for the counters
 * of all adapters and for what is due besides:
 *
 *   each round   packet and error counters (RTM_GETSTATS)
 *   1 s          lost frames: uncorrectable blocks, symbol errors with the rest of eth-phy, eth-mac and rmon
 *   60 s         speed and duplex, and at once when the carrier has changed
 *   5 s          link losses and signal quality of the PHY, bit errors before correction, pause frames,
 *                what the driver counts per queue and under names of its own
 *                why the link is down: at once when the carrier has changed
 *   10 s         health reporters of devlink, and at once when one of them has sent a notice
 *   on demand    what the disciplines of suspect queues gave them (queue-limits.h)
 *
 * Each answer with lost frames is an errored second, of which ten are an alarm: hence 1 s, where asking all
 * adapters so often takes no more than half of the time there is, by what it took so far, and 5 s elsewhere.
 * Drivers refresh hardware counters every 1 to 2 s (ixgbe, i40e, ice, bnxt).
 *
 * What an adapter does not offer is not asked for again: never when the driver says so, and when it had nothing
 * to say, not until its carrier has changed (error correction depends on the speed). Why a link is down it may
 * know only in a while, so of that it is asked for a minute.
 *
 * Questions hold RTNL, or wait for it. Each is measured, and counters and the rest get half a percent of the
 * time each; who comes too short in one round is the first in the next. Time comes from a clock that is given.
 */

#include "fec-meter.h"
#include "health-sample.h"
#include "link-trouble.h"
#include "stats-source.h"

#define STATS_ASK_USEC (5 * USEC_PER_SEC)
/* A second, less a little, so that a round that begins early does not skip it. */
#define STATS_FAST_USEC    (900 * USEC_PER_MSEC)
#define STATS_DEVLINK_USEC (10 * USEC_PER_SEC)
/* A link that comes up with another mode loses its carrier before; some virtual ones do without. */
#define STATS_LINK_MODE_USEC (60 * USEC_PER_SEC)
/* How often nothing is an answer to why a link is down, until it is not asked for any more. */
#define STATS_SILENCE_MAX 12
/* What every microsecond of questions of one sort must be followed by: 0.5 %. */
#define STATS_REST 200
/* Of an adapter in one round, the counters not included. */
#define STATS_SAMPLES_MAX 32

typedef struct StatsTarget {
        int ifindex;
        uint32_t carrier_changes;
        bool down;               /* set up, but without a carrier */
        char bus[LINK_KIND_MAX]; /* of its device, for devlink; "" without one */
        char device[LINK_PARENT_MAX];
} StatsTarget;

/* Adapters whose disciplines one round asks for. */
#define STATS_QUEUES_MAX 8
/* Not twice a second: rounds come at any time. */
#define STATS_QUEUES_USEC (400 * USEC_PER_MSEC)

/* What the driver says of its link. */
typedef struct StatsLinkMode {
        uint32_t speed; /* Mbit/s, 0: unknown, or nobody has asked yet */
        bool full_duplex;
        uint32_t carrier_changes; /* the link that this is of */
} StatsLinkMode;

/* Why it says that its link is down; of one that is not, it is not known. */
typedef struct StatsLinkTrouble {
        LinkTrouble trouble;
        uint32_t carrier_changes; /* the loss that this is of */
} StatsLinkTrouble;

/* What a round found out of one adapter. */
typedef struct StatsReport {
        int ifindex;
        StatsLinkMode mode;       /* as of its last answer, which may be of an earlier round */
        StatsLinkTrouble trouble; /* likewise */
        LinkCounters counters;
        usec_t counters_at;                      /* when they were read, USEC_INFINITY: not at all */
        HealthSample samples[STATS_SAMPLES_MAX]; /* by time, none before counters_at */
        size_t n;
} StatsReport;

typedef struct StatsRound StatsRound;

/* The source is the round's from now on, also on failure. */
StatsRound *stats_round_new(StatsSource *source, usec_t (*clock)(void));
StatsRound *stats_round_free(StatsRound *r);
DEFINE_CLEANUP(StatsRound *, stats_round_free);

/* The adapters that are asked from now on, by rising ifindex; those that were there before keep what is known
 * of them. -ENOMEM: as before. */
int stats_round_set_targets(StatsRound *r, const StatsTarget *targets, size_t n);

/* Asks; dump: for the counters of all links of the host at once, which is cheaper when few are not targets. */
void stats_round_run(StatsRound *r, bool dump);

/* Has the next round ask what the disciplines of that target gave to its queues. False when it will not, since
 * so many others are asked already or it was asked a moment ago: another time, then. */
bool stats_round_want_queues(StatsRound *r, int ifindex);

/* What that found out, and when; n is 0 when it was not asked, or not answered. Valid until the next round. */
size_t stats_round_queues(const StatsRound *r, const QueueGiven **ret, usec_t *ret_at);

/* What the last round found out, one report for each target; valid until the next or other targets. */
size_t stats_round_reports(const StatsRound *r, const StatsReport **ret);
