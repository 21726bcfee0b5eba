/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the frame codecs share: big-endian fields, the Ethernet header with its optional tag, IPv6 header,
 * Internet checksum. Only frame-*.c need it. */

#include <netinet/in.h>

#include "frame-codec.h"

#define WIRE_TYPE_IP         0x0800
#define WIRE_TYPE_ARP        0x0806
#define WIRE_TYPE_RARP       0x8035
#define WIRE_TYPE_VLAN       0x8100
#define WIRE_TYPE_IPV6       0x86dd
#define WIRE_PROTOCOL_ICMPV6 58

#define WIRE_IPV6_SIZE 40

static inline void wire_put16(uint8_t *p, uint16_t v) {
        p[0] = (uint8_t) (v >> 8);
        p[1] = (uint8_t) v;
}

static inline void wire_put32(uint8_t *p, uint32_t v) {
        wire_put16(p, (uint16_t) (v >> 16));
        wire_put16(p + 2, (uint16_t) v);
}

static inline void wire_put64(uint8_t *p, uint64_t v) {
        wire_put32(p, (uint32_t) (v >> 32));
        wire_put32(p + 4, (uint32_t) v);
}

static inline uint16_t wire_get16(const uint8_t *p) {
        return (uint16_t) (p[0] << 8 | p[1]);
}

static inline uint32_t wire_get32(const uint8_t *p) {
        return (uint32_t) wire_get16(p) << 16 | wire_get16(p + 2);
}

static inline uint64_t wire_get64(const uint8_t *p) {
        return (uint64_t) wire_get32(p) << 32 | wire_get32(p + 4);
}

/* Writes the Ethernet header and zeroes the rest up to the frame's length, which it returns; *ret_payload has
 * room for n octets. -ENOBUFS, and then nothing is written, when that is too much for size or FRAME_MAX. */
int wire_begin(uint8_t *buffer, size_t size, const FrameHeader *h, uint16_t type, size_t n,
                uint8_t **ret_payload);

/* Takes the Ethernet header, and one 802.1Q tag, apart. -EBADMSG when it is cut short. */
int wire_parse(const uint8_t *frame, size_t size, FrameHeader *ret, uint16_t *ret_type,
                const uint8_t **ret_payload, size_t *ret_n);

/* Ones' complement sum (RFC 1071) of n octets, ready to be stored; 0 over data that holds a right one. */
uint16_t wire_checksum(const uint8_t *p, size_t n);

/* The same over the pseudo header of RFC 8200 8.1 and an ICMPv6 message. */
uint16_t wire_checksum_icmpv6(
                const struct in6_addr *source, const struct in6_addr *destination, const uint8_t *p, size_t n);

/* The fixed IPv6 header; n: what follows it. */
void wire_put_ipv6(uint8_t *p, uint8_t next, uint8_t hops, size_t n, const struct in6_addr *source,
                const struct in6_addr *destination);

/* Where a group's frames go: 01:00:5e and 23 bits (RFC 1112 6.4), 33:33 and 32 bits (RFC 2464 section 7). */
EtherAddress wire_group_address4(struct in_addr group);
EtherAddress wire_group_address6(const struct in6_addr *group);
