/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What requests become of what is kept of a primary, on messages as the kernel builds them. */

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

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

static const RecordEntry *last(void) {
        ck_assert_uint_gt(record->n_entries, 0);
        return record->entries + record->n_entries - 1;
}

static struct nl_msg *request(const RecordEntry *e, bool remove) {
        struct nl_msg *m = NULL;

        ck_assert_int_eq(identity_codec_request(record, e, &place, remove, true, record->read_at, &m), 0);
        return m;
}

START_TEST(test_address_request) {
        struct ifa_cacheinfo info = { .ifa_valid = 100, .ifa_prefered = 50 };
        struct nlattr *a[IFA_MAX + 1];
        const struct ifaddrmsg *head;
        struct nl_msg *m;

        identity_message_add_links(record);
        m = identity_message_address(
                        AF_INET6, PRIMARY, "fd00::1", IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE);
        nla_put(m, IFA_CACHEINFO, sizeof(info), &info);
        identity_message_add(record, m);
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

        identity_message_add_links(record);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                m = identity_message_address(AF_INET, PRIMARY, "10.9.0.1", 0);
                nla_put_string(m, IFA_LABEL, rows[i].before);
                identity_message_add(record, m);
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

        identity_message_add_links(record);
        m = identity_message_route(AF_INET6, CHILD, "fe80::1", RTPROT_RA);
        nla_put(m, RTA_CACHEINFO, sizeof(info), &info);
        identity_message_add(record, m);
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

        identity_message_add_links(record);
        identity_message_add(record, identity_message_rule("eth0"));
        m = request(last(), false);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(struct fib_rule_hdr), a, FRA_MAX, NULL), 0);
        ck_assert_str_eq(nla_get_string(a[FRA_IIFNAME]), "enp5s0");
        ck_assert_uint_eq(nla_get_u32(a[FRA_PRIORITY]), 1000);
        ck_assert_uint_eq(((struct fib_rule_hdr *) nlmsg_data(nlmsg_hdr(m)))->flags, FIB_RULE_INVERT);
        nlmsg_free(m);
        identity_message_add(record, identity_message_neighbour(PRIMARY, NUD_PERMANENT, NTF_ROUTER));
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

        identity_message_add(record, identity_message_link(PRIMARY, "eth0", 0, NULL));
        identity_message_add(
                        record, identity_message_link(CHILD, "lan7", PRIMARY, _i == 0 ? "vlan" : "macvlan"));
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

        m = identity_message_link(31, "lan7", STANDBY, _i == 0 ? "vlan" : "macvlan");
        ck_assert(identity_codec_is_same_child(record, last(), STANDBY, nlmsg_hdr(m)));
        ck_assert(!identity_codec_is_same_child(record, last(), PRIMARY, nlmsg_hdr(m)));
        nlmsg_free(m);
        m = identity_message_link(31, "lan7", STANDBY, "ipvlan");
        ck_assert(!identity_codec_is_same_child(record, last(), STANDBY, nlmsg_hdr(m)));
        nlmsg_free(m);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("identity-codec");
        TCase *t = tcase_create("identity-codec");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_address_request);
        tcase_add_test(t, test_labels);
        tcase_add_test(t, test_route_request);
        tcase_add_test(t, test_rule_and_neighbour_requests);
        tcase_add_loop_test(t, test_link_request, 0, 2);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
