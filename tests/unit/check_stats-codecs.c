/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On messages built after what the kernel puts together (net/ethtool/linkstate.c, fec.c, stats.c, pause.c,
 * net/core/devlink.c of Linux 6.1), since no adapter here counts any of it: tests/fuzz/corpus/stats-codecs. */

#include <linux/devlink.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "devlink-health-codec.h"
#include "ethtool-stats-codec.h"
#include "netlink-socket.h"

/* The file's message, behind its first line; to be freed. */
static uint8_t *load(const char *file, size_t *ret_size) {
        char tag[CORPUS_TAG_MAX];

        return corpus_read_tagged("stats-codecs", file, tag, ret_size);
}

typedef struct Expected {
        StatsValue value;
        uint64_t n;
} Expected;

static const struct {
        const char *file;
        StatsKind kind;
        int result;
        Expected expected[8];
} readings[] = {
        { "link-state-phy", STATS_LINK_STATE, 3,
                        { { STATS_LINK_DOWN_COUNT, 42 }, { STATS_SQI, 5 }, { STATS_SQI_MAX, 7 } } },
        { "link-state-plain", STATS_LINK_STATE, 0, {} },
        { "link-state-down", STATS_LINK_STATE, 3,
                        { { STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE },
                                        { STATS_LINK_TROUBLE_DETAIL,
                                                        ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE },
                                        { STATS_LINK_DOWN_COUNT, 43 } } },
        { "link-state-down-plain", STATS_LINK_STATE, 1,
                        { { STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_NO_CABLE } } },
        { "link-state-down-new", STATS_LINK_STATE, 2,
                        { { STATS_LINK_TROUBLE, 255 }, { STATS_LINK_TROUBLE_DETAIL, 254 } } },
        { "hostile-link-state-trouble-empty", STATS_LINK_STATE, 0, {} },
        { "hostile-link-state-trouble-alone", STATS_LINK_STATE, 1, { { STATS_LINK_TROUBLE_DETAIL, 1 } } },
        { "hostile-link-state-short", STATS_LINK_STATE, -EBADMSG, {} },
        { "fec-bits", STATS_FEC, 3,
                        { { STATS_FEC_BLOCKS, 1000 }, { STATS_FEC_LOST_BLOCKS, 7 },
                                        { STATS_FEC_BITS, 123456789012 } } },
        { "fec-blocks", STATS_FEC, 2, { { STATS_FEC_BLOCKS, 77 }, { STATS_FEC_LOST_BLOCKS, 0 } } },
        { "fec-histogram", STATS_FEC, 3,
                        { { STATS_FEC_BLOCKS, 1000 }, { STATS_FEC_LOST_BLOCKS, 7 },
                                        { STATS_FEC_NEAR_LIMIT, 9 + 3 + (UINT64_C(1) << 33) + 1 } } },
        { "fec-histogram-coarse", STATS_FEC, 2, { { STATS_FEC_BLOCKS, 1000 }, { STATS_FEC_LOST_BLOCKS, 7 } } },
        { "hostile-fec-bin-short", STATS_FEC, -EBADMSG, {} },
        { "hostile-fec-bin-unbounded", STATS_FEC, -EBADMSG, {} },
        { "hostile-fec-bin-cut", STATS_FEC, -EBADMSG, {} },
        { "hostile-fec-bins-many", STATS_FEC, 2, { { STATS_FEC_BLOCKS, 1000 }, { STATS_FEC_LOST_BLOCKS, 7 } } },
        { "fec-none", STATS_FEC, 0, {} },
        { "fec-off", STATS_FEC, 0, {} },
        { "hostile-fec-short", STATS_FEC, -EBADMSG, {} },
        { "hostile-fec-nest", STATS_FEC, -EBADMSG, {} },
        { "standard-all", STATS_STANDARD, 5,
                        { { STATS_SYMBOLS, 11 }, { STATS_FCS, 12 }, { STATS_MAC_TX, 14 },
                                        { STATS_FRAGMENTS, 16 }, { STATS_JABBERS, 17 } } },
        { "standard-empty", STATS_STANDARD, 0, {} },
        { "hostile-standard-no-group", STATS_STANDARD, 0, {} },
        { "hostile-standard-group", STATS_STANDARD, -EBADMSG, {} },
        { "hostile-standard-short", STATS_STANDARD, -EBADMSG, {} },
        { "pause", STATS_PAUSE, 2, { { STATS_PAUSE_TX, 21 }, { STATS_PAUSE_RX, 22 } } },
        { "pause-none", STATS_PAUSE, 0, {} },
        { "link-mode", STATS_LINK_MODE, 2,
                        { { STATS_LINK_SPEED, 100000 }, { STATS_LINK_DUPLEX, DUPLEX_FULL } } },
        { "link-mode-unknown", STATS_LINK_MODE, 0, {} },
};

START_TEST(test_readings) {
        size_t size;
        _cleanup_free_ uint8_t *message = load(readings[_i].file, &size);
        EthtoolStats s = {};
        int n = 0;

        ck_assert_int_eq(ethtool_stats_parse(readings[_i].kind, message, size, &s), readings[_i].result);
        for (StatsValue v = 0; v < _STATS_VALUE_MAX; v++)
                n += s.set[v];
        ck_assert_int_eq(n, MAX(readings[_i].result, 0));
        for (int i = 0; i < n; i++) {
                const Expected *x = readings[_i].expected + i;

                ck_assert(s.set[x->value]);
                ck_assert_uint_eq(s.value[x->value], x->n);
        }
}
END_TEST

/* No length at which it ends is read beyond (a sanitizer would tell), nor gives more than there is. */
START_TEST(test_cut) {
        size_t size;
        _cleanup_free_ uint8_t *message = load(readings[_i].file, &size);

        for (size_t length = 0; length < size; length++) {
                _cleanup_free_ uint8_t *cut = malloc(MAX(length, (size_t) 1));
                EthtoolStats s = {};

                memcpy(cut, message, length);
                ck_assert_int_le(ethtool_stats_parse(readings[_i].kind, cut, length, &s),
                                MAX(readings[_i].result, 0));
        }
}
END_TEST

/* What is asked: the command, the adapter, and statistics where they do not come by themselves. */
START_TEST(test_requests) {
        static const struct {
                StatsKind kind;
                uint8_t command;
                uint16_t header;
                uint32_t flags;
        } rows[] = {
                { STATS_LINK_STATE, ETHTOOL_MSG_LINKSTATE_GET, ETHTOOL_A_LINKSTATE_HEADER, 0 },
                { STATS_FEC, ETHTOOL_MSG_FEC_GET, ETHTOOL_A_FEC_HEADER, ETHTOOL_FLAG_STATS },
                { STATS_STANDARD, ETHTOOL_MSG_STATS_GET, ETHTOOL_A_STATS_HEADER, 0 },
                { STATS_PAUSE, ETHTOOL_MSG_PAUSE_GET, ETHTOOL_A_PAUSE_HEADER, ETHTOOL_FLAG_STATS },
                { STATS_LINK_MODE, ETHTOOL_MSG_LINKMODES_GET, ETHTOOL_A_LINKMODES_HEADER, 0 },
        };
        _cleanup_(netlink_message_freep) struct nl_msg *m = ethtool_stats_request(21, rows[_i].kind, 5);
        struct nlmsghdr *h = nlmsg_hdr(m);
        struct nlattr *header, *index, *flags;
        size_t size = 0;
        const void *list = netlink_genl_payload(h, &size);

        ck_assert_int_eq(h->nlmsg_type, 21);
        ck_assert_int_eq(((const struct genlmsghdr *) nlmsg_data(h))->cmd, rows[_i].command);
        header = nla_find((struct nlattr *) list, (int) size, rows[_i].header);
        ck_assert_ptr_nonnull(header);
        index = nla_find(nla_data(header), nla_len(header), ETHTOOL_A_HEADER_DEV_INDEX);
        flags = nla_find(nla_data(header), nla_len(header), ETHTOOL_A_HEADER_FLAGS);
        ck_assert_ptr_nonnull(index);
        ck_assert_uint_eq(nla_get_u32(index), 5);
        ck_assert_uint_eq(flags ? nla_get_u32(flags) : 0, rows[_i].flags);
        ethtool_stats_request_for(m, rows[_i].kind, 77);
        ck_assert_uint_eq(nla_get_u32(index), 77);
        ck_assert_int_eq(nla_find((struct nlattr *) list, (int) size, ETHTOOL_A_STATS_GROUPS) != NULL,
                        rows[_i].kind == STATS_STANDARD);
}
END_TEST

static const struct {
        const char *file;
        int result;
        DevlinkReporter reporter;
} reporters[] = {
        { "devlink-get", 0, { "pci", "0000:3b:00.0", "fw", 3 } },
        { "devlink-port-fatal", 0, { "pci", "0000:3b:00.0", "fw_fatal", 1 } },
        { "devlink-other", -ENOMSG, {} },
        { "hostile-devlink-no-device", -EBADMSG, {} },
        { "hostile-devlink-no-count", -EBADMSG, {} },
        { "hostile-devlink-short-count", -EBADMSG, {} },
        { "hostile-devlink-long-name", -ENOMSG, {} },
};

START_TEST(test_reporters) {
        size_t size;
        _cleanup_free_ uint8_t *message = load(reporters[_i].file, &size);
        DevlinkReporter r = {};

        ck_assert_int_eq(devlink_health_parse(message, size, &r), reporters[_i].result);
        ck_assert_str_eq(r.bus, reporters[_i].reporter.bus);
        ck_assert_str_eq(r.device, reporters[_i].reporter.device);
        ck_assert_str_eq(r.name, reporters[_i].reporter.name);
        ck_assert_uint_eq(r.errors, reporters[_i].reporter.errors);
        for (size_t length = 0; length < size; length++) {
                _cleanup_free_ uint8_t *cut = malloc(MAX(length, (size_t) 1));

                memcpy(cut, message, length);
                r = (DevlinkReporter){};
                if (devlink_health_parse(cut, length, &r) < 0)
                        ck_assert_uint_eq(r.errors, 0);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("stats-codecs");
        TCase *t = tcase_create("stats-codecs");

        tcase_add_loop_test(t, test_readings, 0, ELEMENTSOF(readings));
        tcase_add_loop_test(t, test_cut, 0, ELEMENTSOF(readings));
        tcase_add_loop_test(t, test_requests, 0, 5);
        tcase_add_loop_test(t, test_reporters, 0, ELEMENTSOF(reporters));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
