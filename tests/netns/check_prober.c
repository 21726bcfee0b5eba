/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The prober on real adapters: A and B here, a learning switch and a peer in namespaces of their own. Paths are
 * made bad by a BPF program on the switch's port that drops a share of the frames. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
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
#include "prober.h"

static int switch_ns, peer_ns;
static ProbePolicy policy;

static EtherAddress station_of(PairSide side) {
        return ether_address_station(
                        (EtherAddress){ { 0x02, 0, 0, 0, 0, side == SIDE_PRIMARY ? 0x0a : 0x0b } });
}

static void setup(void) {
        PairPolicy defaults;

        lab_enter();
        libbpf_set_print(NULL);
        switch_ns = lab_namespace_new();
        peer_ns = lab_namespace_new();
        lab_run(switch_ns, "ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up");
        for (unsigned i = 0; i < 3; i++) {
                static const char *const names[] = { "va", "vb", "vp" };
                static const unsigned last[] = { 0x0a, 0x0b, 0x0c };

                lab_run(-1,
                                "ip link add %s address 02:00:00:00:00:%02x type veth "
                                "peer name s-%s netns /proc/%d/fd/%d",
                                names[i], last[i], names[i], getpid(), switch_ns);
                lab_run(switch_ns, "ip link set s-%s master br0 up", names[i]);
        }
        lab_run(-1, "ip link set vp netns /proc/%d/fd/%d", getpid(), peer_ns);
        lab_run(peer_ns,
                        "ip link set vp up && ip addr add 192.0.2.254/24 dev vp && "
                        "ip addr add 2001:db8::fe/64 dev vp nodad && ip addr add fe80::fe/64 dev vp nodad");
        lab_run(-1,
                        "ip link set vb up && ip link set va up && ip addr add 192.0.2.1/24 dev va && "
                        "ip addr add 2001:db8::1/64 dev va nodad && ip route add default via 192.0.2.254");
        pair_policy_init(&defaults);
        policy = defaults.probe;
}

static Prober *prober_here(const char *pair) {
        ProberParameters parameters = { .pair = pair, .name = { "va", "vb" }, .policy = &policy };
        Prober *p = NULL;
        Error e = {};

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                parameters.ifindex[s] = (int) if_nametoindex(parameters.name[s]);
                parameters.station[s] = station_of(s);
        }
        ck_assert_msg(prober_new(&parameters, &p, &e) == 0, "%s", e.text);
        return p;
}

#define PROBERS_MAX 64

/* Waits for arrivals at most until then. */
static void await(struct pollfd *fds, size_t n, usec_t until) {
        usec_t now = clock_monotonic(), wait = MAX(until, now) - now;
        struct timespec ts = { .tv_sec = (time_t) (wait / USEC_PER_SEC),
                .tv_nsec = (long) (wait % USEC_PER_SEC * 1000) };

        if (ppoll(fds, n, &ts, NULL) < 0)
                ck_assert_int_eq(errno, EINTR);
}

/* Runs probers until the time is over or `until` says so; returns how long it took. */
static usec_t run(Prober **p, size_t n, usec_t duration, bool (*until)(Prober *p)) {
        usec_t begin = clock_monotonic(), now;
        struct pollfd fds[_PAIR_SIDE_MAX * PROBERS_MAX] = {};

        ck_assert_uint_le(n, PROBERS_MAX);
        for (size_t i = 0; i < n; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        fds[_PAIR_SIDE_MAX * i + s] = (struct pollfd){ .fd = prober_get_fd(p[i], s),
                                .events = POLLIN };
        while ((now = clock_monotonic()) - begin < duration) {
                usec_t next = begin + duration;

                for (size_t i = 0; i < n; i++) {
                        const struct pollfd *its = fds + _PAIR_SIDE_MAX * i;
                        usec_t due;

                        prober_dispatch(p[i], its[SIDE_PRIMARY].revents || its[SIDE_STANDBY].revents, now,
                                        &due);
                        next = MIN(next, due);
                }
                if (until && until(p[0]))
                        break;
                await(fds, _PAIR_SIDE_MAX * n, next);
        }
        return clock_monotonic() - begin;
}

static bool both_proved(Prober *p) {
        char reason[PROBE_REASON_MAX];
        usec_t now = clock_monotonic();

        return prober_is_proved(p, SIDE_PRIMARY, now, reason) && prober_is_proved(p, SIDE_STANDBY, now, reason);
}

static bool all_answered(Prober *p) {
        ProbeReport r;

        prober_get_report(p, &r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                for (size_t i = 0; i < r.n_targets; i++)
                        if (!r.target[s][i].proven)
                                return false;
        return r.n_targets > 0 && both_proved(p);
}

static uint64_t sample(Prober *p, PairSide side, Signal signal) {
        HealthSample samples[PROBE_VERDICT_SAMPLES];
        size_t n = prober_samples(p, side, 1, samples, ELEMENTSOF(samples));

        for (size_t i = 0; i < n; i++)
                if (samples[i].signal == signal)
                        return samples[i].count;
        ck_abort_msg("no such sample");
}

static bool primary_lost_rx(Prober *p) {
        return sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST) >= 3;
}

static bool primary_lost_tx(Prober *p) {
        return sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST) >= 3;
}

static bool primary_in_doubt(Prober *p) {
        return prober_take_doubt(p, SIDE_PRIMARY);
}

static bool standby_unproved(Prober *p) {
        char reason[PROBE_REASON_MAX];

        return !prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason);
}

/* Drops that share (of 2^32) of what passes a port of the namespace in that direction. */
static void drop(int ns, const char *port, enum bpf_tc_attach_point direction, uint32_t share) {
        struct bpf_insn code[] = {
                { .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32 },
                { .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 0 }, /* the low half */
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },   /* TC_ACT_SHOT */
                { .code = BPF_JMP32 | BPF_JLE | BPF_K, .dst_reg = 1, .imm = (int32_t) share, .off = 1 },
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 }, /* TC_ACT_OK */
                { .code = BPF_JMP | BPF_EXIT },
        };
        DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = direction);
        DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .flags = BPF_TC_F_REPLACE);
        int back = ns >= 0 ? lab_visit(ns) : -1;

        opts.prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "drop", "GPL", code, ELEMENTSOF(code), NULL);
        ck_assert_int_ge(opts.prog_fd, 0);
        hook.ifindex = (int) if_nametoindex(port);
        (void) bpf_tc_hook_create(&hook); /* may exist */
        ck_assert_int_eq(bpf_tc_attach(&hook, &opts), 0);
        close(opts.prog_fd);
        if (back >= 0)
                lab_leave(back);
}

#define ALL UINT32_MAX

START_TEST(test_proved) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        usec_t took;
        ProbeReport r;

        /* a silent spare: everything is dropped before the stack sees it, the taps are before that; and an
         * egress that goes elsewhere: what a prober sends does not pass there */
        drop(-1, "vb", BPF_TC_INGRESS, ALL);
        drop(-1, "va", BPF_TC_EGRESS, ALL);
        took = run(&p, 1, 2 * USEC_PER_SEC, all_answered);
        printf("proved after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);

        run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 1);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ck_assert_uint_ge(r.beacon[s].sent, 19);
                ck_assert_uint_le(r.beacon[s].sent, 25);
                ck_assert_uint_eq(r.beacon[s].lost + r.beacon[s].duplicated + r.beacon[s].reordered, 0);
                ck_assert_uint_eq(r.target[s][0].path.lost, 0);
                ck_assert_uint_eq(sample(p, s, SIGNAL_PROBE_RX_LOST) + sample(p, s, SIGNAL_PROBE_TX_LOST), 0);
                ck_assert_uint_ge(sample(p, s, SIGNAL_PROBE_RX_SENT), 36);
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
        p = prober_here("lan");
        /* the peer's IPv6 may start a second after its link: linkwatch is rate limited */
        ck_assert_uint_lt(run(&p, 1, 3 * USEC_PER_SEC, all_answered), 3 * USEC_PER_SEC);
        run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
}
END_TEST

/* A's receive side, A's transmit side: each blamed on A and on that direction, B on none. */
START_TEST(test_deaf) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        usec_t took;

        run(&p, 1, USEC_PER_SEC, NULL);
        drop(switch_ns, "s-va", BPF_TC_EGRESS, ALL);
        took = run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx);
        printf("3 lost to A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert_uint_ge(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 100);
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(!standby_unproved(p)); /* B's target answers */
}
END_TEST

START_TEST(test_mute) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        usec_t took;

        run(&p, 1, USEC_PER_SEC, NULL);
        drop(switch_ns, "s-va", BPF_TC_INGRESS, ALL);
        took = run(&p, 1, 2 * USEC_PER_SEC, primary_lost_tx);
        printf("3 lost from A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 200 * USEC_PER_MSEC);
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
}
END_TEST

START_TEST(test_one_in_ten) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        usec_t took;

        run(&p, 1, USEC_PER_SEC, NULL);
        drop(switch_ns, "s-va", BPF_TC_EGRESS, ALL / 10);
        took = run(&p, 1, 5 * USEC_PER_SEC, primary_lost_rx);
        printf("3 of 10 %% lost to A known after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 3 * USEC_PER_SEC);
        run(&p, 1, USEC_PER_SEC, NULL);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
}
END_TEST

/* The spare's switch port goes: not proved within the check interval, with the reason, and A not blamed. */
START_TEST(test_spare_dies) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        char reason[PROBE_REASON_MAX];
        usec_t took;

        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(both_proved(p));
        lab_run(switch_ns, "bridge link set dev s-vb state 0");
        took = run(&p, 1, 2 * USEC_PER_SEC, standby_unproved);
        printf("spare not proved after %llu us\n", (unsigned long long) took);
        ck_assert_uint_le(took, 400 * USEC_PER_MSEC);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "targets answer va but not vb");
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_ge(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 3);
}
END_TEST

START_TEST(test_down_and_gone) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        char reason[PROBE_REASON_MAX];

        run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        lab_run(-1, "ip link set vb down");
        run(&p, 1, 600 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "vb takes no frames: Network is down");
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        lab_run(-1, "ip link set vb up");
        ck_assert_uint_le(run(&p, 1, 2 * USEC_PER_SEC, both_proved), 500 * USEC_PER_MSEC);
        lab_run(-1, "ip link del vb");
        run(&p, 1, 600 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
        ck_assert_msg(strstr(reason, "vb takes no frames: No such device"), "%s", reason);
        ck_assert(prober_is_proved(p, SIDE_PRIMARY, clock_monotonic(), reason));
}
END_TEST

/* Cable out: the driver refuses frames, which is no congestion when it lasts. A's fault, by the prober alone.
 */
START_TEST(test_no_carrier) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        char reason[PROBE_REASON_MAX];

        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        lab_run(switch_ns, "ip link set s-va down");
        ck_assert_uint_le(run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx), 400 * USEC_PER_MSEC);
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(!prober_is_proved(p, SIDE_PRIMARY, clock_monotonic(), reason));
        ck_assert_str_eq(reason, "va takes no frames: the driver refuses them (no carrier?)");
        ck_assert_uint_ge(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 3);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(prober_is_proved(p, SIDE_STANDBY, clock_monotonic(), reason));
}
END_TEST

/* By that the carrier is known to be worth a look at once, when it goes and when it comes back. */
START_TEST(test_doubt) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");

        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert(!prober_take_doubt(p, s));
        lab_run(switch_ns, "ip link set s-va down");
        ck_assert_uint_le(run(&p, 1, 2 * USEC_PER_SEC, primary_in_doubt), policy.every + 20 * USEC_PER_MSEC);
        ck_assert(!prober_take_doubt(p, SIDE_STANDBY));
        lab_run(switch_ns, "ip link set s-va up");
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        ck_assert(prober_take_doubt(p, SIDE_PRIMARY));
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
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
                await(NULL, 0, MIN(due, begin + duration));
        }
        return n;
}

static bool primary_missed_one(Prober *p) {
        return prober_lost_in_a_row(p, SIDE_PRIMARY) > 0;
}

/* One dispatch for each round of probes, which loses none, and finds a lost one with the next round. */
START_TEST(test_patient) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        ProbeReport before, after;
        unsigned rounds;
        usec_t cut;

        run(&p, 1, 300 * USEC_PER_MSEC, both_proved);
        prober_get_report(p, &before);
        prober_set_patient(p, true);
        rounds = run_patiently(p, USEC_PER_SEC, NULL);
        prober_get_report(p, &after);
        ck_assert_uint_le(rounds, USEC_PER_SEC / policy.every + 3);
        ck_assert_uint_ge(after.beacon[0].received - before.beacon[0].received, rounds - 3);
        ck_assert_uint_eq(after.beacon[0].lost + after.beacon[1].lost, 0);
        drop(switch_ns, "s-va", BPF_TC_EGRESS, ALL);
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
        p = prober_here("lan");
        prober_set_patient(p, true);
        now = clock_monotonic();
        prober_dispatch(p, true, now, &due);
        ck_assert_uint_le(due, now + policy.timeout + 20 * USEC_PER_MSEC);
}
END_TEST

START_TEST(test_burst) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        ProbeReport before, after;

        run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &before);
        prober_burst(p, clock_monotonic(), 500 * USEC_PER_MSEC);
        run(&p, 1, USEC_PER_SEC, NULL);
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
        Prober *p[2] = { prober_here("lan"), prober_here("lan") };
        ProbeReport r;

        run(p, 2, USEC_PER_SEC, NULL);
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
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        FrameHeader h = { .destination = station_of(SIDE_PRIMARY), .source = { { 2, 0, 0, 0, 0, 0x0c } } };
        int back, fd, n;
        uint8_t frame[FRAME_MAX];
        struct in_addr stranger;
        ProbeReport r;

        run(&p, 1, 200 * USEC_PER_MSEC, NULL);
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
        run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.ignored, 100); /* the filter let only the answers through */
        ck_assert_uint_eq(r.beacon[0].duplicated + r.beacon[1].duplicated, 0);
        ck_assert_uint_eq(r.beacon[0].lost + r.beacon[1].lost, 0);
        ck_assert(both_proved(p));
}
END_TEST

/* A process that is stopped for longer than a timeout finds all its beacons in time: the kernel stamped them.
 */
START_TEST(test_late_process) {
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        ProbeReport r;

        run(&p, 1, 200 * USEC_PER_MSEC, NULL);
        for (unsigned i = 0; i < 5; i++) {
                usleep(400 * 1000);
                run(&p, 1, 1000, NULL);
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
        _cleanup_(prober_freep) Prober *p = prober_here("lan");
        struct rusage before, after;
        uint64_t usec;

        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        getrusage(RUSAGE_SELF, &before);
        run(&p, 1, 3 * USEC_PER_SEC, NULL);
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
        Error e = {};

        lab_run(-1, "ip route del default");
        p = prober_here("lan");
        run(&p, 1, 300 * USEC_PER_MSEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 0);
        ck_assert(both_proved(p));

        lab_run(-1,
                        "ip route add default via 192.0.2.254 && ip -6 route add default via fe80::ff:fe00:c "
                        "dev va");
        ck_assert_int_eq(prober_refresh_targets(p, &e), 0);
        ck_assert_uint_lt(run(&p, 1, 3 * USEC_PER_SEC, all_answered), 3 * USEC_PER_SEC);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 2);

        lab_run(peer_ns,
                        "ip link set vp down && ip link set vp address 02:00:00:00:00:dd && ip link set vp up");
        run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert_uint_le(clock_monotonic() - r.target[s][0].path.last_received, 100 * USEC_PER_MSEC);

        lab_run(-1, "ip -6 route del default; ip route replace default via 192.0.2.99 dev va");
        ck_assert_int_eq(prober_refresh_targets(p, &e), 0);
        run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 1);
        ck_assert(!r.target[0][0].proven && !r.target[1][0].proven);
        ck_assert_uint_ge(r.target[0][0].path.lost, 10);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
        ck_assert_uint_eq(sample(p, SIDE_PRIMARY, SIGNAL_PROBE_TX_LOST), 0);
        ck_assert(both_proved(p)); /* by beacons */
}
END_TEST

START_TEST(test_no_beacons) {
        _cleanup_(prober_freep) Prober *p = NULL;
        ProbeReport r;

        policy.beacon = false;
        p = prober_here("lan");
        run(&p, 1, 500 * USEC_PER_MSEC, NULL);
        ck_assert(both_proved(p));
        drop(switch_ns, "s-va", BPF_TC_EGRESS, ALL);
        ck_assert_uint_le(run(&p, 1, 2 * USEC_PER_SEC, primary_lost_rx), 300 * USEC_PER_MSEC);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.beacon[0].sent, 0);
        ck_assert_uint_eq(sample(p, SIDE_STANDBY, SIGNAL_PROBE_RX_LOST), 0);
}
END_TEST

/* A prober that has nothing to ask does not wake the process either. */
START_TEST(test_no_probes) {
        _cleanup_(prober_freep) Prober *p = NULL;
        usec_t due = 0;

        policy.beacon = false;
        policy.n_targets = 0;
        p = prober_here("lan");
        prober_dispatch(p, false, clock_monotonic(), &due);
        ck_assert_uint_eq(due, USEC_INFINITY);
        policy.n_targets = 1; /* not known yet or not answering: looked at again */
        prober_free(TAKE_PTR(p));
        p = prober_here("lan");
        prober_dispatch(p, false, clock_monotonic(), &due);
        ck_assert_uint_ne(due, USEC_INFINITY);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prober");
        TCase *t = tcase_create("prober");

        lab_enter(); /* says so when not root */
        tcase_set_timeout(t, 30);
        tcase_add_checked_fixture(t, setup, NULL);
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
