/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <poll.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "probe-gateway.h"
#include "prober-lab.h"

int switch_ns, peer_ns;
ProbePolicy policy;

EtherAddress prober_lab_station(PairSide side) {
        return ether_address_station(
                        (EtherAddress){ { 0x02, 0, 0, 0, 0, side == SIDE_PRIMARY ? 0x0a : 0x0b } });
}

void prober_lab_enter(void) {
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

void prober_lab_find_gateways(Prober *p) {
        ProbeTarget gateways[PAIR_TARGETS_MAX];
        Error e = {};
        int n = probe_gateway_read((int) if_nametoindex("va"), gateways, ELEMENTSOF(gateways), &e);

        ck_assert_msg(n >= 0, "%s", e.text);
        ck_assert_int_eq(prober_set_gateways(p, gateways, (size_t) n, &e), 0);
}

Prober *prober_lab_new(const char *pair) {
        ProberParameters parameters = { .pair = pair, .name = { "va", "vb" }, .policy = &policy };
        Prober *p = NULL;
        Error e = {};

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                parameters.ifindex[s] = (int) if_nametoindex(parameters.name[s]);
                parameters.station[s] = prober_lab_station(s);
        }
        ck_assert_msg(prober_new(&parameters, &p, &e) == 0, "%s", e.text);
        prober_lab_find_gateways(p);
        return p;
}

void prober_lab_await(struct pollfd *fds, size_t n, usec_t until) {
        usec_t now = clock_monotonic(), wait = MAX(until, now) - now;
        struct timespec ts = { .tv_sec = (time_t) (wait / USEC_PER_SEC),
                .tv_nsec = (long) (wait % USEC_PER_SEC * 1000) };

        if (ppoll(fds, n, &ts, NULL) < 0)
                ck_assert_int_eq(errno, EINTR);
}

usec_t prober_lab_run(Prober **p, size_t n, usec_t duration, bool (*until)(Prober *p)) {
        usec_t begin = clock_monotonic(), now;
        struct pollfd fds[_PAIR_SIDE_MAX * PROBER_LAB_MAX] = {};

        ck_assert_uint_le(n, PROBER_LAB_MAX);
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
                prober_lab_await(fds, _PAIR_SIDE_MAX * n, next);
        }
        return clock_monotonic() - begin;
}

bool prober_lab_both_proved(Prober *p) {
        char reason[PROBE_REASON_MAX];
        usec_t now = clock_monotonic();

        return prober_is_proved(p, SIDE_PRIMARY, now, reason) && prober_is_proved(p, SIDE_STANDBY, now, reason);
}

uint64_t prober_lab_sample(Prober *p, PairSide side, Signal signal) {
        HealthSample samples[PROBE_VERDICT_SAMPLES];
        size_t n = prober_samples(p, side, 1, samples, ELEMENTSOF(samples));

        for (size_t i = 0; i < n; i++)
                if (samples[i].signal == signal)
                        return samples[i].count;
        ck_abort_msg("no such sample");
}

static void attach(int ns, const char *port, enum bpf_tc_attach_point direction, const struct bpf_insn *code,
                size_t n) {
        DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = direction);
        DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .flags = BPF_TC_F_REPLACE);
        int back = ns >= 0 ? lab_visit(ns) : -1;

        opts.prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "drop", "GPL", code, n, NULL);
        ck_assert_int_ge(opts.prog_fd, 0);
        hook.ifindex = (int) if_nametoindex(port);
        (void) bpf_tc_hook_create(&hook); /* may exist */
        ck_assert_int_eq(bpf_tc_attach(&hook, &opts), 0);
        close(opts.prog_fd);
        if (back >= 0)
                lab_leave(back);
}

void prober_lab_drop(int ns, const char *port, enum bpf_tc_attach_point direction, uint32_t share) {
        struct bpf_insn code[] = {
                { .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32 },
                { .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 0 }, /* the low half */
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },   /* TC_ACT_SHOT */
                { .code = BPF_JMP32 | BPF_JLE | BPF_K, .dst_reg = 1, .imm = (int32_t) share, .off = 1 },
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 }, /* TC_ACT_OK */
                { .code = BPF_JMP | BPF_EXIT },
        };

        attach(ns, port, direction, code, ELEMENTSOF(code));
}

void prober_lab_drop_vlan(int ns, const char *port, enum bpf_tc_attach_point direction, uint16_t vlan) {
        /* the kernel has taken the tag out of the frame: __sk_buff.vlan_tci */
        struct bpf_insn code[] = {
                { .code = BPF_LDX | BPF_MEM | BPF_W,
                                .dst_reg = 1,
                                .src_reg = 1,
                                .off = offsetof(struct __sk_buff, vlan_tci) },
                { .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 1, .imm = 0xfff },
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },
                { .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 1, .imm = vlan, .off = 1 },
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
                { .code = BPF_JMP | BPF_EXIT },
        };

        attach(ns, port, direction, code, ELEMENTSOF(code));
}
