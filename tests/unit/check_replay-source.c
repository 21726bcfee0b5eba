/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "alloc-util.h"
#include "check-main.h"
#include "health-source-contract.h"
#include "replay-source.h"
#include "replay-trace.h"

/* A file without a name on any disk. */
static int trace_open(const char *text, char path[static 64]) {
        int fd = memfd_create("trace", MFD_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
        snprintf(path, 64, "/proc/self/fd/%d", fd);
        return fd;
}

static ReplaySource *source_new(const char *text, const ReplayOptions *options) {
        _cleanup_close_ int fd = -EBADF;
        ReplaySource *s = NULL;
        char path[64];
        Error e = {};

        fd = trace_open(text, path);
        ck_assert_msg(replay_source_new(path, options, &s, &e) == 0, "%s", e.text);
        return s;
}

static HealthSource *contract_source_new(void) {
        ReplaySource *s = source_new("0,eth0,rx-packets,1\n"
                                     "0,eth0,rx-power,-3\n"
                                     "0.15,eth0,rx-power,-4\n"
                                     "0.16,eth0,rx-power,-5\n"
                                     "1,eth0,rx-packets,2\n",
                        NULL);

        ck_assert_int_eq(replay_source_bind(s, "eth0", 7), 0);
        return replay_source_health(s);
}

static int contract_ifindex(void) {
        return 7;
}

static const char optics[] = "# a module that ages\n"
                             "seconds,adapter,signal,value\n"
                             "\n"
                             "0, eth0, rx-power, -3.5\r\n"
                             "0, eth1, rx-power, -2\n"
                             "0,eth0,rx-packets,18446744073709551615\n"
                             "  # later\n"
                             "0.5,eth0,rx-power,-4e0\n"
                             "0.5,eth0,tx-bias,37\n"
                             "2.000001,eth1,rx-crc-errors,5";

START_TEST(test_order_and_time) {
        ReplaySource *s = source_new(optics, &(ReplayOptions){ .start = 1000000 });
        HealthSource *h = replay_source_health(s);
        HealthSample x[8] = {};

        ck_assert_int_eq(replay_source_bind(s, "eth0", 3), 0);
        ck_assert_int_eq(replay_source_bind(s, "eth9", 9), -ENOENT);
        ck_assert_int_eq(health_source_read(h, 3, 999999, x, 8, NULL), 0); /* not begun */
        /* late: both points in time, one after the other, each with its own time */
        ck_assert_int_eq(health_source_read(h, 3, 1700000, x, 8, NULL), 2);
        ck_assert_int_eq(x[0].signal, SIGNAL_RX_POWER);
        ck_assert_double_eq(x[0].level, -3.5);
        ck_assert_uint_eq(x[0].at, 1000000);
        ck_assert_int_eq(x[1].signal, SIGNAL_RX_PACKETS);
        ck_assert_uint_eq(x[1].count, UINT64_MAX);
        ck_assert_int_eq(health_source_read(h, 3, 1700000, x, 8, NULL), 2);
        ck_assert_uint_eq(x[0].at, 1500000);
        ck_assert_double_eq(x[0].level, -4);
        ck_assert_double_eq(x[1].level, 37);
        ck_assert_int_eq(health_source_read(h, 3, 1700000, x, 8, NULL), 0);
        ck_assert(replay_source_is_finished(s)); /* eth1 is nobody */

        /* bound late: gets what it missed, in order; what one adapter reads does not move another */
        ck_assert_int_eq(replay_source_bind(s, "eth1", 4), 0);
        ck_assert(!replay_source_is_finished(s));
        ck_assert_int_eq(health_source_read(h, 4, 3000000, x, 8, NULL), 1);
        ck_assert_double_eq(x[0].level, -2);
        ck_assert_int_eq(health_source_read(h, 4, 3000000, x, 8, NULL), 0);
        ck_assert_int_eq(health_source_read(h, 4, 3000001, x, 8, NULL), 1);
        ck_assert_uint_eq(x[0].count, 5);
        ck_assert_uint_eq(x[0].at, 3000001);
        ck_assert(replay_source_is_finished(s));
        health_source_free(h);
}
END_TEST

START_TEST(test_speed_and_first_reading) {
        ReplaySource *s = source_new(optics, &(ReplayOptions){ .start = USEC_INFINITY, .speed = 10 });
        HealthSource *h = replay_source_health(s);
        HealthSample x[8] = {};

        ck_assert_int_eq(replay_source_bind(s, "eth0", 3), 0);
        ck_assert_int_eq(health_source_read(h, 3, 5000000, x, 1, NULL), 1); /* 0 is now */
        ck_assert_uint_eq(x[0].at, 5000000);
        ck_assert_int_eq(health_source_read(h, 3, 5000000, x, 8, NULL), 1); /* what did not fit */
        ck_assert_int_eq(x[0].signal, SIGNAL_RX_PACKETS);
        ck_assert_int_eq(health_source_read(h, 3, 5049999, x, 8, NULL), 0);
        ck_assert_int_eq(health_source_read(h, 3, 5050000, x, 8, NULL), 2);
        ck_assert_uint_eq(x[0].at, 5050000);
        health_source_free(h);
}
END_TEST

START_TEST(test_rebind) {
        ReplaySource *s = source_new(optics, NULL);
        HealthSource *h = replay_source_health(s);
        HealthSample x[8] = {};

        ck_assert_int_eq(replay_source_bind(s, "eth0", 3), 0);
        ck_assert_int_eq(health_source_read(h, 3, 1, x, 8, NULL), 2);
        ck_assert_int_eq(replay_source_bind(s, "eth0", 0), 0); /* gone */
        ck_assert_int_eq(health_source_read(h, 3, 600000, x, 8, NULL), 0);
        ck_assert_int_eq(health_source_read(h, 0, 600000, x, 8, NULL), 0);
        ck_assert_int_eq(replay_source_bind(s, "eth0", 12), 0); /* back, goes on where it was */
        ck_assert_int_eq(health_source_read(h, 12, 600000, x, 8, NULL), 2);
        ck_assert_double_eq(x[0].level, -4);
        health_source_free(h);
}
END_TEST

static const struct {
        const char *text, *error;
} wrong[] = {
        { "0,eth0,rx-power", "t.csv:1:16: value is missing" },
        { "0,eth0,,1", "t.csv:1:8: signal is missing" },
        { "\n\n0", "t.csv:3:2: adapter is missing" },
        { "0,eth0,rx-power,1,2", "t.csv:1:18: more than four fields" },
        { "# x\n0,eth0,rx-pwoer,1", "t.csv:2:8: unknown signal 'rx-pwoer'" },
        { "-1,eth0,rx-power,1", "t.csv:1:1: not a number of seconds '-1'" },
        { "1e99,eth0,rx-power,1", "t.csv:1:1: not a number of seconds '1e99'" },
        { "inf,eth0,rx-power,1", "t.csv:1:1: not a number of seconds 'inf'" },
        { "1,eth0,rx-power,1\n0.5,eth0,rx-power,1", "t.csv:2:1: time goes back at '0.5'" },
        { "0,eth0,rx-power,nan", "t.csv:1:17: not a number 'nan'" },
        { "0,eth0,rx-power,0x10", "t.csv:1:17: not a number '0x10'" },
        { "0,eth0,rx-power,-3dBm", "t.csv:1:17: not a number '-3dBm'" },
        { "0,eth0,rx-crc-errors,-1", "t.csv:1:22: a counter needs a whole number, not '-1'" },
        { "0,eth0,rx-crc-errors,1.5", "t.csv:1:22: a counter needs a whole number, not '1.5'" },
        { "0,eth0,rx-crc-errors,18446744073709551616",
                        "t.csv:1:22: a counter needs a whole number, not '18446744073709551616'" },
        { "0,interface-name-16,rx-power,1", "t.csv:1:3: not an interface name 'interface-name-16'" },
        { "0,a/b,rx-power,1", "t.csv:1:3: not an interface name 'a/b'" },
        { "0,eth0,rx-power,1\nseconds,adapter,signal,value", "t.csv:2:1: not a number of seconds 'seconds'" },
        { "0,e\x01h0,rx-power,1", "t.csv:1:4: not a printable ASCII character" },
        { "0,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,rx-power,1",
                        "t.csv:1:3: field is too long" },
};

START_TEST(test_wrong) {
        ReplayTrace *t = (ReplayTrace *) 0x1;
        Error e = {};

        ck_assert_int_eq(replay_trace_parse(wrong[_i].text, strlen(wrong[_i].text), "t.csv", &t, &e), -EINVAL);
        ck_assert_str_eq(e.text, wrong[_i].error);
        ck_assert_int_eq(e.kind, ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_eq(t, (ReplayTrace *) 0x1);
}
END_TEST

START_TEST(test_bounds) {
        _cleanup_free_ char *text = malloc(REPLAY_TRACE_SIZE_MAX + 1);
        char *p = text;
        ReplayTrace *t = NULL;
        ReplaySource *s = NULL;
        Error e = {}, f = {}, g = {};

        memset(text, '\n', REPLAY_TRACE_SIZE_MAX + 1);
        ck_assert_int_eq(replay_trace_parse(text, REPLAY_TRACE_SIZE_MAX + 1, "t", &t, &e), -E2BIG);
        ck_assert_int_eq(replay_trace_parse(text, REPLAY_TRACE_SIZE_MAX, "t", &t, NULL), 0); /* empty is fine */
        ck_assert_uint_eq(t->n_rows, 0);
        t = replay_trace_free(t);
        for (int i = 0; i <= REPLAY_TRACE_ADAPTERS_MAX; i++)
                p += sprintf(p, "0,e%d,rx-power,1\n", i);
        ck_assert_int_eq(replay_trace_parse(text, (size_t) (p - text), "t", &t, &f), -E2BIG);
        ck_assert_str_eq(f.text, "t:65:3: more than 64 adapters");

        ck_assert_int_eq(replay_source_new("/nonexistent", NULL, &s, &g), -ENOENT);
        ck_assert_ptr_nonnull(strstr(g.text, "/nonexistent"));
        ck_assert_int_eq(replay_source_new("/dev/zero", NULL, &s, NULL), -EINVAL);
        ck_assert_int_eq(replay_source_new("/dev/null", &(ReplayOptions){ .speed = -1 }, &s, NULL), -EINVAL);
        ck_assert_ptr_null(s);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("replay-source");
        TCase *t = tcase_create("replay-source");

        tcase_add_test(t, test_order_and_time);
        tcase_add_test(t, test_speed_and_first_reading);
        tcase_add_test(t, test_rebind);
        tcase_add_loop_test(t, test_wrong, 0, ELEMENTSOF(wrong));
        tcase_add_test(t, test_bounds);
        suite_add_tcase(s, t);
        suite_add_tcase(s, contract_tcase());
        return s;
}

CHECK_MAIN();
