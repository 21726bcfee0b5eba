/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What all backends are made of: the pair by its names, the programs on its adapters, how the network is told,
 * how ingress moves, and a socket for what is asked of the kernel. */

#include "ingress-move.h"
#include "rtnetlink.h"

/* Embedded first in a backend's own struct, so that the Steering is first of all. */
typedef struct SteeringBase {
        Steering steering;
        SteeringParameters parameters; /* its strings are the ones below */
        char pair[PAIR_NAME_MAX + 1], name[_PAIR_SIDE_MAX][IFNAMSIZ], directory[128];
        RedirectPrograms programs;
        Announcer announcer;
        IngressMove ingress;
        Rtnetlink *netlink; /* NULL until the backend opens it */
} SteeringBase;

/* Embedded first in what else a backend reads, of plain values. */
struct SteeringReading {
        Identity *identity; /* NULL: not needed */
};

static inline const char *const *steering_base_names(const SteeringBase *b) {
        return b->parameters.name;
}

/* b is zeroed and stays where it is: parameters and ingress point into it. Opens nothing. */
void steering_base_init(SteeringBase *b, const SteeringBackend *backend, const SteeringParameters *p,
                uint32_t (*mode)(const IngressMove *m));

/* Lets go of all that was opened; traffic stays as it is. */
void steering_base_done(SteeringBase *b);

/* The programs of this pair, as redirect_programs_open(); what is left of another backend, from before the
 * adapters became ports of a bond or were taken out of it, is undone first. 1: found, 0: new. */
int steering_base_open_programs(SteeringBase *b, enum redirect_kind kind, Error *e);

/* Before the first addresses are taken over: filters of devices that an earlier process knew under these names
 * are gone with them (only where its maps were found), and the sockets for announcements are opened. */
int steering_base_set_up(SteeringBase *b, bool found, Error *e);

/* Tells the programs which devices and addresses are the pair's. */
int steering_base_store_identity(SteeringBase *b, const Identity *i, Error *e);

/* As steering_undo(), of this pair. */
int steering_base_undo(SteeringBase *b, Error *e);
