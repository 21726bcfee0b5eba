/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The prober on real adapters. */

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "frame-codec.h"
#include "netns-lab.h"
#include "prober-lab.h"

static bool all_answered(Prober *p) {
        ProbeReport r;

        prober_get_report(p, &r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                for (size_t i = 0; i < r.n_targets; i++)
                        if (!r.target[s][i].proven)
                                return false;
        return r.n_targets > 0 && prober_lab_both_proved(p);
}

static bool primary_lost_rx(Prober *p) {
        return prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST) >= 3;
}

static bool primary_lost_tx(Prober *p) {
        return prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST) >= 3;
}

static bool primary_in_doubt(Prober *p) {
        return prober_take_doubt(p, SIDE_PRIMARY);
}

static bool standby_unproved(Prober *p) {
        char reason[PROBE_REASON_MAX];

        return !prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason);
}

START_TEST(test_proved) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        usec_t took;
        ProbeReport r;

        /* a silent spare: everything is dropped before the stack sees it, the taps are before that; and an
         * egress that goes elsewhere: what a prober sends does not pass there */
        prober_lab_drop(-1, "vb", BPF_TC_INGRESS, PROBER_LAB_ALL);
        prober_lab_drop(-1, "va", BPF_TC_EGRESS, PROBER_LAB_ALL);
        took = prober_lab_run(&p, 1, 2 * USEC_PER_SEC, all_answered);
        printf("proved after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);

        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 1);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ck_assert_uint_ge(r.beacon[s].sent, 19);
                ck_assert_uint_le(r.beacon[s].sent, 25);
                ck_assert_uint_eq(r.beacon[s].lost + r.beacon[s].duplicated + r.beacon[s].reordered, 0);
                ck_assert_uint_eq(r.target[s][0].path.lost, 0);
                ck_assert_uint_eq(prober_lab_sample(p, s, SIGNAL_PROBE_RX_LOST) +
                                                prober_lab_sample(p, s, SIGNAL_PROBE_TX_LOST),
                                0);
                ck_assert_uint_ge(prober_lab_sample(p, s, SIGNAL_PROBE_RX_SENT), 36);
                printf("latency %llu us one way, %llu us to the gateway\n",
                                (unsigned long long) r.beacon[s].latency,
                                (unsigned long long) r.target[s][0].path.latency);
        }
        ck_assert_uint_eq(r.ignored, 0);
}
END_TEST

START_TEST(test_ipv6_target) {
        _cleanup_(prober_freep) Prober *p = NULL;

        policy.n_targets = 2;
        for (size_t i = 0; i < 2; i++)
                policy.targets[i] = (ProbeTarget){ .family = i ? AF_INET6 : AF_INET };
        inet_pton(AF_INET, "192.0.2.254", &policy.targets[0].in);
        inet_pton(AF_INET6, "2001:db8::fe", &policy.targets[1].in6);
        p = prober_lab_new("lan");
        /* the peer's IPv6 may start a second after its link: linkwatch is rate limited */
        ck_assert_uint_lt(prober_lab_run(&p, 1, 3 * USEC_PER_SEC, all_answered), 3 * USEC_PER_SEC);
        prober_lab_run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
}
END_TEST

/* A's receive side, A's transmit side: each blamed on A and on that direction, B on none. */
START_TEST(test_deaf) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        usec_t took;

        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL);
        took = prober_lab_run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx);
        printf("3 lost to A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert_uint_ge(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 100);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(!standby_unproved(p)); /* B's target answers */
}
END_TEST

START_TEST(test_mute) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        usec_t took;

        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_INGRESS, PROBER_LAB_ALL);
        took = prober_lab_run(&p, 1, 2 * USEC_PER_SEC, primary_lost_tx);
        printf("3 lost from A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
}
END_TEST

START_TEST(test_one_in_ten) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        usec_t took;

        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL / 10);
        took = prober_lab_run(&p, 1, 5 * USEC_PER_SEC, primary_lost_rx);
        printf("3 of 10 %% lost to A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 3 * USEC_PER_SEC);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
}
END_TEST

/* The spare's switch port goes: not proved within the check interval, with the reason, and A not blamed. */
START_TEST(test_spare_dies) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        char reason[PROBE_REASON_MAX];
        usec_t took;

        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(prober_lab_both_proved(p));
        lab_run(switch_ns, "bridge link set dev s-vb state 0");
        took = prober_lab_run(&p, 1, 2 * USEC_PER_SEC, standby_unproved);
        printf("spare not proved after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 400 * USEC_PER_MSEC);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "targets answer va but not vb");
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_ge(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 3);
}
END_TEST

START_TEST(test_down_and_gone) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        char reason[PROBE_REASON_MAX];

        prober_lab_run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        lab_run(-1, "ip link set vb down");
        prober_lab_run(&p, 1, 600 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "vb takes no frames: Network is down");
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        lab_run(-1, "ip link set vb up");
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, prober_lab_both_proved), 500 * USEC_PER_MSEC);
        lab_run(-1, "ip link del vb");
        prober_lab_run(&p, 1, 600 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_msg(strstr(reason, "vb takes no frames: No such device"), "%s", reason);
        ck_assert(prober_is_proved(p, SIDE_PRIMARY, clock_monotonic(), reason));
}
END_TEST

/* Cable out: the driver refuses frames, which is no congestion when it lasts. A's fault, by the prober alone.
 */
START_TEST(test_no_carrier) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        char reason[PROBE_REASON_MAX];

        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        lab_run(switch_ns, "ip link set s-va down");
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx), 400 * USEC_PER_MSEC);
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_PRIMARY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "va takes no frames: the driver refuses them (no carrier?)");
        ck_assert_uint_ge(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 3);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
}
END_TEST

/* By that the carrier is known to be worth a look at once, when it goes and when it comes back. */
START_TEST(test_doubt) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");

        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert(!prober_take_doubt(p, s));
        lab_run(switch_ns, "ip link set s-va down");
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, primary_in_doubt),
                        policy.every + 20 * USEC_PER_MSEC);
        ck_assert(!prober_take_doubt(p, SIDE_STANDBY));
        lab_run(switch_ns, "ip link set s-va up");
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(prober_take_doubt(p, SIDE_PRIMARY));
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_take_doubt(p, SIDE_PRIMARY));
}
END_TEST

/* Called only when it asks for it, as while all is well. Returns how often that was. */
static unsigned run_patiently(Prober *p, usec_t duration, bool (*until)(Prober *p)) {
        usec_t begin = clock_monotonic(), now;
        unsigned n = 0;

        for (; (now = clock_monotonic()) - begin < duration && !(until && until(p)); n++) {
                usec_t due;

                prober_dispatch(p, true, now, &due);
                prober_lab_await(NULL, 0, MIN(due, begin + duration));
        }
        return n;
}

static bool primary_missed_one(Prober *p) {
        return prober_lost_in_a_row(p, SIDE_PRIMARY) > 0;
}

/* One dispatch for each round of probes, which loses none, and finds a lost one with the next round. */
START_TEST(test_patient) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        ProbeReport before, after;
        unsigned rounds;
        usec_t cut;

        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, prober_lab_both_proved);
        prober_get_report(p, &before);
        prober_set_patient(p, true);
        rounds = run_patiently(p, USEC_PER_SEC, NULL);
        prober_get_report(p, &after);
        ck_assert_uint_le(rounds, USEC_PER_SEC / policy.every + 3);
        ck_assert_uint_ge(after.beacon[0].received - before.beacon[0].received, rounds - 3);
        ck_assert_uint_eq(after.beacon[0].lost + after.beacon[1].lost, 0);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL);
        cut = clock_monotonic();
        run_patiently(p, USEC_PER_SEC, primary_missed_one);
        ck_assert_uint_le(clock_monotonic() - cut, 2 * policy.every + 20 * USEC_PER_MSEC);
}
END_TEST

/* Nobody waits seconds for the next probe. */
START_TEST(test_patience_ends) {
        _cleanup_(prober_freep) Prober *p = NULL;
        usec_t now, due;

        policy.every = 10 * USEC_PER_SEC;
        p = prober_lab_new("lan");
        prober_set_patient(p, true);
        now = clock_monotonic();
        prober_dispatch(p, true, now, &due);
        ck_assert_uint_le(due, now + policy.timeout + 20 * USEC_PER_MSEC);
}
END_TEST

START_TEST(test_burst) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        ProbeReport before, after;

        prober_lab_run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &before);
        prober_burst(p, clock_monotonic(), 500 * USEC_PER_MSEC);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &after);
        printf("burst: %llu beacons in 500 ms\n",
                        (unsigned long long) (after.beacon[0].sent - before.beacon[0].sent));
        ck_assert_uint_ge(after.beacon[0].sent - before.beacon[0].sent, 450);
        ck_assert_uint_le(after.beacon[0].sent - before.beacon[0].sent, 530);
        ck_assert_uint_eq(after.beacon[0].lost + after.beacon[1].lost, 0);
}
END_TEST

/* Two pairs' probers on the same adapters, as after a restart that overlaps: neither takes the other's. */
START_TEST(test_two) {
        Prober *p[2] = { prober_lab_new("lan"), prober_lab_new("lan") };
        ProbeReport r;

        prober_lab_run(p, 2, USEC_PER_SEC, NULL);
        for (size_t i = 0; i < 2; i++) {
                prober_get_report(p[i], &r);
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        ck_assert_uint_eq(r.beacon[s].lost + r.beacon[s].duplicated, 0);
                        ck_assert_uint_ge(r.beacon[s].received, 18);
                }
                prober_free(p[i]);
        }
}
END_TEST

static void flood(int fd, const uint8_t *frame, int n, unsigned times) {
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex("vp") };

        for (unsigned i = 0; i < times; i++)
                (void) sendto(fd, frame, (size_t) n, MSG_DONTWAIT, (struct sockaddr *) &to, sizeof(to));
}

/* The peer forges beacons, answers nobody asked for, and garbage, far more than a socket's queue holds. */
START_TEST(test_hostile) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        FrameHeader h = { .destination = prober_lab_station(SIDE_PRIMARY),
                .source = { { 2, 0, 0, 0, 0, 0x0c } } };
        int back, fd, n;
        uint8_t frame[FRAME_MAX];
        struct in_addr stranger;
        ProbeReport r;

        prober_lab_run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        back = lab_visit(peer_ns);
        fd = socket(AF_PACKET, SOCK_RAW, 0);
        ck_assert_int_ge(fd, 0);
        n = frame_build_beacon(frame, sizeof(frame), &h,
                        &(Beacon){ .kind = BEACON_PROBE,
                                        .from = SIDE_STANDBY,
                                        .cookie = 1,
                                        .pair = beacon_pair_id("lan"),
                                        .sequence = 3 });
        flood(fd, frame, n, 20000);
        flood(fd, frame, 20, 100);
        inet_pton(AF_INET, "192.0.2.77", &stranger);
        n = frame_build_arp_reply(
                        frame, sizeof(frame), 0, h.source, stranger, h.destination, (struct in_addr){});
        flood(fd, frame, n, 100);
        close(fd);
        lab_leave(back);
        prober_lab_run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.ignored, 100); /* the filter let only the answers through */
        ck_assert_uint_eq(r.beacon[0].duplicated + r.beacon[1].duplicated, 0);
        ck_assert_uint_eq(r.beacon[0].lost + r.beacon[1].lost, 0);
        ck_assert(prober_lab_both_proved(p));
}
END_TEST

/* A process that is stopped for longer than a timeout finds all its beacons in time: the kernel stamped them.
 */
START_TEST(test_late_process) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        ProbeReport r;

        prober_lab_run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        for (unsigned i = 0; i < 5; i++) {
                usleep(400 * 1000);
                prober_lab_run(&p, 1, 1000, NULL);
        }
        prober_get_report(p, &r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ck_assert_uint_eq(r.beacon[s].lost, 0);
                ck_assert_uint_eq(r.target[s][0].path.lost, 0);
                /* without the stamps it would be the 400 ms of sleep; a busy machine costs some of what is left
                 */
                ck_assert_uint_le(r.beacon[s].latency_max, 200 * USEC_PER_MSEC);
        }
}
END_TEST

START_TEST(test_cost) {
        _cleanup_(prober_freep) Prober *p = prober_lab_new("lan");
        struct rusage before, after;
        uint64_t usec;

        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        getrusage(RUSAGE_SELF, &before);
        prober_lab_run(&p, 1, 3 * USEC_PER_SEC, NULL);
        getrusage(RUSAGE_SELF, &after);
        usec = (uint64_t) (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
                               before.ru_stime.tv_sec) *
                                        USEC_PER_SEC +
                        (uint64_t) (after.ru_utime.tv_usec + after.ru_stime.tv_usec) -
                        (uint64_t) (before.ru_utime.tv_usec + before.ru_stime.tv_usec);
        printf("idle: %llu us of CPU per second\n", (unsigned long long) usec / 3);
        ck_assert_uint_le(usec / 3, 100 * USEC_PER_MSEC); /* sanitizers and all */
}
END_TEST

/* The gateway comes after the prober, moves to another MAC address, and is replaced by one that never answers:
 * found when asked for, found again by broadcast, and not counted against anybody. */
START_TEST(test_gateway_moves) {
        _cleanup_(prober_freep) Prober *p = NULL;
        ProbeReport r;

        lab_run(-1, "ip route del default");
        p = prober_lab_new("lan");
        prober_lab_run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 0);
        ck_assert(prober_lab_both_proved(p));

        lab_run(-1,
                        "ip route add default via 192.0.2.254 && ip -6 route add default via fe80::ff:fe00:c "
                        "dev va");
        prober_lab_find_gateways(p);
        ck_assert_uint_lt(prober_lab_run(&p, 1, 3 * USEC_PER_SEC, all_answered), 3 * USEC_PER_SEC);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 2);

        lab_run(peer_ns,
                        "ip link set vp down && ip link set vp address 02:00:00:00:00:dd && ip link set vp up");
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert_uint_le(clock_monotonic() - r.target[s][0].path.last_received, 100 * USEC_PER_MSEC);

        lab_run(-1, "ip -6 route del default; ip route replace default via 192.0.2.99 dev va");
        prober_lab_find_gateways(p);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 1);
        ck_assert(!r.target[0][0].proven && !r.target[1][0].proven);
        ck_assert_uint_ge(r.target[0][0].path.lost, 10);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(prober_lab_both_proved(p)); /* by beacons */
}
END_TEST

START_TEST(test_no_beacons) {
        _cleanup_(prober_freep) Prober *p = NULL;
        ProbeReport r;

        policy.beacon = false;
        p = prober_lab_new("lan");
        prober_lab_run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        ck_assert(prober_lab_both_proved(p));
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL);
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx), 300 * USEC_PER_MSEC);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.beacon[0].sent, 0);
        ck_assert_uint_eq(prober_lab_sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
}
END_TEST

/* A prober that has nothing to ask does not wake the process either. */
START_TEST(test_no_probes) {
        _cleanup_(prober_freep) Prober *p = NULL;
        usec_t due = 0;

        policy.beacon = false;
        policy.n_targets = 0;
        p = prober_lab_new("lan");
        prober_dispatch(p, false, clock_monotonic(), &due);
        ck_assert_uint_eq(due, USEC_INFINITY);
        policy.n_targets = 1; /* not known yet or not answering: looked at again */
        prober_free(TAKE_PTR(p));
        p = prober_lab_new("lan");
        prober_dispatch(p, false, clock_monotonic(), &due);
        ck_assert_uint_ne(due, USEC_INFINITY);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prober");
        TCase *t = tcase_create("prober");

        lab_enter(); /* says so when not root */
        tcase_set_timeout(t, 30);
        tcase_add_checked_fixture(t, prober_lab_enter, NULL);
        tcase_add_test(t, test_proved);
        tcase_add_test(t, test_ipv6_target);
        tcase_add_test(t, test_deaf);
        tcase_add_test(t, test_mute);
        tcase_add_test(t, test_one_in_ten);
        tcase_add_test(t, test_spare_dies);
        tcase_add_test(t, test_down_and_gone);
        tcase_add_test(t, test_no_carrier);
        tcase_add_test(t, test_doubt);
        tcase_add_test(t, test_patient);
        tcase_add_test(t, test_patience_ends);
        tcase_add_test(t, test_burst);
        tcase_add_test(t, test_two);
        tcase_add_test(t, test_hostile);
        tcase_add_test(t, test_late_process);
        tcase_add_test(t, test_gateway_moves);
        tcase_add_test(t, test_no_beacons);
        tcase_add_test(t, test_no_probes);
        tcase_add_test(t, test_cost);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
