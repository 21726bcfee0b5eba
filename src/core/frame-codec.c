/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "frame-codec.h"
#include "frame-wire.h"

#define ARP_SIZE    28
#define BEACON_SIZE 40

#define BEACON_MAGIC   0x70726d64 /* "prmd" */
#define BEACON_VERSION 1

#define NEIGHBOUR_SIZE        24 /* RFC 4861 4.3, 4.4 without options */
#define NEIGHBOUR_OPTION_SIZE 8
#define OPTION_SOURCE_ADDRESS 1 /* 4.6.1 */
#define OPTION_TARGET_ADDRESS 2
#define NEIGHBOUR_ROUTER      0x80
#define NEIGHBOUR_SOLICITED   0x40
#define NEIGHBOUR_OVERRIDE    0x20

static const EtherAddress broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

int frame_build_arp(uint8_t *buffer, size_t size, const FrameHeader *h, const Arp *arp) {
        bool reverse = arp->operation == ARP_REVERSE_REQUEST || arp->operation == ARP_REVERSE_REPLY;
        uint8_t *p;
        int r;

        r = wire_begin(buffer, size, h, reverse ? WIRE_TYPE_RARP : WIRE_TYPE_ARP, ARP_SIZE, &p);
        if (r < 0)
                return r;
        wire_put16(p, 1); /* Ethernet */
        wire_put16(p + 2, WIRE_TYPE_IP);
        p[4] = sizeof(EtherAddress);
        p[5] = sizeof(struct in_addr);
        wire_put16(p + 6, (uint16_t) arp->operation);
        memcpy(p + 8, &arp->sender, 6);
        memcpy(p + 14, &arp->sender_ip, 4);
        memcpy(p + 18, &arp->target, 6);
        memcpy(p + 24, &arp->target_ip, 4);
        return r;
}

int frame_build_arp_request(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr own_ip, struct in_addr target_ip) {
        return frame_build_arp(buffer, size,
                        &(FrameHeader){ .destination = broadcast, .source = own, .vlan = vlan },
                        &(Arp){ .operation = ARP_REQUEST,
                                        .sender = own,
                                        .sender_ip = own_ip,
                                        .target_ip = target_ip });
}

int frame_build_arp_probe(
                uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr target_ip) {
        return frame_build_arp_request(buffer, size, vlan, own, (struct in_addr){}, target_ip);
}

int frame_build_arp_reply(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr own_ip,
                EtherAddress to, struct in_addr to_ip) {
        return frame_build_arp(buffer, size, &(FrameHeader){ .destination = to, .source = own, .vlan = vlan },
                        &(Arp){ .operation = ARP_REPLY,
                                        .sender = own,
                                        .sender_ip = own_ip,
                                        .target = to,
                                        .target_ip = to_ip });
}

int frame_build_arp_announcement(
                uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr own_ip) {
        return frame_build_arp_request(buffer, size, vlan, own, own_ip, own_ip);
}

int frame_build_rarp_announcement(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own) {
        return frame_build_arp(buffer, size,
                        &(FrameHeader){ .destination = broadcast, .source = own, .vlan = vlan },
                        &(Arp){ .operation = ARP_REVERSE_REQUEST, .sender = own, .target = own });
}

int frame_parse_arp(const uint8_t *frame, size_t size, FrameHeader *ret_header, Arp *ret) {
        FrameHeader h;
        const uint8_t *p;
        uint16_t type, operation;
        size_t n;
        bool reverse;

        if (wire_parse(frame, size, &h, &type, &p, &n) < 0 || (type != WIRE_TYPE_ARP && type != WIRE_TYPE_RARP))
                return -EPROTO;
        if (n < ARP_SIZE)
                return -EBADMSG;
        operation = wire_get16(p + 6);
        reverse = operation == ARP_REVERSE_REQUEST || operation == ARP_REVERSE_REPLY;
        if (wire_get16(p) != 1 || wire_get16(p + 2) != WIRE_TYPE_IP || p[4] != sizeof(EtherAddress) ||
                        p[5] != sizeof(struct in_addr) || operation < ARP_REQUEST ||
                        operation > ARP_REVERSE_REPLY || reverse != (type == WIRE_TYPE_RARP))
                return -EBADMSG;
        *ret_header = h;
        *ret = (Arp){ .operation = (ArpOperation) operation };
        memcpy(&ret->sender, p + 8, 6);
        memcpy(&ret->sender_ip, p + 14, 4);
        memcpy(&ret->target, p + 18, 6);
        memcpy(&ret->target_ip, p + 24, 4);
        return 0;
}

struct in6_addr ether_address_link_local(EtherAddress a) {
        return (struct in6_addr){
                .s6_addr = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, a.octet[0] ^ 0x02, a.octet[1], a.octet[2], 0xff,
                                0xfe, a.octet[3], a.octet[4], a.octet[5] },
        };
}

int frame_build_neighbour(uint8_t *buffer, size_t size, const FrameHeader *h, const NeighbourMessage *n) {
        size_t length = NEIGHBOUR_SIZE + (n->has_address ? NEIGHBOUR_OPTION_SIZE : 0);
        uint8_t *p;
        int r;

        r = wire_begin(buffer, size, h, WIRE_TYPE_IPV6, WIRE_IPV6_SIZE + length, &p);
        if (r < 0)
                return r;
        wire_put_ipv6(p, WIRE_PROTOCOL_ICMPV6, 255, length, &n->source, &n->destination);
        p += WIRE_IPV6_SIZE;
        p[0] = (uint8_t) n->type;
        if (n->type == NEIGHBOUR_ADVERTISEMENT)
                p[4] = (uint8_t) ((n->router ? NEIGHBOUR_ROUTER : 0) |
                                (n->solicited ? NEIGHBOUR_SOLICITED : 0) |
                                (n->override ? NEIGHBOUR_OVERRIDE : 0));
        memcpy(p + 8, &n->target, 16);
        if (n->has_address) {
                p[24] = n->type == NEIGHBOUR_SOLICITATION ? OPTION_SOURCE_ADDRESS : OPTION_TARGET_ADDRESS;
                p[25] = NEIGHBOUR_OPTION_SIZE / 8;
                memcpy(p + 26, &n->address, 6);
        }
        wire_put16(p + 2, wire_checksum_icmpv6(&n->source, &n->destination, p, length));
        return r;
}

int frame_build_neighbour_solicitation(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *target) {
        /* RFC 4291 2.7.1: ff02::1:ffXX:XXXX */
        struct in6_addr group = { .s6_addr = { 0xff, 0x02, [11] = 0x01, [12] = 0xff, target->s6_addr[13],
                                                  target->s6_addr[14], target->s6_addr[15] } };

        return frame_build_neighbour(buffer, size,
                        &(FrameHeader){ .destination = wire_group_address6(&group),
                                        .source = own,
                                        .vlan = vlan },
                        &(NeighbourMessage){ .type = NEIGHBOUR_SOLICITATION,
                                        .source = *source,
                                        .destination = group,
                                        .target = *target,
                                        .has_address = !IN6_IS_ADDR_UNSPECIFIED(source),
                                        .address = own });
}

int frame_build_neighbour_announcement(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *address, bool router) {
        struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02, [15] = 0x01 } };

        return frame_build_neighbour(buffer, size,
                        &(FrameHeader){ .destination = wire_group_address6(&all_nodes),
                                        .source = own,
                                        .vlan = vlan },
                        &(NeighbourMessage){ .type = NEIGHBOUR_ADVERTISEMENT,
                                        .source = *address,
                                        .destination = all_nodes,
                                        .target = *address,
                                        .router = router,
                                        .override = true,
                                        .has_address = true,
                                        .address = own });
}

/* Options (RFC 4861 4.6): type, length in units of 8 octets, which must not be 0. Takes the first address. */
static int neighbour_parse_options(const uint8_t *p, size_t n, NeighbourMessage *ret) {
        uint8_t wanted = ret->type == NEIGHBOUR_SOLICITATION ? OPTION_SOURCE_ADDRESS : OPTION_TARGET_ADDRESS;

        while (n > 0) {
                size_t length;

                if (n < 2)
                        return -EBADMSG;
                length = (size_t) p[1] * 8;
                if (length == 0 || length > n)
                        return -EBADMSG;
                if (p[0] == wanted && !ret->has_address) {
                        memcpy(&ret->address, p + 2, 6);
                        ret->has_address = true;
                }
                p += length;
                n -= length;
        }
        return 0;
}

int frame_parse_neighbour(const uint8_t *frame, size_t size, FrameHeader *ret_header, NeighbourMessage *ret) {
        FrameHeader h;
        NeighbourMessage found = {};
        const uint8_t *p, *icmp;
        uint16_t type;
        size_t n, length;

        /* Neighbour discovery has no extension headers in practice; one that has is not answered to us. */
        if (wire_parse(frame, size, &h, &type, &p, &n) < 0 || type != WIRE_TYPE_IPV6 ||
                        n < WIRE_IPV6_SIZE + 1 || p[0] >> 4 != 6 || p[6] != WIRE_PROTOCOL_ICMPV6)
                return -EPROTO;
        icmp = p + WIRE_IPV6_SIZE;
        if (icmp[0] != NEIGHBOUR_SOLICITATION && icmp[0] != NEIGHBOUR_ADVERTISEMENT)
                return -EPROTO;
        length = wire_get16(p + 4);
        if (length < NEIGHBOUR_SIZE || length > n - WIRE_IPV6_SIZE || p[7] != 255 || icmp[1] != 0)
                return -EBADMSG;
        found.type = (NeighbourType) icmp[0];
        memcpy(&found.source, p + 8, 16);
        memcpy(&found.destination, p + 24, 16);
        if (wire_checksum_icmpv6(&found.source, &found.destination, icmp, length) != 0)
                return -EBADMSG;
        memcpy(&found.target, icmp + 8, 16);
        if (IN6_IS_ADDR_MULTICAST(&found.target))
                return -EBADMSG;
        if (found.type == NEIGHBOUR_ADVERTISEMENT) {
                found.router = icmp[4] & NEIGHBOUR_ROUTER;
                found.solicited = icmp[4] & NEIGHBOUR_SOLICITED;
                found.override = icmp[4] & NEIGHBOUR_OVERRIDE;
        }
        if (neighbour_parse_options(icmp + NEIGHBOUR_SIZE, length - NEIGHBOUR_SIZE, &found) < 0)
                return -EBADMSG;
        *ret_header = h;
        *ret = found;
        return 0;
}

uint64_t beacon_pair_id(const char *name) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325); /* offset basis and prime of 64-bit FNV */

        for (; *name; name++)
                hash = (hash ^ (uint8_t) *name) * UINT64_C(0x100000001b3);
        return hash;
}

static uint16_t type_of(BeaconKind kind) {
        return kind == BEACON_INGRESS_CHECK ? FRAME_TYPE_INGRESS_CHECK : FRAME_TYPE_BEACON;
}

int frame_build_beacon(uint8_t *buffer, size_t size, const FrameHeader *h, const Beacon *b) {
        uint8_t *p;
        int r;

        r = wire_begin(buffer, size, h, type_of(b->kind), BEACON_SIZE, &p);
        if (r < 0)
                return r;
        wire_put32(p, BEACON_MAGIC);
        p[4] = BEACON_VERSION;
        p[5] = (uint8_t) b->kind;
        p[6] = b->from;
        wire_put64(p + 8, b->cookie);
        wire_put64(p + 16, b->pair);
        wire_put64(p + 24, b->sequence);
        wire_put64(p + 32, b->sent);
        return r;
}

int frame_parse_beacon(const uint8_t *frame, size_t size, FrameHeader *ret_header, Beacon *ret) {
        FrameHeader h;
        const uint8_t *p;
        uint16_t type;
        size_t n;

        if (wire_parse(frame, size, &h, &type, &p, &n) < 0 ||
                        (type != FRAME_TYPE_BEACON && type != FRAME_TYPE_INGRESS_CHECK))
                return -EPROTO;
        if (n < 4 || wire_get32(p) != BEACON_MAGIC)
                return -EPROTO; /* somebody else's experiment */
        if (n < BEACON_SIZE || p[4] != BEACON_VERSION || p[5] < BEACON_PROBE || p[5] > BEACON_SURVEY ||
                        type != type_of((BeaconKind) p[5]) || p[6] > 1 || p[7] != 0)
                return -EBADMSG;
        *ret_header = h;
        *ret = (Beacon){
                .kind = (BeaconKind) p[5],
                .from = p[6],
                .cookie = wire_get64(p + 8),
                .pair = wire_get64(p + 16),
                .sequence = wire_get64(p + 24),
                .sent = wire_get64(p + 32),
        };
        return 0;
}
