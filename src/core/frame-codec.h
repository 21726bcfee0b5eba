/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The Ethernet frames the program sends itself, and those it waits for, as bytes <-> values: ARP and IPv6
 * neighbour discovery (probes, announcements), reverse ARP (announcement without an IP address), group
 * membership reports, and our own beacon. No socket, no clock; the buffers are the caller's.
 *
 * Every frame_build_*() writes one whole frame without FCS, padded with zeroes to FRAME_MIN, and returns its
 * length, or -ENOBUFS when it does not fit into `size` (FRAME_MAX always suffices). `vlan` is a VLAN id (1 to
 * 4094) to tag the frame with by 802.1Q, or 0 for none. `own` becomes the Ethernet source.
 *
 * Every frame_parse_*() takes a frame as received, with at most one 802.1Q tag, of any content; -EPROTO when it
 * is of another kind, -EBADMSG when it is of this kind but cut short or wrong, and then leaves its results
 * untouched. */

#include <netinet/in.h>

#include "ether-address.h"
#include "time-util.h"

#define FRAME_MIN 60   /* IEEE 802.3 minFrameSize without FCS */
#define FRAME_MAX 1518 /* 1500 octets of payload, Ethernet header, one tag */

#define FRAME_TYPE_BEACON 0x88b5 /* IEEE 802 Local Experimental EtherType 1, ETH_P_802_EX1 */
/* Local Experimental EtherType 2, of ingress checks: who waits for these is not woken by every other beacon. */
#define FRAME_TYPE_INGRESS_CHECK 0x88b6

/* What marks a frame as one of a VLAN. */
typedef struct FrameTag {
        uint16_t protocol, vlan; /* an ethertype, 0x8100 or 0x88a8; an id, 1 to 4094 */
} FrameTag;

static inline bool frame_tag_equal(const FrameTag *a, const FrameTag *b) {
        return a->protocol == b->protocol && a->vlan == b->vlan;
}

typedef struct FrameHeader {
        EtherAddress destination, source;
        uint16_t vlan; /* 0: untagged, or tagged with a priority only */
} FrameHeader;

/* Puts one more tag (an ethertype, 0x8100 or 0x88a8, and a VLAN id) in front of those that a built frame of
 * that length has. Returns the new length, -ENOBUFS when that is more than size or FRAME_MAX. */
int frame_push_tag(uint8_t *frame, size_t size, int length, uint16_t protocol, uint16_t vlan);

/* ARP (RFC 826) and RARP (RFC 903), Ethernet and IPv4 only. */
typedef enum ArpOperation {
        ARP_REQUEST = 1,
        ARP_REPLY = 2,
        ARP_REVERSE_REQUEST = 3,
        ARP_REVERSE_REPLY = 4,
} ArpOperation;

typedef struct Arp {
        ArpOperation operation;
        EtherAddress sender, target;
        struct in_addr sender_ip, target_ip;
} Arp;

/* The general form; the ethertype follows from the operation. */
int frame_build_arp(uint8_t *buffer, size_t size, const FrameHeader *h, const Arp *arp);

/* "Who has target_ip?", by broadcast. */
int frame_build_arp_request(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr own_ip, struct in_addr target_ip);

/* The same with sender 0.0.0.0 (RFC 5227 1.1): answered, but enters nobody's cache. */
int frame_build_arp_probe(
                uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr target_ip);

/* Answers a request of `to`. */
int frame_build_arp_reply(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr own_ip,
                EtherAddress to, struct in_addr to_ip);

/* Gratuitous: a broadcast request for one's own address, the form of RFC 5227 2.3 and of Linux's arp_notify. */
int frame_build_arp_announcement(
                uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr own_ip);

/* A broadcast reverse request for oneself, as QEMU and ESX send after a migration: it teaches switches the port
 * of `own` and means nothing to hosts. */
int frame_build_rarp_announcement(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own);

int frame_parse_arp(const uint8_t *frame, size_t size, FrameHeader *ret_header, Arp *ret);

/* Neighbour discovery (RFC 4861 4.3, 4.4). */
typedef enum NeighbourType {
        NEIGHBOUR_SOLICITATION = 135,
        NEIGHBOUR_ADVERTISEMENT = 136,
} NeighbourType;

typedef struct NeighbourMessage {
        NeighbourType type;
        struct in6_addr source, destination, target;
        bool router, solicited, override; /* of an advertisement */
        bool has_address;
        EtherAddress address; /* link-layer address option: source's in a solicitation, else target's */
} NeighbourMessage;

/* The general form. */
int frame_build_neighbour(uint8_t *buffer, size_t size, const FrameHeader *h, const NeighbourMessage *n);

/* To the solicited-node group of target. With an unspecified source it is duplicate address detection, which
 * must not carry the source's link-layer address (4.3). */
int frame_build_neighbour_solicitation(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *target);

/* Unsolicited, override, to all nodes: "address is now at own" (7.2.6). */
int frame_build_neighbour_announcement(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *address, bool router);

/* -EBADMSG also for a wrong checksum, or a hop limit other than 255 (7.1: it came through a router). */
int frame_parse_neighbour(const uint8_t *frame, size_t size, FrameHeader *ret_header, NeighbourMessage *ret);

/* fe80::/64 with the EUI-64 of a MAC address (RFC 4291 appendix A). */
struct in6_addr ether_address_link_local(EtherAddress a);

/* Group membership, so that a snooping switch forwards groups to the port a frame enters by. The version 1 of
 * MLD and 2 of IGMP name one group per frame, the later ones up to so many. */
#define FRAME_IGMP3_GROUPS_MAX 183 /* (1500 - 24 - 8) / 8 */
#define FRAME_MLD2_GROUPS_MAX  72  /* (1500 - 48 - 8) / 20 */

/* RFC 2236 section 2, sent to the group itself. source: an address of the interface; 0.0.0.0 is allowed. */
int frame_build_igmp2_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr source, struct in_addr group);

/* RFC 3376 4.2: "changed to exclude nothing", that is joined, for each of n groups (1 to
 * FRAME_IGMP3_GROUPS_MAX, else -EINVAL). */
int frame_build_igmp3_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr source, const struct in_addr *groups, size_t n);

/* RFC 2710 section 3, RFC 3810 5.2 (n: 1 to FRAME_MLD2_GROUPS_MAX, else -EINVAL). source: link-local, or
 * unspecified (RFC 3590). */
int frame_build_mld1_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *group);
int frame_build_mld2_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *groups, size_t n);

/* Our own beacon, between the two adapters of a pair. */
typedef enum BeaconKind {
        BEACON_PROBE = 1,         /* the prober's */
        BEACON_INGRESS_CHECK = 2, /* steering's: has ingress moved? */
        BEACON_SURVEY = 3,        /* the prober's, of path-survey.h */
} BeaconKind;

typedef struct Beacon {
        BeaconKind kind;
        uint8_t from;      /* the PairSide that sent it */
        uint64_t cookie;   /* random, one per process: what others sent, or forge, does not match */
        uint64_t pair;     /* beacon_pair_id() */
        uint64_t sequence; /* never wraps; of a survey: what it is about */
        usec_t sent;       /* CLOCK_MONOTONIC of the sender, who is the receiver too */
} Beacon;

/* Hash of a pair's name (64-bit FNV-1a). */
uint64_t beacon_pair_id(const char *name);

int frame_build_beacon(uint8_t *buffer, size_t size, const FrameHeader *h, const Beacon *b);

/* Cookie and pair are the caller's to compare. */
int frame_parse_beacon(const uint8_t *frame, size_t size, FrameHeader *ret_header, Beacon *ret);
