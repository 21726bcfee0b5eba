/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A Check program of one suite: define `static Suite *suite(void)` and end with CHECK_MAIN. */

#include <check.h>
#include <stdlib.h>

#define CHECK_MAIN()                                                                                           \
        int main(void) {                                                                                       \
                SRunner *runner = srunner_create(suite());                                                     \
                int failed;                                                                                    \
                                                                                                               \
                srunner_run_all(runner, CK_ENV);                                                               \
                failed = srunner_ntests_failed(runner);                                                        \
                srunner_free(runner);                                                                          \
                return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                              \
        }                                                                                                      \
        struct _check_main_needs_a_semicolon_
