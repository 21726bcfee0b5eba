/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Brings the programs' address map and the adapters' receive filters in line with an identity: the standby lets
 * in what is addressed to the primary, each adapter lets in its station, the standby makes no IPv6 address of
 * its own. Everything done to an adapter is written into the maps before it is done, so that any later process
 * can undo it. */

#include "redirect-identity.h"
#include "redirect-programs.h"

typedef struct FilterAddress {
        EtherAddress address;
        uint32_t kind;   /* REDIRECT_ADDRESS_ */
        PairSide filter; /* the adapter that has to be told to let it in; negative: none */
} FilterAddress;

/* Makes this the addresses that the programs and the adapters know, each address once. */
int redirect_filter_apply_list(RedirectPrograms *r, Rtnetlink *n, const FilterAddress *list, size_t n_list,
                const int *ifindex, const char *const *names, Error *e);

/* The addresses as the programs see them, and then as the adapters do. Only writes what differs. */
int redirect_filter_apply(
                RedirectPrograms *r, Rtnetlink *n, const Identity *i, const char *const *names, Error *e);

/* Takes back everything that was done to the adapters; goes on after an error and returns the first. */
int redirect_filter_undo(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e);

/* Forgets what was done to an adapter that no longer exists (its ifindex has changed). */
void redirect_filter_forget(RedirectPrograms *r, PairSide side);
