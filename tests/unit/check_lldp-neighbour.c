/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "lldp-neighbour.h"

/* clang-format off */
#define HEAD 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x88, 0xcc
#define CHASSIS 0x02, 0x07, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01
#define PORT 0x04, 0x07, 0x05, 'E', 't', 'h', '1', '/', '2'
#define LIFETIME 0x06, 0x02, 0x00, 0x78
#define NAME 0x0a, 0x04, 's', 'w', 0x07, '1'
#define ORGANISATION 0xfe, 0x06, 0x00, 0x80, 0xc2, 0x01, 0x00, 0x01
#define END 0x00, 0x00

static const uint8_t whole[] = { HEAD, CHASSIS, PORT, LIFETIME, NAME, ORGANISATION, END, 0xde, 0xad };
static const uint8_t endless[] = { HEAD, CHASSIS, PORT, LIFETIME };
static const uint8_t addresses[] = { HEAD, 0x02, 0x06, 0x05, 0x01, 192, 0, 2, 1,
        0x04, 0x12, 0x04, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, LIFETIME, END };

static const struct {
        uint8_t bytes[64];
        size_t size;
} wrong[] = {
        { { HEAD }, 14 },
        { { HEAD, CHASSIS }, 23 },
        { { HEAD, PORT, CHASSIS, LIFETIME, END }, 38 },
        { { HEAD, CHASSIS, CHASSIS, PORT, LIFETIME, END }, 47 },
        { { HEAD, CHASSIS, PORT, LIFETIME, PORT, END }, 47 },
        { { HEAD, 0x02, 0x01, 0x04, PORT, LIFETIME, END }, 32 },
        { { HEAD, CHASSIS, PORT, 0x06, 0x01, 0x78, END }, 37 },
        { { HEAD, CHASSIS, 0x05, 0xff, 0x05, 'E' }, 27 },
        { { 0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcd, CHASSIS, PORT, LIFETIME, END }, 38 },
};
/* clang-format on */

START_TEST(test_whole) {
        LldpNeighbour n;

        ck_assert_int_eq(lldp_neighbour_parse(whole, sizeof(whole), &n), 0);
        ck_assert_str_eq(n.chassis, "02:00:00:00:00:01");
        ck_assert_str_eq(n.port, "Eth1/2");
        ck_assert_str_eq(n.system, "sw?1");
        ck_assert_uint_eq(n.lifetime, 120 * USEC_PER_SEC);
        ck_assert_int_eq(lldp_neighbour_parse(endless, sizeof(endless), &n), 0);
        ck_assert_str_eq(n.system, "");
        ck_assert_int_eq(lldp_neighbour_parse(addresses, sizeof(addresses), &n), 0);
        ck_assert_str_eq(n.chassis, "192.0.2.1");
        ck_assert_str_eq(n.port, "2001:db8::5");
}
END_TEST

START_TEST(test_wrong) {
        LldpNeighbour n = { .port = "before" };

        ck_assert_int_eq(lldp_neighbour_parse(wrong[_i].bytes, wrong[_i].size, &n), -EBADMSG);
        ck_assert_str_eq(n.port, "before");
}
END_TEST

/* However much of it arrives. */
START_TEST(test_cut_short) {
        for (size_t size = 0; size < sizeof(whole); size++) {
                uint8_t *copy = malloc(size ?: 1); /* of just that size, for the sanitizer */
                LldpNeighbour n;

                memcpy(copy, whole, size);
                (void) lldp_neighbour_parse(copy, size, &n);
                free(copy);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("lldp-neighbour");
        TCase *t = tcase_create("lldp-neighbour");

        tcase_add_test(t, test_whole);
        tcase_add_loop_test(t, test_wrong, 0, (int) ELEMENTSOF(wrong));
        tcase_add_test(t, test_cut_short);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
