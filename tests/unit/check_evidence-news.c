/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "evidence-news.h"

#define S      USEC_PER_SEC
#define ERRORS SIGNAL_RX_CRC_ERRORS
#define POWER  SIGNAL_RX_POWER

/* What was told last, on which side, of which signal. */
static unsigned told;
static PairSide told_side;
static Signal told_signal;
static EvidenceLevel told_of;

static void take(PairSide side, unsigned news, const Evidence *about, void *userdata) {
        ck_assert_uint_eq(told, 0);
        told = news;
        told_side = side;
        told_signal = about->signal;
        told_of = about->level;
}

/* One signal at that level, or none; returns what is told of it. */
static unsigned look_at(
                EvidenceNews *n, PairSide side, Signal signal, EvidenceLevel level, bool vetoed, usec_t now) {
        Evidence e = { .signal = signal, .level = level, .vetoed = vetoed };

        told = 0;
        evidence_news_update(n, side, &e, level != EVIDENCE_NONE, now, take, NULL);
        if (told) {
                ck_assert_int_eq(told_side, side);
                ck_assert_int_eq(told_signal, signal);
                ck_assert_int_eq(told_of, level);
        }
        return told;
}

static unsigned look(EvidenceNews *n, EvidenceLevel level, bool vetoed, usec_t now) {
        return look_at(n, SIDE_PRIMARY, ERRORS, level, vetoed, now);
}

/* It comes, gets worse, better and worse again, flickers, and stays away. */
START_TEST(test_once) {
        EvidenceNews n = {};

        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 1 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 2 * S), EVIDENCE_NEWS_RAISED | EVIDENCE_NEWS_SUSPECT);
        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 3 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_ALARM, false, 4 * S), EVIDENCE_NEWS_RAISED);
        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 5 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_ALARM, false, 6 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 7 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 16 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 17 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 27 * S - 1), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 27 * S),
                        EVIDENCE_NEWS_CLEARED | EVIDENCE_NEWS_RECOVERED);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 90 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 91 * S), EVIDENCE_NEWS_RAISED | EVIDENCE_NEWS_SUSPECT);
}
END_TEST

/* Of both sides once; the adapter is suspect for it only when the veto falls. */
START_TEST(test_vetoed) {
        EvidenceNews n = {};

        ck_assert_uint_eq(look(&n, EVIDENCE_ALARM, true, 1 * S), EVIDENCE_NEWS_VETOED | EVIDENCE_NEWS_RAISED);
        ck_assert_uint_eq(look_at(&n, SIDE_STANDBY, ERRORS, EVIDENCE_ALARM, true, 1 * S), EVIDENCE_NEWS_RAISED);
        ck_assert_uint_eq(look(&n, EVIDENCE_ALARM, false, 2 * S), EVIDENCE_NEWS_SUSPECT);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 3 * S), 0);
        ck_assert_uint_eq(look(&n, EVIDENCE_NONE, false, 13 * S),
                        EVIDENCE_NEWS_CLEARED | EVIDENCE_NEWS_RECOVERED);
        /* of the other one that never counted, nothing recovers */
        ck_assert_uint_eq(look_at(&n, SIDE_STANDBY, ERRORS, EVIDENCE_NONE, false, 20 * S), 0);
        ck_assert_uint_eq(
                        look_at(&n, SIDE_STANDBY, ERRORS, EVIDENCE_NONE, false, 30 * S), EVIDENCE_NEWS_CLEARED);
}
END_TEST

/* Suspect from the first to the last of several. */
START_TEST(test_several) {
        Evidence both[] = { { .signal = ERRORS, .level = EVIDENCE_WARN },
                { .signal = POWER, .level = EVIDENCE_ALARM } };
        EvidenceNews n = {};

        ck_assert_uint_eq(look(&n, EVIDENCE_WARN, false, 1 * S), EVIDENCE_NEWS_RAISED | EVIDENCE_NEWS_SUSPECT);
        told = 0;
        ck_assert(evidence_news_update(&n, SIDE_PRIMARY, both, 2, 2 * S, take, NULL));
        ck_assert_uint_eq(told, EVIDENCE_NEWS_RAISED);
        ck_assert_int_eq(told_signal, POWER);
        told = 0;
        ck_assert(!evidence_news_update(&n, SIDE_PRIMARY, both, 2, 3 * S, take, NULL));
        ck_assert(evidence_news_update(&n, SIDE_PRIMARY, both + 1, 1, 4 * S, take, NULL));
        ck_assert_uint_eq(told, 0);
        ck_assert(!evidence_news_update(&n, SIDE_PRIMARY, both + 1, 1, 14 * S, take, NULL));
        ck_assert_uint_eq(told, EVIDENCE_NEWS_CLEARED);
        ck_assert_uint_eq(look_at(&n, SIDE_PRIMARY, POWER, EVIDENCE_NONE, false, 15 * S), 0);
        ck_assert_uint_eq(look_at(&n, SIDE_PRIMARY, POWER, EVIDENCE_NONE, false, 25 * S),
                        EVIDENCE_NEWS_CLEARED | EVIDENCE_NEWS_RECOVERED);
}
END_TEST

/* Who shows it to people hears of each change of level, also of those that are not told. */
START_TEST(test_seen) {
        Evidence e = { .signal = POWER, .level = EVIDENCE_ALARM };
        EvidenceNews n = {};

        told = 0;
        ck_assert(evidence_news_update(&n, SIDE_STANDBY, &e, 1, 1 * S, take, NULL));
        told = 0;
        e.level = EVIDENCE_WARN;
        ck_assert(evidence_news_update(&n, SIDE_STANDBY, &e, 1, 2 * S, take, NULL));
        ck_assert(!evidence_news_update(&n, SIDE_STANDBY, &e, 1, 3 * S, take, NULL));
        ck_assert(evidence_news_update(&n, SIDE_STANDBY, NULL, 0, 4 * S, take, NULL));
        ck_assert_uint_eq(told, 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("evidence-news");
        TCase *t = tcase_create("evidence-news");

        tcase_add_test(t, test_once);
        tcase_add_test(t, test_vetoed);
        tcase_add_test(t, test_several);
        tcase_add_test(t, test_seen);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
