/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bond backend on the kernel's own bonding driver, ports being veth: the contract, and live traffic, every
 * frame counted. Skipped where the kernel has no bonding. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "steering-contract.h"
#include "steering-traffic.h"

static const SteeringPath guard = { SIDE_PRIMARY, SIDE_PRIMARY };
static const SteeringPath split = { SIDE_STANDBY, SIDE_PRIMARY };
static const SteeringPath switched = { SIDE_STANDBY, SIDE_STANDBY };
static const SteeringPath split_back = { SIDE_PRIMARY, SIDE_STANDBY };

#define REST (300 * USEC_PER_MSEC)

static const char *const bonds[] = {
        "mode active-backup miimon 100",
        "mode active-backup miimon 100 fail_over_mac active",
        "mode active-backup miimon 100 fail_over_mac follow",
        "mode active-backup miimon 100 all_slaves_active 1",
};

static void lab_with(SteeringLab *lab, const char *bond) {
        steering_lab_init(lab, &(SteeringLabOptions){ .bond = bond });
}

START_TEST(contract) {
        SteeringContract how = { .backend = &steering_bond, .now = clock_monotonic, .wait = steering_lab_wait };
        SteeringLab lab;

        lab_with(&lab, bonds[0]);
        how.parameters = lab.parameters;
        steering_contract_run(&how, _i);
}
END_TEST

static void expect(const char *what) {
        lab_run(-1, "%s || { cat /proc/net/bonding/bond0; ip -d link; exit 1; }", what);
}

/* There and back over both splits; afterwards the bond is as it was. */
static void there_and_back(SteeringLab *lab, unsigned flows, unsigned per_second) {
        Steering *s = steering_lab_open(lab, &steering_bond);
        Traffic *t = traffic_new(lab, flows, per_second);

        lab_run(-1, "ip -d link show bond0 > /tmp/primed-bond-$PPID");
        traffic_run(t, s, REST);
        traffic_move_planned(t, s, split);
        expect("grep -q 1 /sys/class/net/bond0/bonding/all_slaves_active");
        traffic_run(t, s, 3 * REST);
        traffic_move_planned(t, s, switched);
        expect("grep -q B /sys/class/net/bond0/bonding/active_slave");
        traffic_run(t, s, 2 * REST);
        traffic_move_planned(t, s, split_back);
        traffic_run(t, s, 3 * REST);
        traffic_move_planned(t, s, guard);
        traffic_run(t, s, 2 * REST);
        traffic_move_planned(t, s, switched); /* both at once */
        traffic_run(t, s, 2 * REST);
        traffic_move_planned(t, s, guard);
        traffic_run(t, s, 4 * REST);
        traffic_stop(t);
        traffic_assert_whole(t);
        printf("each of %u frames there and back once and in order\n", traffic_count(t, FLOW_ECHO4)->sent);
        fflush(stdout);
        lab_run(-1, "ip -d link show bond0 | diff /tmp/primed-bond-$PPID - && rm /tmp/primed-bond-$PPID");
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
        traffic_free(t);
}

START_TEST(unicast) {
        SteeringLab lab;

        lab_with(&lab, bonds[_i]);
        there_and_back(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_ECHO6, 2000);
}
END_TEST

START_TEST(groups) {
        SteeringLab lab;

        lab_with(&lab, bonds[_i]);
        there_and_back(&lab,
                        1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4 | 1u << FLOW_BROADCAST4 |
                                        1u << FLOW_MULTICAST6,
                        1000);
}
END_TEST

/* The process dies at any point of a move; the next one goes on with it. */
START_TEST(survives) {
        const SteeringPath path[] = { guard, split, switched, split_back, guard };
        usec_t slept = 0;
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        lab_with(&lab, bonds[0]);
        s = steering_lab_open(&lab, &steering_bond);
        t = traffic_new(&lab, 1u << FLOW_ECHO4 | 1u << FLOW_MULTICAST4, 1000);
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
                s = steering_close(s);
                traffic_run(t, NULL, 100 * USEC_PER_MSEC);
                s = steering_lab_open(&lab, &steering_bond);
                ck_assert(steering_path_equal(steering_get_path(s), target));
                traffic_run(t, s, REST);
        }
        traffic_stop(t);
        traffic_assert_whole(t);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
        expect("grep -q 0 /sys/class/net/bond0/bonding/all_slaves_active");
}
END_TEST

/* The cable is pulled; the bond looks at its ports only once in ten seconds. */
START_TEST(sudden) {
        usec_t begin, total;
        const FlowCount *c;
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        lab_with(&lab, "mode active-backup miimon 10000");
        s = steering_lab_open(&lab, &steering_bond);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 2000);
        traffic_run(t, s, REST);
        if (_i) { /* out of a split */
                traffic_move_planned(t, s, split);
                traffic_run(t, s, 3 * REST);
        }
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        ck_assert_int_eq(traffic_move(t, s, switched, STEERING_NOW, &begin, &total, NULL), 1);
        printf("sudden: begin %llu us, done %llu us\n", (unsigned long long) begin, (unsigned long long) total);
        traffic_run(t, s, 6 * REST); /* until the dead side is given up, without a beacon from it */
        traffic_stop(t);
        c = traffic_count(t, FLOW_ECHO4);
        printf("sudden: sent %u, replied %u, doubled %u\n", c->sent, c->replied, c->doubled);
        ck_assert_uint_eq(c->doubled + c->reply_doubled, 0);
        ck_assert_uint_ge(c->replied + 40, c->sent); /* 20 ms, on an emulated machine */
        expect("grep -q B /sys/class/net/bond0/bonding/active_slave");
        expect("grep -q 0 /sys/class/net/bond0/bonding/all_slaves_active");
        steering_close(s);
}
END_TEST

/* Another program makes the other port the active one: noticed, and followed. */
START_TEST(foreign) {
        usec_t next;
        SteeringLab lab;
        Error what = {};
        Steering *s;

        lab_with(&lab, bonds[0]);
        s = steering_lab_open(&lab, &steering_bond);
        ck_assert_int_eq(steering_check(s, clock_monotonic(), true, &what), 0);
        lab_run(-1, "echo B > /sys/class/net/bond0/bonding/active_slave");
        ck_assert_int_eq(steering_check(s, clock_monotonic(), true, &what), 1);
        ck_assert_ptr_nonnull(strstr(what.text, "bond0"));
        ck_assert(steering_path_equal(steering_get_path(s), switched));
        ck_assert_int_eq(steering_process(s, clock_monotonic(), &next, NULL), 1);
        expect("grep -q B /sys/class/net/bond0/bonding/active_slave");
        steering_close(s);
}
END_TEST

static Suite *suite(void) {
        const struct {
                const char *name;
                const TTest *test;
                int n;
        } tests[] = {
                { "contract", contract, (int) steering_contract_size },
                { "unicast", unicast, ELEMENTSOF(bonds) },
                { "groups", groups, ELEMENTSOF(bonds) - 1 }, /* not where copies are asked for */
                { "survives", survives, 1 },
                { "sudden", sudden, 2 },
                { "foreign", foreign, 1 },
        };
        Suite *s = suite_create("steering-bond");

        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                TCase *c = tcase_create(tests[i].name);

                tcase_set_timeout(c, 120);
                tcase_add_loop_test(c, tests[i].test, 0, tests[i].n);
                suite_add_tcase(s, c);
        }
        /* In a namespace of its own, which this process does not need for anything else. */
        lab_enter();
        if (!steering_lab_has_bonding()) {
                printf("skipped: this kernel has no bonding\n");
                exit(77);
        }
        return s;
}

CHECK_MAIN();
