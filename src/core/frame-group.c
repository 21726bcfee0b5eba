/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Membership reports of frame-codec.h. */

#include <errno.h>

#include "frame-codec.h"
#include "frame-wire.h"

#define IP_SIZE              24 /* with the router alert option (RFC 2113) that IGMP requires */
#define PROTOCOL_IGMP        2
#define IGMP_SIZE            8
#define IGMP2_REPORT         0x16
#define IGMP3_REPORT         0x22
#define IGMP3_RECORD         8
#define HOP_BY_HOP_SIZE      8 /* with the router alert option (RFC 2711) that MLD requires */
#define MLD1_SIZE            24
#define MLD2_SIZE            8
#define MLD2_RECORD          20
#define MLD1_REPORT          131
#define MLD2_REPORT          143
#define CHANGE_TO_EXCLUDE    4    /* RFC 3376 4.2.12, RFC 3810 5.2.12: excluding no source means joined */
#define DSCP_NETWORK_CONTROL 0xc0 /* RFC 3376 4: "IP Precedence of Internetwork Control" */

static int igmp_build(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own, struct in_addr source,
                struct in_addr destination, size_t n, uint8_t **ret_igmp) {
        uint8_t *p;
        int r;

        r = wire_begin(buffer, size,
                        &(FrameHeader){ .destination = wire_group_address4(destination),
                                        .source = own,
                                        .vlan = vlan },
                        WIRE_TYPE_IP, IP_SIZE + n, &p);
        if (r < 0)
                return r;
        p[0] = 4 << 4 | IP_SIZE / 4;
        p[1] = DSCP_NETWORK_CONTROL;
        wire_put16(p + 2, (uint16_t) (IP_SIZE + n));
        wire_put16(p + 6, 0x4000); /* don't fragment */
        p[8] = 1;                  /* TTL */
        p[9] = PROTOCOL_IGMP;
        memcpy(p + 12, &source, 4);
        memcpy(p + 16, &destination, 4);
        wire_put32(p + 20, UINT32_C(0x94040000)); /* router alert */
        wire_put16(p + 10, wire_checksum(p, IP_SIZE));
        *ret_igmp = p + IP_SIZE;
        return r;
}

int frame_build_igmp2_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr source, struct in_addr group) {
        uint8_t *p;
        int r;

        r = igmp_build(buffer, size, vlan, own, source, group, IGMP_SIZE, &p);
        if (r < 0)
                return r;
        p[0] = IGMP2_REPORT;
        memcpy(p + 4, &group, 4);
        wire_put16(p + 2, wire_checksum(p, IGMP_SIZE));
        return r;
}

int frame_build_igmp3_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                struct in_addr source, const struct in_addr *groups, size_t n) {
        struct in_addr routers = { .s_addr = htonl(UINT32_C(0xe0000016)) }; /* 224.0.0.22 */
        uint8_t *p;
        int r;

        if (n < 1 || n > FRAME_IGMP3_GROUPS_MAX)
                return -EINVAL;
        r = igmp_build(buffer, size, vlan, own, source, routers, IGMP_SIZE + n * IGMP3_RECORD, &p);
        if (r < 0)
                return r;
        p[0] = IGMP3_REPORT;
        wire_put16(p + 6, (uint16_t) n);
        for (size_t i = 0; i < n; i++) {
                uint8_t *record = p + IGMP_SIZE + i * IGMP3_RECORD;

                record[0] = CHANGE_TO_EXCLUDE;
                memcpy(record + 4, groups + i, 4);
        }
        wire_put16(p + 2, wire_checksum(p, IGMP_SIZE + n * IGMP3_RECORD));
        return r;
}

static int mld_build(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *destination, size_t n,
                uint8_t **ret_mld) {
        static const uint8_t hop_by_hop[HOP_BY_HOP_SIZE] = {
                WIRE_PROTOCOL_ICMPV6, 0, /* next header, length */
                0x05, 0x02, 0x00, 0x00,  /* router alert: MLD */
                0x01, 0x00,              /* PadN */
        };
        uint8_t *p;
        int r;

        r = wire_begin(buffer, size,
                        &(FrameHeader){ .destination = wire_group_address6(destination),
                                        .source = own,
                                        .vlan = vlan },
                        WIRE_TYPE_IPV6, WIRE_IPV6_SIZE + HOP_BY_HOP_SIZE + n, &p);
        if (r < 0)
                return r;
        wire_put_ipv6(p, 0 /* hop-by-hop options */, 1, HOP_BY_HOP_SIZE + n, source, destination);
        memcpy(p + WIRE_IPV6_SIZE, hop_by_hop, HOP_BY_HOP_SIZE);
        *ret_mld = p + WIRE_IPV6_SIZE + HOP_BY_HOP_SIZE;
        return r;
}

int frame_build_mld1_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *group) {
        uint8_t *p;
        int r;

        r = mld_build(buffer, size, vlan, own, source, group, MLD1_SIZE, &p);
        if (r < 0)
                return r;
        p[0] = MLD1_REPORT;
        memcpy(p + 8, group, 16);
        wire_put16(p + 2, wire_checksum_icmpv6(source, group, p, MLD1_SIZE));
        return r;
}

int frame_build_mld2_report(uint8_t *buffer, size_t size, uint16_t vlan, EtherAddress own,
                const struct in6_addr *source, const struct in6_addr *groups, size_t n) {
        struct in6_addr routers = { .s6_addr = { 0xff, 0x02, [15] = 0x16 } }; /* all MLDv2-capable routers */
        size_t length = MLD2_SIZE + n * MLD2_RECORD;
        uint8_t *p;
        int r;

        if (n < 1 || n > FRAME_MLD2_GROUPS_MAX)
                return -EINVAL;
        r = mld_build(buffer, size, vlan, own, source, &routers, length, &p);
        if (r < 0)
                return r;
        p[0] = MLD2_REPORT;
        wire_put16(p + 6, (uint16_t) n);
        for (size_t i = 0; i < n; i++) {
                uint8_t *record = p + MLD2_SIZE + i * MLD2_RECORD;

                record[0] = CHANGE_TO_EXCLUDE;
                memcpy(record + 4, groups + i, 16);
        }
        wire_put16(p + 2, wire_checksum_icmpv6(source, &routers, p, length));
        return r;
}
