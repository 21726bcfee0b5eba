/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On what Linux 6.18 sent for a veth of two queues and for what it takes in NAPI_SET, and on instances with
 * queues and interrupts, which no adapter here has, built after include/uapi/linux/netdev.h:
 * tests/fuzz/corpus/adapter-codecs. */

#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "genl-policy-codec.h"
#include "netdev-codec.h"
#include "netlink-socket.h"

static NapiMap *map;
static AdapterProfile *profile;
static GenlPolicy policy;

static void setup(void) {
        map = calloc(1, sizeof(*map));
        profile = adapter_profile_new();
        ck_assert(map && profile);
        policy = (GenlPolicy){ .command = NETDEV_NAPI_SET };
}

static void teardown(void) {
        free(map);
        profile = adapter_profile_free(profile);
}

static int parse(const char *file, int ifindex) {
        char data[CORPUS_TAG_MAX];
        size_t size;
        _cleanup_free_ char *m = corpus_read_tagged("adapter-codecs", file, data, &size);

        if (streq(data, "napi"))
                return netdev_codec_parse_instance(m, size, ifindex, map);
        if (streq(data, "queue"))
                return netdev_codec_parse_queue(m, size, ifindex, map);
        ck_assert_str_eq(data, "policy");
        return genl_policy_codec_parse(m, size, &policy);
}

/* The kernel says the last made first. */
START_TEST(test_instances_by_order) {
        char name[ADAPTER_NAME_MAX];

        ck_assert_int_eq(parse("queue-veth", 2), 0);
        ck_assert_int_eq(parse("napi-veth-0", 2), 0);
        ck_assert_int_eq(parse("napi-veth-1", 2), 0);
        ck_assert_uint_eq(map->n_instances, 2);
        ck_assert_uint_eq(map->instance[0].id, 3156);
        ck_assert_str_eq(napi_map_name(map, 3156, name), "napi-0");
        ck_assert_str_eq(napi_map_name(map, 3157, name), "napi-1");
        ck_assert_ptr_eq(napi_map_find(map, "napi-1"), &map->instance[1]);
        ck_assert_ptr_null(napi_map_find(map, "napi-2"));
        ck_assert_ptr_null(napi_map_find(map, "rx-0"));
        ck_assert(!napi_map_has_irqs(map));
        napi_map_to_profile(map, 1U << NAPI_GRO_FLUSH_TIMEOUT | 1U << NAPI_THREADED, profile);
        ck_assert_uint_eq(profile->n_entries, 4);
        ck_assert_uint_eq(profile->value[ATTRIBUTE_INSTANCES].word[0], 2);
        ck_assert_ptr_nonnull(adapter_profile_get(profile, ATTRIBUTE_INSTANCE_THREADED, 0, "napi-1"));
        ck_assert_ptr_null(adapter_profile_get(profile, ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, 0, "napi-1"));
}
END_TEST

START_TEST(test_elsewhere) {
        ck_assert_int_eq(parse("napi-veth-0", 3), 0);
        ck_assert_int_eq(parse("queue-linked", 3), 0);
        ck_assert_uint_eq(map->n_instances, 0);
        ck_assert_uint_eq(map->tx[3], 0);
}
END_TEST

START_TEST(test_instance_of_queue) {
        const NapiInstance *i;

        ck_assert_int_eq(parse("queue-linked", 2), 0);
        ck_assert_int_eq(parse("napi-irq", 2), 0);
        i = napi_map_find(map, "tx-3");
        ck_assert_ptr_nonnull(i);
        ck_assert_uint_eq(i->irq, 47);
        ck_assert_uint_eq(i->value[NAPI_DEFER_HARD_IRQS].n, 2);
        ck_assert_uint_eq(i->value[NAPI_GRO_FLUSH_TIMEOUT].n, 20000);
        ck_assert_uint_eq(i->value[NAPI_IRQ_SUSPEND_TIMEOUT].n, UINT64_C(5000000000));
        ck_assert(!i->value[NAPI_THREADED].set); /* before Linux 6.17 */
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_TX, 3), 47);
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_TX, 2), 0);
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_TX, ADAPTER_QUEUES_MAX), 0);
}
END_TEST

static void add(uint32_t id, uint32_t irq) {
        napi_map_add(map, &(NapiInstance){ .id = id, .irq = irq });
}

/* Receive queues 0 and 1 share an instance, 2 has one of both directions, transmit queue 1 one of its own; the
 * last instance serves none (a control queue). */
START_TEST(test_shared) {
        char name[ADAPTER_NAME_MAX];

        add(12, 102);
        add(10, 100);
        add(13, 103);
        add(14, 104);
        map->rx[0] = map->rx[1] = 10;
        map->rx[2] = map->tx[0] = 12;
        map->tx[1] = 13;
        ck_assert_str_eq(napi_map_name(map, 10, name), "rx-0");
        ck_assert_str_eq(napi_map_name(map, 12, name), "rx-2");
        ck_assert_str_eq(napi_map_name(map, 13, name), "tx-1");
        ck_assert_str_eq(napi_map_name(map, 14, name), "");
        ck_assert_ptr_null(napi_map_find(map, ""));
        ck_assert(napi_map_has_irqs(map));
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_RX, 0), 100);
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_RX, 1), 0); /* the lower one's */
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_RX, 2), 102);
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_TX, 0), 0); /* the receive queue's */
        ck_assert_uint_eq(napi_map_irq(map, ATTRIBUTE_IRQ_TX, 1), 103);
}
END_TEST

START_TEST(test_too_many) {
        for (uint32_t i = 0; i <= NAPI_INSTANCES_MAX; i++)
                add(2000 - i, 0);
        ck_assert_uint_eq(map->n_instances, NAPI_INSTANCES_MAX);
        napi_map_to_profile(map, 0, profile);
        ck_assert(profile->truncated);
}
END_TEST

START_TEST(test_policy) {
        ck_assert_int_eq(parse("policy-napi-1", 0), 0); /* whose policy it is was not told */
        ck_assert_uint_eq(policy.accepted, 0);
        ck_assert_int_eq(parse("policy-napi-0", 0), 0);
        ck_assert_int_eq(parse("policy-napi-1", 0), 0);
        ck_assert_int_eq(parse("policy-napi-2", 0), 0);
        ck_assert(policy.known);
        ck_assert_uint_eq(policy.accepted, 1U << 2 | 1U << 5);
        ck_assert_uint_eq(netdev_codec_offered(policy.accepted), 1U << NAPI_DEFER_HARD_IRQS);
        policy = (GenlPolicy){ .command = 77 };
        ck_assert_int_eq(parse("policy-napi-0", 0), 0);
        ck_assert(!policy.known);
}
END_TEST

static const char *const hostile[] = { "hostile-napi-short", "hostile-queue-odd", "hostile-policy-cut" };

START_TEST(test_hostile) {
        ck_assert_int_eq(parse(hostile[_i], 2), -EBADMSG);
        ck_assert_uint_eq(map->n_instances, 0);
        ck_assert_uint_eq(policy.accepted, 0);
}
END_TEST

static uint64_t attribute_of(struct nl_msg *m, int type) {
        struct nlattr *attr = nlmsg_find_attr(nlmsg_hdr(m), GENL_HDRLEN, type);

        ck_assert_ptr_nonnull(attr);
        return nla_len(attr) == 8 ? nla_get_u64(attr) : nla_get_u32(attr);
}

START_TEST(test_requests) {
        _cleanup_(netlink_message_freep) struct nl_msg *all = netdev_codec_get_instances(20, 2),
                                                       *queues = netdev_codec_get_queues(20, 2),
                                                       *small = netdev_codec_set_instance(
                                                                       20, 515, NAPI_THREADED, 1),
                                                       *large = netdev_codec_set_instance(20, 515,
                                                                       NAPI_IRQ_SUSPEND_TIMEOUT,
                                                                       UINT64_C(5000000000));

        ck_assert(all && queues && small && large);
        ck_assert_int_eq(nlmsg_hdr(all)->nlmsg_type, 20);
        ck_assert_uint_eq(attribute_of(all, 1), 2);
        ck_assert_uint_eq(attribute_of(queues, 2), 2);
        ck_assert_uint_eq(attribute_of(small, 2), 515);
        ck_assert_uint_eq(attribute_of(small, 8), 1);
        ck_assert_uint_eq(attribute_of(large, 7), UINT64_C(5000000000));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("napi-map");
        TCase *t = tcase_create("napi-map");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_instances_by_order);
        tcase_add_test(t, test_elsewhere);
        tcase_add_test(t, test_instance_of_queue);
        tcase_add_test(t, test_shared);
        tcase_add_test(t, test_too_many);
        tcase_add_test(t, test_policy);
        tcase_add_loop_test(t, test_hostile, 0, (int) ELEMENTSOF(hostile));
        tcase_add_test(t, test_requests);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
