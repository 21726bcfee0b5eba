/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What drivers answer to ioctls, honest and hostile. */

#include "alloc-util.h"
#include "check-main.h"
#include "ethtool-ioctl-codec.h"

static struct ethtool_rxfh *reply;

static void setup(void) {
        reply = calloc(1, ETHTOOL_RSS_SIZE_MAX);
}

static void teardown(void) {
        free(reply);
}

static size_t fill(unsigned n_slots, unsigned key_size) {
        *reply = (struct ethtool_rxfh){ .indir_size = n_slots, .key_size = key_size, .hfunc = 1 };
        for (unsigned i = 0; i < n_slots; i++)
                reply->rss_config[i] = i % 5;
        memset(&reply->rss_config[n_slots], 0x6d, key_size);
        return sizeof(*reply) + n_slots * 4 + key_size;
}

static const struct {
        unsigned n_slots, key_size;
        int missing; /* bytes the memory is too short */
        int r;
} replies[] = {
        { 128, 40, 0, 0 },
        { 0, 0, 0, 0 },
        { 0, 52, 0, 0 },
        { 2048, 0, 0, 0 },
        { RSS_SLOTS_MAX, ADAPTER_BYTES_MAX, 0, 0 },
        { 128, 40, 1, -EBADMSG },
        { 0, 0, 1, -EBADMSG },
};

START_TEST(test_parse) {
        size_t size = fill(replies[_i].n_slots, replies[_i].key_size);
        _cleanup_free_ uint8_t *exact = malloc(size - (size_t) replies[_i].missing);
        RssConfig c;

        memcpy(exact, reply, size - (size_t) replies[_i].missing);
        ck_assert_int_eq(ethtool_ioctl_parse_rss((struct ethtool_rxfh *) exact,
                                         size - (size_t) replies[_i].missing, &c),
                        replies[_i].r);
        if (replies[_i].r < 0)
                return;
        ck_assert_uint_eq(c.table.n_slots, replies[_i].n_slots);
        ck_assert_uint_eq(c.key.size, replies[_i].key_size);
        ck_assert(c.key.set == (replies[_i].key_size > 0));
        ck_assert_uint_eq(c.function, 1);
        if (c.table.n_slots > 4)
                ck_assert_uint_eq(c.table.queue[4], 4);
}
END_TEST

START_TEST(test_parse_hostile) {
        size_t size = fill(128, 40);
        struct ethtool_rxfh sizes = { .indir_size = UINT32_MAX, .key_size = 40 };
        RssConfig c;

        ck_assert_int_eq(ethtool_ioctl_rss_request(&sizes, reply), -E2BIG);
        sizes = (struct ethtool_rxfh){ .indir_size = 128, .key_size = UINT32_MAX };
        ck_assert_int_eq(ethtool_ioctl_rss_request(&sizes, reply), -E2BIG);
        sizes.key_size = 40;
        ck_assert_int_eq(ethtool_ioctl_rss_request(&sizes, reply), (int) size);
        ck_assert_uint_eq(reply->cmd, ETHTOOL_GRSSH);

        (void) fill(128, 40);
        reply->key_size = UINT32_MAX - 511; /* overflows with the table's size */
        ck_assert_int_eq(ethtool_ioctl_parse_rss(reply, size, &c), -E2BIG);
        (void) fill(128, 40);
        reply->rss_config[17] = 256;
        ck_assert_int_eq(ethtool_ioctl_parse_rss(reply, size, &c), -E2BIG);
        ck_assert_uint_eq(c.table.n_slots, 0);
}
END_TEST

static RssConfig config(void) {
        RssConfig c = { .key = adapter_value_bytes("0123456789", 10), .function = 2, .transform = 1 };

        rss_table_default(&c.table, 64, 3);
        return c;
}

static const struct {
        unsigned changes;
        uint32_t indir_size, key_size;
        uint8_t function;
} requests[] = {
        { RSS_CHANGE_TABLE, 64, 0, 0 },
        { RSS_CHANGE_TABLE | RSS_CHANGE_KEY, 64, 10, 0 },
        { RSS_CHANGE_KEY, ETH_RXFH_INDIR_NO_CHANGE, 10, 0 },
        { RSS_CHANGE_TABLE | RSS_CHANGE_DEFAULT, 0, 0, 0 },
        { RSS_CHANGE_TABLE | RSS_CHANGE_DEFAULT | RSS_CHANGE_KEY, 0, 10, 0 },
        { RSS_CHANGE_FUNCTION, ETH_RXFH_INDIR_NO_CHANGE, 0, 2 },
        { RSS_CHANGE_TRANSFORM, ETH_RXFH_INDIR_NO_CHANGE, 0, 0 },
};

START_TEST(test_put) {
        uint32_t n = requests[_i].indir_size == ETH_RXFH_INDIR_NO_CHANGE ? 0 : requests[_i].indir_size;
        RssConfig c = config();

        ethtool_ioctl_put_rss(&c, requests[_i].changes, 7, reply);
        ck_assert_uint_eq(reply->cmd, ETHTOOL_SRSSH);
        ck_assert_uint_eq(reply->rss_context, 7);
        ck_assert_uint_eq(reply->indir_size, requests[_i].indir_size);
        ck_assert_uint_eq(reply->key_size, requests[_i].key_size);
        ck_assert_uint_eq(reply->hfunc, requests[_i].function);
        for (uint32_t i = 0; i < n; i++)
                ck_assert_uint_eq(reply->rss_config[i], i % 3);
        ck_assert_mem_eq(&reply->rss_config[n], "0123456789", requests[_i].key_size);
}
END_TEST

START_TEST(test_rule) {
        FlowRule r = { .spec.flow_type = TCP_V4_FLOW | FLOW_RSS, .spec.ring_cookie = 3, .context = 2 }, again;
        struct ethtool_rxnfc c;

        ethtool_ioctl_put_rule(&r, 5, 77, &c);
        ck_assert_uint_eq(c.cmd, ETHTOOL_SRXCLSRLINS);
        ck_assert_uint_eq(c.fs.location, 5);
        ck_assert_uint_eq(c.rss_context, 77);
        ethtool_ioctl_parse_rule(&c, 2, &again);
        ck_assert_mem_eq(&r, &again, sizeof(r));
        r.spec.flow_type = TCP_V4_FLOW;
        ethtool_ioctl_put_rule(&r, RX_CLS_LOC_ANY, 77, &c);
        ck_assert_uint_eq(c.rss_context, 0);
        ethtool_ioctl_parse_rule(&c, 2, &again);
        ck_assert_uint_eq(again.context, 0);
        ck_assert_uint_eq(again.spec.location, 0);
        c.rule_cnt = 4;
        ck_assert_int_eq(ethtool_ioctl_parse_locations(&c, 4), 4);
        ck_assert_int_eq(ethtool_ioctl_parse_locations(&c, 3), -EBADMSG);
}
END_TEST

START_TEST(test_tables) {
        const EthtoolTunable *t;
        const char *name;
        size_t n = 0;

        for (; (name = ethtool_ioctl_flow_name(n)); n++)
                ck_assert_uint_ne(ethtool_ioctl_flow_type(name), 0);
        ck_assert_uint_eq(n, 13);
        ck_assert_uint_eq(ethtool_ioctl_flow_type("smoke-signal"), 0);
        for (n = 0; (t = ethtool_ioctl_tunable(n)); n++)
                ck_assert(strlen(t->name) < ADAPTER_NAME_MAX && (t->size == 1 || t->size == 2 || t->size == 4));
        ck_assert_uint_eq(n, 7);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("ethtool-ioctl-codec");
        TCase *t = tcase_create("ethtool-ioctl-codec");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_parse, 0, ELEMENTSOF(replies));
        tcase_add_test(t, test_parse_hostile);
        tcase_add_loop_test(t, test_put, 0, ELEMENTSOF(requests));
        tcase_add_test(t, test_rule);
        tcase_add_test(t, test_tables);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
