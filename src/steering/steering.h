/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Moving a pair's traffic between its adapters: one interface, a const vtable per mechanism, and a fake that
 * passes the same contract suite (tests/lib/steering-contract.h).
 *
 * The *home* adapter is the policy's primary: its interface carries the addresses, routes and sockets whatever
 * happens; in a bond the bond is the home. Ingress and egress can each be on either side:
 *
 *      ingress   egress    called
 *      primary   primary   guard      (the spare is silent)
 *      standby   primary   split
 *      standby   standby   switched
 *      primary   standby   split on the way back
 *
 * Where both adapters can be used at once they are *balanced* in rest: the path then only names the one that is
 * watched for failing first, and a move takes the traffic off one of them.
 *
 * A move of egress is done at once. A move of ingress is announced and must be *seen* before it counts:
 * steering_begin(), then steering_process() until it returns nonzero. Nothing here sleeps, logs or reads a
 * clock; time is a parameter, CLOCK_MONOTONIC. What waits for the kernel's RTNL lock says so. Traffic keeps
 * flowing as set when the process dies; a new one finds it by steering_open(). */

#include "error.h"
#include "ether-address.h"
#include "frame-codec.h"
#include "pair-policy.h"
#include "time-util.h"

typedef struct SteeringPath {
        PairSide ingress, egress;
} SteeringPath;

static inline bool steering_path_equal(SteeringPath a, SteeringPath b) {
        return a.ingress == b.ingress && a.egress == b.egress;
}

typedef enum SteeringUrgency {
        STEERING_PLANNED, /* both adapters work: nothing may be lost, doubled or reordered */
        STEERING_NOW,     /* the adapter being left is dead: do not wait for anything */
} SteeringUrgency;

/* What others did to our steering. */
typedef enum SteeringDisturbance {
        STEERING_UNDISTURBED,
        STEERING_MOVED,  /* the traffic; the steering has followed, steering_get_path() says where it is now */
        STEERING_MENDED, /* they took away what the steering needs; it is back, the path is as before */
        STEERING_DOUBTFUL, /* perhaps: only the kernel can tell, who may keep one waiting */
} SteeringDisturbance;

/* Who is on top of whom, from somebody who listens to the kernel: it spares looking at every link there is. */
typedef struct SteeringLinks {
        /* The links directly above that one in this network namespace (by their IFLA_LINK): their number, the
         * first max of which are listed. */
        size_t (*above)(void *userdata, int ifindex, int *list, size_t max);
        /* Whether it is a port of a bond, a bridge or the like. */
        bool (*is_port)(void *userdata, int ifindex);
        void *userdata;
} SteeringLinks;

typedef struct SteeringParameters {
        const char *pair; /* name, for pins and errors */
        int ifindex[_PAIR_SIDE_MAX];
        const char *name[_PAIR_SIDE_MAX];
        const char *bpf_directory; /* on a bpffs; a folder per pair is made below it */
        SteeringLinks links;       /* above NULL: every link is looked at */
} SteeringParameters;

/* Frames counted by the steering itself, since it was set up; a new process goes on with the same numbers. */
typedef struct SteeringCounters {
        uint64_t ingress_unicast[_PAIR_SIDE_MAX]; /* for the identity, arrived on that adapter and handed up */
        uint64_t ingress_group[_PAIR_SIDE_MAX];   /* group-addressed, handed up */
        uint64_t ingress_discarded[_PAIR_SIDE_MAX];
        uint64_t egress[_PAIR_SIDE_MAX]; /* sent by the pair's stack, by the adapter they left on */
} SteeringCounters;

/* Whether frames moved at all, beacons aside. */
typedef struct SteeringTraffic {
        bool received, sent;
} SteeringTraffic;

typedef struct Steering Steering;

/* What the kernel says of a pair's devices, addresses and groups, at one moment. */
typedef struct SteeringReading SteeringReading;

typedef struct SteeringBackend {
        const char *name;
        /* Whether this mechanism suits these adapters: 1 yes, 0 no with the reason in e, negative on error. */
        int (*probe)(const SteeringParameters *p, Error *e);
        /* Puts everything in place (guard) or finds what an earlier process left; says which path is in force.
         * Must not disturb traffic of the home adapter. */
        int (*open)(const SteeringParameters *p, usec_t now, Steering **ret, Error *e);
        /* Lets go but leaves traffic as it is: for a stop of the daemon. */
        Steering *(*close)(Steering *s);
        /* Removes every trace from the kernel; only in guard (-EBUSY otherwise), or where the home is above
         * both adapters also when switched. */
        int (*detach)(Steering *s, Error *e);
        SteeringPath (*get_path)(const Steering *s);
        int (*begin)(Steering *s, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e);
        int (*process)(Steering *s, usec_t now, usec_t *ret_next, Error *e);
        int (*read)(const SteeringParameters *p, SteeringReading **ret, Error *e);
        int (*refresh)(Steering *s, SteeringReading *reading, usec_t now, Error *e);
        SteeringDisturbance (*check)(Steering *s, usec_t now, bool may_wait, Error *what);
        int (*get_counters)(Steering *s, SteeringCounters *ret);
        SteeringTraffic (*take_traffic)(Steering *s, PairSide side); /* NULL: cannot be told */
        /* The adapter's address for probes and beacons, under which it can be reached in every path. */
        EtherAddress (*get_station)(const Steering *s, PairSide side);
        int (*get_home)(const Steering *s); /* NULL: the primary */
        /* NULL, all three: one adapter carries all, and probes prove the other */
        void (*set_balanced)(Steering *s, bool balanced, usec_t now);
        bool (*is_balanced)(const Steering *s);
        bool (*prove)(Steering *s, PairSide side, usec_t now, char *why, size_t size);
} SteeringBackend;

#define STEERING_VLANS_MAX 128

/* Embedded first in every backend's own struct. */
struct Steering {
        const SteeringBackend *backend;
        Error notice;   /* see steering_get_notice() */
        Error conflict; /* a setting that works against us, as of the last open or refresh; ERROR_NONE: none */
        Error obstacle; /* why nothing can be moved now, so that the pair is only observed; ERROR_NONE */
        /* The outermost tags of what the pair's devices send, each once, as of the last open or refresh. */
        FrameTag vlans[STEERING_VLANS_MAX];
        size_t n_vlans;
};

extern const SteeringBackend steering_redirect, steering_bond;

/* The backend for a pair: as asked, or with STEERING_AUTO the first that suits. NULL with the reason in e. */
const SteeringBackend *steering_backend_for(SteeringKind kind, const SteeringParameters *p, Error *e);

static inline int steering_open(
                const SteeringBackend *b, const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        return b->open(p, now, ret, e);
}

/* NULL is fine; returns NULL. */
static inline Steering *steering_close(Steering *s) {
        return s ? s->backend->close(s) : NULL;
}
DEFINE_CLEANUP(Steering *, steering_close);

static inline int steering_detach(Steering *s, Error *e) {
        return s->backend->detach(s, e);
}

/* The path in force; during a move of ingress the one being moved to. */
static inline SteeringPath steering_get_path(const Steering *s) {
        return s->backend->get_path(s);
}

/* Starts a move to target, from any path, also from an unfinished move (which it replaces). 0 or negative. When
 * it returns, the programs already act accordingly and, unless a bond has to be opened first, the first
 * announcement is out; with STEERING_NOW that is all there is to it, a few microseconds, no RTNL. */
static inline int steering_begin(Steering *s, SteeringPath target, SteeringUrgency u, usec_t now, Error *e) {
        return s->backend->begin(s, target, u, now, e);
}

/* Goes on with the move. 1: done, frames were seen to arrive on the target; 0: not yet, call again at
 * *ret_next; -ETIMEDOUT: ingress did not follow although announced several times, the caller should begin the
 * way back; other negative: failed. Also called in rest, where it re-announces now and then so that no switch
 * forgets (returns 1, *ret_next says when to call again). */
static inline int steering_process(Steering *s, usec_t now, usec_t *ret_next, Error *e) {
        return s->backend->process(s, now, ret_next, e);
}

/* Reads what steering_refresh() wants: addresses, VLANs, groups and neighbours. Waits for RTNL, and touches no
 * steering: another thread may do it, with links of its own. */
static inline int steering_read(
                const SteeringBackend *b, const SteeringParameters *p, SteeringReading **ret, Error *e) {
        return b->read(p, ret, e);
}

/* NULL is fine; returns NULL. */
SteeringReading *steering_reading_free(SteeringReading *r);
DEFINE_CLEANUP(SteeringReading *, steering_reading_free);

/* Goes by what was read, and builds the announcements of the next move. Waits for RTNL only where filters or
 * programs must follow a change. The reading stays the caller's, and is of no more use. */
static inline int steering_refresh(Steering *s, SteeringReading *reading, usec_t now, Error *e) {
        return s->backend->refresh(s, reading, now, e);
}

/* Whether somebody else has interfered; what says how. may_wait: for RTNL, which is not needed unless there are
 * signs that something is to be mended; without it these are STEERING_DOUBTFUL. What cannot be mended becomes
 * the obstacle. */
static inline SteeringDisturbance steering_check(Steering *s, usec_t now, bool may_wait, Error *what) {
        return s->backend->check ? s->backend->check(s, now, may_wait, what) : STEERING_UNDISTURBED;
}

/* The ifindex of the device that has the addresses when it is neither adapter but one above both, so that
 * either may be set down; 0: it is the primary. */
static inline int steering_get_home(const Steering *s) {
        return s->backend->get_home ? s->backend->get_home(s) : 0;
}

/* Whether both adapters can carry traffic at once; the three below are only for these. */
static inline bool steering_can_balance(const Steering *s) {
        return s->backend->set_balanced;
}

/* From now on both are to carry traffic, or the path's side alone; a move to another side makes it the latter.
 * In rest only; steering_process() goes on with it, which takes the network's consent. */
static inline void steering_set_balanced(Steering *s, bool balanced, usec_t now) {
        s->backend->set_balanced(s, balanced, now);
}

/* What was set last, or found. */
static inline bool steering_is_balanced(const Steering *s) {
        return s->backend->is_balanced && s->backend->is_balanced(s);
}

/* Frames of one adapter never come in on the other here, so no probe proves anything: whether the network
 * itself does; why says by what, or what is missing. */
static inline bool steering_prove(Steering *s, PairSide side, usec_t now, char *why, size_t size) {
        return s->backend->prove(s, side, now, why, size);
}

/* What works less well than it could although steering works, and why, as of the last open or refresh; its kind
 * is ERROR_NONE when there is nothing to say. */
static inline const Error *steering_get_notice(const Steering *s) {
        return &s->notice;
}

static inline int steering_get_counters(Steering *s, SteeringCounters *ret) {
        return s->backend->get_counters(s, ret);
}

/* Of that adapter, since the last call for it. Touches memory only, some nanoseconds. */
static inline SteeringTraffic steering_take_traffic(Steering *s, PairSide side) {
        return s->backend->take_traffic ? s->backend->take_traffic(s, side) : (SteeringTraffic){};
}

static inline EtherAddress steering_get_station(const Steering *s, PairSide side) {
        return s->backend->get_station(s, side);
}
