/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drop-in directories: order, hiding, masking, all or nothing. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc-util.h"
#include "check-main.h"
#include "policy-document.h"
#include "policy-set.h"

static char root[32];
static const char *const directories[] = { "etc", "run", "missing", "lib", NULL };

static void setup(void) {
        strcpy(root, "/tmp/check_policy-set.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(root));
        ck_assert_int_eq(chdir(root), 0);
        ck_assert_int_eq(mkdir("etc", 0755) | mkdir("run", 0755) | mkdir("lib", 0755), 0);
}

static void teardown(void) {
        ck_assert_int_eq(system("rm -rf etc run lib"), 0);
        ck_assert_int_eq(chdir("/"), 0);
        ck_assert_int_eq(rmdir(root), 0);
}

static void put(const char *path, const char *text) {
        _cleanup_fclose_ FILE *f = fopen(path, "we");

        ck_assert_ptr_nonnull(f);
        fputs(text, f);
}

static void put_pair(const char *path, const char *name, const char *primary, const char *standby) {
        char text[256];

        snprintf(text, sizeof(text), "pairs:\n  %s: {primary: %s, standby: %s}\n", name, primary, standby);
        put(path, text);
}

static PolicySet *load(void) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        PolicySet *set = NULL;

        ck_assert_int_eq(policy_set_load(directories, &set, &diagnostics), 0);
        ck_assert_uint_eq(diagnostics.n_items, 0);
        return set;
}

/* Must fail with one error; returns its line. */
static const char *load_wrong(void) {
        static char text[1024];
        PolicyDiagnostics diagnostics;
        PolicySet *set = NULL;
        const PolicyDiagnostic *d;

        ck_assert_int_eq(policy_set_load(directories, &set, &diagnostics), -EBADMSG);
        ck_assert_ptr_null(set);
        ck_assert_uint_eq(diagnostics.n_errors, 1);
        d = policy_diagnostics_first_error(&diagnostics);
        snprintf(text, sizeof(text), "%s:%u:%u: %s", d->file, d->line, d->column, d->text);
        policy_diagnostics_done(&diagnostics);
        return text;
}

START_TEST(test_standard_directories) {
        ck_assert_str_eq(policy_directories[0], "/etc/primed/policy.d");
        ck_assert_str_eq(policy_directories[1], "/run/primed/policy.d");
        ck_assert_str_eq(policy_directories[2], "/usr/local/lib/primed/policy.d");
        ck_assert_str_eq(policy_directories[3], "/usr/lib/primed/policy.d");
        ck_assert_ptr_null(policy_directories[4]);
}
END_TEST

START_TEST(test_order_is_by_name_over_all_directories) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;

        put_pair("etc/50-b.yaml", "b", "b0", "b1");
        put_pair("lib/10-a.yaml", "a", "a0", "a1");
        put_pair("run/90-c.yaml", "c", "c0", "c1");
        put_pair("etc/.hidden.yaml", "b", "x0", "x1");
        put_pair("etc/50-b.yaml~", "b", "x0", "x1");
        put("etc/README", "not: [a policy");
        set = load();
        ck_assert_uint_eq(set->n_policies, 3);
        ck_assert_str_eq(set->policies[0].name, "a");
        ck_assert_str_eq(set->policies[1].name, "b");
        ck_assert_str_eq(set->policies[2].name, "c");
        ck_assert_uint_eq(set->n_files, 3);
        ck_assert_str_eq(set->files[0], "lib/10-a.yaml");
        ck_assert_str_eq(policy_set_find(set, "c")->file, "run/90-c.yaml");
        ck_assert_ptr_null(policy_set_find(set, "d"));
}
END_TEST

START_TEST(test_earlier_directory_hides_same_name) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;

        put("lib/lan.yaml", "even: [if it is wrong");
        put_pair("run/lan.yaml", "lan", "run0", "run1");
        put_pair("etc/lan.yaml", "lan", "etc0", "etc1");
        set = load();
        ck_assert_uint_eq(set->n_policies, 1);
        ck_assert_str_eq(set->policies[0].adapter[SIDE_PRIMARY].name, "etc0");
}
END_TEST

START_TEST(test_masks) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;

        put_pair("lib/empty.yaml", "a", "a0", "a1");
        put_pair("lib/null.yaml", "b", "b0", "b1");
        put_pair("lib/linked.yaml", "c", "c0", "c1");
        put("etc/empty.yaml", "");
        ck_assert_int_eq(symlink("/dev/null", "run/null.yaml"), 0);
        ck_assert_int_eq(symlink("../lib/linked.yaml", "etc/linked.yaml"), 0);
        set = load();
        ck_assert_uint_eq(set->n_policies, 1);
        ck_assert_str_eq(set->policies[0].name, "c");
        ck_assert_uint_eq(set->n_files, 1);
        ck_assert_str_eq(set->files[0], "etc/linked.yaml");
}
END_TEST

START_TEST(test_conflicts_over_files) {
        put_pair("lib/10.yaml", "lan", "eth0", "eth1");
        put_pair("etc/20.yaml", "lan", "eth2", "eth3");
        ck_assert_str_eq(load_wrong(), "etc/20.yaml:2:3: pair 'lan' is already defined (lib/10.yaml:2)");
        put_pair("etc/20.yaml", "san", "eth2", "eth0");
        ck_assert_str_eq(load_wrong(),
                        "etc/20.yaml:2:33: adapter 'eth0' is already the primary of pair 'lan' "
                        "(lib/10.yaml:2)");
}
END_TEST

START_TEST(test_defaults_stay_in_their_file) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;

        put("etc/10.yaml", "defaults: {mode: observe}\npairs: {a: {primary: a0, standby: a1}}\n");
        put_pair("etc/20.yaml", "b", "b0", "b1");
        set = load();
        ck_assert_int_eq(policy_set_find(set, "a")->mode, MODE_OBSERVE);
        ck_assert_int_eq(policy_set_find(set, "b")->mode, MODE_ACT);
}
END_TEST

/* What a reload does: the old set stays whole until a new one is. */
START_TEST(test_reload) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL, *next = NULL;

        put_pair("etc/a.yaml", "a", "a0", "a1");
        put_pair("etc/b.yaml", "b", "b0", "b1");
        set = load();
        put("etc/b.yaml", "pairs:\n  b: {primary: b0, standby: b1, mode: observe}\n");
        put("etc/c.yaml", "pairs: [");
        ck_assert_str_eq(load_wrong(),
                        "etc/c.yaml:2:1: not valid YAML: did not find expected node content while parsing a "
                        "flow node");
        ck_assert_uint_eq(set->n_policies, 2);
        put_pair("etc/c.yaml", "c", "c0", "c1");
        next = load();
        ck_assert_uint_eq(next->n_policies, 3);
        ck_assert(pair_policy_equal(policy_set_find(set, "a"), policy_set_find(next, "a")));
        ck_assert(!pair_policy_equal(policy_set_find(set, "b"), policy_set_find(next, "b")));
}
END_TEST

START_TEST(test_unreadable) {
        ck_assert_int_eq(mkfifo("etc/fifo.yaml", 0600), 0);
        ck_assert_str_eq(load_wrong(), "etc/fifo.yaml:0:0: not a regular file");
        ck_assert_int_eq(unlink("etc/fifo.yaml"), 0);
        ck_assert_int_eq(mkdir("etc/directory.yaml", 0700), 0);
        ck_assert_str_eq(load_wrong(), "etc/directory.yaml:0:0: Is a directory");
        ck_assert_int_eq(rmdir("etc/directory.yaml"), 0);
        ck_assert_int_eq(symlink("nowhere", "etc/dangling.yaml"), 0);
        ck_assert_str_eq(load_wrong(), "etc/dangling.yaml:0:0: No such file or directory");
}
END_TEST

START_TEST(test_too_large) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        char head[] = "pairs: {a: {primary: a0, standby: a1}}\n#";

        put("etc/a.yaml", head);
        ck_assert_int_eq(truncate("etc/a.yaml", 0), 0);
        for (size_t extra = 0; extra < 2; extra++) {
                _cleanup_fclose_ FILE *f = fopen("etc/a.yaml", "we");

                fputs(head, f);
                for (size_t i = strlen(head); i < POLICY_FILE_MAX + extra; i++)
                        fputc('x', f);
                fclose(TAKE_PTR(f));
                if (extra == 0)
                        set = load();
                else
                        ck_assert_str_eq(load_wrong(), "etc/a.yaml:0:0: larger than 256 KiB");
        }
        ck_assert_uint_eq(set->n_policies, 1);
}
END_TEST

START_TEST(test_yml_is_told) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        put("etc/lan.yml", "pairs: {}\n");
        ck_assert_int_eq(policy_set_load(directories, &set, &diagnostics), 0);
        policy_diagnostics_print(&diagnostics, f);
        fclose(f);
        ck_assert_str_eq(text, "etc: warning: 'lan.yml' is ignored, a policy file is named *.yaml\n");
        ck_assert_ptr_null(policy_diagnostics_first_error(&diagnostics));
}
END_TEST

START_TEST(test_single_file) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_set_freep) PolicySet *set = NULL;

        put_pair("etc/anything", "lan", "eth0", "eth1");
        ck_assert_int_eq(policy_set_load_file("etc/anything", &set, &diagnostics), 0);
        ck_assert_uint_eq(set->n_policies, 1);
        ck_assert_int_eq(policy_set_load_file("etc/nothing", &set, &diagnostics), -EBADMSG);
        ck_assert_uint_eq(set->n_policies, 1);
        ck_assert_str_eq(diagnostics.items[0].text, "No such file or directory");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("policy-set");
        TCase *t = tcase_create("policy-set");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_standard_directories);
        tcase_add_test(t, test_order_is_by_name_over_all_directories);
        tcase_add_test(t, test_earlier_directory_hides_same_name);
        tcase_add_test(t, test_masks);
        tcase_add_test(t, test_conflicts_over_files);
        tcase_add_test(t, test_defaults_stay_in_their_file);
        tcase_add_test(t, test_reload);
        tcase_add_test(t, test_unreadable);
        tcase_add_test(t, test_too_large);
        tcase_add_test(t, test_yml_is_told);
        tcase_add_test(t, test_single_file);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
