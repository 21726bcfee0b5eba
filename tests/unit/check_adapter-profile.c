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
                ck_assert(!info->listed || adapter_attribute_is_entry(a));
                if (info->offered)
                        ck_assert(info->listed && adapter_attribute_info(info->offered)->scope == SCOPE_DEVICE);
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
        ck_assert_uint_eq(v.word[ADAPTER_MASK_WORDS - 1], UINT64_MAX);
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
        *adapter_profile_at(p, ATTRIBUTE_RPS_FLOW_COUNT, 255, NULL) = adapter_value_number(1);
        ck_assert(!adapter_profile_equal(p, q));
        ck_assert_uint_eq(p->rps_flow_count[255].word[0], 1);
        ck_assert_ptr_null(adapter_profile_at(p, ATTRIBUTE_RPS_FLOW_COUNT, 256, NULL));
        ck_assert_ptr_null(adapter_profile_at(p, ATTRIBUTE_FEATURE, 0, "rx-gro"));
        ck_assert_ptr_null(adapter_profile_feature(p, ""));
        adapter_profile_clear(p, UINT64_C(1) << PRIME_RPS);
        ck_assert(adapter_profile_equal(p, q));
        adapter_profile_clear(p, UINT64_C(1) << PRIME_MTU);
        ck_assert(!p->value[ATTRIBUTE_MTU].set);
}
END_TEST

/* Entries are kept in order whatever the order they come in, found by name and place, and compared. */
START_TEST(test_entries) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new(), *q = adapter_profile_new();
        static const unsigned places[] = { 7, 0, 3, UINT32_MAX, 1 };
        const AdapterEntry *entries;
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                *adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, places[i], NULL) = adapter_value_number(i + 1);
                *adapter_profile_add(q, ATTRIBUTE_FLOW_RULE, places[4 - i], NULL) = adapter_value_number(5 - i);
        }
        *adapter_profile_add(p, ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx") = adapter_value_number(1);
        ck_assert(!adapter_profile_equal(p, q));
        *adapter_profile_add(q, ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx") = adapter_value_number(1);
        ck_assert(adapter_profile_equal(p, q));
        entries = adapter_profile_entries(p, ATTRIBUTE_FLOW_RULE, &n);
        ck_assert_uint_eq(n, ELEMENTSOF(places));
        for (size_t i = 1; i < n; i++)
                ck_assert_uint_lt(entries[i - 1].place, entries[i].place);
        ck_assert_uint_eq(adapter_profile_get(p, ATTRIBUTE_FLOW_RULE, 3, NULL)->word[0], 3);
        ck_assert_ptr_null(adapter_profile_get(p, ATTRIBUTE_FLOW_RULE, 2, NULL));
        ck_assert_ptr_null(adapter_profile_get(p, ATTRIBUTE_PRIVATE_FLAG, 0, "legacy"));
        adapter_profile_at(p, ATTRIBUTE_FLOW_RULE, 3, NULL)->word[0] = 9;
        ck_assert(!adapter_profile_equal(p, q));
        adapter_profile_remove(p, ATTRIBUTE_FLOW_RULE, 3, NULL);
        adapter_profile_remove(p, ATTRIBUTE_FLOW_RULE, 3, NULL);
        adapter_profile_remove(q, ATTRIBUTE_FLOW_RULE, 3, NULL);
        ck_assert(adapter_profile_equal(p, q));
        adapter_profile_clear(p, UINT64_C(1) << PRIME_FLOW_RULES);
        ck_assert_uint_eq(p->n_entries, 1);
        ck_assert_uint_eq(adapter_profile_get(p, ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx")->word[0], 1);
}
END_TEST

START_TEST(test_entries_bounds) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        char name[ADAPTER_NAME_MAX + 1] = "";

        memset(name, 'x', ADAPTER_NAME_MAX);
        ck_assert_ptr_null(adapter_profile_add(p, ATTRIBUTE_PRIVATE_FLAG, 0, name));
        ck_assert(p->truncated);
        name[ADAPTER_NAME_MAX - 1] = 0;
        ck_assert_ptr_nonnull(adapter_profile_add(p, ATTRIBUTE_PRIVATE_FLAG, 0, name));
        p->truncated = false;
        for (unsigned i = 1; i < ADAPTER_ENTRIES_MAX; i++)
                ck_assert_ptr_nonnull(adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, i, NULL));
        ck_assert(!p->truncated);
        ck_assert_ptr_null(adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, 0, NULL));
        ck_assert(p->truncated);
        ck_assert_ptr_nonnull(adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, 5, NULL));
}
END_TEST

/* Not there is not the same as not offered. */
START_TEST(test_absent) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        AdapterValue absent = adapter_value_absent(), zero = adapter_value_number(0), v;
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert(!adapter_profile_value(p, ATTRIBUTE_FLOW_RULE, 1, NULL).set);
        ck_assert(!adapter_profile_value(p, ATTRIBUTE_PRIVATE_FLAG, 0, "x").set);
        p->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(8);
        v = adapter_profile_value(p, ATTRIBUTE_FLOW_RULE, 1, NULL);
        ck_assert(v.set && v.absent && adapter_value_equal(&v, &absent) && !adapter_value_equal(&v, &zero));
        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_BYTES), "none");
}
END_TEST

START_TEST(test_bytes) {
        uint8_t bytes[ADAPTER_BYTES_MAX + 1];
        AdapterValue v, w;
        char text[ADAPTER_VALUE_TEXT_MAX];

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t) (0xff - i);
        v = adapter_value_bytes(bytes, 3);
        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_BYTES), "fffefd");
        bytes[3] = 0;
        w = adapter_value_bytes(bytes, 4);
        ck_assert(!adapter_value_equal(&v, &w)); /* as long, too */
        v = adapter_value_bytes(bytes, sizeof(bytes));
        ck_assert_uint_eq(v.size, ADAPTER_BYTES_MAX);
        ck_assert_mem_eq(adapter_value_data(&v), bytes, ADAPTER_BYTES_MAX);
        ck_assert_uint_eq(strlen(adapter_value_format(text, &v, FORMAT_BYTES)), 2 * ADAPTER_BYTES_MAX);
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
        tcase_add_test(t, test_entries);
        tcase_add_test(t, test_entries_bounds);
        tcase_add_test(t, test_absent);
        tcase_add_test(t, test_bytes);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
