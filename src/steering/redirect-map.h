/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* What the programs in the kernel and redirect-programs.c share: the layout of the pinned maps. They outlive
 * the process, so REDIRECT_ABI goes up with every change of a layout or of a bit's meaning; the bits that say
 * which path is in force (REDIRECT_INGRESS_STANDBY, REDIRECT_EGRESS_STANDBY) and redirect_state's first member
 * never change, so that a newer program finds the path whatever the rest looks like. */

#include <linux/types.h>

#define REDIRECT_ABI 6

/* Whose programs they are. */
enum redirect_kind {
        REDIRECT_KIND_REDIRECT,  /* the redirect backend's, on adapters of their own */
        REDIRECT_KIND_BOND,      /* the bond backend's, on ports of an active-backup bond */
        REDIRECT_KIND_AGGREGATE, /* the aggregate backend's, on ports of an 802.3ad bond */
        _REDIRECT_KIND_MAX,
};

/* Indexes; the same values as PairSide. */
#define REDIRECT_PRIMARY 0
#define REDIRECT_STANDBY 1
#define REDIRECT_SIDES   2

/* redirect_state.mode: everything a move changes, in one word and hence in one store. */
#define REDIRECT_INGRESS_STANDBY      (1u << 0) /* where ingress is, or is being moved to */
#define REDIRECT_EGRESS_STANDBY       (1u << 1) /* what the home adapter sends leaves by the standby */
#define REDIRECT_MOVING               (1u << 2) /* ingress is not yet seen to have followed */
#define REDIRECT_ACCEPT_UNICAST(side) (1u << (4 + (side)))
#define REDIRECT_ACCEPT_GROUP(side)   (1u << (6 + (side)))
#define REDIRECT_LEDGER               (1u << 8)  /* group-addressed frames: the first copy wins */
#define REDIRECT_ORDER                (1u << 9)  /* the primary's frames queue behind those handed over */
#define REDIRECT_REWRITE              (1u << 10) /* the egress side's station as Ethernet source */
#define REDIRECT_DROP_OWN             (1u << 11) /* the primary drops what the pair itself has sent */

/* Of the bond backend (bond-course.h). */
#define REDIRECT_BOND_STEERED  (1u << 12) /* the programs decide which copy goes up, not the bond */
#define REDIRECT_BOND_TAKEOVER (1u << 13) /* what is sent by the other port leaves by the egress side */
#define REDIRECT_BOND_HANDOVER (1u << 14) /* and what comes in there also as if it had come in on the other */

/* Of the aggregate backend (aggregate-course.h). */
#define REDIRECT_AGGREGATE_DIVERTED(side) (1u << (16 + (side))) /* what is sent by it leaves by the other */
#define REDIRECT_AGGREGATE_PARTED(side)   (1u << (18 + (side))) /* its LACPDUs say that it is out of sync */

#define REDIRECT_GUARD (REDIRECT_ACCEPT_UNICAST(REDIRECT_PRIMARY) | REDIRECT_ACCEPT_GROUP(REDIRECT_PRIMARY))

/* Local experimental ethertypes 1 and 2 (IEEE 802 9.2.4): our beacons and ingress checks (core/frame-codec.h).
 */
#define REDIRECT_ETHERTYPE_BEACON 0x88b5
#define REDIRECT_ETHERTYPE_CHECK  0x88b6

/* The last LACPDU that left by a port, as the kernel made it: whole, since its length is given (IEEE
 * 802.1AX-2020, 6.4.2.3). */
#define REDIRECT_LACPDU_LENGTH 124 /* with the Ethernet header, without FCS */
struct redirect_lacpdu {
        __u32 number; /* goes up before and after one is put here: odd while that is done; 0: there was none */
        __u8 frame[REDIRECT_LACPDU_LENGTH];
};

/* Map "state": one entry, mapped into the daemon's memory. */
struct redirect_state {
        __u32 mode;
        __u32 reserved;
        __u64 pending; /* frames handed over and still in the kernel's backlog, while REDIRECT_ORDER is set */
        /* Whether any frame came in or went out there since the daemon set it to 0; not beacons. Flags instead
         * of counts: an adapter under load writes them once per look, and no processor takes them from another.
         */
        __u32 received[REDIRECT_SIDES], sent[REDIRECT_SIDES];
        struct redirect_lacpdu lacpdu[REDIRECT_SIDES]; /* of the aggregate backend */
};

/* What we changed of a device: bit n is the IdentitySetting n, which was on. ifindex 0: unused. */
#define REDIRECT_UNDO_MAX 128
struct redirect_undo_device {
        __u32 ifindex;
        __u32 settings;
};

/* The ports of a bond that are not of the pair. ifindex 0: unused. */
#define REDIRECT_OTHERS_MAX 16
struct redirect_other_port {
        __u32 ifindex;
        __u32 undo_clsact; /* 1: the clsact qdisc is ours */
};

/* Map "config": one entry. What begins with "undo_" is only for the daemon: how to leave the kernel as it was.
 */
struct redirect_config {
        __u32 abi;
        __u32 kind; /* enum redirect_kind */
        __u32 ifindex[REDIRECT_SIDES];
        __u8 station[REDIRECT_SIDES][6];
        __u8 identity[6]; /* the primary's own address */
        __u8 reserved[6];
        __u64 seed;
        __u64 program_hash;
        __u32 undo_clsact[REDIRECT_SIDES]; /* 1: the clsact qdisc is ours */
        __u32 undo_addr_gen_mode;          /* the standby's, plus 1; 0: untouched */
        __u32 undo_vlan_filter;            /* what we turned off of the standby: redirect-vlan-filter.c */
        struct redirect_undo_device undo_device[REDIRECT_UNDO_MAX]; /* the primary, devices on top of it */

        /* The bond backend's. */
        __u32 bond;                             /* ifindex */
        __u32 undo_open;                        /* 1: all_slaves_active was 0 and we set it */
        __u32 undo_promiscuous[REDIRECT_SIDES]; /* 1: we set that port's IFF_PROMISC */
        struct redirect_other_port other[REDIRECT_OTHERS_MAX];
};

/* Map "address": a hash of unicast and group addresses. */
#define REDIRECT_ADDRESS_MAX 1024
struct redirect_address {
        __u8 octet[6];
        __u16 zero;
};

#define REDIRECT_ADDRESS_IDENTITY        (1u << 0)
#define REDIRECT_ADDRESS_STATION(side)   (1u << (1 + (side)))
#define REDIRECT_ADDRESS_SPARE           (1u << 3) /* the standby's own */
#define REDIRECT_ADDRESS_GROUP           (1u << 4)
#define REDIRECT_ADDRESS_IN_FILTER(side) (1u << (5 + (side))) /* we put it into that adapter's filter */

#define REDIRECT_ADDRESS_OURS                                                                                  \
        (REDIRECT_ADDRESS_IDENTITY | REDIRECT_ADDRESS_STATION(REDIRECT_PRIMARY) |                              \
                        REDIRECT_ADDRESS_STATION(REDIRECT_STANDBY) | REDIRECT_ADDRESS_SPARE)

/* Map "upper": by ifindex, the devices on top of the primary, of one another too. What such a device sends does
 * not go through its own queue, which loses its carrier with the primary's, while the primary's egress is on
 * the standby: the frame gets the device's tag and goes on at the egress of the device below. */
#define REDIRECT_UPPER_MAX        128
#define REDIRECT_UPPER_PRIORITIES 16
struct redirect_upper {
        __u32 lower;     /* ifindex; 0: not now, since something below is administratively down */
        __be16 protocol; /* of its tag: ETH_P_8021Q or ETH_P_8021AD; 0: none */
        __u16 id;
        __u32 flags;
        __u32 undo_clsact; /* 1: the clsact qdisc is ours */
        struct redirect_priority {
                __u32 priority; /* skb->priority */
                __u32 tag;      /* as in the tag, in its upper three bits */
        } priority[REDIRECT_UPPER_PRIORITIES];
        __u32 n_priorities;
        __u32 reserved;
};

#define REDIRECT_UPPER_TAGS_ALL (1u << 0) /* also what has such a tag already: VLAN_FLAG_REORDER_HDR */
#define REDIRECT_UPPER_BRIDGES  (1u << 1) /* hands frames to its siblings: MACVLAN_MODE_BRIDGE */

/* Map "counters": one entry per CPU, in frames (segments of a merged one count). */
struct redirect_counters {
        __u64 ingress_unicast[REDIRECT_SIDES];
        __u64 ingress_group[REDIRECT_SIDES];
        __u64 ingress_discarded[REDIRECT_SIDES];
        __u64 ingress_stray[REDIRECT_SIDES]; /* of those discarded: unicast for the identity */
        __u64 ingress_alias;                 /* handed up although addressed to the standby's own address */
        __u64 egress[REDIRECT_SIDES];
        /* Whatever came by the program at all, beacons too: it is still there (redirect-presence.h). */
        __u64 ingress_seen[REDIRECT_SIDES], egress_seen[REDIRECT_SIDES];
};

/* Map "ledger": which copies of a group-addressed frame came by, while ingress moves. Entries are found by a
 * 64-bit fingerprint and forgotten after the window, long enough for the slower of two paths of one network,
 * short enough that frames that are equal on purpose (a repeated advertisement) are not taken for copies.
 * Memory: 2048 * 4 entries, enough for 160 000 group-addressed frames/s. */
#define REDIRECT_LEDGER_BUCKETS   2048
#define REDIRECT_LEDGER_WAYS      4
#define REDIRECT_LEDGER_WINDOW_NS 50000000ull
