/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What rtnetlink says of a bond and of its ports, and how it is told to change: messages <-> values, no socket.
 * By hand, since libnl 3.7 knows none of it. What comes in may be truncated or hostile. */

#include <net/if.h>
#include <netlink/msg.h>

#include "ether-address.h"

/* The module's numbers (include/uapi/linux/if_bonding.h, BOND_MODE_). */
typedef enum BondMode {
        BOND_BALANCE_RR,
        BOND_ACTIVE_BACKUP,
        BOND_BALANCE_XOR,
        BOND_BROADCAST,
        BOND_802_3AD,
        BOND_BALANCE_TLB,
        BOND_BALANCE_ALB,
        _BOND_MODE_MAX,
} BondMode;

/* As the module calls it ("802.3ad"); "an unknown mode" for numbers it did not have in Linux 6.12. */
const char *bond_mode_to_string(unsigned mode);

/* BOND_FOM_ of drivers/net/bonding: what becomes of MAC addresses when the active port changes. */
typedef enum BondFailOverMac {
        BOND_MAC_NONE,   /* every port has the bond's */
        BOND_MAC_ACTIVE, /* the bond takes the active port's */
        BOND_MAC_FOLLOW, /* the active port takes the bond's */
} BondFailOverMac;

typedef struct BondState {
        int ifindex;
        char name[IFNAMSIZ];
        EtherAddress address;
        bool promiscuous; /* somebody on top wants every frame */
        unsigned mode;    /* BondMode */
        int active;       /* ifindex of the active port; 0: none */
        int primary;      /* of the one it returns to by itself; 0: none */
        unsigned fail_over_mac;
        bool all_slaves_active; /* frames are taken from ports that are not active, too */
} BondState;

typedef struct BondPort {
        int ifindex;
        char name[IFNAMSIZ];
        int bond;               /* ifindex */
        EtherAddress address;   /* the one it has... */
        EtherAddress permanent; /* ...and the one it came with and gets back when it leaves the bond */
} BondPort;

/* 0, -ENOMSG when the message is about no bond (or no port of one), -EBADMSG. */
int bond_codec_parse(const struct nlmsghdr *h, BondState *ret);
int bond_codec_parse_port(const struct nlmsghdr *h, BondPort *ret);

/* Requests; NULL without memory, the caller frees. */
struct nl_msg *bond_codec_get(int ifindex);
struct nl_msg *bond_codec_set_active(int bond, int port);
struct nl_msg *bond_codec_set_all_slaves_active(int bond, bool on);
/* Of a port: its IFF_PROMISC, which the kernel counts apart from what a bond or a bridge wants. */
struct nl_msg *bond_codec_set_promiscuous(int port, bool on);
