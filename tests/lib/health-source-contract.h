/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every HealthSource promises (health-source.h), as tests: a program for one source defines
 *
 *     static HealthSource *contract_source_new(void);      // has something to say of contract_ifindex()
 *     static int contract_ifindex(void);
 *
 * and adds contract_tcase() to its suite. */

#include <check.h>

#include "clock.h"
#include "health-source.h"

#define CONTRACT_SIZE 64
#define CONTRACT_TICK (100 * USEC_PER_MSEC)

static HealthSource *contract_source_new(void);
static int contract_ifindex(void);

/* One tick as the daemon does it: reads until nothing is left. Returns how many samples. */
static unsigned contract_drain(HealthSource *s, usec_t now, usec_t *last_at) {
        unsigned total = 0;

        for (unsigned calls = 0;; calls++) {
                HealthSample samples[CONTRACT_SIZE];
                Error e = {};
                int n;

                ck_assert_uint_lt(calls, 10000); /* it ends */
                n = health_source_read(s, contract_ifindex(), now, samples, CONTRACT_SIZE, &e);
                ck_assert_msg(n >= 0, "%s", e.text);
                ck_assert_int_eq(e.code, 0);
                ck_assert_int_le(n, CONTRACT_SIZE);
                if (n == 0)
                        return total;
                for (int i = 0; i < n; i++) {
                        ck_assert_uint_lt(samples[i].signal, _SIGNAL_MAX);
                        ck_assert_uint_eq(samples[i].at, samples[0].at); /* one snapshot */
                }
                ck_assert_uint_le(samples[0].at, now);
                ck_assert_uint_ge(samples[0].at, *last_at);
                *last_at = samples[0].at;
                total += (unsigned) n;
        }
}

START_TEST(contract_time_goes_on) {
        HealthSource *s = contract_source_new();
        usec_t now = clock_monotonic(), last_at = 0;
        unsigned total = 0;

        ck_assert_ptr_nonnull(s->ops->name);
        for (unsigned tick = 0; tick < 20; tick++) {
                HealthSample sample;

                total += contract_drain(s, now, &last_at);
                /* drained: the same instant has nothing more */
                ck_assert_int_eq(health_source_read(s, contract_ifindex(), now, &sample, 1, NULL), 0);
                now += CONTRACT_TICK;
        }
        ck_assert_uint_gt(total, 0);
        ck_assert_ptr_null(health_source_free(s));
}
END_TEST

START_TEST(contract_unknown_adapter) {
        HealthSource *s = contract_source_new();
        HealthSample sample = {};
        Error e = {};
        int r = health_source_read(s, 999999, clock_monotonic(), &sample, 1, &e);

        ck_assert(r == 0 || r == -ENODEV);
        if (r < 0) {
                ck_assert_int_eq(e.code, r);
                ck_assert_int_eq(e.kind, ERROR_NO_SUCH_ADAPTER);
        }
        ck_assert(health_source_read(s, -1, clock_monotonic(), &sample, 1, NULL) <= 0);
        ck_assert(health_source_read(s, 0, clock_monotonic(), &sample, 1, NULL) <= 0);
        health_source_free(s);
}
END_TEST

START_TEST(contract_small_buffer) {
        HealthSource *s = contract_source_new();
        HealthSample samples[3] = {};
        usec_t now = clock_monotonic();

        samples[1].at = samples[2].at = 4711;
        ck_assert_int_eq(health_source_read(s, contract_ifindex(), now, samples, 0, NULL), 0);
        ck_assert_int_eq(health_source_read(s, contract_ifindex(), now, samples, 1, NULL), 1);
        ck_assert_uint_eq(samples[1].at, 4711); /* nothing beyond */
        health_source_free(s);
}
END_TEST

START_TEST(contract_free_nothing) {
        ck_assert_ptr_null(health_source_free(NULL));
}
END_TEST

static inline TCase *contract_tcase(void) {
        TCase *t = tcase_create("health source contract");

        tcase_add_test(t, contract_time_goes_on);
        tcase_add_test(t, contract_unknown_adapter);
        tcase_add_test(t, contract_small_buffer);
        tcase_add_test(t, contract_free_nothing);
        return t;
}
