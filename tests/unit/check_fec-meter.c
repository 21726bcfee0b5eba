/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "check-main.h"
#include "fec-meter.h"

#define S USEC_PER_SEC

static FecCount bits(uint64_t n) {
        return (FecCount){ .bits = n, .bits_set = true, .blocks = n / 2, .blocks_set = true };
}

static FecCount blocks(uint64_t n) {
        return (FecCount){ .blocks = n, .blocks_set = true };
}

START_TEST(test_bits) {
        FecMeter m = {};
        FecCount c = bits(1000000);
        double ber = 7;

        ck_assert(!fec_meter_step(&m, &c, 100000, S, &ber)); /* only a baseline */
        c = bits(1000000 + 5000000);
        ck_assert(fec_meter_step(&m, &c, 100000, 6 * S, &ber));
        ck_assert_double_eq_tol(ber, 5000000 / (1e11 * 5), 1e-12);
        ck_assert(fec_meter_step(&m, &c, 100000, 11 * S, &ber));
        ck_assert_double_eq(ber, 0);
}
END_TEST

/* What the header promises of the estimate: how far below the truth it is. */
START_TEST(test_blocks) {
        static const struct {
                double ber, low, high;
        } rows[] = { { 1e-8, 0.99, 1.001 }, { 1e-5, 0.97, 1 }, { 1e-4, 0.75, 0.8 }, { 1e-2, 0, 0.02 } };
        double codewords = 1e11 * 5 / 5440, corrected, ber;
        FecMeter m = {};
        FecCount c = blocks(0);

        corrected = codewords * -expm1(5440 * log1p(-rows[_i].ber));
        ck_assert(!fec_meter_step(&m, &c, 100000, S, &ber));
        c = blocks((uint64_t) corrected);
        ck_assert(fec_meter_step(&m, &c, 100000, 6 * S, &ber));
        ck_assert_double_ge(ber / rows[_i].ber, rows[_i].low);
        ck_assert_double_le(ber / rows[_i].ber, rows[_i].high);
}
END_TEST

START_TEST(test_nothing_to_say) {
        FecMeter m = {};
        FecCount none = {}, c = blocks(10);
        double ber = 7;

        ck_assert(!fec_meter_step(&m, &none, 100000, S, &ber));
        ck_assert(!fec_meter_step(&m, &c, 0, 2 * S, &ber));
        c = blocks(20);
        ck_assert(!fec_meter_step(&m, &c, 0, 3 * S, &ber)); /* no speed */
        c = bits(30);                                       /* another counter than before */
        ck_assert(!fec_meter_step(&m, &c, 100000, 4 * S, &ber));
        c = bits(5); /* reset */
        ck_assert(!fec_meter_step(&m, &c, 100000, 5 * S, &ber));
        ck_assert(!fec_meter_step(&m, &c, 100000, 5 * S, &ber)); /* no time */
        ck_assert_double_eq(ber, 7);
        c = bits(5);
        ck_assert(fec_meter_step(&m, &c, 100000, 6 * S, &ber));
        /* ice: a counter of 32 bits */
        m = (FecMeter){};
        c = blocks(UINT32_MAX - 9);
        ck_assert(!fec_meter_step(&m, &c, 25000, 1 * S, &ber));
        c = blocks(15);
        ck_assert(fec_meter_step(&m, &c, 25000, 2 * S, &ber));
        ck_assert_double_eq_tol(ber, 25 / 25e9, 1e-15);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("fec-meter");
        TCase *t = tcase_create("fec-meter");

        tcase_add_test(t, test_bits);
        tcase_add_loop_test(t, test_blocks, 0, 4);
        tcase_add_test(t, test_nothing_to_say);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
