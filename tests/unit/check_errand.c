/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever sends an errand out never waits, whatever becomes of it; nothing is lost or freed twice. */

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "check-main.h"
#include "errand.h"

typedef struct Work {
        int gate; /* it is over once that can be read; -EBADF: at once */
        int *order, number;
        bool done;
} Work;

static atomic_int n_run, n_freed;

static void work_run(void *userdata) {
        Work *w = userdata;
        char octet;

        if (w->gate >= 0)
                ck_assert_int_eq(read(w->gate, &octet, 1), 1);
        *w->order = w->number;
        w->done = true;
        n_run++;
}

static void work_free(void *userdata) {
        free(userdata);
        n_freed++;
}

static const ErrandKind kind = { work_run, work_free };

static Errand *send_out(Errands *e, int gate, int *order, int number) {
        Work *w = malloc(sizeof(*w));
        Errand *errand = NULL;

        *w = (Work){ .gate = gate, .order = order, .number = number };
        ck_assert_int_eq(errand_send(e, &kind, w, &errand), 0);
        return errand;
}

static void await(const atomic_int *n, int wanted) {
        for (unsigned i = 0; i < 5000 && *n < wanted; i++)
                usleep(1000);
        ck_assert_int_eq(*n, wanted);
}

/* A moment later than it says that it is over. */
static Work *result(Errand *e) {
        for (unsigned i = 0; i < 5000 && !errand_result(e); i++)
                usleep(1000);
        return errand_result(e);
}

/* Whether the thread has something to tell. */
static bool rings(Errands *e, int timeout) {
        struct pollfd p = { .fd = errands_get_fd(e), .events = POLLIN };

        return poll(&p, 1, timeout) == 1;
}

START_TEST(in_order) {
        Errand *errand[10];
        Errands *e = NULL;
        int last = -1;

        ck_assert_int_eq(errands_new(&e), 0);
        ck_assert(!rings(e, 0));
        for (int i = 0; i < 10; i++)
                errand[i] = send_out(e, -EBADF, &last, i);
        await(&n_run, 10);
        ck_assert_int_eq(last, 9);
        ck_assert(rings(e, 1000));
        errands_heard(e);
        ck_assert(!rings(e, 0));
        for (int i = 0; i < 10; i++) {
                ck_assert(result(errand[i])->done);
                ck_assert_ptr_null(errand_free(errand[i]));
        }
        ck_assert_int_eq(n_freed, 10);
        ck_assert_ptr_null(errands_free(e));
}
END_TEST

/* The first hangs; it, the one behind it, or all of them are given up. */
START_TEST(hanging) {
        Errand *first, *second;
        Errands *e = NULL;
        int gate[2], last = -1;

        ck_assert_int_eq(pipe(gate), 0);
        ck_assert_int_eq(errands_new(&e), 0);
        first = send_out(e, gate[0], &last, 1);
        second = send_out(e, -EBADF, &last, 2);
        usleep(50000);
        ck_assert_ptr_null(errand_result(first));
        ck_assert_ptr_null(errand_result(second));
        if (_i == 0) {
                ck_assert_ptr_null(errand_free(first));
                ck_assert_int_eq(n_freed, 0);
        }
        if (_i == 1) {
                ck_assert_ptr_null(errand_free(second));
                ck_assert_int_eq(n_freed, 1);
        }
        if (_i == 2) {
                errand_free(first);
                errand_free(second);
                ck_assert_ptr_null(errands_free(e));
        }
        ck_assert_int_eq(write(gate[1], "", 1), 1);
        await(&n_run, _i == 0 ? 2 : 1);
        if (_i == 0) {
                ck_assert(result(second)->done);
                errand_free(second);
        }
        if (_i == 1) {
                ck_assert(rings(e, 1000));
                ck_assert(result(first)->done);
                errand_free(first);
        }
        await(&n_freed, 2);
        if (_i != 2)
                errands_free(e);
        else
                usleep(50000); /* the thread frees what is left */
        close(gate[0]);
        close(gate[1]);
}
END_TEST

static void reset(void) {
        n_run = n_freed = 0;
}

static Suite *suite(void) {
        Suite *s = suite_create("errand");
        TCase *t = tcase_create("errand");

        tcase_set_timeout(t, 60);
        tcase_add_checked_fixture(t, reset, NULL);
        tcase_add_test(t, in_order);
        tcase_add_loop_test(t, hanging, 0, 3);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
