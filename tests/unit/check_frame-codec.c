/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The expected bytes are what Linux 6.18 itself sent on a veth (arp_notify, ndisc_notify, address resolution,
 * joins with each protocol version), so that we say what a kernel would have said. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "check-main.h"
#include "frame-codec.h"

static const EtherAddress own = { { 0x02, 0, 0, 0, 0, 0x0a } };
static const EtherAddress other = { { 0x02, 0, 0, 0, 0, 0x0b } };

static struct in_addr ip(const char *s) {
        struct in_addr a;

        ck_assert_int_eq(inet_pton(AF_INET, s, &a), 1);
        return a;
}

static struct in6_addr ip6(const char *s) {
        struct in6_addr a;

        ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
        return a;
}

/* frame starts with the bytes written in hex, and is zero from there to n. */
static void check_bytes(const uint8_t *frame, int n, const char *hex) {
        size_t length = strlen(hex) / 2;

        ck_assert_int_ge(n, (int) MAX(length, (size_t) FRAME_MIN));
        for (size_t i = 0; i < (size_t) n; i++) {
                unsigned byte = 0;

                if (i < length)
                        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
                ck_assert_msg(frame[i] == byte, "octet %zu is %02x, not %02x", i, frame[i], byte);
        }
}

START_TEST(test_arp) {
        uint8_t b[FRAME_MAX];
        int n;

        n = frame_build_arp_announcement(b, sizeof(b), 0, own, ip("192.0.2.1"));
        check_bytes(b, n,
                        "ffffffffffff02000000000a0806000108000604000102000000000ac0000201000000000000c0000201");
        n = frame_build_arp_request(b, sizeof(b), 0, own, ip("192.0.2.1"), ip("192.0.2.2"));
        check_bytes(b, n,
                        "ffffffffffff02000000000a0806000108000604000102000000000ac0000201000000000000c0000202");
        n = frame_build_arp_probe(b, sizeof(b), 0, own, ip("192.0.2.2"));
        check_bytes(b, n,
                        "ffffffffffff02000000000a0806000108000604000102000000000a00000000000000000000c0000202");
        n = frame_build_arp_reply(b, sizeof(b), 7, own, ip("192.0.2.1"), other, ip("192.0.2.2"));
        check_bytes(b, n,
                        "02000000000b02000000000a81000007"
                        "0806000108000604000202000000000ac000020102000000000bc0000202");
        n = frame_build_rarp_announcement(b, sizeof(b), 0, own);
        check_bytes(b, n,
                        "ffffffffffff02000000000a8035000108000604000302000000000a0000000002000000000a00000000");
}
END_TEST

START_TEST(test_arp_back) {
        uint8_t b[FRAME_MAX];
        FrameHeader h;
        Arp arp;
        int n;

        n = frame_build_arp_reply(b, sizeof(b), 4094, own, ip("192.0.2.1"), other, ip("192.0.2.2"));
        ck_assert_int_eq(frame_parse_arp(b, (size_t) n, &h, &arp), 0);
        ck_assert_uint_eq(h.vlan, 4094);
        ck_assert(ether_address_equal(&h.source, &own));
        ck_assert(ether_address_equal(&h.destination, &other));
        ck_assert_int_eq(arp.operation, ARP_REPLY);
        ck_assert(ether_address_equal(&arp.sender, &own));
        ck_assert(ether_address_equal(&arp.target, &other));
        ck_assert_uint_eq(arp.sender_ip.s_addr, ip("192.0.2.1").s_addr);
        ck_assert_uint_eq(arp.target_ip.s_addr, ip("192.0.2.2").s_addr);
}
END_TEST

START_TEST(test_neighbour) {
        struct in6_addr a = ip6("2001:db8::1"), target = ip6("2001:db8::2"), any = in6addr_any;
        uint8_t b[FRAME_MAX];
        FrameHeader h;
        NeighbourMessage back;
        int n;

        n = frame_build_neighbour_solicitation(b, sizeof(b), 0, own, &a, &target);
        check_bytes(b, n,
                        "3333ff00000202000000000a86dd6000000000203aff20010db8000000000000000000000001"
                        "ff0200000000000000000001ff00000287001c1e0000000020010db8000000000000000000000002"
                        "010102000000000a");
        n = frame_build_neighbour_announcement(b, sizeof(b), 0, own, &a, false);
        check_bytes(b, n,
                        "33330000000102000000000a86dd6000000000203aff20010db8000000000000000000000001"
                        "ff0200000000000000000000000000018800f9212000000020010db8000000000000000000000001"
                        "020102000000000a");
        ck_assert_int_eq(frame_parse_neighbour(b, (size_t) n, &h, &back), 0);
        ck_assert_int_eq(back.type, NEIGHBOUR_ADVERTISEMENT);
        ck_assert(back.override && !back.solicited && !back.router && back.has_address);
        ck_assert(ether_address_equal(&back.address, &own));
        ck_assert_mem_eq(&back.target, &a, sizeof(a));

        /* detection of duplicates must not tell its address */
        n = frame_build_neighbour_solicitation(b, sizeof(b), 12, own, &any, &target);
        ck_assert_int_eq(n, 14 + 4 + 40 + 24);
        ck_assert_int_eq(frame_parse_neighbour(b, (size_t) n, &h, &back), 0);
        ck_assert(!back.has_address);
        ck_assert_uint_eq(h.vlan, 12);
}
END_TEST

START_TEST(test_link_local) {
        struct in6_addr wanted = ip6("fe80::ff:fe00:a"), a = ether_address_link_local(own);

        ck_assert_mem_eq(&a, &wanted, sizeof(a));
}
END_TEST

START_TEST(test_groups) {
        struct in_addr group = ip("239.1.2.3"), many[FRAME_IGMP3_GROUPS_MAX + 1] = {};
        struct in6_addr group6 = ip6("ff05::1234"), any = in6addr_any, own6 = ip6("fe80::ff:fe00:a"),
                        solicited = ip6("ff02::1:ff00:a"), many6[FRAME_MLD2_GROUPS_MAX + 1] = {};
        uint8_t b[FRAME_MAX];
        int n;

        n = frame_build_igmp3_report(b, sizeof(b), 0, own, ip("192.0.2.1"), &group, 1);
        check_bytes(b, n,
                        "01005e00001602000000000a080046c0002800004000010241f8c0000201e000001694040000"
                        "2200e8f90000000104000000ef010203");
        n = frame_build_igmp2_report(b, sizeof(b), 0, own, ip("192.0.2.1"), ip("239.1.2.4"));
        check_bytes(b, n,
                        "01005e01020402000000000a080046c000200000400001023111c0000201ef01020494040000"
                        "1600f8f9ef010204");
        n = frame_build_mld2_report(b, sizeof(b), 0, own, &own6, &solicited, 1);
        check_bytes(b, n,
                        "33330000001602000000000a86dd6000000000240001fe80000000000000000000fffe00000a"
                        "ff0200000000000000000000000000163a000502000001008f0071f50000000104000000"
                        "ff0200000000000000000001ff00000a");
        n = frame_build_mld2_report(b, sizeof(b), 0, own, &any, &group6, 1);
        check_bytes(b, n,
                        "33330000001602000000000a86dd60000000002400010000000000000000000000000000"
                        "0000ff0200000000000000000000000000163a000502000001008f005c550000000104000000"
                        "ff050000000000000000000000001234");
        group6 = ip6("ff05::1235");
        n = frame_build_mld1_report(b, sizeof(b), 0, own, &any, &group6);
        check_bytes(b, n,
                        "33330000123502000000000a86dd60000000002000010000000000000000000000000000"
                        "0000ff0500000000000000000000000012353a0005020000010083005a3700000000"
                        "ff050000000000000000000000001235");

        n = frame_build_igmp3_report(b, sizeof(b), 9, own, group, many, FRAME_IGMP3_GROUPS_MAX);
        ck_assert_int_gt(n, FRAME_MAX - 8);
        n = frame_build_mld2_report(b, sizeof(b), 9, own, &own6, many6, FRAME_MLD2_GROUPS_MAX);
        ck_assert_int_gt(n, FRAME_MAX - 28);
        ck_assert_int_eq(
                        frame_build_igmp3_report(b, sizeof(b), 0, own, group, many, ELEMENTSOF(many)), -EINVAL);
        ck_assert_int_eq(frame_build_mld2_report(b, sizeof(b), 0, own, &own6, many6, ELEMENTSOF(many6)),
                        -EINVAL);
        ck_assert_int_eq(frame_build_igmp3_report(b, sizeof(b), 0, own, group, many, 0), -EINVAL);
        ck_assert_int_eq(frame_build_mld2_report(b, sizeof(b), 0, own, &own6, many6, 0), -EINVAL);
}
END_TEST

static const Beacon beacon = { .kind = BEACON_INGRESS_CHECK,
        .from = 1,
        .cookie = UINT64_C(0x0102030405060708),
        .pair = UINT64_C(0x1112131415161718),
        .sequence = UINT64_C(0x2122232425262728),
        .sent = UINT64_C(0x3132333435363738) };

START_TEST(test_beacon) {
        FrameHeader h = { .destination = other, .source = own, .vlan = 0 }, back_header;
        uint8_t b[FRAME_MAX];
        Beacon back;
        int n;

        n = frame_build_beacon(b, sizeof(b), &h, &beacon);
        check_bytes(b, n,
                        "02000000000b02000000000a88b670726d64010201000102030405060708"
                        "111213141516171821222324252627283132333435363738");
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &back_header, &back), 0);
        ck_assert_int_eq(back.kind, beacon.kind);
        ck_assert_uint_eq(back.from, beacon.from);
        ck_assert_uint_eq(back.cookie, beacon.cookie);
        ck_assert_uint_eq(back.pair, beacon.pair);
        ck_assert_uint_eq(back.sequence, beacon.sequence);
        ck_assert_uint_eq(back.sent, beacon.sent);
        ck_assert(ether_address_equal(&back_header.source, &own));
        /* the kind says the type, and neither alone is believed */
        b[13] = 0xb5;
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &back_header, &back), -EBADMSG);
        b[19] = BEACON_PROBE;
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &back_header, &back), 0);
        ck_assert_int_eq(back.kind, BEACON_PROBE);
        b[13] = 0xb6;
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &back_header, &back), -EBADMSG);

        ck_assert_uint_eq(beacon_pair_id(""), UINT64_C(0xcbf29ce484222325));
        ck_assert_uint_eq(
                        beacon_pair_id("a"), UINT64_C(0xaf63dc4c8601ec8c)); /* published test vectors of FNV */
        ck_assert_uint_eq(beacon_pair_id("foobar"), UINT64_C(0x85944171f73967e8));
}
END_TEST

/* Every builder says so, and writes nothing, when the buffer is one octet short. */
START_TEST(test_no_room) {
        struct in6_addr a = ip6("fe80::1");
        uint8_t b[FRAME_MAX], untouched[FRAME_MAX];
        struct in_addr four = ip("192.0.2.1");
        FrameHeader h = { .destination = other, .source = own };

        memset(b, 0xa5, sizeof(b));
        memset(untouched, 0xa5, sizeof(b));
        ck_assert_int_eq(frame_build_arp_probe(b, FRAME_MIN - 1, 0, own, four), -ENOBUFS);
        ck_assert_int_eq(frame_build_rarp_announcement(b, FRAME_MIN - 1, 5, own), -ENOBUFS);
        ck_assert_int_eq(frame_build_neighbour_announcement(b, 14 + 40 + 31, 0, own, &a, true), -ENOBUFS);
        ck_assert_int_eq(frame_build_beacon(b, FRAME_MIN - 1, &h, &beacon), -ENOBUFS);
        ck_assert_int_eq(frame_build_igmp2_report(b, FRAME_MIN - 1, 0, own, four, four), -ENOBUFS);
        ck_assert_int_eq(frame_build_igmp3_report(b, FRAME_MIN - 1, 0, own, four, &four, 1), -ENOBUFS);
        ck_assert_int_eq(frame_build_mld1_report(b, 14 + 48 + 23, 0, own, &a, &a), -ENOBUFS);
        ck_assert_int_eq(frame_build_mld2_report(b, 14 + 48 + 27, 0, own, &a, &a, 1), -ENOBUFS);
        ck_assert_mem_eq(b, untouched, sizeof(b));
}
END_TEST

/* A frame of each kind, cut at every length, and with every octet changed in turn: no result may be touched
 * unless the parser says it understood; a neighbour message changed anywhere past its type must be refused,
 * since its checksum covers it. */
/* A VLAN within a VLAN, as a provider's network wants it (IEEE 802.1ad). */
START_TEST(test_tags) {
        uint8_t b[FRAME_MAX], before[FRAME_MAX];
        int n = frame_build_rarp_announcement(b, sizeof(b), 0, own), room;

        n = frame_push_tag(b, sizeof(b), n, 0x8100, 7);
        ck_assert_int_eq(n, FRAME_MIN + 4);
        n = frame_push_tag(b, sizeof(b), n, 0x88a8, 42);
        ck_assert_int_eq(n, FRAME_MIN + 8);
        check_bytes(b, n,
                        "ffffffffffff02000000000a88a8002a81000007"
                        "8035000108000604000302000000000a0000000002000000000a00000000");
        memcpy(before, b, sizeof(b));
        for (room = n; room < n + 4; room++)
                ck_assert_int_eq(frame_push_tag(b, (size_t) room, n, 0x8100, 1), -ENOBUFS);
        ck_assert_mem_eq(b, before, sizeof(b));
}
END_TEST

START_TEST(test_hostile) {
        struct in6_addr a = ip6("fe80::1");
        uint8_t whole[4][FRAME_MAX];
        int n[4];

        n[0] = frame_build_arp_reply(whole[0], FRAME_MAX, 3, own, ip("192.0.2.1"), other, ip("192.0.2.2"));
        n[1] = frame_build_neighbour_announcement(whole[1], FRAME_MAX, 0, own, &a, true);
        n[2] = frame_build_beacon(whole[2], FRAME_MAX, &(FrameHeader){ .source = own }, &beacon);
        n[3] = frame_build_mld2_report(whole[3], FRAME_MAX, 0, own, &a, &a, 1);
        for (size_t i = 0; i < ELEMENTSOF(whole); i++)
                for (int cut = 0; cut <= n[i]; cut++)
                        for (int at = -1; at < cut; at++) {
                                _Alignas(8) uint8_t b[FRAME_MAX];
                                FrameHeader h;
                                Arp arp;
                                NeighbourMessage nd;
                                Beacon be;
                                int understood;

                                memcpy(b, whole[i], (size_t) cut);
                                if (at >= 0)
                                        b[at] ^= 0x41;
                                understood = (frame_parse_arp(b, (size_t) cut, &h, &arp) == 0) +
                                                (frame_parse_neighbour(b, (size_t) cut, &h, &nd) == 0) +
                                                (frame_parse_beacon(b, (size_t) cut, &h, &be) == 0);
                                ck_assert_int_le(understood, 1);
                                if (i == 3 || cut < 14 + 28)
                                        ck_assert_int_eq(understood, 0);
                                if (i == 1 && at >= 14 + 8 && cut == n[i])
                                        ck_assert_int_eq(understood, 0);
                        }
}
END_TEST

START_TEST(test_refused) {
        struct in6_addr a = ip6("fe80::1");
        uint8_t b[FRAME_MAX];
        FrameHeader h = {};
        NeighbourMessage nd = { .override = true };
        Arp arp = {};
        Beacon be = {};
        int n;

        n = frame_build_neighbour_announcement(b, sizeof(b), 0, own, &a, true);
        b[14 + 7] = 64; /* through a router */
        ck_assert_int_eq(frame_parse_neighbour(b, (size_t) n, &h, &nd), -EBADMSG);
        b[14 + 7] = 255;
        b[14 + 40 + 25] = 0; /* an option without end */
        b[14 + 40 + 2] = b[14 + 40 + 3] = 0;
        ck_assert_int_eq(frame_parse_neighbour(b, (size_t) n, &h, &nd), -EBADMSG);
        ck_assert_int_eq(frame_parse_arp(b, (size_t) n, &h, &arp), -EPROTO);
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &h, &be), -EPROTO);
        n = frame_build_arp_probe(b, sizeof(b), 0, own, ip("192.0.2.1"));
        b[14 + 4] = 8; /* another length of address */
        ck_assert_int_eq(frame_parse_arp(b, (size_t) n, &h, &arp), -EBADMSG);
        n = frame_build_beacon(b, sizeof(b), &(FrameHeader){ .source = own }, &beacon);
        b[14] ^= 1;
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &h, &be), -EPROTO);
        b[14] ^= 1;
        b[14 + 6] = 2;
        ck_assert_int_eq(frame_parse_beacon(b, (size_t) n, &h, &be), -EBADMSG);
        ck_assert(nd.override && be.cookie == 0 && arp.operation == 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("frame-codec");
        TCase *t = tcase_create("frame-codec");

        tcase_add_test(t, test_arp);
        tcase_add_test(t, test_arp_back);
        tcase_add_test(t, test_neighbour);
        tcase_add_test(t, test_link_local);
        tcase_add_test(t, test_groups);
        tcase_add_test(t, test_beacon);
        tcase_add_test(t, test_no_room);
        tcase_add_test(t, test_tags);
        tcase_add_test(t, test_hostile);
        tcase_add_test(t, test_refused);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
