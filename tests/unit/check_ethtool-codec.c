/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On what a Linux 6.18 kernel sent for veth, tap and virtio-net: tests/fuzz/corpus/ethtool-codec. */

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "ethtool-codec.h"
#include "irq-moderation.h"
#include "link-settings-codec.h"
#include "netlink-socket.h"

static AdapterProfile *profile;

static void setup(void) {
        profile = adapter_profile_new();
}

static void teardown(void) {
        profile = adapter_profile_free(profile);
}

static int parse(const char *file) {
        char data[CORPUS_TAG_MAX];
        size_t size;
        _cleanup_free_ uint8_t *message = corpus_read_tagged("ethtool-codec", file, data, &size);

        if (streq(data, "link"))
                return link_settings_codec_parse(message, size, profile);
        return ethtool_codec_parse(prime_item_from_string(data), message, size, profile);
}

static const struct {
        const char *file;
        AdapterAttribute attribute;
        int64_t value; /* -1: not set */
} readings[] = {
        { "veth-channels", ATTRIBUTE_CHANNELS_RX, 4 },
        { "veth-channels", ATTRIBUTE_CHANNELS_TX, 3 },
        { "veth-channels", ATTRIBUTE_CHANNELS_RX_MAX, 8 },
        { "veth-channels", ATTRIBUTE_CHANNELS_COMBINED, -1 },
        { "tap-channels", ATTRIBUTE_CHANNELS_COMBINED_MAX, 256 },
        { "tap-channels", ATTRIBUTE_CHANNELS_COMBINED, 0 },
        { "tap-coalesce", ATTRIBUTE_COALESCE_RX_FRAMES, 0 },
        { "tap-coalesce", ATTRIBUTE_COALESCE_RX_USECS, -1 },
        { "virtio-rings", ATTRIBUTE_RINGS_RX, 256 },
        { "virtio-rings", ATTRIBUTE_RINGS_TX_MAX, 256 },
        { "virtio-rings", ATTRIBUTE_RINGS_TX_PUSH, 0 },
        { "virtio-rings", ATTRIBUTE_RINGS_RX_PUSH, 0 }, /* newer than the headers of Debian 12 */
        { "virtio-rings", ATTRIBUTE_RINGS_RX_MINI, -1 },
        { "virtio-rings", ATTRIBUTE_RINGS_TCP_DATA_SPLIT, -1 },
        { "virtio-coalesce", ATTRIBUTE_COALESCE_RX_FRAMES, 1 },
        { "virtio-coalesce", ATTRIBUTE_COALESCE_TX_USECS, 0 },
        { "virtio-coalesce", ATTRIBUTE_COALESCE_ADAPTIVE_RX, 0 },
        { "veth-link", ATTRIBUTE_MTU, 1400 },
        { "veth-link", ATTRIBUTE_MTU_MIN, 68 },
        { "veth-link", ATTRIBUTE_MTU_MAX, 65535 },
        { "veth-link", ATTRIBUTE_TX_QUEUE_LENGTH, 77 },
        { "veth-link", ATTRIBUTE_GSO_MAX_SIZE, 65536 },
        { "veth-link", ATTRIBUTE_GRO_IPV4_MAX_SIZE, 65536 },
        { "veth-link", ATTRIBUTE_TSO_MAX_SIZE, 524280 },
        { "igb-pause", ATTRIBUTE_PAUSE_AUTONEG, 0 },
        { "igb-pause", ATTRIBUTE_PAUSE_TX, 0 },
        { "igb-link-info", ATTRIBUTE_LINK_MDIX, 3 },
        { "igb-link-modes", ATTRIBUTE_LINK_AUTONEG, 1 },
        { "igb-link-modes", ATTRIBUTE_LINK_ADVERTISED, 0xef },
        { "igb-link-modes", ATTRIBUTE_LINK_SUPPORTED, 0x20ef },
        { "igb-link-modes", ATTRIBUTE_LINK_SPEED, 1000 },
        { "igb-link-modes", ATTRIBUTE_LINK_DUPLEX, 1 },
        { "netdevsim-fec", ATTRIBUTE_FEC_ENCODINGS, 0 },
        { "netdevsim-fec", ATTRIBUTE_FEC_AUTO, 0 },
        { "wol-verbose", ATTRIBUTE_WAKE_ON_LAN, 0x20 },
        { "wol-compact", ATTRIBUTE_WAKE_ON_LAN, 0x20 },
};

START_TEST(test_reading) {
        const AdapterValue *v = &profile->value[readings[_i].attribute];

        ck_assert_int_eq(parse(readings[_i].file), 0);
        ck_assert(v->set == (readings[_i].value >= 0));
        if (v->set)
                ck_assert_uint_eq(v->word[0], (uint64_t) readings[_i].value);
}
END_TEST

static const struct {
        const char *file, *name;
        bool hw, wanted, active, nochange;
} features[] = {
        { "veth-features", "tx-tcp-segmentation", true, false, false, false },
        { "veth-features", "rx-gro", true, true, true, false },
        { "veth-features", "tx-udp-segmentation", true, true, true, false },
        { "tap-features", "tx-tcp-segmentation", true, true, false, false }, /* "off [requested on]" */
        { "virtio-features", "rx-gro", true, true, true, false },
};

START_TEST(test_feature) {
        const AdapterFeature *f;

        ck_assert_int_eq(parse(features[_i].file), 0);
        f = adapter_profile_feature(profile, features[_i].name);
        ck_assert_msg(f != NULL, "%s", features[_i].name);
        ck_assert(f->hw == features[_i].hw && f->wanted == features[_i].wanted &&
                        f->active == features[_i].active && f->nochange == features[_i].nochange);
}
END_TEST

START_TEST(test_compact_features) {
        ck_assert_int_eq(parse("features-compact"), 0);
        ck_assert(profile->feature[0].hw && profile->feature[1].hw && !profile->feature[2].hw &&
                        profile->feature[32].hw);
}
END_TEST

START_TEST(test_link_identity) {
        ck_assert_int_eq(parse("veth-link"), 0);
        ck_assert_str_eq(profile->name, "v0");
        ck_assert_str_eq(profile->kind, "veth");
        ck_assert_int_gt(profile->ifindex, 0);
        *profile = (AdapterProfile){};
        ck_assert_int_eq(parse("tap-link"), 0);
        ck_assert_str_eq(profile->kind, "tun");
}
END_TEST

static const char *const hostile[] = { "hostile-compact-size", "hostile-short-number", "hostile-zero-length",
        "hostile-long-name", "hostile-link-short" };

START_TEST(test_hostile) {
        ck_assert_int_eq(parse(hostile[_i]), -EBADMSG);
}
END_TEST

START_TEST(test_index_out_of_bounds) {
        ck_assert_int_eq(parse("hostile-bit-index"), 0);
        ck_assert(profile->truncated);
}
END_TEST

static struct nl_msg *message_new(void) {
        struct nl_msg *m = nlmsg_alloc_size(16384);

        ck_assert_ptr_nonnull(nlmsg_put(m, 0, 0, 20, 0, NLM_F_REQUEST));
        return m;
}

static void check_payload(struct nl_msg *m, const uint8_t *expected, size_t size) {
        ck_assert_uint_eq((size_t) nlmsg_datalen(nlmsg_hdr(m)), size);
        ck_assert_mem_eq(nlmsg_data(nlmsg_hdr(m)), expected, size);
}

/* Byte for byte, little-endian. */
START_TEST(test_set_channels) {
        static const uint8_t expected[] = {
                ETHTOOL_MSG_CHANNELS_SET, 1, 0, 0,      /* genlmsghdr */
                12, 0, 1, 0x80, 8, 0, 1, 0, 7, 0, 0, 0, /* header: ifindex 7 */
                8, 0, 6, 0, 4, 0, 0, 0,                 /* rx count */
                8, 0, 7, 0, 3, 0, 0, 0,                 /* tx count */
        };
        AdapterChange changes[] = {
                { .attribute = ATTRIBUTE_CHANNELS_RX, .value = adapter_value_number(4) },
                { .attribute = ATTRIBUTE_CHANNELS_TX, .value = adapter_value_number(3) },
        };
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

        ck_assert_int_eq(ethtool_codec_put_set(m, 7, changes, 2), 0);
        check_payload(m, expected, sizeof(expected));
}
END_TEST

START_TEST(test_set_features) {
        static const uint8_t expected[] = {
                ETHTOOL_MSG_FEATURES_SET, 1, 0, 0,               /* genlmsghdr */
                20, 0, 1, 0x80, 8, 0, 1, 0, 7, 0, 0, 0,          /* header: ifindex 7 */
                8, 0, 3, 0, 2, 0, 0, 0,                          /* no reply */
                44, 0, 3, 0x80,                                  /* wanted */
                40, 0, 3, 0x80,                                  /* bits */
                20, 0, 1, 0x80,                                  /* one */
                11, 0, 2, 0, 'r', 'x', '-', 'g', 'r', 'o', 0, 0, /* its name */
                4, 0, 3, 0,                                      /* on */
                16, 0, 1, 0x80,                                  /* another, off */
                11, 0, 2, 0, 't', 'x', '-', 't', 's', 'o', 0, 0, /* its name */
        };
        AdapterChange changes[] = {
                { .attribute = ATTRIBUTE_FEATURE, .name = "rx-gro", .value = adapter_value_number(1) },
                { .attribute = ATTRIBUTE_FEATURE, .name = "tx-tso", .value = adapter_value_number(0) },
        };
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

        ck_assert_int_eq(ethtool_codec_put_set(m, 7, changes, 2), 0);
        check_payload(m, expected, sizeof(expected));
}
END_TEST

START_TEST(test_set_all_features) {
        AdapterChange *changes = calloc(ADAPTER_FEATURES_MAX, sizeof(*changes));
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

        for (unsigned i = 0; i < ADAPTER_FEATURES_MAX; i++) {
                changes[i] = (AdapterChange){ .attribute = ATTRIBUTE_FEATURE,
                        .value = adapter_value_number(1) };
                memset(changes[i].name, 'x', ADAPTER_NAME_MAX - 1);
        }
        ck_assert_int_eq(ethtool_codec_put_set(m, 7, changes, ADAPTER_FEATURES_MAX), 0);
        free(changes);
}
END_TEST

/* A field that the driver does not have is neither told nor sent. */
START_TEST(test_moderation) {
        static const uint8_t expected[] = {
                ETHTOOL_MSG_COALESCE_SET,
                1,
                0,
                0, /* genlmsghdr */
                12,
                0,
                1,
                0x80,
                8,
                0,
                1,
                0,
                7,
                0,
                0,
                0, /* header: ifindex 7 */
                36,
                0,
                29,
                0x80, /* rx profile */
                20,
                0,
                1,
                0x80, /* a step */
                8,
                0,
                1,
                0,
                1,
                0,
                0,
                0, /* microseconds */
                8,
                0,
                2,
                0,
                64,
                0,
                0,
                0, /* packets */
                12,
                0,
                1,
                0x80, /* another */
                8,
                0,
                1,
                0,
                8,
                0,
                0,
                0,
        };
        const IrqModeration m = { 2,
                { { 1, 64, IRQ_MODERATION_NONE }, { 8, IRQ_MODERATION_NONE, IRQ_MODERATION_NONE } } };
        AdapterChange change = { .attribute = ATTRIBUTE_COALESCE_RX_PROFILE,
                .value = irq_moderation_value(&m) };
        _cleanup_(netlink_message_freep) struct nl_msg *message = message_new();
        const uint8_t *attributes = expected + GENL_HDRLEN;

        ck_assert_int_eq(ethtool_codec_put_set(message, 7, &change, 1), 0);
        check_payload(message, expected, sizeof(expected));
        ck_assert_int_eq(ethtool_codec_parse(
                                         PRIME_COALESCE, attributes, sizeof(expected) - GENL_HDRLEN, profile),
                        0);
        ck_assert(adapter_value_equal(&profile->value[ATTRIBUTE_COALESCE_RX_PROFILE], &change.value));
        ck_assert(!profile->value[ATTRIBUTE_COALESCE_TX_PROFILE].set);
        change.value.size--;
        ck_assert_int_eq(ethtool_codec_put_set(message, 7, &change, 1), -ERANGE);
}
END_TEST

/* Cut anywhere, of fields too short, and of more steps than are held. */
START_TEST(test_moderation_hostile) {
        static const uint32_t short_field[] = { 16 | 29 << 16, 12 | 1 << 16, 6 | 1 << 16, 0 },
                              cut_step[] = { 16 | 30 << 16, 12 | 1 << 16, 9 | 1 << 16, 0 },
                              cut_profile[] = { 12 | 30 << 16, 12 | 1 << 16, 0 };
        uint32_t many[1 + 2 * (IRQ_MODERATION_STEPS_MAX + 1)] = { sizeof(many) | 29 << 16 };

        ck_assert_int_eq(ethtool_codec_parse(PRIME_COALESCE, short_field, sizeof(short_field), profile),
                        -EBADMSG);
        ck_assert_int_eq(ethtool_codec_parse(PRIME_COALESCE, cut_step, sizeof(cut_step), profile), -EBADMSG);
        ck_assert_int_eq(ethtool_codec_parse(PRIME_COALESCE, cut_profile, sizeof(cut_profile), profile),
                        -EBADMSG);
        for (size_t i = 0; i <= IRQ_MODERATION_STEPS_MAX; i++)
                many[1 + 2 * i] = 4 | 1 << 16, many[2 + 2 * i] = 4 | 9 << 16;
        ck_assert_int_eq(ethtool_codec_parse(PRIME_COALESCE, many, sizeof(many), profile), -E2BIG);
}
END_TEST

START_TEST(test_set_bounds) {
        AdapterChange large = { .attribute = ATTRIBUTE_RINGS_RX,
                .value = adapter_value_number(UINT64_C(1) << 32) },
                      large_bool = { .attribute = ATTRIBUTE_RINGS_TX_PUSH, .value = adapter_value_number(256) },
                      mtu = { .attribute = ATTRIBUTE_MTU, .value = adapter_value_number(UINT64_MAX) };
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new(), *n = message_new(), *l = NULL;

        ck_assert_int_eq(ethtool_codec_put_set(m, 7, &large, 1), -ERANGE);
        ck_assert_int_eq(ethtool_codec_put_set(n, 7, &large_bool, 1), -ERANGE);
        ck_assert_int_eq(link_settings_codec_set(7, &mtu, 1, &l), -ERANGE);
        ck_assert_ptr_null(l);
}
END_TEST

/* Every setting but features, sysfs ones and what is only reported is carried by exactly one codec. */
START_TEST(test_tables_complete) {
        for (AdapterAttribute i = ATTRIBUTE_NONE + 1; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(i);
                const IrqModeration profile_of_one = { .n_steps = 1 };
                AdapterChange c = { .attribute = i,
                        .value = info->format == FORMAT_MODERATION ? irq_moderation_value(&profile_of_one)
                                                                   : adapter_value_number(1) };
                _cleanup_(netlink_message_freep) struct nl_msg *m = message_new(), *l = NULL;

                if (info->limit || i == ATTRIBUTE_FEATURE || info->item == PRIME_WAKE_ON_LAN)
                        continue;
                if (ethtool_codec_has(info->item))
                        ck_assert_msg(ethtool_codec_put_set(m, 7, &c, 1) == 0, "%s", info->name);
                else if (link_settings_codec_has(info->item))
                        ck_assert_msg(link_settings_codec_set(7, &c, 1, &l) == 0, "%s", info->name);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("ethtool-codec");
        TCase *t = tcase_create("ethtool-codec");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_reading, 0, ELEMENTSOF(readings));
        tcase_add_loop_test(t, test_feature, 0, ELEMENTSOF(features));
        tcase_add_test(t, test_compact_features);
        tcase_add_test(t, test_link_identity);
        tcase_add_loop_test(t, test_hostile, 0, ELEMENTSOF(hostile));
        tcase_add_test(t, test_index_out_of_bounds);
        tcase_add_test(t, test_set_channels);
        tcase_add_test(t, test_set_features);
        tcase_add_test(t, test_set_all_features);
        tcase_add_test(t, test_moderation);
        tcase_add_test(t, test_moderation_hostile);
        tcase_add_test(t, test_set_bounds);
        tcase_add_test(t, test_tables_complete);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
