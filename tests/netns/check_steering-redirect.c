/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend moves live traffic between two adapters: every frame is counted. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "redirect-hook.h"
#include "redirect-programs.h"
#include "steering-traffic.h"

static const SteeringPath guard = { SIDE_PRIMARY, SIDE_PRIMARY };
static const SteeringPath split = { SIDE_STANDBY, SIDE_PRIMARY };
static const SteeringPath switched = { SIDE_STANDBY, SIDE_STANDBY };
static const SteeringPath split_back = { SIDE_PRIMARY, SIDE_STANDBY };

#define REST (250 * USEC_PER_MSEC)

static SteeringCounters counters(Steering *s) {
        SteeringCounters c;

        ck_assert_int_eq(steering_get_counters(s, &c), 0);
        return c;
}

/* Which adapters have moved frames, in the split. */
static void assert_traffic_is_split(Traffic *t, Steering *s) {
        SteeringTraffic primary, standby;

        (void) steering_take_traffic(s, SIDE_PRIMARY);
        (void) steering_take_traffic(s, SIDE_STANDBY);
        traffic_run(t, s, REST);
        primary = steering_take_traffic(s, SIDE_PRIMARY);
        standby = steering_take_traffic(s, SIDE_STANDBY);
        ck_assert(primary.sent && standby.received && !standby.sent);
}

/* guard, split, switched, A's cable pulled and plugged in again, the way back over the other split. */
static void there_and_back(SteeringLab *lab, unsigned flows, unsigned per_second) {
        /* Before, both adapters are heard: then every group-addressed frame comes twice. */
        const bool from_the_start = (flows & ~(1u << FLOW_ECHO4 | 1u << FLOW_ECHO6)) == 0;
        Steering *s = from_the_start ? NULL : steering_lab_open(lab, &steering_redirect);
        Traffic *t = traffic_new(lab, flows, per_second);
        SteeringCounters before, after;

        if (from_the_start) {
                traffic_run(t, NULL, REST);
                s = steering_lab_open(lab, &steering_redirect);
        }
        traffic_run(t, s, REST);
        traffic_move_planned(t, s, split);
        traffic_run(t, s, 2 * REST); /* until the old side is closed */
        before = counters(s);
        traffic_run(t, s, 2 * REST);
        after = counters(s);
        ck_assert_uint_gt(after.ingress_unicast[SIDE_STANDBY], before.ingress_unicast[SIDE_STANDBY] + 100);
        ck_assert_uint_gt(after.egress[SIDE_PRIMARY], before.egress[SIDE_PRIMARY] + 100);
        ck_assert_uint_eq(after.ingress_unicast[SIDE_PRIMARY], before.ingress_unicast[SIDE_PRIMARY]);
        ck_assert_uint_eq(after.egress[SIDE_STANDBY], before.egress[SIDE_STANDBY]);
        assert_traffic_is_split(t, s);
        traffic_move_planned(t, s, switched);
        traffic_run(t, s, REST);
        before = counters(s);
        steering_lab_set_cable(lab, SIDE_PRIMARY, false);
        traffic_run(t, s, 2 * REST);
        after = counters(s);
        ck_assert_uint_eq(after.egress[SIDE_PRIMARY], before.egress[SIDE_PRIMARY]);
        steering_lab_set_cable(lab, SIDE_PRIMARY, true);
        /* The bridge may hear of the carrier a second late (net/core/link_watch.c). */
        traffic_run(t, s, 1500 * USEC_PER_MSEC);
        traffic_move_planned(t, s, split_back);
        traffic_run(t, s, 2 * REST);
        traffic_move_planned(t, s, guard);
        traffic_run(t, s, REST);
        traffic_stop(t);
        traffic_assert_whole(t);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
        traffic_free(t);
}

START_TEST(unicast) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_ECHO6, 10000);
}
END_TEST

START_TEST(only_inet6) {
        SteeringLab lab;

        steering_lab_init(&lab, &(SteeringLabOptions){ .only_inet6 = true });
        there_and_back(&lab, 1u << FLOW_ECHO6, 10000);
}
END_TEST

START_TEST(groups) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        there_and_back(&lab,
                        1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4 | 1u << FLOW_BROADCAST4 |
                                        1u << FLOW_MULTICAST6,
                        5000);
}
END_TEST

/* With VLANs, whose tag the kernel keeps beside the frame. */
START_TEST(tagged) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_TAGGED | 1u << FLOW_GROUP_TAGGED, 5000);
}
END_TEST

START_TEST(two_switches) {
        SteeringLab lab;

        steering_lab_init(&lab, &(SteeringLabOptions){ .two_switches = true });
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_ECHO6 | 1u << FLOW_MULTICAST4, 5000);
}
END_TEST

/* The way of kernels before 6.6. Adding the qdisc itself may cost frames (design section 5), so what counts
 * begins afterwards. */
START_TEST(classifiers) {
        SteeringLab lab;

        redirect_hook_without_tcx = true;
        steering_lab_init(&lab, NULL);
        lab_run(-1, "tc qdisc add dev A clsact && tc qdisc add dev B clsact");
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_ECHO6 | 1u << FLOW_MULTICAST4, 5000);
        /* Ours are gone, theirs is not. */
        lab_run(-1,
                        "test -z \"$(tc filter show dev A ingress; tc filter show dev A egress; "
                        "tc filter show dev B ingress; tc filter show dev B egress)\"");
        lab_run(-1, "tc qdisc show dev A | grep -q clsact && tc qdisc show dev B | grep -q clsact");
}
END_TEST

/* Received frames wait in another CPU's backlog, where those handed over wait a second time; on the way back
 * none may be overtaken. */
START_TEST(backlog) {
        SteeringLab lab;
        cpu_set_t here;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        CPU_ZERO(&here);
        CPU_SET(0, &here);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(here), &here), 0);
        if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
                lab_run(-1, "for d in A B; do echo 2 > /sys/class/net/$d/queues/rx-0/rps_cpus; done");
        /* Listeners that nobody reads make each frame expensive, so that a queue forms. */
        for (unsigned i = 0; i < 40; i++)
                ck_assert_int_ge(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), 0);
        s = steering_lab_open(&lab, &steering_redirect);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 5000);
        traffic_run(t, s, 100 * USEC_PER_MSEC); /* while ARP resolves, the kernel itself reorders */
        for (unsigned i = 0; i < 16; i++) {
                SteeringPath target = i % 2 ? guard : split;

                traffic_burst(t, 150);
                ck_assert_int_eq(steering_begin(s, target, STEERING_PLANNED, clock_monotonic(), NULL), 0);
                traffic_burst(t, 150);
                traffic_move_planned(t, s, target);
                traffic_run(t, s, 150 * USEC_PER_MSEC);
        }
        traffic_stop(t);
        traffic_assert_whole(t);
        steering_close(s);
        traffic_free(t);
}
END_TEST

/* Frames wait on their way into A, as in a ring whose processor is busy, while ingress is to move to B: the
 * network is told when they have passed, and those that come by B do not overtake them. */
START_TEST(waiting) {
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        lab_run(lab.switch_fd, "tc qdisc add dev sA root tbf limit 10m rate 10gbit burst 100k");
        s = steering_lab_open(&lab, &steering_redirect);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 2000);
        traffic_run(t, s, REST);
        for (unsigned i = 0; i < 4; i++) {
                /* some frames pass, and then as good as none */
                lab_run(lab.switch_fd, "tc qdisc change dev sA root tbf limit 10m rate 8kbit burst 600");
                traffic_burst(t, 30);
                ck_assert_int_eq(steering_begin(s, split, STEERING_PLANNED, clock_monotonic(), NULL), 0);
                traffic_run(t, s, 5 * USEC_PER_MSEC);
                lab_run(lab.switch_fd, "tc qdisc change dev sA root tbf limit 10m rate 10gbit burst 100k");
                traffic_burst(t, 1);
                traffic_move_planned(t, s, split);
                traffic_run(t, s, 2 * REST);
                traffic_move_planned(t, s, guard);
                traffic_run(t, s, 2 * REST);
        }
        traffic_stop(t);
        traffic_assert_whole(t);
        steering_close(s);
        traffic_free(t);
}
END_TEST

/* The network's memory is jolted back and forth faster than a move takes. */
START_TEST(hasty) {
        const SteeringPath path[] = { split, guard, split, switched, split_back, switched, guard, split };
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        t = traffic_new(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4 | 1u << FLOW_BROADCAST4, 5000);
        s = steering_lab_open(&lab, &steering_redirect);
        for (unsigned i = 0; i < 48; i++) {
                traffic_run(t, s, (i * 7919) % 45 * USEC_PER_MSEC);
                ck_assert_int_eq(steering_begin(s, path[i % ELEMENTSOF(path)], STEERING_PLANNED,
                                                 clock_monotonic(), NULL),
                                0);
                if (i % 5 == 0)
                        traffic_move_planned(t, s, path[i % ELEMENTSOF(path)]);
        }
        traffic_move_planned(t, s, guard);
        traffic_run(t, s, REST);
        traffic_stop(t);
        traffic_assert_whole(t);
        steering_close(s);
        traffic_free(t);
}
END_TEST

/* Each path outlives the process that set it, and the next one goes on with it, also in the middle of a move.
 */
START_TEST(survives) {
        const SteeringPath path[] = { guard, split, switched, split_back, guard };
        usec_t slept = 0;
        SteeringCounters before;
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        t = traffic_new(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4, 5000);
        s = steering_lab_open(&lab, &steering_redirect);
        for (unsigned i = 0; i < 2 * ELEMENTSOF(path); i++) {
                SteeringPath target = path[i / 2];

                if (i % 2) {
                        traffic_move_planned(t, s, target);
                        traffic_run(t, s, REST);
                } else {
                        ck_assert_int_eq(steering_begin(s, target, STEERING_PLANNED, clock_monotonic(), NULL),
                                        0);
                        traffic_run(t, NULL, slept += 3 * USEC_PER_MSEC);
                }
                before = counters(s);
                s = steering_close(s);
                traffic_run(t, NULL, 100 * USEC_PER_MSEC);
                s = steering_lab_open(&lab, &steering_redirect);
                ck_assert(steering_path_equal(steering_get_path(s), target));
                ck_assert_uint_ge(counters(s).egress[target.egress], before.egress[target.egress]);
                traffic_run(t, s, REST);
        }
        traffic_stop(t);
        traffic_assert_whole(t);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
        traffic_free(t);
}
END_TEST

static void age_config(bool other_layout) {
        struct redirect_config config;
        uint32_t key = 0;
        int fd = bpf_obj_get("/sys/fs/bpf/primed/lan:1/config");

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &config), 0);
        config.program_hash ^= 1;
        config.abi -= other_layout;
        ck_assert_int_eq(bpf_map_update_elem(fd, &key, &config, BPF_ANY), 0);
        close(fd);
}

/* The daemon is upgraded while traffic is split: other programs, then also other maps take over. */
START_TEST(upgrade) {
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        redirect_hook_without_tcx = _i;
        steering_lab_init(&lab, NULL);
        s = steering_lab_open(&lab, &steering_redirect);
        t = traffic_new(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4, 5000);
        traffic_move_planned(t, s, split);
        traffic_run(t, s, 2 * REST);
        for (unsigned i = 0; i < 3; i++) {
                SteeringCounters before = counters(s);

                steering_close(s);
                age_config(i > 0);
                traffic_run(t, NULL, REST);
                s = steering_lab_open(&lab, &steering_redirect);
                ck_assert(steering_path_equal(steering_get_path(s), split));
                if (i == 0)
                        ck_assert_uint_gt(counters(s).egress[SIDE_PRIMARY], before.egress[SIDE_PRIMARY]);
                traffic_run(t, s, 2 * REST);
                ck_assert_uint_gt(counters(s).ingress_unicast[SIDE_STANDBY], 100);
        }
        traffic_move_planned(t, s, switched);
        traffic_run(t, s, REST);
        traffic_move_planned(t, s, guard);
        traffic_stop(t);
        traffic_assert_whole(t);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
        traffic_free(t);
}
END_TEST

/* Lets the steering look at itself until it says that it was mended; frames go on meanwhile. */
static void wait_mended(Traffic *t, Steering *s) {
        Error what = {};

        for (unsigned i = 0; i < 60; i++) {
                traffic_run(t, s, 100 * USEC_PER_MSEC);
                if (steering_check(s, clock_monotonic(), true, &what) == STEERING_MENDED) {
                        printf("%s\n", what.text);
                        ck_assert(strstr(what.text, ": put back"));
                        return;
                }
        }
        ck_abort_msg("nothing noticed");
}

static void remove_link(const char *program) {
        char path[96];
        int fd;

        snprintf(path, sizeof(path), "/sys/fs/bpf/primed/lan:1/link_%s", program);
        fd = bpf_obj_get(path);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bpf_link_detach(fd), 0);
        close(fd);
}

/* Other programs take ours away, each time another part, in a way that a root user may: it is noticed and put
 * back, and the next moves lose nothing. */
START_TEST(meddled) {
        static const char *const programs[] = { "ingress_primary", "egress_primary", "ingress_standby" };
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        redirect_hook_without_tcx = _i;
        steering_lab_init(&lab, NULL);
        s = steering_lab_open(&lab, &steering_redirect);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 2000);
        traffic_run(t, s, REST);
        ck_assert_int_eq(steering_check(s, clock_monotonic(), true, NULL), STEERING_UNDISTURBED);
        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                /* On the spare there is no traffic of the pair in guard. */
                if (i == 2)
                        traffic_move_planned(t, s, split);
                traffic_run(t, s, 2 * REST);
                if (redirect_hook_without_tcx)
                        lab_run(-1, "tc qdisc del dev %s clsact", i == 2 ? "B" : "A");
                else
                        remove_link(programs[i]);
                wait_mended(t, s);
        }
        lab_run(-1, "rm -r /sys/fs/bpf/primed");
        wait_mended(t, s);
        traffic_stop(t);
        traffic_free(t);
        t = traffic_new(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4, 2000);
        traffic_move_planned(t, s, switched);
        traffic_run(t, s, REST);
        traffic_move_planned(t, s, guard);
        traffic_stop(t);
        traffic_assert_whole(t);
        s = steering_close(s);
        s = steering_lab_open(&lab, &steering_redirect); /* what was put back is found by the next process */
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        lab_run(-1, "test ! -e /sys/fs/bpf/primed/lan:1 && ! tc qdisc show | grep clsact");
        steering_close(s);
        traffic_free(t);
}
END_TEST

/* A peer that ignores gratuitous ARP and unsolicited advertisements keeps what it had, and needs nothing else.
 */
START_TEST(deaf_peer) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        lab_run(lab.peer_fd,
                        "ip neigh replace 10.9.0.1 lladdr 02:00:00:00:00:0a dev P nud permanent && "
                        "ip neigh replace fd09::1 lladdr 02:00:00:00:00:0a dev P nud permanent");
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_ECHO6, 5000);
}
END_TEST

/* The serving adapter's cable is pulled with no warning: what is lost is what was sent until begin(NOW). */
START_TEST(sudden) {
        usec_t begin, total;
        const FlowCount *c;
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 10000);
        s = steering_lab_open(&lab, &steering_redirect);
        traffic_run(t, s, REST);
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        ck_assert_int_eq(traffic_move(t, s, switched, STEERING_NOW, &begin, &total, NULL), 1);
        printf("sudden: begin %llu us, done %llu us\n", (unsigned long long) begin, (unsigned long long) total);
        traffic_run(t, s, 2 * REST);
        traffic_stop(t);
        c = traffic_count(t, FLOW_ECHO4);
        printf("sudden: sent %u, replied %u\n", c->sent, c->replied);
        ck_assert_uint_eq(c->doubled + c->reply_doubled + c->reordered + c->reply_reordered, 0);
        /* 5 ms at most, of a cable in software */
        ck_assert_uint_ge(c->replied + 50, c->sent);
        ck_assert_uint_lt(begin, 5 * USEC_PER_MSEC);
        steering_close(s);
        traffic_free(t);
}
END_TEST

static Suite *suite(void) {
        const struct {
                const char *name;
                const TTest *test;
                int times; /* 2: also without TCX links */
        } tests[] = {
                { "unicast", unicast, 1 },
                { "only_inet6", only_inet6, 1 },
                { "groups", groups, 1 },
                { "tagged", tagged, 1 },
                { "two_switches", two_switches, 1 },
                { "classifiers", classifiers, 1 },
                { "backlog", backlog, 1 },
                { "waiting", waiting, 1 },
                { "hasty", hasty, 1 },
                { "survives", survives, 1 },
                { "upgrade", upgrade, 2 },
                { "sudden", sudden, 1 },
                { "deaf_peer", deaf_peer, 1 },
                { "meddled", meddled, 2 },
        };
        Suite *s = suite_create("steering-redirect");

        /* A case each, for CK_RUN_CASE. */
        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                TCase *c = tcase_create(tests[i].name);

                tcase_set_timeout(c, 60);
                tcase_add_loop_test(c, tests[i].test, 0, tests[i].times);
                suite_add_tcase(s, c);
        }
        return s;
}

CHECK_MAIN();
