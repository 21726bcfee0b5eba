/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of what an adapter lets in, how it queues and what programs it runs, on real adapters (veth) in
 * namespaces of the test's own, judged by the distribution's own bridge, tc and ip. */

#include <net/if.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "check-main.h"
#include "netns-lab.h"
#include "own-filter.h"
#include "prime-worker.h"

static AdapterAccess *kernel;
static PrimePlan *plan, *again;
static Error e;

static void setup(void) {
        lab_enter();
        ck_assert_msg(adapter_access_new(&kernel, &e) == 0, "%s", e.text);
        plan = prime_plan_new();
        again = prime_plan_new();
        lab_run(-1,
                        "for d in serve spare; do ip link add $d numtxqueues 4 numrxqueues 4 type veth peer "
                        "name "
                        "peer-$d && ip link set $d up && ip link set peer-$d up && ethtool -L $d rx 4 tx 4; "
                        "done");
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        again = prime_plan_free(again);
        kernel = adapter_access_free(kernel);
}

static int run(PrimeTask task, PrimeItems items, const PrimePlan *before, PrimePlan *result) {
        PrimeRequest q = {
                .task = task,
                .serving = (int) if_nametoindex("serve"),
                .spare = (int) if_nametoindex("spare"),
                .items = items,
                .before = before,
        };

        e = (Error){};
        return prime_worker_run(kernel, &q, NULL, result, &e);
}

static void prime(const PrimePlan *before, PrimePlan *result) {
        ck_assert_msg(run(PRIME_TASK_APPLY, (PrimeItems){}, before, result) == 0, "%s", e.text);
}

static void undo(const PrimePlan *before) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

        ck_assert_msg(run(PRIME_TASK_UNDO, (PrimeItems){}, before, undone) == 0, "%s", e.text);
}

/* Fails with what the command printed unless it printed exactly that. */
static void expect(const char *expected, const char *command) {
        char text[4096];
        FILE *f = popen(command, "re");
        size_t n;

        ck_assert_ptr_nonnull(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        text[n] = 0;
        ck_assert_int_ge(pclose(f), 0);
        ck_assert_str_eq(text, expected);
}

static PrimeStep *find(PrimePlan *p, AdapterAttribute attribute, unsigned place, const char *name) {
        for (size_t i = 0; i < p->n_steps; i++)
                if (p->steps[i].attribute == attribute && p->steps[i].place == place &&
                                streq(p->steps[i].name, name))
                        return &p->steps[i];
        return NULL;
}

#define QDISCS(d)                                                                                              \
        "tc qdisc show dev " d " | sed -E 's/ [0-9a-f]+: / /; s/parent [0-9a-f]*/parent /; s/refcnt [0-9]+ "   \
        "//' | grep -v pfifo_fast | sort"
#define ADDRESSES(d) "bridge fdb show dev " d " | grep -vE '^(33:33|01:00:5e)' | sort"

/* Nothing of what this file is about is mentioned when neither adapter has it. */
START_TEST(test_nothing) {
        static const PrimeItemId items[] = { PRIME_LINK_MODES, PRIME_LINK_INFO, PRIME_FEC, PRIME_PAUSE,
                PRIME_EEE, PRIME_DCB, PRIME_IRQ_AFFINITY, PRIME_QDISC, PRIME_FILTERS, PRIME_XDP,
                PRIME_ADDRESSES, PRIME_VLAN_FILTER, PRIME_PROMISCUITY, PRIME_TIMESTAMPING, PRIME_SRIOV,
                PRIME_DEVLINK, PRIME_XFRM_OFFLOAD, PRIME_MACSEC_OFFLOAD, PRIME_TLS_OFFLOAD };

        ck_assert_int_eq(run(PRIME_TASK_PLAN, (PrimeItems){}, NULL, plan), 0);
        for (size_t i = 0; i < plan->n_steps; i++)
                for (size_t k = 0; k < ELEMENTSOF(items); k++)
                        ck_assert_msg(plan->steps[i].item != items[k] ||
                                                        plan->steps[i].item == PRIME_LINK_MODES ||
                                                        plan->steps[i].item == PRIME_LINK_INFO,
                                        "%s", PRIME_STEP_LABEL(&plan->steps[i]));
        ck_assert(prime_plan_is_equal(plan));
}
END_TEST

START_TEST(test_qdisc) {
        static const char fifo[] = "qdisc bfifo parent :1 limit 7000b\n"
                                   "qdisc mq root \n"
                                   "qdisc pfifo parent :3 limit 44p\n",
                          bucket[] = "qdisc tbf root rate 1Mbit burst 10Kb lat 50ms \n";

        lab_run(-1,
                        "tc qdisc replace dev serve root handle 8: mq && tc qdisc replace dev serve parent 8:3 "
                        "pfifo limit 44 && tc qdisc replace dev serve parent 8:1 bfifo limit 7000 &&"
                        " tc qdisc replace dev spare root tbf rate 1mbit burst 10k latency 50ms");
        prime(NULL, plan);
        expect(fifo, QDISCS("spare"));
        prime(plan, again);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        undo(again);
        expect(bucket, QDISCS("spare"));
        /* and the other way round: back to what hung on the root */
        lab_run(-1,
                        "tc qdisc del dev serve root && tc qdisc replace dev serve root tbf rate 1mbit burst "
                        "10k "
                        "latency 50ms && tc qdisc replace dev spare root handle 9: mq && tc qdisc replace dev "
                        "spare "
                        "parent 9:3 pfifo limit 44 && tc qdisc replace dev spare parent 9:1 bfifo limit 7000");
        prime(NULL, plan);
        expect(bucket, QDISCS("spare"));
        undo(plan);
        expect(fifo, QDISCS("spare"));
}
END_TEST

/* Of the same kind with other numbers, at the root and below. */
START_TEST(test_qdisc_of_the_same_kind) {
        static const char slow[] = "qdisc tbf root rate 1Mbit burst 10Kb lat 50ms \n",
                          fast[] = "qdisc tbf root rate 2Mbit burst 20Kb lat 50ms \n";

        lab_run(-1,
                        "tc qdisc replace dev serve root tbf rate 2mbit burst 20k latency 50ms && "
                        "tc qdisc replace dev spare root tbf rate 1mbit burst 10k latency 50ms");
        prime(NULL, plan);
        expect(fast, QDISCS("spare"));
        undo(plan);
        expect(slow, QDISCS("spare"));
        lab_run(-1,
                        "for d in serve spare; do tc qdisc del dev $d root && tc qdisc replace dev $d root "
                        "handle 8: mq; done && tc qdisc replace dev serve parent 8:3 pfifo limit 44 && "
                        "tc qdisc replace dev spare parent 8:3 pfifo limit 99");
        prime(NULL, plan);
        expect("qdisc mq root \nqdisc pfifo parent :3 limit 44p\n", QDISCS("spare"));
        undo(plan);
        expect("qdisc mq root \nqdisc pfifo parent :3 limit 99p\n", QDISCS("spare"));
}
END_TEST

/* The whole tree as tc(8) shows it, without what is counted. */
#define TREE(d)                                                                                                \
        "tc qdisc show dev " d                                                                                 \
        " | sed -E 's/refcnt [0-9]+ //; s/direct_packets_stat [0-9]+ //; s/(pfifo|tbf) "                       \
        "[0-9a-f]+: /\\1 /' | grep -v pfifo_fast | sort; tc class show dev " d                                 \
        " | grep -v 'class tbf' | sed -E 's/leaf [0-9a-f]+: //' | sort; tc filter show dev " d                 \
        " | sed -E 's/order [0-9]+ //'"

static void take_text(const char *command, char *text, size_t size) {
        FILE *f = popen(command, "re");
        size_t n;

        ck_assert_ptr_nonnull(f);
        n = fread(text, 1, size - 1, f);
        text[n] = 0;
        ck_assert_int_ge(pclose(f), 0);
        ck_assert_uint_gt(n, 0);
}

#define MAKE_TREE                                                                                              \
        "tc qdisc replace dev serve root handle 1: htb default 20 r2q 20 && "                                  \
        "tc class add dev serve parent 1: classid 1:1 htb rate 10mbit ceil 20mbit && "                         \
        "tc class add dev serve parent 1:1 classid 1:10 htb rate 5mbit prio 2 && "                             \
        "tc class add dev serve parent 1:1 classid 1:20 htb rate 3mbit burst 20k && "                          \
        "tc class add dev serve parent 1:20 classid 1:2f htb rate 1mbit && "                                   \
        "tc qdisc add dev serve parent 1:10 handle 30: pfifo limit 55 && "                                     \
        "tc filter add dev serve parent 1: protocol ip prio 5 u32 match ip dst 192.0.2.1/32 flowid 1:10 && "   \
        "tc filter add dev serve parent 1: protocol ip prio 5 u32 match ip dport 80 0xffff match ip protocol " \
        "6 0xff flowid 1:2f && "                                                                               \
        "tc filter add dev serve parent 1: protocol ipv6 prio 9 u32 match ip6 priority 16 0xff flowid 1:20"

/* Classes, what queues in them, filters: the spare has the same tree, and gets back its own. */
START_TEST(test_tree) {
        static char serving[8192], spare[8192];

        lab_run(-1, MAKE_TREE);
        lab_run(-1,
                        "tc qdisc replace dev spare root handle 1: htb default 7 && tc class add dev spare "
                        "parent "
                        "1: classid 1:10 htb rate 9mbit && tc class add dev spare parent 1:10 classid 1:7 htb "
                        "rate "
                        "2mbit && tc qdisc add dev spare parent 1:7 tbf rate 1mbit burst 10k latency 50ms && "
                        "tc "
                        "filter add dev spare parent 1: protocol ip prio 5 u32 match ip src 192.0.2.9/32 "
                        "flowid "
                        "1:7");
        take_text(TREE("serve"), serving, sizeof(serving));
        take_text(TREE("spare"), spare, sizeof(spare));
        prime(NULL, plan);
        expect(serving, TREE("spare"));
        expect(serving, TREE("serve"));
        prime(plan, again);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        undo(again);
        expect(spare, TREE("spare"));
}
END_TEST

/* What changes in a tree that both have is changed in its place, and what goes goes. */
START_TEST(test_tree_follows) {
        static char serving[8192];

        lab_run(-1, MAKE_TREE);
        prime(NULL, plan);
        lab_run(-1, "tc qdisc replace dev serve parent 1:10 handle 30: pfifo limit 66");
        take_text(TREE("serve"), serving, sizeof(serving));
        prime(plan, again);
        expect(serving, TREE("spare"));
        undo(again);
        prime(NULL, plan);
        lab_run(-1,
                        "tc class change dev serve parent 1:1 classid 1:10 htb rate 6mbit prio 1 && tc filter "
                        "del "
                        "dev serve parent 1: protocol ip prio 5 && tc class del dev serve classid 1:2f && tc "
                        "qdisc "
                        "del dev serve parent 1:10 && tc class add dev serve parent 1:10 classid 1:3 htb rate "
                        "1mbit "
                        "&& tc filter add dev serve parent 1: protocol ip prio 6 u32 match ip dst 192.0.2.3/32 "
                        "flowid 1:3");
        take_text(TREE("serve"), serving, sizeof(serving));
        prime(plan, again);
        expect(serving, TREE("spare"));
        undo(again);
        expect("qdisc noqueue 0: root \n", TREE("spare"));
}
END_TEST

/* Frames choose their class on the spare as they did. */
START_TEST(test_tree_is_used) {
        lab_run(-1, MAKE_TREE);
        prime(NULL, plan);
        lab_run(-1,
                        "ip address add 192.0.2.77/24 dev spare && ip neighbour add 192.0.2.1 lladdr "
                        "02:00:00:00:00:01 dev spare && python3 -c 'import socket; s = "
                        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM); [s.sendto(b\"x\", (\"192.0.2.1\", "
                        "9)) for i in range(3)]'");
        expect("3\n",
                        "tc -s class show dev spare classid 1:10 | sed -nE 's/ Sent [0-9]+ bytes ([0-9]+) "
                        "pkt.*/\\1/p'");
}
END_TEST

/* What cannot be replayed is said, and left. */
START_TEST(test_tree_beyond) {
        PrimeStep *s;

        lab_run(-1,
                        MAKE_TREE
                        " && tc qdisc add dev serve parent 1:2f htb && tc qdisc replace dev spare root pfifo "
                        "limit 5");
        prime(NULL, plan);
        s = find(plan, ATTRIBUTE_QDISC, 0, "");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note,
                        "htb has 1 filters, tables or disciplines that cannot be replayed: not copied");
        ck_assert_ptr_null(find(plan, ATTRIBUTE_QDISC_CLASS, 1, ""));
        expect("qdisc pfifo root limit 5p\n", QDISCS("spare"));
        /* nor could the spare's be put back */
        lab_run(-1,
                        "tc qdisc del dev serve root && tc qdisc replace dev spare root handle 1: htb && tc "
                        "class "
                        "add dev spare parent 1: classid 1:1 htb rate 1mbit && tc filter add dev spare parent "
                        "1:1 "
                        "protocol ip prio 5 u32 match ip dst 192.0.2.1/32 flowid 1:1");
        prime(NULL, plan);
        s = find(plan, ATTRIBUTE_QDISC, 0, "");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_msg(strstr(s->note, "could not be put back") != NULL, "%s", s->note);
}
END_TEST

/* Without what each adapter counts for itself. */
#define FILTERS(d)                                                                                             \
        "for way in ingress egress; do echo $way; tc filter show dev " d                                       \
        " $way | sed -E 's/index [0-9]+/index N/; s/ *police 0x[0-9a-f]+/police N/; "                          \
        "s/ (fh|ht|key ht) 80[0-9a-f]/ \\1 80N/g'; done"

/* As far as the kernel has it: of what is copied, that of Debian's has all. */
#define TRY(command) "{ tc filter add dev serve " command " 2>/dev/null || true; }"

#define MAKE_FILTERS                                                                                                                                                                                                            \
        "ip link add sink type veth peer name drain && ip link set sink up && ip link set drain up && "                                                                                                                         \
        "tc qdisc add dev serve clsact && "                                                                                                                                                                                     \
        "tc filter add dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.1/32 match ip dport 80 "                                                                                                                   \
        "0xffff action mirred egress redirect dev sink && "                                                                                                                                                                     \
        "tc filter add dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.2/32 flowid 1:7 && "                                                                                                                       \
        "tc filter add dev serve egress protocol ipv6 pref 6 u32 match ip6 dst 2001:db8::/32 action mirred "                                                                                                                    \
        "egress mirror dev sink && " TRY(                                                                                                                                                                                       \
                        "ingress protocol ip pref 12 u32 match ip protocol 6 0xff action "                                                                                                                                      \
                        "drop") " && " TRY("ingress protocol ipv6 pref 7 flower ip_proto "                                                                                                                                      \
                                           "tcp dst_ip 2001:db8::/64 dst_port 443 action "                                                                                                                                      \
                                           "skbedit mark 7 priority 1:2 pipe action mirred "                                                                                                                                    \
                                           "egress mirror dev sink") " && " TRY("ingress "                                                                                                                                      \
                                                                                "protocol "                                                                                                                                     \
                                                                                "all pref 9 "                                                                                                                                   \
                                                                                "matchall "                                                                                                                                     \
                                                                                "action "                                                                                                                                       \
                                                                                "police "                                                                                                                                       \
                                                                                "rate 8mbit "                                                                                                                                   \
                                                                                "burst 20k "                                                                                                                                    \
                                                                                "conform-"                                                                                                                                      \
                                                                                "exceed "                                                                                                                                       \
                                                                                "drop/pipe") " && " TRY("egre"                                                                                                                  \
                                                                                                        "ss "                                                                                                                   \
                                                                                                        "prot"                                                                                                                  \
                                                                                                        "ocol"                                                                                                                  \
                                                                                                        " ip "                                                                                                                  \
                                                                                                        "pref"                                                                                                                  \
                                                                                                        " 13 "                                                                                                                  \
                                                                                                        "hand"                                                                                                                  \
                                                                                                        "le "                                                                                                                   \
                                                                                                        "4 "                                                                                                                    \
                                                                                                        "flow"                                                                                                                  \
                                                                                                        "er "                                                                                                                   \
                                                                                                        "src_"                                                                                                                  \
                                                                                                        "ip "                                                                                                                   \
                                                                                                        "192."                                                                                                                  \
                                                                                                        "0.2."                                                                                                                  \
                                                                                                        "0/"                                                                                                                    \
                                                                                                        "24 "                                                                                                                   \
                                                                                                        "acti"                                                                                                                  \
                                                                                                        "on "                                                                                                                   \
                                                                                                        "vlan"                                                                                                                  \
                                                                                                        " pus"                                                                                                                  \
                                                                                                        "h "                                                                                                                    \
                                                                                                        "id "                                                                                                                   \
                                                                                                        "42 "                                                                                                                   \
                                                                                                        "prio"                                                                                                                  \
                                                                                                        "rity"                                                                                                                  \
                                                                                                        " 3 "                                                                                                                   \
                                                                                                        "pipe"                                                                                                                  \
                                                                                                        " act"                                                                                                                  \
                                                                                                        "ion "                                                                                                                  \
                                                                                                        "pas"                                                                                                                   \
                                                                                                        "s") " && " TRY("egress protocol ip pref 13 handle 9 flower dst_mac 02:00:00:00:00:05 action vlan modify "              \
                                                                                                                        "id 43") " && " TRY("egress protocol all pref 20 matchall action police pkts_rate 1000 pkts_burst 200 " \
                                                                                                                                            "conform-exceed drop")

/* The spare has the same ones; its own, and the discipline if it had none, are as they were after that. */
START_TEST(test_filters) {
        static char serving[16384];

        lab_run(-1, "%s", MAKE_FILTERS);
        take_text(FILTERS("serve"), serving, sizeof(serving));
        ck_assert_ptr_nonnull(strstr(serving, "Egress Redirect to device sink"));
        prime(NULL, plan);
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_UNSUPPORTED), 0);
        expect(serving, FILTERS("spare"));
        expect(serving, FILTERS("serve"));
        prime(plan, again);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        undo(again);
        expect("ingress\negress\n", FILTERS("spare"));
        expect("", "tc qdisc show dev spare | grep clsact");
        expect(serving, FILTERS("serve"));
}
END_TEST

/* What only the spare has goes, also from a priority that both have, and comes back. */
START_TEST(test_filters_of_the_spare) {
        static char serving[16384], spare[16384];

        lab_run(-1, "%s", MAKE_FILTERS);
        lab_run(-1,
                        "tc qdisc add dev spare clsact && tc filter add dev spare ingress protocol ip pref 5 "
                        "handle ::7 u32 match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev spare "
                        "ingress "
                        "protocol ipv6 pref 9 u32 match ip6 priority 16 0xff flowid 1:3 && tc filter add dev "
                        "spare egress protocol ip pref 30 u32 match ip src 192.0.2.3/32 flowid 1:4");
        take_text(FILTERS("serve"), serving, sizeof(serving));
        take_text(FILTERS("spare"), spare, sizeof(spare));
        prime(NULL, plan);
        expect(serving, FILTERS("spare"));
        /* one of a priority goes, another comes, one becomes another */
        lab_run(-1,
                        "tc filter del dev serve ingress protocol ip pref 5 handle $(tc filter show dev serve "
                        "ingress | sed -nE 's/.*pref 5 .* fh (80[0-9a-f]::800) .*/\\1/p') u32 && tc filter add "
                        "dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.4/32 flowid 1:8 && tc "
                        "filter del dev serve egress pref 6 && tc filter add dev serve egress protocol ip pref "
                        "6 u32 match ip dst 192.0.2.6/32 flowid 1:6");
        take_text(FILTERS("serve"), serving, sizeof(serving));
        prime(plan, again);
        expect(serving, FILTERS("spare"));
        undo(again);
        expect(spare, FILTERS("spare"));
}
END_TEST

/* Frames meet them on the spare as they did. */
START_TEST(test_filters_are_used) {
        lab_run(-1,
                        "ip link add sink type veth peer name drain && ip link set sink up && ip link set "
                        "drain "
                        "up && tc qdisc add dev serve clsact && tc filter add dev serve egress protocol ip "
                        "pref "
                        "5 u32 match ip protocol 17 0xff match ip dport 9 0xffff action mirred egress redirect "
                        "dev sink");
        prime(NULL, plan);
        lab_run(-1,
                        "ip address add 192.0.2.77/24 dev spare && ip neighbour add 192.0.2.1 lladdr "
                        "02:00:00:00:00:01 dev spare && python3 -c 'import socket; s = "
                        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM); [s.sendto(b\"x\", (\"192.0.2.1\", "
                        "port)) for port in (9, 9, 10, 9)]'");
        expect("3\n", "tc -s filter show dev spare egress | sed -nE 's/.* ([0-9]+) pkt .*/\\1/p'");
        expect("0\n", "tc -s filter show dev serve egress | sed -nE 's/.* ([0-9]+) pkt .*/\\1/p'");
}
END_TEST

static const struct {
        const char *add, *name, *note;
} beyond[] = {
        { "pref 8 chain 4 u32 match ip src 192.0.2.1/32 flowid 1:1", "ingress:8:0800:00000800",
                        "u32 pref 8: in a chain: cannot be copied" },
        { "pref 8 handle 7: u32 divisor 4", "ingress:8:0800:00000000",
                        "u32 pref 8: a hash table of its own: cannot be copied" },
        { "pref 8 u32 match ip src 192.0.2.1/32 action mirred egress redirect dev serve",
                        "ingress:8:0800:00000800",
                        "u32 pref 8: mirred to the adapter itself: cannot be copied" },
        { "pref 8 u32 match ip src 192.0.2.1/32 action mirred egress mirror dev peer-serve pipe action mirred "
          "egress mirror dev peer-spare",
                        "ingress:8:0800:00000800", "u32 pref 8: mirred to several devices: cannot be copied" },
        { "pref 8 u32 match ip src 192.0.2.1/32 action mirred egress mirror dev peer-serve index 7 && tc "
          "filter "
          "add dev serve ingress protocol ip pref 10 u32 match ip src 192.0.2.2/32 action mirred egress mirror "
          "dev peer-serve index 7",
                        "ingress:10:0800:00000800", "u32 pref 10: an action that is shared: cannot be copied" },
};

/* One that cannot be replayed is said, and keeps those of its direction from being copied, and only them. */
START_TEST(test_filters_beyond) {
        PrimeStep *s;

        lab_run(-1,
                        "tc qdisc add dev serve clsact && tc filter add dev serve ingress protocol ip pref 9 "
                        "u32 "
                        "match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev serve egress protocol ip "
                        "pref "
                        "9 u32 match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev serve ingress "
                        "protocol "
                        "ip %s",
                        beyond[_i].add);
        prime(NULL, plan);
        s = find(plan, ATTRIBUTE_FILTER_OTHER, 0, beyond[_i].name);
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note, beyond[_i].note);
        s = find(plan, ATTRIBUTE_FILTER, 0, "ingress:9:0800:00000800");
        ck_assert(s && s->action == PRIME_UNSUPPORTED && !s->want.set);
        expect("", "tc filter show dev spare ingress");
        expect("1\n", "tc filter show dev spare egress | grep -c 'flowid 1:9'");
}
END_TEST

/* A copy on the spare would send it its own frames. */
START_TEST(test_filter_to_the_spare) {
        PrimeStep *s;

        lab_run(-1,
                        "tc qdisc add dev serve clsact && tc filter add dev serve egress protocol ip pref 9 "
                        "u32 "
                        "match ip src 192.0.2.9/32 action mirred egress mirror dev spare");
        prime(NULL, plan);
        s = find(plan, ATTRIBUTE_FILTER, 0, "egress:9:0800:00000800");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note, "pref 9 of the serving adapter sends frames to the spare");
        expect("", "tc qdisc show dev spare | grep clsact");
}
END_TEST

START_TEST(test_addresses) {
        PrimeStep *s;

        lab_run(-1,
                        "bridge fdb add 02:00:00:00:00:77 dev serve self && bridge fdb add 01:0c:cd:01:00:01 "
                        "dev "
                        "serve self && ip link add link serve address 02:00:00:00:00:88 name mac type macvlan "
                        "mode "
                        "bridge && ip link set mac up && bridge fdb add 02:00:00:00:00:99 dev spare self");
        prime(NULL, plan);
        expect("01:0c:cd:01:00:01 self permanent\n02:00:00:00:00:77 self permanent\n"
               "02:00:00:00:00:88 self permanent\n02:00:00:00:00:99 self permanent\n",
                        ADDRESSES("spare"));
        ck_assert_ptr_null(find(plan, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:99"));
        /* The serving adapter loses one: so does the spare. One that was there before stays. */
        lab_run(-1, "ip link del mac && bridge fdb add 02:00:00:00:00:99 dev serve self");
        prime(plan, again);
        s = find(again, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:88");
        ck_assert(s && s->action == PRIME_SET && s->outcome == OUTCOME_DONE && s->want.absent);
        lab_run(-1, "bridge fdb del 02:00:00:00:00:99 dev serve self");
        prime(again, plan);
        expect("01:0c:cd:01:00:01 self permanent\n02:00:00:00:00:77 self permanent\n"
               "02:00:00:00:00:99 self permanent\n",
                        ADDRESSES("spare"));
        undo(plan);
        expect("02:00:00:00:00:99 self permanent\n", ADDRESSES("spare"));
}
END_TEST

#define FLAGS "ip -d link show spare | grep -oE 'PROMISC|ALLMULTI' | tr '\\n' ' '"

/* What an administrator asked for, not what a capture needs. */
START_TEST(test_promiscuity) {
        lab_run(-1, "ip link set serve promisc on allmulticast on");
        prime(NULL, plan);
        expect("ALLMULTI PROMISC ", FLAGS);
        undo(plan);
        expect("", FLAGS);
        lab_run(-1, "ip link set serve promisc off allmulticast off && ip link set spare promisc on");
        prime(NULL, plan);
        expect("", FLAGS);
        undo(plan);
        expect("PROMISC ", FLAGS);
}
END_TEST

/* r0 = verdict; exit */
static int load_program(enum bpf_prog_type type, int verdict) {
        const struct bpf_insn code[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
                { .code = BPF_JMP | BPF_EXIT },
        };
        int fd = bpf_prog_load(type, "pass", "GPL", code, ELEMENTSOF(code), NULL);

        ck_assert_int_ge(fd, 0);
        return fd;
}

static void attach_classifier(const char *adapter, uint32_t priority, uint32_t handle) {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int) if_nametoindex(adapter),
                        .attach_point = BPF_TC_INGRESS);
        _cleanup_close_ int fd = load_program(BPF_PROG_TYPE_SCHED_CLS, -1);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = handle, .priority = priority, .prog_fd = fd);

        ck_assert_int_eq(bpf_tc_attach(&hook, &filter), 0);
}

/* The same program is on both. */
START_TEST(test_filter_with_program) {
        static char serving[4096];

        lab_run(-1, "tc qdisc add dev serve clsact");
        attach_classifier("serve", 4, 3);
        take_text(FILTERS("serve"), serving, sizeof(serving));
        ck_assert_ptr_nonnull(strstr(serving, "direct-action"));
        prime(NULL, plan);
        expect(serving, FILTERS("spare"));
        prime(plan, again);
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        undo(again);
        expect("", "tc qdisc show dev spare | grep clsact");
        /* a second one of the priority comes before the first, which their handles do not say */
        attach_classifier("serve", 4, 9);
        prime(NULL, plan);
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_UNSUPPORTED), 2);
}
END_TEST

#define OWN(d) "tc filter show dev " d " ingress | grep -c 'handle 0x7072'"

/* Where primed's own programs are classifiers they stay, and so does what they hang on; what acts before them
 * is not copied. */
START_TEST(test_filters_beside_own) {
        PrimeStep *s;

        lab_run(-1, "tc qdisc add dev serve clsact; tc qdisc add dev spare clsact");
        attach_classifier("serve", OWN_FILTER_PRIORITY, OWN_FILTER_HANDLE);
        attach_classifier("spare", OWN_FILTER_PRIORITY, OWN_FILTER_HANDLE);
        prime(NULL, plan);
        ck_assert_ptr_null(find(plan, ATTRIBUTE_FILTER_HOOK, 0, ""));
        lab_run(-1,
                        "for pref in 1 5; do tc filter add dev serve ingress protocol ip pref $pref u32 match "
                        "ip "
                        "src 192.0.2.9/32 flowid 1:$pref; done");
        prime(NULL, plan);
        s = find(plan, ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000800");
        ck_assert(s && s->action == PRIME_REPORT && s->note[0]);
        expect("flowid 1:5\n", "tc filter show dev spare ingress | grep -o 'flowid 1:.'");
        expect("1\n", OWN("spare"));
        undo(plan);
        expect("", "tc filter show dev spare ingress | grep flowid");
        expect("1\n", OWN("spare"));
        expect("1\n", OWN("serve"));
}
END_TEST

static uint32_t program_of(const char *adapter, const char *mode) {
        char command[256];
        uint32_t id = 0;
        FILE *f;

        snprintf(command, sizeof(command),
                        "ip -d link show %s | sed -n 's/.*prog\\/%s id \\([0-9]*\\).*/\\1/p'", adapter, mode);
        f = popen(command, "re");
        if (fscanf(f, "%u", &id) != 1)
                id = 0;
        pclose(f);
        return id;
}

START_TEST(test_xdp) {
        _cleanup_close_ int fd = load_program(BPF_PROG_TYPE_XDP, XDP_PASS);
        uint32_t id;
        PrimeStep *s;

        ck_assert_int_eq(bpf_xdp_attach((int) if_nametoindex("serve"), fd, 1U << 2, NULL), 0);
        id = program_of("serve", "xdp");
        ck_assert_uint_ne(id, 0);
        prime(NULL, plan);
        ck_assert_uint_eq(program_of("spare", "xdp"), id);
        undo(plan);
        ck_assert_uint_eq(program_of("spare", "xdp"), 0);

        /* the program goes: so it does from the spare, but not one of its own */
        prime(NULL, plan);
        ck_assert_int_eq(bpf_xdp_detach((int) if_nametoindex("serve"), 1U << 2, NULL), 0);
        prime(plan, again);
        ck_assert_uint_eq(program_of("spare", "xdp"), 0);
        ck_assert_int_eq(bpf_xdp_attach((int) if_nametoindex("spare"), fd, 1U << 2, NULL), 0);
        prime(NULL, plan);
        ck_assert_uint_ne(program_of("spare", "xdp"), 0);
        s = find(plan, ATTRIBUTE_XDP_NATIVE, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && s->note[0]);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("priming-link");
        TCase *t = tcase_create("priming-link");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_nothing);
        tcase_add_test(t, test_qdisc);
        tcase_add_test(t, test_qdisc_of_the_same_kind);
        tcase_add_test(t, test_tree);
        tcase_add_test(t, test_tree_follows);
        tcase_add_test(t, test_tree_is_used);
        tcase_add_test(t, test_tree_beyond);
        tcase_add_test(t, test_filters);
        tcase_add_test(t, test_filters_of_the_spare);
        tcase_add_test(t, test_filters_are_used);
        tcase_add_loop_test(t, test_filters_beyond, 0, ELEMENTSOF(beyond));
        tcase_add_test(t, test_filter_to_the_spare);
        tcase_add_test(t, test_filter_with_program);
        tcase_add_test(t, test_filters_beside_own);
        tcase_add_test(t, test_addresses);
        tcase_add_test(t, test_promiscuity);
        tcase_add_test(t, test_xdp);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
