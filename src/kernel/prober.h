/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The probes of one pair: beacons between its adapters, both ways, and ARP or neighbour probes of targets
 * through each. Says per adapter how many were lost and by whose fault (probe-verdict.h), and whether its path
 * is proved.
 *
 * Every probe's source is its adapter's *station* address, never the identity, so probing teaches no switch
 * anything about the pair's traffic; beacons go to the other adapter's station. Nothing here blocks. An adapter
 * that is down or gone is an outcome (its path is not proved), not an error; when it comes back as another
 * device, make a new prober.
 *
 * IPv4 targets are asked with sender 0.0.0.0 (RFC 5227), which is answered and enters no cache: first by
 * broadcast, then by unicast to the address that answered, so that no LAN has to hear 20 broadcasts a second.
 * IPv6 targets are asked from the link-local address that belongs to the station (EUI-64), because a
 * solicitation without source is answered to all nodes; the target's cache then holds that one address of ours,
 * which nobody else talks to. A target that never answered through an adapter counts neither for nor against
 * it.
 *
 * Once a second beacons also are as long as the MTU, and carry the tag of each VLAN (path-survey.h). */

#include "error.h"
#include "ether-address.h"
#include "frame-codec.h"
#include "health-sample.h"
#include "pair-policy.h"
#include "probe-pace.h"
#include "probe-verdict.h"

#define PROBER_BURST_INTERVAL  (1 * USEC_PER_MSEC)
#define PROBER_TARGET_INTERVAL (5 * USEC_PER_MSEC) /* the fastest a target is asked: 200/s for a second */

typedef struct ProberParameters {
        const char *pair; /* name */
        int ifindex[_PAIR_SIDE_MAX];
        const char *name[_PAIR_SIDE_MAX];
        EtherAddress station[_PAIR_SIDE_MAX];
        const ProbePolicy *policy; /* copied, as all of this but the crowd */
        ProbeCrowd *crowd;         /* of all probers here; outlives them. NULL: there is one */
} ProberParameters;

typedef struct ProbePathReport {
        uint64_t sent, received, lost, late, duplicated, reordered;
        usec_t latency, latency_min, latency_max; /* 0: unknown. One way for a beacon, both for a target */
        usec_t last_received;                     /* 0: never */
} ProbePathReport;

typedef struct ProbeTargetReport {
        ProbeTarget target;
        bool proven; /* it answered once; until then its silence is not counted */
        ProbePathReport path;
} ProbeTargetReport;

typedef struct ProbeReport {
        ProbePathReport beacon[_PAIR_SIDE_MAX]; /* from that side to the other */
        ProbeTargetReport target[_PAIR_SIDE_MAX][PAIR_TARGETS_MAX];
        size_t n_targets;
        ProbeCounters counters[_PAIR_SIDE_MAX];
        uint64_t unblamed;        /* lost by nobody's fault: between the adapters, or a target's */
        uint64_t ignored;         /* frames that looked like ours and were not */
        int down[_PAIR_SIDE_MAX]; /* negative errno of sending; 0: it works */
} ProbeReport;

typedef struct Prober Prober;

/* Opens both sockets. Needs CAP_NET_RAW. */
int prober_new(const ProberParameters *parameters, Prober **ret, Error *e);
Prober *prober_free(Prober *p);
DEFINE_CLEANUP(Prober *, prober_free);

/* Readable when something arrived at that adapter. Watching it is optional: arrivals carry the kernel's stamps,
 * and dispatch at the time asked for finds them in time to judge. */
int prober_get_fd(const Prober *p, PairSide side);

/* Whether what arrived, or did not, can wait for the next probe, if that is due soon: then dispatch asks to be
 * called once for both. */
void prober_set_patient(Prober *p, bool patient);

/* Receives what arrived, if anything did, or if without it a probe would be given up. */
void prober_receive(Prober *p, bool arrived, usec_t now);

/* Does so, judges, sends what is due; *ret_next: call again then (or earlier). Best with a timer of 250 us
 * accuracy. */
void prober_dispatch(Prober *p, bool arrived, usec_t now, usec_t *ret_next);

/* Whether a probe was refused by that side, or the first one was not after that, since this was asked last: its
 * carrier may have changed. */
bool prober_take_doubt(Prober *p, PairSide side);

/* Whether prober_burst() has not ended yet: then the next probe is due PROBER_BURST_INTERVAL after the last. */
bool prober_is_bursting(const Prober *p, usec_t now);

/* Whether none was lost lately (PROBE_VERDICT_EPISODE) and none are sent in a burst: then what the counters say
 * can wait. */
bool prober_is_calm(const Prober *p, usec_t now);

/* The SIGNAL_PROBE_* counters of an adapter as of the last dispatch; returns how many, at most
 * PROBE_VERDICT_SAMPLES. */
size_t prober_samples(Prober *p, PairSide side, usec_t now, HealthSample *samples, size_t size);

/* Whether frames proved the adapter's path within the check interval (policy: lose * every + timeout). reason:
 * PROBE_REASON_MAX octets; why not. */
bool prober_is_proved(const Prober *p, PairSide side, usec_t now, char *reason);

/* What the adapters must let pass beside ordinary probes: frames of that length (octets, without FCS; 0: none)
 * and of these VLANs. Without beacons nothing of it is asked. -ENOMEM: as before. */
int prober_set_survey(Prober *p, unsigned length, const FrameTag *vlans, size_t n_vlans);

/* Who is to be blamed for what ceases to pass from now on: the spare; or nobody (_PAIR_SIDE_INVALID, as from
 * the beginning) while something speaks against the serving adapter. */
void prober_set_blamed(Prober *p, PairSide side);

/* Whether all of it passes, what does not is the other's fault, or nothing passes between the adapters at all,
 * which tells nothing. reason: PROBE_REASON_MAX octets; what does not. */
bool prober_is_surveyed(const Prober *p, PairSide side, usec_t now, char *reason);

/* How many beacons in a row the adapter has missed: for who must act at once. */
unsigned prober_lost_in_a_row(const Prober *p, PairSide side);

void prober_get_report(const Prober *p, ProbeReport *ret);

/* 1000 beacons a second each way for a time (0: stop), so that what a move loses can be counted. Fewer with a
 * policy's timeout above 256 ms: no more than PROBE_WINDOW may be on their way. */
void prober_burst(Prober *p, usec_t now, usec_t duration);

/* Other targets, intervals, limits; beacons or none. What is known of targets that stay, stays. Negative: the
 * targets are as before, the rest is in force. */
int prober_set_policy(Prober *p, const ProbePolicy *policy, Error *e);

/* Who the policy's target "gateway" is (probe-gateway.h); nobody until this is called. The first
 * PAIR_TARGETS_MAX count; targets that stay keep their account. -ENOMEM: as before. */
int prober_set_gateways(Prober *p, const ProbeTarget *gateways, size_t n, Error *e);
