/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nobody is let through before the kernel has answered, all are in their order, and one at a time. That it does
 * not answer while RTNL is held is a matter of tests/netns/test_rtnl_held.py. */

#include <poll.h>

#include "check-main.h"
#include "clock.h"
#include "rtnl-gate.h"

typedef struct Person {
        RtnlGate *gate;
        RtnlGateWaiter waiter;
        unsigned again; /* how often it comes back */
        char name;
} Person;

static char passed[16];
static size_t n_passed;

static void go(void *userdata) {
        Person *p = userdata;

        ck_assert_uint_lt(n_passed, sizeof(passed) - 1);
        passed[n_passed++] = p->name;
        if (p->again > 0) {
                p->again--;
                rtnl_gate_ask(p->gate, &p->waiter);
        }
}

static Person person(RtnlGate *gate, char name, unsigned again) {
        return (Person){ .gate = gate, .again = again, .name = name };
}

static void ask(Person *p) {
        p->waiter.go = go;
        p->waiter.userdata = p;
        rtnl_gate_ask(p->gate, &p->waiter);
}

/* Until so many have passed, which may take a few questions while others configure the machine's networks;
 * whether they have, and not more at once. */
static bool passes(sd_event *event, Errands *e, RtnlGate *gate, size_t n, usec_t patience) {
        usec_t until = clock_monotonic() + patience;

        while (n_passed < n && clock_monotonic() < until) {
                struct pollfd p = { .fd = errands_get_fd(e), .events = POLLIN };
                size_t before = n_passed;

                if (poll(&p, 1, 1) == 1) {
                        errands_heard(e);
                        rtnl_gate_look(gate);
                }
                ck_assert_uint_le(n_passed, before + 1);
                ck_assert_int_ge(sd_event_run(event, 0), 0); /* the pause between two questions */
        }
        return n_passed == n;
}

START_TEST(one_by_one) {
        sd_event *event = NULL;
        Errands *e = NULL;
        RtnlGate *gate = NULL;
        Person a, b, c;

        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(errands_new(&e), 0);
        ck_assert_int_eq(rtnl_gate_new(event, e, &gate), 0);
        a = person(gate, 'a', 1);
        b = person(gate, 'b', 0);
        c = person(gate, 'c', 0);
        rtnl_gate_look(gate); /* nobody has asked */
        ask(&a);
        ask(&b);
        ask(&c);
        ask(&b);
        ck_assert_uint_eq(n_passed, 0);
        rtnl_gate_leave(gate, &c.waiter);
        ck_assert(passes(event, e, gate, 3, 30 * USEC_PER_SEC));
        ck_assert_str_eq(passed, "aba");
        ck_assert(!passes(event, e, gate, 4, USEC_PER_SEC / 10));
        ask(&c);
        if (_i == 0)
                ck_assert_ptr_null(rtnl_gate_free(gate)); /* while the kernel is asked */
        else {
                ck_assert(passes(event, e, gate, 4, 30 * USEC_PER_SEC));
                ck_assert_str_eq(passed, "abac");
                rtnl_gate_free(gate);
        }
        errands_free(e);
        sd_event_unref(event);
}
END_TEST

static void reset(void) {
        memset(passed, 0, sizeof(passed));
        n_passed = 0;
}

static Suite *suite(void) {
        Suite *s = suite_create("rtnl-gate");
        TCase *t = tcase_create("rtnl-gate");

        tcase_set_timeout(t, 60);
        tcase_add_checked_fixture(t, reset, NULL);
        tcase_add_loop_test(t, one_by_one, 0, 2);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
