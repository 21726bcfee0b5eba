/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A small network to steer in: this process is the host with adapters A and B (veth), a learning Linux bridge
 * is the switch, a peer hangs on it; in one namespace each. With two switches, A and the peer are on the first,
 * B on the second, and a cable links them.
 *
 *      host 10.9.0.1 fd09::1 -- A, B         02:00:00:00:00:0a, :0b
 *      peer 10.9.0.2 fd09::2 -- P            02:00:00:00:00:0c
 * Traffic in it: steering-traffic.h. */

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

/* Lets it read and go by the addresses of now; steering_refresh()'s result. */
int steering_lab_refresh(const SteeringLab *lab, Steering *s);

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
