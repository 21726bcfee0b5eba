/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend moves live traffic between two adapters: every frame is counted. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "redirect-programs.h"
#include "steering-lab.h"

static const SteeringPath guard = { SIDE_PRIMARY, SIDE_PRIMARY };
static const SteeringPath split = { SIDE_STANDBY, SIDE_PRIMARY };
static const SteeringPath switched = { SIDE_STANDBY, SIDE_STANDBY };
static const SteeringPath split_back = { SIDE_PRIMARY, SIDE_STANDBY };

#define REST (500 * USEC_PER_MSEC)

static Steering *open_steering(SteeringLab *lab) {
        Steering *s = NULL;
        Error e = {};

        ck_assert_msg(steering_open(&steering_redirect, &lab->parameters, clock_monotonic(), &s, &e) == 0, "%s",
                        e.text);
        return s;
}

static void move(Traffic *t, Steering *s, SteeringPath target) {
        usec_t begin, total;
        Error e = {};
        int r = traffic_move(t, s, target, STEERING_PLANNED, &begin, &total, &e);

        ck_assert_msg(r == 1, "move: %d %s", r, e.text);
        ck_assert(steering_path_equal(steering_get_path(s), target));
        printf("move to ingress %d egress %d: begin %llu us, done %llu us\n", target.ingress, target.egress,
                        (unsigned long long) begin, (unsigned long long) total);
        fflush(stdout);
}

static SteeringCounters counters(Steering *s) {
        SteeringCounters c;

        ck_assert_int_eq(steering_get_counters(s, &c), 0);
        return c;
}

/* guard, split, switched, A's cable pulled and plugged in again, the way back over the other split. */
static void there_and_back(SteeringLab *lab, unsigned flows, unsigned per_second) {
        Traffic *t = traffic_new(lab, flows, per_second);
        SteeringCounters before, after;
        Steering *s;

        traffic_run(t, NULL, REST);
        s = open_steering(lab);
        traffic_run(t, s, REST);
        move(t, s, split);
        traffic_run(t, s, REST);
        before = counters(s);
        traffic_run(t, s, 2 * REST);
        after = counters(s);
        ck_assert_uint_eq(after.ingress_unicast[SIDE_PRIMARY], before.ingress_unicast[SIDE_PRIMARY]);
        ck_assert_uint_eq(after.egress[SIDE_STANDBY], before.egress[SIDE_STANDBY]);
        move(t, s, switched);
        traffic_run(t, s, REST);
        before = counters(s);
        steering_lab_set_cable(lab, SIDE_PRIMARY, false);
        traffic_run(t, s, 2 * REST);
        after = counters(s);
        ck_assert_uint_eq(after.egress[SIDE_PRIMARY], before.egress[SIDE_PRIMARY]);
        steering_lab_set_cable(lab, SIDE_PRIMARY, true);
        traffic_run(t, s, 2 * REST);
        move(t, s, split_back);
        traffic_run(t, s, 2 * REST);
        move(t, s, guard);
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

static Suite *suite(void) {
        Suite *s = suite_create("steering-redirect");
        TCase *c = tcase_create("moves");

        tcase_set_timeout(c, 60);
        tcase_add_test(c, unicast);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
