/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may begin what takes long: one after the other, in the order of asking, and nobody is forgotten. */
#include "check-main.h"
#include "turns.h"

#define N 10

typedef struct Asker {
        Turns *turns;
        TurnWaiter waiter;
        PairTurn what;
        bool begun;
        unsigned order;
} Asker;

static unsigned last_order;

static void go(void *userdata) {
        Asker *a = userdata;

        if (a->begun || !turns_ask(a->turns, &a->waiter, a->what))
                return;
        a->begun = true;
        a->order = ++last_order;
        if (a->what == PAIR_TURN_PRIME)
                turns_prime_begun(a->turns);
}

static unsigned n_begun(const Asker *askers) {
        unsigned n = 0;

        for (size_t i = 0; i < N; i++)
                n += askers[i].begun;
        return n;
}

static void start(sd_event **event, Turns **turns, Asker *askers, PairTurn what) {
        ck_assert_int_ge(sd_event_new(event), 0);
        ck_assert_int_eq(turns_new(*event, NULL, turns), 0);
        for (size_t i = 0; i < N; i++) {
                askers[i] = (Asker){ .turns = *turns, .what = what };
                askers[i].waiter = (TurnWaiter){ .go = go, .userdata = &askers[i] };
                turns_add(*turns, &askers[i].waiter);
        }
}

/* Until nothing is left to do. */
static unsigned run(sd_event *event) {
        unsigned n = 0;

        while (sd_event_run(event, 0) > 0)
                n++;
        return n;
}

START_TEST(one_in_a_turn_of_the_loop) {
        Asker askers[N];
        sd_event *event;
        Turns *turns;

        start(&event, &turns, askers, PAIR_TURN_ATTACH);
        for (size_t i = 0; i < N; i++)
                for (unsigned often = 0; often < 3; often++)
                        go(&askers[N - 1 - i]);
        ck_assert_uint_eq(n_begun(askers), 0);
        for (unsigned i = 1; i <= N; i++) {
                ck_assert_int_gt(sd_event_run(event, 0), 0);
                ck_assert_uint_eq(n_begun(askers), i);
        }
        for (unsigned i = 0; i < N; i++)
                ck_assert_uint_gt(askers[i].order, i + 1 < N ? askers[i + 1].order : 0);
        ck_assert_uint_eq(run(event), 0);
        turns_free(turns);
        sd_event_unref(event);
}
END_TEST

START_TEST(few_prime_at_once) {
        Asker askers[N];
        sd_event *event;
        Turns *turns;

        start(&event, &turns, askers, PAIR_TURN_PRIME);
        for (size_t i = 0; i < N; i++)
                go(&askers[i]);
        ck_assert_uint_eq(n_begun(askers), TURNS_PRIME_MAX);
        (void) run(event);
        ck_assert_uint_eq(n_begun(askers), TURNS_PRIME_MAX);
        for (unsigned i = TURNS_PRIME_MAX; i < N; i++) {
                turns_prime_ended(turns);
                (void) run(event);
                ck_assert_uint_eq(n_begun(askers), i + 1);
                ck_assert(askers[i].begun);
        }
        turns_free(turns);
        sd_event_unref(event);
}
END_TEST

/* One that has thought better of it, or is gone, keeps nobody else waiting. */
START_TEST(nobody_is_held_up) {
        Asker askers[N];
        sd_event *event;
        Turns *turns;

        start(&event, &turns, askers, PAIR_TURN_PRIME);
        for (size_t i = 0; i < N; i++)
                go(&askers[i]);
        turns_remove(turns, &askers[TURNS_PRIME_MAX].waiter);
        askers[TURNS_PRIME_MAX + 1].begun = true; /* does not ask when it is called */
        turns_prime_ended(turns);
        (void) run(event);
        ck_assert(!askers[TURNS_PRIME_MAX].begun);
        ck_assert(askers[TURNS_PRIME_MAX + 2].begun);
        turns_free(turns);
        sd_event_unref(event);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("turns");
        TCase *c = tcase_create("turns");

        tcase_add_test(c, one_in_a_turn_of_the_loop);
        tcase_add_test(c, few_prime_at_once);
        tcase_add_test(c, nobody_is_held_up);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
