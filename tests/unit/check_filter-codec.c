/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters as net/sched/cls_*.c and act_*.c dump them, built with their structures: what is kept of them, what
 * is sent for it, and what is refused. */

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>

#include "check-main.h"
#include "filter-codec.h"
#include "netlink-socket.h"
#include "own-filter.h"
#include "qdisc-value.h"

enum {
        ADAPTER = 2,
        SINK = 7,
};

static AdapterProfile *profile;
static struct nl_msg *dump;
static struct nlattr *options, *actions;

static void setup(void) {
        profile = adapter_profile_new();
        profile->ifindex = ADAPTER;
}

static void teardown(void) {
        profile = adapter_profile_free(profile);
        dump = netlink_message_free(dump);
}

static void begin(const char *kind, uint32_t priority, uint32_t handle) {
        struct tcmsg header = {
                .tcm_ifindex = ADAPTER,
                .tcm_handle = handle,
                .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
                .tcm_info = TC_H_MAKE(priority << 16, __builtin_bswap16(0x86dd)),
        };

        nlmsg_free(dump);
        dump = nlmsg_alloc_size(16384);
        ck_assert_ptr_nonnull(nlmsg_put(dump, 0, 0, RTM_NEWTFILTER, 0, 0));
        ck_assert_int_eq(nlmsg_append(dump, &header, sizeof(header), NLMSG_ALIGNTO), 0);
        ck_assert_int_eq(nla_put_string(dump, TCA_KIND, kind), 0);
        ck_assert_int_eq(nla_put_u32(dump, TCA_CHAIN, 0), 0);
        options = nla_nest_start(dump, TCA_OPTIONS);
}

static void put(int type, const void *data, int size) {
        ck_assert_int_eq(nla_put(dump, type, size, data), 0);
}

static void put_u32(int type, uint32_t n) {
        put(type, &n, sizeof(n));
}

/* An action as tcf_action_dump_1() has it; its options in one attribute, and a time that only reports. */
static void put_action(int order, const char *kind, int type, const void *parameters, int size) {
        struct nlattr *action = nla_nest_start(dump, order), *nest;

        ck_assert_int_eq(nla_put_string(dump, TCA_ACT_KIND, kind), 0);
        nest = nla_nest_start(dump, TCA_ACT_STATS);
        put_u32(1, 0x1234);
        nla_nest_end(dump, nest);
        put_u32(TCA_ACT_IN_HW_COUNT, 0);
        nest = nla_nest_start(dump, TCA_ACT_OPTIONS);
        put(type, parameters, size);
        put_u32(streq(kind, "police") ? TCA_POLICE_TM : TCA_GACT_TM, 77);
        nla_nest_end(dump, nest);
        nla_nest_end(dump, action);
}

static int end(void) {
        nla_nest_end(dump, options);
        return filter_codec_parse(
                        nlmsg_data(nlmsg_hdr(dump)), (size_t) nlmsg_datalen(nlmsg_hdr(dump)), false, profile);
}

static const AdapterValue *kept(const char *name) {
        return adapter_profile_get(profile, ATTRIBUTE_FILTER, 0, name);
}

static struct tc_mirred mirror_to(uint32_t ifindex) {
        return (struct tc_mirred){ .index = 5,
                .action = TC_ACT_PIPE,
                .refcnt = 1,
                .bindcnt = 1,
                .eaction = TCA_EGRESS_MIRROR,
                .ifindex = ifindex };
}

static struct tc_gact verdict(int action) {
        return (struct tc_gact){ .index = 9, .action = action, .refcnt = 1, .bindcnt = 1 };
}

/* The options of the message that adds the filter. */
static const struct nlattr *sent(const AdapterValue *v, struct nl_msg **ret) {
        static const FilterPlace place = { .priority = 7, .protocol = 0x86dd, .handle = 1 };
        struct tcmsg *header;

        ck_assert_int_eq(filter_codec_add(3, &place, v, 44, ret), 0);
        header = nlmsg_data(nlmsg_hdr(*ret));
        ck_assert_int_eq(header->tcm_ifindex, 3);
        ck_assert_uint_eq(header->tcm_handle, 1);
        ck_assert_uint_eq(header->tcm_info, 0x7dd86);
        ck_assert_uint_eq(header->tcm_parent, 0xfffffff2);
        return nlmsg_find_attr(nlmsg_hdr(*ret), sizeof(*header), TCA_OPTIONS);
}

static const struct nlattr *inside(const struct nlattr *list, int type) {
        return nla_find(nla_data(list), nla_len(list), type);
}

/* The first action's options. */
static const struct nlattr *action_of(const struct nlattr *list, int type) {
        const struct nlattr *a = inside(list, type);

        ck_assert_ptr_nonnull(a);
        a = inside(a, 1);
        ck_assert_ptr_nonnull(a);
        return inside(a, TCA_ACT_OPTIONS);
}

/* What was counted, numbered or found out is not part of it; all else is, and is sent as it was. */
START_TEST(test_flower) {
        static const uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8 };
        struct tc_mirred mirred = mirror_to(SINK);
        struct tc_gact gact = verdict(TC_ACT_SHOT);
        uint16_t inner = htons(ETH_P_IP);
        AdapterValue first;

        for (unsigned again = 0; again < 2; again++) {
                struct nl_msg *m = NULL;
                const struct nlattr *o, *a;
                const AdapterValue *v;

                begin("flower", 7, 1);
                put(TCA_FLOWER_KEY_IPV6_DST, address, sizeof(address));
                put(TCA_FLOWER_KEY_IPV6_DST_MASK, address, sizeof(address));
                put(TCA_FLOWER_KEY_ETH_TYPE, &inner, sizeof(inner));
                put_u32(TCA_FLOWER_FLAGS,
                                TCA_CLS_FLAGS_SKIP_HW |
                                                (again ? TCA_CLS_FLAGS_NOT_IN_HW : TCA_CLS_FLAGS_IN_HW));
                put_u32(TCA_FLOWER_IN_HW_COUNT, again);
                mirred.index = gact.index = again;
                actions = nla_nest_start(dump, TCA_FLOWER_ACT);
                put_action(1, "mirred", TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
                put_action(2, "gact", TCA_GACT_PARMS, &gact, sizeof(gact));
                nla_nest_end(dump, actions);
                ck_assert_int_eq(end(), 0);
                v = kept("ingress:7:86dd:00000001");
                ck_assert(v && streq(qdisc_value_kind(v), "flower") && filter_value_target(v) == SINK);
                if (again)
                        ck_assert(adapter_value_equal(v, &first));
                first = *v;
                o = sent(v, &m);
                ck_assert_ptr_null(inside(o, TCA_FLOWER_IN_HW_COUNT));
                /* the filter's protocol, which the kernel goes by; it dumps that within a VLAN */
                ck_assert_uint_eq(nla_get_u16(inside(o, TCA_FLOWER_KEY_ETH_TYPE)), htons(ETH_P_IPV6));
                ck_assert_uint_eq(nla_get_u32(inside(o, TCA_FLOWER_FLAGS)), TCA_CLS_FLAGS_SKIP_HW);
                ck_assert_int_eq(memcmp(nla_data(inside(o, TCA_FLOWER_KEY_IPV6_DST)), address, 16), 0);
                ck_assert_ptr_null(inside(inside(inside(o, TCA_FLOWER_ACT), 1), TCA_ACT_STATS));
                a = action_of(o, TCA_FLOWER_ACT);
                ck_assert_ptr_null(inside(a, TCA_MIRRED_TM));
                mirred.index = 0;
                mirred.refcnt = mirred.bindcnt = 0;
                ck_assert_int_eq(memcmp(nla_data(inside(a, TCA_MIRRED_PARMS)), &mirred, sizeof(mirred)), 0);
                mirred = mirror_to(SINK);
                nlmsg_free(m);
        }
        ck_assert_uint_eq(profile->n_entries, 1);
}
END_TEST

static const struct {
        const char *kind;
        int parameters, more, size; /* attributes */
} plain_actions[] = {
        { "gact", TCA_GACT_PARMS, 0, sizeof(struct tc_gact) },
        { "skbedit", TCA_SKBEDIT_PARMS, TCA_SKBEDIT_MARK, sizeof(struct tc_skbedit) },
        { "skbedit", TCA_SKBEDIT_PARMS, TCA_SKBEDIT_QUEUE_MAPPING, sizeof(struct tc_skbedit) },
        { "vlan", TCA_VLAN_PARMS, TCA_VLAN_PUSH_VLAN_ID, sizeof(struct tc_vlan) },
        { "vlan", TCA_VLAN_PARMS, TCA_VLAN_PUSH_VLAN_PRIORITY, sizeof(struct tc_vlan) },
};

static void put_matchall(const char *kind, int parameters, int more, int size) {
        struct tc_vlan v = { .index = 3, .action = TC_ACT_PIPE, .refcnt = 1, .bindcnt = 1, .v_action = 2 };
        struct nlattr *action, *nest;

        begin("matchall", 7, 1);
        actions = nla_nest_start(dump, TCA_MATCHALL_ACT);
        action = nla_nest_start(dump, 1);
        ck_assert_int_eq(nla_put_string(dump, TCA_ACT_KIND, kind), 0);
        nest = nla_nest_start(dump, TCA_ACT_OPTIONS);
        put(parameters, &v, size);
        if (more)
                put_u32(more, 42);
        nla_nest_end(dump, nest);
        nla_nest_end(dump, action);
        nla_nest_end(dump, actions);
}

START_TEST(test_plain_action) {
        int more = plain_actions[_i].more;
        struct nl_msg *m = NULL;
        const struct nlattr *a;

        put_matchall(plain_actions[_i].kind, plain_actions[_i].parameters, more, plain_actions[_i].size);
        ck_assert_int_eq(end(), 0);
        ck_assert_ptr_nonnull(kept("ingress:7:86dd:00000001"));
        a = action_of(sent(kept("ingress:7:86dd:00000001"), &m), TCA_MATCHALL_ACT);
        ck_assert_int_eq(nla_len(inside(a, plain_actions[_i].parameters)), plain_actions[_i].size);
        ck_assert(more == 0 || nla_get_u32(inside(a, more)) == 42);
        nlmsg_free(m);
}
END_TEST

static struct tc_police limit(void) {
        return (struct tc_police){ .index = 5,
                .action = TC_ACT_SHOT,
                .burst = 1000,
                .mtu = 2040,
                .refcnt = 1,
                .bindcnt = 1,
                .rate = { .rate = 1000000, .linklayer = TC_LINKLAYER_ETHERNET } };
}

/* The kernel dumps no table of rates, and wants one. */
START_TEST(test_police) {
        struct tc_police p = limit();
        struct nl_msg *m = NULL;
        const struct nlattr *a;
        const uint32_t *table;

        begin("matchall", 7, 1);
        actions = nla_nest_start(dump, TCA_MATCHALL_ACT);
        put_action(1, "police", TCA_POLICE_TBF, &p, sizeof(p));
        nla_nest_end(dump, actions);
        ck_assert_int_eq(end(), 0);
        a = action_of(sent(kept("ingress:7:86dd:00000001"), &m), TCA_MATCHALL_ACT);
        ck_assert_int_eq(nla_len(inside(a, TCA_POLICE_RATE)), TC_RTAB_SIZE);
        table = nla_data(inside(a, TCA_POLICE_RATE));
        ck_assert_uint_eq(table[0], 125);         /* 8 octets take 8 us, a tick is 64 ns */
        ck_assert_uint_eq(table[255], 256 * 125); /* 2048 octets */
        memcpy(&p, nla_data(inside(a, TCA_POLICE_TBF)), sizeof(p));
        ck_assert(p.rate.cell_log == 3 && p.rate.rate == 1000000 && p.burst == 1000 && p.index == 0);
        ck_assert_ptr_null(inside(a, TCA_POLICE_TM));
        nlmsg_free(m);
}
END_TEST

/* The number of a program becomes an fd. */
START_TEST(test_program) {
        struct nl_msg *m = NULL;
        const struct nlattr *o;

        begin("bpf", 7, 1);
        put_u32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
        put_u32(TCA_BPF_ID, 31);
        put(TCA_BPF_TAG, "12345678", 8);
        ck_assert_int_eq(end(), 0);
        ck_assert_uint_eq(filter_codec_program(kept("ingress:7:86dd:00000001")), 31);
        o = sent(kept("ingress:7:86dd:00000001"), &m);
        ck_assert_uint_eq(nla_get_u32(inside(o, TCA_BPF_FD)), 44);
        ck_assert(!inside(o, TCA_BPF_ID) && !inside(o, TCA_BPF_TAG));
        nlmsg_free(m);
}
END_TEST

static void add_pedit(void) {
        struct tc_gact g = verdict(TC_ACT_PIPE);

        put_action(1, "pedit", 2, &g, sizeof(g));
}

static void add_goto(void) {
        struct tc_gact g = verdict(TC_ACT_GOTO_CHAIN | 4);

        put_action(1, "gact", TCA_GACT_PARMS, &g, sizeof(g));
}

static void add_shared(void) {
        struct tc_gact g = verdict(TC_ACT_SHOT);

        g.bindcnt = 2;
        put_action(1, "gact", TCA_GACT_PARMS, &g, sizeof(g));
}

static void add_random(void) {
        put_action(1, "gact", TCA_GACT_PROB, &(struct tc_gact_p){}, sizeof(struct tc_gact_p));
}

static void add_own_mirror(void) {
        struct tc_mirred m = mirror_to(ADAPTER);

        put_action(1, "mirred", TCA_MIRRED_PARMS, &m, sizeof(m));
}

static void add_lost_mirror(void) {
        struct tc_mirred m = mirror_to(0);

        put_action(1, "mirred", TCA_MIRRED_PARMS, &m, sizeof(m));
}

static void add_mirrors(void) {
        struct tc_mirred m = mirror_to(SINK), n = mirror_to(SINK + 1);

        put_action(1, "mirred", TCA_MIRRED_PARMS, &m, sizeof(m));
        put_action(2, "mirred", TCA_MIRRED_PARMS, &n, sizeof(n));
}

static void add_peak(void) {
        struct tc_police p = limit();

        p.peakrate.rate = 1;
        put_action(1, "police", TCA_POLICE_TBF, &p, sizeof(p));
}

static void add_average(void) {
        put_action(1, "police", TCA_POLICE_AVRATE, "1234", 4);
}

static void add_jump(void) {
        put_action(1, "police", TCA_POLICE_RESULT, &(uint32_t){ TC_ACT_JUMP | 1 }, 4);
}

static void add_much(void) {
        struct tc_gact g = verdict(TC_ACT_PIPE);

        for (int order = 1; order < 10; order++)
                put_action(order, "gact", TCA_GACT_PARMS, &g, sizeof(g));
}

static const struct {
        void (*add)(void);
        const char *text;
} refused_actions[] = {
        { add_pedit, "flower pref 7: action pedit" },
        { add_goto, "flower pref 7: goto chain, or jump" },
        { add_shared, "flower pref 7: an action that is shared" },
        { add_random, "flower pref 7: random" },
        { add_own_mirror, "flower pref 7: mirred to the adapter itself" },
        { add_lost_mirror, "flower pref 7: mirred to a device that is gone" },
        { add_mirrors, "flower pref 7: mirred to several devices" },
        { add_peak, "flower pref 7: peakrate of police" },
        { add_average, "flower pref 7: avrate" },
        { add_jump, "flower pref 7: goto chain, or jump" },
        { add_much, "flower pref 7: too much to be kept" },
};

static void expect_other(const char *text) {
        size_t n;
        const AdapterEntry *e = adapter_profile_entries(profile, ATTRIBUTE_FILTER_OTHER, &n);

        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(adapter_value_format((char[ADAPTER_VALUE_TEXT_MAX]){}, &e->value, FORMAT_TEXT), text);
        ck_assert_str_eq(e->name, "ingress:7:86dd:00000001");
}

START_TEST(test_refused_action) {
        begin("flower", 7, 1);
        actions = nla_nest_start(dump, TCA_FLOWER_ACT);
        refused_actions[_i].add();
        nla_nest_end(dump, actions);
        ck_assert_int_eq(end(), 0);
        expect_other(refused_actions[_i].text);
        ck_assert_ptr_null(kept("ingress:7:86dd:00000001"));
}
END_TEST

static const struct {
        const char *kind;
        int type;
        const char *text;
} refused_attributes[] = {
        { "flower", TCA_FLOWER_KEY_CT_STATE, "flower pref 7: ct_state" },
        { "flower", TCA_FLOWER_KEY_ENC_KEY_ID, "flower pref 7: a tunnel's key" },
        { "flower", 4000, "flower pref 7: attribute 4000 of flower" },
        { "matchall", 99, "matchall pref 7: attribute 99 of matchall" },
        { "bpf", TCA_BPF_OPS, "bpf pref 7: bytecode" },
        { "basic", 1, "basic pref 7: not of a kind that is known" },
        { "u32", TCA_U32_SEL, "u32 pref 7: a hash table of its own" }, /* by its handle */
};

START_TEST(test_refused_attribute) {
        begin(refused_attributes[_i].kind, 7, 1);
        put_u32(refused_attributes[_i].type, 1);
        ck_assert_int_eq(end(), 0);
        expect_other(refused_attributes[_i].text);
}
END_TEST

/* The kernel's lists and primed's own are no filters of anybody's. */
START_TEST(test_not_meant) {
        begin("flower", 7, 1);
        put_u32(TCA_FLOWER_CLASSID, 1);
        ((struct tcmsg *) nlmsg_data(nlmsg_hdr(dump)))->tcm_ifindex = ADAPTER + 1;
        ck_assert_int_eq(end(), 0);
        begin("bpf", OWN_FILTER_PRIORITY, OWN_FILTER_HANDLE);
        put_u32(TCA_BPF_ID, 31);
        ck_assert_int_eq(end(), 0);
        ck_assert_uint_eq(profile->n_entries, 0);
        ck_assert(profile->value[ATTRIBUTE_FILTER_OWN].set);
        /* one that could not be removed without that */
        begin("bpf", OWN_FILTER_PRIORITY, 1);
        put_u32(TCA_BPF_ID, 31);
        ck_assert_int_eq(end(), 0);
        ck_assert_ptr_nonnull(
                        adapter_profile_get(profile, ATTRIBUTE_FILTER_OTHER, 0, "ingress:2:86dd:00000001"));
        begin("flower", 0, 1);
        put_u32(TCA_FLOWER_CLASSID, 1);
        ck_assert_int_eq(end(), -EBADMSG);
}
END_TEST

static const struct {
        const char *kind;
        int type, size; /* one octet less than there has to be */
} hostile[] = {
        { "gact", TCA_GACT_PARMS, sizeof(struct tc_gact) - 1 },
        { "mirred", TCA_MIRRED_PARMS, sizeof(struct tc_mirred) - 1 },
        { "vlan", TCA_VLAN_PARMS, 65 },
        { "police", TCA_POLICE_TBF, sizeof(struct tc_police) - 1 },
        { "police", TCA_POLICE_RESULT, 3 },
};

START_TEST(test_hostile) {
        uint8_t bytes[80] = {};

        begin("matchall", 7, 1);
        actions = nla_nest_start(dump, TCA_MATCHALL_ACT);
        put_action(1, hostile[_i].kind, hostile[_i].type, bytes, hostile[_i].size);
        nla_nest_end(dump, actions);
        ck_assert_int_eq(end(), -EBADMSG);
        /* a list that ends amid an attribute */
        begin("matchall", 7, 1);
        put(TCA_MATCHALL_ACT, "\x20\0\1\0abc", 8);
        ck_assert_int_eq(end(), -EBADMSG);
        begin("matchall", 7, 1);
        put(TCA_MATCHALL_FLAGS, "abc", 3);
        ck_assert_int_eq(end(), -EBADMSG);
}
END_TEST

START_TEST(test_no_filter) {
        static const FilterPlace place = { .priority = 1 };
        const AdapterValue wrong[] = { {}, adapter_value_absent(), adapter_value_bytes("flower", 6),
                adapter_value_bytes("flower\0abc", 10), adapter_value_bytes("basic\0\0\0\0\0", 10),
                adapter_value_bytes("flower\0\0\0\0\0\x20\0\1\0", 15) };
        struct nl_msg *m = NULL;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                ck_assert_int_eq(filter_codec_add(3, &place, &wrong[i], -1, &m), -EINVAL);
                ck_assert_uint_eq(filter_codec_program(&wrong[i]), 0);
        }
}
END_TEST

START_TEST(test_names) {
        static const char *const wrong[] = { "", "ingress", "sideways:7:86dd:00000001",
                "ingress:0:86dd:00000001", "ingress:7:86dd:1", "ingress:7:86dd:00000001x",
                "ingress:70000:86dd:00000001", "egress:7:86dd" };
        FilterPlace p;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_msg(!filter_place_parse(wrong[i], &p), "%s", wrong[i]);
        ck_assert(filter_place_parse("egress:65535:0003:800a0b0c", &p));
        ck_assert(p.egress && p.priority == 65535 && p.protocol == 3 && p.handle == 0x800a0b0c);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("filter-codec");
        TCase *t = tcase_create("filter-codec");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_flower);
        tcase_add_loop_test(t, test_plain_action, 0, ELEMENTSOF(plain_actions));
        tcase_add_test(t, test_police);
        tcase_add_test(t, test_program);
        tcase_add_loop_test(t, test_refused_action, 0, ELEMENTSOF(refused_actions));
        tcase_add_loop_test(t, test_refused_attribute, 0, ELEMENTSOF(refused_attributes));
        tcase_add_test(t, test_not_meant);
        tcase_add_loop_test(t, test_hostile, 0, ELEMENTSOF(hostile));
        tcase_add_test(t, test_no_filter);
        tcase_add_test(t, test_names);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
