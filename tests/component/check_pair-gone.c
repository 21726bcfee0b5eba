/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The primary's device is removed and comes back, in virtual time: when its addresses are moved, and when not.
 */

#include "check-main.h"
#include "pair-world.h"

static World w;
static Answer answer; /* outlives what it answers */

static void setup(void) {
        world_init(&w);
        w.identity_known = true;
}

static void teardown(void) {
        world_done(&w);
}

static void start(void) {
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
}

static PairStatus status(void) {
        PairStatus s;

        pair_get_status(w.pair, &s);
        return s;
}

static void remove_primary(void) {
        world_set_exists(&w, SIDE_PRIMARY, false);
        world_run(&w, 100 * USEC_PER_MSEC);
}

static void return_primary(void) {
        w.link[SIDE_PRIMARY].up = w.link[SIDE_PRIMARY].carrier = true;
        world_set_exists(&w, SIDE_PRIMARY, true);
        world_run(&w, 100 * USEC_PER_MSEC);
}

START_TEST(test_there_and_back_by_request) {
        Error e = {};

        start();
        remove_primary();
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 1);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
        ck_assert_int_eq(status().state, PAIR_ABSENT);
        ck_assert_int_eq(status().serving, SIDE_STANDBY);
        ck_assert_str_eq(status().reasons[0], "eth0 is gone; its addresses are on eth1");
        ck_assert(world_saw(&w, EVENT_IDENTITY_MOVED));
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
        ck_assert_int_eq(w.finished.trigger, MOVE_BY_FAILURE);
        ck_assert_str_eq(w.finished.from, "eth0");
        ck_assert_uint_eq(w.finished.egress_usec, w.identity_delay);

        return_primary();
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PARK], 1);
        world_run(&w, USEC_PER_HOUR); /* failback: manual */
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 0);
        ck_assert_int_eq(status().serving, SIDE_STANDBY);

        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        ck_assert_uint_eq(answer.n, 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(answer.ok);
        ck_assert_str_eq(answer.record.to, "eth0");
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
        ck_assert_int_eq(status().serving, SIDE_PRIMARY);
        ck_assert(world_state(&w) == PAIR_PRIMED || world_state(&w) == PAIR_PROTECTED);
        ck_assert(world_saw(&w, EVENT_IDENTITY_RETURNED));
}
END_TEST

START_TEST(test_back_by_itself) {
        w.policy.failback = FAILBACK_AUTO;
        w.policy.failback_after = 10 * USEC_PER_SEC;
        start();
        remove_primary();
        return_primary();
        world_run(&w, 5 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 0);
        /* its link must be good all the while */
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_SEC);
        world_set_carrier(&w, SIDE_PRIMARY, true);
        world_run(&w, 9 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 0);
        world_run(&w, 2 * USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 1);
        ck_assert_int_eq(status().serving, SIDE_PRIMARY);
}
END_TEST

/* Whoever gave it addresses wants it to have them. */
START_TEST(test_back_since_somebody_set_it_up) {
        start();
        remove_primary();
        return_primary();
        pair_home_in_use(w.pair, w.now);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 1);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
}
END_TEST

START_TEST(test_hold_is_respected) {
        Error e = {};

        start();
        ck_assert_int_eq(pair_hold(w.pair, USEC_INFINITY, "work on the rack", &e), 0);
        remove_primary();
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 0);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_WANTED);
        ck_assert(strstr(status().reasons[0], "work on the rack"));
        ck_assert_int_eq(pair_release(w.pair, &e), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
}
END_TEST

START_TEST(test_a_hold_that_outlasts_the_absence) {
        Error e = {};

        start();
        ck_assert_int_eq(pair_hold(w.pair, USEC_INFINITY, "work on the rack", &e), 0);
        remove_primary();
        return_primary();
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 0);
        ck_assert(world_state(&w) != PAIR_ABSENT);
}
END_TEST

/* Set down first: taken out on purpose. But every device is down for a moment when it is removed. */
START_TEST(test_set_down_before) {
        start();
        w.link[SIDE_PRIMARY].up = false;
        pair_set_link(w.pair, SIDE_PRIMARY, w.link + SIDE_PRIMARY, w.now);
        world_run(&w, _i == 0 ? 3 * USEC_PER_SEC : 300 * USEC_PER_MSEC);
        remove_primary();
        ck_assert_int_eq(pair_identity(w.pair), _i == 0 ? PAIR_IDENTITY_HOME : PAIR_IDENTITY_AWAY);
        ck_assert_int_eq(world_saw(&w, EVENT_IDENTITY_STAYS), _i == 0);
}
END_TEST

START_TEST(test_not_without_knowing_or_right) {
        w.identity_known = _i != 0;
        w.policy.mode = _i == 1 ? MODE_OBSERVE : MODE_ACT;
        w.in_bond = _i == 2; /* the bond has the addresses */
        start();
        remove_primary();
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 0);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
}
END_TEST

/* It is the other adapter that went: nothing is lost with it. */
START_TEST(test_standby_goes) {
        start();
        world_set_exists(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
}
END_TEST

START_TEST(test_spare_without_carrier_is_waited_for) {
        start();
        world_set_carrier(&w, SIDE_STANDBY, false);
        remove_primary();
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 0);
        world_set_carrier(&w, SIDE_STANDBY, true);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
}
END_TEST

START_TEST(test_failure_is_told_once_and_tried_again) {
        unsigned told;

        start();
        w.identity_result = -EINVAL;
        remove_primary();
        world_run(&w, USEC_PER_SEC);
        told = world_count(&w, EVENT_SWITCH_FAILED);
        ck_assert_uint_eq(told, 1);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(world_count(&w, EVENT_SWITCH_FAILED), told);
        ck_assert_uint_ge(w.n_identity[PAIR_IDENTITY_PUT], 10);
        ck_assert_uint_le(w.n_identity[PAIR_IDENTITY_PUT], 14);
        ck_assert(!w.identity_resumed); /* it was undone */
        w.identity_result = 0;
        world_run(&w, 6 * USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
        ck_assert_uint_eq(w.n_started, 1);
        ck_assert_int_eq(w.finished.result, MOVE_DONE);
}
END_TEST

START_TEST(test_killed_process_is_not_trusted) {
        start();
        w.identity_result = -EPROTO;
        remove_primary();
        w.identity_result = 0;
        world_run(&w, 6 * USEC_PER_SEC);
        ck_assert(w.identity_resumed);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
}
END_TEST

START_TEST(test_failure_of_the_way_back) {
        Error e = {};

        start();
        remove_primary();
        return_primary();
        w.identity_result = -EINVAL;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(answer.n, 1);
        ck_assert(!answer.ok);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
        ck_assert_int_eq(status().serving, SIDE_STANDBY);
        w.identity_result = 0;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        world_run(&w, USEC_PER_SEC);
        ck_assert(answer.ok);
}
END_TEST

START_TEST(test_refusals) {
        Error e = {};

        start();
        remove_primary();
        ck_assert_int_lt(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_NOT_READY);
        return_primary();
        e = (Error){};
        ck_assert_int_lt(world_request(&w, PAIR_VERB_SWITCH, false, &answer, &e), 0);
        w.link[SIDE_PRIMARY].carrier = false;
        world_set_carrier(&w, SIDE_PRIMARY, false);
        e = (Error){};
        ck_assert_int_lt(world_request(&w, PAIR_VERB_REVERT, false, &answer, &e), 0);
        ck_assert_int_eq(e.kind, ERROR_NOT_READY);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, true, &answer, &e), 0);
}
END_TEST

/* Killed at each stage, and started again while the primary is, or is not, there. */
START_TEST(test_restart_at_each_stage) {
        bool back = _i % 2;

        start();
        world_set_exists(&w, SIDE_PRIMARY, false);
        if (_i >= 2) { /* else in the middle of putting */
                world_run(&w, USEC_PER_SEC);
                return_primary();
        }
        if (_i >= 4) {
                ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, false, &answer, NULL), 0);
                ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_TAKING);
        }
        world_kill(&w);
        w.link[SIDE_PRIMARY].exists = back;
        w.proved[SIDE_PRIMARY] = back;
        world_start(&w);
        world_run(&w, 10 * USEC_PER_SEC);
        /* what was on its way home goes home */
        ck_assert_int_eq(pair_identity(w.pair), _i == 5 ? PAIR_IDENTITY_HOME : PAIR_IDENTITY_AWAY);
        ck_assert_int_eq(status().serving, _i == 5 ? SIDE_PRIMARY : SIDE_STANDBY);
        if (_i < 2 || _i == 5)
                ck_assert_uint_eq(w.n_identity[_i < 2 ? PAIR_IDENTITY_PUT : PAIR_IDENTITY_TAKE], 2);
}
END_TEST

START_TEST(test_both_are_lost) {
        start();
        remove_primary();
        world_set_exists(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_LOST);
        if (_i == 0) {
                world_set_exists(&w, SIDE_STANDBY, true);
                world_run(&w, USEC_PER_SEC);
                ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 2);
                ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
                return;
        }
        return_primary();
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_TAKE], 1);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
}
END_TEST

/* Another device behind the name at once is no removal. */
START_TEST(test_replaced) {
        start();
        w.link[SIDE_PRIMARY].ifindex++;
        pair_set_link(w.pair, SIDE_PRIMARY, w.link + SIDE_PRIMARY, w.now);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(w.n_identity[PAIR_IDENTITY_PUT], 0);
        ck_assert(world_state(&w) != PAIR_ABSENT);
}
END_TEST

/* Traffic had moved already, which is no reason to lose the addresses. */
START_TEST(test_while_switched) {
        start();
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert_int_eq(status().serving, SIDE_STANDBY);
        remove_primary();
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_AWAY);
}
END_TEST

/* What took the serving adapter away is told apart. */
START_TEST(test_kinds_of_death) {
        static const char *const reasons[] = {
                "eth0 lost its carrier",
                "eth0 was set down",
                "eth0 lost its carrier, and its transmit queue had timed out",
                "eth0 is gone: its device was removed",
                "eth0 lost its carrier, and its driver had reported an error (devlink health)",
                "eth0 lost its carrier, and its firmware had failed (devlink health)",
                "eth0 lost its carrier, and its transmit queue had timed out",
        };
        static const Signal signals[][2] = {
                [2] = { SIGNAL_TX_TIMEOUT, SIGNAL_TX_TIMEOUT },
                [4] = { SIGNAL_DEVLINK_HEALTH, SIGNAL_DEVLINK_HEALTH },
                /* the gravest is told */
                [5] = { SIGNAL_TX_TIMEOUT, SIGNAL_DEVLINK_FATAL },
                [6] = { SIGNAL_DEVLINK_HEALTH, SIGNAL_TX_TIMEOUT },
        };

        w.in_bond = _i == 1; /* else an administrator's act, which nothing answers */
        start();
        switch (_i) {
        case 1:
                w.link[SIDE_PRIMARY].up = false;
                pair_set_link(w.pair, SIDE_PRIMARY, w.link + SIDE_PRIMARY, w.now);
                break;
        case 2:
        case 4:
        case 5:
        case 6:
                for (unsigned i = 0; i < 2; i++)
                        ck_assert_int_eq(pair_inject_evidence(w.pair, "eth0", signals[_i][i], EVIDENCE_WARN,
                                                         USEC_PER_MINUTE, NULL),
                                        0);
                world_set_carrier(&w, SIDE_PRIMARY, false);
                break;
        case 3:
                remove_primary();
                break;
        default:
                world_set_carrier(&w, SIDE_PRIMARY, false);
                break;
        }
        ck_assert_str_eq(w.started.reason, reasons[_i]);
        ck_assert_int_eq(w.started.trigger, MOVE_BY_FAILURE);
}
END_TEST

/* What devlink had said of a device is told of its removal, too, and only of that one. */
START_TEST(test_last_words) {
        static const struct {
                PairSide gone;
                Signal signal;
                const char *text;
        } cases[] = {
                { SIDE_PRIMARY, SIGNAL_DEVLINK_HEALTH,
                                ", and its driver had reported an error (devlink health)" },
                { SIDE_PRIMARY, SIGNAL_DEVLINK_FATAL, ", and its firmware had failed (devlink health)" },
                { SIDE_STANDBY, SIGNAL_DEVLINK_FATAL, "" },
        };
        const char *said = cases[_i].text;

        start();
        ck_assert_int_eq(pair_inject_evidence(w.pair, "eth0", cases[_i].signal, EVIDENCE_WARN, USEC_PER_MINUTE,
                                         NULL),
                        0);
        world_set_exists(&w, cases[_i].gone, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_str_eq(w.text[EVENT_PAIR_ABSENT] + strcspn(w.text[EVENT_PAIR_ABSENT], ","), said);
        if (cases[_i].gone != SIDE_PRIMARY)
                return;
        ck_assert_ptr_nonnull(strstr(w.started.reason, said));
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_IDENTITY_MOVED], said));
        /* the next device has not said that */
        return_primary();
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_request(&w, PAIR_VERB_REVERT, true, &answer, NULL), 0);
        world_run(&w, 10 * USEC_PER_SEC);
        ck_assert_int_eq(pair_identity(w.pair), PAIR_IDENTITY_HOME);
        remove_primary();
        world_run(&w, USEC_PER_SEC);
        ck_assert_str_eq(w.started.reason, "eth0 is gone: its device was removed");
}
END_TEST

START_TEST(test_set_down_is_no_failure) {
        start();
        w.link[SIDE_PRIMARY].up = false;
        pair_set_link(w.pair, SIDE_PRIMARY, w.link + SIDE_PRIMARY, w.now);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(w.n_started, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-gone");
        TCase *t = tcase_create("gone");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_there_and_back_by_request);
        tcase_add_test(t, test_back_by_itself);
        tcase_add_test(t, test_back_since_somebody_set_it_up);
        tcase_add_test(t, test_hold_is_respected);
        tcase_add_test(t, test_a_hold_that_outlasts_the_absence);
        tcase_add_loop_test(t, test_set_down_before, 0, 2);
        tcase_add_loop_test(t, test_not_without_knowing_or_right, 0, 3);
        tcase_add_test(t, test_standby_goes);
        tcase_add_test(t, test_spare_without_carrier_is_waited_for);
        tcase_add_test(t, test_failure_is_told_once_and_tried_again);
        tcase_add_test(t, test_killed_process_is_not_trusted);
        tcase_add_test(t, test_failure_of_the_way_back);
        tcase_add_test(t, test_refusals);
        tcase_add_loop_test(t, test_restart_at_each_stage, 0, 6);
        tcase_add_loop_test(t, test_both_are_lost, 0, 2);
        tcase_add_test(t, test_replaced);
        tcase_add_test(t, test_while_switched);
        tcase_add_loop_test(t, test_kinds_of_death, 0, 7);
        tcase_add_loop_test(t, test_last_words, 0, 3);
        tcase_add_test(t, test_set_down_is_no_failure);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
