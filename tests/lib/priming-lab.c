/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <net/if.h>

#include "alloc-util.h"
#include "netns-lab.h"
#include "prime-worker.h"
#include "priming-lab.h"

PrimePlan *plan, *again;
AdapterAccess *kernel;

void priming_lab_enter(void) {
        Error e = {};

        lab_enter();
        ck_assert_msg(adapter_access_new(&kernel, &e) == 0, "%s", e.text);
        plan = prime_plan_new();
        again = prime_plan_new();
        lab_run(-1,
                        "for d in serve spare; do "
                        "ip link add $d numtxqueues 4 numrxqueues 4 type veth peer name peer-$d && "
                        "ip link set $d up && ip link set peer-$d up && ethtool -L $d rx 4 tx 4; done");
}

void priming_lab_leave(void) {
        plan = prime_plan_free(plan);
        again = prime_plan_free(again);
        kernel = adapter_access_free(kernel);
}

static void run(PrimeTask task, const PrimePlan *before, PrimePlan *result) {
        PrimeRequest q = {
                .task = task,
                .serving = (int) if_nametoindex("serve"),
                .spare = (int) if_nametoindex("spare"),
                .before = before,
        };
        Error e = {};

        ck_assert_msg(prime_worker_run(kernel, &q, NULL, result, &e) == 0, "%s", e.text);
}

void priming_lab_plan(PrimePlan *result) {
        run(PRIME_TASK_PLAN, NULL, result);
}

void priming_lab_prime(const PrimePlan *before, PrimePlan *result) {
        run(PRIME_TASK_APPLY, before, result);
}

void priming_lab_prime_again(void) {
        priming_lab_prime(plan, again);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
}

void priming_lab_undo(const PrimePlan *before) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        run(PRIME_TASK_UNDO, before, undone);
}

const PrimeStep *priming_lab_find(
                const PrimePlan *p, AdapterAttribute attribute, unsigned place, const char *name) {
        for (size_t i = 0; i < p->n_steps; i++)
                if (p->steps[i].attribute == attribute && p->steps[i].place == place &&
                                streq(p->steps[i].name, name))
                        return &p->steps[i];
        return NULL;
}

void priming_lab_send(const char *ports) {
        lab_run(-1,
                        "ip address add 192.0.2.77/24 dev spare && "
                        "ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev spare && "
                        "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                        "[s.sendto(b\"x\", (\"192.0.2.1\", port)) for port in (%s)]'",
                        ports);
}

int priming_lab_load_program(enum bpf_prog_type type, int verdict) {
        /* r0 = verdict; exit */
        const struct bpf_insn code[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
                { .code = BPF_JMP | BPF_EXIT },
        };
        int fd = bpf_prog_load(type, "pass", "GPL", code, ELEMENTSOF(code), NULL);

        ck_assert_int_ge(fd, 0);
        return fd;
}
