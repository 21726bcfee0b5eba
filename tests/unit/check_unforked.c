/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check-main.h"
#include "unforked.h"

#define SIZE 100000

/* How a child ends that reads the memory. */
static int read_in_child(const volatile uint8_t *memory) {
        pid_t child = fork();
        int status;

        ck_assert_int_ge(child, 0);
        if (child == 0) {
                /* no report of a sanitizer, no dump */
                signal(SIGSEGV, SIG_DFL);
                setrlimit(RLIMIT_CORE, &(struct rlimit){});
                _exit(memory[SIZE - 1]);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        return status;
}

START_TEST(test_not_for_children) {
        uint8_t *memory = unforked_new(SIZE), *usual = calloc(1, SIZE);
        int status;

        ck_assert_ptr_nonnull(memory);
        for (size_t i = 0; i < SIZE; i++)
                ck_assert_uint_eq(memory[i], 0);
        memory[SIZE - 1] = usual[SIZE - 1] = 7;
        status = read_in_child(usual);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        status = read_in_child(memory);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
        ck_assert_uint_eq(memory[SIZE - 1], 7);
        ck_assert_ptr_null(unforked_free(memory, SIZE));
        ck_assert_ptr_null(unforked_free(NULL, SIZE));
        free(usual);
}
END_TEST

START_TEST(test_no_memory) {
        ck_assert_ptr_null(unforked_new(SIZE_MAX / 2));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("unforked");
        TCase *t = tcase_create("unforked");

        tcase_add_test(t, test_not_for_children);
        tcase_add_test(t, test_no_memory);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
