/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On what Linux 6.1 and 6.18 sent for veth, igb and netdevsim, and on what no machine here can be made to send,
 * built after the kernel's own structures (DCB, offloaded IPsec and MACsec): tests/fuzz/corpus/adapter-codecs.
 */

#include <linux/genetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "address-list-codec.h"
#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "dcb-codec.h"
#include "devlink-codec.h"
#include "filter-codec.h"
#include "link-settings-codec.h"
#include "netlink-socket.h"
#include "qdisc-codec.h"
#include "qdisc-tree-codec.h"
#include "qdisc-value.h"
#include "timestamping-codec.h"
#include "upper-link-codec.h"

static AdapterProfile *profile;
static QdiscView view;

static void setup(void) {
        profile = adapter_profile_new();
        profile->ifindex = 2;
        view = (QdiscView){};
}

static void teardown(void) {
        profile = adapter_profile_free(profile);
}

static int parse(const char *file) {
        char data[CORPUS_TAG_MAX];
        size_t size;
        _cleanup_free_ char *m = corpus_read_tagged("adapter-codecs", file, data, &size);

        if (streq(data, "addresses"))
                return address_list_codec_parse(m, size, profile);
        if (streq(data, "dcb"))
                return dcb_codec_parse(m, size, profile);
        if (streq(data, "devlink"))
                return devlink_codec_parse(m, size, "pci", "0000:3b:00.0", profile);
        if (streq(data, "filter"))
                return filter_codec_parse(m, size, false, profile);
        if (streq(data, "link"))
                return link_settings_codec_parse(m, size, profile);
        if (streq(data, "qdisc"))
                return qdisc_codec_parse(m, size, profile, &view);
        if (streq(data, "tree-qdisc"))
                return qdisc_codec_parse(m, size, profile, &view);
        if (streq(data, "tree-class"))
                return qdisc_tree_codec_parse_class(m, size, profile, &view);
        if (streq(data, "tree-filter"))
                return qdisc_tree_codec_parse_filter(m, size, profile, &view);
        if (streq(data, "uppers")) {
                int r = upper_link_codec_parse_vlan(m, size, profile);

                return r < 0 ? r : upper_link_codec_parse_macsec(m, size, profile);
        }
        if (streq(data, "timestamping"))
                return timestamping_codec_parse(m, size, profile);
        if (streq(data, "xfrm"))
                return xfrm_states_codec_parse(m, size, profile);
        ck_assert_str_eq(data, "tls");
        tls_stat_parse_line(m, profile);
        return 0;
}

static const struct {
        const char *file;
        AdapterAttribute attribute;
        int64_t value; /* -1: not set */
} counts[] = {
        { "vlan", ATTRIBUTE_VLANS, 1 },
        { "vlan", ATTRIBUTE_MACSEC_DEVICES, -1 },
        { "vlan-elsewhere", ATTRIBUTE_VLANS, -1 }, /* over a device of another namespace with that index */
        { "upper-vlan", ATTRIBUTE_VLANS, 1 },
        { "upper-macsec", ATTRIBUTE_MACSEC_DEVICES, -1 }, /* not offloaded */
        { "upper-macsec", ATTRIBUTE_VLANS, -1 },
        { "macsec-offloaded", ATTRIBUTE_MACSEC_DEVICES, 1 },
        { "macsec-software", ATTRIBUTE_MACSEC_DEVICES, -1 },
        { "xfrm-offloaded", ATTRIBUTE_XFRM_STATES, 1 },
        { "xfrm-elsewhere", ATTRIBUTE_XFRM_STATES, -1 },
        { "xfrm-software", ATTRIBUTE_XFRM_STATES, -1 },
        { "tls-tx", ATTRIBUTE_TLS_TX, 7 },
        { "tls-tx", ATTRIBUTE_TLS_RX, -1 },
        { "timestamping", ATTRIBUTE_TIMESTAMP_TX, 1 },
        { "timestamping", ATTRIBUTE_TIMESTAMP_RX, 12 },
        { "link-promisc", ATTRIBUTE_PROMISC, 1 },
        { "link-promisc", ATTRIBUTE_ALLMULTI, 0 },
        { "link-promisc", ATTRIBUTE_XDP_NATIVE, 0 },
};

START_TEST(test_count) {
        const AdapterValue *v = &profile->value[counts[_i].attribute];

        ck_assert_int_eq(parse(counts[_i].file), 0);
        ck_assert(v->set == (counts[_i].value >= 0));
        if (v->set)
                ck_assert_uint_eq(v->word[0], (uint64_t) counts[_i].value);
}
END_TEST

static const char *entry_text(AdapterAttribute a, unsigned place, const char *name) {
        static char text[ADAPTER_VALUE_TEXT_MAX];
        const AdapterValue *v = adapter_profile_get(profile, a, place, name);

        ck_assert_msg(v != NULL, "no %s %u", name ? name : "", place);
        return adapter_value_format(text, v, adapter_attribute_info(a)->format);
}

START_TEST(test_addresses) {
        profile->ifindex = 3;
        ck_assert_int_eq(parse("address-unicast"), 0);
        ck_assert_int_eq(parse("address-group"), 0);
        ck_assert_int_eq(parse("address-ip"), 0); /* IP's own business */
        ck_assert_uint_eq(profile->n_entries, 2);
        ck_assert_str_eq(entry_text(ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:77"), "on");
        ck_assert_str_eq(entry_text(ATTRIBUTE_ADDRESS, 0, "01:0c:cd:01:00:01"), "on");
        profile->ifindex = 4;
        adapter_profile_clear(profile, UINT64_MAX);
        ck_assert_int_eq(parse("address-unicast"), 0);
        ck_assert_uint_eq(profile->n_entries, 0);
}
END_TEST

START_TEST(test_disciplines) {
        profile->ifindex = 3;
        ck_assert_int_eq(parse("qdisc-mq"), 0);
        ck_assert_uint_eq(view.root, 0x80000);
        ck_assert(view.root_is_mq);
        ck_assert_int_eq(parse("qdisc-pfifo"), 0);
        ck_assert_int_eq(parse("qdisc-default"), 0); /* nobody's choice */
        ck_assert_uint_eq(profile->n_entries, 2);
        ck_assert_str_eq(entry_text(ATTRIBUTE_QDISC, 0, NULL), "mq");
        ck_assert_int_eq(strncmp(entry_text(ATTRIBUTE_QDISC, 3, NULL), "pfifo ", 6), 0);
        profile->ifindex = 2;
        ck_assert_int_eq(parse("qdisc-tbf"), 0);
        ck_assert(!view.root_is_mq);
        ck_assert_str_eq(qdisc_value_kind(adapter_profile_get(profile, ATTRIBUTE_QDISC, 0, NULL)), "tbf");
}
END_TEST

START_TEST(test_long_options) {
        ck_assert_int_eq(parse("qdisc-long-options"), 0);
        ck_assert_uint_eq(profile->n_entries, 0);
        ck_assert(profile->truncated);
}
END_TEST

START_TEST(test_filters) {
        const AdapterValue *v;

        ck_assert_int_eq(parse("filter-list"), 0);
        ck_assert_uint_eq(profile->n_entries, 0);
        ck_assert_int_eq(parse("filter-u32"), 0);
        v = adapter_profile_get(profile, ATTRIBUTE_FILTER, 0, "ingress:5:0800:00000800");
        ck_assert(v && streq(qdisc_value_kind(v), "u32") && filter_value_target(v) == 0);
        ck_assert_int_eq(parse("filter-mirred"), 0);
        v = adapter_profile_get(profile, ATTRIBUTE_FILTER, 0, "ingress:5:0800:00000800");
        ck_assert(v && filter_value_target(v) > 0);
        ck_assert_int_eq(parse("filter-chain"), 0);
        ck_assert_str_eq(entry_text(ATTRIBUTE_FILTER_OTHER, 0, "ingress:6:0800:00000800"),
                        "u32 pref 6: in a chain");
        adapter_profile_clear(profile, UINT64_C(1) << PRIME_FILTERS);
        profile->ifindex = 9;
        ck_assert_int_eq(parse("filter-u32"), 0);
        ck_assert_uint_eq(profile->n_entries, 0);
}
END_TEST

START_TEST(test_dcb) {
        ck_assert_int_eq(parse("dcb"), 0);
        ck_assert_str_eq(adapter_value_format((char[ADAPTER_VALUE_TEXT_MAX]){},
                                         &profile->value[ATTRIBUTE_DCB_ETS], FORMAT_BYTES),
                        "3232000000000000"
                        "3232000000000000"
                        "0202000000000000"
                        "0000000100000000");
        ck_assert_str_eq(adapter_value_format((char[ADAPTER_VALUE_TEXT_MAX]){},
                                         &profile->value[ATTRIBUTE_DCB_PFC], FORMAT_BYTES),
                        "08000000");
        ck_assert_uint_eq(profile->n_entries, 2);
        ck_assert_str_eq(entry_text(ATTRIBUTE_DCB_APP, 0, "1:35078:3"), "on");
        ck_assert_str_eq(entry_text(ATTRIBUTE_DCB_APP, 0, "5:10:4"), "on");
}
END_TEST

/* What is set reads back as the same, and an application that is none is refused. */
START_TEST(test_dcb_set) {
        AdapterChange changes[3] = { { .attribute = ATTRIBUTE_DCB_ETS }, { .attribute = ATTRIBUTE_DCB_PFC },
                { .attribute = ATTRIBUTE_DCB_APP, .name = "1:35078:3", .value = adapter_value_number(1) } };
        static const char *const wrong[] = { "1:35078", "1:70000:3", "x", "1:2:3:4", "300:1:1" };

        ck_assert_int_eq(parse("dcb"), 0);
        changes[0].value = profile->value[ATTRIBUTE_DCB_ETS];
        changes[1].value = profile->value[ATTRIBUTE_DCB_PFC];
        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                _cleanup_(adapter_profile_freep) AdapterProfile *read = adapter_profile_new();
                _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
                struct nlmsghdr *h;

                ck_assert_int_eq(dcb_codec_set("eth0", &changes[i], &m), 0);
                h = nlmsg_hdr(m);
                ck_assert_int_eq(h->nlmsg_type, RTM_SETDCB);
                ck_assert_int_eq(dcb_codec_parse(nlmsg_data(h), (size_t) nlmsg_datalen(h), read), 0);
                if (i < 2)
                        ck_assert(adapter_value_equal(&read->value[changes[i].attribute], &changes[i].value));
                else
                        ck_assert_ptr_nonnull(adapter_profile_get(read, ATTRIBUTE_DCB_APP, 0, changes[i].name));
        }
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                AdapterChange c = { .attribute = ATTRIBUTE_DCB_APP, .value = adapter_value_number(1) };
                struct nl_msg *m;

                memcpy(c.name, wrong[i], strlen(wrong[i]));
                ck_assert_int_eq(dcb_codec_set("eth0", &c, &m), -EINVAL);
        }
}
END_TEST

/* The kernel says "no" in an answer that looks like success. */
START_TEST(test_dcb_result) {
        uint8_t no[12] = { 0, 0x14, 0, 0, 5, 0, 13, 0, (uint8_t) -EOPNOTSUPP };

        ck_assert_int_eq(dcb_codec_parse_result(no, sizeof(no)), -EOPNOTSUPP);
        no[8] = 0;
        ck_assert_int_eq(dcb_codec_parse_result(no, sizeof(no)), 0);
}
END_TEST

START_TEST(test_devlink) {
        ck_assert_int_eq(parse("devlink-number"), 0);
        ck_assert_int_eq(parse("devlink-text"), 0);
        ck_assert_int_eq(parse("devlink-flag"), 0);
        ck_assert_int_eq(parse("devlink-1"), 0); /* of another device */
        ck_assert_uint_eq(profile->n_entries, 4);
        ck_assert_str_eq(entry_text(ATTRIBUTE_DEVLINK, 1, "max_macs"), "128");
        ck_assert_str_eq(entry_text(ATTRIBUTE_DEVLINK, 0, "flow_steering_mode"), "smfs");
        ck_assert_str_eq(entry_text(ATTRIBUTE_DEVLINK, 1, "enable_roce"), "true");
        ck_assert_str_eq(entry_text(ATTRIBUTE_DEVLINK, 2, "enable_roce"), "false");
}
END_TEST

START_TEST(test_address_set) {
        AdapterChange c = {
                .attribute = ATTRIBUTE_ADDRESS, .name = "02:00:00:00:00:77", .value = adapter_value_number(1)
        };
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL, *gone = NULL;
        struct nlmsghdr *h;

        ck_assert_int_eq(address_list_codec_set(2, &c, &m), 0);
        h = nlmsg_hdr(m);
        ck_assert_int_eq(h->nlmsg_type, RTM_NEWNEIGH);
        ck_assert_int_eq(address_list_codec_parse(nlmsg_data(h), (size_t) nlmsg_datalen(h), profile), 0);
        ck_assert_ptr_nonnull(adapter_profile_get(profile, ATTRIBUTE_ADDRESS, 0, c.name));
        c.value = adapter_value_absent();
        ck_assert_int_eq(address_list_codec_set(2, &c, &gone), 0);
        ck_assert_int_eq(nlmsg_hdr(gone)->nlmsg_type, RTM_DELNEIGH);
        memcpy(c.name, "02:00:00:00:00", 15);
        ck_assert_int_eq(address_list_codec_set(2, &c, &gone), -EINVAL);
}
END_TEST

START_TEST(test_discipline_set) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL, *leaf = NULL;
        AdapterChange c = { .attribute = ATTRIBUTE_QDISC };
        QdiscView mq = { .root = 0x80000, .root_is_mq = true }, plain = { .root = 0x90000 }, none = {};
        struct tcmsg header;
        struct nl_msg *nothing;

        ck_assert_int_eq(parse("qdisc-tbf"), 0);
        c.value = *adapter_profile_get(profile, ATTRIBUTE_QDISC, 0, NULL);
        ck_assert_int_eq(qdisc_codec_set(7, &none, &c, &m), 0);
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_NEWQDISC);
        memcpy(&header, nlmsg_data(nlmsg_hdr(m)), sizeof(header));
        ck_assert(header.tcm_parent == TC_H_ROOT && header.tcm_handle == 0 && header.tcm_ifindex == 7);
        c.place = 3;
        ck_assert_int_eq(qdisc_codec_set(7, &mq, &c, &leaf), 0);
        memcpy(&header, nlmsg_data(nlmsg_hdr(leaf)), sizeof(header));
        ck_assert_uint_eq(header.tcm_parent, 0x80003);
        ck_assert_int_eq(qdisc_codec_set(7, &plain, &c, &nothing), -EOPNOTSUPP);
        c.value = adapter_value_absent();
        ck_assert_int_eq(qdisc_codec_set(7, &plain, &c, &nothing), 0); /* its root took it along */
        ck_assert_ptr_null(nothing);
        c.value = adapter_value_bytes("no end", 6);
        ck_assert_int_eq(qdisc_codec_set(7, &mq, &c, &nothing), -EINVAL);
}
END_TEST

/* What is set reads back as the same; a kernel has the message when it takes both of its sets. */
START_TEST(test_timestamping_set) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(21, 0),
                                                       *wrong = nlmsg_alloc_simple(21, 0);
        AdapterChange changes[] = { { .attribute = ATTRIBUTE_TIMESTAMP_TX, .value = adapter_value_number(1) },
                { .attribute = ATTRIBUTE_TIMESTAMP_RX, .value = adapter_value_number(12) } };

        ck_assert_int_eq(timestamping_codec_put_set(m, 2, changes, 2), 0);
        ck_assert_int_eq(timestamping_codec_parse((uint8_t *) nlmsg_data(nlmsg_hdr(m)) + GENL_HDRLEN,
                                         (size_t) nlmsg_datalen(nlmsg_hdr(m)) - GENL_HDRLEN, profile),
                        0);
        ck_assert_uint_eq(profile->value[ATTRIBUTE_TIMESTAMP_TX].word[0], 1);
        ck_assert_uint_eq(profile->value[ATTRIBUTE_TIMESTAMP_RX].word[0], 12);
        changes[0].value = adapter_value_number(32);
        ck_assert_int_eq(timestamping_codec_put_set(wrong, 2, changes, 1), -ERANGE);
        ck_assert(timestamping_codec_offered(0x3e));
        ck_assert(!timestamping_codec_offered(0) && !timestamping_codec_offered(1U << 3));
}
END_TEST

/* What the kernel's codel_time_t makes of microseconds, and dumps of that. */
static uint32_t codel_time(uint32_t usec) {
        return (uint32_t) (((uint64_t) usec * 1000 >> 10 << 10) / 1000);
}

START_TEST(test_codel_times) {
        static const uint32_t asked[] = { 5000, 100000, 1, 7, 123456, 1024, 999999 };

        for (size_t i = 0; i < ELEMENTSOF(asked); i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
                struct {
                        char kind[9];
                        struct nlattr target __attribute__((packed));
                        uint32_t usec __attribute__((packed));
                        struct nlattr limit __attribute__((packed));
                        uint32_t packets __attribute__((packed));
                } dumped = { "fq_codel", { NLA_HDRLEN + 4, TCA_FQ_CODEL_TARGET }, codel_time(asked[i]),
                        { NLA_HDRLEN + 4, TCA_FQ_CODEL_LIMIT }, 10240 };
                AdapterChange c = { .attribute = ATTRIBUTE_QDISC,
                        .value = adapter_value_bytes(&dumped, sizeof(dumped)) };
                struct nlattr *options, *target, *limit;

                ck_assert_int_eq(qdisc_codec_set(7, &(QdiscView){}, &c, &m), 0);
                options = nlmsg_find_attr(nlmsg_hdr(m), sizeof(struct tcmsg), TCA_OPTIONS);
                ck_assert_ptr_nonnull(options);
                target = nla_find(nla_data(options), nla_len(options), TCA_FQ_CODEL_TARGET);
                limit = nla_find(nla_data(options), nla_len(options), TCA_FQ_CODEL_LIMIT);
                ck_assert(target && limit);
                ck_assert_uint_eq(codel_time(nla_get_u32(target)), dumped.usec);
                ck_assert_uint_eq(nla_get_u32(limit), 10240);
        }
}
END_TEST

/* A tree of htb as Linux 6.18 dumps it; matchall built after what Linux 6.1 does. */
START_TEST(test_tree) {
        static const char *const parts[] = { "tree-qdisc-root", "tree-qdisc-leaf", "tree-class-1",
                "tree-class-10", "tree-filter-0", "tree-filter-1", "tree-filter-2", "tree-filter-matchall" };
        const AdapterValue *v;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                ck_assert_int_eq(parse(parts[i]), 0);
        ck_assert(view.root_is_classful && view.root == 0x10000);
        ck_assert_uint_eq(view.others, 0);
        ck_assert_uint_eq(profile->n_entries, 6);
        v = adapter_profile_get(profile, ATTRIBUTE_QDISC_CLASS, 0x10, NULL);
        ck_assert(v && qdisc_tree_parent(v) == 1);
        ck_assert_str_eq(qdisc_value_kind(v), "htb");
        v = adapter_profile_get(profile, ATTRIBUTE_QDISC_LEAF, 0x10, NULL);
        ck_assert(v && streq(qdisc_value_kind(v), "pfifo"));
        ck_assert_ptr_nonnull(adapter_profile_get(profile, ATTRIBUTE_QDISC_FILTER, 0, "5:0800:800"));
        /* neither that no hardware does it nor how often it was met */
        v = adapter_profile_get(profile, ATTRIBUTE_QDISC_FILTER, 0, "5:0800:1");
        ck_assert(v && v->size == sizeof("matchall") + 8);
        /* what is not replayed is counted */
        ck_assert_int_eq(parse("tree-filter-action"), 0);
        ck_assert_int_eq(parse("tree-filter-chain"), 0);
        ck_assert_uint_eq(view.others, 2);
}
END_TEST

/* Every part is addressed, and what is no place or name is refused. */
START_TEST(test_tree_set) {
        static const char *const wrong[] = { "", "5", "5:0800", "0:0800:1", "5:0800:1x", "70000:0800:1" };
        QdiscView tree = { .root = 0x10000, .root_is_classful = true };
        AdapterChange c = { .attribute = ATTRIBUTE_QDISC_FILTER, .name = "5:0800:800" };
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        struct tcmsg *header;

        c.value = adapter_value_bytes("u32", 4);
        ck_assert_int_eq(qdisc_tree_codec_set(2, &tree, &c, &m), 0);
        header = nlmsg_data(nlmsg_hdr(m));
        ck_assert_int_eq(nlmsg_hdr(m)->nlmsg_type, RTM_NEWTFILTER);
        ck_assert_uint_eq(header->tcm_handle, 0x800);
        ck_assert_uint_eq(header->tcm_info, 0x50008);
        ck_assert_uint_eq(header->tcm_parent, 0x10000);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                struct nl_msg *none = NULL;

                memcpy(c.name, wrong[i], strlen(wrong[i]) + 1);
                ck_assert_int_eq(qdisc_tree_codec_set(2, &tree, &c, &none), -EINVAL);
        }
}
END_TEST

static const char *const hostile[] = { "hostile-dcb-short-ets", "hostile-devlink-short-number",
        "hostile-xfrm-short", "hostile-qdisc-no-kind", "hostile-qdisc-long-kind", "hostile-address-list",
        "hostile-timestamping-short", "hostile-timestamping-cut", "hostile-tree-class-short",
        "hostile-tree-filter-cut", "hostile-filter-cut" };

START_TEST(test_hostile) {
        ck_assert_int_eq(parse(hostile[_i]), -EBADMSG);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("adapter-codecs");
        TCase *t = tcase_create("adapter-codecs");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_count, 0, ELEMENTSOF(counts));
        tcase_add_test(t, test_addresses);
        tcase_add_test(t, test_disciplines);
        tcase_add_test(t, test_codel_times);
        tcase_add_test(t, test_long_options);
        tcase_add_test(t, test_filters);
        tcase_add_test(t, test_dcb);
        tcase_add_test(t, test_dcb_set);
        tcase_add_test(t, test_dcb_result);
        tcase_add_test(t, test_devlink);
        tcase_add_test(t, test_address_set);
        tcase_add_test(t, test_discipline_set);
        tcase_add_test(t, test_timestamping_set);
        tcase_add_test(t, test_tree);
        tcase_add_test(t, test_tree_set);
        tcase_add_loop_test(t, test_hostile, 0, ELEMENTSOF(hostile));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
