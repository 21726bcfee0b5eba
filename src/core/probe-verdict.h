/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whose fault a lost probe is. A beacon lost from one adapter to the other says that the sender's transmit or
 * the receiver's receive side is bad, not which; a target that answers through one and not the other says
 * which. Pure: counts of paths in, counters per adapter (the SIGNAL_PROBE_*) out.
 *
 * A lost probe therefore waits until the targets have said enough, at most PROBE_VERDICT_PATIENCE. "Enough" is
 * a likelihood ratio: do the targets of this adapter lose as the path in question does, or as a healthy one? */

#include "health-sample.h"
#include "pair-policy.h"

#define PROBE_VERDICT_PATIENCE (5 * USEC_PER_SEC)
#define PROBE_VERDICT_EPISODE  (10 * USEC_PER_SEC) /* evidence is collected this long, then anew */
#define PROBE_VERDICT_HEALTHY  1e-4                /* loss below which a path is healthy (P3 finds 1 %) */
#define PROBE_VERDICT_RATIO    3.0                 /* natural logarithm: 20 to 1 */

/* What targets probed through an adapter say about a path that loses probes. */
typedef enum TargetView {
        TARGETS_UNKNOWN, /* there are none that ever answered, or not enough probes to tell */
        TARGETS_ANSWER,  /* they do not share the loss */
        TARGETS_LOSE,    /* they do */
        TARGETS_DOWN,    /* nobody could be asked: the adapter takes no frames at all */
        _TARGET_VIEW_MAX,
} TargetView;

typedef enum BeaconBlame {
        BLAME_NOBODY, /* it is between the adapters, or beyond both */
        BLAME_RECEIVER,
        BLAME_SENDER,
        BLAME_BOTH,
} BeaconBlame;

typedef enum TargetBlame {
        TARGET_BLAME_NOBODY, /* it is the target, or beyond what we can tell */
        TARGET_BLAME_RX,
        TARGET_BLAME_TX,
        TARGET_BLAME_BOTH,
} TargetBlame;

/* The truth tables; comments beside the cells. */
BeaconBlame probe_verdict_beacon(TargetView receiver, TargetView sender);
TargetBlame probe_verdict_target(TargetView other, bool beacons_in_lost, bool beacons_out_lost);

/* Of one path, since it began to be probed: both only grow. */
typedef struct ProbeTally {
        uint64_t received, lost;
        usec_t last_lost; /* when the last lost one had been sent; 0: none */
} ProbeTally;

typedef struct ProbeView {
        ProbeTally beacon[_PAIR_SIDE_MAX]; /* towards that side */
        ProbeTally target[_PAIR_SIDE_MAX]; /* all targets that ever answered through that side, summed up */
        bool targets_known[_PAIR_SIDE_MAX];
        bool down[_PAIR_SIDE_MAX]; /* the adapter takes no frames at all: explains every loss to and from it */
} ProbeView;

typedef struct ProbeEpisode {
        bool active;
        usec_t since, waiting_since, last_lost;
        uint64_t received, lost; /* on the path in question */
        uint64_t waiting;        /* lost, not yet blamed on anybody */
        ProbeTally base[_PAIR_SIDE_MAX];
        bool lost_before[_PAIR_SIDE_MAX]; /* the targets lost one shortly before */
} ProbeEpisode;

typedef struct ProbeCounters {
        uint64_t rx_sent, rx_lost, tx_sent, tx_lost;
} ProbeCounters;

typedef struct ProbeVerdict {
        ProbeView seen;
        ProbeEpisode beacon[_PAIR_SIDE_MAX], target[_PAIR_SIDE_MAX];
        ProbeCounters counters[_PAIR_SIDE_MAX];
        uint64_t unblamed; /* lost, and nobody's fault as far as we can tell */
} ProbeVerdict;

void probe_verdict_init(ProbeVerdict *v);

/* The counts as they are now. Cheap when nothing was lost. */
void probe_verdict_update(ProbeVerdict *v, const ProbeView *view, usec_t now);

/* Whether lost probes wait for more evidence: probe faster. */
bool probe_verdict_is_waiting(const ProbeVerdict *v);

/* When patience with a waiting loss ends; USEC_INFINITY when none waits. */
usec_t probe_verdict_deadline(const ProbeVerdict *v);

#define PROBE_VERDICT_SAMPLES 4

/* The adapter's four counters as samples; returns how many were written. */
size_t probe_verdict_samples(
                const ProbeVerdict *v, PairSide side, usec_t now, HealthSample *samples, size_t size);

/* Whether what arrived last (0: nothing ever did) did so within the interval. */
static inline bool probe_is_fresh(usec_t at, usec_t interval, usec_t now) {
        return at > 0 && usec_sub(now, at) <= interval;
}

/* What proves an adapter's path: times of the last arrival, 0 for never. */
typedef struct PathProof {
        const char *name, *other_name;
        const char *down; /* why no frames can be sent at all; NULL when they can */
        bool beacon;      /* whether the policy wants them */
        usec_t beacon_in, beacon_out, target, other_target;
} PathProof;

#define PROBE_REASON_MAX 160

/* Whether traffic may be moved to this adapter: within the last `interval` a target answered through it, or a
 * beacon went both ways; but not when targets answer through the other one and not through it. When not, reason
 * (PROBE_REASON_MAX octets) says why in a few words. */
bool probe_verdict_is_proved(const PathProof *p, usec_t interval, usec_t now, char *reason);
