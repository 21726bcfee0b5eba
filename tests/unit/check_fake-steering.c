/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fake keeps the contract of the real backends, and has the faults that simulations ask of it. */
#include "check-main.h"
#include "fake-steering.h"
#include "steering-contract.h"

static usec_t virtual_now = 1000 * USEC_PER_SEC;

static usec_t now(void) {
        return virtual_now;
}

static void wait_until(usec_t until) {
        ck_assert_uint_ne(until, USEC_INFINITY);
        virtual_now = until;
}

static const SteeringContract how = {
        .backend = &steering_fake,
        .parameters = { .pair = "lan", .ifindex = { 2, 3 }, .name = { "A", "B" }, .bpf_directory = "/nowhere" },
        .now = now,
        .wait = wait_until,
};

static const SteeringPath split = { SIDE_STANDBY, SIDE_PRIMARY };

static Steering *open_fake(void) {
        Steering *s = NULL;

        ck_assert_int_eq(steering_open(&steering_fake, &how.parameters, now(), &s, NULL), 0);
        return s;
}

START_TEST(contract) {
        fake_steering_reset();
        steering_contract_run(&how, _i);
        fake_steering_reset();
}
END_TEST

START_TEST(ingress_that_never_follows) {
        FakeSteeringWorld *w = fake_steering_world("lan");
        Steering *s = open_fake();
        usec_t started = now(), next;
        Error e = {};
        int r;

        w->never_follows = true;
        ck_assert_int_eq(steering_begin(s, split, STEERING_PLANNED, now(), NULL), 0);
        while ((r = steering_process(s, now(), &next, &e)) == 0) {
                fake_steering_pass(w, 1, 1);
                wait_until(next);
        }
        ck_assert_int_eq(r, -ETIMEDOUT);
        ck_assert_int_eq(e.kind, ERROR_TIMEOUT);
        ck_assert_uint_le(now() - started, USEC_PER_SEC);
        ck_assert_uint_ge(w->announced, 5);
        ck_assert_uint_eq(w->counters.ingress_unicast[SIDE_STANDBY], 0);
        ck_assert_uint_gt(w->counters.ingress_unicast[SIDE_PRIMARY], 0);
        steering_close(s);
        fake_steering_reset();
}
END_TEST

START_TEST(errors_as_ordered) {
        FakeSteeringWorld *w = fake_steering_world("lan");
        Steering *s = open_fake(), *none = NULL;
        Error e = {};

        w->begin_error = -EIO;
        ck_assert_int_eq(steering_begin(s, split, STEERING_PLANNED, now(), &e), -EIO);
        ck_assert_int_eq(steering_get_path(s).ingress, SIDE_PRIMARY);
        steering_close(s);
        w->open_error = -EPERM;
        ck_assert_int_eq(steering_open(&steering_fake, &how.parameters, now(), &none, NULL), -EPERM);
        w->refuses = true;
        ck_assert_int_eq(steering_fake.probe(&how.parameters, NULL), 0);
        fake_steering_reset();
}
END_TEST

START_TEST(dead_adapter_loses) {
        FakeSteeringWorld *w = fake_steering_world("lan");
        Steering *s = open_fake();

        w->dead[SIDE_PRIMARY] = true;
        fake_steering_pass(w, 3, 4);
        ck_assert_uint_eq(w->lost[0], 3);
        ck_assert_uint_eq(w->lost[1], 4);
        steering_close(s);
        fake_steering_reset();
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("fake-steering");
        TCase *c = tcase_create("fake");

        tcase_add_loop_test(c, contract, 0, (int) steering_contract_size);
        tcase_add_test(c, ingress_that_never_follows);
        tcase_add_test(c, errors_as_ordered);
        tcase_add_test(c, dead_adapter_loses);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
