/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "check-main.h"
#include "laser-record.h"

static ModuleWatch watch_of(const char *serial, unsigned n_lanes) {
        ModuleWatch w = { .now.n_lanes = n_lanes };

        snprintf(w.now.vendor, sizeof(w.now.vendor), "FINISAR CORP.");
        snprintf(w.now.part_number, sizeof(w.now.part_number), "FTLX8571D3BCL");
        snprintf(w.now.serial, sizeof(w.now.serial), "%s", serial);
        return w;
}

/* There and back, by way of a text. */
START_TEST(test_round) {
        ModuleWatch old = watch_of("AG50JX9", MODULE_LANES_MAX), new = watch_of("AG50JX9", MODULE_LANES_MAX);
        char text[LASER_RECORD_SIZE_MAX];
        LaserRecord r;
        double rise;

        ck_assert(!laser_record_take(&r, &old));
        for (unsigned lane = 1; lane < MODULE_LANES_MAX; lane++)
                old.laser[lane] = laser_age_since(6 + lane, -5.5);
        ck_assert(laser_record_take(&r, &old));
        laser_record_format(&r, text);
        ck_assert_uint_lt(strlen(text), LASER_RECORD_SIZE_MAX - 1);
        ck_assert_int_eq(laser_record_parse(text, &r), 0);
        ck_assert(laser_record_give(&r, &new));
        /* that laser was off then */
        ck_assert(!laser_age_is_known(new.laser));
        ck_assert(laser_age_step(new.laser + 2, 12, -6, 1, &rise));
        ck_assert_double_eq_tol(rise, 0.5, 1e-3);
}
END_TEST

START_TEST(test_other_module) {
        ModuleWatch old = watch_of("AG50JX9", 1), other = watch_of("AG50JX8", 1), nameless = watch_of("", 1);
        LaserRecord r;

        old.laser[0] = nameless.laser[0] = laser_age_since(6, 40);
        ck_assert(laser_record_take(&r, &old));
        ck_assert(!laser_record_give(&r, &other));
        ck_assert(!laser_age_is_known(other.laser));
        /* it could be any */
        ck_assert(!laser_record_take(&r, &nameless));
}
END_TEST

#define HEAD  "primed-lasers 1\nvendor V\npart P\nserial S\n"
#define LANES "lane 6 40\nlane 6 40\nlane 6 40\nlane 6 40\n"

START_TEST(test_damaged) {
        static const char *const wrong[] = {
                "",
                "primed-lasers 2\nvendor V\npart P\nserial S\n",
                "primed-lasers 11\nvendor V\npart P\nserial S\n",
                "primed-lasers 1\nvendor V\npart P\nserial S",
                "primed-lasers 1\nvendor V\nserial S\npart P\n",
                "primed-lasers 1\nvendor 01234567890123456\npart P\nserial S\n",
                HEAD "lane\n",
                HEAD "lane 6\n",
                HEAD "lane 6 40\nlane",
                HEAD "lane 6 40 3\n",
                HEAD "lane -1 40\n",
                HEAD "lane nan 40\n",
                HEAD "lane 6 inf\n",
                HEAD "lane 1e9 40\n",
                HEAD LANES LANES "lane 6 40\n",
                HEAD "lane 6 40\n\n",
        };
        LaserRecord r = { .n_lanes = 7 };
        char text[512];

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                snprintf(text, sizeof(text), "%s", wrong[i]);
                ck_assert_msg(laser_record_parse(text, &r) == -EBADMSG, "taken: %s", wrong[i]);
                ck_assert_uint_eq(r.n_lanes, 7);
        }
        snprintf(text, sizeof(text), HEAD LANES LANES);
        ck_assert_int_eq(laser_record_parse(text, &r), 0);
        ck_assert_uint_eq(r.n_lanes, 8);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("laser-record");
        TCase *t = tcase_create("laser-record");

        tcase_add_test(t, test_round);
        tcase_add_test(t, test_other_module);
        tcase_add_test(t, test_damaged);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
