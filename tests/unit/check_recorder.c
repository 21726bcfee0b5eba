/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <signal.h>
#include <systemd/sd-event.h>

#include "alloc-util.h"
#include "check-main.h"
#include "recorder.h"

static sd_event *loop;
static Recorder *recorder;

static void set_up(void) {
        signal(SIGPIPE, SIG_IGN);
        ck_assert_int_ge(sd_event_new(&loop), 0);
        ck_assert_int_eq(recorder_new(loop, &recorder), 0);
}

static void tear_down(void) {
        recorder = recorder_free(recorder);
        loop = sd_event_unref(loop);
}

static int record(const char *pair) {
        Error e = {};
        int fd = recorder_add(recorder, pair, 1000000, 1700000000000001, &e);

        ck_assert_msg(fd >= 0, "%s", e.text);
        ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        return fd;
}

static void feed(usec_t at, double level) {
        recorder_take(recorder, "lan", "eth0",
                        &(HealthSample){ .signal = SIGNAL_RX_POWER, .at = at, .level = level }, 1);
}

static void check_read(int fd, const char *wanted) {
        char text[4096];
        ssize_t n = read(fd, text, sizeof(text) - 1);

        text[MAX(n, (ssize_t) 0)] = 0;
        ck_assert_str_eq(text, wanted);
}

START_TEST(test_what_is_written) {
        _cleanup_close_ int fd = record("lan"), other = record("san");

        feed(1250000, -3.125);
        feed(1200000, 0.1); /* a source that looks late */
        recorder_note(recorder, "lan", "eth1",
                        &(ReplayRow){ .kind = REPLAY_HOLD_OFF,
                                        .sample.signal = _SIGNAL_INVALID,
                                        .hold_off = 1500000 },
                        1300000);
        check_read(fd,
                        "# pair lan, by primed " PRIMED_VERSION "; see primed.trace(5)\n"
                        "# second 0 is @1700000000.000001\n"
                        "seconds,adapter,signal,value\n"
                        "0.250000,eth0,rx-power,-3.125\n"
                        "0.250000,eth0,rx-power,0.1\n"
                        "0.300000,eth1,hold-off,1.500000\n");
        check_read(other, ""); /* that pair had nothing to tell */
}
END_TEST

/* Nothing waits for a slow reader: he is told what he missed, at whole lines. */
START_TEST(test_slow_reader) {
        _cleanup_close_ int fd = record("lan");
        size_t written = 0, lines = 0, dropped = 0;
        _cleanup_free_ char *text = malloc(8U * 1024 * 1024);
        ssize_t n;
        char *at, *end;

        for (usec_t i = 0; i < 100000; i++)
                feed(1000000 + i, -3);
        while ((n = read(fd, text + written, 65536)) > 0)
                written += (size_t) n;
        ck_assert_uint_gt(written, 4096);
        feed(2000000, -4);
        while ((n = read(fd, text + written, 65536)) > 0)
                written += (size_t) n;
        text[written] = 0;
        for (at = text; (end = strchr(at, '\n')); at = end + 1) {
                ReplayParser p = { .name = "written" };
                ReplayRow row;
                int r = replay_parser_take(&p, at, (size_t) (end - at), &row, NULL);

                ck_assert_int_ge(r, 0);
                lines += r > 0 && row.kind == REPLAY_SAMPLE;
                if (r > 0 && row.kind == REPLAY_DROPPED)
                        dropped += row.dropped;
        }
        ck_assert_int_eq(*at, 0); /* ends with a line */
        ck_assert_uint_gt(dropped, 0);
        ck_assert_uint_eq(lines + dropped, 100001);
}
END_TEST

START_TEST(test_bounds_and_ends) {
        int fds[RECORDINGS_MAX];
        char byte;
        Error e = {};

        for (size_t i = 0; i < RECORDINGS_MAX; i++)
                fds[i] = record(i == 0 ? "san" : "lan");
        ck_assert_int_eq(recorder_add(recorder, "lan", 1, 1, &e), -EBUSY);
        ck_assert_int_eq(e.kind, ERROR_BUSY);
        /* a reader that goes makes room */
        close(fds[1]);
        feed(2000000, -3);
        ck_assert_int_gt(sd_event_run(loop, 1000000), 0);
        fds[1] = record("lan");
        /* so does a pair */
        recorder_remove(recorder, "lan");
        for (size_t i = 1; i < RECORDINGS_MAX; i++) {
                while (read(fds[i], &byte, 1) > 0)
                        ;
                ck_assert_int_eq(read(fds[i], &byte, 1), 0);
                close(fds[i]);
        }
        ck_assert_int_eq(read(fds[0], &byte, 1), -1); /* that of another pair goes on */
        close(fds[0]);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("recorder");
        TCase *t = tcase_create("recorder");

        tcase_set_timeout(t, 60); /* a sanitizer beside other tests */
        tcase_add_checked_fixture(t, set_up, tear_down);
        tcase_add_test(t, test_what_is_written);
        tcase_add_test(t, test_slow_reader);
        tcase_add_test(t, test_bounds_and_ends);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
