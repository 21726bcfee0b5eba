/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "check-main.h"
#include "neighbour-watch.h"

#define SECOND USEC_PER_SEC

static NeighbourWatch watch;
static usec_t now;

static void setup(void) {
        watch = (NeighbourWatch){};
        now = 100 * SECOND;
}

static NeighbourKey host(unsigned number) {
        return (NeighbourKey){
                .ifindex = 7, .family = AF_INET, .address = { 10, 9, (uint8_t) (number >> 8), (uint8_t) number }
        };
}

static void confirm(unsigned first, unsigned last) {
        for (unsigned i = first; i <= last; i++) {
                NeighbourKey key = host(i);

                neighbour_watch_confirmed(&watch, &key);
        }
}

static bool lost(unsigned number) {
        NeighbourKey key = host(number);

        return neighbour_watch_failed(&watch, &key, now += SECOND);
}

START_TEST(test_all_gone) {
        confirm(1, 5);
        ck_assert(!lost(1));
        ck_assert(!lost(2));
        ck_assert(lost(3));
        ck_assert_uint_eq(watch.count, 1);
        /* the rest is too few, and who was counted is so only after it answered */
        ck_assert(!lost(4));
        ck_assert(!lost(5));
        ck_assert(!lost(1));
        confirm(1, 3);
        ck_assert(!lost(1) && !lost(2) && lost(3));
        ck_assert_uint_eq(watch.count, 2);
}
END_TEST

START_TEST(test_not_its_fault) {
        /* two neighbours are none too many */
        confirm(1, 2);
        ck_assert(!lost(1) && !lost(2));
        /* somebody looks for hosts that never were there */
        for (unsigned i = 1000; i < 1200; i++)
                ck_assert(!lost(i));
        /* others answer in between */
        confirm(1, 20);
        for (unsigned i = 1; i <= 10; i++) {
                ck_assert(!lost(i));
                ck_assert(!lost(i + 10));
                confirm(30, 30);
        }
        /* one after the other, over a long time */
        confirm(1, 20);
        for (unsigned i = 1; i <= 20; i++) {
                now += 40 * SECOND;
                ck_assert(!lost(i));
        }
        /* the same one twice */
        confirm(1, 1);
        ck_assert(!lost(1) && !lost(1) && !lost(1));
        ck_assert_uint_eq(watch.count, 0);
}
END_TEST

START_TEST(test_forgotten) {
        NeighbourKey key = host(2);

        confirm(1, 3);
        neighbour_watch_forget(&watch, &key);
        ck_assert(!lost(1) && !lost(2) && !lost(3));
        confirm(1, 3);
        neighbour_watch_forget(&watch, NULL);
        ck_assert(!lost(1) && !lost(2) && !lost(3));
}
END_TEST

/* Of thousands the latest are known. */
START_TEST(test_bounded) {
        NeighbourKey key = host(1);

        confirm(1, 5000);
        ck_assert_uint_eq(watch.n_known, NEIGHBOUR_WATCH_MAX);
        ck_assert(!lost(1) && !lost(2) && !lost(3));
        ck_assert(!lost(5000) && !lost(4999) && lost(5000 - NEIGHBOUR_WATCH_MAX + 1));
        /* addresses are told apart by device and family */
        confirm(1, 3);
        key.ifindex = 8;
        ck_assert(!neighbour_watch_failed(&watch, &key, now));
        key = host(2);
        key.family = AF_INET6;
        ck_assert(!neighbour_watch_failed(&watch, &key, now));
        ck_assert(!lost(1) && !lost(2) && lost(3));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("neighbour-watch");
        TCase *t = tcase_create("neighbour-watch");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_all_gone);
        tcase_add_test(t, test_not_its_fault);
        tcase_add_test(t, test_forgotten);
        tcase_add_test(t, test_bounded);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
