/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "pair-machine.h"

/* Every cell, walked: what holds for all of them. */
START_TEST(test_every_cell) {
        for (PairState s = 0; s < _PAIR_STATE_MAX; s++)
                for (PairEvent e = 0; e < _PAIR_EVENT_MAX; e++) {
                        PairStep step = pair_machine_step(s, e);

                        ck_assert_int_ge(step.next, 0);
                        ck_assert_int_lt(step.next, _PAIR_STATE_MAX);
                        if (step.verdict != PAIR_GO) {
                                ck_assert_int_eq(step.next, s);
                                ck_assert_uint_eq(step.effects, PAIR_EFFECT_NONE);
                        }
                }
}
END_TEST

/* P4: the worker never runs while traffic is anywhere but on the serving adapter. */
START_TEST(test_priming_only_at_rest) {
        for (PairState s = 0; s < _PAIR_STATE_MAX; s++)
                for (PairEvent e = 0; e < _PAIR_EVENT_MAX; e++) {
                        PairStep step = pair_machine_step(s, e);

                        if (step.effects & PAIR_EFFECT_START_PRIME) {
                                ck_assert_int_eq(step.next, PAIR_PRIMING);
                                ck_assert(!pair_state_is_moving(s) && s != PAIR_SPLIT);
                        }
                        if (s == PAIR_PRIMING && step.next != PAIR_PRIMING && e != PAIR_EVENT_PRIME_DONE &&
                                        e != PAIR_EVENT_PRIME_FAILED)
                                ck_assert(step.effects & PAIR_EFFECT_CANCEL_PRIME);
                }
}
END_TEST

/* P2: a dead serving adapter is left in one step from every state in which there is something to leave. */
START_TEST(test_dead_serving_adapter) {
        for (PairState s = PAIR_UNPROTECTED; s < _PAIR_STATE_MAX; s++) {
                PairStep step = pair_machine_step(s, PAIR_EVENT_SERVING_DEAD);

                ck_assert_int_eq(step.verdict, PAIR_GO);
                ck_assert(step.effects & PAIR_EFFECT_MOVE_NOW);
                ck_assert(step.effects & PAIR_EFFECT_SWAP_ROLES);
        }
}
END_TEST

/* Ingress first: egress never moves, while the serving adapter lives, but from a split. */
START_TEST(test_egress_only_after_split) {
        for (PairState s = 0; s < _PAIR_STATE_MAX; s++)
                for (PairEvent e = 0; e < _PAIR_EVENT_MAX; e++)
                        if (pair_machine_step(s, e).effects & PAIR_EFFECT_MOVE_EGRESS)
                                ck_assert_int_eq(s, PAIR_SPLIT);
}
END_TEST

/* Nobody who asked for a move is left without an answer: every way out of a move ends the record. */
START_TEST(test_moves_end) {
        const unsigned ends = PAIR_EFFECT_TOLD_FAILED | PAIR_EFFECT_SWAP_ROLES;

        for (PairState s = 0; s < _PAIR_STATE_MAX; s++) {
                if (!pair_state_is_moving(s) && s != PAIR_SPLIT)
                        continue;
                for (PairEvent e = 0; e < _PAIR_EVENT_MAX; e++) {
                        PairStep step = pair_machine_step(s, e);

                        if (step.verdict == PAIR_GO && !pair_state_is_moving(step.next) &&
                                        step.next != PAIR_SPLIT)
                                ck_assert(step.effects & ends);
                }
        }
}
END_TEST

/* A device that is gone is let go of from everywhere. */
START_TEST(test_adapter_gone) {
        for (PairState s = PAIR_UNPROTECTED; s < _PAIR_STATE_MAX; s++) {
                PairStep step = pair_machine_step(s, PAIR_EVENT_ADAPTER_GONE);

                ck_assert_int_eq(step.next, PAIR_ABSENT);
                ck_assert(step.effects & PAIR_EFFECT_RELEASE);
        }
}
END_TEST

START_TEST(test_names) {
        for (PairState s = 0; s < _PAIR_STATE_MAX; s++)
                ck_assert_int_eq(pair_state_from_string(pair_state_to_string(s)), s);
        for (PairEvent e = 0; e < _PAIR_EVENT_MAX; e++)
                ck_assert_int_eq(pair_event_from_string(pair_event_to_string(e)), e);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-machine");
        TCase *t = tcase_create("pair-machine");

        tcase_add_test(t, test_every_cell);
        tcase_add_test(t, test_priming_only_at_rest);
        tcase_add_test(t, test_dead_serving_adapter);
        tcase_add_test(t, test_egress_only_after_split);
        tcase_add_test(t, test_moves_end);
        tcase_add_test(t, test_adapter_gone);
        tcase_add_test(t, test_names);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
