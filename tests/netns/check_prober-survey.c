/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The prober's frames as long as the MTU and of VLANs, on real adapters; and a policy that changes. */

#include <net/ethernet.h>
#include <stdio.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "prober-lab.h"

static const FrameTag vlans[] = { { ETHERTYPE_VLAN, 42 }, { 0x88a8, 43 } };
static char reason[PROBE_REASON_MAX];

static Prober *prober_with(unsigned length, size_t n_vlans) {
        Prober *p = prober_lab_new("lan");

        prober_set_blamed(p, SIDE_STANDBY);
        ck_assert_int_eq(prober_set_survey(p, length, vlans, n_vlans), 0);
        return p;
}

static bool is_surveyed(Prober *p) {
        return prober_is_surveyed(p, SIDE_STANDBY, clock_monotonic(), reason);
}

static bool surveyed(Prober *p) {
        return prober_lab_both_proved(p) && is_surveyed(p);
}

static bool unsurveyed(Prober *p) {
        return !is_surveyed(p) && strstr(reason, "do not pass");
}

START_TEST(test_all_pass) {
        _cleanup_(prober_freep) Prober *p = prober_with(1514, 2);
        ProbeReport r;

        ck_assert_uint_le(prober_lab_run(&p, 1, USEC_PER_SEC, surveyed), 200 * USEC_PER_MSEC);
        prober_lab_run(&p, 1, 2 * USEC_PER_SEC, NULL);
        ck_assert_msg(is_surveyed(p), "%s", reason);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.ignored, 0);
        /* also where arrivals wait for the next probe, and in a burst */
        prober_set_patient(p, true);
        prober_burst(p, clock_monotonic(), USEC_PER_SEC);
        prober_lab_run(&p, 1, 5 * USEC_PER_SEC, NULL);
        ck_assert_msg(is_surveyed(p), "%s", reason);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.ignored, 0);
        ck_assert_uint_eq(r.beacon[SIDE_PRIMARY].lost + r.beacon[SIDE_STANDBY].lost, 0);
}
END_TEST

/* A switch's port that takes no jumbo frames. Whether veth drops or refuses those from vb depends on the
 * kernel. */
START_TEST(test_port_without_jumbo) {
        _cleanup_(prober_freep) Prober *p = NULL;

        lab_run(-1, "ip link set va mtu 9000 && ip link set vb mtu 9000");
        lab_run(switch_ns, "for d in s-va s-vp br0; do ip link set $d mtu 9000; done");
        p = prober_with(9014, 0);
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, unsurveyed), USEC_PER_SEC);
        ck_assert_msg(strstr(reason, "frames of 9014 octets do not pass"), "%s", reason);
        ck_assert(prober_lab_both_proved(p));
        lab_run(switch_ns, "ip link set s-vb mtu 9000");
        ck_assert_uint_le(prober_lab_run(&p, 1, 5 * USEC_PER_SEC, surveyed), 2 * USEC_PER_SEC);
        lab_run(switch_ns, "ip link set s-vb mtu 1500");
        ck_assert_uint_le(prober_lab_run(&p, 1, 10 * USEC_PER_SEC, unsurveyed), 5 * USEC_PER_SEC);
        ck_assert_msg(strstr(reason, "frames of 9014 octets do not pass"), "%s", reason);
}
END_TEST

/* A port that lacks a VLAN, one way, then another. */
START_TEST(test_vlan) {
        _cleanup_(prober_freep) Prober *p = prober_with(1514, 2);

        prober_lab_drop_vlan(switch_ns, "s-vb", BPF_TC_EGRESS, 42);
        ck_assert_uint_le(prober_lab_run(&p, 1, 2 * USEC_PER_SEC, unsurveyed), USEC_PER_SEC);
        ck_assert_str_eq(reason, "frames of VLAN 42 do not pass from va to vb");
        prober_lab_drop_vlan(switch_ns, "s-vb", BPF_TC_EGRESS, 43);
        prober_lab_run(&p, 1, 4500 * USEC_PER_MSEC, NULL);
        ck_assert(!is_surveyed(p));
        ck_assert_str_eq(reason, "frames of VLAN 43 (802.1ad) do not pass from va to vb");
        ck_assert(prober_is_surveyed(p, SIDE_PRIMARY, clock_monotonic(), reason));
}
END_TEST

static bool lost_some(Prober *p) {
        ProbeReport r;

        prober_get_report(p, &r);
        return r.beacon[SIDE_STANDBY].lost > 0;
}

/* Ports that let in no frames without a tag, as trunks without a native VLAN: beacons are of a VLAN, and of
 * another one when that does not pass any more. */
START_TEST(test_trunk) {
        _cleanup_(prober_freep) Prober *p = NULL;
        ProbeReport before, after;

        policy.n_targets = 0;
        prober_lab_drop_vlan(switch_ns, "s-vb", BPF_TC_EGRESS, 0);
        prober_lab_drop_vlan(switch_ns, "s-va", BPF_TC_EGRESS, 0);
        p = prober_with(1514, 2);
        ck_assert_uint_le(prober_lab_run(&p, 1, 3 * USEC_PER_SEC, surveyed), USEC_PER_SEC);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        prober_get_report(p, &before);
        prober_lab_run(&p, 1, 2 * USEC_PER_SEC, NULL);
        prober_get_report(p, &after);
        ck_assert(surveyed(p));
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ck_assert_uint_eq(after.beacon[s].lost, before.beacon[s].lost);
                ck_assert_uint_ge(after.beacon[s].received - before.beacon[s].received, 38);
        }
        prober_lab_drop_vlan(switch_ns, "s-vb", BPF_TC_EGRESS, 42);
        prober_lab_drop_vlan(switch_ns, "s-va", BPF_TC_EGRESS, 42);
        prober_lab_run(&p, 1, 3 * USEC_PER_SEC, NULL);
        ck_assert(prober_lab_both_proved(p));
        /* nor any VLAN there any more: without a tag again */
        ck_assert_int_eq(prober_set_survey(p, 1514, NULL, 0), 0);
        ck_assert_uint_le(prober_lab_run(&p, 1, 3 * USEC_PER_SEC, surveyed), USEC_PER_SEC);
}
END_TEST

/* What is lost while the serving adapter is under suspicion, or loses short frames too, is not the spare's
 * fault; nor is anything where nothing passes. */
START_TEST(test_not_blamed) {
        _cleanup_(prober_freep) Prober *p = prober_with(1514, 1);

        ck_assert_uint_le(prober_lab_run(&p, 1, USEC_PER_SEC, surveyed), 200 * USEC_PER_MSEC);
        prober_set_blamed(p, _PAIR_SIDE_INVALID);
        lab_run(switch_ns, "ip link set s-va mtu 1000");
        prober_lab_run(&p, 1, 5 * USEC_PER_SEC, NULL);
        ck_assert_msg(is_surveyed(p), "%s", reason);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL / 10);
        prober_lab_run(&p, 1, 5 * USEC_PER_SEC, lost_some);
        ck_assert(lost_some(p));
        prober_set_blamed(p, SIDE_STANDBY);
        prober_lab_run(&p, 1, 5 * USEC_PER_SEC, NULL);
        ck_assert_msg(is_surveyed(p), "%s", reason);
        prober_lab_drop(switch_ns, "s-va", BPF_TC_EGRESS, PROBER_LAB_ALL);
        prober_lab_run(&p, 1, 2 * USEC_PER_SEC, NULL);
        ck_assert_msg(is_surveyed(p), "%s", reason);
}
END_TEST

static uint64_t beacons_sent(Prober *p) {
        ProbeReport r;

        prober_get_report(p, &r);
        return r.beacon[SIDE_PRIMARY].sent;
}

/* Other intervals, other targets, no beacons and beacons again, by the same prober. */
START_TEST(test_policy_changes) {
        _cleanup_(prober_freep) Prober *p = prober_with(1514, 0);
        ProbePolicy other = policy;
        ProbeReport r;
        uint64_t sent;
        Error e = {};

        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        ck_assert(surveyed(p));
        other.every = 200 * USEC_PER_MSEC;
        other.timeout = 300 * USEC_PER_MSEC;
        other.n_targets = 0;
        ck_assert_int_eq(prober_set_policy(p, &other, &e), 0);
        sent = beacons_sent(p);
        prober_lab_run(&p, 1, 2 * USEC_PER_SEC, NULL);
        ck_assert_uint_ge(beacons_sent(p) - sent, 8);
        ck_assert_uint_le(beacons_sent(p) - sent, 12);
        ck_assert(surveyed(p));
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 0);
        ck_assert_uint_eq(r.beacon[SIDE_PRIMARY].lost + r.beacon[SIDE_STANDBY].lost, 0);

        ck_assert_int_eq(prober_set_policy(p, &policy, &e), 0);
        sent = beacons_sent(p);
        prober_lab_run(&p, 1, 2 * USEC_PER_SEC, NULL);
        ck_assert_uint_ge(beacons_sent(p) - sent, 35);
        prober_get_report(p, &r);
        ck_assert_uint_eq(r.n_targets, 1);
        ck_assert(r.target[SIDE_STANDBY][0].proven);

        other = policy;
        other.beacon = false;
        ck_assert_int_eq(prober_set_policy(p, &other, &e), 0);
        ck_assert_int_eq(prober_set_survey(p, 1514, vlans, 2), 0);
        sent = beacons_sent(p);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        ck_assert_uint_eq(beacons_sent(p), sent);
        ck_assert(prober_lab_both_proved(p));
        ck_assert(is_surveyed(p));
        ck_assert_int_eq(prober_set_policy(p, &policy, &e), 0);
        prober_lab_run(&p, 1, USEC_PER_SEC, NULL);
        ck_assert_uint_ge(beacons_sent(p), sent + 15);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prober-survey");
        TCase *t = tcase_create("prober-survey");

        lab_enter(); /* says so when not root */
        tcase_set_timeout(t, 60);
        tcase_add_checked_fixture(t, prober_lab_enter, NULL);
        tcase_add_test(t, test_all_pass);
        tcase_add_test(t, test_port_without_jumbo);
        tcase_add_test(t, test_vlan);
        tcase_add_test(t, test_trunk);
        tcase_add_test(t, test_not_blamed);
        tcase_add_test(t, test_policy_changes);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
