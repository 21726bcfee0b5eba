/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "check-main.h"
#include "rehearsal.h"

static struct {
        RehearsalEvent events[64];
        size_t n;
} told;

static void on_event(const RehearsalEvent *event, void *userdata) {
        ck_assert_uint_lt(told.n, ELEMENTSOF(told.events));
        told.events[told.n++] = *event;
}

static Rehearsal *begin(const PairPolicy *policy) {
        Rehearsal *r = rehearsal_new(policy, SIDE_PRIMARY, on_event, NULL);

        ck_assert_ptr_nonnull(r);
        told.n = 0;
        return r;
}

static PairPolicy policy_of(EgressMode egress) {
        PairPolicy p;

        pair_policy_init(&p);
        p.egress = egress;
        p.settle = 2 * USEC_PER_SEC;
        p.prime = PRIME_PREDICTED;
        p.signals[SIGNAL_RX_POWER] = (SignalPolicy){
                .warn = { .value = -8, .set = true },
                .alarm = { .value = -12, .set = true },
        };
        return p;
}

static void take_power(Rehearsal *r, PairSide side, unsigned second, double power) {
        rehearsal_take(r, side,
                        &(ReplayRow){ .kind = REPLAY_SAMPLE,
                                        .sample = { .signal = SIGNAL_RX_POWER,
                                                        .at = second * USEC_PER_SEC,
                                                        .level = power } });
}

static void take_carrier(Rehearsal *r, PairSide side, unsigned second, double level) {
        rehearsal_take(r, side,
                        &(ReplayRow){ .kind = REPLAY_SAMPLE,
                                        .sample = { .signal = SIGNAL_CARRIER,
                                                        .at = second * USEC_PER_SEC,
                                                        .level = level } });
}

/* The primary's light goes in two steps, each too sudden to be a trend. */
static void fade(Rehearsal *r) {
        for (unsigned t = 0; t < 20; t++) {
                take_power(r, SIDE_PRIMARY, t, t < 3 ? -3 : t < 8 ? -9 : -14);
                take_power(r, SIDE_STANDBY, t, -3);
        }
        rehearsal_end(r);
}

typedef struct Told {
        RehearsalKind kind;
        unsigned second;
        PairSide side;
} Told;

static void check_told(const Told *wanted, size_t n) {
        for (size_t i = 0; i < told.n || i < n; i++) {
                const RehearsalEvent *x = told.events + i;

                ck_assert_msg(i < n, "also told: %s at %" PRIu64 ": %s", rehearsal_kind_to_string(x->kind),
                                x->at, x->why);
                ck_assert_msg(i < told.n, "not told: %s", rehearsal_kind_to_string(wanted[i].kind));
                ck_assert_str_eq(rehearsal_kind_to_string(x->kind), rehearsal_kind_to_string(wanted[i].kind));
                ck_assert_uint_eq(x->at / USEC_PER_SEC, wanted[i].second);
                ck_assert_int_eq(x->side, wanted[i].side);
        }
}

START_TEST(test_predicted_switch) {
        static const Told wanted[] = {
                { REHEARSAL_RAISED, 5, SIDE_PRIMARY },
                { REHEARSAL_PRIME, 5, SIDE_STANDBY },
                { REHEARSAL_RAISED, 10, SIDE_PRIMARY },
                { REHEARSAL_SPLIT, 10, SIDE_STANDBY },
                { REHEARSAL_SWITCH, 12, SIDE_STANDBY },
        };
        PairPolicy p = policy_of(EGRESS_SETTLED);
        _cleanup_(rehearsal_freep) Rehearsal *r = begin(&p);
        RehearsalStatus status;

        fade(r);
        check_told(wanted, ELEMENTSOF(wanted));
        ck_assert_int_eq(told.events[0].evidence.level, EVIDENCE_WARN);
        ck_assert_uint_eq(told.events[2].evidence.since, 10 * USEC_PER_SEC);
        ck_assert_str_eq(told.events[3].why, told.events[2].why);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.serving, SIDE_STANDBY);
        ck_assert_uint_eq(status.n_samples, 40);
        ck_assert_uint_eq(status.at, 19 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_egress_stays_until_failure) {
        PairPolicy p = policy_of(EGRESS_ON_FAILURE);
        _cleanup_(rehearsal_freep) Rehearsal *r = begin(&p);
        RehearsalStatus status;

        fade(r);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.state, PAIR_SPLIT);
        ck_assert_int_eq(status.serving, SIDE_PRIMARY);
        take_carrier(r, SIDE_STANDBY, 30, 1);
        take_carrier(r, SIDE_PRIMARY, 30, 0);
        rehearsal_end(r);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.serving, SIDE_STANDBY);
        ck_assert_int_eq(told.events[told.n - 1].kind, REHEARSAL_SWITCH);
}
END_TEST

START_TEST(test_sudden_death_and_both_dead) {
        static const Told wanted[] = {
                { REHEARSAL_RAISED, 5, SIDE_PRIMARY },
                { REHEARSAL_SWITCH, 5, SIDE_STANDBY },
                { REHEARSAL_RAISED, 6, SIDE_STANDBY },
                { REHEARSAL_FAILED, 6, SIDE_STANDBY },
        };
        PairPolicy p = policy_of(EGRESS_SETTLED);
        _cleanup_(rehearsal_freep) Rehearsal *r = NULL;
        RehearsalStatus status;

        p.signals[SIGNAL_LINK_FLAPS].ignore = true;
        r = begin(&p);
        take_carrier(r, SIDE_PRIMARY, 0, 1);
        take_carrier(r, SIDE_STANDBY, 0, 1);
        take_carrier(r, SIDE_PRIMARY, 5, 0);
        take_carrier(r, SIDE_STANDBY, 6, 0);
        rehearsal_end(r);
        /* the common cause vetoes evidence, it brings no carrier back */
        told.n = MIN(told.n, ELEMENTSOF(wanted) + 1);
        for (size_t i = 0; i < told.n; i++)
                if (told.events[i].kind == REHEARSAL_VETOED) {
                        memmove(told.events + i, told.events + i + 1,
                                        (told.n - i - 1) * sizeof(told.events[0]));
                        told.n--;
                }
        check_told(wanted, ELEMENTSOF(wanted));
        take_carrier(r, SIDE_PRIMARY, 9, 1);
        rehearsal_end(r);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.serving, SIDE_PRIMARY);
}
END_TEST

START_TEST(test_nothing_is_moved) {
        PairPolicy p = policy_of(EGRESS_SETTLED);
        _cleanup_(rehearsal_freep) Rehearsal *observes = NULL, *shared = NULL;

        p.mode = MODE_OBSERVE;
        observes = begin(&p);
        fade(observes);
        ck_assert_int_eq(told.events[told.n - 1].kind, REHEARSAL_SUPPRESSED);
        ck_assert_str_eq(told.events[told.n - 1].why, "the policy says mode: observe");
        ck_assert_uint_eq(told.n, 3); /* warn, alarm, and that once */

        /* both fade: whatever it is, it is neither */
        p.mode = MODE_ACT;
        shared = begin(&p);
        for (unsigned t = 0; t < 20; t++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        take_power(shared, s, t, t < 3 ? -3 : -14);
        rehearsal_end(shared);
        for (size_t i = 0; i < told.n; i++)
                ck_assert_msg(told.events[i].kind != REHEARSAL_SWITCH &&
                                                told.events[i].kind != REHEARSAL_SPLIT &&
                                                told.events[i].kind != REHEARSAL_FAILED,
                                "%s", told.events[i].why);
        ck_assert_uint_eq(told.n, 3); /* an alarm each, and once that it counts for neither */
        ck_assert_int_eq(told.events[1].kind, REHEARSAL_VETOED);
}
END_TEST

/* Thresholds of the module hold where the policy says nothing, each by itself, until they are forgotten. */
START_TEST(test_notes) {
        PairPolicy p;
        _cleanup_(rehearsal_freep) Rehearsal *r = NULL;
        ReplayRow alarm = { .kind = REPLAY_ALARM,
                .sample.signal = SIGNAL_MODULE_TEMPERATURE,
                .threshold = { .value = 75, .set = true } };
        ReplayRow role = { .kind = REPLAY_ROLE, .sample.at = 7 * USEC_PER_SEC, .role = REPLAY_SERVING };
        ReplayRow dropped = { .kind = REPLAY_DROPPED, .sample.at = 7 * USEC_PER_SEC, .dropped = 4 };
        ReplayRow forget = { .kind = REPLAY_FORGET,
                .sample = { .signal = _SIGNAL_INVALID, .at = 8 * USEC_PER_SEC } };
        RehearsalStatus status;

        pair_policy_init(&p);
        r = begin(&p);
        rehearsal_take(r, SIDE_PRIMARY, &alarm);
        for (unsigned t = 0; t < 6; t++)
                rehearsal_take(r, SIDE_PRIMARY,
                                &(ReplayRow){ .kind = REPLAY_SAMPLE,
                                                .sample = { .signal = SIGNAL_MODULE_TEMPERATURE,
                                                                .at = t * USEC_PER_SEC,
                                                                .level = 80 } });
        rehearsal_take(r, SIDE_STANDBY, &role);
        rehearsal_take(r, SIDE_PRIMARY, &dropped);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.level[SIDE_PRIMARY], EVIDENCE_ALARM);
        ck_assert_uint_eq(status.n_dropped, 4);
        ck_assert_int_eq(told.events[told.n - 1].kind, REHEARSAL_RECORDED);
        rehearsal_take(r, SIDE_PRIMARY, &forget);
        rehearsal_get_status(r, &status);
        ck_assert_int_eq(status.level[SIDE_PRIMARY], EVIDENCE_NONE);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("rehearsal");
        TCase *t = tcase_create("rehearsal");

        tcase_add_test(t, test_predicted_switch);
        tcase_add_test(t, test_egress_stays_until_failure);
        tcase_add_test(t, test_sudden_death_and_both_dead);
        tcase_add_test(t, test_nothing_is_moved);
        tcase_add_test(t, test_notes);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
