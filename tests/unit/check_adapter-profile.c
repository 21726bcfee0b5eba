/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-profile.h"
#include "check-main.h"

/* Every attribute is described, bounded by limits only, and belongs to the item of its bounds. */
START_TEST(test_table) {
        bool item_seen[_PRIME_ITEM_MAX] = {};

        for (AdapterAttribute a = ATTRIBUTE_NONE + 1; a < _ADAPTER_ATTRIBUTE_MAX; a++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(a);

                ck_assert_msg(info->name != NULL, "attribute %d has no row", a);
                ck_assert(info->item >= 0 && info->item < _PRIME_ITEM_MAX);
                item_seen[info->item] = true;
                if (info->maximum)
                        ck_assert(adapter_attribute_info(info->maximum)->limit);
                if (info->minimum)
                        ck_assert(adapter_attribute_info(info->minimum)->limit);
                if (info->governor)
                        ck_assert_int_eq(adapter_attribute_info(info->governor)->format, FORMAT_SWITCH);
        }
        for (PrimeItemId i = 0; i < _PRIME_ITEM_MAX; i++) {
                ck_assert_msg(item_seen[i], "no attribute for %s", prime_item_to_string(i));
                ck_assert_ptr_nonnull(prime_item_to_string(i));
        }
}
END_TEST

static const struct {
        const char *text;
        int r;
        const char *again; /* as it is written */
} masks[] = {
        { "0", 0, "0" },
        { "3\n", 0, "3" },
        { "00000000,00000001", 0, "1" },
        { "ff,00000003", 0, "ff,00000003" },
        { "Ff", 0, "ff" },
        { "1,00000000,00000000,00000000", 0, "1,00000000,00000000,00000000" },
        { "", -EINVAL, NULL },
        { ",", -EINVAL, NULL },
        { "0x3", -EINVAL, NULL },
        { "-1", -EINVAL, NULL },
};

START_TEST(test_mask) {
        AdapterValue v = adapter_value_number(42);
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_int_eq(adapter_value_parse_mask(masks[_i].text, &v), masks[_i].r);
        if (masks[_i].r < 0)
                ck_assert_uint_eq(v.word[0], 42);
        else
                ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_MASK), masks[_i].again);
}
END_TEST

START_TEST(test_mask_bounds) {
        char digits[ADAPTER_CPUS_MAX / 4 + 2], text[ADAPTER_VALUE_TEXT_MAX];
        AdapterValue v = {}, w = {};

        memset(digits, 'f', sizeof(digits));
        digits[ADAPTER_CPUS_MAX / 4] = 0;
        ck_assert_int_eq(adapter_value_parse_mask(digits, &v), 0);
        ck_assert_uint_eq(v.word[ADAPTER_VALUE_WORDS - 1], UINT64_MAX);
        adapter_value_format(text, &v, FORMAT_MASK);
        ck_assert_uint_eq(strlen(text), 32 * 9 - 1);
        ck_assert_int_eq(adapter_value_parse_mask(text, &w), 0);
        ck_assert(adapter_value_equal(&v, &w));
        digits[ADAPTER_CPUS_MAX / 4] = '1';
        digits[ADAPTER_CPUS_MAX / 4 + 1] = 0;
        ck_assert_int_eq(adapter_value_parse_mask(digits, &w), -ERANGE);
        digits[0] = '0'; /* leading zeroes are no bits */
        ck_assert_int_eq(adapter_value_parse_mask(digits, &w), 0);

        ck_assert(adapter_value_truncate(&v, 65));
        ck_assert_uint_eq(v.word[0], UINT64_MAX);
        ck_assert_uint_eq(v.word[1], 1);
        ck_assert_uint_eq(v.word[2], 0);
        ck_assert(!adapter_value_truncate(&v, 65));
        ck_assert(adapter_value_truncate(&v, 0));
        ck_assert(adapter_value_is_zero(&v));
}
END_TEST

START_TEST(test_format) {
        AdapterValue unset = {}, on = adapter_value_number(1), n = adapter_value_number(UINT64_MAX);
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_str_eq(adapter_value_format(text, &unset, FORMAT_MASK), "-");
        ck_assert_str_eq(adapter_value_format(text, &on, FORMAT_SWITCH), "on");
        ck_assert_str_eq(adapter_value_format(text, &n, FORMAT_NUMBER), "18446744073709551615");
}
END_TEST

START_TEST(test_profile) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new(), *q = adapter_profile_new();

        ck_assert(adapter_profile_equal(p, q));
        p->ifindex = 7; /* identity does not count */
        ck_assert(adapter_profile_equal(p, q));
        p->value[ATTRIBUTE_MTU] = adapter_value_number(1500);
        ck_assert(!adapter_profile_equal(p, q));
        q->value[ATTRIBUTE_MTU] = adapter_value_number(1500);
        ck_assert(adapter_profile_equal(p, q));
        *adapter_profile_at(p, ATTRIBUTE_RPS_FLOW_COUNT, 255) = adapter_value_number(1);
        ck_assert(!adapter_profile_equal(p, q));
        ck_assert_uint_eq(p->rps_flow_count[255].word[0], 1);
        ck_assert_ptr_null(adapter_profile_at(p, ATTRIBUTE_RPS_FLOW_COUNT, 256));
        ck_assert_ptr_null(adapter_profile_at(p, ATTRIBUTE_FEATURE, 0));
        ck_assert_ptr_null(adapter_profile_feature(p, ""));
        adapter_profile_clear(p, UINT64_C(1) << PRIME_RPS);
        ck_assert(adapter_profile_equal(p, q));
        adapter_profile_clear(p, UINT64_C(1) << PRIME_MTU);
        ck_assert(!p->value[ATTRIBUTE_MTU].set);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("adapter-profile");
        TCase *t = tcase_create("adapter-profile");

        tcase_add_test(t, test_table);
        tcase_add_loop_test(t, test_mask, 0, ELEMENTSOF(masks));
        tcase_add_test(t, test_mask_bounds);
        tcase_add_test(t, test_format);
        tcase_add_test(t, test_profile);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
