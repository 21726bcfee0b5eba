/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On messages built after what the kernel puts together (net/core/netdev-genl.c of Linux 6.18), since no
 * adapter here counts more than packets: tests/fuzz/corpus/stats-codecs. */

#include <errno.h>

#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "netlink-socket.h"
#include "queue-stats-codec.h"

/* of whom the corpus tells */
#define IFINDEX 5

static const struct {
        const char *file;
        int result;
        uint64_t alloc_fail, overruns, checksum, malformed;
} readings[] = {
        /* numbers of 4 bytes and of 8 */
        { "queues-all", 4, (UINT64_C(12) << 32) + 12, 14, (UINT64_C(18) << 32) + 18, 25 },
        { "queues-packets", 0, 0, 0, 0, 0 },
        { "queues-other", -ENOMSG, 0, 0, 0, 0 },
        { "hostile-queues-nobody", -ENOMSG, 0, 0, 0, 0 },
        { "hostile-queues-short", -EBADMSG, 0, 0, 0, 0 },
        { "hostile-queues-wide", -EBADMSG, 0, 0, 0, 0 },
        { "hostile-queues-empty", -EBADMSG, 0, 0, 0, 0 },
        { "hostile-queues-cut", -EBADMSG, 0, 0, 0, 0 },
};

static uint8_t *load(const char *file, size_t *ret_size) {
        char tag[CORPUS_TAG_MAX];

        return corpus_read_tagged("stats-codecs", file, tag, ret_size);
}

START_TEST(test_readings) {
        size_t size;
        _cleanup_free_ uint8_t *message = load(readings[_i].file, &size);
        EthtoolStats s = {};
        int n = 0;

        ck_assert_int_eq(queue_stats_parse(message, size, IFINDEX, &s), readings[_i].result);
        for (StatsValue v = 0; v < _STATS_VALUE_MAX; v++)
                n += s.set[v];
        ck_assert_int_eq(n, MAX(readings[_i].result, 0));
        ck_assert_uint_eq(s.value[STATS_RX_ALLOC_FAIL], readings[_i].alloc_fail);
        ck_assert_uint_eq(s.value[STATS_RX_OVERRUNS], readings[_i].overruns);
        ck_assert_uint_eq(s.value[STATS_RX_CHECKSUM], readings[_i].checksum);
        ck_assert_uint_eq(s.value[STATS_TX_MALFORMED], readings[_i].malformed);
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
                ck_assert_int_le(queue_stats_parse(cut, length, IFINDEX, &s), MAX(readings[_i].result, 0));
        }
}
END_TEST

START_TEST(test_request) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = queue_stats_request(21, IFINDEX);
        struct nlmsghdr *h = nlmsg_hdr(m);
        struct nlattr *index;
        size_t size = 0;
        const void *list = netlink_genl_payload(h, &size);

        ck_assert_int_eq(h->nlmsg_type, 21);
        ck_assert_int_eq(((const struct genlmsghdr *) nlmsg_data(h))->cmd, 12);
        ck_assert_uint_eq(size, NLA_HDRLEN + sizeof(uint32_t)); /* nothing else: the sum of the queues */
        index = nla_find((struct nlattr *) list, (int) size, 1);
        ck_assert_uint_eq(nla_get_u32(index), IFINDEX);
        queue_stats_request_for(m, 77);
        ck_assert_uint_eq(nla_get_u32(index), 77);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("queue-stats-codec");
        TCase *t = tcase_create("queue-stats-codec");

        tcase_add_loop_test(t, test_readings, 0, ELEMENTSOF(readings));
        tcase_add_loop_test(t, test_cut, 0, ELEMENTSOF(readings));
        tcase_add_test(t, test_request);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
