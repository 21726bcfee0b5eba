/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For devices that the kernel cannot be told to keep the neighbours of (redirect-setting.h): hears which
 * neighbours it removes, and after a sudden move puts back what went in the last seconds. A neighbour that is
 * being asked for in vain thereby becomes usable at once, and what waits for it goes out; one that is known
 * again already is left alone. They come back as stale: in use, and checked by the kernel as such.
 *
 * Adding a neighbour waits for RTNL, which a driver may hold for long, so a thread does that. */

#include <pthread.h>

#include "neighbour-memory.h"
#include "redirect-identity.h"

#define NEIGHBOURS_CHECK_USEC (5 * USEC_PER_SEC) /* how often to empty the socket */

typedef struct Neighbours {
        int socket; /* negative: no device needs any of this */
        int devices[IDENTITY_UPPERS_MAX];
        size_t n_devices;
        NeighbourMemory removed;
        usec_t check_next;
        bool writing; /* the thread was started... */
        bool written; /* ...and is through (atomic) */
        pthread_t thread;
        Neighbour *batch; /* the thread's, while writing */
        size_t n_batch;
} Neighbours;

/* Whose neighbours are to be put back, from now on: nothing is done when that is none. */
int neighbours_watch(Neighbours *s, const Identity *i, usec_t now, Error *e);

/* Waits for the thread. */
void neighbours_done(Neighbours *s);

/* To be called every NEIGHBOURS_CHECK_USEC; does not block. Returns when next, USEC_INFINITY: no need. */
usec_t neighbours_check(Neighbours *s, usec_t now);

/* Puts back what was removed lately; returns at once. While an earlier call's work still waits, nothing is
 * done.
 */
void neighbours_put_back(Neighbours *s, usec_t now);

/* Remembers what a RTM_DELNEIGH says, if it is about one of the devices. Apart from the socket, for
 * tests. */
void neighbours_add(Neighbours *s, struct nlmsghdr *h, usec_t now);
