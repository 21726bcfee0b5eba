/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <linux/pkt_cls.h>

#include "adapter-contract.h"
#include "flow-rule.h"
#include "queue-coalesce.h"
#include "rss-table.h"

static AdapterChange change(AdapterAttribute attribute, uint64_t n) {
        return (AdapterChange){ .attribute = attribute, .value = adapter_value_number(n) };
}

static uint64_t reading(AdapterAccess *a, int ifindex, AdapterAttribute attribute, unsigned queue) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        Error e = {};

        ck_assert_msg(adapter_access_read(a, ifindex, UINT64_C(1) << adapter_attribute_info(attribute)->item, p,
                                      &e) == 0,
                        "%s", e.text);
        ck_assert(adapter_profile_get(p, attribute, queue, NULL)->set);
        return adapter_profile_get(p, attribute, queue, NULL)->word[0];
}

static void set(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n) {
        Error e = {};

        ck_assert_msg(adapter_access_write(a, ifindex, changes, n, &e) == 0, "%s", e.text);
}

static void check_gone(AdapterAccess *a, int gone) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        AdapterChange c = change(ATTRIBUTE_MTU, 1400);
        Error e = {}, f = {};

        ck_assert_int_eq(adapter_access_read(a, gone, ADAPTER_ITEMS_ALL, p, &e), -ENODEV);
        ck_assert_int_eq(e.kind, ERROR_NO_SUCH_ADAPTER);
        ck_assert_int_eq(adapter_access_write(a, gone, &c, 1, &f), -ENODEV);
        ck_assert_int_eq(f.kind, ERROR_NO_SUCH_ADAPTER);
}

/* Only what was asked for is read; what is not asked for stays. */
static void check_items(AdapterAccess *a, int ifindex) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        Error e = {};

        p->value[ATTRIBUTE_TX_QUEUE_LENGTH] = adapter_value_number(4711);
        ck_assert_int_eq(adapter_access_read(a, ifindex, UINT64_C(1) << PRIME_CHANNELS, p, &e), 0);
        ck_assert_int_eq(p->ifindex, ifindex);
        ck_assert(p->name[0] && p->driver[0]);
        ck_assert_uint_eq(p->n_rx_queues, 2);
        ck_assert_uint_eq(p->n_tx_queues, 2);
        ck_assert_uint_eq(p->value[ATTRIBUTE_CHANNELS_RX].word[0], 2);
        ck_assert(!p->feature[0].name[0] && !p->xps_cpus[0].set && !p->value[ATTRIBUTE_NAPI_THREADED].set);
}

static void check_channels(AdapterAccess *a, int ifindex) {
        AdapterChange up[] = { change(ATTRIBUTE_CHANNELS_RX, 4), change(ATTRIBUTE_CHANNELS_TX, 3) },
                      down[] = { change(ATTRIBUTE_CHANNELS_RX, 2), change(ATTRIBUTE_CHANNELS_TX, 2) },
                      many[] = { change(ATTRIBUTE_CHANNELS_RX, 4), change(ATTRIBUTE_CHANNELS_TX, 100000) };
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        Error e = {}, f = {};

        set(a, ifindex, up, 2);
        ck_assert_int_eq(adapter_access_read(a, ifindex, ADAPTER_ITEMS_ALL, p, &e), 0);
        ck_assert_uint_eq(p->n_rx_queues, 4);
        ck_assert_uint_eq(p->n_tx_queues, 3);
        ck_assert(p->xps_cpus[2].set && !p->xps_cpus[3].set && p->rps_cpus[3].set && !p->rps_cpus[4].set);
        set(a, ifindex, down, 2);
        ck_assert_int_lt(adapter_access_write(a, ifindex, many, 2, &f), 0);
        ck_assert_msg(strstr(f.text, "kernel: ") != NULL, "%s", f.text);
        ck_assert_uint_eq(reading(a, ifindex, ATTRIBUTE_CHANNELS_RX, 0), 2);
}

static void check_feature(AdapterAccess *a, int ifindex) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        AdapterChange c = change(ATTRIBUTE_FEATURE, 0);
        const AdapterFeature *f;
        Error e = {};

        memcpy(c.name, "tx-tcp-segmentation", sizeof("tx-tcp-segmentation"));
        set(a, ifindex, &c, 1);
        ck_assert_int_eq(adapter_access_read(a, ifindex, UINT64_C(1) << PRIME_FEATURES, p, &e), 0);
        f = adapter_profile_feature(p, "tx-tcp-segmentation");
        ck_assert(f && f->hw && !f->wanted && !f->active);
        c.value = adapter_value_number(1);
        set(a, ifindex, &c, 1);
        ck_assert_int_eq(adapter_access_read(a, ifindex, UINT64_C(1) << PRIME_FEATURES, p, &e), 0);
        f = adapter_profile_feature(p, "tx-tcp-segmentation");
        ck_assert(f && f->hw && f->wanted && f->active);
        ck_assert_ptr_null(adapter_profile_feature(p, "no-such-thing"));
}

static void check_numbers(AdapterAccess *a, int ifindex) {
        static const struct {
                AdapterAttribute attribute;
                uint64_t value;
        } numbers[] = {
                { ATTRIBUTE_MTU, 1400 },
                { ATTRIBUTE_TX_QUEUE_LENGTH, 77 },
                { ATTRIBUTE_GSO_MAX_SIZE, 50000 },
                { ATTRIBUTE_GRO_MAX_SIZE, 40000 },
                { ATTRIBUTE_XPS_CPUS, 1 },
                { ATTRIBUTE_XPS_RXQS, 2 },
                { ATTRIBUTE_RPS_CPUS, 1 },
                { ATTRIBUTE_RPS_FLOW_COUNT, 32 },
                { ATTRIBUTE_NAPI_DEFER_HARD_IRQS, 3 },
                { ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT, 20000 },
                { ATTRIBUTE_PROMISC, 1 },
                { ATTRIBUTE_ALLMULTI, 1 },
                { ATTRIBUTE_FILTER_HOOK, 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                AdapterChange c = change(numbers[i].attribute, numbers[i].value);
                uint64_t before;

                c.place = adapter_attribute_info(c.attribute)->scope == SCOPE_DEVICE ? 0 : 1;
                before = reading(a, ifindex, c.attribute, c.place);
                ck_assert_uint_ne(before, numbers[i].value);
                set(a, ifindex, &c, 1);
                ck_assert_uint_eq(reading(a, ifindex, c.attribute, c.place), numbers[i].value);
                c.value = adapter_value_number(before);
                set(a, ifindex, &c, 1);
                ck_assert_uint_eq(reading(a, ifindex, c.attribute, c.place), before);
        }
}

/* What is in a list comes by being written and goes by being written as absent. */
static void check_list(AdapterAccess *a, int ifindex, AdapterChange c) {
        uint64_t item = UINT64_C(1) << adapter_attribute_info(c.attribute)->item;
        AdapterValue value = c.value;

        for (unsigned i = 0; i < 2; i++) {
                _cleanup_(adapter_profile_freep) AdapterProfile *with = adapter_profile_new(),
                                                                *without = adapter_profile_new();
                const AdapterValue *v;
                Error e = {};

                c.value = value;
                set(a, ifindex, &c, 1);
                ck_assert_int_eq(adapter_access_read(a, ifindex, item, with, &e), 0);
                v = adapter_profile_get(with, c.attribute, c.place, c.name);
                ck_assert(v && adapter_value_equal(v, &value));
                c.value = adapter_value_absent();
                set(a, ifindex, &c, 1);
                ck_assert_int_eq(adapter_access_read(a, ifindex, item, without, &e), 0);
                ck_assert_ptr_null(adapter_profile_get(without, c.attribute, c.place, c.name));
        }
}

/* On a clsact discipline: a filter of u32 that gives frames a class, in the words of linux/pkt_cls.h. */
static void check_filter(AdapterAccess *a, int ifindex) {
        static const struct {
                char kind[4];
                int32_t target;
                uint16_t sel_size, sel_type;
                uint8_t sel[sizeof(struct tc_u32_sel)]; /* flags, -, number of keys */
                struct tc_u32_key key;
                uint16_t class_size, class_type;
                uint32_t class;
        } filter = { .kind = "u32",
                .sel_size = 4 + sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key),
                .sel_type = TCA_U32_SEL,
                .sel = { TC_U32_TERMINAL, 0, 1 },
                .key = { .mask = 0x100, .val = 0x100 },
                .class_size = 8,
                .class_type = TCA_U32_CLASSID,
                .class = 0x10001 };
        AdapterChange hook = change(ATTRIBUTE_FILTER_HOOK, 1);

        set(a, ifindex, &hook, 1);
        check_list(a, ifindex,
                        (AdapterChange){ .attribute = ATTRIBUTE_FILTER,
                                        .name = "egress:5:0800:00000800",
                                        .value = adapter_value_bytes(&filter, sizeof(filter)) });
        hook.value = adapter_value_number(0);
        set(a, ifindex, &hook, 1);
        ck_assert_uint_eq(reading(a, ifindex, ATTRIBUTE_FILTER_HOOK, 0), 0);
}

static void check_lists(AdapterAccess *a, int ifindex) {
        check_filter(a, ifindex);
        check_list(a, ifindex,
                        (AdapterChange){ .attribute = ATTRIBUTE_ADDRESS,
                                        .name = "01:0c:cd:01:00:02",
                                        .value = adapter_value_number(1) });
        check_list(a, ifindex,
                        (AdapterChange){ .attribute = ATTRIBUTE_ADDRESS,
                                        .name = "02:00:00:00:00:77",
                                        .value = adapter_value_number(1) });
        /* struct tc_fifo_qopt of linux/pkt_sched.h: a limit in host order */
        check_list(a, ifindex,
                        (AdapterChange){ .attribute = ATTRIBUTE_QDISC,
                                        .value = adapter_value_bytes("pfifo\0\x2c\0\0\0", 10) });
}

/* An adapter that has none of it: nothing is read, and nothing can be written, whatever it is. */
static void check_not_offered(AdapterAccess *a, int ifindex) {
        static const struct {
                AdapterAttribute attribute;
                const char *name;
        } settings[] = {
                { ATTRIBUTE_PRIVATE_FLAG, "legacy-rx" },
                { ATTRIBUTE_TUNABLE, "rx-copybreak" },
                { ATTRIBUTE_PHY_TUNABLE, "phy-downshift" },
                { ATTRIBUTE_RSS_HASH_FUNCTION, "" },
                { ATTRIBUTE_RSS_KEY, "" },
                { ATTRIBUTE_RSS_TABLE, "" },
                { ATTRIBUTE_FLOW_HASH, "udp4" },
                { ATTRIBUTE_RSS_CONTEXT_TABLE, "" },
                { ATTRIBUTE_FLOW_RULE, "" },
                { ATTRIBUTE_QUEUE_COALESCE, "" },
        };
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        FlowRule rule = { .spec.flow_type = TCP_V4_FLOW };
        QueueCoalesce coalesce = {};

        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                AdapterChange c = change(settings[i].attribute, 1);
                const AdapterAttributeInfo *info = adapter_attribute_info(c.attribute);
                Error e = {}, f = {};

                memcpy(c.name, settings[i].name, strlen(settings[i].name));
                if (info->format == FORMAT_FLOW_RULE)
                        c.value = flow_rule_value(&rule);
                else if (info->format == FORMAT_QUEUE_COALESCE)
                        c.value = queue_coalesce_value(&coalesce);
                else if (adapter_format_is_bytes(info->format))
                        c.value = adapter_value_bytes("x", 1);
                ck_assert_int_eq(adapter_access_read(a, ifindex, UINT64_C(1) << info->item, p, &e), 0);
                ck_assert(!adapter_profile_value(p, c.attribute, 0, c.name).set);
                ck_assert_msg(adapter_access_write(a, ifindex, &c, 1, &f) == -EOPNOTSUPP, "%s: %s", info->name,
                                f.text);
                ck_assert(f.text[0]);
        }
        ck_assert_uint_eq(p->n_entries, 0);
}

static void check_refusals(AdapterAccess *a, int ifindex) {
        AdapterChange small = change(ATTRIBUTE_MTU, 1), none = change(ATTRIBUTE_COALESCE_CQE_MODE_RX, 1),
                      queue = change(ATTRIBUTE_XPS_CPUS, 1);
        Error e = {}, f = {}, g = {};

        ck_assert_int_eq(adapter_access_write(a, ifindex, &small, 1, &e), -EINVAL);
        ck_assert_msg(strstr(e.text, "kernel: ") != NULL, "%s", e.text);
        ck_assert_int_eq(adapter_access_write(a, ifindex, &none, 1, &f), -EOPNOTSUPP);
        queue.place = 99;
        ck_assert_int_eq(adapter_access_write(a, ifindex, &queue, 1, &g), -EOPNOTSUPP);
}

static void read_flows(AdapterAccess *a, int ifindex, AdapterProfile *p) {
        Error e = {};

        ck_assert_msg(adapter_access_read(a, ifindex,
                                      UINT64_C(1) << PRIME_RSS | UINT64_C(1) << PRIME_FLOW_RULES, p, &e) == 0,
                        "%s", e.text);
}

/* A rule that was not there is absent, comes with its value, and goes again. */
static void check_rule(AdapterAccess *a, int ifindex) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        FlowRule rule = { .spec.flow_type = TCP_V4_FLOW, .spec.ring_cookie = 1 }, far = rule;
        AdapterChange c = { .attribute = ATTRIBUTE_FLOW_RULE, .place = 6, .value = flow_rule_value(&rule) };
        Error e = {};
        AdapterValue v;

        read_flows(a, ifindex, p);
        ck_assert(adapter_profile_value(p, ATTRIBUTE_FLOW_RULE, 6, NULL).absent);
        set(a, ifindex, &c, 1);
        read_flows(a, ifindex, p);
        v = adapter_profile_value(p, ATTRIBUTE_FLOW_RULE, 6, NULL);
        ck_assert(adapter_value_equal(&v, &c.value));
        flow_rule_set_queue(&far, 77);
        c.value = flow_rule_value(&far);
        ck_assert_int_lt(adapter_access_write(a, ifindex, &c, 1, &e), 0);
        c.value = adapter_value_absent();
        set(a, ifindex, &c, 1);
        read_flows(a, ifindex, p);
        ck_assert(adapter_profile_value(p, ATTRIBUTE_FLOW_RULE, 6, NULL).absent);
}

void adapter_contract_check_flows(AdapterAccess *a, int ifindex) {
        _cleanup_(adapter_profile_freep) AdapterProfile *before = adapter_profile_new(),
                                                        *p = adapter_profile_new();
        AdapterChange c = { .attribute = ATTRIBUTE_RSS_TABLE };
        RssTable table;

        read_flows(a, ifindex, before);
        check_rule(a, ifindex);
        rss_table_get(before, ATTRIBUTE_RSS_TABLE, 0, &table);
        ck_assert_uint_gt(table.n_slots, 0);
        table.queue[0] ^= 1;
        c.value = rss_table_chunk(&table, 0);
        set(a, ifindex, &c, 1);
        read_flows(a, ifindex, p);
        ck_assert(adapter_value_equal(adapter_profile_get(p, ATTRIBUTE_RSS_TABLE, 0, NULL), &c.value));
        table.queue[0] ^= 1;
        c.value = rss_table_chunk(&table, 0);
        set(a, ifindex, &c, 1);
        read_flows(a, ifindex, p);
        ck_assert(adapter_profile_equal(before, p));
}

void adapter_contract_check(AdapterAccess *a, int ifindex, int gone) {
        _cleanup_(adapter_profile_freep) AdapterProfile *before = adapter_profile_new(),
                                                        *after = adapter_profile_new();
        Error e = {};

        ck_assert_int_eq(adapter_access_read(a, ifindex, ADAPTER_ITEMS_ALL, before, &e), 0);
        check_gone(a, gone);
        check_items(a, ifindex);
        check_channels(a, ifindex);
        check_feature(a, ifindex);
        check_numbers(a, ifindex);
        check_lists(a, ifindex);
        check_not_offered(a, ifindex);
        check_refusals(a, ifindex);
        ck_assert_int_eq(adapter_access_read(a, ifindex, ADAPTER_ITEMS_ALL, after, &e), 0);
        ck_assert(adapter_profile_equal(before, after));
}
