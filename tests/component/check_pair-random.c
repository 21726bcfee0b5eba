/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair in a hostile world: links, proofs, evidence, people and kill -9 at random, seeded. Nobody knows what
 * happens, but what must always hold does. Seeds that once failed are found again by number. */

#include "check-main.h"
#include "pair-world.h"

#define SEEDS 200
#define STEPS 300

static World w;
static Answer answers[2]; /* the request under way has one, the next to come the other */
static unsigned current;
static unsigned n_accepted, n_answered;

static unsigned dice(unsigned *seed, unsigned sides) {
        return (unsigned) rand_r(seed) % sides;
}

static bool is_alive(PairSide s) {
        return w.link[s].exists && w.link[s].up && w.link[s].carrier;
}

static void collect_answer(void) {
        Answer *a = answers + current;

        ck_assert_uint_le(a->n, 1);
        n_answered += a->n;
        a->n = 0;
}

/* One at a time: while one is pending a second is refused and leaves the first alone, or the first was done but
 * for its last probes, and is answered before the second is taken. */
static void ask(unsigned *seed) {
        bool pending;

        collect_answer();
        pending = n_accepted > n_answered;
        if (world_request(&w, dice(seed, _PAIR_VERB_MAX), dice(seed, 2), answers + !current, NULL) < 0)
                return;
        ck_assert_uint_eq(answers[current].n, pending);
        collect_answer();
        n_accepted++;
        current = !current;
}

static void stir(unsigned *seed) {
        PairSide side = dice(seed, 2);

        switch (dice(seed, 16)) {
        case 0:
        case 1:
                if (w.link[side].exists)
                        world_set_carrier(&w, side, !w.link[side].carrier);
                break;
        case 2:
                w.proved[side] = is_alive(side) && dice(seed, 2);
                pair_dispatch(w.pair, w.now);
                break;
        case 3:
                if (dice(seed, 8) == 0)
                        world_set_exists(&w, side, !w.link[side].exists);
                break;
        case 4:
                (void) pair_inject_evidence(w.pair, w.link[side].name, SIGNAL_RX_POWER, 1 + dice(seed, 2),
                                dice(seed, 60) * USEC_PER_SEC, NULL);
                break;
        case 5:
                w.ingress_follows = dice(seed, 4) != 0;
                break;
        case 6:
                w.prime_result = dice(seed, 3) ? 0 : -EIO;
                break;
        case 14:
                w.identity_result = dice(seed, 3) ? 0 : dice(seed, 2) ? -EINVAL : -EPROTO;
                break;
        case 15:
                pair_home_in_use(w.pair, w.now);
                break;
        case 7:
                (void) pair_hold(w.pair, dice(seed, 60) * USEC_PER_SEC, "at random", NULL);
                break;
        case 8:
                (void) pair_release(w.pair, NULL);
                break;
        case 9:
                pair_set_inhibitors(w.pair, dice(seed, 2), w.now);
                break;
        case 10:
                if (dice(seed, 4))
                        break;
                world_kill(&w); /* answers what is pending */
                collect_answer();
                ck_assert_uint_eq(n_accepted, n_answered);
                world_start(&w);
                break;
        default:
                ask(seed);
                break;
        }
}

static void check_invariants(void) {
        PairStatus status;
        bool guarding, resting;

        pair_get_status(w.pair, &status);
        guarding = status.state != PAIR_ABSENT && status.state != PAIR_FAILED;
        resting = status.state == PAIR_PROTECTED || status.state == PAIR_PRIMING || status.state == PAIR_PRIMED;
        /* at rest both directions are where the pair says it serves */
        if (resting) {
                ck_assert_int_eq(status.ingress, status.serving);
                ck_assert_int_eq(status.egress, status.serving);
        }
        /* never left on a dead adapter while the other works and nobody forbids to go there */
        if (guarding && !status.held && status.n_inhibitors == 0 && !is_alive(status.egress) &&
                        is_alive(pair_side_other(status.egress)))
                ck_abort_msg("egress stays on dead %s in state %s", status.adapter[status.egress],
                                pair_state_to_string(status.state));
        /* the worker only ever runs in priming, or reads only */
        if (w.prime_running && w.prime_what == PAIR_PRIMING_APPLY)
                ck_assert_int_eq(status.state, PAIR_PRIMING);
        if (w.prime_running && w.prime_what != PAIR_PRIMING_PLAN && w.prime_what != PAIR_PRIMING_SNAPSHOT)
                ck_assert(!w.balanced);
        /* and a dead adapter has no share, if there is another and nobody forbids it */
        if (status.balanced && resting && !status.held && status.n_inhibitors == 0)
                ck_assert(is_alive(SIDE_PRIMARY) && is_alive(SIDE_STANDBY));
        /* nothing is steered while the addresses are not where they belong */
        if (pair_identity(w.pair) != PAIR_IDENTITY_HOME)
                ck_assert_int_eq(status.state, PAIR_ABSENT);
        if (status.protected_)
                ck_assert(w.proved[pair_side_other(status.serving)]);
}

START_TEST(test_random) {
        unsigned seed = (unsigned) _i;

        n_accepted = n_answered = 0;
        memset(answers, 0, sizeof(answers));
        world_init(&w);
        w.in_bond = w.balances = w.balanced = _i % 3 == 2;
        w.policy.failback = dice(&seed, 3);
        w.policy.egress = dice(&seed, 3);
        w.policy.prime = dice(&seed, 2);
        w.identity_known = dice(&seed, 4);
        w.policy.failback_after = dice(&seed, 100) * USEC_PER_SEC;
        world_start(&w);
        for (unsigned i = 0; i < STEPS; i++) {
                stir(&seed);
                world_run(&w,
                                USEC_PER_MSEC *
                                                (dice(&seed, 2) ? 1 + dice(&seed, 300)
                                                                : 1000 * (1 + dice(&seed, 5))));
                check_invariants();
        }
        world_done(&w);
        collect_answer();
        ck_assert_uint_eq(n_accepted, n_answered);
        ck_assert_uint_ge(w.n_started, w.n_finished);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-random");
        TCase *t = tcase_create("pair-random");

        tcase_set_timeout(t, 60);
        tcase_add_loop_test(t, test_random, 0, SEEDS);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
