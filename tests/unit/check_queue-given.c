/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "check-main.h"
#include "netlink-socket.h"
#include "queue-given-codec.h"

#define IFINDEX 7

typedef struct Discipline {
        const char *kind;
        uint32_t handle, parent;
        uint64_t octets;
} Discipline;

static int take(QueueGiven *g, int ifindex, const Discipline *d) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWQDISC, 0);
        struct tcmsg header = { .tcm_ifindex = ifindex, .tcm_handle = d->handle, .tcm_parent = d->parent };
        struct gnet_stats_basic basic = { .bytes = d->octets, .packets = 1 };
        struct nlattr *stats;

        ck_assert_int_eq(nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO), 0);
        nla_put_string(m, TCA_KIND, d->kind);
        stats = nla_nest_start(m, TCA_STATS2);
        nla_put(m, TCA_STATS_BASIC, sizeof(basic), &basic);
        nla_nest_end(m, stats);
        return queue_given_take(g, nlmsg_data(nlmsg_hdr(m)), (size_t) nlmsg_datalen(nlmsg_hdr(m)));
}

static uint64_t given(const QueueGiven *g, size_t queue) {
        uint64_t octets;

        return queue_given_get(g, queue, &octets) ? octets : UINT64_MAX;
}

/* The kernel's own mq has handle 0, one that somebody set another; what hangs on a queue's own is not asked. */
START_TEST(test_per_queue) {
        static const uint32_t handles[] = { 0, 0x80010000 };
        uint32_t root = handles[_i];
        const Discipline all[] = {
                { "mq", root, TC_H_ROOT, 300 },
                { "fq_codel", 0, root | 1, 100 },
                { "htb", 0x10000, root | 2, 200 },
                { "fq_codel", 0, 0x10001, 5 },
        };
        QueueGiven g = { .ifindex = IFINDEX };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                ck_assert_int_eq(take(&g, IFINDEX, all + i), 0);
        ck_assert_uint_eq(given(&g, 0), 100);
        ck_assert_uint_eq(given(&g, 1), 200);
        ck_assert_uint_eq(given(&g, 2), UINT64_MAX);
        ck_assert_uint_eq(given(&g, 100000), UINT64_MAX);
}
END_TEST

START_TEST(test_one_for_all) {
        QueueGiven g = { .ifindex = IFINDEX };

        ck_assert_uint_eq(given(&g, 0), UINT64_MAX);
        ck_assert_int_eq(take(&g, IFINDEX + 1, &(Discipline){ "fq", 0, TC_H_ROOT, 3 }), 0);
        ck_assert_uint_eq(given(&g, 0), UINT64_MAX);
        ck_assert_int_eq(take(&g, IFINDEX, &(Discipline){ "noqueue", 0, TC_H_ROOT, 0 }), 0);
        ck_assert_uint_eq(given(&g, 0), UINT64_MAX);
        ck_assert_int_eq(take(&g, IFINDEX, &(Discipline){ "fq", 0x80010000, TC_H_ROOT, 9 }), 0);
        ck_assert_int_eq(take(&g, IFINDEX, &(Discipline){ "clsact", 0xffff0000, TC_H_INGRESS, 4 }), 0);
        ck_assert_uint_eq(given(&g, 0), 9);
        ck_assert_uint_eq(given(&g, 63), 9);
}
END_TEST

/* Every way to cut a message short, and statistics without octets. */
START_TEST(test_hostile) {
        uint8_t bytes[256] = {};
        const size_t header = sizeof(struct tcmsg);
        struct nlattr kind = { .nla_len = 4 + 3, .nla_type = TCA_KIND },
                      stats = { .nla_len = 4 + 8, .nla_type = TCA_STATS2 },
                      basic = { .nla_len = 4 + 4, .nla_type = TCA_STATS_BASIC };
        QueueGiven g = { .ifindex = IFINDEX };

        ((struct tcmsg *) bytes)->tcm_ifindex = IFINDEX;
        ((struct tcmsg *) bytes)->tcm_parent = TC_H_ROOT;
        memcpy(bytes + header, &kind, sizeof(kind));
        memcpy(bytes + header + 4, "mq", 3);
        memcpy(bytes + header + 8, &stats, sizeof(stats));
        memcpy(bytes + header + 12, &basic, sizeof(basic));
        for (size_t size = 0; size <= header + 20; size++)
                (void) queue_given_take(&g, bytes, size);
        ck_assert_int_eq(queue_given_take(&g, bytes, header + 20), -EBADMSG);
        ck_assert_int_eq(queue_given_take(&g, bytes, header - 1), -EBADMSG);
        basic.nla_len = 200;
        memcpy(bytes + header + 12, &basic, sizeof(basic));
        ck_assert_int_eq(queue_given_take(&g, bytes, header + 20), 0); /* counts nothing */
        ck_assert_uint_eq(given(&g, 0), UINT64_MAX);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("queue-given");
        TCase *t = tcase_create("queue-given");

        tcase_add_loop_test(t, test_per_queue, 0, 2);
        tcase_add_test(t, test_one_for_all);
        tcase_add_test(t, test_hostile);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
