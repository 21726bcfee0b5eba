/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Traffic in the network of steering-lab.h: numbered and sent, echoed, received and counted by one loop in one
 * thread, which also runs the steering's moves. What was lost, doubled or reordered is exact. */

#include "steering-lab.h"

typedef enum FlowKind {
        FLOW_ECHO4, /* from the peer to the host's IPv4 address, and back */
        FLOW_ECHO6,
        FLOW_MULTICAST4, /* from the peer to a group the host has joined */
        FLOW_BROADCAST4,
        FLOW_MULTICAST6,
        FLOW_TAGGED, /* unicast frames with an 802.1Q tag and our own test ethertype, to the host and back */
        FLOW_GROUP_TAGGED,
        FLOW_UPPER4, /* as FLOW_ECHO4, to the address of a device on top of A */
        FLOW_UPPER6,
        _FLOW_MAX,
} FlowKind;

typedef struct FlowCount {
        unsigned sent, received, doubled, reordered;
        unsigned replied, reply_doubled, reply_reordered; /* of an echo: back at the peer */
        unsigned first_lost;                              /* its number, when some are lost */
        usec_t longest_gap; /* without a reply, since traffic_new() or traffic_time_gaps() */
} FlowCount;

typedef struct Traffic Traffic;

/* Flows is a set of 1 << FlowKind, each with so many frames a second. */
Traffic *traffic_new(SteeringLab *lab, unsigned flows, unsigned per_second);
Traffic *traffic_free(Traffic *t);

/* Keeps traffic going for so long, and the steering's moves with it (s may be NULL). */
void traffic_run(Traffic *t, Steering *s, usec_t duration);

/* Sends so many of each flow at once, without looking at what arrives. */
void traffic_burst(Traffic *t, unsigned n);

/* Begins a move under traffic and goes on until it is done: its result, 1 or negative. ret_usec gets the time
 * of steering_begin() and of all, as far as not NULL. */
int traffic_move(Traffic *t, Steering *s, SteeringPath target, SteeringUrgency urgency, usec_t *ret_begin,
                usec_t *ret_total, Error *e);

/* The same, planned, which must succeed; prints how long it took. */
void traffic_move_planned(Traffic *t, Steering *s, SteeringPath target);

/* Begins measuring FlowCount.longest_gap and traffic_longest_stall() anew. */
void traffic_time_gaps(Traffic *t);

/* The longest time that the loop itself did not run for, on a busy machine; without steering_begin(). */
usec_t traffic_longest_stall(const Traffic *t);

/* Stops sending and waits for stragglers. */
void traffic_stop(Traffic *t);

const FlowCount *traffic_count(const Traffic *t, FlowKind kind);

/* Fails the test with everything it knows unless each frame of each flow came exactly once and in order. */
void traffic_assert_whole(const Traffic *t);
