/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A replay says what the daemon does: the same readings make the same events at the same times, and show the
 * same risk, in a guarded pair on a faked world and in a rehearsal. */

#include <inttypes.h>

#include "check-main.h"
#include "pair-world.h"
#include "rehearsal.h"

/* The world answers within microseconds, a rehearsal at once. */
#define TOLERANCE USEC_PER_MSEC
#define TOLD_MAX  64

/* From then on the adapter on that side reads so. */
typedef struct Reading {
        unsigned msec;
        PairSide side;
        Signal signal;
        double value;
} Reading;

typedef struct Told {
        usec_t at; /* since the begin */
        RehearsalKind kind;
        PairSide side; /* whose evidence; who serves, of a switch; else of no meaning */
} Told;

typedef struct Story {
        const char *name;
        Reading readings[10];
        unsigned seconds;
        EgressMode egress;
        FailbackMode failback;
        PrimeMode prime;
        PairMode mode;
        BudgetPolicy budget;
        RehearsalKind must[4]; /* what it is about, in this order; REHEARSAL_RAISED ends it */
} Story;

#define POWER   SIGNAL_RX_POWER
#define HEAT    SIGNAL_MODULE_TEMPERATURE
#define CARRIER SIGNAL_CARRIER
#define ONE     SIDE_PRIMARY
#define TWO     SIDE_STANDBY
#define USUAL                                                                                                  \
        { .min_interval = 60 * USEC_PER_SEC, .max_per_hour = 4 }
#define NEVER_MOVES                                                                                            \
        { .min_interval = 60 * USEC_PER_SEC }

static const Story stories[] = {
        {
                        .name = "predicted, in two steps",
                        .readings = { { 3000, ONE, POWER, -9 }, { 8000, ONE, POWER, -14 } },
                        .seconds = 40,
                        .prime = PRIME_PREDICTED,
                        .budget = USUAL,
                        .must = { REHEARSAL_PRIME, REHEARSAL_SPLIT, REHEARSAL_SWITCH },
        },
        {
                        .name = "egress goes along",
                        .readings = { { 3000, ONE, POWER, -14 } },
                        .seconds = 20,
                        .egress = EGRESS_WITH_INGRESS,
                        .budget = USUAL,
                        .must = { REHEARSAL_PRIME, REHEARSAL_SPLIT, REHEARSAL_SWITCH },
        },
        {
                        .name = "egress stays until the adapter fails",
                        .readings = { { 3000, ONE, POWER, -14 }, { 15000, ONE, CARRIER, 0 } },
                        .seconds = 20,
                        .egress = EGRESS_ON_FAILURE,
                        .budget = USUAL,
                        .must = { REHEARSAL_PRIME, REHEARSAL_SPLIT, REHEARSAL_SWITCH },
        },
        {
                        .name = "sudden, then both, then one is back",
                        .readings = { { 5000, ONE, CARRIER, 0 }, { 6250, TWO, CARRIER, 0 },
                                        { 9000, ONE, CARRIER, 1 }, { 40000, TWO, CARRIER, 1 } },
                        .seconds = 60,
                        .budget = USUAL,
                        .must = { REHEARSAL_PRIME, REHEARSAL_SWITCH, REHEARSAL_FAILED, REHEARSAL_SWITCH },
        },
        {
                        .name = "what was undone has cost the budget",
                        .readings = { { 3000, ONE, POWER, -14 }, { 8000, ONE, POWER, -3 },
                                        { 12000, TWO, HEAT, 80 }, { 15000, TWO, HEAT, 40 },
                                        { 30000, ONE, POWER, -14 } },
                        .seconds = 90,
                        .egress = EGRESS_ON_FAILURE,
                        .budget = USUAL,
                        .must = { REHEARSAL_SPLIT, REHEARSAL_UNSPLIT, REHEARSAL_SUPPRESSED, REHEARSAL_SPLIT },
        },
        {
                        .name = "the interval counts from the begin of a move",
                        .readings = { { 3000, ONE, POWER, -14 }, { 10000, ONE, POWER, -3 },
                                        { 40000, TWO, HEAT, 80 } },
                        .seconds = 90,
                        .budget = USUAL,
                        .must = { REHEARSAL_SPLIT, REHEARSAL_SWITCH, REHEARSAL_SUPPRESSED, REHEARSAL_SPLIT },
        },
        {
                        .name = "the spare of a split loses its carrier",
                        .readings = { { 3000, ONE, POWER, -14 }, { 5000, TWO, CARRIER, 0 } },
                        .seconds = 20,
                        .budget = USUAL,
                        .must = { REHEARSAL_SPLIT, REHEARSAL_UNSPLIT, REHEARSAL_SUPPRESSED },
        },
        {
                        .name = "both fail in a split, which is gone on from",
                        .readings = { { 3000, ONE, POWER, -14 }, { 6000, ONE, CARRIER, 0 },
                                        { 7000, TWO, CARRIER, 0 }, { 9000, ONE, CARRIER, 1 } },
                        .seconds = 30,
                        .egress = EGRESS_ON_FAILURE,
                        .budget = USUAL,
                        .must = { REHEARSAL_SPLIT, REHEARSAL_SWITCH, REHEARSAL_FAILED, REHEARSAL_SWITCH },
        },
        {
                        .name = "suppressed is told once, though another adapter serves since",
                        .readings = { { 3000, ONE, POWER, -14 }, { 6000, TWO, HEAT, 80 },
                                        { 10000, ONE, CARRIER, 0 } },
                        .seconds = 20,
                        .budget = NEVER_MOVES,
                        .must = { REHEARSAL_SUPPRESSED, REHEARSAL_SWITCH },
        },
        {
                        .name = "back to the primary, and away again",
                        .readings = { { 3000, ONE, CARRIER, 0 }, { 5000, ONE, CARRIER, 1 },
                                        { 60000, ONE, POWER, -14 } },
                        .seconds = 90,
                        .failback = FAILBACK_AUTO,
                        .budget = { .min_interval = USEC_PER_SEC, .max_per_hour = 10 },
                        .must = { REHEARSAL_SWITCH, REHEARSAL_SPLIT, REHEARSAL_SWITCH, REHEARSAL_SPLIT },
        },
        {
                        .name = "there and back without a pause",
                        .readings = { { 3000, ONE, POWER, -14 }, { 4000, TWO, HEAT, 65 },
                                        { 4500, ONE, POWER, -3 }, { 5500, TWO, HEAT, 80 } },
                        .seconds = 20,
                        .budget = { .max_per_hour = 10 },
                        .must = { REHEARSAL_SPLIT },
        },
        {
                        .name = "only observed",
                        .readings = { { 3000, ONE, POWER, -14 }, { 6000, ONE, CARRIER, 0 } },
                        .seconds = 20,
                        .mode = MODE_OBSERVE,
                        .budget = USUAL,
                        .must = { REHEARSAL_SUPPRESSED },
        },
        {
                        .name = "both show the same",
                        .readings = { { 3000, ONE, POWER, -14 }, { 3000, TWO, POWER, -14 },
                                        { 12000, ONE, POWER, -3 }, { 12000, TWO, POWER, -3 } },
                        .seconds = 40,
                        .budget = USUAL,
                        .must = { REHEARSAL_PRIME, REHEARSAL_VETOED, REHEARSAL_CLEARED },
        },
};

typedef struct Account {
        Told told[TOLD_MAX];
        size_t n;
} Account;

static World w;
static Account guarded, rehearsed;
static usec_t begun;
static PairSide served;

static void write_down(Account *a, usec_t at, RehearsalKind kind, PairSide side) {
        ck_assert_uint_lt(a->n, TOLD_MAX);
        a->told[a->n++] = (Told){ .at = at, .kind = kind, .side = side };
}

static RehearsalKind kind_of_state(PairState s) {
        static const struct {
                PairState state;
                RehearsalKind kind;
        } rows[] = {
                { PAIR_PRIMING, REHEARSAL_PRIME },
                { PAIR_SPLITTING, REHEARSAL_SPLIT },
                { PAIR_UNSPLITTING, REHEARSAL_UNSPLIT },
                { PAIR_FAILED, REHEARSAL_FAILED },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].state == s)
                        return rows[i].kind;
        return _REHEARSAL_KIND_INVALID;
}

static void note_serving(usec_t at) {
        if (pair_serving(w.pair) == served)
                return;
        served = pair_serving(w.pair);
        write_down(&guarded, at, REHEARSAL_SWITCH, served);
}

static void on_step(usec_t at) {
        RehearsalKind kind = kind_of_state(world_state(&w));

        note_serving(at);
        if (kind >= 0)
                write_down(&guarded, at, kind, SIDE_PRIMARY);
}

static void on_heard(const World *world, EventKind kind, PairSide side) {
        usec_t at = world->now - begun;

        if (kind == EVENT_STATE_CHANGED)
                on_step(at);
        else if (kind == EVENT_EVIDENCE_RAISED)
                write_down(&guarded, at, REHEARSAL_RAISED, side);
        else if (kind == EVENT_EVIDENCE_CLEARED)
                write_down(&guarded, at, REHEARSAL_CLEARED, side);
        else if (kind == EVENT_VETOED)
                write_down(&guarded, at, REHEARSAL_VETOED, side);
        else if (kind == EVENT_SWITCH_SUPPRESSED)
                write_down(&guarded, at, REHEARSAL_SUPPRESSED, side);
}

static void on_rehearsed(const RehearsalEvent *x, void *userdata) {
        bool of_side = x->kind != REHEARSAL_PRIME && x->kind != REHEARSAL_SPLIT &&
                        x->kind != REHEARSAL_UNSPLIT && x->kind != REHEARSAL_FAILED;

        write_down(&rehearsed, x->at, x->kind, of_side ? x->side : SIDE_PRIMARY);
}

static void set_policy(const Story *story) {
        PairPolicy *p = &w.policy;

        p->egress = story->egress;
        p->settle = 2100 * USEC_PER_MSEC; /* between two samples */
        p->failback = story->failback;
        p->failback_after = 20 * USEC_PER_SEC;
        p->prime = story->prime;
        p->mode = story->mode;
        p->budget = story->budget;
        p->signals[SIGNAL_LINK_FLAPS].ignore = true;
        p->signals[POWER] = (SignalPolicy){
                .warn = { .value = -8, .set = true },
                .alarm = { .value = -12, .set = true },
        };
        p->signals[HEAT] = (SignalPolicy){
                .warn = { .value = 60, .set = true },
                .alarm = { .value = 75, .set = true },
        };
}

static double reading_at(const Story *story, unsigned msec, PairSide side, Signal signal) {
        double value = signal == POWER ? -3 : signal == HEAT ? 40 : 1;

        for (size_t i = 0; i < ELEMENTSOF(story->readings) && story->readings[i].msec > 0; i++) {
                const Reading *x = story->readings + i;

                if (x->side == side && x->signal == signal && x->msec <= msec)
                        value = x->value;
        }
        return value;
}

/* One snapshot of either adapter, given to both. */
static void give(const Story *story, Rehearsal *r, unsigned msec) {
        static const Signal signals[] = { POWER, HEAT, CARRIER };

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                HealthSample samples[ELEMENTSOF(signals)];

                for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                        ReplayRow row = { .kind = REPLAY_SAMPLE };

                        samples[i] = (HealthSample){ .signal = signals[i],
                                .at = w.now,
                                .level = reading_at(story, msec, s, signals[i]) };
                        row.sample = samples[i];
                        row.sample.at -= begun;
                        rehearsal_take(r, s, &row);
                }
                pair_feed(w.pair, s, samples, ELEMENTSOF(samples), w.now);
        }
        rehearsal_end(r);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                bool carrier = reading_at(story, msec, s, CARRIER) > 0;

                if (w.link[s].carrier != carrier)
                        world_set_carrier(&w, s, carrier);
        }
        pair_dispatch(w.pair, w.now);
        /* an unprotected pair stays one when traffic leaves an adapter that died: no state is told */
        note_serving(w.now - begun);
}

static void compare_shown(const Rehearsal *r) {
        RehearsalStatus status;
        AdapterStatus adapter;

        rehearsal_get_status(r, &status);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                pair_get_adapter_status(w.pair, s, &adapter);
                ck_assert_double_eq_tol(status.risk[s], adapter.risk, 1e-9);
                ck_assert_int_eq(status.level[s], adapter.health);
        }
}

static void compare_states(const Story *story, const Rehearsal *r) {
        RehearsalStatus status;

        rehearsal_get_status(r, &status);
        ck_assert_msg(status.state == world_state(&w) && status.serving == pair_serving(w.pair),
                        "%s: at %" PRIu64 " ms rehearsed %s, guarded %s", story->name,
                        (uint64_t) (status.at / USEC_PER_MSEC), pair_state_to_string(status.state),
                        pair_state_to_string(world_state(&w)));
}

/* Of what is told at one time the order is no matter: the daemon moves traffic before it says why. */
static int compare_told(const void *x, const void *y) {
        const Told *a = x, *b = y;
        usec_t at = a->at / TOLERANCE, bt = b->at / TOLERANCE;

        if (at != bt)
                return at < bt ? -1 : 1;
        return a->kind != b->kind ? (int) a->kind - (int) b->kind : (int) a->side - (int) b->side;
}

static void check_must(const Story *story, const Account *a) {
        size_t found = 0;

        for (size_t i = 0; i < a->n && found < ELEMENTSOF(story->must); i++)
                found += a->told[i].kind == story->must[found] && story->must[found] != REHEARSAL_RAISED;
        ck_assert_msg(found == ELEMENTSOF(story->must) || story->must[found] == REHEARSAL_RAISED, "%s: no %s",
                        story->name, rehearsal_kind_to_string(story->must[found]));
}

static void compare_accounts(const Story *story) {
        qsort(guarded.told, guarded.n, sizeof(Told), compare_told);
        qsort(rehearsed.told, rehearsed.n, sizeof(Told), compare_told);
        for (size_t i = 0; i < MAX(guarded.n, rehearsed.n); i++) {
                const Told *a = guarded.told + i, *b = rehearsed.told + i;

                ck_assert_msg(i < guarded.n, "%s: only rehearsed: %s at %" PRIu64, story->name,
                                rehearsal_kind_to_string(b->kind), b->at);
                ck_assert_msg(i < rehearsed.n, "%s: only guarded: %s at %" PRIu64, story->name,
                                rehearsal_kind_to_string(a->kind), a->at);
                ck_assert_msg(compare_told(a, b) == 0,
                                "%s: guarded %s of %d at %" PRIu64 ", rehearsed %s of %d at %" PRIu64,
                                story->name, rehearsal_kind_to_string(a->kind), a->side, a->at,
                                rehearsal_kind_to_string(b->kind), b->side, b->at);
        }
}

START_TEST(test_same_story) {
        const Story *story = stories + _i;
        _cleanup_(rehearsal_freep) Rehearsal *r = NULL;

        guarded.n = rehearsed.n = 0;
        served = SIDE_PRIMARY;
        world_init(&w);
        w.ingress_delay = w.prime_delay = 0;
        w.heard = on_heard;
        begun = w.now;
        set_policy(story);
        r = rehearsal_new(&w.policy, SIDE_PRIMARY, on_rehearsed, NULL);
        ck_assert_ptr_nonnull(r);
        world_start(&w);
        for (unsigned msec = 0; msec < story->seconds * 1000; msec += 250) {
                give(story, r, msec);
                compare_shown(r);
                world_run(&w, USEC_PER_MSEC);
                compare_states(story, r);
                world_run(&w, 249 * USEC_PER_MSEC);
        }
        check_must(story, &guarded);
        compare_accounts(story);
        world_done(&w);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("pair-rehearsal");
        TCase *t = tcase_create("pair-rehearsal");

        tcase_set_timeout(t, 60);
        tcase_add_loop_test(t, test_same_story, 0, ELEMENTSOF(stories));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
