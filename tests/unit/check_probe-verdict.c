/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "check-main.h"
#include "probe-pace.h"
#include "probe-verdict.h"

#define A  SIDE_PRIMARY
#define B  SIDE_STANDBY
#define MS USEC_PER_MSEC

/* Every cell, written out once more: whom a lost beacon is blamed on. */
static const struct {
        TargetView receiver, sender;
        BeaconBlame blame;
} beacon_cells[] = {
        { TARGETS_UNKNOWN, TARGETS_UNKNOWN, BLAME_BOTH },
        { TARGETS_UNKNOWN, TARGETS_ANSWER, BLAME_RECEIVER },
        { TARGETS_UNKNOWN, TARGETS_LOSE, BLAME_SENDER },
        { TARGETS_ANSWER, TARGETS_UNKNOWN, BLAME_SENDER },
        { TARGETS_ANSWER, TARGETS_ANSWER, BLAME_NOBODY },
        { TARGETS_ANSWER, TARGETS_LOSE, BLAME_SENDER },
        { TARGETS_LOSE, TARGETS_UNKNOWN, BLAME_RECEIVER },
        { TARGETS_LOSE, TARGETS_ANSWER, BLAME_RECEIVER },
        { TARGETS_LOSE, TARGETS_LOSE, BLAME_BOTH },
        { TARGETS_UNKNOWN, TARGETS_DOWN, BLAME_SENDER },
        { TARGETS_ANSWER, TARGETS_DOWN, BLAME_SENDER },
        { TARGETS_LOSE, TARGETS_DOWN, BLAME_SENDER },
        { TARGETS_DOWN, TARGETS_UNKNOWN, BLAME_RECEIVER },
        { TARGETS_DOWN, TARGETS_ANSWER, BLAME_RECEIVER },
        { TARGETS_DOWN, TARGETS_LOSE, BLAME_RECEIVER },
        { TARGETS_DOWN, TARGETS_DOWN, BLAME_BOTH },
};

/* How bad a view is. */
static int badness(TargetView v) {
        return v == TARGETS_DOWN ? 2 : v == TARGETS_LOSE ? 1 : v == TARGETS_ANSWER ? -1 : 0;
}

START_TEST(test_beacon_cell) {
        TargetView r = beacon_cells[_i].receiver, s = beacon_cells[_i].sender;
        BeaconBlame blame = probe_verdict_beacon(r, s);

        ck_assert_int_eq(blame, beacon_cells[_i].blame);
        /* traffic leaves who is blamed alone: never for one whose targets say worse */
        if (blame == BLAME_RECEIVER)
                ck_assert_int_gt(badness(r), badness(s));
        if (blame == BLAME_SENDER)
                ck_assert_int_gt(badness(s), badness(r));
}
END_TEST

static const struct {
        TargetView other;
        bool in, out;
        TargetBlame blame;
} target_cells[] = {
        { TARGETS_UNKNOWN, false, false, TARGET_BLAME_NOBODY },
        { TARGETS_UNKNOWN, false, true, TARGET_BLAME_TX },
        { TARGETS_UNKNOWN, true, false, TARGET_BLAME_RX },
        { TARGETS_UNKNOWN, true, true, TARGET_BLAME_BOTH },
        { TARGETS_ANSWER, false, false, TARGET_BLAME_RX },
        { TARGETS_ANSWER, false, true, TARGET_BLAME_TX },
        { TARGETS_ANSWER, true, false, TARGET_BLAME_RX },
        { TARGETS_ANSWER, true, true, TARGET_BLAME_BOTH },
        { TARGETS_LOSE, false, false, TARGET_BLAME_NOBODY },
        { TARGETS_LOSE, false, true, TARGET_BLAME_NOBODY },
        { TARGETS_LOSE, true, false, TARGET_BLAME_NOBODY },
        { TARGETS_LOSE, true, true, TARGET_BLAME_NOBODY },
        { TARGETS_DOWN, false, false, TARGET_BLAME_NOBODY },
        { TARGETS_DOWN, false, true, TARGET_BLAME_NOBODY },
        { TARGETS_DOWN, true, false, TARGET_BLAME_NOBODY },
        { TARGETS_DOWN, true, true, TARGET_BLAME_NOBODY },
};

START_TEST(test_target_cell) {
        ck_assert_int_eq(
                        probe_verdict_target(target_cells[_i].other, target_cells[_i].in, target_cells[_i].out),
                        target_cells[_i].blame);
}
END_TEST

/* A pair in virtual time: shares of frames lost on each half path, and what was made of it. */
typedef struct World {
        double rx[2], tx[2], between[2] /* to that side, beacons only */, target;
        bool targets[2];
        uint64_t seed;
        ProbeVerdict verdict;
        ProbeView view;
        ProbePace beacon_pace, target_pace;
        usec_t now;
} World;

static World world(int i) {
        World w = { .targets = { true, true }, .seed = (uint64_t) i * 7919 + 1, .now = USEC_PER_SEC };

        probe_pace_init(&w.beacon_pace, 50 * MS, MS, NULL);
        probe_pace_init(&w.target_pace, 50 * MS, 5 * MS, NULL);
        probe_verdict_init(&w.verdict);
        return w;
}

static double draw(World *w) {
        w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (double) (w->seed >> 11) / (double) (UINT64_C(1) << 53);
}

/* Through three places that lose such shares. */
static bool passes(World *w, double a, double b, double c) {
        return draw(w) >= 1 - (1 - a) * (1 - b) * (1 - c);
}

static void tally(World *w, ProbeTally *t, bool ok) {
        if (ok) {
                t->received++;
                return;
        }
        t->lost++;
        t->last_lost = w->now;
        probe_pace_missing(&w->beacon_pace, w->now, w->now);
        probe_pace_missing(&w->target_pace, w->now, w->now);
}

static void world_step(World *w) {
        bool beacon = probe_pace_next(&w->beacon_pace, w->now) <= w->now;
        bool target = probe_pace_next(&w->target_pace, w->now) <= w->now;

        if (beacon)
                probe_pace_sent(&w->beacon_pace, w->now);
        if (target)
                probe_pace_sent(&w->target_pace, w->now);
        for (PairSide s = A; s <= B; s++) {
                PairSide o = pair_side_other(s);

                w->view.targets_known[s] = w->targets[s];
                if (beacon && !w->view.down[o])
                        tally(w, w->view.beacon + s, passes(w, w->tx[o], w->rx[s], w->between[s]));
                if (target && w->targets[s] && !w->view.down[s])
                        tally(w, w->view.target + s, passes(w, w->tx[s], w->rx[s], w->target));
        }
        probe_verdict_update(&w->verdict, &w->view, w->now);
        if (probe_verdict_is_waiting(&w->verdict))
                probe_pace_missing(&w->target_pace, w->now, w->now);
        w->now += MS;
}

/* Until at least n were lost by counter c, at most `limit`; how long it took. */
static usec_t world_until(World *w, const uint64_t *c, uint64_t n, usec_t limit) {
        usec_t begin = w->now;

        while (*c < n && w->now - begin < limit)
                world_step(w);
        return w->now - begin;
}

static void world_run(World *w, usec_t duration) {
        uint64_t never = 0;

        world_until(w, &never, 1, duration);
}

static void check_lost(const World *w, uint64_t a_rx, uint64_t a_tx, uint64_t b_rx, uint64_t b_tx) {
        const ProbeCounters *a = w->verdict.counters + A, *b = w->verdict.counters + B;

        ck_assert_uint_eq(a->rx_lost > 0, a_rx);
        ck_assert_uint_eq(a->tx_lost > 0, a_tx);
        ck_assert_uint_eq(b->rx_lost > 0, b_rx);
        ck_assert_uint_eq(b->tx_lost > 0, b_tx);
        for (PairSide s = A; s <= B; s++) {
                ck_assert_uint_le(w->verdict.counters[s].rx_lost, w->verdict.counters[s].rx_sent);
                ck_assert_uint_le(w->verdict.counters[s].tx_lost, w->verdict.counters[s].tx_sent);
        }
}

START_TEST(test_healthy) {
        World w = world(_i);

        world_run(&w, USEC_PER_MINUTE);
        check_lost(&w, 0, 0, 0, 0);
        ck_assert_uint_eq(w.verdict.counters[A].rx_sent, 2 * 60 * 20);
        ck_assert_uint_eq(w.verdict.counters[B].tx_sent, 2 * 60 * 20);
        ck_assert(!probe_verdict_is_waiting(&w.verdict));
}
END_TEST

START_TEST(test_total) {
        World w = world(_i);

        world_run(&w, USEC_PER_SEC);
        w.rx[A] = 1;
        ck_assert_uint_le(world_until(&w, &w.verdict.counters[A].rx_lost, 3, USEC_PER_SEC), 100 * MS);
        world_run(&w, 3 * USEC_PER_SEC);
        check_lost(&w, 1, 0, 0, 0);

        w = world(_i);
        world_run(&w, USEC_PER_SEC);
        w.tx[B] = 1;
        ck_assert_uint_le(world_until(&w, &w.verdict.counters[B].tx_lost, 3, USEC_PER_SEC), 100 * MS);
        world_run(&w, 3 * USEC_PER_SEC);
        check_lost(&w, 0, 0, 0, 1);

        /* dead both ways, with and without the kernel saying so */
        w = world(_i);
        world_run(&w, USEC_PER_SEC);
        w.rx[B] = w.tx[B] = 1;
        w.view.down[B] = _i & 1;
        world_run(&w, 3 * USEC_PER_SEC);
        ck_assert_uint_eq(w.verdict.counters[A].rx_lost + w.verdict.counters[A].tx_lost, 0);
        ck_assert_uint_ge(w.verdict.counters[B].rx_lost, 20);
}
END_TEST

/* A takes no frames; B's targets lose a probe in that time, as they may on a busy machine. What A never sent is
 * still not B's loss. */
START_TEST(test_down_and_stray_loss) {
        World w = world(_i);

        world_run(&w, USEC_PER_SEC);
        w.rx[A] = w.tx[A] = 1;
        w.view.down[A] = true;
        w.target = 1;
        world_run(&w, 60 * MS);
        w.target = 0;
        for (unsigned i = 0; i < 23; i++) { /* refused, and counted as lost */
                w.view.beacon[B].lost++;
                world_run(&w, 10 * MS);
        }
        world_run(&w, 3 * USEC_PER_SEC);
        check_lost(&w, 1, 1, 0, 0);
}
END_TEST

/* One target, asked through the serving adapter only, must do when the other one's never answered. */
START_TEST(test_one_sided_targets) {
        World w = world(_i);

        w.targets[B] = false;
        world_run(&w, USEC_PER_SEC);
        w.tx[B] = 1; /* B mute: A's targets answer, so it is B */
        world_run(&w, 8 * USEC_PER_SEC);
        ck_assert_uint_eq(w.verdict.counters[A].rx_lost, 0);
        ck_assert_uint_ge(w.verdict.counters[B].tx_lost, 3);

        w = world(_i);
        w.targets[B] = false;
        world_run(&w, USEC_PER_SEC);
        w.rx[A] = 1;
        world_run(&w, 8 * USEC_PER_SEC);
        ck_assert_uint_ge(w.verdict.counters[A].rx_lost, 3);
        ck_assert_uint_eq(w.verdict.counters[B].tx_lost, 0);
}
END_TEST

/* Neither adapter may look worse than the other. */
START_TEST(test_not_their_fault) {
        World w = world(_i);

        w.between[A] = 1; /* a link between two switches, one way */
        world_run(&w, 10 * USEC_PER_SEC);
        check_lost(&w, 0, 0, 0, 0);
        ck_assert_uint_gt(w.verdict.unblamed, 100);

        w = world(_i);
        world_run(&w, USEC_PER_SEC);
        w.target = 1; /* the gateway reboots */
        world_run(&w, 10 * USEC_PER_SEC);
        check_lost(&w, 0, 0, 0, 0);

        w = world(_i);
        world_run(&w, USEC_PER_SEC);
        w.rx[A] = w.rx[B] = 1; /* the switch they share */
        world_run(&w, 3 * USEC_PER_SEC);
        check_lost(&w, 1, 1, 1, 1);
        ck_assert_uint_eq(w.verdict.counters[A].rx_lost, w.verdict.counters[B].rx_lost);

        w = world(_i);
        w.targets[A] = w.targets[B] = false;
        w.rx[A] = 1; /* or B's transmit side: nobody can tell */
        world_run(&w, 8 * USEC_PER_SEC);
        check_lost(&w, 1, 0, 0, 1);
        ck_assert_uint_eq(w.verdict.counters[A].rx_lost, w.verdict.counters[B].tx_lost);
}
END_TEST

/* The promise: 10 % within 2 s, 1 % within 15 s (95th percentile). Here: three lost and blamed, which leaves
 * the rest to the rule that judges the counters. */
static const struct {
        double share;
        bool transmit;
        usec_t limit;
} partial[] = {
        { 0.10, false, 2 * USEC_PER_SEC },
        { 0.10, true, 2 * USEC_PER_SEC },
        { 0.01, false, 12 * USEC_PER_SEC },
        { 0.01, true, 12 * USEC_PER_SEC },
};

START_TEST(test_partial) {
        unsigned in_time = 0, n = 200;
        uint64_t right = 0, wrong = 0;

        for (unsigned i = 0; i < n; i++) {
                World w = world((int) i);
                ProbeCounters *a = w.verdict.counters + A;
                const uint64_t *c = partial[_i].transmit ? &a->tx_lost : &a->rx_lost;

                world_run(&w, USEC_PER_SEC);
                if (partial[_i].transmit)
                        w.tx[A] = partial[_i].share;
                else
                        w.rx[A] = partial[_i].share;
                in_time += world_until(&w, c, 3, 20 * USEC_PER_SEC) <= partial[_i].limit;
                world_run(&w, 5 * USEC_PER_SEC);
                right += a->rx_lost + a->tx_lost;
                wrong += w.verdict.counters[B].rx_lost + w.verdict.counters[B].tx_lost;
        }
        printf("%g of %s: %u of %u in time, %.1f %% of the blame wrong\n", partial[_i].share,
                        partial[_i].transmit ? "tx" : "rx", in_time, n,
                        100.0 * (double) wrong / (double) (right + wrong));
        ck_assert_uint_ge(in_time, n * 95 / 100);
        ck_assert_uint_le(wrong, right / 20);
}
END_TEST

/* Rare losses everywhere, as in any network, or bursts of congestion: no adapter's share may reach a tenth of a
 * per cent, and none stand out. */
START_TEST(test_background) {
        World w = world(_i);

        w.rx[A] = w.rx[B] = w.tx[A] = w.tx[B] = 1e-4;
        world_run(&w, 10 * USEC_PER_MINUTE);
        for (PairSide s = A; s <= B; s++) {
                ck_assert_uint_le(w.verdict.counters[s].rx_lost * 1000, w.verdict.counters[s].rx_sent);
                ck_assert_uint_le(w.verdict.counters[s].tx_lost * 1000, w.verdict.counters[s].tx_sent);
        }
}
END_TEST

START_TEST(test_samples) {
        World w = world(1);
        HealthSample samples[PROBE_VERDICT_SAMPLES];

        world_run(&w, USEC_PER_SEC);
        ck_assert_uint_eq(probe_verdict_samples(&w.verdict, A, 77, samples, 3), 3);
        ck_assert_uint_eq(probe_verdict_samples(&w.verdict, A, 77, samples, ELEMENTSOF(samples)), 4);
        ck_assert_int_eq(samples[0].signal, SIGNAL_PROBE_RX_SENT);
        ck_assert_uint_eq(samples[0].count, w.verdict.counters[A].rx_sent);
        ck_assert_uint_eq(samples[0].at, 77);
        ck_assert_int_eq(samples[3].signal, SIGNAL_PROBE_TX_LOST);
}
END_TEST

#define NOW   (10 * USEC_PER_SEC)
#define FRESH (NOW - 100 * MS)
#define STALE (NOW - 400 * MS)

static const struct {
        PathProof proof;
        const char *reason; /* NULL: proved */
} proofs[] = {
        { { .beacon = true, .beacon_in = FRESH, .beacon_out = FRESH }, NULL },
        { { .beacon = true, .target = FRESH }, NULL },
        { { .beacon = false, .target = FRESH, .other_target = FRESH }, NULL },
        { { .beacon = true, .beacon_in = FRESH, .beacon_out = FRESH, .other_target = STALE, .target = STALE },
                        NULL },
        { { .beacon = true, .beacon_in = FRESH, .beacon_out = FRESH, .other_target = FRESH, .target = STALE },
                        "targets answer eth0 but not eth1" },
        { { .beacon = true, .beacon_in = STALE, .beacon_out = FRESH }, "beacons of eth0 do not reach eth1" },
        { { .beacon = true, .beacon_in = FRESH, .beacon_out = STALE }, "beacons of eth1 do not reach eth0" },
        { { .beacon = true }, "no beacon passes between eth1 and eth0" },
        { { .beacon = false, .target = STALE }, "no target answers eth1, and beacons are off" },
        { { .beacon = true,
                          .beacon_in = FRESH,
                          .beacon_out = FRESH,
                          .target = FRESH,
                          .down = "Network is down" },
                        "eth1 takes no frames: Network is down" },
};

START_TEST(test_proved) {
        char reason[PROBE_REASON_MAX] = "left over";
        PathProof p = proofs[_i].proof;

        p.name = "eth1";
        p.other_name = "eth0";
        ck_assert_int_eq(probe_verdict_is_proved(&p, 300 * MS, NOW, reason), proofs[_i].reason == NULL);
        ck_assert_str_eq(reason, proofs[_i].reason ? proofs[_i].reason : "");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("probe-verdict");
        TCase *t = tcase_create("probe-verdict");

        tcase_set_timeout(t, 60);
        tcase_add_loop_test(t, test_beacon_cell, 0, ELEMENTSOF(beacon_cells));
        tcase_add_loop_test(t, test_target_cell, 0, ELEMENTSOF(target_cells));
        tcase_add_loop_test(t, test_healthy, 0, 2);
        tcase_add_loop_test(t, test_total, 0, 10);
        tcase_add_loop_test(t, test_down_and_stray_loss, 0, 10);
        tcase_add_loop_test(t, test_one_sided_targets, 0, 10);
        tcase_add_loop_test(t, test_not_their_fault, 0, 10);
        tcase_add_loop_test(t, test_partial, 0, ELEMENTSOF(partial));
        tcase_add_loop_test(t, test_background, 0, 10);
        tcase_add_test(t, test_samples);
        tcase_add_loop_test(t, test_proved, 0, ELEMENTSOF(proofs));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
