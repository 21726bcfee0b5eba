/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "alloc-util.h"
#include "bond-codec.h"
#include "check-main.h"
#include "corpus.h"

/* Bytes captured from a kernel (6.1): the fuzz corpus. bond0 of A (active) and B. */
static struct nlmsghdr *captured(const char *name) {
        size_t size;
        void *data = corpus_read("bond-codec", name, &size);

        ck_assert_uint_ge(size, NLMSG_HDRLEN);
        return data;
}

START_TEST(reads_a_bond) {
        _cleanup_free_ struct nlmsghdr *message = captured("bond");
        BondState bond;
        BondPort port;

        ck_assert_int_eq(bond_codec_parse(message, &bond), 0);
        ck_assert_str_eq(bond.name, "bond0");
        ck_assert_int_gt(bond.ifindex, 0);
        ck_assert_uint_eq(bond.mode, BOND_ACTIVE_BACKUP);
        ck_assert_str_eq(bond_mode_to_string(bond.mode), "active-backup");
        ck_assert_int_gt(bond.active, 0);
        ck_assert_int_eq(bond.primary, bond.active);
        ck_assert_uint_eq(bond.fail_over_mac, BOND_MAC_FOLLOW);
        ck_assert(!bond.all_slaves_active);
        ck_assert(!bond.promiscuous);
        ck_assert_mem_eq(bond.address.octet, ((uint8_t[]){ 0x9e, 0x2a, 0x2e, 0xd3, 0xb2, 0x86 }), 6);
        ck_assert_int_eq(bond_codec_parse_port(message, &port), -ENOMSG);
}
END_TEST

START_TEST(reads_an_open_bond) {
        _cleanup_free_ struct nlmsghdr *message = captured("bond-open");
        BondState bond;

        ck_assert_int_eq(bond_codec_parse(message, &bond), 0);
        ck_assert(bond.all_slaves_active);
        ck_assert(bond.promiscuous);
        ck_assert_int_eq(bond.primary, 0);
        ck_assert_uint_eq(bond.fail_over_mac, BOND_MAC_NONE);
}
END_TEST

START_TEST(reads_other_modes) {
        _cleanup_free_ struct nlmsghdr *message = captured("bond-802.3ad");
        BondState bond;

        ck_assert_int_eq(bond_codec_parse(message, &bond), 0);
        ck_assert_uint_eq(bond.mode, BOND_802_3AD);
        ck_assert_int_eq(bond.active, 0);
        ck_assert_str_eq(bond_mode_to_string(bond.mode), "802.3ad");
        ck_assert_str_eq(bond_mode_to_string(99), "an unknown mode");
}
END_TEST

START_TEST(reads_a_port) {
        _cleanup_free_ struct nlmsghdr *message = captured("port"), *of_bond = captured("bond");
        BondState bond;
        BondPort port;

        ck_assert_int_eq(bond_codec_parse(of_bond, &bond), 0);
        ck_assert_int_eq(bond_codec_parse_port(message, &port), 0);
        ck_assert_int_eq(port.bond, bond.ifindex);
        ck_assert_str_eq(port.name, "B");
        /* with fail_over_mac follow the one that stands by has another address than the bond */
        ck_assert_mem_eq(port.permanent.octet, ((uint8_t[]){ 2, 0, 0, 0, 0, 0x0b }), 6);
        ck_assert_int_eq(bond_codec_parse(message, &bond), -ENOMSG);
}
END_TEST

/* Cut off anywhere: an error or less of it, and nothing beyond its end is read. */
START_TEST(survives_truncation) {
        static const char *const names[] = { "bond", "port" };

        for (size_t k = 0; k < ELEMENTSOF(names); k++) {
                _cleanup_free_ struct nlmsghdr *whole = captured(names[k]);

                for (uint32_t n = NLMSG_HDRLEN; n < whole->nlmsg_len; n++) {
                        _cleanup_free_ struct nlmsghdr *part = malloc(n);
                        BondState bond;
                        BondPort port;

                        memcpy(part, whole, n);
                        part->nlmsg_len = n;
                        (void) bond_codec_parse(part, &bond);
                        (void) bond_codec_parse_port(part, &port);
                }
        }
}
END_TEST

/* What is sent is what the kernel's own answer looks like. */
START_TEST(builds_requests) {
        struct nl_msg *m = bond_codec_set_active(7, 3);
        struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_BOND_MAX + 1];
        const struct ifinfomsg *head;

        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_NEWLINK);
        ck_assert(!(nlmsg_hdr(m)->nlmsg_flags & NLM_F_CREATE)); /* never a new bond */
        head = nlmsg_data(nlmsg_hdr(m));
        ck_assert_int_eq(head->ifi_index, 7);
        ck_assert_uint_eq(head->ifi_change, 0); /* not its IFF_UP */
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(*head), attrs, IFLA_MAX, NULL), 0);
        ck_assert_int_eq(nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL), 0);
        ck_assert_str_eq(nla_get_string(info[IFLA_INFO_KIND]), "bond");
        ck_assert_int_eq(nla_parse_nested(data, IFLA_BOND_MAX, info[IFLA_INFO_DATA], NULL), 0);
        ck_assert_uint_eq(nla_get_u32(data[IFLA_BOND_ACTIVE_SLAVE]), 3);
        for (int k = 1; k <= IFLA_BOND_MAX; k++)
                ck_assert(k == IFLA_BOND_ACTIVE_SLAVE || !data[k]); /* and nothing else of it */
        nlmsg_free(m);
        m = bond_codec_set_all_slaves_active(7, true);
        ck_assert_int_eq(nlmsg_parse(nlmsg_hdr(m), sizeof(*head), attrs, IFLA_MAX, NULL), 0);
        ck_assert_int_eq(nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL), 0);
        ck_assert_int_eq(nla_parse_nested(data, IFLA_BOND_MAX, info[IFLA_INFO_DATA], NULL), 0);
        ck_assert_uint_eq(nla_get_u8(data[IFLA_BOND_ALL_SLAVES_ACTIVE]), 1);
        nlmsg_free(m);
        m = bond_codec_set_promiscuous(3, false);
        head = nlmsg_data(nlmsg_hdr(m));
        ck_assert_uint_eq(head->ifi_change, IFF_PROMISC);
        ck_assert_uint_eq(head->ifi_flags, 0);
        nlmsg_free(m);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("bond-codec");
        TCase *c = tcase_create("bond-codec");

        tcase_add_test(c, reads_a_bond);
        tcase_add_test(c, reads_an_open_bond);
        tcase_add_test(c, reads_other_modes);
        tcase_add_test(c, reads_a_port);
        tcase_add_test(c, survives_truncation);
        tcase_add_test(c, builds_requests);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
