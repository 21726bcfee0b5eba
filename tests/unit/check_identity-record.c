/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept of a primary, what requests become of it, and in which order: on messages as the kernel builds
 * them. */

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>

#include "check-main.h"
#include "identity-codec.h"
#include "identity-plan.h"

#define PRIMARY 10
#define STANDBY 11
#define CHILD   12
#define OTHER   20

static IdentityRecord *record;
static IdentityPlace place;

static void setup(void) {
        ck_assert_int_eq(identity_record_new(PRIMARY, &record), 0);
        place = (IdentityPlace){ .ifindex = { STANDBY, 31 }, .name = "enp5s0" };
}

static void teardown(void) {
        record = identity_record_free(record);
}

static struct nl_msg *begin(int type, const void *head, size_t size) {
        struct nl_msg *m = nlmsg_alloc_simple(type, 0);

        ck_assert_int_eq(nlmsg_append(m, (void *) head, size, NLMSG_ALIGNTO), 0);
        return m;
}

static void add(struct nl_msg *m) {
        ck_assert_int_eq(identity_record_add(record, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

static struct nl_msg *link_message(int ifindex, const char *name, int lower, const char *kind) {
        static const uint8_t address[] = { 2, 0, 0, 0, 0, 0x0a };
        /* as the kernel tells it (net/8021q/vlan_netlink.c vlan_fill_info()) */
        static const struct ifla_vlan_flags flags = { .flags = VLAN_FLAG_REORDER_HDR, .mask = UINT32_MAX };
        struct ifinfomsg head = { .ifi_index = ifindex, .ifi_flags = IFF_UP };
        struct nl_msg *m = begin(RTM_NEWLINK, &head, sizeof(head));

        nla_put_string(m, IFLA_IFNAME, name);
        nla_put(m, IFLA_ADDRESS, sizeof(address), address);
        nla_put_u32(m, IFLA_MTU, 1400);
        if (lower > 0)
                nla_put_u32(m, IFLA_LINK, (uint32_t) lower);
        if (kind) {
                struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;

                nla_put_string(m, IFLA_INFO_KIND, kind);
                data = nla_nest_start(m, IFLA_INFO_DATA);
                nla_put_u16(m, IFLA_VLAN_ID, 7);
                if (streq(kind, "vlan"))
                        nla_put(m, IFLA_VLAN_FLAGS, sizeof(flags), &flags);
                nla_put_u32(m, IFLA_MACVLAN_BC_QUEUE_LEN_USED, 9);
                nla_nest_end(m, data);
                nla_nest_end(m, info);
        }
        return m;
}

static void add_links(void) {
        add(link_message(PRIMARY, "eth0", 0, NULL));
        add(link_message(CHILD, "lan7", PRIMARY, "vlan"));
}

static struct nl_msg *address_message(int family, int ifindex, const char *text, uint32_t flags) {
        struct ifaddrmsg head = { .ifa_family = (uint8_t) family,
                .ifa_prefixlen = family == AF_INET ? 24 : 64,
                .ifa_index = (unsigned) ifindex,
                .ifa_flags = (uint8_t) flags };
        struct nl_msg *m = begin(RTM_NEWADDR, &head, sizeof(head));
        uint8_t bytes[16];

        ck_assert_int_eq(inet_pton(family, text, bytes), 1);
        nla_put(m, IFA_ADDRESS, family == AF_INET ? 4 : 16, bytes);
        if (family == AF_INET)
                nla_put(m, IFA_LOCAL, 4, bytes);
        nla_put_u32(m, IFA_FLAGS, flags);
        return m;
}

static void add_address(int family, int ifindex, const char *text) {
        add(address_message(family, ifindex, text, IFA_F_PERMANENT));
}

static struct nl_msg *route_message(int family, int ifindex, const char *gateway, uint8_t protocol) {
        struct rtmsg head = { .rtm_family = (uint8_t) family,
                .rtm_dst_len = 0,
                .rtm_table = RT_TABLE_MAIN,
                .rtm_protocol = protocol,
                .rtm_type = RTN_UNICAST,
                .rtm_flags = RTNH_F_LINKDOWN | RTNH_F_ONLINK };
        struct nl_msg *m = begin(RTM_NEWROUTE, &head, sizeof(head));
        uint8_t bytes[16];

        nla_put_u32(m, RTA_TABLE, 254);
        if (ifindex > 0)
                nla_put_u32(m, RTA_OIF, (uint32_t) ifindex);
        if (gateway && inet_pton(family, gateway, bytes) == 1)
                nla_put(m, RTA_GATEWAY, family == AF_INET ? 4 : 16, bytes);
        return m;
}

static struct nl_msg *rule_message(const char *iif) {
        struct fib_rule_hdr head = { .family = AF_INET,
                .table = 77,
                .action = FR_ACT_TO_TBL,
                .flags = FIB_RULE_IIF_DETACHED | FIB_RULE_INVERT };
        struct nl_msg *m = begin(RTM_NEWRULE, &head, sizeof(head));

        nla_put_string(m, FRA_IIFNAME, iif);
        nla_put_u32(m, FRA_PRIORITY, 1000);
        return m;
}

static struct nl_msg *neighbour_message(int ifindex, uint16_t state, uint8_t flags) {
        struct ndmsg head = {
                .ndm_family = AF_INET, .ndm_ifindex = ifindex, .ndm_state = state, .ndm_flags = flags
        };
        struct nl_msg *m = begin(RTM_NEWNEIGH, &head, sizeof(head));

        nla_put_u32(m, NDA_DST, htonl(0x0a090063));
        nla_put_u32(m, NDA_PROBES, 4);
        return m;
}

static unsigned count(RecordKind kind) {
        unsigned n = 0;

        for (uint32_t i = 0; i < record->n_entries; i++)
                n += record->entries[i].kind == (uint32_t) kind;
        return n;
}

static const RecordEntry *last(void) {
        ck_assert_uint_gt(record->n_entries, 0);
        return record->entries + record->n_entries - 1;
}

static struct nl_msg *request(const RecordEntry *e, bool remove) {
        struct nl_msg *m = NULL;

        ck_assert_int_eq(identity_codec_request(record, e, &place, remove, true, record->read_at, &m), 0);
        return m;
}

/* ---- record ---- */

START_TEST(test_what_is_kept) {
        add_links();
        add(link_message(OTHER, "eth9", 0, NULL));
        add(link_message(OTHER + 1, "tap0", PRIMARY, "macvtap"));
        ck_assert_uint_eq(record->n_devices, 2);
        ck_assert_str_eq(record->devices[0].name, "eth0");
        ck_assert_str_eq(record->devices[1].name, "lan7");
        ck_assert(record->up);
        ck_assert(!record->permanent);

        add_address(AF_INET, PRIMARY, "10.9.0.1");
        add_address(AF_INET6, CHILD, "fd00::1");
        add_address(AF_INET, OTHER, "10.8.0.1");
        add(address_message(AF_INET6, PRIMARY, "fd00::2", IFA_F_DADFAILED));
        ck_assert_uint_eq(count(RECORD_ADDRESS), 2);

        add(route_message(AF_INET, PRIMARY, "10.9.0.2", RTPROT_STATIC));
        add(route_message(AF_INET6, CHILD, NULL, RTPROT_BOOT));
        add(route_message(AF_INET, PRIMARY, NULL, RTPROT_KERNEL));
        add(route_message(AF_INET, OTHER, NULL, RTPROT_STATIC));
        add(route_message(AF_INET, 0, NULL, RTPROT_STATIC));
        ck_assert_uint_eq(count(RECORD_ROUTE), 2);

        add(rule_message("eth0"));
        add(rule_message("eth01"));
        add(rule_message("lan7")); /* finds its device again by itself */
        ck_assert_uint_eq(count(RECORD_RULE), 1);

        add(neighbour_message(PRIMARY, NUD_PERMANENT, 0));
        add(neighbour_message(PRIMARY, NUD_REACHABLE, 0));
        add(neighbour_message(PRIMARY, 0, NTF_PROXY));
        add(neighbour_message(OTHER, NUD_PERMANENT, 0));
        ck_assert_uint_eq(count(RECORD_NEIGHBOUR), 2);
        ck_assert(!record->truncated);
}
END_TEST

/* As when a VLAN was made before its adapter was renumbered: told before what it lies on. */
START_TEST(test_unordered_links) {
        add(link_message(5, "lan7", 8, "vlan"));
        add(link_message(PRIMARY, "eth0", 0, NULL));
        add(link_message(8, "outer", PRIMARY, "vlan"));
        ck_assert(record->unordered);
        record->unordered = false;
        add(link_message(5, "lan7", 8, "vlan"));
        add(link_message(PRIMARY, "eth0", 0, NULL));
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

        add_links();
        m = begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        add(m);
        ck_assert_uint_eq(count(RECORD_ROUTE), 1);
        m = request(last(), false);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(head), a, RTA_MAX, NULL), 0);
        ck_assert_int_eq(nla_len(a[RTA_MULTIPATH]), sizeof(hops));
        memcpy(hops, nla_data(a[RTA_MULTIPATH]), sizeof(hops));
        ck_assert_int_eq(hops[0].rtnh_ifindex, OTHER);
        ck_assert_int_eq(hops[1].rtnh_ifindex, STANDBY);
        ck_assert_uint_eq(hops[1].rtnh_flags, 0);
        nlmsg_free(m);

        /* a hop that says it is longer, or shorter, than there is */
        hops[1].rtnh_len = 200;
        m = begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        add(m);
        hops[0].rtnh_len = 2;
        m = begin(RTM_NEWROUTE, &head, sizeof(head));
        nla_put(m, RTA_MULTIPATH, sizeof(hops), hops);
        add(m);
        ck_assert_uint_eq(count(RECORD_ROUTE), 1);
}
END_TEST

START_TEST(test_bounds) {
        add_links();
        for (unsigned i = 0; i < IDENTITY_RECORD_ENTRIES_MAX + 10; i++)
                add_address(AF_INET, PRIMARY, "10.9.0.1");
        ck_assert(record->truncated);
        ck_assert_uint_eq(record->n_entries, IDENTITY_RECORD_ENTRIES_MAX);
        for (int i = 0; i < IDENTITY_RECORD_DEVICES_MAX + 3; i++)
                add(link_message(100 + i, "x", PRIMARY, "vlan"));
        ck_assert_uint_le(record->n_devices, IDENTITY_RECORD_DEVICES_MAX);
}
END_TEST

START_TEST(test_file) {
        _cleanup_(identity_record_freep) IdentityRecord *read = NULL;
        uint8_t *data = NULL, *cut;
        size_t size;

        add_links();
        add_address(AF_INET, PRIMARY, "10.9.0.1");
        add(route_message(AF_INET, PRIMARY, "10.9.0.2", RTPROT_STATIC));
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

        add_links();
        m = address_message(AF_INET, PRIMARY, "10.9.0.1", 0);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        add(m);
        ck_assert_int_eq(identity_record_new(PRIMARY, &other), 0);
        record = other;
        add_links();
        info.ifa_valid = 90;
        m = address_message(AF_INET, PRIMARY, "10.9.0.1", 0);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        add(m);
        ck_assert(identity_record_equal(first, other));
        add(address_message(AF_INET, PRIMARY, "10.9.0.2", 0));
        ck_assert(!identity_record_equal(first, other));
        record = first;
        add(address_message(AF_INET, PRIMARY, "10.9.0.3", 0));
        ck_assert(!identity_record_equal(first, other));
}
END_TEST

START_TEST(test_concerns) {
        struct {
                struct nl_msg *message;
                bool concerns;
        } rows[] = {
                { address_message(AF_INET, CHILD, "10.9.0.1", 0), true },
                { address_message(AF_INET, OTHER, "10.9.0.1", 0), false },
                { route_message(AF_INET, PRIMARY, NULL, RTPROT_STATIC), true },
                { route_message(AF_INET, OTHER, NULL, RTPROT_STATIC), false },
                { link_message(OTHER, "new", PRIMARY, "vlan"), true },
                { link_message(OTHER, "new", 0, NULL), false },
                { rule_message("eth0"), true },
                { neighbour_message(PRIMARY, NUD_STALE, 0), false },
        };

        add_links();
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                ck_assert_msg(identity_record_concerns(record, nlmsg_hdr(rows[i].message)) == rows[i].concerns,
                                "row %zu", i);
                nlmsg_free(rows[i].message);
        }
        ck_assert(!identity_record_in_use(record));
        add_address(AF_INET, CHILD, "10.9.0.1");
        ck_assert(!identity_record_in_use(record));
        add_address(AF_INET, PRIMARY, "10.9.0.1");
        ck_assert(identity_record_in_use(record));
}
END_TEST

/* ---- codec ---- */

START_TEST(test_address_request) {
        struct ifa_cacheinfo info = { .ifa_valid = 100, .ifa_prefered = 50 };
        struct nlattr *a[IFA_MAX + 1];
        const struct ifaddrmsg *head;
        struct nl_msg *m;

        add_links();
        m = address_message(
                        AF_INET6, PRIMARY, "fd00::1", IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        add(m);
        ck_assert_int_eq(identity_codec_request(record, last(), &place, false, true, 30 * USEC_PER_SEC, &m), 0);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_NEWADDR);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_flags, NLM_F_CREATE | NLM_F_EXCL);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(*head), a, IFA_MAX, NULL), 0);
        head = nlmsg_data(nlmsg_hdr(m));
        ck_assert_uint_eq(head->ifa_index, STANDBY);
        ck_assert_uint_eq(nla_get_u32(a[IFA_FLAGS]), IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
        memcpy(&info, nla_data(a[IFA_CACHEINFO]), sizeof(info));
        ck_assert_uint_eq(info.ifa_valid, 70);
        ck_assert_uint_eq(info.ifa_prefered, 20);
        ck_assert_uint_eq(nla_get_u8(a[IFA_PROTO]), IDENTITY_ADDRESS_PROTOCOL);
        nlmsg_free(m);
        /* in the end there is nothing left of its life; to be removed it need not be alive */
        ck_assert_int_eq(identity_codec_request(record, last(), &place, false, true, 100 * USEC_PER_SEC, &m),
                        -ESTALE);
        ck_assert_int_eq(identity_codec_request(record, last(), &place, true, true, 100 * USEC_PER_SEC, &m), 0);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_DELADDR);
        nlmsg_free(m);
}
END_TEST

START_TEST(test_labels) {
        static const struct {
                const char *before, *after;
        } rows[] = {
                { "eth0", "enp5s0" }, { "eth0:x", "enp5s0:x" }, { "eth01", "eth01" },
                { "eth0:0123456789", NULL }, /* would be too long */
        };
        struct nlattr *a[IFA_MAX + 1];
        struct nl_msg *m;

        add_links();
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                m = address_message(AF_INET, PRIMARY, "10.9.0.1", 0);
                nla_put_string(m, IFA_LABEL, rows[i].before);
                add(m);
                m = request(last(), false);
                ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(struct ifaddrmsg), a, IFA_MAX, NULL), 0);
                ck_assert_uint_eq(nla_get_u32(a[IFA_FLAGS]), 0);
                if (rows[i].after)
                        ck_assert_str_eq(nla_get_string(a[IFA_LABEL]), rows[i].after);
                else
                        ck_assert_ptr_null(a[IFA_LABEL]);
                nlmsg_free(m);
        }
}
END_TEST

START_TEST(test_route_request) {
        struct rta_cacheinfo info = { .rta_expires = 6000 }; /* a minute */
        struct nlattr *a[RTA_MAX + 1];
        const struct rtmsg *head;
        struct nl_msg *m;

        add_links();
        m = route_message(AF_INET6, CHILD, "fe80::1", RTPROT_RA);
        nla_put(m, RTA_CACHEINFO, sizeof(info), &info);
        add(m);
        ck_assert_int_eq(identity_codec_request(record, last(), &place, false, true, 20 * USEC_PER_SEC, &m), 0);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(*head), a, RTA_MAX, NULL), 0);
        head = nlmsg_data(nlmsg_hdr(m));
        ck_assert_uint_eq(head->rtm_flags, RTNH_F_ONLINK);
        ck_assert_uint_eq(head->rtm_protocol, RTPROT_RA);
        ck_assert_uint_eq(nla_get_u32(a[RTA_OIF]), 31);
        ck_assert_uint_eq(nla_get_u32(a[RTA_EXPIRES]), 40);
        ck_assert_ptr_null(a[RTA_CACHEINFO]);
        nlmsg_free(m);
        place.ifindex[1] = 0; /* that device could not be made */
        ck_assert_int_eq(identity_codec_request(record, last(), &place, false, true, 0, &m), -ENODEV);
}
END_TEST

START_TEST(test_rule_and_neighbour_requests) {
        struct nlattr *a[FRA_MAX + 1];
        struct nl_msg *m;

        add_links();
        add(rule_message("eth0"));
        m = request(last(), false);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(struct fib_rule_hdr), a, FRA_MAX, NULL), 0);
        ck_assert_str_eq(nla_get_string(a[FRA_IIFNAME]), "enp5s0");
        ck_assert_uint_eq(nla_get_u32(a[FRA_PRIORITY]), 1000);
        ck_assert_uint_eq(((struct fib_rule_hdr *) nlmsg_data(nlmsg_hdr(m)))->flags, FIB_RULE_INVERT);
        nlmsg_free(m);
        add(neighbour_message(PRIMARY, NUD_PERMANENT, NTF_ROUTER));
        m = request(last(), true);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_DELNEIGH);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(struct ndmsg), a, NDA_MAX, NULL), 0);
        ck_assert_int_eq(((struct ndmsg *) nlmsg_data(nlmsg_hdr(m)))->ndm_ifindex, STANDBY);
        ck_assert_ptr_nonnull(a[NDA_DST]);
        ck_assert_ptr_null(a[NDA_PROBES]);
        nlmsg_free(m);
}
END_TEST

START_TEST(test_link_request) {
        struct nlattr *a[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_MACVLAN_MAX + 1];
        const struct ifinfomsg *head;
        struct nl_msg *m;

        add(link_message(PRIMARY, "eth0", 0, NULL));
        add(link_message(CHILD, "lan7", PRIMARY, _i == 0 ? "vlan" : "macvlan"));
        m = request(last(), false);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(*head), a, IFLA_MAX, NULL), 0);
        head = nlmsg_data(nlmsg_hdr(m));
        ck_assert_int_eq(head->ifi_index, 0);
        ck_assert_uint_eq(head->ifi_flags, 0); /* not before it is known to be silent */
        ck_assert_str_eq(nla_get_string(a[IFLA_IFNAME]), "lan7");
        ck_assert_uint_eq(nla_get_u32(a[IFLA_LINK]), STANDBY);
        ck_assert_int_eq(nla_parse_nested(info, IFLA_INFO_MAX, a[IFLA_LINKINFO], NULL), 0);
        ck_assert_int_eq(nla_parse_nested(data, IFLA_MACVLAN_MAX, info[IFLA_INFO_DATA], NULL), 0);
        ck_assert_uint_eq(nla_get_u16(data[IFLA_VLAN_ID]), 7);
        if (_i == 0) {
                struct ifla_vlan_flags flags;

                memcpy(&flags, nla_data(data[IFLA_VLAN_FLAGS]), sizeof(flags));
                ck_assert_uint_eq(flags.flags, VLAN_FLAG_REORDER_HDR);
                /* what vlan_dev_change_flags() of Linux 6.1 knows */
                ck_assert_uint_eq(flags.mask & ~0x1fu, 0);
        }
        ck_assert(!data[IFLA_MACVLAN_BC_QUEUE_LEN_USED] == (_i == 1));
        nlmsg_free(m);
        m = request(last(), true);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_DELLINK);
        ck_assert_int_eq(((struct ifinfomsg *) nlmsg_data(nlmsg_hdr(m)))->ifi_index, 31);
        nlmsg_free(m);

        m = link_message(31, "lan7", STANDBY, _i == 0 ? "vlan" : "macvlan");
        ck_assert(identity_codec_is_same_child(record, last(), STANDBY, nlmsg_hdr(m)));
        ck_assert(!identity_codec_is_same_child(record, last(), PRIMARY, nlmsg_hdr(m)));
        nlmsg_free(m);
        m = link_message(31, "lan7", STANDBY, "ipvlan");
        ck_assert(!identity_codec_is_same_child(record, last(), STANDBY, nlmsg_hdr(m)));
        nlmsg_free(m);
}
END_TEST

/* ---- plan ---- */

typedef struct Kernel {
        bool there[_PAIR_SIDE_MAX][32]; /* by entry */
        int fail_at;                    /* number of the step that fails; -1: none */
        int n, skipped;
} Kernel;

static int carry_out(const IdentityStep *s, bool undo, void *userdata) {
        Kernel *k = userdata;
        bool want = s->remove == undo, *is = &k->there[s->side][s->entry];

        if (!undo && k->n++ == k->fail_at)
                return -EINVAL;
        if (*is == want)
                return 0;
        *is = want;
        return 1;
}

static void skip(const IdentityStep *s, int code, void *userdata) {
        ck_assert_int_eq(code, -EINVAL);
        ((Kernel *) userdata)->skipped++;
}

static void add_everything(void) {
        add_links();
        add(route_message(AF_INET, PRIMARY, "10.9.0.2", RTPROT_STATIC)); /* told before that to its gateway */
        add(route_message(AF_INET, PRIMARY, NULL, RTPROT_STATIC));
        add_address(AF_INET, PRIMARY, "10.9.0.1");
        add_address(AF_INET, CHILD, "10.7.0.1");
        add(neighbour_message(PRIMARY, NUD_PERMANENT, 0));
        add(rule_message("eth0"));
}

START_TEST(test_order) {
        /* devices, addresses, the route to the gateway, what goes through it, rule, neighbour */
        static const uint32_t order[] = { 0, 1, 4, 5, 3, 2, 7, 6 };
        _cleanup_(identity_plan_freep) IdentityPlan *p = NULL;

        add_everything();
        ck_assert_int_eq(identity_plan_put(record, &p), 0);
        ck_assert_uint_eq(p->n_steps, ELEMENTSOF(order));
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                ck_assert_uint_eq(p->steps[i].entry, order[i]);
                ck_assert_int_eq(p->steps[i].side, SIDE_STANDBY);
                ck_assert(p->steps[i].vital == (order[i] == 4));
        }
}
END_TEST

/* Whatever fails, and however often it is run: all of it, or nothing of it. */
START_TEST(test_put_and_take) {
        _cleanup_(identity_plan_freep) IdentityPlan *put = NULL, *take = NULL;
        Kernel k = { .fail_at = -1 };

        add_everything();
        ck_assert_int_eq(identity_plan_put(record, &put), 0);
        for (k.fail_at = 0; k.fail_at < (int) put->n_steps; k.fail_at++) {
                const IdentityStep *failed = NULL;
                bool vital = put->steps[k.fail_at].vital;
                int r;

                k = (Kernel){ .fail_at = k.fail_at };
                r = identity_plan_run(put, carry_out, skip, &k, &failed);
                ck_assert_int_eq(r, vital ? -EINVAL : 0);
                ck_assert_int_eq(k.skipped, !vital);
                ck_assert_ptr_eq(failed, vital ? put->steps + k.fail_at : NULL);
                for (uint32_t i = 0; i < record->n_entries; i++)
                        ck_assert(k.there[SIDE_STANDBY][i] == (!vital && put->steps[k.fail_at].entry != i));
        }
        k = (Kernel){ .fail_at = -1 };
        for (unsigned n = 0; n < 2; n++)
                ck_assert_int_eq(identity_plan_run(put, carry_out, skip, &k, NULL), 0);
        for (uint32_t i = 0; i < record->n_entries; i++)
                record->entries[i].made = i != 7; /* that was there before */
        ck_assert_int_eq(identity_plan_take(record, true, &take), 0);
        k.n = 0;
        k.fail_at = 7 + 2; /* the address of the primary, the first thing after devices */
        ck_assert_int_eq(identity_plan_run(take, carry_out, skip, &k, NULL), -EINVAL);
        for (uint32_t i = 0; i < record->n_entries; i++) {
                ck_assert(k.there[SIDE_STANDBY][i]);
                ck_assert(!k.there[SIDE_PRIMARY][i]);
        }
        k.fail_at = -1;
        for (unsigned n = 0; n < 2; n++)
                ck_assert_int_eq(identity_plan_run(take, carry_out, skip, &k, NULL), 0);
        for (uint32_t i = 0; i < record->n_entries; i++) {
                ck_assert(k.there[SIDE_STANDBY][i] == (i == 7));
                ck_assert(k.there[SIDE_PRIMARY][i]);
        }
}
END_TEST

START_TEST(test_take_without_restoring) {
        _cleanup_(identity_plan_freep) IdentityPlan *take = NULL;

        add_everything();
        ck_assert_int_eq(identity_plan_take(record, false, &take), 0);
        ck_assert_uint_eq(take->n_steps, 0);
        take = identity_plan_free(take);
        record->entries[0].made = record->entries[4].made = 1;
        ck_assert_int_eq(identity_plan_take(record, false, &take), 0);
        ck_assert_uint_eq(take->n_steps, 2);
        ck_assert_uint_eq(take->steps[0].entry, 4); /* the reverse */
        ck_assert(take->steps[0].remove && take->steps[1].remove);
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
        tcase_add_test(t, test_address_request);
        tcase_add_test(t, test_labels);
        tcase_add_test(t, test_route_request);
        tcase_add_test(t, test_rule_and_neighbour_requests);
        tcase_add_loop_test(t, test_link_request, 0, 2);
        tcase_add_test(t, test_order);
        tcase_add_test(t, test_put_and_take);
        tcase_add_test(t, test_take_without_restoring);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
