/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Over a few lives of each class the predictor does what tests/bench/predict measures over many; and leaving
 * out quiet seconds, as it does, changes no alarm. */

#include "check-main.h"
#include "predict-life.h"

static const LifeClass *class_of(const char *name) {
        for (size_t i = 0; i < n_life_classes; i++)
                if (streq(life_classes[i].name, name))
                        return life_classes + i;
        ck_abort_msg("no class %s", name);
}

static const struct {
        const char *name;
        double lead;  /* seconds before the failure, where there is one; a negative one is a delay */
        double delay; /* after the trouble began, where there is no failure */
        unsigned at_least;
} promises[] = {
        { "C3", 0, 60, 20 },
        { "C4", 0, 60, 20 },
        { "O-far", 3600, 0, 4 },
        { "O-near", 3600, 0, 4 },
        { "T", 60, 0, 20 },
        { "X", -2, 0, 20 },
        { "G", 0, 3, 20 },
        { "W", 0, 0, 20 },
        { "D", -2, 0, 20 },
};

START_TEST(test_promises) {
        const LifeClass *class = class_of(promises[_i].name);
        unsigned kept = 0, n = promises[_i].at_least <= 4 ? 4 : 20;

        for (uint64_t seed = 1; seed <= n; seed++) {
                const Verdict *v;
                Life l;

                life_run(&l, class, seed, 1);
                v = l.world.verdict + JUDGE_PRIMED;
                if (v->alarm_at >= 0 &&
                                (l.failure >= 0 ? l.failure - v->alarm_at >= promises[_i].lead
                                                : v->alarm_at - l.trouble <= promises[_i].delay)) {
                        kept++;
                        ck_assert_msg((l.failure >= 0 && v->alarm_at >= l.failure) ||
                                                        class->groups & (1U << v->group),
                                        "%s, because of %s", class->name, signal_to_string(v->signal));
                }
                life_done(&l);
        }
        ck_assert_uint_ge(kept, promises[_i].at_least);
}
END_TEST

/* Nothing foretells sudden death: whoever says so in this simulation has looked ahead. */
START_TEST(test_no_clairvoyance) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
                Life l;

                life_run(&l, class_of("D"), seed, 1);
                for (Judge j = 0; j < _JUDGE_MAX; j++)
                        ck_assert(j == JUDGE_ORACLE || l.world.verdict[j].alarm_at < 0 ||
                                        l.world.verdict[j].alarm_at >= l.failure);
                life_done(&l);
        }
}
END_TEST

START_TEST(test_same_seed_same_life) {
        Life a, b;

        life_run(&a, class_of("K"), 7, 20);
        life_run(&b, class_of("K"), 7, 20);
        ck_assert_uint_eq(a.world.n_fed, b.world.n_fed);
        ck_assert_uint_eq(a.world.count[SIGNAL_RX_PACKETS], b.world.count[SIGNAL_RX_PACKETS]);
        life_done(&a);
        life_done(&b);
}
END_TEST

/* The same errors at the same seconds, once with the quiet ones left out and once with all of them: the same
 * alarms, and a warning that is as good as the same. */
START_TEST(test_skipping_changes_no_alarm) {
        static const double rates[] = { 30, 3000, 300e3 };
        static const unsigned sizes[] = { 1, 40, 1, 9 };

        for (size_t r = 0; r < ELEMENTSOF(rates); r++) {
                World whole, skipping;

                world_init(&whole, 1, rates[r], false);
                world_init(&skipping, 1, rates[r], false);
                for (unsigned i = 0; i < 40; i++) {
                        double next = whole.now + 200 + 13 * (i % 7) + (i % 5 == 0 ? 1e4 : 0);

                        while (whole.now < next)
                                world_second(&whole, 0);
                        world_quiet(&skipping, next);
                        for (unsigned k = 0; k < 8; k++) {
                                uint64_t errors = sizes[i % 4] * (i % 9 == 8 ? 10 : k == 0);

                                world_second(&whole, errors);
                                world_second(&skipping, errors);
                                ck_assert_int_eq(whole.verdict[JUDGE_PRIMED].level == EVIDENCE_ALARM,
                                                skipping.verdict[JUDGE_PRIMED].level == EVIDENCE_ALARM);
                        }
                }
                ck_assert_uint_gt(whole.verdict[JUDGE_PRIMED].n_alarms, 0);
                ck_assert_uint_eq(
                                whole.verdict[JUDGE_PRIMED].n_alarms, skipping.verdict[JUDGE_PRIMED].n_alarms);
                ck_assert_double_eq(
                                whole.verdict[JUDGE_PRIMED].alarm_at, skipping.verdict[JUDGE_PRIMED].alarm_at);
                ck_assert_uint_lt(skipping.n_fed, whole.n_fed);
                world_done(&whole);
                world_done(&skipping);
        }
}
END_TEST

START_TEST(test_quiet_is_quiet) {
        static const char *const names[] = { "H", "H-optical", "K", "R", "S" };
        unsigned alarms = 0;

        for (uint64_t seed = 1; seed <= 2; seed++) {
                Life l;

                life_run(&l, class_of(names[_i]), seed, 10);
                alarms += l.world.verdict[JUDGE_PRIMED].n_alarms;
                life_done(&l);
        }
        ck_assert_uint_eq(alarms, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("predict-score");
        TCase *t = tcase_create("score");

        tcase_set_timeout(t, 500);
        tcase_add_loop_test(t, test_promises, 0, ELEMENTSOF(promises));
        tcase_add_test(t, test_no_clairvoyance);
        tcase_add_test(t, test_same_seed_same_life);
        tcase_add_test(t, test_skipping_changes_no_alarm);
        tcase_add_loop_test(t, test_quiet_is_quiet, 0, 5);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
