/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A bond, its ports, and under which addresses the network knows it: its own, those of the VLANs, macvlans and
 * bridges on it, and of whoever is behind such a bridge. */

#include "bond-codec.h"
#include "redirect-identity.h"
#include "redirect-map.h"

typedef struct BondMembers {
        BondState bond;
        BondPort port[_PAIR_SIDE_MAX];
        BondPort other[REDIRECT_OTHERS_MAX]; /* not of the pair */
        size_t n_others;                     /* may be more than fit */
} BondMembers;

/* 1: both adapters are ports of one bond; 0: they are not, e says what they are. */
int bond_members_read(BondMembers *ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e);

/* The name of the port with that ifindex; "no port" or "another port". */
const char *bond_members_name(const BondMembers *m, int ifindex);

/* As identity_read(), of the bond. */
int bond_identity_read(Identity **ret, Rtnetlink *n, const BondMembers *m, const char *const *names, Error *e);

/* Whoever a bridge on the bond has learned behind another of its ports, one RTM_NEWNEIGH: apart from the
 * socket, for tests. */
typedef struct BondBridge {
        int ifindex, port;          /* the bridge, and the device on the bond that is its port */
        const IdentityUpper *below; /* that device */
} BondBridge;
void bond_identity_add_guest(Identity *i, const BondBridge *bridges, size_t n, struct nlmsghdr *h);
