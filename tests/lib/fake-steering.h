/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A steering backend without a kernel, in whatever time the caller says it is: for simulating pairs. It passes
 * the same contract suite as the real ones (steering-contract.h). What outlives a process, the path and the
 * network, is a FakeSteeringWorld per pair name. */

#include "steering.h"

extern const SteeringBackend steering_fake;

typedef struct FakeSteeringWorld {
        /* To be set by a test, at any time. */
        bool refuses;              /* probe says no */
        int open_error;            /* negative: what open returns */
        int begin_error;           /* negative: what begin returns, nothing is moved then */
        bool never_follows;        /* announcements go unheard, ingress stays where it is */
        usec_t follows_after;      /* how long the network takes to hear one; 2 ms at first */
        bool dead[_PAIR_SIDE_MAX]; /* frames that go through this adapter are lost */

        /* To be looked at. */
        bool in_place; /* between open and detach */
        SteeringPath path;
        bool moving;
        PairSide ingress; /* where the network really sends to */
        unsigned begun, announced, opened;
        SteeringCounters counters;
        uint64_t lost[2]; /* of incoming, of outgoing frames */
} FakeSteeringWorld;

/* The world of a pair, made when first asked for; at most 1024, then the program ends. */
FakeSteeringWorld *fake_steering_world(const char *pair);

/* Forgets all worlds; no fake may be open. */
void fake_steering_reset(void);

/* So many frames for the pair and from the pair take the ways they take now. */
void fake_steering_pass(FakeSteeringWorld *w, uint64_t incoming, uint64_t outgoing);
