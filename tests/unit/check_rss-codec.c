/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The netlink messages about how received flows are spread, and what of a frame is hashed. */

#include <linux/ethtool.h>

#include "alloc-util.h"
#include "check-main.h"
#include "ethtool-ioctl-codec.h"
#include "flow-hash-codec.h"
#include "netlink-socket.h"
#include "rss-codec.h"

static RssConfig config(void) {
        RssConfig c = { .key = adapter_value_bytes("0123456789", 10), .function = 2, .transform = 1 };

        rss_table_default(&c.table, 64, 3);
        return c;
}

/* What is sent by netlink reads back as itself; a table of the driver's own is sent empty. */
START_TEST(test_netlink) {
        RssConfig c = config(), again;
        unsigned all = RSS_CHANGE_TABLE | RSS_CHANGE_KEY | RSS_CHANGE_FUNCTION | RSS_CHANGE_TRANSFORM;

        for (unsigned changes = 0; changes <= (all | RSS_CHANGE_DEFAULT); changes++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_size(32768);
                uint8_t *attributes = (uint8_t *) nlmsg_hdr(m) + NLMSG_HDRLEN + 4;
                uint32_t context;
                size_t size;

                ck_assert_ptr_nonnull(nlmsg_put(m, 0, 0, 0x1d, 0, 0));
                ck_assert_int_eq(rss_codec_put_config(m, RSS_MESSAGE_SET, 7, 3, &c, changes), 0);
                size = nlmsg_hdr(m)->nlmsg_len - NLMSG_HDRLEN - 4;
                ck_assert_int_eq(rss_codec_parse(attributes, size, &again), 0);
                ck_assert_uint_eq(again.table.n_slots,
                                changes & RSS_CHANGE_TABLE && !(changes & RSS_CHANGE_DEFAULT) ? 64 : 0);
                ck_assert_uint_eq(again.key.size, changes & RSS_CHANGE_KEY ? 10 : 0);
                ck_assert_uint_eq(again.function, changes & RSS_CHANGE_FUNCTION ? 2 : 0);
                ck_assert_uint_eq(again.transform, changes & RSS_CHANGE_TRANSFORM ? 1 : 0);
                ck_assert_int_eq(rss_codec_parse_context(attributes, size, &context), 0);
                ck_assert_uint_eq(context, 3);
        }
}
END_TEST

/* Attributes too short, too long, of numbers out of range. */
START_TEST(test_netlink_hostile) {
        static const struct {
                uint16_t type;
                size_t size;
                uint8_t fill;
                int r;
        } attributes[] = {
                { 3, 4, 1, -E2BIG },
                { 3, 4, 0, 0 },
                { 3, 2, 0, -EBADMSG },
                { 4, 8, 0, 0 },
                { 4, 8, 1, -E2BIG },
                { 4, 7, 0, -EBADMSG },
                { 4, 4 * (RSS_SLOTS_MAX + 1), 0, -E2BIG },
                { 5, ADAPTER_BYTES_MAX, 1, 0 },
                { 5, ADAPTER_BYTES_MAX + 1, 1, -E2BIG },
                { 6, 4, 0, 0 },
                { 99, 3, 1, 0 },
        };
        static uint32_t buffer[RSS_SLOTS_MAX + 16];
        RssConfig c;

        for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                struct nlattr *attr = (struct nlattr *) buffer;

                *attr = (struct nlattr){ .nla_type = attributes[i].type,
                        .nla_len = (uint16_t) (NLA_HDRLEN + attributes[i].size) };
                memset((uint8_t *) buffer + NLA_HDRLEN, attributes[i].fill, attributes[i].size);
                ck_assert_msg(rss_codec_parse(buffer, NLA_HDRLEN + attributes[i].size, &c) == attributes[i].r,
                                "attribute %zu", i);
        }
}
END_TEST

static struct nl_msg *message_new(void) {
        struct nl_msg *m = nlmsg_alloc_size(4096);

        ck_assert_ptr_nonnull(nlmsg_put(m, 0, 0, 20, 0, NLM_F_REQUEST));
        return m;
}

#define HEADER_7 1, 0, 0, 12, 0, 1, 0x80, 8, 0, 1, 0, 7, 0, 0, 0 /* version, and of the adapter 7 */

/* Byte for byte, little-endian. */
START_TEST(test_messages) {
        static const uint8_t get[] = { 38, HEADER_7 }, get_context[] = { 38, HEADER_7, 8, 0, 2, 0, 3, 0, 0, 0 },
                             create[] = { 49, HEADER_7, 8, 0, 2, 0, 3, 0, 0, 0, 12, 0, 4, 0, 0, 0, 0, 0, 1, 0,
                                     0, 0 },
                             delete[] = { 50, HEADER_7, 8, 0, 2, 0, 3, 0, 0, 0 },
                             hash[] = { 48, HEADER_7, 12, 0, 8, 0x80, 8, 0, 6, 0, 0xf0, 0, 0, 0 };
        static const struct {
                const uint8_t *bytes;
                size_t size;
        } expected[] = {
                { get, sizeof(get) },
                { get_context, sizeof(get_context) },
                { create, sizeof(create) },
                { delete, sizeof(delete) },
                { hash, sizeof(hash) },
        };
        RssConfig two = { .table = { .n_slots = 2, .queue = { 0, 1 } } };

        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

                switch (i) {
                case 0:
                        ck_assert_int_eq(rss_codec_put_get(m, 7, 0), 0);
                        break;
                case 1:
                        ck_assert_int_eq(rss_codec_put_get(m, 7, 3), 0);
                        break;
                case 2:
                        ck_assert_int_eq(rss_codec_put_config(
                                                         m, RSS_MESSAGE_CREATE, 7, 3, &two, RSS_CHANGE_TABLE),
                                        0);
                        break;
                case 3:
                        ck_assert_int_eq(rss_codec_put_delete(m, 7, 3), 0);
                        break;
                case 4:
                        ck_assert_int_eq(flow_hash_codec_put_set(m, 7, "udp4",
                                                         RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3),
                                        0);
                        break;
                }
                ck_assert_uint_eq((size_t) nlmsg_datalen(nlmsg_hdr(m)), expected[i].size);
                ck_assert_mem_eq(nlmsg_data(nlmsg_hdr(m)), expected[i].bytes, expected[i].size);
        }
}
END_TEST

/* What a kernel's policy of the message must have for the change to go by it. */
START_TEST(test_rss_offered) {
        const uint64_t linux_6_18 = 0x17e, without_transform = linux_6_18 & ~(UINT64_C(1) << 6);
        const unsigned all = RSS_CHANGE_TABLE | RSS_CHANGE_KEY | RSS_CHANGE_FUNCTION | RSS_CHANGE_TRANSFORM;

        ck_assert(rss_codec_can_carry(linux_6_18, 1, all));
        ck_assert(!rss_codec_can_carry(without_transform, 0, all));
        ck_assert(!rss_codec_can_carry(without_transform, 0, RSS_CHANGE_TRANSFORM));
        ck_assert(rss_codec_can_carry(without_transform, 0, RSS_CHANGE_DEFAULT));
        ck_assert(!rss_codec_can_carry(0, 0, RSS_CHANGE_KEY));
        ck_assert(!rss_codec_can_carry(0, 0, 0));
        ck_assert(!rss_codec_can_carry(linux_6_18 & ~(UINT64_C(1) << 2), 1, RSS_CHANGE_KEY));
        ck_assert(rss_codec_can_carry(linux_6_18 & ~(UINT64_C(1) << 2), 0, RSS_CHANGE_KEY));
}
END_TEST

/* The kinds of the ioctl are all known here too, and newer ones besides. */
START_TEST(test_flow_hash) {
        static const uint32_t attributes[] = {
                8 | 2 << 16, 1,           /* of a context */
                28 | 8 << 16,             /* the kinds */
                8 | 6 << 16, RXH_IP_SRC,  /* udp4 */
                8 | 24 << 16, RXH_IP_DST, /* gtpu4u */
                8 | 63 << 16, 1,          /* of a newer kernel */
        };
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();

        ck_assert_int_eq(flow_hash_codec_parse(attributes, sizeof(attributes), p), 2);
        ck_assert_uint_eq(p->n_entries, 2);
        ck_assert_uint_eq(adapter_profile_get(p, ATTRIBUTE_FLOW_HASH, 0, "udp4")->word[0], RXH_IP_SRC);
        ck_assert_uint_eq(adapter_profile_get(p, ATTRIBUTE_FLOW_HASH, 0, "gtpu4u")->word[0], RXH_IP_DST);
        ck_assert_int_eq(flow_hash_codec_parse(attributes, 8, p), 0);
        for (size_t size = 12; size < sizeof(attributes); size++) /* less is padding */
                ck_assert_int_eq(flow_hash_codec_parse(attributes, size, p), -EBADMSG);
}
END_TEST

START_TEST(test_flow_hash_refused) {
        static const uint32_t short_fields[] = { 11 | 8 << 16, 6 | 6 << 16, 0 },
                              cut[] = { 12 | 8 << 16, 9 | 6 << 16, 0 };
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        const char *name;

        ck_assert_int_eq(flow_hash_codec_parse(short_fields, sizeof(short_fields), p), -EBADMSG);
        ck_assert_int_eq(flow_hash_codec_parse(cut, sizeof(cut), p), -EBADMSG);
        ck_assert_int_eq(flow_hash_codec_put_set(m, 7, "smoke-signal", 1), -EOPNOTSUPP);
        ck_assert_int_eq(flow_hash_codec_put_set(m, 7, "udp4", UINT64_C(1) << 32), -ERANGE);
        ck_assert(!flow_hash_codec_can_set(0x7e, "udp4"));
        ck_assert(!flow_hash_codec_can_set(0x17e, "smoke-signal"));
        for (size_t i = 0; (name = ethtool_ioctl_flow_name(i)); i++)
                ck_assert(flow_hash_codec_can_set(0x17e, name));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("rss-codec");
        TCase *t = tcase_create("rss-codec");

        tcase_add_test(t, test_netlink);
        tcase_add_test(t, test_netlink_hostile);
        tcase_add_test(t, test_messages);
        tcase_add_test(t, test_rss_offered);
        tcase_add_test(t, test_flow_hash);
        tcase_add_test(t, test_flow_hash_refused);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
