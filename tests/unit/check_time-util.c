/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "check-main.h"
#include "time-util.h"

static const struct {
        const char *text;
        int r;
        usec_t usec;
} parses[] = {
        { "250ms", 0, 250 * USEC_PER_MSEC },
        { "10min", 0, 10 * USEC_PER_MINUTE },
        { "1h 30min", 0, 90 * USEC_PER_MINUTE },
        { "1.5s", 0, 1500 * USEC_PER_MSEC },
        { " 2 s ", 0, 2 * USEC_PER_SEC },
        { "5", -ENOMSG, 0 },
        { "", -EINVAL, 0 },
        { "5 parsec", -EINVAL, 0 },
        { "-5s", -EINVAL, 0 },
        { "s", -EINVAL, 0 },
        { "9e30w", -ERANGE, 0 },
        { "1s x", -EINVAL, 0 },
};

START_TEST(test_parse) {
        usec_t t = 42;

        ck_assert_int_eq(timespan_parse(parses[_i].text, &t), parses[_i].r);
        ck_assert_uint_eq(t, parses[_i].r < 0 ? 42 : parses[_i].usec);
}
END_TEST

static const struct {
        usec_t usec;
        const char *text;
} formats[] = {
        { 0, "0s" },
        { 1, "1us" },
        { 2500, "2.5ms" },
        { 250 * USEC_PER_MSEC, "250ms" },
        { 90 * USEC_PER_SEC, "1min 30s" },
        { 10 * USEC_PER_MINUTE, "10min" },
        { 25 * USEC_PER_HOUR, "1d 1h" },
        { USEC_INFINITY, "infinity" },
};

START_TEST(test_format) {
        ck_assert_str_eq(FORMAT_TIMESPAN(formats[_i].usec), formats[_i].text);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("time-util");
        TCase *t = tcase_create("time-util");

        tcase_add_loop_test(t, test_parse, 0, ELEMENTSOF(parses));
        tcase_add_loop_test(t, test_format, 0, ELEMENTSOF(formats));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
