/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of the filters of an adapter, in and out (tc's clsact), on real adapters (veth) in namespaces of the
 * test's own, judged by the distribution's own tc. */

#include <net/if.h>

#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "check-main.h"
#include "netns-lab.h"
#include "own-filter.h"
#include "priming-lab.h"

/* Without what each adapter counts for itself. */
#define FILTERS(d)                                                                                             \
        "for way in ingress egress; do echo $way; tc filter show dev " d                                       \
        " $way | sed -E 's/index [0-9]+/index N/; s/ *police 0x[0-9a-f]+/police N/; "                          \
        "s/ (fh|ht|key ht) 80[0-9a-f]/ \\1 80N/g'; done"

/* Those of the first command every kernel has; of the others that of Debian has all. */
static void make_filters(void) {
        static const char *const optional[] = {
                "ingress protocol ip pref 12 u32 match ip protocol 6 0xff action drop",
                "ingress protocol ipv6 pref 7 flower ip_proto tcp dst_ip 2001:db8::/64 dst_port 443 "
                "action skbedit mark 7 priority 1:2 pipe action mirred egress mirror dev sink",
                "ingress protocol all pref 9 matchall action police rate 8mbit burst 20k "
                "conform-exceed drop/pipe",
                "egress protocol ip pref 13 handle 4 flower src_ip 192.0.2.0/24 "
                "action vlan push id 42 priority 3 pipe action pass",
                "egress protocol ip pref 13 handle 9 flower dst_mac 02:00:00:00:00:05 "
                "action vlan modify id 43",
                "egress protocol all pref 20 matchall action police pkts_rate 1000 pkts_burst 200 "
                "conform-exceed drop",
        };

        lab_run(-1,
                        "ip link add sink type veth peer name drain && ip link set sink up && "
                        "ip link set drain up && tc qdisc add dev serve clsact && "
                        "tc filter add dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.1/32 "
                        "match ip dport 80 0xffff action mirred egress redirect dev sink && "
                        "tc filter add dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.2/32 "
                        "flowid 1:7 && "
                        "tc filter add dev serve egress protocol ipv6 pref 6 u32 match ip6 dst 2001:db8::/32 "
                        "action mirred egress mirror dev sink");
        for (size_t i = 0; i < ELEMENTSOF(optional); i++)
                (void) lab_holds(-1, "tc filter add dev serve %s 2>/dev/null", optional[i]);
}

/* The spare has the same ones; its own, and the discipline if it had none, are as they were after that. */
START_TEST(test_filters) {
        static char serving[16384];

        make_filters();
        ck_assert_uint_gt(lab_output(FILTERS("serve"), serving, sizeof(serving)), 0);
        ck_assert_ptr_nonnull(strstr(serving, "Egress Redirect to device sink"));
        priming_lab_prime(NULL, plan);
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_UNSUPPORTED), 0);
        lab_expect(serving, FILTERS("spare"));
        lab_expect(serving, FILTERS("serve"));
        priming_lab_prime_again();
        priming_lab_undo(again);
        lab_expect("ingress\negress\n", FILTERS("spare"));
        lab_expect("", "tc qdisc show dev spare | grep clsact");
        lab_expect(serving, FILTERS("serve"));
}
END_TEST

/* What only the spare has goes, also from a priority that both have, and comes back. */
START_TEST(test_filters_of_the_spare) {
        static char serving[16384], spare[16384];

        make_filters();
        lab_run(-1,
                        "tc qdisc add dev spare clsact && tc filter add dev spare ingress protocol ip pref 5 "
                        "handle ::7 u32 match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev spare "
                        "ingress "
                        "protocol ipv6 pref 9 u32 match ip6 priority 16 0xff flowid 1:3 && tc filter add dev "
                        "spare egress protocol ip pref 30 u32 match ip src 192.0.2.3/32 flowid 1:4");
        ck_assert_uint_gt(lab_output(FILTERS("serve"), serving, sizeof(serving)), 0);
        ck_assert_uint_gt(lab_output(FILTERS("spare"), spare, sizeof(spare)), 0);
        priming_lab_prime(NULL, plan);
        lab_expect(serving, FILTERS("spare"));
        /* one of a priority goes, another comes, one becomes another */
        lab_run(-1,
                        "tc filter del dev serve ingress protocol ip pref 5 handle $(tc filter show dev serve "
                        "ingress | sed -nE 's/.*pref 5 .* fh (80[0-9a-f]::800) .*/\\1/p') u32 && tc filter add "
                        "dev serve ingress protocol ip pref 5 u32 match ip src 192.0.2.4/32 flowid 1:8 && tc "
                        "filter del dev serve egress pref 6 && tc filter add dev serve egress protocol ip pref "
                        "6 u32 match ip dst 192.0.2.6/32 flowid 1:6");
        ck_assert_uint_gt(lab_output(FILTERS("serve"), serving, sizeof(serving)), 0);
        priming_lab_prime(plan, again);
        lab_expect(serving, FILTERS("spare"));
        priming_lab_undo(again);
        lab_expect(spare, FILTERS("spare"));
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
        priming_lab_prime(NULL, plan);
        priming_lab_send("9, 9, 10, 9");
        lab_expect("3\n", "tc -s filter show dev spare egress | sed -nE 's/.* ([0-9]+) pkt .*/\\1/p'");
        lab_expect("0\n", "tc -s filter show dev serve egress | sed -nE 's/.* ([0-9]+) pkt .*/\\1/p'");
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
        const PrimeStep *s;

        lab_run(-1,
                        "tc qdisc add dev serve clsact && tc filter add dev serve ingress protocol ip pref 9 "
                        "u32 "
                        "match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev serve egress protocol ip "
                        "pref "
                        "9 u32 match ip src 192.0.2.9/32 flowid 1:9 && tc filter add dev serve ingress "
                        "protocol "
                        "ip %s",
                        beyond[_i].add);
        priming_lab_prime(NULL, plan);
        s = priming_lab_find(plan, ATTRIBUTE_FILTER_OTHER, 0, beyond[_i].name);
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note, beyond[_i].note);
        s = priming_lab_find(plan, ATTRIBUTE_FILTER, 0, "ingress:9:0800:00000800");
        ck_assert(s && s->action == PRIME_UNSUPPORTED && !s->want.set);
        lab_expect("", "tc filter show dev spare ingress");
        lab_expect("1\n", "tc filter show dev spare egress | grep -c 'flowid 1:9'");
}
END_TEST

/* A copy on the spare would send it its own frames. */
START_TEST(test_filter_to_the_spare) {
        const PrimeStep *s;

        lab_run(-1,
                        "tc qdisc add dev serve clsact && tc filter add dev serve egress protocol ip pref 9 "
                        "u32 "
                        "match ip src 192.0.2.9/32 action mirred egress mirror dev spare");
        priming_lab_prime(NULL, plan);
        s = priming_lab_find(plan, ATTRIBUTE_FILTER, 0, "egress:9:0800:00000800");
        ck_assert(s && s->action == PRIME_UNSUPPORTED);
        ck_assert_str_eq(s->note, "pref 9 of the serving adapter sends frames to the spare");
        lab_expect("", "tc qdisc show dev spare | grep clsact");
}
END_TEST

static void attach_classifier(const char *adapter, uint32_t priority, uint32_t handle) {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int) if_nametoindex(adapter),
                        .attach_point = BPF_TC_INGRESS);
        _cleanup_close_ int fd = priming_lab_load_program(BPF_PROG_TYPE_SCHED_CLS, -1);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = handle, .priority = priority, .prog_fd = fd);

        ck_assert_int_eq(bpf_tc_attach(&hook, &filter), 0);
}

/* The same program is on both. */
START_TEST(test_filter_with_program) {
        static char serving[4096];

        lab_run(-1, "tc qdisc add dev serve clsact");
        attach_classifier("serve", 4, 3);
        ck_assert_uint_gt(lab_output(FILTERS("serve"), serving, sizeof(serving)), 0);
        ck_assert_ptr_nonnull(strstr(serving, "direct-action"));
        priming_lab_prime(NULL, plan);
        lab_expect(serving, FILTERS("spare"));
        priming_lab_prime(plan, again);
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        priming_lab_undo(again);
        lab_expect("", "tc qdisc show dev spare | grep clsact");
        /* a second one of the priority comes before the first, which their handles do not say */
        attach_classifier("serve", 4, 9);
        priming_lab_prime(NULL, plan);
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_UNSUPPORTED), 2);
}
END_TEST

#define OWN(d) "tc filter show dev " d " ingress | grep -c 'handle 0x7072'"

/* Where primed's own programs are classifiers they stay, and so does what they hang on; what acts before them
 * is not copied. */
START_TEST(test_filters_beside_own) {
        const PrimeStep *s;

        lab_run(-1, "tc qdisc add dev serve clsact; tc qdisc add dev spare clsact");
        attach_classifier("serve", OWN_FILTER_PRIORITY, OWN_FILTER_HANDLE);
        attach_classifier("spare", OWN_FILTER_PRIORITY, OWN_FILTER_HANDLE);
        priming_lab_prime(NULL, plan);
        ck_assert_ptr_null(priming_lab_find(plan, ATTRIBUTE_FILTER_HOOK, 0, ""));
        lab_run(-1,
                        "for pref in 1 5; do tc filter add dev serve ingress protocol ip pref $pref u32 match "
                        "ip "
                        "src 192.0.2.9/32 flowid 1:$pref; done");
        priming_lab_prime(NULL, plan);
        s = priming_lab_find(plan, ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000800");
        ck_assert(s && s->action == PRIME_REPORT && s->note[0]);
        lab_expect("flowid 1:5\n", "tc filter show dev spare ingress | grep -o 'flowid 1:.'");
        lab_expect("1\n", OWN("spare"));
        priming_lab_undo(plan);
        lab_expect("", "tc filter show dev spare ingress | grep flowid");
        lab_expect("1\n", OWN("spare"));
        lab_expect("1\n", OWN("serve"));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("priming-filters");
        TCase *t = tcase_create("priming-filters");

        tcase_add_checked_fixture(t, priming_lab_enter, priming_lab_leave);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_filters);
        tcase_add_test(t, test_filters_of_the_spare);
        tcase_add_test(t, test_filters_are_used);
        tcase_add_loop_test(t, test_filters_beyond, 0, ELEMENTSOF(beyond));
        tcase_add_test(t, test_filter_to_the_spare);
        tcase_add_test(t, test_filter_with_program);
        tcase_add_test(t, test_filters_beside_own);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
