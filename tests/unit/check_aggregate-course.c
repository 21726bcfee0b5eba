/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aggregate-course.h"
#include "check-main.h"
#include "lacp-port.h"
#include "redirect-map.h"

static AggregatePort port[_PAIR_SIDE_MAX];

static const AggregatePort carries = { .wanted = true, .partner_carries = true };
static const AggregatePort left = { .diverted = true, .drained = true, .parted = true };

static void setup(void) {
        port[SIDE_PRIMARY] = port[SIDE_STANDBY] = carries;
}

/* Steps until there is none. */
static unsigned go(AggregateStep *steps, unsigned max) {
        unsigned n = 0;
        PairSide side;

        while ((steps[n] = aggregate_course_next(port, &side)) != AGGREGATE_STEP_NONE) {
                aggregate_course_take(port, steps[n], side);
                ck_assert(!(port[SIDE_PRIMARY].diverted && port[SIDE_STANDBY].diverted));
                ck_assert_uint_lt(++n, max);
        }
        return n;
}

static void expect(AggregateStep step) {
        AggregateStep steps[4];

        ck_assert_uint_eq(go(steps, 4), step != AGGREGATE_STEP_NONE);
        ck_assert_int_eq(steps[0], step);
}

static void both(bool want_primary, bool want_standby) {
        port[SIDE_PRIMARY].wanted = want_primary;
        port[SIDE_STANDBY].wanted = want_standby;
}

START_TEST(test_rest) {
        expect(AGGREGATE_STEP_NONE);
        ck_assert(aggregate_course_is_settled(port + SIDE_PRIMARY));
        ck_assert_uint_eq(aggregate_course_mode(port, SIDE_PRIMARY), 0);
}
END_TEST

/* Egress first, and what was queued, since the partner stops collecting when it stops distributing. */
START_TEST(test_leave) {
        PairSide side = _i ? SIDE_STANDBY : SIDE_PRIMARY;

        both(side != SIDE_PRIMARY, side != SIDE_STANDBY);
        expect(AGGREGATE_STEP_DIVERT);
        port[side].drained = true;
        expect(AGGREGATE_STEP_PART);
        ck_assert(!aggregate_course_is_settled(port + side));
        port[side].partner_carries = false;
        expect(AGGREGATE_STEP_NONE);
        ck_assert(aggregate_course_is_settled(port + side));
        ck_assert_uint_eq(aggregate_course_mode(port, pair_side_other(side)),
                        REDIRECT_AGGREGATE_DIVERTED((unsigned) side) |
                                        REDIRECT_AGGREGATE_PARTED((unsigned) side) |
                                        (side == SIDE_PRIMARY ? REDIRECT_INGRESS_STANDBY |
                                                                                        REDIRECT_EGRESS_STANDBY
                                                              : 0));
}
END_TEST

/* Egress last, when the partner collects. */
START_TEST(test_return) {
        port[SIDE_PRIMARY] = left;
        both(true, true);
        expect(AGGREGATE_STEP_JOIN);
        ck_assert(!aggregate_course_is_settled(port + SIDE_PRIMARY));
        port[SIDE_PRIMARY].partner_carries = true;
        expect(AGGREGATE_STEP_RESUME);
        ck_assert(aggregate_course_is_settled(port + SIDE_PRIMARY));
}
END_TEST

/* From one to the other: the one is left when the other carries, never before. */
START_TEST(test_change_over) {
        port[SIDE_PRIMARY] = left;
        both(true, false);
        expect(AGGREGATE_STEP_JOIN);
        port[SIDE_PRIMARY].partner_carries = true;
        ck_assert(!port[SIDE_STANDBY].diverted);
        {
                AggregateStep steps[4];

                ck_assert_uint_eq(go(steps, 4), 2);
                ck_assert_int_eq(steps[0], AGGREGATE_STEP_RESUME);
                ck_assert_int_eq(steps[1], AGGREGATE_STEP_DIVERT);
        }
        port[SIDE_STANDBY].drained = true;
        expect(AGGREGATE_STEP_PART);
}
END_TEST

/* Whatever the order of events, something carries. */
START_TEST(test_any_course) {
        uint32_t random = (uint32_t) _i * 2654435761u + 1;
        AggregateStep steps[8];

        for (unsigned n = 0; n < 2000; n++) {
                AggregatePort *p;

                random = random * 1664525u + 1013904223u;
                p = port + (random >> 31);
                switch (random >> 28 & 3) {
                case 0:
                        both(random >> 20 & 1, !(random >> 20 & 1) || (random >> 21 & 1));
                        break;
                case 1:
                        p->partner_carries = !p->parted;
                        break;
                case 2:
                        p->drained = p->diverted;
                        break;
                default:
                        break;
                }
                (void) go(steps, 8);
                ck_assert(!(port[SIDE_PRIMARY].parted && port[SIDE_STANDBY].parted));
        }
        for (unsigned n = 0; n < 8; n++) {
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        port[s].drained = port[s].diverted;
                        port[s].partner_carries = !port[s].parted;
                }
                (void) go(steps, 8);
        }
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert(aggregate_course_is_settled(port + s));
}
END_TEST

START_TEST(test_take_up) {
        static const struct {
                uint32_t word;
                PairSide serving;
                bool wanted[_PAIR_SIDE_MAX];
        } rows[] = {
                { 0, SIDE_PRIMARY, { true, true } },
                { REDIRECT_GUARD, SIDE_PRIMARY, { true, true } },
                { REDIRECT_INGRESS_STANDBY | REDIRECT_EGRESS_STANDBY, SIDE_STANDBY, { true, true } },
                { REDIRECT_AGGREGATE_DIVERTED(0) | REDIRECT_EGRESS_STANDBY, SIDE_STANDBY, { false, true } },
                { REDIRECT_AGGREGATE_DIVERTED(1) | REDIRECT_AGGREGATE_PARTED(1), SIDE_PRIMARY,
                                { true, false } },
                /* primary was on its way back, and the standby not left yet */
                { REDIRECT_AGGREGATE_DIVERTED(0), SIDE_PRIMARY, { false, true } },
        };

        ck_assert_int_eq(aggregate_course_take_up(port, rows[_i].word), rows[_i].serving);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                ck_assert_int_eq(port[s].wanted, rows[_i].wanted[s]);
}
END_TEST

START_TEST(test_proof) {
        static const struct {
                LacpPort port;
                bool carries;
                const char *why; /* NULL: proved */
        } rows[] = {
                { { true, 0x3d, 0x3d }, true, NULL },
                { { true, 0x3d, 0x0d }, false, NULL },
                { { true, 0x3d, 0x0d }, true, "its LACP partner does not collect and distribute" },
                { { true, 0x3d, 0x05 }, false, "its LACP partner is out of sync" },
                { { false, 0x3d, 0x3d }, true, "LACP has not put it into the bond's active aggregator" },
                { { true, 0x45, 0x3d }, true, "LACP hears nothing from its partner" },
                { { true, 0x85, 0x3d }, false, "LACP hears nothing from its partner" },
        };
        char why[80] = "";

        ck_assert_int_eq(
                        lacp_port_is_proved(&rows[_i].port, rows[_i].carries, why, sizeof(why)), !rows[_i].why);
        if (rows[_i].why)
                ck_assert_str_eq(why, rows[_i].why);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("aggregate-course");
        TCase *t = tcase_create("aggregate-course");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_rest);
        tcase_add_loop_test(t, test_leave, 0, 2);
        tcase_add_test(t, test_return);
        tcase_add_test(t, test_change_over);
        tcase_add_loop_test(t, test_any_course, 0, 50);
        tcase_add_loop_test(t, test_take_up, 0, 6);
        tcase_add_loop_test(t, test_proof, 0, 7);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
