/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair in virtual time whose ordinary probes pass every 50 ms, and frames of some ways do not. */

#include "check-main.h"
#include "path-survey.h"

#define A       SIDE_PRIMARY
#define B       SIDE_STANDBY
#define EVERY   (50 * USEC_PER_MSEC)
#define TIMEOUT (150 * USEC_PER_MSEC)
#define LONG    1514

static const char *const names[] = { "eth0", "eth1" };
static const FrameTag vlan42 = { 0x8100, 42 }, vlan43 = { 0x88a8, 43 };

static PathSurvey survey;
static usec_t now;
static unsigned sent, most; /* in all, at one time */
static uint64_t lost[4][2]; /* codes and from which side: these vanish */
static size_t n_lost;
static PairSide spare, asked; /* of whom is asked */
static bool turbulent;        /* ordinary probes do not all pass: not judged */
static char reason[128];

static void setup(void) {
        path_survey_done(&survey);
        path_survey_init(&survey, EVERY);
        now = 5 * USEC_PER_SEC;
        sent = most = 0;
        n_lost = 0;
        turbulent = false;
        spare = asked = B;
}

static void lose(FrameTag tag, unsigned length, PairSide from) {
        SurveyWay w = { .tag = tag, .length = length };

        lost[n_lost][0] = path_survey_code(&w);
        lost[n_lost++][1] = (uint64_t) from;
}

static bool passes(uint64_t code, PairSide from) {
        for (size_t i = 0; i < n_lost; i++)
                if (lost[i][0] == code && lost[i][1] == (uint64_t) from)
                        return false;
        return true;
}

static void step(void) {
        unsigned n = 0;

        if (!turbulent)
                path_survey_judge(&survey, spare, TIMEOUT, now);
        for (size_t quota = path_survey_quota(&survey, EVERY); quota > 0; quota--) {
                SurveyWay *w = path_survey_next(&survey, now);
                uint64_t code;

                if (!w)
                        break;
                code = path_survey_code(w);
                path_survey_asked(w, now);
                for (PairSide s = A; s <= B; s++) {
                        path_survey_sent(w, s);
                        n++;
                        if (passes(code, s))
                                ck_assert(path_survey_receive(&survey, code, s, now));
                }
        }
        sent += n;
        most = MAX(most, n);
        now += EVERY;
}

static void run(usec_t duration) {
        for (usec_t end = now + duration; now < end;)
                step();
}

static bool is_good(void) {
        reason[0] = 0;
        return path_survey_passes(&survey, asked, names, reason, sizeof(reason));
}

START_TEST(test_nothing_to_ask) {
        run(USEC_PER_SEC);
        ck_assert_uint_eq(sent, 0);
        ck_assert(is_good());
}
END_TEST

START_TEST(test_pace) {
        ck_assert_int_eq(path_survey_set(&survey, LONG, &vlan42, 1), 0);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of 1514 octets are not known to pass between eth0 and eth1");
        step();
        ck_assert(is_good());
        run(10 * USEC_PER_SEC);
        ck_assert_uint_eq(sent, 2 * 2 * 11);
        ck_assert(is_good());
}
END_TEST

START_TEST(test_never_passed) {
        static const struct {
                unsigned sides; /* from which it is lost */
                const char *reason;
        } cases[] = {
                { 1u << A, "frames of VLAN 42 do not pass from eth0 to eth1" },
                { 1u << B, "frames of VLAN 42 do not pass from eth1 to eth0" },
                { 1u << A | 1u << B, "frames of VLAN 42 do not pass between eth0 and eth1" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                setup();
                for (PairSide s = A; s <= B; s++)
                        if (cases[i].sides & 1u << s)
                                lose(vlan42, 0, s);
                ck_assert_int_eq(path_survey_set(&survey, LONG, &vlan42, 1), 0);
                step();
                ck_assert(!is_good());
                ck_assert_str_eq(reason, "frames of VLAN 42 are not known to pass between eth0 and eth1");
                run(400 * USEC_PER_MSEC); /* three, and a timeout */
                ck_assert(!is_good());
                ck_assert_str_eq(reason, cases[i].reason);
                /* the switch is put right */
                n_lost = 0;
                run(USEC_PER_SEC);
                ck_assert(is_good());
        }
}
END_TEST

/* A few are forgiven, and what is still on its way is no loss. */
START_TEST(test_ceases) {
        path_survey_set(&survey, LONG, &vlan43, 1);
        run(3 * USEC_PER_SEC);
        lose((FrameTag){}, LONG, A);
        run(2 * USEC_PER_SEC);
        ck_assert(is_good());
        run(1200 * USEC_PER_MSEC);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of 1514 octets do not pass from eth0 to eth1");
        lose(vlan43, 0, A);
        lose(vlan43, 0, B);
        run(4 * USEC_PER_SEC);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of 1514 octets and 1 other kind do not pass from eth0 to eth1");
        n_lost = 0;
        lose(vlan43, 0, A);
        run(USEC_PER_SEC);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of VLAN 43 (802.1ad) do not pass from eth0 to eth1");
}
END_TEST

/* An adapter that corrupts one bit in 100000 lets short frames pass and few long ones: that is not the spare's
 * fault. What was known stays. */
START_TEST(test_turbulence) {
        path_survey_set(&survey, LONG, NULL, 0);
        run(3 * USEC_PER_SEC);
        turbulent = true;
        lose((FrameTag){}, LONG, A);
        run(USEC_PER_MINUTE);
        ck_assert(is_good());
        turbulent = false;
        step();
        ck_assert(!is_good());
        turbulent = true;
        run(USEC_PER_SEC);
        ck_assert(!is_good());
        n_lost = 0;
        run(USEC_PER_SEC);
        ck_assert(is_good());
}
END_TEST

/* The spare lacks a VLAN and must serve all the same: traffic may return to the other one. */
START_TEST(test_blame_stays) {
        path_survey_set(&survey, LONG, &vlan42, 1);
        lose(vlan42, 0, A);
        run(USEC_PER_SEC);
        ck_assert(!is_good());
        spare = asked = A;
        run(5 * USEC_PER_SEC);
        ck_assert(is_good());
        asked = B;
        ck_assert(!is_good());
        /* it passed in the meantime, and fails again: whoever is the spare now */
        n_lost = 0;
        run(USEC_PER_SEC);
        lose(vlan42, 0, B);
        run(5 * USEC_PER_SEC);
        ck_assert(is_good());
        asked = A;
        ck_assert(!is_good());
}
END_TEST

/* What is added to a pair that was all right is tried before anything is said of it. */
START_TEST(test_changes) {
        const FrameTag both[] = { vlan42, vlan43 };

        path_survey_set(&survey, LONG, &vlan42, 1);
        run(3 * USEC_PER_SEC);
        lose(vlan43, 0, A);
        path_survey_set(&survey, 9014, both, 2);
        ck_assert(is_good());
        step();
        ck_assert(is_good());
        run(400 * USEC_PER_MSEC);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of VLAN 43 (802.1ad) do not pass from eth0 to eth1");
        /* what was known of the others is not asked again at once */
        sent = 0;
        path_survey_set(&survey, 9014, &vlan42, 1);
        ck_assert(is_good());
        ck_assert(!path_survey_receive(&survey, path_survey_code(&(SurveyWay){ .tag = vlan43 }), A, now));
        path_survey_set(&survey, 0, NULL, 0);
        ck_assert(is_good());
        run(USEC_PER_SEC);
        ck_assert_uint_eq(sent, 0);
}
END_TEST

START_TEST(test_passing_vlan) {
        const FrameTag both[] = { vlan42, vlan43 };

        path_survey_set(&survey, LONG, both, 2);
        ck_assert_ptr_null(path_survey_passing_vlan(&survey, 0));
        lose(vlan42, 0, A);
        step();
        ck_assert_uint_eq(path_survey_passing_vlan(&survey, 0)->vlan, 43);
        ck_assert_ptr_null(path_survey_passing_vlan(&survey, now));
        ck_assert(path_survey_has_vlan(&survey, &vlan43));
        ck_assert(!path_survey_has_vlan(&survey, &(FrameTag){ 0x8100, 43 }));
        /* only of long frames nothing is known any more */
        sent = 0;
        path_survey_forget_long(&survey);
        lose(vlan43, 0, A);
        now += EVERY;
        step();
        ck_assert_uint_eq(path_survey_passing_vlan(&survey, 0)->vlan, 43);
        ck_assert_uint_eq(sent, 4); /* and of VLAN 42 */
}
END_TEST

/* Hundreds of VLANs: as many as there is room for, each once a second, never many at once. */
START_TEST(test_many) {
        FrameTag many[PATH_SURVEY_VLANS_MAX + 10];

        for (size_t i = 0; i < ELEMENTSOF(many); i++)
                many[i] = (FrameTag){ 0x8100, (uint16_t) (i + 1) };
        path_survey_set(&survey, LONG, many, ELEMENTSOF(many));
        run(2 * USEC_PER_SEC);
        ck_assert(is_good());
        ck_assert_uint_eq(sent, 2 * 2 * (PATH_SURVEY_VLANS_MAX + 1));
        ck_assert_uint_le(most, 2 * PATH_SURVEY_TOGETHER);
        lose(many[100], 0, B);
        run(5 * USEC_PER_SEC);
        ck_assert(!is_good());
        ck_assert_str_eq(reason, "frames of VLAN 101 do not pass from eth1 to eth0");

        /* rare probes: all of them with each */
        path_survey_set_interval(&survey, USEC_PER_MINUTE);
        ck_assert_uint_ge(path_survey_quota(&survey, USEC_PER_MINUTE), survey.n_ways);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("path-survey");
        TCase *t = tcase_create("path-survey");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_nothing_to_ask);
        tcase_add_test(t, test_pace);
        tcase_add_test(t, test_never_passed);
        tcase_add_test(t, test_ceases);
        tcase_add_test(t, test_turbulence);
        tcase_add_test(t, test_blame_stays);
        tcase_add_test(t, test_changes);
        tcase_add_test(t, test_passing_vlan);
        tcase_add_test(t, test_many);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
