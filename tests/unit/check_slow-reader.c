/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever asks never waits; a read that hangs stops neither the asker nor the end of the program. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check-main.h"
#include "slow-reader.h"

static int file_with(const char *text) {
        char path[] = "/tmp/check-slow-reader-XXXXXX";
        int fd = mkostemp(path, O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
        return fd;
}

static Errands *errands(void) {
        Errands *e = NULL;

        ck_assert_int_eq(errands_new(&e), 0);
        return e;
}

static size_t answer(SlowReader *j, SlowAnswer *ret) {
        size_t n = 0;

        for (unsigned i = 0; i < 5000 && n == 0; i++) {
                n = slow_reader_take(j, ret);
                if (n == 0)
                        usleep(1000);
        }
        return n;
}

START_TEST(test_answers) {
        Errands *e = errands();
        SlowReader *j = slow_reader_new(e), *other = slow_reader_new(e);
        SlowAnswer a[SLOW_FILES_MAX];

        ck_assert_uint_eq(slow_reader_take(j, a), 0);
        for (unsigned i = 0; i < 100; i++) {
                ck_assert_int_eq(slow_reader_ask(j, (int[]){ file_with("51000\n"), -ENOENT }, 2), 0);
                ck_assert_int_eq(slow_reader_ask(other, (int[]){ file_with("") }, 1), 0);
                ck_assert_uint_eq(answer(j, a), 2);
                ck_assert_int_eq(a[0].size, 6);
                ck_assert_mem_eq(a[0].text, "51000\n", 6);
                ck_assert_int_eq(a[1].size, -ENOENT);
                ck_assert_uint_eq(slow_reader_take(j, a), 0);
                ck_assert_uint_eq(answer(other, a), 1);
                ck_assert_int_eq(a[0].size, 0);
        }
        /* a directory cannot be read; a long text is cut */
        ck_assert_int_eq(
                        slow_reader_ask(j,
                                        (int[]){ open("/", O_RDONLY | O_CLOEXEC),
                                                        file_with("0123456789012345678901234567890123456789") },
                                        2),
                        0);
        ck_assert_uint_eq(answer(j, a), 2);
        ck_assert_int_eq(a[0].size, -EISDIR);
        ck_assert_int_eq(a[1].size, SLOW_TEXT_MAX);
        ck_assert_ptr_null(slow_reader_free(j));
        ck_assert_ptr_null(slow_reader_free(other));
        ck_assert_ptr_null(errands_free(e));
}
END_TEST

/* A file whose read hangs: a pipe into which nobody writes. */
static int hanging_file(int *ret_writer) {
        int ends[2];

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        *ret_writer = ends[1];
        return ends[0];
}

START_TEST(test_hanging) {
        Errands *e = errands();
        SlowReader *j = slow_reader_new(e), *waiting = slow_reader_new(e);
        SlowAnswer a[SLOW_FILES_MAX];
        int writer, fd = hanging_file(&writer);

        ck_assert_int_eq(slow_reader_ask(j, &fd, 1), 0);
        usleep(50000); /* until it is in the read */
        ck_assert_int_eq(slow_reader_ask(j, (int[]){ file_with("1") }, 1), -EBUSY);
        ck_assert_int_eq(slow_reader_ask(waiting, (int[]){ file_with("1") }, 1), 0);
        usleep(50000);
        ck_assert_uint_eq(slow_reader_take(j, a), 0);
        ck_assert_uint_eq(slow_reader_take(waiting, a), 0);
        if (_i == 0) { /* it comes to an end */
                ck_assert_int_eq(write(writer, "42\n", 3), 3);
                ck_assert_uint_eq(answer(j, a), 1);
                ck_assert_int_eq(a[0].size, 3);
                ck_assert_uint_eq(answer(waiting, a), 1);
        }
        ck_assert_ptr_null(slow_reader_free(j));
        ck_assert_ptr_null(slow_reader_free(waiting));
        ck_assert_ptr_null(errands_free(e));
        if (_i == 1) { /* later than all that: the thread cleans up */
                ck_assert_int_eq(write(writer, "42\n", 3), 3);
                usleep(100000);
        }
        close(writer);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("slow-reader");
        TCase *t = tcase_create("slow-reader");

        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_answers);
        tcase_add_loop_test(t, test_hanging, 0, 2);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
