/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The manager's side of a pair: creation and what is fed into it. Time is a parameter throughout, so that whole
 * lives of a pair run in virtual time. */

#include "pair-ports.h"
#include "pair.h"

/* What must survive a restart of the daemon beside what the kernel keeps. */
typedef struct PairMemory {
        PairSide serving;
        bool split;  /* the goal was a split only: do not move egress on */
        bool moving; /* a move was under way */
        uint64_t last_id, switch_count;
        bool held;
        usec_t hold_until_realtime; /* USEC_INFINITY: until released */
        char hold_reason[PAIR_REASON_MAX];
        usec_t revert_realtime; /* a switch is to be confirmed until then, or traffic returns; 0: none is */
        PairSide revert_to;
        bool returns; /* PairAim */
        bool primed;
        usec_t primed_realtime;
        PairPrimeHold prime_hold;
        char prime_hold_reason[PAIR_REASON_MAX];
        PairSide plan_side; /* whom the plan of the last priming was carried out on, and which device that was
                             */
        int plan_ifindex;
        bool plan_interrupted; /* that was begun, and nobody knows how far it came */
        PairIdentity identity;
        PrimePlan *plan; /* only given to pair_new(), which takes it; may be NULL */
        MoveRecord last;
} PairMemory;

/* memory may be NULL; what its `plan` points to is the pair's in any case. */
int pair_new(const PairPolicy *policy, const PairPorts *ports, void *userdata, const PairMemory *memory,
                usec_t now, Pair **ret);
/* Lets traffic stay where it is. */
Pair *pair_free(Pair *p);
DEFINE_CLEANUP(Pair *, pair_free);

void pair_get_memory(const Pair *p, PairMemory *ret);

/* Another policy for the same two adapters: state stays. */
void pair_set_policy(Pair *p, const PairPolicy *policy, usec_t now);

/* News of a link. Acts at once where the serving adapter died: the traffic moves within this call. */
void pair_set_link(Pair *p, PairSide side, const PairLink *link, usec_t now);

/* What the driver says of the link that there is now; bit_rate in bit/s. */
void pair_set_link_mode(Pair *p, PairSide side, uint64_t bit_rate, bool full_duplex);

/* Why it says that there is none; told in the next dispatch. */
void pair_set_link_trouble(Pair *p, PairSide side, LinkTrouble trouble);

void pair_feed(Pair *p, PairSide side, const HealthSample *samples, size_t n, usec_t now);

/* What the switch at the adapter's cable has just said. */
void pair_set_neighbour(Pair *p, PairSide side, const LldpNeighbour *neighbour, usec_t now);

/* The module of an adapter was read, or could not be; swapped: it is another one than the last. Its thresholds
 * hold from now on. Feed its readings after it. */
void pair_set_module(Pair *p, PairSide side, const ModuleStatus *status, bool swapped, usec_t now);

/* Which adapters have traffic, a bit per PairSide; ret_silent: which of these receive nothing any more, so that
 * their carrier is worth a look. To be called again at ret_next (USEC_INFINITY: nothing is steered); makes no
 * system call. */
unsigned pair_find_busy(Pair *p, usec_t now, unsigned *ret_silent, usec_t *ret_next);

/* Says through the port `noted` what a recording that begins now must know: roles, thresholds of modules. */
void pair_note_all(Pair *p);

/* It moves traffic or primes: whatever else takes RTNL should wait. */
bool pair_is_busy(const Pair *p);

/* The addresses, VLANs or groups of the pair's adapters changed: they are read again. */
void pair_refresh(Pair *p, usec_t now);
/* They were: the caller's, and of no more use; NULL with the error if it failed. */
void pair_take_reading(Pair *p, SteeringReading *reading, const Error *e, usec_t now);

/* Does whatever is due; wakes itself through the ports for what comes later. Call it also once per sample
 * interval. */
void pair_dispatch(Pair *p, usec_t now);

/* The worker is about to carry out this plan, which stays the caller's, and waits: it is kept when this returns
 * 0. Negative with e: it is not, and must not be carried out. */
int pair_prime_begins(Pair *p, const PrimePlan *plan, Error *e);

/* The worker's result: plan NULL and e set when it failed before there was one. The plan becomes the pair's.
 * lingers: it was killed but hangs in the kernel; pair_prime_ended() says when it is gone. */
void pair_prime_done(Pair *p, PrimePlan *plan, const Error *e, bool lingers, usec_t now);
void pair_prime_ended(Pair *p, usec_t now);

/* The kernel told that settings of that side were changed, by us or others: of these items (a bit per
 * PrimeItemId). */
void pair_settings_changed(Pair *p, PairSide side, uint64_t items, usec_t now);

/* The bond that both are ports of changed: perhaps somebody else has moved the traffic. */
void pair_check_steering(Pair *p, usec_t now);

/* What became of a move of addresses (PairPorts.identity). notice: what could not be moved along, or "". e NULL
 * on success. */
void pair_identity_done(Pair *p, int result, const char *notice, const Error *e, usec_t now);

/* The primary, back while its addresses are on the standby, has been given addresses by somebody. */
void pair_home_in_use(Pair *p, usec_t now);

PairIdentity pair_identity(const Pair *p);

void pair_set_inhibitors(Pair *p, unsigned n, usec_t now);

HealthPredictor *pair_predictor(Pair *p, PairSide side);
Steering *pair_steering(Pair *p);
PairSide pair_serving(const Pair *p);
const PairLink *pair_link(const Pair *p, PairSide side);
