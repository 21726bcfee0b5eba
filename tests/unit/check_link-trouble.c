/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words are those that ethtool(8) prints behind "Link detected: no". */

#include <string.h>

#include "check-main.h"
#include "link-trouble.h"
#include "macro.h"

static const struct {
        LinkTrouble trouble;
        const char *words, *advice; /* what the advice has in it */
} rows[] = {
        { { false, 4, 0 }, "", NULL },
        { { true, 0, 0 }, "Autoneg", "far end" },
        { { true, 0, 1 }, "Autoneg, No partner detected", "negotiates" },
        { { true, 0, 4 }, "Autoneg, No partner detected during force mode", "same speed" },
        { { true, 0, 6 }, "Autoneg, No HCD", "no speed in common" },
        { { true, 1, 3 }, "Link training failure, KR Link partner did not set receiver ready", "cable" },
        { { true, 1, 4 }, "Link training failure, Remote side is not ready yet", "far end" },
        { { true, 2, 5 }, "Logical mismatch, RS FEC is not locked", "FEC" },
        { { true, 3, 1 }, "Bad signal integrity, Large number of physical errors",
                        "clean or replace the cable" },
        { { true, 3, 4 }, "Bad signal integrity, Serdes ALOS", "no signal" },
        { { true, 4, 0 }, "No cable", "plug" },
        { { true, 5, 1 }, "Cable issue, Unsupported cable", "supports" },
        { { true, 5, 2 }, "Cable issue, Cable test failure", "replace the cable" },
        { { true, 6, 0 }, "EEPROM issue", "reseat" },
        { { true, 7, 0 }, "Calibration failure", "firmware" },
        { { true, 8, 0 }, "Power budget exceeded", "power" },
        { { true, 9, 0 }, "Overheat", "fans" },
        { { true, 10, 1 }, "Module, CMIS module is not in ModuleReady state", "transceiver" },
        { { true, 11, 0 }, "OTP speed violation", "lower" },
        { { true, 12, 0 }, "BMC request down", "management controller" },
        /* of a later kernel */
        { { true, 5, 200 }, "Cable issue, substate 200", "replace the cable" },
        { { true, 13, 0 }, "extended state 13", NULL },
        { { true, 255, 255 }, "extended state 255, substate 255", NULL },
};

START_TEST(test_words) {
        const char *advice = link_trouble_advice(&rows[_i].trouble);

        ck_assert_str_eq(LINK_TROUBLE_TEXT(&rows[_i].trouble), rows[_i].words);
        if (!rows[_i].advice)
                ck_assert_ptr_null(advice);
        else
                ck_assert_msg(advice && strstr(advice, rows[_i].advice), "%s", advice ?: "none");
}
END_TEST

/* None is cut off, and what has no words is told as a number behind those of its state. */
START_TEST(test_every_number) {
        for (unsigned state = 0; state < 256; state++) {
                char first[LINK_TROUBLE_TEXT_MAX];
                LinkTrouble t = { true, (uint8_t) state, 0 };

                link_trouble_format(&t, first);
                ck_assert_int_eq(link_trouble_advice(&t) != NULL, state <= 12);
                ck_assert_int_eq(strstr(first, "extended state") != NULL, state > 12);
                for (unsigned substate = 1; substate < 256; substate++) {
                        char text[LINK_TROUBLE_TEXT_MAX];

                        t.substate = (uint8_t) substate;
                        link_trouble_format(&t, text);
                        ck_assert_uint_lt(strlen(text), sizeof(text) - 1);
                        ck_assert_int_eq(strncmp(text, first, strlen(first)), 0);
                        ck_assert_int_eq(strncmp(text + strlen(first), ", ", 2), 0);
                }
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("link-trouble");
        TCase *t = tcase_create("link-trouble");

        tcase_add_loop_test(t, test_words, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_every_number);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
