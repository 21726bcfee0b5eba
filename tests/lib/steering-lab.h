/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A small network to steer in: this process is the host with adapters A and B (veth), a learning Linux bridge
 * is the switch, a peer hangs on it; in one namespace each. With two switches, A and the peer are on the first,
 * B on the second, and a cable links them.
 *
 *      host 10.9.0.1 fd09::1 -- A, B         02:00:00:00:00:0a, :0b
 *      peer 10.9.0.2 fd09::2 -- P            02:00:00:00:00:0c
 *
 * Traffic is numbered and sent, echoed, received and counted by one loop in one thread, which also runs the
 * steering's moves: what was lost, doubled or reordered is exact. */

#include "steering.h"

typedef struct SteeringLab {
        int switch_fd, peer_fd; /* namespaces */
        int switch_control;     /* a socket in the switch, for flags of its ports */
        SteeringParameters parameters;
        const char *home; /* the device that has the addresses: A, or the bond */
} SteeringLab;

typedef struct SteeringLabOptions {
        bool two_switches;
        bool only_inet6;
        const char *bond; /* A and B are ports of a bond0 with these options ("mode active-backup") */
        bool snooping;    /* the switch forwards groups only where it heard reports, and itself queries */
} SteeringLabOptions;

/* Enters namespaces: once per process (Check forks for each test). */
void steering_lab_init(SteeringLab *lab, const SteeringLabOptions *options);

/* Sets up the steering of A and B. */
Steering *steering_lab_open(const SteeringLab *lab, const SteeringBackend *backend);

/* Until then by CLOCK_MONOTONIC, but at most a second. */
void steering_lab_wait(usec_t until);

/* Whether the kernel has bonding. */
bool steering_lab_has_bonding(void);

/* A macvlan mv0 of its own MAC address on top of A, up, and networks in which it and the peer are alone. */
#define UPPER_MAC "02:00:00:00:00:77"
void steering_lab_add_macvlan(SteeringLab *lab, const char *mode);

/* Pulls A's or B's cable out of the switch, or plugs it in again; takes microseconds. */
void steering_lab_set_cable(SteeringLab *lab, PairSide side, bool plugged);

/* Whether the kernel has acted on the loss of A's carrier, or will do within microseconds. */
bool steering_lab_is_running(SteeringLab *lab);

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
