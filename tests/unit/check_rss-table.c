/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "rss-config.h"

static RssTable make(unsigned n_slots, unsigned n_queues) {
        RssTable t;

        rss_table_default(&t, n_slots, n_queues);
        return t;
}

/* Slots are told by the low bits of the hash: where a flow goes before and after. */
static unsigned flows_moved(const RssTable *before, const RssTable *after) {
        unsigned moved = 0;

        for (unsigned hash = 0; hash < 2 * RSS_SLOTS_MAX; hash++)
                moved += before->queue[hash % before->n_slots] != after->queue[hash % after->n_slots];
        return moved;
}

static const struct {
        unsigned from, to;
        RssFit fit;
} sizes[] = {
        { 128, 128, RSS_FIT_SAME },
        { 128, 512, RSS_FIT_EXPANDED },
        { 128, 2048, RSS_FIT_EXPANDED },
        { 512, 128, RSS_FIT_APPROXIMATE },
        { 128, 192, RSS_FIT_APPROXIMATE },
        { 192, 384, RSS_FIT_APPROXIMATE },
        { 384, 128, RSS_FIT_APPROXIMATE },
        { 1, RSS_SLOTS_MAX, RSS_FIT_EXPANDED },
        { RSS_SLOTS_MAX, 1, RSS_FIT_APPROXIMATE },
};

START_TEST(test_resize) {
        RssTable from = make(sizes[_i].from, 5), to;

        for (unsigned i = 0; i < from.n_slots; i++)
                from.queue[i] = (uint8_t) (i * 7 % 5);
        ck_assert_int_eq(rss_table_resize(&from, sizes[_i].to, &to), sizes[_i].fit);
        ck_assert_uint_eq(to.n_slots, sizes[_i].to);
        for (unsigned i = 0; i < to.n_slots; i++)
                ck_assert_uint_lt(to.queue[i], 5);
        if (sizes[_i].fit != RSS_FIT_APPROXIMATE)
                ck_assert_uint_eq(flows_moved(&from, &to), 0);
}
END_TEST

/* Folded, every queue keeps about its share: also those that no majority is for. */
START_TEST(test_fold_shares) {
        RssTable from = make(512, 8), to;
        unsigned used[8] = {};

        /* each slot of the smaller table has four of the larger one with four different queues */
        for (unsigned i = 0; i < 512; i++)
                from.queue[i] = (uint8_t) ((i / 128 + i) % 8);
        (void) rss_table_resize(&from, 128, &to);
        for (unsigned i = 0; i < 128; i++)
                used[to.queue[i]]++;
        for (unsigned q = 0; q < 8; q++)
                ck_assert_msg(used[q] >= 12 && used[q] <= 20, "queue %u has %u of 128", q, used[q]);

        /* a majority has its way */
        for (unsigned i = 0; i < 512; i++)
                from.queue[i] = i / 128 == 2 ? 7 : 3;
        (void) rss_table_resize(&from, 128, &to);
        for (unsigned i = 0; i < 128; i++)
                ck_assert_uint_eq(to.queue[i], 3);
}
END_TEST

START_TEST(test_default) {
        RssTable t = make(128, 3);

        ck_assert(rss_table_is_default(&t, 3));
        ck_assert(!rss_table_is_default(&t, 4) && !rss_table_is_default(&t, 0));
        t.queue[127] = 0;
        ck_assert(!rss_table_is_default(&t, 3));
        t.n_slots = 0;
        ck_assert(!rss_table_is_default(&t, 3));
        t = make(128, 8);
        ck_assert(!rss_table_fold_queues(&t, 8));
        ck_assert(rss_table_fold_queues(&t, 4));
        ck_assert(rss_table_is_default(&t, 4));
}
END_TEST

static const struct {
        const char *slots; /* digits */
        const char *text;
} texts[] = {
        { "", "" },
        { "0", "0*1" },
        { "0000", "0*4" },
        { "00001111", "0*4 1*4" },
        { "01010101", "0 1 again and again" },
        { "0123012301", "0 1 2 3 again and again" },
        { "01230124", "0*1 1*1 2*1 3*1 0*1 1*1 2*1 4*1" },
        { "01234567012345670214365", "23 slots for queues up to 7, #" },
};

START_TEST(test_format) {
        uint8_t queues[64];
        AdapterValue v;
        char text[ADAPTER_VALUE_TEXT_MAX];

        for (size_t i = 0; texts[_i].slots[i]; i++)
                queues[i] = (uint8_t) (texts[_i].slots[i] - '0');
        v = adapter_value_bytes(queues, strlen(texts[_i].slots));
        adapter_value_format(text, &v, FORMAT_SLOTS);
        if (strchr(texts[_i].text, '#'))
                ck_assert_msg(strncmp(text, texts[_i].text, strlen(texts[_i].text)) == 0, "%s", text);
        else
                ck_assert_str_eq(text, texts[_i].text);
}
END_TEST

static const unsigned slots[] = { 1, 127, 128, 129, 512, RSS_SLOTS_MAX };

/* Through a profile and back. */
START_TEST(test_entries) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        RssTable t = make(slots[_i], 200), again;

        rss_table_put(&t, p, ATTRIBUTE_RSS_TABLE, 0);
        ck_assert_uint_eq(p->n_entries, (slots[_i] + RSS_CHUNK - 1) / RSS_CHUNK);
        rss_table_get(p, ATTRIBUTE_RSS_TABLE, 0, &again);
        ck_assert_uint_eq(again.n_slots, t.n_slots);
        ck_assert_mem_eq(again.queue, t.queue, t.n_slots);
        rss_table_get(p, ATTRIBUTE_RSS_CONTEXT_TABLE, 0, &again);
        ck_assert_uint_eq(again.n_slots, 0);
}
END_TEST

START_TEST(test_take) {
        static uint32_t queues[RSS_SLOTS_MAX + 1];
        RssTable t;

        ck_assert(rss_table_take(&t, queues, RSS_SLOTS_MAX));
        ck_assert_uint_eq(t.n_slots, RSS_SLOTS_MAX);
        ck_assert(!rss_table_take(&t, queues, RSS_SLOTS_MAX + 1));
        ck_assert_uint_eq(t.n_slots, 0);
        queues[5] = ADAPTER_QUEUES_MAX;
        ck_assert(!rss_table_take(&t, queues, 6));
        ck_assert(rss_table_take(&t, queues, 5));
}
END_TEST

static AdapterChange chunk(unsigned place, const RssTable *t) {
        return (AdapterChange){
                .attribute = ATTRIBUTE_RSS_TABLE, .place = place, .value = rss_table_chunk(t, place)
        };
}

/* Changes of parts meet what there is; a table that nobody need have set is left to the driver. */
START_TEST(test_apply) {
        RssConfig c = { .table = make(256, 4), .key = adapter_value_bytes("0123456789", 10), .function = 1 };
        RssTable other = make(256, 3);
        AdapterChange both[] = { chunk(0, &other), chunk(1, &other) },
                      key = { .attribute = ATTRIBUTE_RSS_KEY, .value = adapter_value_bytes("abcdefghij", 10) },
                      mtu = { .attribute = ATTRIBUTE_MTU }, beyond = chunk(0, &other);
        RssConfig d = c;

        ck_assert_int_eq(rss_config_apply(&d, both, 1, 4), RSS_CHANGE_TABLE);
        ck_assert_mem_eq(d.table.queue, other.queue, RSS_CHUNK);
        ck_assert_mem_eq(&d.table.queue[RSS_CHUNK], &c.table.queue[RSS_CHUNK], RSS_CHUNK);
        d = c;
        ck_assert_int_eq(rss_config_apply(&d, both, 2, 3), RSS_CHANGE_TABLE | RSS_CHANGE_DEFAULT);
        ck_assert_int_eq(rss_config_apply(&d, &key, 1, 3), RSS_CHANGE_KEY);
        ck_assert(adapter_value_equal(&d.key, &key.value));
        key.value.size = 9;
        ck_assert_int_eq(rss_config_apply(&d, &key, 1, 3), -ERANGE);
        beyond.place = 2;
        ck_assert_int_eq(rss_config_apply(&d, &beyond, 1, 3), -ERANGE);
        ck_assert_int_eq(rss_config_apply(&d, &mtu, 1, 3), -EOPNOTSUPP);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("rss-table");
        TCase *t = tcase_create("rss-table");

        tcase_add_loop_test(t, test_resize, 0, ELEMENTSOF(sizes));
        tcase_add_test(t, test_fold_shares);
        tcase_add_test(t, test_default);
        tcase_add_loop_test(t, test_entries, 0, ELEMENTSOF(slots));
        tcase_add_test(t, test_take);
        tcase_add_loop_test(t, test_format, 0, ELEMENTSOF(texts));
        tcase_add_test(t, test_apply);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
