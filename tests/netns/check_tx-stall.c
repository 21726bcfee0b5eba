/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real kernel's disciplines beside queues whose octets in flight the test makes up: veth has no byte queue
 * limits (the kernel shows them, if at all, as nothing in flight for ever). */

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check-main.h"
#include "netns-lab.h"
#include "stats-source.h"
#include "sysfs-link.h"
#include "sysfs-signals.h"
#include "sysfs-tree.h"

#define TICK (250 * USEC_PER_MSEC)

static SysfsShared shared;
static StatsSource *stats;
static int ifindex;
static SysfsSignals signals;
static int tree;
static usec_t now;

static void setup(void) {
        Error e = {};

        lab_enter();
        lab_run(-1, "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
        lab_run(-1, "ip link add va numtxqueues 2 numrxqueues 2 type veth peer name vb");
        lab_run(-1, "ethtool -L va tx 2; ip link set vb up; ip link set va up");
        ck_assert_msg(sysfs_shared_init(&shared, &e) >= 0, "%s", e.text);
        tree = sysfs_tree_new(false);
        sysfs_tree_set(tree, "queues/tx-0/byte_queue_limits/inflight", "0\n");
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/inflight", "0\n");
        ck_assert_msg(stats_source_new(&stats, &e) >= 0, "%s", e.text);
        ifindex = (int) if_nametoindex("va");
        sysfs_signals_init(&signals, &shared, tree);
        now = USEC_PER_SEC;
}

static void teardown(void) {
        sysfs_signals_done(&signals);
        sysfs_shared_done(&shared);
        stats = stats_source_free(stats);
        sysfs_tree_free(tree);
}

/* By the queue of that number, which XPS gives to the processor of the same number; -1: nothing. */
static void send_by(int queue) {
        static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
        cpu_set_t one, all;
        int fd;

        if (queue < 0)
                return;
        CPU_ZERO(&one);
        CPU_SET((size_t) queue, &one);
        ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *) &to, sizeof(to)),
                        sizeof(frame));
        close(fd);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}

static uint64_t stalls_after(unsigned ticks, bool locks, int queue) {
        HealthSample samples[SYSFS_SIGNALS_MAX];
        uint64_t count = UINT64_MAX;

        for (unsigned i = 0; i < ticks; i++) {
                send_by(queue);
                if (locks && sysfs_signals_is_suspect(&signals)) {
                        QueueGiven given = { .ifindex = ifindex };

                        ck_assert_int_ge(stats_source_queues(stats, &given, 1, NULL), 0);
                        sysfs_signals_check(&signals, &given, now);
                }
                ck_assert_uint_eq(sysfs_signals_sample(&signals, now, true, samples, ELEMENTSOF(samples)), 1);
                ck_assert_int_eq(samples[0].signal, SIGNAL_TX_STALL);
                count = samples[0].count;
                now += TICK;
        }
        return count;
}

static void per_queue(void) {
        lab_run(-1, "tc qdisc replace dev va root mq");
        lab_run(-1, "echo 1 > /sys/class/net/va/queues/tx-0/xps_cpus");
        lab_run(-1, "echo 2 > /sys/class/net/va/queues/tx-1/xps_cpus");
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/inflight", "30280\n");
}

/* One queue of two holds frames and is given none, while the other one works. */
START_TEST(test_one_queue) {
        per_queue();
        ck_assert_uint_eq(stalls_after(4, true, 0), 0);
        ck_assert_uint_gt(stalls_after(16, true, 0), 2);
        ck_assert_uint_lt(now, 6 * USEC_PER_SEC + USEC_PER_SEC / 4);
        /* it works again */
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/inflight", "0\n");
        ck_assert_uint_eq(stalls_after(1, true, -1), stalls_after(20, true, -1));
}
END_TEST

/* The same number whenever one looks, but the queue is given frames: a busy one. */
START_TEST(test_busy_queue) {
        per_queue();
        ck_assert_uint_eq(stalls_after(24, true, 1), 0);
}
END_TEST

/* A discipline for all queues, none at all, and nobody who may be asked. */
START_TEST(test_other_disciplines) {
        lab_run(-1, "tc qdisc replace dev va root pfifo");
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/inflight", "30280\n");
        ck_assert_uint_eq(stalls_after(24, true, 0), 0);
        ck_assert_uint_eq(stalls_after(16, false, -1), 0);
        ck_assert_uint_gt(stalls_after(16, true, -1), 2);
        lab_run(-1, "tc qdisc del dev va root");
        ck_assert_uint_eq(stalls_after(1, true, -1), stalls_after(20, true, -1));
}
END_TEST

/* What veth itself offers is read without a fault, and never says that it stands still. */
START_TEST(test_real_sysfs) {
        HealthSample samples[SYSFS_SIGNALS_MAX];
        int fd = sysfs_link_open("va", (int) if_nametoindex("va"), NULL);

        ck_assert_int_ge(fd, 0);
        sysfs_signals_done(&signals);
        sysfs_signals_init(&signals, &shared, fd);
        for (unsigned i = 0; i < 20; i++, now += TICK) {
                size_t n = sysfs_signals_sample(&signals, now, true, samples, ELEMENTSOF(samples));

                ck_assert_uint_le(n, 1);
                if (n == 1) {
                        ck_assert_int_eq(samples[0].signal, SIGNAL_TX_STALL);
                        ck_assert_uint_eq(samples[0].count, 0);
                }
        }
        printf("veth %s byte queue limits here\n", signals.queues ? "has" : "has no");
        lab_run(-1, "ip link del va");
        for (unsigned i = 0; i < 4; i++, now += TICK)
                ck_assert_uint_eq(sysfs_signals_sample(&signals, now, true, samples, 7), 0);
        sysfs_signals_done(&signals);
        close(fd);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("tx-stall");
        TCase *t = tcase_create("tx-stall");

        tcase_set_timeout(t, 120);
        tcase_add_checked_fixture(t, setup, teardown);
        if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
                tcase_add_test(t, test_one_queue);
                tcase_add_test(t, test_busy_queue);
        } else
                puts("one processor: no queue of a choice");
        tcase_add_test(t, test_other_disciplines);
        tcase_add_test(t, test_real_sysfs);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
