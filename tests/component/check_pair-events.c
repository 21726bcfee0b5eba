/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pair tells of signals and of adapters that fail: each transition once, and what comes and goes no more
 * often than that. */

#include "check-main.h"
#include "evidence-news.h"
#include "pair-world.h"

static World w;

static void setup(void) {
        world_init(&w);
        world_start(&w);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
}

static void teardown(void) {
        world_done(&w);
}

static void inject(PairSide side, Signal signal, EvidenceLevel level, usec_t duration) {
        ck_assert_int_eq(pair_inject_evidence(w.pair, w.link[side].name, signal, level, duration, NULL), 0);
}

static size_t told(EventKind kind) {
        size_t n = 0;

        for (size_t i = 0; i < w.n_events; i++)
                n += w.events[i] == kind;
        return n;
}

START_TEST(test_each_signal_for_itself) {
        inject(SIDE_PRIMARY, SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_MINUTE);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_RAISED), 1);
        ck_assert_uint_eq(told(EVENT_ADAPTER_SUSPECT), 1);
        inject(SIDE_PRIMARY, SIGNAL_RX_CRC_ERRORS, EVIDENCE_WARN, 2 * USEC_PER_MINUTE);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_RAISED), 2);
        ck_assert_uint_eq(told(EVENT_ADAPTER_SUSPECT), 1);
        world_run(&w, 90 * USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_CLEARED), 1);
        ck_assert_uint_eq(told(EVENT_ADAPTER_RECOVERED), 0);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_CLEARED), 2);
        ck_assert_uint_eq(told(EVENT_ADAPTER_RECOVERED), 1);
        world_run(&w, USEC_PER_MINUTE);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_CLEARED), 2);
}
END_TEST

START_TEST(test_worse_is_told_again) {
        w.policy.mode = MODE_OBSERVE;
        pair_set_policy(w.pair, &w.policy, w.now);
        inject(SIDE_PRIMARY, SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_MINUTE);
        inject(SIDE_PRIMARY, SIGNAL_RX_POWER, EVIDENCE_ALARM, USEC_PER_MINUTE);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_RAISED), 2);
        ck_assert_uint_eq(told(EVENT_ADAPTER_SUSPECT), 1);
}
END_TEST

START_TEST(test_coming_and_going_is_told_once) {
        for (unsigned i = 0; i < 50; i++) {
                inject(SIDE_PRIMARY, SIGNAL_RX_POWER, EVIDENCE_WARN, USEC_PER_SEC);
                world_run(&w, 3 * USEC_PER_SEC);
        }
        ck_assert_uint_eq(told(EVENT_EVIDENCE_RAISED), 1);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_CLEARED), 0);
        ck_assert_uint_eq(told(EVENT_ADAPTER_RECOVERED), 0);
}
END_TEST

START_TEST(test_common_cause) {
        inject(SIDE_STANDBY, SIGNAL_RX_POWER, EVIDENCE_ALARM, USEC_PER_MINUTE);
        world_run(&w, USEC_PER_SEC);
        inject(SIDE_PRIMARY, SIGNAL_RX_POWER, EVIDENCE_ALARM, USEC_PER_MINUTE);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_VETOED), 1);
        ck_assert_uint_eq(told(EVENT_SWITCH_STARTED), 0);
        ck_assert_uint_eq(w.n_begun, 0);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert_uint_eq(told(EVENT_VETOED), 1);
        ck_assert_uint_eq(told(EVENT_EVIDENCE_CLEARED), 2);
}
END_TEST

START_TEST(test_spare_fails_its_check) {
        w.proved[SIDE_STANDBY] = false;
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        ck_assert_uint_eq(told(EVENT_STANDBY_BROKEN), 1);
        ck_assert_uint_eq(told(EVENT_ADAPTER_FAILED), 0);
        w.proved[SIDE_STANDBY] = true;
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_uint_eq(told(EVENT_STANDBY_BROKEN), 1);
}
END_TEST

/* Nothing proves the spare, and it is all there is: the state stays, but who serves is told and kept at once.
 */
START_TEST(test_serving_adapter_fails_unprotected) {
        w.proved[SIDE_STANDBY] = false;
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        ck_assert_int_eq(world_state(&w), PAIR_UNPROTECTED);
        ck_assert_int_eq(pair_serving(w.pair), SIDE_STANDBY);
        ck_assert_uint_eq(told(EVENT_ADAPTER_FAILED), 1);
        ck_assert_int_eq(w.memory.serving, SIDE_STANDBY);
}
END_TEST

START_TEST(test_serving_adapter_fails) {
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_ADAPTER_FAILED), 1);
        ck_assert_uint_eq(told(EVENT_STANDBY_BROKEN), 0);
        /* and then the other one too: neither works */
        world_set_carrier(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(&w), PAIR_FAILED);
        ck_assert_uint_eq(told(EVENT_ADAPTER_FAILED), 2);
}
END_TEST

static bool is_reason(const char *words) {
        PairStatus status;

        pair_get_status(w.pair, &status);
        for (size_t i = 0; i < status.n_reasons; i++)
                if (streq(status.reasons[i], words))
                        return true;
        return false;
}

/* Why the link is down comes after the loss was told, and is told once, also of one that comes and goes; what
 * the driver says last is what is shown. */
START_TEST(test_link_trouble) {
        static const LinkTrouble unsupported = { true, 5, 1 }, no_cable = { true, 4, 0 }, none = {};
        AdapterStatus status;

        world_set_carrier(&w, SIDE_STANDBY, false);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_STANDBY_BROKEN), 1);
        ck_assert(is_reason("eth1 has no carrier"));
        pair_set_link_trouble(w.pair, SIDE_STANDBY, unsupported);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_LINK_TROUBLE), 1);
        ck_assert_ptr_nonnull(strstr(w.text[EVENT_LINK_TROUBLE],
                        "eth1 has no carrier: Cable issue, Unsupported cable; take a cable or transceiver"));
        ck_assert(is_reason("eth1 has no carrier: Cable issue, Unsupported cable"));
        pair_set_link_trouble(w.pair, SIDE_STANDBY, no_cable);
        world_run(&w, USEC_PER_SEC);
        pair_get_adapter_status(w.pair, SIDE_STANDBY, &status);
        ck_assert(link_trouble_equal(&status.trouble, &no_cable));
        for (unsigned i = 0; i < 10; i++) {
                world_set_carrier(&w, SIDE_STANDBY, true);
                pair_set_link_trouble(w.pair, SIDE_STANDBY, none);
                world_run(&w, 2 * USEC_PER_SEC);
                world_set_carrier(&w, SIDE_STANDBY, false);
                pair_set_link_trouble(w.pair, SIDE_STANDBY, no_cable);
                world_run(&w, 2 * USEC_PER_SEC);
        }
        ck_assert_uint_eq(told(EVENT_LINK_TROUBLE), 1);
        world_set_carrier(&w, SIDE_STANDBY, true);
        pair_set_link_trouble(w.pair, SIDE_STANDBY, none);
        world_run(&w, EVIDENCE_GOOD_AGAIN + USEC_PER_SEC);
        pair_get_adapter_status(w.pair, SIDE_STANDBY, &status);
        ck_assert(!status.trouble.known);
        world_set_carrier(&w, SIDE_STANDBY, false);
        pair_set_link_trouble(w.pair, SIDE_STANDBY, no_cable);
        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(told(EVENT_LINK_TROUBLE), 2);
}
END_TEST

static bool shares(const char *words) {
        PairStatus status;

        pair_get_status(w.pair, &status);
        for (size_t i = 0; i < status.n_shared; i++)
                if (strstr(status.shared[i], words))
                        return true;
        return false;
}

/* One switch for both is told once, though it speaks every half minute, and forgotten when it is silent or the
 * cable is pulled. */
START_TEST(test_shared_switch) {
        LldpNeighbour n = { .chassis = "02:00:00:00:00:01", .port = "1", .lifetime = 2 * USEC_PER_MINUTE };

        pair_set_neighbour(w.pair, SIDE_PRIMARY, &n, w.now);
        ck_assert(!shares("one switch"));
        for (unsigned i = 0; i < 3; i++) {
                pair_set_neighbour(w.pair, SIDE_PRIMARY, &n, w.now);
                pair_set_neighbour(w.pair, SIDE_STANDBY, &n, w.now);
                world_run(&w, USEC_PER_MINUTE);
        }
        ck_assert(shares("one switch"));
        ck_assert_uint_eq(told(EVENT_SHARED_FATE), 1);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        world_run(&w, 2 * USEC_PER_MINUTE);
        ck_assert(!shares("one switch"));
        pair_set_neighbour(w.pair, SIDE_PRIMARY, &n, w.now);
        pair_set_neighbour(w.pair, SIDE_STANDBY, &n, w.now);
        ck_assert(shares("one switch"));
        world_set_carrier(&w, SIDE_STANDBY, false);
        ck_assert(!shares("one switch"));
}
END_TEST

/* What others removed and the steering put back is told, and changes nothing. */
START_TEST(test_meddling) {
        PairState before = world_state(&w);

        w.meddled = true;
        world_run(&w, USEC_PER_SEC);
        ck_assert(!w.meddled);
        ck_assert_uint_eq(told(EVENT_EXTERNAL_CHANGE), 1);
        ck_assert_int_eq(world_state(&w), before);
        ck_assert_uint_eq(w.n_begun, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-events");
        TCase *t = tcase_create("pair-events");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_each_signal_for_itself);
        tcase_add_test(t, test_worse_is_told_again);
        tcase_add_test(t, test_coming_and_going_is_told_once);
        tcase_add_test(t, test_common_cause);
        tcase_add_test(t, test_spare_fails_its_check);
        tcase_add_test(t, test_serving_adapter_fails);
        tcase_add_test(t, test_serving_adapter_fails_unprotected);
        tcase_add_test(t, test_link_trouble);
        tcase_add_test(t, test_meddling);
        tcase_add_test(t, test_shared_switch);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
