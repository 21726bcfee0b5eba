/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is planned for the link as others see it, row by row. */

#include "alloc-util.h"
#include "check-main.h"
#include "fake-adapter.h"
#include "prime-plan-codec.h"
#include "prime-planner.h"
#include "qdisc-value.h"

static FakeAdapters *fake;
static AdapterProfile *a, *b;
static PrimePlan *plan;

static void setup(void) {
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, 1, "eth0");
        b = fake_adapter_add(fake, 2, "eth1");
        a->address = (EtherAddress){ { 0x00, 0x53, 0x00, 0x00, 0x00, 0x0a } };
        b->address = (EtherAddress){ { 0x00, 0x53, 0x00, 0x00, 0x00, 0x0b } };
        plan = prime_plan_new();
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static void make_plan(uint64_t include) {
        _cleanup_(prime_plan_freep) PrimePlan *decoded = NULL;
        _cleanup_free_ uint8_t *bytes = NULL;
        size_t size;

        ck_assert_int_eq(prime_planner_run(a, b, (PrimeItems){ .include = include }, plan), 0);
        /* whatever is planned comes through the pipe */
        ck_assert_int_eq(prime_plan_encode(plan, &bytes, &size), 0);
        ck_assert_int_eq(prime_plan_decode(bytes, size, &decoded), 0);
        ck_assert_uint_eq(decoded->n_steps, plan->n_steps);
}

static const PrimeStep *find(AdapterAttribute attribute, unsigned place, const char *name) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && plan->steps[i].place == place &&
                                streq(plan->steps[i].name, name))
                        return &plan->steps[i];
        return NULL;
}

static AdapterValue discipline(const char *kind, uint8_t option) {
        uint8_t bytes[32] = {};
        size_t n = strlen(kind) + 1;

        memcpy(bytes, kind, n);
        bytes[n] = option;
        return adapter_value_bytes(bytes, n + 1);
}

/* Nothing of either adapter: nothing said. */
START_TEST(test_nothing) {
        make_plan(0);
        for (size_t i = 0; i < plan->n_steps; i++) {
                PrimeItemId item = plan->steps[i].item;

                ck_assert_msg(prime_item_consent(item) == PRIME_COPIED && item != PRIME_QDISC &&
                                                item != PRIME_FILTERS && item != PRIME_XDP &&
                                                item != PRIME_ADDRESSES && item != PRIME_VLAN_FILTER &&
                                                item != PRIME_PROMISCUITY && item != PRIME_TIMESTAMPING,
                                "%s", PRIME_STEP_LABEL(&plan->steps[i]));
        }
}
END_TEST

START_TEST(test_on_request) {
        const PrimeStep *s;

        a->value[ATTRIBUTE_PAUSE_RX] = adapter_value_number(1);
        b->value[ATTRIBUTE_PAUSE_RX] = adapter_value_number(0);
        a->value[ATTRIBUTE_FEC_AUTO] = b->value[ATTRIBUTE_FEC_AUTO] = adapter_value_number(1);
        make_plan(0);
        s = find(ATTRIBUTE_PAUSE_RX, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && !prime_step_is_due(s) && !s->undo.set);
        ck_assert_ptr_nonnull(strstr(s->note, "include: [pause]"));
        s = find(ATTRIBUTE_FEC_AUTO, 0, "");
        ck_assert(s && s->action == PRIME_EQUAL);
        make_plan(UINT64_C(1) << PRIME_PAUSE);
        s = find(ATTRIBUTE_PAUSE_RX, 0, "");
        ck_assert(s && s->action == PRIME_SET && prime_step_is_due(s) && s->want.word[0] == 1);
        ck_assert(s->undo.set && s->undo.word[0] == 0);
        ck_assert_int_gt(s->disruption, DISRUPTION_NONE);
}
END_TEST

START_TEST(test_link_modes) {
        uint64_t include = UINT64_C(1) << PRIME_LINK_MODES;
        const PrimeStep *s;

        a->value[ATTRIBUTE_LINK_AUTONEG] = b->value[ATTRIBUTE_LINK_AUTONEG] = adapter_value_number(1);
        a->value[ATTRIBUTE_LINK_SPEED] = adapter_value_number(10000);
        b->value[ATTRIBUTE_LINK_SPEED] = adapter_value_number(1000);
        a->value[ATTRIBUTE_LINK_ADVERTISED] = adapter_value_number(0xff);
        b->value[ATTRIBUTE_LINK_ADVERTISED] = adapter_value_number(0x01);
        b->value[ATTRIBUTE_LINK_SUPPORTED] = adapter_value_number(0x0f);
        make_plan(include);
        s = find(ATTRIBUTE_LINK_ADVERTISED, 0, "");
        ck_assert(s && s->action == PRIME_CLAMPED && s->want.word[0] == 0x0f && prime_step_is_due(s));
        s = find(ATTRIBUTE_LINK_SPEED, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && !s->want.set); /* negotiated, not set */
        a->value[ATTRIBUTE_LINK_AUTONEG] = adapter_value_number(0);
        make_plan(include);
        s = find(ATTRIBUTE_LINK_SPEED, 0, "");
        ck_assert(s && s->action == PRIME_SET && s->want.word[0] == 10000);
}
END_TEST

static const struct {
        AdapterAttribute attribute;
        const char *note;
} fates[] = {
        { ATTRIBUTE_SRIOV_VFS, "guests on them do not move" },
        { ATTRIBUTE_XFRM_STATES, "the CPUs encrypt" },
        { ATTRIBUTE_MACSEC_DEVICES, "would leave unprotected" },
        { ATTRIBUTE_QDISC_BLOCKS, "bind the spare" },
};

START_TEST(test_fate) {
        const PrimeStep *s;

        a->value[fates[_i].attribute] = b->value[fates[_i].attribute] = adapter_value_number(0);
        make_plan(0);
        ck_assert_ptr_null(find(fates[_i].attribute, 0, ""));
        a->value[fates[_i].attribute] = adapter_value_number(3);
        make_plan(0);
        s = find(fates[_i].attribute, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && !s->want.set && !s->undo.set);
        ck_assert_ptr_nonnull(strstr(s->note, fates[_i].note));
        ck_assert(prime_plan_is_equal(plan));
}
END_TEST

START_TEST(test_tls) {
        a->value[ATTRIBUTE_TLS_TX] = b->value[ATTRIBUTE_TLS_TX] = adapter_value_number(5);
        make_plan(0);
        ck_assert_ptr_null(find(ATTRIBUTE_TLS_TX, 0, "")); /* of some other adapter's */
        fake_adapter_feature(a, 40, "tls-hw-tx-offload", true, true, true);
        make_plan(0);
        ck_assert_ptr_nonnull(find(ATTRIBUTE_TLS_TX, 0, ""));
}
END_TEST

START_TEST(test_flow_table) {
        a->value[ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES] = adapter_value_number(0);
        make_plan(0);
        ck_assert_ptr_null(find(ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, 0, ""));
        a->rps_flow_count[1] = adapter_value_number(64);
        make_plan(0);
        ck_assert_ptr_nonnull(find(ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, 0, ""));
        a->value[ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES] = adapter_value_number(1024);
        make_plan(0);
        ck_assert_ptr_null(find(ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, 0, ""));
}
END_TEST

/* The serving adapter's filter is on, and the spare's must be off. */
START_TEST(test_vlan_filter) {
        const PrimeStep *s;

        fake_adapter_feature(a, 50, "rx-vlan-filter", true, true, true);
        fake_adapter_feature(b, 50, "rx-vlan-filter", true, true, true);
        make_plan(0);
        s = find(ATTRIBUTE_FEATURE, 0, "rx-vlan-filter");
        ck_assert(s && s->action == PRIME_EQUAL);
        a->value[ATTRIBUTE_VLANS] = adapter_value_number(2);
        make_plan(0);
        s = find(ATTRIBUTE_FEATURE, 0, "rx-vlan-filter");
        ck_assert(s && s->action == PRIME_MAPPED && s->want.word[0] == 0 && prime_step_is_due(s) && s->note[0]);
        s = find(ATTRIBUTE_VLANS, 0, "");
        ck_assert(s && s->action == PRIME_MAPPED && !prime_step_is_due(s));
        /* off already, by whoever moves the traffic: left so */
        fake_adapter_feature(b, 50, "rx-vlan-filter", true, false, false);
        make_plan(0);
        ck_assert(!prime_step_is_due(find(ATTRIBUTE_FEATURE, 0, "rx-vlan-filter")));
}
END_TEST

START_TEST(test_fixed_vlan_filter) {
        const PrimeStep *s;

        fake_adapter_feature(b, 50, "rx-vlan-filter", false, false, true);
        a->value[ATTRIBUTE_VLANS] = adapter_value_number(2);
        make_plan(0);
        s = find(ATTRIBUTE_PROMISC, 0, "");
        ck_assert(s && s->action == PRIME_MAPPED && s->want.word[0] == 1 && prime_step_is_due(s) &&
                        s->undo.set);
        b->value[ATTRIBUTE_PROMISC] = adapter_value_number(1);
        make_plan(0);
        ck_assert(!prime_step_is_due(find(ATTRIBUTE_PROMISC, 0, "")));
        /* somebody made devices for them */
        b->value[ATTRIBUTE_PROMISC] = adapter_value_number(0);
        b->value[ATTRIBUTE_VLANS] = adapter_value_number(2);
        make_plan(0);
        ck_assert_ptr_null(find(ATTRIBUTE_PROMISC, 0, ""));
        ck_assert_ptr_null(find(ATTRIBUTE_VLANS, 0, ""));
}
END_TEST

START_TEST(test_promiscuity) {
        const PrimeStep *s;

        a->value[ATTRIBUTE_PROMISC] = adapter_value_number(1);
        a->value[ATTRIBUTE_PROMISCUITY_COUNT] = adapter_value_number(1);
        make_plan(0);
        s = find(ATTRIBUTE_PROMISC, 0, "");
        ck_assert(s && s->action == PRIME_SET && s->want.word[0] == 1);
        ck_assert_ptr_null(find(ATTRIBUTE_PROMISCUITY_COUNT, 0, ""));
        b->value[ATTRIBUTE_PROMISCUITY_COUNT] = adapter_value_number(1);
        make_plan(0);
        s = find(ATTRIBUTE_PROMISCUITY_COUNT, 0, "");
        ck_assert(s && s->action == PRIME_REPORT && strstr(s->note, "its filter is full"));
}
END_TEST

/* Those under which adapters speak for themselves are nobody else's. */
START_TEST(test_addresses) {
        static const char *const own[] = { "00:53:00:00:00:0a", "00:53:00:00:00:0b", "02:53:00:00:00:0a",
                "02:53:00:00:00:0b" };
        const PrimeStep *s;

        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                *adapter_profile_add(a, ATTRIBUTE_ADDRESS, 0, own[i]) = adapter_value_number(1);
        *adapter_profile_add(a, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:77") = adapter_value_number(1);
        *adapter_profile_add(b, ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:99") = adapter_value_number(1);
        make_plan(0);
        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                ck_assert_ptr_null(find(ATTRIBUTE_ADDRESS, 0, own[i]));
        ck_assert_ptr_null(find(ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:99"));
        s = find(ATTRIBUTE_ADDRESS, 0, "02:00:00:00:00:77");
        ck_assert(s && s->action == PRIME_SET && prime_step_is_due(s) && s->undo.absent);
}
END_TEST

static const struct {
        uint64_t a, b;
        AdapterAttribute attribute;
        int master; /* of both */
        PrimeAction action;
        bool due;
} programs[] = {
        { 7, 0, ATTRIBUTE_XDP_NATIVE, 0, PRIME_SET, true },
        { 7, 7, ATTRIBUTE_XDP_NATIVE, 0, PRIME_EQUAL, false },
        { 7, 8, ATTRIBUTE_XDP_NATIVE, 0, PRIME_UNSUPPORTED, false }, /* there would be no way back */
        { 0, 8, ATTRIBUTE_XDP_NATIVE, 0, PRIME_REPORT, false },
        { 7, 0, ATTRIBUTE_XDP_GENERIC, 0, PRIME_REPORT, false }, /* it would see frames twice */
        { 7, 0, ATTRIBUTE_XDP_GENERIC, 5, PRIME_SET, true },
        { 7, 0, ATTRIBUTE_XDP_OFFLOADED, 0, PRIME_UNSUPPORTED, false },
};

START_TEST(test_program) {
        const PrimeStep *s;

        a->master = b->master = programs[_i].master;
        a->value[programs[_i].attribute] = adapter_value_number(programs[_i].a);
        b->value[programs[_i].attribute] = adapter_value_number(programs[_i].b);
        make_plan(0);
        s = find(programs[_i].attribute, 0, "");
        ck_assert_ptr_nonnull(s);
        ck_assert_str_eq(prime_action_to_string(s->action), prime_action_to_string(programs[_i].action));
        ck_assert(prime_step_is_due(s) == programs[_i].due);
        ck_assert((s->note[0] != 0) == (s->action == PRIME_UNSUPPORTED || s->action == PRIME_REPORT));
}
END_TEST

static const struct {
        const char *a, *b; /* NULL: the kernel's own */
        unsigned place;
        PrimeAction action;
        bool due;
} disciplines[] = {
        { "fq", NULL, 0, PRIME_SET, true }, { "fq", "fq", 0, PRIME_EQUAL, false },
        { "fq", "pfifo", 0, PRIME_SET, true }, { NULL, "pfifo", 0, PRIME_SET, true },
        { "htb", NULL, 0, PRIME_SET, true }, { "fq", "htb", 0, PRIME_SET, true },
        { NULL, "htb", 0, PRIME_SET, true }, { "mqprio", NULL, 0, PRIME_UNSUPPORTED, false },
        { "fq", "mqprio", 0, PRIME_UNSUPPORTED, false }, { NULL, "mqprio", 0, PRIME_UNSUPPORTED, false },
        { "fq", NULL, 2, PRIME_SET, true },
        { "fq", NULL, 3, PRIME_UNSUPPORTED, false }, /* the spare has two queues */
};

/* A tree is copied whole or not at all, and what is not known whole is not taken away either. */
START_TEST(test_tree) {
        const PrimeStep *s;

        *adapter_profile_add(a, ATTRIBUTE_QDISC, 0, NULL) = discipline("htb", 1);
        *adapter_profile_add(a, ATTRIBUTE_QDISC_CLASS, 0x10, NULL) = discipline("htb", 2);
        *adapter_profile_add(b, ATTRIBUTE_QDISC, 0, NULL) = discipline("htb", 1);
        *adapter_profile_add(b, ATTRIBUTE_QDISC_FILTER, 0, "5:0800:1") = discipline("matchall", 3);
        make_plan(0);
        s = find(ATTRIBUTE_QDISC_CLASS, 0x10, "");
        ck_assert(s && prime_step_is_due(s) && s->undo.absent);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "qdisc class :10");
        s = find(ATTRIBUTE_QDISC_FILTER, 0, "5:0800:1");
        ck_assert(s && prime_step_is_due(s) && s->want.absent && !s->undo.absent);
        a->value[ATTRIBUTE_QDISC_OTHERS] = adapter_value_number(2);
        make_plan(0);
        s = find(ATTRIBUTE_QDISC, 0, "");
        ck_assert(s && s->action == PRIME_UNSUPPORTED && s->note[0]);
        ck_assert_ptr_null(find(ATTRIBUTE_QDISC_CLASS, 0x10, ""));
        ck_assert_ptr_null(find(ATTRIBUTE_QDISC_FILTER, 0, "5:0800:1"));
}
END_TEST

START_TEST(test_discipline) {
        unsigned place = disciplines[_i].place;
        const PrimeStep *s;

        if (disciplines[_i].a)
                *adapter_profile_add(a, ATTRIBUTE_QDISC, place, NULL) = discipline(disciplines[_i].a, 1);
        if (disciplines[_i].b)
                *adapter_profile_add(b, ATTRIBUTE_QDISC, place, NULL) = discipline(disciplines[_i].b, 1);
        make_plan(0);
        s = find(ATTRIBUTE_QDISC, place, "");
        ck_assert_ptr_nonnull(s);
        ck_assert_str_eq(prime_action_to_string(s->action), prime_action_to_string(disciplines[_i].action));
        ck_assert(prime_step_is_due(s) == disciplines[_i].due);
}
END_TEST

START_TEST(test_discipline_text) {
        AdapterValue one = discipline("fq_codel", 1), two = discipline("fq_codel", 2),
                     none = adapter_value_bytes("mq", 3), nonsense = adapter_value_bytes("\1\2", 2);
        char x[ADAPTER_VALUE_TEXT_MAX], y[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_str_eq(adapter_value_format(x, &none, FORMAT_QDISC), "mq");
        ck_assert_int_eq(strncmp(adapter_value_format(x, &one, FORMAT_QDISC), "fq_codel ", 9), 0);
        ck_assert_str_ne(x, adapter_value_format(y, &two, FORMAT_QDISC));
        ck_assert_str_eq(qdisc_value_kind(&nonsense), "");
        ck_assert(!qdisc_value_is_plain(&nonsense) && qdisc_value_is_plain(&one));
}
END_TEST

START_TEST(test_fec_text) {
        AdapterValue v = adapter_value_number(UINT64_C(3) << 50), none = adapter_value_number(0);
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_FEC), "rs baser");
        ck_assert_str_eq(adapter_value_format(text, &none, FORMAT_FEC), "none");
}
END_TEST

/* What priming gave and the serving adapter has no longer is taken again, and nothing else. */
START_TEST(test_withdraw) {
        _cleanup_(prime_plan_freep) PrimePlan *before = prime_plan_new();
        const char *name = "02:00:00:00:00:77";
        const PrimeStep *s;

        *adapter_profile_add(a, ATTRIBUTE_ADDRESS, 0, name) = adapter_value_number(1);
        a->value[ATTRIBUTE_XDP_NATIVE] = adapter_value_number(7);
        b->value[ATTRIBUTE_XDP_NATIVE] = adapter_value_number(0);
        make_plan(0);
        ck_assert_int_eq(prime_plan_copy(before, plan), 0);
        *adapter_profile_add(b, ATTRIBUTE_ADDRESS, 0, name) = adapter_value_number(1);
        b->value[ATTRIBUTE_XDP_NATIVE] = adapter_value_number(7);
        adapter_profile_remove(a, ATTRIBUTE_ADDRESS, 0, name);
        a->value[ATTRIBUTE_XDP_NATIVE] = adapter_value_number(0);
        make_plan(0);
        ck_assert_uint_eq(prime_plan_count_due(plan), 0);
        ck_assert_int_eq(prime_plan_withdraw(plan, before, a, b), 0);
        ck_assert_uint_eq(prime_plan_count_due(plan), 2);
        s = find(ATTRIBUTE_ADDRESS, 0, name);
        ck_assert(s && s->want.absent && s->undo.absent);
        s = find(ATTRIBUTE_XDP_NATIVE, 0, "");
        ck_assert(s && s->want.set && s->want.word[0] == 0);
        /* somebody put another one there */
        b->value[ATTRIBUTE_XDP_NATIVE] = adapter_value_number(9);
        make_plan(0);
        ck_assert_int_eq(prime_plan_withdraw(plan, before, a, b), 0);
        ck_assert_uint_eq(prime_plan_count_due(plan), 1);
}
END_TEST

static AdapterValue filter(int32_t target, uint8_t octet) {
        uint8_t bytes[] = { 'u', '3', '2', 0, 0, 0, 0, 0, octet };

        memcpy(bytes + 4, &target, sizeof(target));
        return adapter_value_bytes(bytes, sizeof(bytes));
}

/* Made alike by name; the discipline only where it is wanted, and what the spare has of its own goes. */
START_TEST(test_filters) {
        const PrimeStep *s;

        a->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(1);
        b->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(0);
        make_plan(0);
        s = find(ATTRIBUTE_FILTER_HOOK, 0, "");
        ck_assert(s && !prime_step_is_due(s)); /* nothing hangs on it */
        *adapter_profile_add(a, ATTRIBUTE_FILTER, 0, "egress:5:0800:00000001") = filter(9, 1);
        *adapter_profile_add(b, ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000001") = filter(9, 1);
        make_plan(0);
        s = find(ATTRIBUTE_FILTER_HOOK, 0, "");
        ck_assert(s && prime_step_is_due(s) && s->want.word[0] == 1 && s->undo.word[0] == 0);
        s = find(ATTRIBUTE_FILTER, 0, "egress:5:0800:00000001");
        ck_assert(s && s->action == PRIME_SET && s->undo.absent);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "filters egress:5:0800:00000001");
        s = find(ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000001");
        ck_assert(s && s->action == PRIME_SET && s->want.absent && !s->undo.absent);
}
END_TEST

enum {
        OTHER_A,
        OTHER_B,
        BLOCKS_B,
        INGRESS_B,
        TARGET_B,
        OWN_PRIORITY,
};

/* Why all filters of a direction stay as they are. */
static const struct {
        int reason;
        const char *note;
} stuck[] = {
        { OTHER_A, "not without the others of its direction, which cannot be copied" },
        { OTHER_B, "the spare has filters that could not be put back" },
        { BLOCKS_B, "the spare's filters are in shared blocks" },
        { INGRESS_B, "the spare has an ingress discipline where clsact would be" },
        { TARGET_B, "pref 5 of the serving adapter sends frames to the spare" },
        { OWN_PRIORITY, "pref 2 is taken on the spare, by primed itself" },
};

START_TEST(test_filters_stuck) {
        AdapterValue text = adapter_value_bytes("basic pref 9: x", 15);
        int reason = stuck[_i].reason;
        const PrimeStep *s;

        b->ifindex = 5;
        b->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(0);
        *adapter_profile_add(a, ATTRIBUTE_FILTER, 0, "egress:5:0800:00000001") = filter(
                        reason == TARGET_B ? 5 : 9, 1);
        *adapter_profile_add(b, ATTRIBUTE_FILTER, 0, "egress:6:0800:00000001") = filter(9, 1);
        if (reason == OTHER_A || reason == OTHER_B)
                *adapter_profile_add(reason == OTHER_A ? a : b, ATTRIBUTE_FILTER_OTHER, 0,
                                "egress:9:0800:00000001") = text;
        b->value[ATTRIBUTE_QDISC_BLOCKS] = adapter_value_number(reason == BLOCKS_B);
        b->value[ATTRIBUTE_FILTER_INGRESS_ONLY] = adapter_value_number(reason == INGRESS_B);
        if (reason == OWN_PRIORITY) {
                a->master = b->master = 77; /* in a bond, where it would do the same on both */
                b->value[ATTRIBUTE_FILTER_OWN] = adapter_value_number(1);
                *adapter_profile_add(a, ATTRIBUTE_FILTER, 0, "egress:2:0800:00000001") = filter(9, 1);
        }
        make_plan(0);
        for (unsigned i = 5; i <= 6; i++) {
                s = find(ATTRIBUTE_FILTER, 0, i == 5 ? "egress:5:0800:00000001" : "egress:6:0800:00000001");
                ck_assert(s && s->action == PRIME_UNSUPPORTED && !prime_step_is_due(s));
                ck_assert_str_eq(s->note, stuck[_i].note);
        }
        ck_assert_ptr_null(find(ATTRIBUTE_FILTER_HOOK, 0, ""));
        s = find(ATTRIBUTE_FILTER_OTHER, 0, "egress:9:0800:00000001");
        if (reason == OTHER_A)
                ck_assert_str_eq(s->note, "basic pref 9: x: cannot be copied");
        else if (reason == OTHER_B)
                ck_assert(s && s->action == PRIME_REPORT && !s->undo.set);
        else
                ck_assert_ptr_null(s);
}
END_TEST

/* What acts before primed's own classifiers acts on the serving adapter, wherever frames go; in a bond, and
 * with links instead of classifiers, on the adapter that they go by. */
START_TEST(test_filters_before_own) {
        for (unsigned i = 0; i < 4; i++) {
                bool own = i & 1, bond = i & 2;
                const PrimeStep *s;

                a->value[ATTRIBUTE_FILTER_OWN] = adapter_value_number(own);
                a->master = b->master = bond ? 77 : 0;
                b->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(0);
                *adapter_profile_add(a, ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000001") = filter(9, 1);
                *adapter_profile_add(a, ATTRIBUTE_FILTER, 0, "ingress:3:0800:00000001") = filter(9, 1);
                make_plan(0);
                s = find(ATTRIBUTE_FILTER, 0, "ingress:1:0800:00000001");
                ck_assert(s && s->action == (own && !bond ? PRIME_REPORT : PRIME_SET));
                ck_assert_int_eq(find(ATTRIBUTE_FILTER, 0, "ingress:3:0800:00000001")->action, PRIME_SET);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-planner-link");
        TCase *t = tcase_create("prime-planner-link");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_nothing);
        tcase_add_test(t, test_on_request);
        tcase_add_test(t, test_link_modes);
        tcase_add_loop_test(t, test_fate, 0, ELEMENTSOF(fates));
        tcase_add_test(t, test_tls);
        tcase_add_test(t, test_flow_table);
        tcase_add_test(t, test_vlan_filter);
        tcase_add_test(t, test_fixed_vlan_filter);
        tcase_add_test(t, test_promiscuity);
        tcase_add_test(t, test_addresses);
        tcase_add_loop_test(t, test_program, 0, ELEMENTSOF(programs));
        tcase_add_test(t, test_tree);
        tcase_add_loop_test(t, test_discipline, 0, ELEMENTSOF(disciplines));
        tcase_add_test(t, test_discipline_text);
        tcase_add_test(t, test_fec_text);
        tcase_add_test(t, test_withdraw);
        tcase_add_test(t, test_filters);
        tcase_add_loop_test(t, test_filters_stuck, 0, ELEMENTSOF(stuck));
        tcase_add_test(t, test_filters_before_own);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
