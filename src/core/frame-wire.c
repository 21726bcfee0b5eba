/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "frame-wire.h"

#define HEADER_SIZE 14
#define TAG_SIZE    4
#define TAGS_AT     12
#define VLAN_MASK   0x0fff /* without priority and drop eligibility */

int wire_begin(uint8_t *buffer, size_t size, const FrameHeader *h, uint16_t type, size_t n,
                uint8_t **ret_payload) {
        size_t header = HEADER_SIZE + (h->vlan ? TAG_SIZE : 0), length = MAX(header + n, (size_t) FRAME_MIN);

        assert(h->vlan <= VLAN_MASK);
        if (n > FRAME_MAX || length > FRAME_MAX || length > size)
                return -ENOBUFS;
        memset(buffer, 0, length);
        memcpy(buffer, &h->destination, 6);
        memcpy(buffer + 6, &h->source, 6);
        if (h->vlan) {
                wire_put16(buffer + 12, WIRE_TYPE_VLAN);
                wire_put16(buffer + 14, h->vlan);
        }
        wire_put16(buffer + header - 2, type);
        *ret_payload = buffer + header;
        return (int) length;
}

int wire_parse(const uint8_t *frame, size_t size, FrameHeader *ret, uint16_t *ret_type,
                const uint8_t **ret_payload, size_t *ret_n) {
        size_t header = HEADER_SIZE;
        uint16_t vlan = 0;

        if (size < HEADER_SIZE)
                return -EBADMSG;
        if (wire_get16(frame + 12) == WIRE_TYPE_VLAN) {
                header += TAG_SIZE;
                if (size < header)
                        return -EBADMSG;
                vlan = wire_get16(frame + 14) & VLAN_MASK;
        }
        memcpy(&ret->destination, frame, 6);
        memcpy(&ret->source, frame + 6, 6);
        ret->vlan = vlan;
        *ret_type = wire_get16(frame + header - 2);
        *ret_payload = frame + header;
        *ret_n = size - header;
        return 0;
}

int frame_push_tag(uint8_t *frame, size_t size, int length, uint16_t protocol, uint16_t vlan) {
        size_t n = (size_t) length;

        assert(n >= HEADER_SIZE && vlan <= VLAN_MASK);
        if (n + TAG_SIZE > MIN(size, (size_t) FRAME_MAX))
                return -ENOBUFS;
        memmove(frame + TAGS_AT + TAG_SIZE, frame + TAGS_AT, n - TAGS_AT);
        wire_put16(frame + TAGS_AT, protocol);
        wire_put16(frame + TAGS_AT + 2, vlan);
        return length + TAG_SIZE;
}

static uint64_t sum16(const uint8_t *p, size_t n) {
        uint64_t sum = 0;

        for (; n > 1; p += 2, n -= 2)
                sum += wire_get16(p);
        return n ? sum + (uint64_t) p[0] * 256 : sum;
}

static uint16_t fold(uint64_t sum) {
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t) ~sum;
}

uint16_t wire_checksum(const uint8_t *p, size_t n) {
        return fold(sum16(p, n));
}

uint16_t wire_checksum_icmpv6(
                const struct in6_addr *source, const struct in6_addr *destination, const uint8_t *p, size_t n) {
        return fold(sum16(source->s6_addr, 16) + sum16(destination->s6_addr, 16) + n + WIRE_PROTOCOL_ICMPV6 +
                        sum16(p, n));
}

void wire_put_ipv6(uint8_t *p, uint8_t next, uint8_t hops, size_t n, const struct in6_addr *source,
                const struct in6_addr *destination) {
        wire_put32(p, UINT32_C(6) << 28);
        wire_put16(p + 4, (uint16_t) n);
        p[6] = next;
        p[7] = hops;
        memcpy(p + 8, source, 16);
        memcpy(p + 24, destination, 16);
}

EtherAddress wire_group_address4(struct in_addr group) {
        uint32_t a = ntohl(group.s_addr);

        return (EtherAddress){ { 0x01, 0x00, 0x5e, (uint8_t) (a >> 16 & 0x7f), (uint8_t) (a >> 8),
                        (uint8_t) a } };
}

EtherAddress wire_group_address6(const struct in6_addr *group) {
        const uint8_t *a = group->s6_addr;

        return (EtherAddress){ { 0x33, 0x33, a[12], a[13], a[14], a[15] } };
}
