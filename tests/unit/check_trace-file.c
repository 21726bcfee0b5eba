/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "alloc-util.h"
#include "check-main.h"
#include "trace-file.h"

static char folder[32];
static char path[64];

static void set_up(void) {
        strcpy(folder, "/tmp/check-trace-file.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/t.csv", folder);
}

static void tear_down(void) {
        char command[96];

        snprintf(command, sizeof(command), "rm -r %s", folder);
        ck_assert_int_eq(system(command), 0);
}

static off_t size_of(const char *suffix) {
        char name[80];
        struct stat st;

        snprintf(name, sizeof(name), "%s%s", path, suffix);
        return stat(name, &st) < 0 ? -1 : st.st_size;
}

START_TEST(test_turns_over) {
        TraceFile t = { .path = path, .limit = 200, .keep = 3 };
        char line[REPLAY_LINE_MAX];
        Error e = {};

        ck_assert_int_eq(trace_file_open(&t, &e), 0);
        for (unsigned i = 0; i < 100; i++) {
                int n = snprintf(line, sizeof(line), "%u,eth0,rx-power,-3\n", i);

                /* however it comes in pieces */
                ck_assert_int_eq(trace_file_take(&t, line, (size_t) i % 5, &e), 0);
                ck_assert_int_eq(trace_file_take(&t, line + i % 5, (size_t) n - i % 5, &e), 0);
        }
        trace_file_done(&t);
        ck_assert_uint_eq(t.n_samples, 100);
        ck_assert_int_gt(size_of(""), 0);
        ck_assert_int_gt(size_of(".1"), 150);
        ck_assert_int_le(size_of(".1"), 200);
        ck_assert_int_le(size_of(".2"), 200);
        ck_assert_int_eq(size_of(".3"), -1);
}
END_TEST

START_TEST(test_each_is_a_trace) {
        TraceFile t = { .path = path, .limit = 100, .keep = 2 };
        static const char text[] = "# begin\n" REPLAY_HEADER "0,eth0,role,primary\n1,eth0,rx-power,-3\n"
                                   "2,eth0,dropped,7\n3,eth0,rx-power,-3\n4,eth0,rx-power,-4\n";
        _cleanup_free_ char *older = NULL;
        char first[64] = "";
        FILE *f;

        ck_assert_int_eq(trace_file_open(&t, NULL), 0);
        ck_assert_int_eq(trace_file_take(&t, text, sizeof(text) - 1, NULL), 0);
        trace_file_done(&t);
        ck_assert_uint_eq(t.n_dropped, 7);
        ck_assert_uint_eq(t.n_samples, 3);
        ck_assert_int_gt(asprintf(&older, "%s.1", path), 0);
        f = fopen(older, "r");
        ck_assert_ptr_nonnull(fgets(first, sizeof(first), f));
        ck_assert_str_eq(first, "# begin\n");
        fclose(f);
        f = fopen(path, "r");
        ck_assert_ptr_nonnull(fgets(first, sizeof(first), f));
        ck_assert_str_eq(first, REPLAY_HEADER);
        fclose(f);
}
END_TEST

START_TEST(test_what_is_wrong) {
        TraceFile t = { .path = path, .limit = 1000, .keep = 1 }, nowhere = { .path = "/nonexistent/x" };
        char long_line[2 * REPLAY_LINE_MAX];
        Error e = {}, f = {}, g = {};

        ck_assert_int_eq(trace_file_open(&nowhere, &e), -ENOENT);
        ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/x"));
        ck_assert_int_eq(trace_file_open(&t, NULL), 0);
        ck_assert_int_eq(trace_file_take(&t, "0,eth0,loud,1\n", 14, &f), -EINVAL);
        ck_assert_str_eq(f.text, "the recording:1:8: unknown signal 'loud'");
        memset(long_line, 'x', sizeof(long_line));
        t.n_line = 0;
        ck_assert_int_eq(trace_file_take(&t, long_line, sizeof(long_line), &g), -EINVAL);
        trace_file_done(&t);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("trace-file");
        TCase *t = tcase_create("trace-file");

        tcase_add_checked_fixture(t, set_up, tear_down);
        tcase_add_test(t, test_turns_over);
        tcase_add_test(t, test_each_is_a_trace);
        tcase_add_test(t, test_what_is_wrong);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
