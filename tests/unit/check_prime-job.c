/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc-util.h"
#include "check-main.h"
#include "clock.h"
#include "fake-adapter.h"
#include "prime-job.h"

static sd_event *event;
static PrimePlan *plan;
static Error error;
static int result;
static unsigned n_calls;
static bool finished;

/* What the child's adapters do; set before the fork. */
static unsigned hang_at, die_at, fail_at;

static unsigned *written; /* by the child, for all to see */

static int (*fake_write)(AdapterAccess *, int, const AdapterChange *, size_t, Error *);

static int write_or_die(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        if (die_at > 0 && ((FakeAdapters *) a)->n_writes + 1 == die_at)
                raise(SIGKILL);
        (*written)++;
        return fake_write(a, ifindex, changes, n, e);
}

static int open_fake(AdapterAccess **ret, Error *e) {
        static AdapterAccessOps ops;
        FakeAdapters *f = fake_adapters_new();
        AdapterProfile *a = fake_adapter_add(f, 1, "eth0");

        (void) fake_adapter_add(f, 2, "eth1");
        fake_adapter_channels(a, 4, 4);
        a->value[ATTRIBUTE_MTU] = adapter_value_number(1400);
        a->value[ATTRIBUTE_RINGS_RX] = adapter_value_number(2048);
        a->value[ATTRIBUTE_RINGS_TX] = adapter_value_number(2048);
        f->hang_at = hang_at;
        f->fail_at = fail_at;
        ops = *f->access.ops;
        fake_write = ops.write;
        ops.write = write_or_die;
        f->access.ops = &ops;
        *ret = &f->access;
        return 0;
}

static int open_large(AdapterAccess **ret, Error *e) {
        int r = open_fake(ret, e);
        FakeAdapters *f = (FakeAdapters *) *ret;

        /* A plan far beyond what a pipe holds. */
        for (size_t i = 0; i < 2; i++)
                f->adapter[i].profile->value[ATTRIBUTE_CHANNELS_RX_MAX] =
                                f->adapter[i].profile->value[ATTRIBUTE_CHANNELS_TX_MAX] = adapter_value_number(
                                                256);
        fake_adapter_channels(f->adapter[0].profile, 256, 256);
        for (unsigned q = 0; q < 256; q++)
                memset(f->adapter[0].profile->xps_cpus[q].word, 0xff,
                                sizeof(f->adapter[0].profile->xps_cpus[q].word));
        return r;
}

static int open_refused(AdapterAccess **ret, Error *e) {
        return error_set(e, ERROR_FAILED, -EPERM, "not allowed");
}

static int open_hanging(AdapterAccess **ret, Error *e) {
        while (pause() < 0)
                ;
        return 0;
}

/* The kernel's, unless the process is to be in a driver that does not let go of it. */
static bool immortal;
int __real_pidfd_send_signal(int fd, int signal, siginfo_t *info, unsigned flags);
int __wrap_pidfd_send_signal(int fd, int signal, siginfo_t *info, unsigned flags);

int __wrap_pidfd_send_signal(int fd, int signal, siginfo_t *info, unsigned flags) {
        return immortal ? 0 : __real_pidfd_send_signal(fd, signal, info, flags);
}

static unsigned n_ended;

static void on_ended(PrimeJob *j, void *userdata) {
        ck_assert_ptr_eq(userdata, &n_calls);
        ck_assert(!prime_job_lingers(j));
        n_ended++;
}

static void on_done(PrimeJob *j, int r, const PrimePlan *p, const Error *e, void *userdata) {
        n_calls++;
        result = r;
        ck_assert((e != NULL) == (r < 0));
        if (e)
                error = *e;
        if (p)
                ck_assert_int_eq(prime_plan_copy(plan, p), 0);
        ck_assert_ptr_eq(userdata, &n_calls);
        finished = true;
}

static int (*keep)(const PrimePlan *p, Error *e); /* NULL: kept at once */
static unsigned n_kept;

static int on_keep(PrimeJob *j, const PrimePlan *p, Error *e, void *userdata) {
        ck_assert_ptr_eq(userdata, &n_calls);
        ck_assert_ptr_null(prime_job_progress(j));
        n_kept++;
        return keep ? keep(p, e) : 0;
}

static pid_t only_child(void) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[64];
        int pid = -1;

        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int) gettid());
        f = fopen(path, "re");
        return f && fscanf(f, "%d", &pid) == 1 ? pid : -1;
}

static unsigned count_fds(void) {
        DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        while (readdir(d))
                n++;
        closedir(d);
        return n;
}

static unsigned fds_before;

static void setup(void) {
        hang_at = die_at = fail_at = n_calls = n_ended = 0;
        immortal = false;
        finished = false;
        keep = NULL;
        n_kept = 0;
        written = mmap(NULL, sizeof(*written), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert(written != MAP_FAILED);
        result = 1;
        error = (Error){};
        fds_before = count_fds();
        ck_assert_int_ge(sd_event_new(&event), 0);
        plan = prime_plan_new();
}

/* No process, no descriptor is left. */
static void teardown(void) {
        /* A killed process is reaped by the loop. */
        for (unsigned i = 0; i < 100 && only_child() > 0; i++)
                (void) sd_event_run(event, 10 * USEC_PER_MSEC);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
        event = sd_event_unref(event);
        plan = prime_plan_free(plan);
        munmap(written, sizeof(*written));
        ck_assert_uint_eq(count_fds(), fds_before);
}

static PrimeJob *start(PrimeTask task, usec_t deadline, int (*open)(AdapterAccess **, Error *)) {
        PrimeRequest q = { .task = task, .serving = 1, .spare = 2 };
        PrimeJobOptions options = { .deadline = deadline, .open = open, .keep = on_keep, .ended = on_ended };
        PrimeJob *j = NULL;

        ck_assert_int_eq(prime_job_new(event, &q, &options, on_done, &n_calls, &j, &error), 0);
        return j;
}

static void finish(PrimeJob *j) {
        for (unsigned i = 0; i < 1000 && !finished; i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert_uint_eq(n_calls, 1);
        prime_job_free(j);
        ck_assert_uint_eq(n_calls, 1);
}

START_TEST(test_apply) {
        finish(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_msg(result == 0, "%s", error.text);
        ck_assert(prime_plan_is_equal(plan));
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_DONE), 5);
}
END_TEST

START_TEST(test_large_plan) {
        finish(start(PRIME_TASK_APPLY, 0, open_large));
        ck_assert_msg(result == 0, "%s", error.text);
        ck_assert_uint_gt(prime_plan_count_outcome(plan, OUTCOME_DONE), 256);
}
END_TEST

START_TEST(test_failure) {
        fail_at = 2;
        finish(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_int_eq(result, -EIO);
        ck_assert_msg(strstr(error.text,
                                      "rings of eth1: kernel: firmware said no; the spare has its former "
                                      "settings"),
                        "%s", error.text);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_UNDONE), 2);
}
END_TEST

START_TEST(test_refused) {
        finish(start(PRIME_TASK_PLAN, 0, open_refused));
        ck_assert_int_eq(result, -EPERM);
        ck_assert_str_eq(error.text, "not allowed");
}
END_TEST

/* It hangs at the rings: said so, with what was set before. */
START_TEST(test_hangs) {
        usec_t begin = clock_monotonic();
        PrimeJob *j;

        hang_at = 2;
        j = start(PRIME_TASK_APPLY, 500 * USEC_PER_MSEC, open_fake);
        ck_assert_ptr_null(prime_job_progress(j));
        finish(j);
        ck_assert_int_eq(result, -ETIMEDOUT);
        ck_assert_int_eq(error.kind, ERROR_TIMEOUT);
        ck_assert_str_eq(error.text,
                        "priming timed out after 500ms while setting rings rx, left behind: channels rx, "
                        "channels tx, rings rx, rings tx");
        ck_assert_uint_lt(clock_monotonic() - begin, 5 * USEC_PER_SEC);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_DONE), 2);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_FAILED), 2);
}
END_TEST

/* It cannot be killed where it hangs: nobody waits for it, and its end is told when it comes. */
START_TEST(test_lingers) {
        usec_t begin = clock_monotonic();
        pid_t pid;
        PrimeJob *j;

        hang_at = 2;
        immortal = true;
        j = start(PRIME_TASK_APPLY, 300 * USEC_PER_MSEC, open_fake);
        pid = only_child();
        for (unsigned i = 0; i < 1000 && !finished; i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert_int_eq(result, -ETIMEDOUT);
        ck_assert_uint_lt(clock_monotonic() - begin, 5 * USEC_PER_SEC);
        ck_assert(prime_job_lingers(j));
        for (unsigned i = 0; i < 20; i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert(prime_job_lingers(j) && n_ended == 0);
        ck_assert_int_eq(kill(pid, SIGKILL), 0); /* the driver lets go */
        if (_i) /* or nobody is interested any more: it is reaped all the same */
                j = prime_job_free(j);
        for (unsigned i = 0; i < 100 && n_ended == 0; i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert_uint_eq(n_ended, _i ? 0 : 1);
        ck_assert_uint_eq(n_calls, 1);
        prime_job_free(j);
}
END_TEST

/* Given up in the middle, with nobody to be told what came of it. */
START_TEST(test_abandon) {
        PrimeJob *j;

        hang_at = 2;
        j = start(PRIME_TASK_APPLY, 0, open_fake);
        for (unsigned i = 0; i < 500 && !prime_job_progress(j); i++)
                ck_assert_int_ge(sd_event_run(event, 10000), 0);
        prime_job_abandon(j);
        for (unsigned i = 0; i < 100 && prime_job_lingers(j); i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert(!prime_job_lingers(j));
        ck_assert_uint_eq(n_calls, 0);
        prime_job_free(j);
}
END_TEST

START_TEST(test_hangs_reading) {
        finish(start(PRIME_TASK_PLAN, 50 * USEC_PER_MSEC, open_hanging));
        ck_assert_int_eq(result, -ETIMEDOUT);
        ck_assert_str_eq(error.text,
                        "priming timed out after 50ms while reading the adapters; nothing was changed");
        ck_assert_uint_eq(plan->n_steps, 0);
}
END_TEST

START_TEST(test_dies) {
        die_at = 3;
        finish(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_int_eq(result, -EPROTO);
        ck_assert_str_eq(error.text, "the priming process died of signal 9 while setting mtu");
}
END_TEST

START_TEST(test_cancel) {
        PrimeJob *j;

        hang_at = 3;
        j = start(PRIME_TASK_APPLY, 0, open_fake);
        for (unsigned i = 0; i < 500 && !streq_ptr(prime_job_progress(j), "mtu"); i++)
                ck_assert_int_ge(sd_event_run(event, 10000), 0);
        ck_assert_str_eq(prime_job_progress(j), "mtu");
        prime_job_cancel(j);
        ck_assert_uint_eq(n_calls, 1);
        ck_assert_int_eq(result, -ECANCELED);
        ck_assert_msg(strstr(error.text, "left behind: channels rx"), "%s", error.text);
        prime_job_cancel(j);
        ck_assert_uint_eq(n_calls, 1);
        prime_job_free(j);
}
END_TEST

START_TEST(test_free) {
        hang_at = 1;
        prime_job_free(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_uint_eq(n_calls, 0);
}
END_TEST

/* Whether it runs: neither gone nor merely unreaped. */
static bool is_alive(pid_t pid) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[64], line[512];

        snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        f = fopen(path, "re");
        return f && fgets(line, sizeof(line), f) && !strstr(line, ") Z ");
}

/* The daemon dies: so does the process that would go on changing the adapter. */
START_TEST(test_dies_with_parent) {
        pid_t daemon, worker = -1;
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        daemon = fork();
        ck_assert_int_ge(daemon, 0);
        if (daemon == 0) {
                PrimeJob *j;

                sd_event_unref(event); /* an event loop is of one process */
                if (sd_event_new(&event) < 0)
                        _exit(1);
                hang_at = 1;
                j = start(PRIME_TASK_APPLY, 0, open_fake);
                for (unsigned i = 0; i < 500 && !prime_job_progress(j); i++)
                        (void) sd_event_run(event, 10000);
                worker = only_child();
                if (write(fds[1], &worker, sizeof(worker)) < 0)
                        _exit(1);
                raise(SIGKILL);
        }
        close(fds[1]);
        ck_assert_int_eq(read(fds[0], &worker, sizeof(worker)), sizeof(worker));
        close(fds[0]);
        ck_assert_int_gt(worker, 0);
        ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
        for (unsigned i = 0; i < 200 && is_alive(worker); i++)
                usleep(10000);
        ck_assert(!is_alive(worker));
}
END_TEST

static int keep_slowly(const PrimePlan *p, Error *e) {
        ck_assert_uint_eq(prime_plan_count_due(p), 5);
        ck_assert_uint_eq(prime_plan_count_outcome(p, OUTCOME_PENDING), p->n_steps);
        usleep(100000); /* enough to write, if it did not wait */
        ck_assert_uint_eq(*written, 0);
        return 0;
}

START_TEST(test_waits_until_kept) {
        keep = keep_slowly;
        finish(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_msg(result == 0, "%s", error.text);
        ck_assert_uint_eq(n_kept, 1);
        ck_assert_uint_gt(*written, 0);
}
END_TEST

START_TEST(test_looking_keeps_nothing) {
        finish(start(PRIME_TASK_PLAN, 0, open_fake));
        ck_assert_int_eq(result, 0);
        ck_assert_uint_eq(n_kept, 0);
}
END_TEST

static int keep_not(const PrimePlan *p, Error *e) {
        return error_errno(e, -ENOSPC, "cannot write the plan");
}

/* At once: it does not wait for what will not come. */
START_TEST(test_not_kept) {
        keep = keep_not;
        finish(start(PRIME_TASK_APPLY, 0, open_fake));
        ck_assert_int_eq(result, -ENOSPC);
        ck_assert_str_eq(error.text, "cannot write the plan: No space left on device");
        ck_assert_uint_eq(*written, 0);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_PENDING), plan->n_steps);
}
END_TEST

/* Given up while it waits: it is not told to go on, not even as its words are taken for the last time. */
START_TEST(test_stopped_while_waiting) {
        PrimeJob *j = start(PRIME_TASK_APPLY, _i == 2 ? 100 * USEC_PER_MSEC : 0, open_fake);
        int pid = only_child();

        usleep(300000); /* it has planned, and waits */
        if (_i == 0)
                prime_job_cancel(j);
        else if (_i == 1)
                prime_job_abandon(j);
        else { /* the loop comes to it late: either is the first it sees */
                finish(TAKE_PTR(j));
                ck_assert(result == -ETIMEDOUT || result == 0);
                ck_assert(n_kept == 1 || *written == 0);
                return;
        }
        for (unsigned i = 0; i < 100 && prime_job_lingers(j); i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert_int_gt(pid, 0);
        ck_assert_uint_eq(n_kept, 0);
        ck_assert_uint_eq(*written, 0);
        prime_job_free(j);
}
END_TEST

static int parent_pipe;

static int keep_never(const PrimePlan *p, Error *e) {
        pid_t worker = only_child();

        if (write(parent_pipe, &worker, sizeof(worker)) < 0)
                _exit(1);
        raise(SIGKILL);
        return 0;
}

/* The daemon dies before it has kept the plan: nothing is set. */
START_TEST(test_parent_dies_before_it_is_kept) {
        pid_t daemon, worker = -1;
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        daemon = fork();
        ck_assert_int_ge(daemon, 0);
        if (daemon == 0) {
                sd_event_unref(event); /* an event loop is of one process */
                if (sd_event_new(&event) < 0)
                        _exit(1);
                keep = keep_never;
                parent_pipe = fds[1];
                (void) start(PRIME_TASK_APPLY, 0, open_fake);
                for (;;)
                        (void) sd_event_run(event, 10000);
        }
        close(fds[1]);
        ck_assert_int_eq(read(fds[0], &worker, sizeof(worker)), sizeof(worker));
        close(fds[0]);
        ck_assert_int_gt(worker, 0);
        ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
        for (unsigned i = 0; i < 200 && is_alive(worker); i++)
                usleep(10000);
        ck_assert(!is_alive(worker));
        ck_assert_uint_eq(*written, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-job");
        TCase *t = tcase_create("prime-job");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 20);
        tcase_add_test(t, test_apply);
        tcase_add_test(t, test_large_plan);
        tcase_add_test(t, test_failure);
        tcase_add_test(t, test_refused);
        tcase_add_test(t, test_hangs);
        tcase_add_loop_test(t, test_lingers, 0, 2);
        tcase_add_test(t, test_abandon);
        tcase_add_test(t, test_hangs_reading);
        tcase_add_test(t, test_dies);
        tcase_add_test(t, test_cancel);
        tcase_add_test(t, test_free);
        tcase_add_test(t, test_dies_with_parent);
        tcase_add_test(t, test_waits_until_kept);
        tcase_add_test(t, test_looking_keeps_nothing);
        tcase_add_test(t, test_not_kept);
        tcase_add_loop_test(t, test_stopped_while_waiting, 0, 3);
        tcase_add_test(t, test_parent_dies_before_it_is_kept);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
