/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of real adapters (veth, tap) in namespaces of the test's own, judged by what the distribution's own
 * ethtool and ip say. */

#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "adapter-contract.h"
#include "alloc-util.h"
#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "prime-job.h"
#include "prime-worker.h"

/* Everything of an adapter that can be seen from outside, without what no two adapters share. */
static const char view_format[] =
                "d=%s; { ethtool -l $d; ethtool -k $d; ethtool -c $d; ethtool -g $d; } 2>&1 | sed \"s/$d//\";"
                "ip -d -o link show $d | grep -oE ' "
                "(mtu|qlen|gso_max_size|gso_max_segs|gro_max_size|numtxqueues) [0-9]+';"
                "cd /sys/class/net/$d; for f in napi_defer_hard_irqs gro_flush_timeout threaded tx_queue_len "
                "mtu; do"
                " echo $f $(cat $f); done;"
                "for f in queues/*/xps_cpus queues/*/xps_rxqs queues/*/rps_cpus queues/*/rps_flow_cnt; do"
                " echo $f $(cat $f 2>&1); done";

typedef struct View {
        char text[32768];
} View;

static void view_take(const char *name, View *ret) {
        char command[2048];
        FILE *f;
        size_t n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof(command), view_format, name);
#pragma GCC diagnostic pop
        f = popen(command, "re");
        ck_assert_ptr_nonnull(f);
        n = fread(ret->text, 1, sizeof(ret->text) - 1, f);
        ret->text[n] = 0;
        ck_assert_int_eq(pclose(f), 0);
        ck_assert_uint_gt(n, 500);
}

/* Fails with the first line that differs. */
static void views_compare(const View *a, const View *b, unsigned line) {
        const char *x = a->text, *y = b->text;

        while (*x && *y) {
                size_t n = strcspn(x, "\n"), m = strcspn(y, "\n");

                if (n != m || memcmp(x, y, n) != 0)
                        ck_abort_msg("line %u: \"%.*s\" is not \"%.*s\"", line, (int) n, x, (int) m, y);
                x += n + (x[n] != 0);
                y += m + (y[m] != 0);
        }
        ck_assert(*x == *y);
}
#define VIEWS_EQUAL(a, b) views_compare(&(a), &(b), __LINE__)

static unsigned carrier_changes(const char *name) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[128];
        unsigned n;

        snprintf(path, sizeof(path), "/sys/class/net/%s/carrier_changes", name);
        f = fopen(path, "re");
        ck_assert(f && fscanf(f, "%u", &n) == 1);
        return n;
}

static AdapterAccess *kernel;
static PrimePlan *plan;
static Error e;

/* The kernel behind a door at which writes can fail: `fail_at` is the number of the write that does. */
typedef struct FailingAccess {
        AdapterAccess access;
        unsigned n_writes, fail_at;
        int serving;
} FailingAccess;

static FailingAccess failing;

static int failing_read(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *error) {
        return adapter_access_read(kernel, ifindex, items, p, error);
}

static int failing_write(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *error) {
        ck_assert_int_ne(ifindex, failing.serving);
        if (++failing.n_writes == failing.fail_at)
                return error_set(error, ERROR_FAILED, -EIO, "the injected failure");
        return adapter_access_write(kernel, ifindex, changes, n, error);
}

static const AdapterAccessOps failing_ops = { .name = "failing", .read = failing_read, .write = failing_write };

static int run(PrimeTask task, const char *serving, const char *spare, const PrimePlan *before,
                PrimePlan *result) {
        PrimeRequest q = {
                .task = task,
                .serving = (int) if_nametoindex(serving),
                .spare = (int) if_nametoindex(spare),
                .before = before,
        };

        e = (Error){};
        failing.serving = q.serving;
        failing.n_writes = 0;
        return prime_worker_run(&failing.access, &q, NULL, result, &e);
}

static void setup(void) {
        lab_enter();
        failing = (FailingAccess){ .access.ops = &failing_ops };
        ck_assert_msg(adapter_access_new(&kernel, &e) == 0, "%s", e.text);
        plan = prime_plan_new();
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        kernel = adapter_access_free(kernel);
}

static void add_veth(const char *name) {
        lab_run(-1,
                        "ip link add %s numtxqueues 8 numrxqueues 8 type veth peer name peer-%s && ip link set "
                        "%s up &&"
                        " ip link set peer-%s up",
                        name, name, name, name);
}

/* Two veths; the serving one unusual in everything, the spare in some things. */
static void make_pair(void) {
        add_veth("serve");
        add_veth("spare");
        lab_run(-1,
                        "ethtool -L serve rx 4 tx 3 && ethtool -K serve gro on tso off tx-nocache-copy on "
                        ">/dev/null &&"
                        " ip link set serve mtu 1400 txqueuelen 77 gso_max_size 50000 gro_max_size 40000 &&"
                        " cd /sys/class/net/serve && echo 1 > queues/tx-0/xps_cpus && echo 3 > "
                        "queues/tx-2/xps_cpus &&"
                        " echo 5 > queues/tx-1/xps_rxqs && echo 3 > queues/rx-3/rps_cpus &&"
                        " echo 64 > queues/rx-3/rps_flow_cnt && echo 2 > napi_defer_hard_irqs &&"
                        " echo 20000 > gro_flush_timeout && echo 1 > threaded");
        lab_run(-1,
                        "ethtool -L spare rx 2 tx 6 && ethtool -K spare sg off >/dev/null &&"
                        " cd /sys/class/net/spare && echo 1 > queues/tx-5/xps_cpus && echo 2 > "
                        "queues/rx-1/rps_cpus &&"
                        " echo 4096 > queues/rx-0/rps_flow_cnt");
}

START_TEST(test_contract) {
        add_veth("eth0");
        lab_run(-1, "ethtool -L eth0 rx 2 tx 2");
        adapter_contract_check(kernel, (int) if_nametoindex("eth0"), 4711);
}
END_TEST

START_TEST(test_prime_and_undo) {
        _cleanup_(prime_plan_freep) PrimePlan *again = prime_plan_new();
        View serving, serving_after, spare, primed, undone;
        unsigned flaps;

        make_pair();
        view_take("serve", &serving);
        view_take("spare", &spare);
        ck_assert(!streq(serving.text, spare.text));
        flaps = carrier_changes("serve");

        ck_assert_msg(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan) == 0, "%s", e.text);
        view_take("serve", &serving_after);
        view_take("spare", &primed);
        VIEWS_EQUAL(serving, serving_after);
        ck_assert_uint_eq(carrier_changes("serve"), flaps);
        VIEWS_EQUAL(primed, serving);
        ck_assert_uint_eq(prime_plan_count_outcome(plan, OUTCOME_FAILED), 0);
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_CLAMPED), 0);
        ck_assert_uint_gt(prime_plan_count_outcome(plan, OUTCOME_DONE), 20);

        /* Nothing left to do, nothing done. */
        flaps = carrier_changes("spare");
        ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, again), 0);
        ck_assert_uint_eq(failing.n_writes, 0);
        ck_assert(prime_plan_is_equal(again));
        ck_assert_uint_eq(carrier_changes("spare"), flaps);

        ck_assert_msg(run(PRIME_TASK_UNDO, "serve", "spare", plan, again) == 0, "%s", e.text);
        view_take("spare", &undone);
        VIEWS_EQUAL(undone, spare);
        view_take("serve", &serving_after);
        VIEWS_EQUAL(serving, serving_after);
}
END_TEST

START_TEST(test_plan_changes_nothing) {
        View serving, spare, after;

        make_pair();
        view_take("serve", &serving);
        view_take("spare", &spare);
        ck_assert_int_eq(run(PRIME_TASK_PLAN, "serve", "spare", NULL, plan), 0);
        ck_assert(!prime_plan_is_equal(plan));
        ck_assert_int_eq(prime_plan_disruption(plan), DISRUPTION_LINK); /* channels of a veth */
        ck_assert_uint_eq(failing.n_writes, 0);
        view_take("serve", &after);
        VIEWS_EQUAL(serving, after);
        view_take("spare", &after);
        VIEWS_EQUAL(spare, after);
}
END_TEST

/* Whatever write fails: the spare has its former settings, the serving adapter never knew. */
START_TEST(test_failure_at_every_write) {
        View serving, spare, after;
        unsigned n_writes;

        make_pair();
        view_take("serve", &serving);
        view_take("spare", &spare);
        ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan), 0);
        n_writes = failing.n_writes;
        ck_assert_uint_gt(n_writes, 12);
        {
                _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();

                ck_assert_int_eq(run(PRIME_TASK_UNDO, "serve", "spare", plan, undone), 0);
        }
        for (unsigned n = 1; n <= n_writes; n++) {
                failing.fail_at = n;
                ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan), -EIO);
                ck_assert_msg(strstr(e.text, "the injected failure; the spare has its former settings"), "%s",
                                e.text);
                view_take("spare", &after);
                VIEWS_EQUAL(spare, after);
        }
        view_take("serve", &after);
        VIEWS_EQUAL(serving, after);
}
END_TEST

/* Unlike adapters: fewer channels than wanted, and what then has no place is said. */
START_TEST(test_smaller_spare) {
        bool clamped = false, homeless = false;

        make_pair();
        lab_run(-1,
                        "ip link add small numtxqueues 2 numrxqueues 2 type veth peer name peer-small &&"
                        " ip link set small up && ip link set peer-small up");
        ck_assert_msg(run(PRIME_TASK_APPLY, "serve", "small", NULL, plan) == 0, "%s", e.text);
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i];

                clamped = clamped ||
                                (s->attribute == ATTRIBUTE_CHANNELS_RX && s->action == PRIME_CLAMPED &&
                                                s->want.word[0] == 2);
                homeless = homeless ||
                                (s->attribute == ATTRIBUTE_RPS_CPUS && s->place == 3 &&
                                                s->action == PRIME_UNSUPPORTED);
        }
        ck_assert(clamped && homeless);
        ck_assert(prime_plan_is_equal(plan));
}
END_TEST

START_TEST(test_mtu_too_small) {
        add_veth("serve");
        lab_run(-1, "ip link set serve mtu 65535 && ip tuntap add spare mode tap && ip link set spare up");
        ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan), -ERANGE);
        ck_assert_str_eq(e.text, "mtu: the spare carries at most 65521 bytes, the serving adapter uses 65535");
        ck_assert_uint_eq(failing.n_writes, 0);
}
END_TEST

/* gso goes with sg: asked for off too, since what is in force is copied, not what was asked for. */
START_TEST(test_tap) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();
        View serving, spare, after;

        lab_run(-1,
                        "for d in serve spare; do ip tuntap add $d mode tap multi_queue && ip link set $d up; "
                        "done;"
                        " ethtool -C serve rx-frames 16 && ethtool -K serve sg off gso off tx-nocache-copy on "
                        ">/dev/null &&"
                        " ip link set serve mtu 9000 txqueuelen 99 gro_max_size 30000 &&"
                        " echo 1 > /sys/class/net/serve/queues/rx-0/rps_cpus");
        view_take("serve", &serving);
        view_take("spare", &spare);
        ck_assert_msg(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan) == 0, "%s", e.text);
        view_take("spare", &after);
        VIEWS_EQUAL(after, serving);
        ck_assert_int_eq(run(PRIME_TASK_UNDO, "serve", "spare", plan, undone), 0);
        view_take("spare", &after);
        VIEWS_EQUAL(after, spare);
}
END_TEST

START_TEST(test_adapter_gone) {
        add_veth("serve");
        ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan), -EINVAL);
        add_veth("spare");
        {
                PrimeRequest q = {
                        .task = PRIME_TASK_PLAN, .serving = (int) if_nametoindex("serve"), .spare = 4711
                };

                e = (Error){};
                ck_assert_int_eq(prime_worker_run(kernel, &q, NULL, plan, &e), -ENODEV);
                ck_assert_int_eq(e.kind, ERROR_NO_SUCH_ADAPTER);
        }
}
END_TEST

static int hang(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *error) {
        if (adapter_attribute_info(changes[0].attribute)->item == PRIME_FEATURES)
                while (pause() < 0)
                        ;
        return adapter_access_write(kernel, ifindex, changes, n, error);
}

static int open_hanging(AdapterAccess **ret, Error *error) {
        static const AdapterAccessOps ops = { .name = "hanging", .read = failing_read, .write = hang };
        static AdapterAccess access = { .ops = &ops };
        int r;

        r = adapter_access_new(&kernel, error);
        *ret = &access;
        return r;
}

static bool job_done;
static usec_t job_usec;

static void on_done(PrimeJob *j, int result, const PrimePlan *p, const Error *error, void *userdata) {
        ck_assert_int_eq(result, *(int *) userdata);
        if (error)
                e = *error;
        ck_assert_int_eq(prime_plan_copy(plan, p), 0);
        job_done = true;
}

static void run_job(const PrimeJobOptions *options, int expected) {
        PrimeRequest q = {
                .task = PRIME_TASK_APPLY,
                .serving = (int) if_nametoindex("serve"),
                .spare = (int) if_nametoindex("spare"),
        };
        sd_event *event = NULL;
        PrimeJob *j = NULL;

        e = (Error){};
        job_done = false;
        job_usec = clock_monotonic();
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(prime_job_new(event, &q, options, on_done, &expected, &j, &e), 0);
        for (unsigned i = 0; i < 1000 && !job_done; i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert(job_done);
        job_usec = clock_monotonic() - job_usec;
        prime_job_free(j);
        for (unsigned i = 0; i < 10; i++)
                (void) sd_event_run(event, USEC_PER_MSEC);
        sd_event_unref(event);
}

/* A driver that never comes back: killed at the deadline, said so, and what was set can still be undone. */
START_TEST(test_deadline) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new();
        PrimeJobOptions options = { .deadline = 2 * USEC_PER_SEC, .open = open_hanging };
        View spare, after;

        make_pair();
        view_take("spare", &spare);
        run_job(&options, -ETIMEDOUT);
        ck_assert_msg(strstr(e.text, "timed out after 2s while setting features"), "%s", e.text);
        ck_assert_msg(strstr(e.text, "left behind: channels rx, channels tx, mtu, features"), "%s", e.text);
        view_take("spare", &after);
        ck_assert(!streq(spare.text, after.text));
        ck_assert_int_eq(run(PRIME_TASK_UNDO, "serve", "spare", plan, undone), 0);
        view_take("spare", &after);
        VIEWS_EQUAL(spare, after);
}
END_TEST

START_TEST(test_job) {
        View serving, spare;

        make_pair();
        view_take("serve", &serving);
        run_job(NULL, 0);
        view_take("spare", &spare);
        VIEWS_EQUAL(serving, spare);
}
END_TEST

/* Not a bound, a number for the record: how long it takes. */
START_TEST(test_duration) {
        _cleanup_(prime_plan_freep) PrimePlan *other = prime_plan_new();
        usec_t apply = 0, undo = 0, diff = 0, t;
        enum { ROUNDS = 20 };

        make_pair();
        for (unsigned i = 0; i < ROUNDS; i++) {
                t = clock_monotonic();
                ck_assert_int_eq(run(PRIME_TASK_APPLY, "serve", "spare", NULL, plan), 0);
                apply += clock_monotonic() - t;
                t = clock_monotonic();
                ck_assert_int_eq(run(PRIME_TASK_PLAN, "serve", "spare", NULL, other), 0);
                diff += clock_monotonic() - t;
                ck_assert(prime_plan_is_equal(other));
                t = clock_monotonic();
                ck_assert_int_eq(run(PRIME_TASK_UNDO, "serve", "spare", plan, other), 0);
                undo += clock_monotonic() - t;
        }
        run_job(NULL, 0);
        printf("veth pair: prime %s, undo %s, nothing to do %s (means of %d); as a process %s\n",
                        FORMAT_TIMESPAN(apply / ROUNDS), FORMAT_TIMESPAN(undo / ROUNDS),
                        FORMAT_TIMESPAN(diff / ROUNDS), ROUNDS, FORMAT_TIMESPAN(job_usec));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("priming");
        TCase *t = tcase_create("priming");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_contract);
        tcase_add_test(t, test_prime_and_undo);
        tcase_add_test(t, test_plan_changes_nothing);
        tcase_add_test(t, test_failure_at_every_write);
        tcase_add_test(t, test_smaller_spare);
        tcase_add_test(t, test_mtu_too_small);
        tcase_add_test(t, test_tap);
        tcase_add_test(t, test_adapter_gone);
        tcase_add_test(t, test_deadline);
        tcase_add_test(t, test_job);
        tcase_add_test(t, test_duration);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
