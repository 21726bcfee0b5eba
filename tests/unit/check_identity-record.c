/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept of a primary, on messages as the kernel builds them. */

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>

#include "check-main.h"
#include "identity-codec.h"
#include "identity-message.h"

static IdentityRecord *record;
static IdentityPlace place;

static void setup(void) {
        ck_assert_int_eq(identity_record_new(PRIMARY, &record), 0);
        place = (IdentityPlace){ .ifindex = { STANDBY, 31 }, .name = "enp5s0" };
}

static void teardown(void) {
        record = identity_record_free(record);
}

static unsigned count(RecordKind kind) {
        unsigned n = 0;

        for (uint32_t i = 0; i < record->n_entries; i++)
                n += record->entries[i].kind == (uint32_t) kind;
        return n;
}

START_TEST(test_what_is_kept) {
        identity_message_add_links(record);
        identity_message_add(record, identity_message_link(OTHER, "eth9", 0, NULL));
        identity_message_add(record, identity_message_link(OTHER + 1, "tap0", PRIMARY, "macvtap"));
        ck_assert_uint_eq(record->n_devices, 2);
        ck_assert_str_eq(record->devices[0].name, "eth0");
        ck_assert_str_eq(record->devices[1].name, "lan7");
        ck_assert(record->up);
        ck_assert(!record->permanent);

        identity_message_add_address(record, AF_INET, PRIMARY, "10.9.0.1");
        identity_message_add_address(record, AF_INET6, CHILD, "fd00::1");
        identity_message_add_address(record, AF_INET, OTHER, "10.8.0.1");
        identity_message_add(record, identity_message_address(AF_INET6, PRIMARY, "fd00::2", IFA_F_DADFAILED));
        ck_assert_uint_eq(count(RECORD_ADDRESS), 2);

        identity_message_add(record, identity_message_route(AF_INET, PRIMARY, "10.9.0.2", RTPROT_STATIC));
        identity_message_add(record, identity_message_route(AF_INET6, CHILD, NULL, RTPROT_BOOT));
        identity_message_add(record, identity_message_route(AF_INET, PRIMARY, NULL, RTPROT_KERNEL));
        identity_message_add(record, identity_message_route(AF_INET, OTHER, NULL, RTPROT_STATIC));
        identity_message_add(record, identity_message_route(AF_INET, 0, NULL, RTPROT_STATIC));
        ck_assert_uint_eq(count(RECORD_ROUTE), 2);

        identity_message_add(record, identity_message_rule("eth0"));
        identity_message_add(record, identity_message_rule("eth01"));
        identity_message_add(record, identity_message_rule("lan7")); /* finds its device again by itself */
        ck_assert_uint_eq(count(RECORD_RULE), 1);

        identity_message_add(record, identity_message_neighbour(PRIMARY, NUD_PERMANENT, 0));
        identity_message_add(record, identity_message_neighbour(PRIMARY, NUD_REACHABLE, 0));
        identity_message_add(record, identity_message_neighbour(PRIMARY, 0, NTF_PROXY));
        identity_message_add(record, identity_message_neighbour(OTHER, NUD_PERMANENT, 0));
        ck_assert_uint_eq(count(RECORD_NEIGHBOUR), 2);
        ck_assert(!record->truncated);
}
END_TEST

/* As when a VLAN was made before its adapter was renumbered: told before what it lies on. */
START_TEST(test_unordered_links) {
        identity_message_add(record, identity_message_link(5, "lan7", 8, "vlan"));
        identity_message_add(record, identity_message_link(PRIMARY, "eth0", 0, NULL));
        identity_message_add(record, identity_message_link(8, "outer", PRIMARY, "vlan"));
        ck_assert(record->unordered);
        record->unordered = false;
        identity_message_add(record, identity_message_link(5, "lan7", 8, "vlan"));
        identity_message_add(record, identity_message_link(PRIMARY, "eth0", 0, NULL));
        ck_assert(!record->unordered);
        ck_assert_uint_eq(record->n_devices, 3);
        ck_assert_uint_eq(record->devices[2].lower, 1);
        ck_assert_uint_eq(record->n_entries, 3);
}
END_TEST

START_TEST(test_multipath) {
        struct rtmsg head = { .rtm_family = AF_INET, .rtm_type = RTN_UNICAST, .rtm_protocol = RTPROT_STATIC };
        struct nl_msg *m;
        struct nlattr *a[RTA_MAX + 1];
        struct rtnexthop hops[2] = {
                { .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = OTHER },
                { .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = PRIMARY, .rtnh_flags = RTNH_F_DEAD },
        };

        identity_message_add_links(record);
        m = identity_message_begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        identity_message_add(record, m);
        ck_assert_uint_eq(count(RECORD_ROUTE), 1);
        ck_assert_int_eq(identity_codec_request(record, record->entries + record->n_entries - 1, &place, false,
                                         true, record->read_at, &m),
                        0);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(head), a, RTA_MAX, NULL), 0);
        ck_assert_int_eq(nla_len(a[RTA_MULTIPATH]), sizeof(hops));
        memcpy(hops, nla_data(a[RTA_MULTIPATH]), sizeof(hops));
        ck_assert_int_eq(hops[0].rtnh_ifindex, OTHER);
        ck_assert_int_eq(hops[1].rtnh_ifindex, STANDBY);
        ck_assert_uint_eq(hops[1].rtnh_flags, 0);
        nlmsg_free(m);

        /* a hop that says it is longer, or shorter, than there is */
        hops[1].rtnh_len = 200;
        m = identity_message_begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        identity_message_add(record, m);
        hops[0].rtnh_len = 2;
        m = identity_message_begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        identity_message_add(record, m);
        ck_assert_uint_eq(count(RECORD_ROUTE), 1);
}
END_TEST

START_TEST(test_bounds) {
        identity_message_add_links(record);
        for (unsigned i = 0; i < IDENTITY_RECORD_ENTRIES_MAX + 10; i++)
                identity_message_add_address(record, AF_INET, PRIMARY, "10.9.0.1");
        ck_assert(record->truncated);
        ck_assert_uint_eq(record->n_entries, IDENTITY_RECORD_ENTRIES_MAX);
        for (int i = 0; i < IDENTITY_RECORD_DEVICES_MAX + 3; i++)
                identity_message_add(record, identity_message_link(100 + i, "x", PRIMARY, "vlan"));
        ck_assert_uint_le(record->n_devices, IDENTITY_RECORD_DEVICES_MAX);
}
END_TEST

START_TEST(test_file) {
        _cleanup_(identity_record_freep) IdentityRecord *read = NULL;
        uint8_t *data = NULL, *cut;
        size_t size;

        identity_message_add_links(record);
        identity_message_add_address(record, AF_INET, PRIMARY, "10.9.0.1");
        identity_message_add(record, identity_message_route(AF_INET, PRIMARY, "10.9.0.2", RTPROT_STATIC));
        record->entries[2].made = 1;
        record->read_at = 12345;
        ck_assert_int_eq(identity_record_encode(record, &data, &size), 0);
        ck_assert_int_eq(identity_record_decode(data, size, &read), 0);
        ck_assert(identity_record_equal(record, read));
        ck_assert_uint_eq(read->entries[2].made, 1);
        ck_assert_uint_eq(read->read_at, 12345);
        for (size_t n = 0; n < size; n++) {
                IdentityRecord *none = NULL;

                cut = malloc(n + 1);
                memcpy(cut, data, n);
                ck_assert_int_eq(identity_record_decode(cut, n, &none), -EBADMSG);
                free(cut);
        }
        /* every byte wrong, one after the other: refused, or a record that is sound */
        for (size_t n = 0; n < size; n++) {
                IdentityRecord *odd = NULL;
                struct nl_msg *m = NULL;

                data[n] ^= 0xff;
                if (identity_record_decode(data, size, &odd) >= 0)
                        for (uint32_t i = 0; i < odd->n_entries; i++, m = NULL)
                                if (identity_codec_request(odd, odd->entries + i, &place, false, true, 0, &m) >=
                                                0)
                                        nlmsg_free(m);
                identity_record_free(odd);
                data[n] ^= 0xff;
        }
        free(data);
}
END_TEST

START_TEST(test_equal) {
        _cleanup_(identity_record_freep) IdentityRecord *other = NULL;
        struct ifa_cacheinfo info = { .ifa_valid = 100, .ifa_prefered = 50 };
        IdentityRecord *first = record;
        struct nl_msg *m;

        identity_message_add_links(record);
        m = identity_message_address(AF_INET, PRIMARY, "10.9.0.1", 0);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        identity_message_add(record, m);
        ck_assert_int_eq(identity_record_new(PRIMARY, &other), 0);
        record = other;
        identity_message_add_links(record);
        info.ifa_valid = 90;
        m = identity_message_address(AF_INET, PRIMARY, "10.9.0.1", 0);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        identity_message_add(record, m);
        ck_assert(identity_record_equal(first, other));
        identity_message_add(record, identity_message_address(AF_INET, PRIMARY, "10.9.0.2", 0));
        ck_assert(!identity_record_equal(first, other));
        record = first;
        identity_message_add(record, identity_message_address(AF_INET, PRIMARY, "10.9.0.3", 0));
        ck_assert(!identity_record_equal(first, other));
}
END_TEST

START_TEST(test_concerns) {
        struct {
                struct nl_msg *message;
                bool concerns;
        } rows[] = {
                { identity_message_address(AF_INET, CHILD, "10.9.0.1", 0), true },
                { identity_message_address(AF_INET, OTHER, "10.9.0.1", 0), false },
                { identity_message_route(AF_INET, PRIMARY, NULL, RTPROT_STATIC), true },
                { identity_message_route(AF_INET, OTHER, NULL, RTPROT_STATIC), false },
                { identity_message_link(OTHER, "new", PRIMARY, "vlan"), true },
                { identity_message_link(OTHER, "new", 0, NULL), false },
                { identity_message_rule("eth0"), true },
                { identity_message_neighbour(PRIMARY, NUD_STALE, 0), false },
        };

        identity_message_add_links(record);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                ck_assert_msg(identity_record_concerns(record, nlmsg_hdr(rows[i].message)) == rows[i].concerns,
                                "row %zu", i);
                nlmsg_free(rows[i].message);
        }
        ck_assert(!identity_record_in_use(record));
        identity_message_add_address(record, AF_INET, CHILD, "10.9.0.1");
        ck_assert(!identity_record_in_use(record));
        identity_message_add_address(record, AF_INET, PRIMARY, "10.9.0.1");
        ck_assert(identity_record_in_use(record));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("identity-record");
        TCase *t = tcase_create("identity-record");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_what_is_kept);
        tcase_add_test(t, test_unordered_links);
        tcase_add_test(t, test_multipath);
        tcase_add_test(t, test_bounds);
        tcase_add_test(t, test_file);
        tcase_add_test(t, test_equal);
        tcase_add_test(t, test_concerns);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
