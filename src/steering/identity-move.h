/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads identity records from the kernel, and carries out the plans that move an identity between a pair's
 * adapters. All of it waits for the RTNL lock: for a thread or a process that may wait. */

#include "identity-record.h"
#include "neighbour-memory.h"
#include "rtnetlink.h"
#include "steering.h"

/* Fills new records of these primaries, with each one's standby, by one listing for all; where the primary does
 * not exist, or went or was set down meanwhile, records[i] is NULL afterwards. The caller frees them. */
int identity_records_read(const int *primary, const int *standby, size_t n, IdentityRecord **records,
                usec_t now, Error *e);

typedef struct IdentityMove {
        IdentityRecord *record;        /* put: `made` is filled in */
        SteeringParameters parameters; /* ifindex 0: that adapter does not exist */
        bool resume;                   /* an earlier try may have got somewhere: what is there is ours */
        bool keep_address; /* the standby keeps its own MAC address, since the policy knows it by that */
        const Neighbour *neighbours; /* put: whom the kernel removed with the devices; borrowed */
        size_t n_neighbours;
        usec_t now;   /* CLOCK_MONOTONIC */
        Error notice; /* the first thing that could not be done and is not vital; ERROR_NONE */
        unsigned n_skipped;
} IdentityMove;

/* Takes the steering out of the kernel, puts the identity on the standby and announces it there. */
int identity_move_put(IdentityMove *m, Error *e);

/* The primary is back while its identity is on the standby: it gets the standby's own MAC address meanwhile,
 * and is set up, without addresses. Nothing is done to one that somebody has given addresses. */
int identity_move_park(IdentityMove *m, Error *e);

/* Takes what was put on the standby off it; the primary gets its own back unless somebody has given it
 * addresses, and is announced. */
int identity_move_take(IdentityMove *m, Error *e);
