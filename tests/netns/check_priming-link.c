/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of what an adapter lets in, how it queues and what programs it runs, on real adapters (veth) in
 * namespaces of the test's own, judged by the distribution's own bridge, tc and ip. Filters: see
 * check_priming-filters.c. */

#include <net/if.h>
#include <stdio.h>

#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "check-main.h"
#include "netns-lab.h"
#include "priming-lab.h"

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

        priming_lab_plan(plan);
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
        priming_lab_prime(NULL, plan);
        lab_expect(fifo, QDISCS("spare"));
        priming_lab_prime_again();
        priming_lab_undo(again);
        lab_expect(bucket, QDISCS("spare"));
        /* and the other way round: back to what hung on the root */
        lab_run(-1,
                        "tc qdisc del dev serve root && tc qdisc replace dev serve root tbf rate 1mbit burst "
                        "10k "
                        "latency 50ms && tc qdisc replace dev spare root handle 9: mq && tc qdisc replace dev "
                        "spare "
                        "parent 9:3 pfifo limit 44 && tc qdisc replace dev spare parent 9:1 bfifo limit 7000");
        priming_lab_prime(NULL, plan);
        lab_expect(bucket, QDISCS("spare"));
        priming_lab_undo(plan);
        lab_expect(fifo, QDISCS("spare"));
}
END_TEST

/* Of the same kind with other numbers, at the root and below. */
START_TEST(test_qdisc_of_the_same_kind) {
        static const char slow[] = "qdisc tbf root rate 1Mbit burst 10Kb lat 50ms \n",
                          fast[] = "qdisc tbf root rate 2Mbit burst 20Kb lat 50ms \n";

        lab_run(-1,
                        "tc qdisc replace dev serve root tbf rate 2mbit burst 20k latency 50ms && "
                        "tc qdisc replace dev spare root tbf rate 1mbit burst 10k latency 50ms");
        priming_lab_prime(NULL, plan);
        lab_expect(fast, QDISCS("spare"));
        priming_lab_undo(plan);
        lab_expect(slow, QDISCS("spare"));
        lab_run(-1,
                        "for d in serve spare; do tc qdisc del dev $d root && tc qdisc replace dev $d root "
                        "handle 8: mq; done && tc qdisc replace dev serve parent 8:3 pfifo limit 44 && "
                        "tc qdisc replace dev spare parent 8:3 pfifo limit 99");
        priming_lab_prime(NULL, plan);
        lab_expect("qdisc mq root \nqdisc pfifo parent :3 limit 44p\n", QDISCS("spare"));
        priming_lab_undo(plan);
        lab_expect("qdisc mq root \nqdisc pfifo parent :3 limit 99p\n", QDISCS("spare"));
}
END_TEST

/* The whole tree as tc(8) shows it, without what is counted. */
#define TREE(d)                                                                                                \
        "tc qdisc show dev " d                                                                                 \
        " | sed -E 's/refcnt [0-9]+ //; s/direct_packets_stat [0-9]+ //; s/(pfifo|tbf) "                       \
        "[0-9a-f]+: /\\1 /' | grep -v pfifo_fast | sort; tc class show dev " d                                 \
        " | grep -v 'class tbf' | sed -E 's/leaf [0-9a-f]+: //' | sort; tc filter show dev " d                 \
        " | sed -E 's/order [0-9]+ //'"

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
        ck_assert_uint_gt(lab_output(TREE("serve"), serving, sizeof(serving)), 0);
        ck_assert_uint_gt(lab_output(TREE("spare"), spare, sizeof(spare)), 0);
        priming_lab_prime(NULL, plan);
        lab_expect(serving, TREE("spare"));
        lab_expect(serving, TREE("serve"));
        priming_lab_prime_again();
        priming_lab_undo(again);
        lab_expect(spare, TREE("spare"));
}
END_TEST

/* What changes in a tree that both have is changed in its place, and what goes goes. */
START_TEST(test_tree_follows) {
        static char serving[8192];

        lab_run(-1, MAKE_TREE);
        priming_lab_prime(NULL, plan);
        lab_run(-1, "tc qdisc replace dev serve parent 1:10 handle 30: pfifo limit 66");
        ck_assert_uint_gt(lab_output(TREE("serve"), serving, sizeof(serving)), 0);
        priming_lab_prime(plan, again);
        lab_expect(serving, TREE("spare"));
        priming_lab_undo(again);
        priming_lab_prime(NULL, plan);
        lab_run(-1,
                        "tc class change dev serve parent 1:1 classid 1:10 htb rate 6mbit prio 1 && tc filter "
                        "del "
                        "dev serve parent 1: protocol ip prio 5 && tc class del dev serve classid 1:2f && tc "
                        "qdisc "
                        "del dev serve parent 1:10 && tc class add dev serve parent 1:10 classid 1:3 htb rate "
                        "1mbit "
                        "&& tc filter add dev serve parent 1: protocol ip prio 6 u32 match ip dst 192.0.2.3/32 "
                        "flowid 1:3");
        ck_assert_uint_gt(lab_output(TREE("serve"), serving, sizeof(serving)), 0);
        priming_lab_prime(plan, again);
        lab_expect(serving, TREE("spare"));
        priming_lab_undo(again);
        lab_expect("qdisc noqueue 0: root \n", TREE("spare"));
}
END_TEST

/* Frames choose their class on the spare as they did. */
START_TEST(test_tree_is_used) {
        lab_run(-1, MAKE_TREE);
        priming_lab_prime(NULL, plan);
        priming_lab_send("9, 9, 9");
        lab_expect("3\n",
                        "tc -s class show dev spare classid 1:10 | sed -nE 's/ Sent [0-9]+ bytes ([0-9]+) "
                        "pkt.*/\\1/p'");
}
END_TEST

/* What cannot be replayed is said, and left. */
START_TEST(test_tree_beyond) {
        const PrimeStep *s;

        lab_run(-1,
                        MAKE_TREE
                        " && tc qdisc add dev serve parent 1:2f htb && tc qdisc replace dev spare root pfifo "
                        "limit 5");
        priming_lab_prime(NULL, plan);
        s = priming_lab_find(plan, ATTRIBUTE_QDISC, 0, "");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note,
                        "htb has 1 filters, tables or disciplines that cannot be replayed: not copied");
        ck_assert_ptr_null(priming_lab_find(plan, ATTRIBUTE_QDISC_CLASS, 1, ""));
        lab_expect("qdisc pfifo root limit 5p\n", QDISCS("spare"));
        /* nor could the spare's be put back */
        lab_run(-1,
                        "tc qdisc del dev serve root && tc qdisc replace dev spare root handle 1: htb && tc "
                        "class "
                        "add dev spare parent 1: classid 1:1 htb rate 1mbit && tc filter add dev spare parent "
                        "1:1 "
                        "protocol ip prio 5 u32 match ip dst 192.0.2.1/32 flowid 1:1");
        priming_lab_prime(NULL, plan);
        s = priming_lab_find(plan, ATTRIBUTE_QDISC, 0, "");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_msg(strstr(s->note, "could not be put back") != NULL, "%s", s->note);
}
END_TEST

START_TEST(test_addresses) {
        const PrimeStep *s;

        lab_run(-1,
                        "bridge fdb add 02:00:00:00:00:77 dev serve self && bridge fdb add 01:0c:cd:01:00:01 "
                        "dev "
                        "serve self && ip link add link serve address 02:00:00:00:00:88 name mac type macvlan "
                        "mode "
                        "bridge && ip link set mac up && bridge fdb add 02:00:00:00:00:99 dev spare self");
        priming_lab_prime(NULL, plan);
        lab_expect("01:0c:cd:01:00:01 self permanent\n02:00:00:00:00:77 self permanent\n"
                   "02:00:00:00:00:88 self permanent\n02:00:00:00:00:99 self permanent\n",
                        ADDRESSES("spare"));
        ck_assert_ptr_null(priming_lab_find(plan, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:99"));
        /* The serving adapter loses one: so does the spare. One that was there before stays. */
        lab_run(-1, "ip link del mac && bridge fdb add 02:00:00:00:00:99 dev serve self");
        priming_lab_prime(plan, again);
        s = priming_lab_find(again, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:88");
        ck_assert(s && s->action == PRIME_SET && s->outcome == OUTCOME_DONE && s->want.absent);
        lab_run(-1, "bridge fdb del 02:00:00:00:00:99 dev serve self");
        priming_lab_prime(again, plan);
        lab_expect("01:0c:cd:01:00:01 self permanent\n02:00:00:00:00:77 self permanent\n"
                   "02:00:00:00:00:99 self permanent\n",
                        ADDRESSES("spare"));
        priming_lab_undo(plan);
        lab_expect("02:00:00:00:00:99 self permanent\n", ADDRESSES("spare"));
}
END_TEST

#define FLAGS "ip -d link show spare | grep -oE 'PROMISC|ALLMULTI' | tr '\\n' ' '"

/* What an administrator asked for, not what a capture needs. */
START_TEST(test_promiscuity) {
        lab_run(-1, "ip link set serve promisc on allmulticast on");
        priming_lab_prime(NULL, plan);
        lab_expect("ALLMULTI PROMISC ", FLAGS);
        priming_lab_undo(plan);
        lab_expect("", FLAGS);
        lab_run(-1, "ip link set serve promisc off allmulticast off && ip link set spare promisc on");
        priming_lab_prime(NULL, plan);
        lab_expect("", FLAGS);
        priming_lab_undo(plan);
        lab_expect("PROMISC ", FLAGS);
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
        _cleanup_close_ int fd = priming_lab_load_program(BPF_PROG_TYPE_XDP, XDP_PASS);
        uint32_t id;
        const PrimeStep *s;

        ck_assert_int_eq(bpf_xdp_attach((int) if_nametoindex("serve"), fd, 1U << 2, NULL), 0);
        id = program_of("serve", "xdp");
        ck_assert_uint_ne(id, 0);
        priming_lab_prime(NULL, plan);
        ck_assert_uint_eq(program_of("spare", "xdp"), id);
        priming_lab_undo(plan);
        ck_assert_uint_eq(program_of("spare", "xdp"), 0);

        /* the program goes: so it does from the spare, but not one of its own */
        priming_lab_prime(NULL, plan);
        ck_assert_int_eq(bpf_xdp_detach((int) if_nametoindex("serve"), 1U << 2, NULL), 0);
        priming_lab_prime(plan, again);
        ck_assert_uint_eq(program_of("spare", "xdp"), 0);
        ck_assert_int_eq(bpf_xdp_attach((int) if_nametoindex("spare"), fd, 1U << 2, NULL), 0);
        priming_lab_prime(NULL, plan);
        ck_assert_uint_ne(program_of("spare", "xdp"), 0);
        s = priming_lab_find(plan, ATTRIBUTE_XDP_NATIVE, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && s->note[0]);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("priming-link");
        TCase *t = tcase_create("priming-link");

        tcase_add_checked_fixture(t, priming_lab_enter, priming_lab_leave);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_nothing);
        tcase_add_test(t, test_qdisc);
        tcase_add_test(t, test_qdisc_of_the_same_kind);
        tcase_add_test(t, test_tree);
        tcase_add_test(t, test_tree_follows);
        tcase_add_test(t, test_tree_is_used);
        tcase_add_test(t, test_tree_beyond);
        tcase_add_test(t, test_addresses);
        tcase_add_test(t, test_promiscuity);
        tcase_add_test(t, test_xdp);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
