/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Neighbours that the kernel has lately removed from its tables, so that they can be put where they are needed
 * next: what waits for one goes out at once then, while a question for it that is lost is repeated only after a
 * second (RETRANS_TIMER of RFC 4861, net/core/neighbour.c). Bounded; no socket in here. */

#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "time-util.h"

#define NEIGHBOURS_MAX  1024
#define NEIGHBOURS_USEC (10 * USEC_PER_SEC) /* how far back it is remembered */

typedef struct Neighbour {
        int ifindex;
        uint8_t family, flags; /* AF_INET or AF_INET6; NTF_ROUTER or 0 */
        uint8_t address[16];
        uint8_t lladdr[6];
        usec_t removed;
} Neighbour;

typedef struct NeighbourMemory {
        Neighbour *ring; /* of NEIGHBOURS_MAX; NULL: nothing yet */
        size_t n;        /* ever */
} NeighbourMemory;

/* Whether a message says that a neighbour was removed which can be put back: one that had an address, and is
 * neither proxied nor a group's. */
bool neighbour_parse_removed(struct nlmsghdr *h, usec_t now, Neighbour *ret);

/* The oldest gives way; nothing is remembered without memory. */
void neighbour_memory_add(NeighbourMemory *m, const Neighbour *n);

/* Those of the last NEIGHBOURS_USEC, latest first: its address is the one that stays. Returns how many; the
 * caller frees *ret, which may be NULL. */
size_t neighbour_memory_recent(const NeighbourMemory *m, usec_t now, Neighbour **ret);

/* Forgets everything. */
void neighbour_memory_done(NeighbourMemory *m);

/* A request that adds it as stale: in use, and checked by the kernel as such. An entry that is usable keeps its
 * address, while one that is being asked for takes this. NULL when out of memory; the caller frees. */
struct nl_msg *neighbour_request(const Neighbour *n);
