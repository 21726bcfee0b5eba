/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nobody is let through before the kernel has answered, all are in their order, and one at a time. That it does
 * not answer while RTNL is held is a matter of tests/netns/test_rtnl_held.py. */

#include <poll.h>

#include "check-main.h"
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

/* The kernel's next answer, if there is one coming; whether there was. */
static bool look(Errands *e, RtnlGate *gate, int timeout) {
        struct pollfd p = { .fd = errands_get_fd(e), .events = POLLIN };

        if (poll(&p, 1, timeout) != 1)
                return false;
        errands_heard(e);
        rtnl_gate_look(gate);
        return true;
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
        for (size_t i = 1; i <= 3; i++) {
                ck_assert(look(e, gate, 5000));
                ck_assert_uint_le(n_passed, i);
                while (n_passed < i)
                        ck_assert(look(e, gate, 5000));
        }
        ck_assert_str_eq(passed, "aba");
        ck_assert(!look(e, gate, 50));
        ask(&c);
        if (_i == 0)
                ck_assert_ptr_null(rtnl_gate_free(gate)); /* while the kernel is asked */
        else {
                ck_assert(look(e, gate, 5000));
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
