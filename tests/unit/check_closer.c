/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever the closer takes is closed, once, and nobody waits for it but who asks. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check-main.h"
#include "closer.h"

/* more than threads */
#define MANY (20 * CLOSER_THREADS)

static bool is_open(int fd) {
        return fcntl(fd, F_GETFD) >= 0;
}

static void take_pipes(int *fds, unsigned n) {
        for (unsigned i = 0; i < n; i += 2)
                ck_assert_int_eq(pipe(fds + i), 0);
        for (unsigned i = 0; i < n; i++)
                ck_assert_int_eq(closer_take(fds[i]), -EBADF);
}

START_TEST(all_are_closed) {
        int fds[MANY];

        /* and once more after all threads have ended */
        for (unsigned round = 0; round < 2; round++) {
                take_pipes(fds, MANY);
                closer_wait();
                for (unsigned i = 0; i < MANY; i++)
                        ck_assert(!is_open(fds[i]));
        }
}
END_TEST

START_TEST(closed_without_waiting) {
        int fds[2];
        char octet;

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(closer_take(fds[1]), -EBADF);
        ck_assert_int_eq(read(fds[0], &octet, 1), 0); /* the end, as soon as the other end is closed */
        ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(nothing_to_close) {
        _cleanup_closer_ int fd = -EBADF;

        ck_assert_int_eq(closer_take(fd), -EBADF);
        closer_wait();
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("closer");
        TCase *t = tcase_create("closer");

        tcase_add_test(t, all_are_closed);
        tcase_add_test(t, closed_without_waiting);
        tcase_add_test(t, nothing_to_close);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
