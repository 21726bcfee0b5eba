/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A pair with its ports to the real world: steering, prober, priming worker, timer, state file. The manager
 * owns one per pair. */

#include <systemd/sd-event.h>

#include "carrier-watch.h"
#include "errand.h"
#include "identity-record.h"
#include "manager.h"
#include "neighbour-memory.h"
#include "pair-shell.h"
#include "probe-clock.h"
#include "probe-pace.h"
#include "recorder.h"
#include "turns.h"

typedef struct Guard Guard;

/* What the guard tells its owner; members as ManagerObserver's. */
typedef struct GuardObserver {
        void (*changed)(Pair *p, void *userdata);
        void (*event)(const Event *event, void *userdata);
        void (*switch_started)(Pair *p, const MoveRecord *record, void *userdata);
        void (*switch_finished)(Pair *p, const MoveRecord *record, void *userdata);
        void *userdata;
} GuardObserver;

/* Whom the kernel has lately removed from its tables of neighbours: neighbour_memory_recent(). */
typedef struct GuardNeighbours {
        size_t (*recent)(void *userdata, Neighbour **ret);
        void *userdata;
} GuardNeighbours;

typedef struct GuardOptions {
        sd_event *event;
        const char *bpf_directory;
        const char *state_directory;
        Turns *turns;
        ProbeCrowd *crowd; /* of all guards' probers */
        ProbeClock *probe_clock;
        CarrierWatch *carrier_watch;
        Recorder *recorder;
        Errands *errands;    /* of all guards: whatever waits for RTNL */
        SteeringLinks links; /* as in SteeringParameters */
        /* A copy for another thread, which frees its userdata; its members are NULL without memory. */
        SteeringLinks (*copy_links)(void *userdata);
        GuardNeighbours removed_neighbours;
        GuardObserver observer;
} GuardOptions;

/* options is copied, its strings must outlive the guard. */
int guard_new(const PairPolicy *policy, const GuardOptions *options, Guard **ret, Error *e);

/* Stops guarding. Traffic stays where it is; with `detach` the steering is taken out of the kernel where
 * traffic is on the home adapter, as when the pair was removed from the policies. */
Guard *guard_free(Guard *g, bool detach);

/* Another policy for the same two adapters: what is in force of it is so at once, and the state stays. */
void guard_set_policy(Guard *g, const PairPolicy *policy);

Pair *guard_pair(const Guard *g);

/* What its probes have found goes to the pair's predictors now, with what else is sampled. For a guard whose
 * paths are all well; the others' goes there as it is found. */
void guard_feed_probes(Guard *g, usec_t now);

/* Whether a beacon is sent by each adapter as often as carriers are read, so that the kernel's refusing it
 * tells of a lost one (carrier-watch.h). */
bool guard_tests_carriers(const Guard *g);

/* An errand was done: gives the pair or the prober what was read for it, if it was this one's. */
void guard_take_reading(Guard *g);
void guard_take_gateways(Guard *g);

/* The kernel told of a neighbour, perhaps one of this pair's. */
void guard_note_neighbour(Guard *g, const struct nlmsghdr *message);

/* The kernel told of routes; message NULL: it told more than was heard. */
void guard_note_route(Guard *g, const struct nlmsghdr *message);

/* Whether it is to be read what goes with the primary's device; whether it is known already. */
bool guard_wants_record(const Guard *g);
bool guard_has_record(const Guard *g);
/* Whether the primary, or a device on it, has that ifindex. */
bool guard_has_device(const Guard *g, int ifindex);
/* Whether a notification of the kernel is about that. */
bool guard_is_concerned(const Guard *g, const struct nlmsghdr *message);
/* It was read: the guard's from now on. */
void guard_take_record(Guard *g, IdentityRecord *record);

/* A worker is at it, which may hold RTNL. */
bool guard_is_priming(const Guard *g);
