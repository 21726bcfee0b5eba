/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc-util.h"
#include "check-main.h"
#include "fake-adapter.h"
#include "prime-disruption.h"
#include "prime-planner.h"

static FakeAdapters *fake;
static AdapterProfile *a, *b;
static PrimePlan *plan;

static void setup(void) {
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, 1, "eth0");
        b = fake_adapter_add(fake, 2, "eth1");
        plan = prime_plan_new();
}

static void teardown(void) {
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static void make_plan(uint64_t exclude) {
        ck_assert_int_eq(prime_planner_run(a, b, (PrimeItems){ .exclude = exclude }, plan), 0);
}

static PrimeStep *find(AdapterAttribute attribute, unsigned queue, const char *feature) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && plan->steps[i].place == queue &&
                                streq(plan->steps[i].name, feature ? feature : ""))
                        return &plan->steps[i];
        return NULL;
}

#define UNSET UINT64_MAX

static AdapterValue value(uint64_t n) {
        return n == UNSET ? (AdapterValue){} : adapter_value_number(n);
}

/* One number, all cases: what both have, the spare's limit, what comes of it. */
static const struct {
        AdapterAttribute attribute;
        uint64_t a, b, high;
        PrimeAction action;
        uint64_t want;
        bool due;
} numbers[] = {
        { ATTRIBUTE_RINGS_RX, 512, 512, 4096, PRIME_EQUAL, 512, false },
        { ATTRIBUTE_RINGS_RX, 1024, 512, 4096, PRIME_SET, 1024, true },
        { ATTRIBUTE_RINGS_RX, 4096, 512, 4096, PRIME_SET, 4096, true },
        { ATTRIBUTE_RINGS_RX, 8192, 512, 4096, PRIME_CLAMPED, 4096, true },
        { ATTRIBUTE_RINGS_RX, 8192, 4096, 4096, PRIME_CLAMPED, 4096, false },
        { ATTRIBUTE_RINGS_RX, 8192, 512, UNSET, PRIME_SET, 8192, true },
        { ATTRIBUTE_RINGS_RX_JUMBO, 64, UNSET, UNSET, PRIME_UNSUPPORTED, UNSET, false },
        { ATTRIBUTE_RINGS_RX_JUMBO, UNSET, 64, UNSET, PRIME_REPORT, UNSET, false },
        { ATTRIBUTE_GSO_MAX_SIZE, 90000, 65536, 65536, PRIME_CLAMPED, 65536, false },
        { ATTRIBUTE_TX_QUEUE_LENGTH, 0, 1000, UNSET, PRIME_SET, 0, true },
        { ATTRIBUTE_COALESCE_RX_USECS, 3, 50, UNSET, PRIME_SET, 3, true },
        { ATTRIBUTE_NAPI_THREADED, 1, 0, UNSET, PRIME_SET, 1, true },
        { ATTRIBUTE_MTU, 9000, 1500, 9000, PRIME_SET, 9000, true },
        { ATTRIBUTE_MTU, 9000, 1500, 1600, PRIME_UNSUPPORTED, UNSET, false },
        { ATTRIBUTE_WAKE_ON_LAN, 32, 0, UNSET, PRIME_REPORT, UNSET, false },
        { ATTRIBUTE_WAKE_ON_LAN, 32, 32, UNSET, PRIME_EQUAL, UNSET, false },
        { ATTRIBUTE_CHANNELS_RX, 8, 2, 8, PRIME_SET, 8, true },
        { ATTRIBUTE_CHANNELS_RX, 8, 2, 4, PRIME_CLAMPED, 4, true },
};

START_TEST(test_number) {
        AdapterAttribute attribute = numbers[_i].attribute, high = adapter_attribute_info(attribute)->maximum;
        AdapterValue want = value(numbers[_i].want);
        PrimeStep *s;

        a->value[attribute] = value(numbers[_i].a);
        b->value[attribute] = value(numbers[_i].b);
        b->value[high] = value(numbers[_i].high);
        make_plan(0);
        s = find(attribute, 0, NULL);
        ck_assert_ptr_nonnull(s);
        ck_assert_str_eq(prime_action_to_string(s->action), prime_action_to_string(numbers[_i].action));
        ck_assert(adapter_value_equal(&s->want, &want));
        ck_assert(prime_step_is_due(s) == numbers[_i].due);
        ck_assert(adapter_value_equal(&s->a, &a->value[attribute]));
        ck_assert(adapter_value_equal(&s->b, &b->value[attribute]));
        /* Whatever is not plainly equal or set is explained. */
        ck_assert((s->note[0] != 0) == (s->action != PRIME_EQUAL && s->action != PRIME_SET));
        ck_assert_uint_eq(prime_plan_count_due(plan), numbers[_i].due);
        ck_assert(prime_plan_is_equal(plan) == (!numbers[_i].due && !s->blocks));
        ck_assert(s->blocks == (attribute == ATTRIBUTE_MTU && s->action == PRIME_UNSUPPORTED));
        ck_assert_ptr_eq(prime_plan_blocker(plan), s->blocks ? s : NULL);
}
END_TEST

/* The bond's, which the ports only follow. */
START_TEST(test_mtu_of_a_bond) {
        PrimeStep *s;

        a->value[ATTRIBUTE_MTU] = adapter_value_number(9000);
        b->value[ATTRIBUTE_MTU] = adapter_value_number(1500);
        make_plan(0);
        ck_assert(prime_step_is_due(find(ATTRIBUTE_MTU, 0, NULL)));
        strcpy(a->port_of, "bond");
        strcpy(b->port_of, "bond");
        make_plan(0);
        s = find(ATTRIBUTE_MTU, 0, NULL);
        ck_assert_int_eq(s->action, PRIME_REPORT);
        ck_assert(!prime_step_is_due(s));
        ck_assert(!s->blocks);
        ck_assert_ptr_nonnull(strstr(s->note, "bond"));
}
END_TEST

START_TEST(test_equal) {
        make_plan(0);
        ck_assert(prime_plan_is_equal(plan));
        ck_assert_uint_eq(prime_plan_count(plan, PRIME_EQUAL), plan->n_steps);
        ck_assert_uint_gt(plan->n_steps, 20);
        ck_assert_int_eq(prime_plan_disruption(plan), DISRUPTION_NONE);
}
END_TEST

static const struct {
        bool a_hw, a_active, b_hw, b_wanted, b_active;
        PrimeAction action; /* _PRIME_ACTION_INVALID: no step */
        bool due;
} features[] = {
        { true, true, true, false, false, PRIME_SET, true },
        { true, false, true, true, true, PRIME_SET, true },
        { true, true, true, true, true, PRIME_EQUAL, false },
        { false, true, true, false, false, PRIME_SET, true },          /* fixed on A, can be set on B */
        { true, true, false, false, false, PRIME_UNSUPPORTED, false }, /* fixed off on B */
        { true, false, false, true, true, PRIME_UNSUPPORTED, false },  /* fixed on on B */
        { true, false, true, true, false, PRIME_EQUAL, false },        /* asked for, not in force */
        { false, false, false, false, false, _PRIME_ACTION_INVALID, false },
};

START_TEST(test_feature) {
        PrimeStep *s;

        fake_adapter_feature(a, 30, "x", features[_i].a_hw, features[_i].a_active, features[_i].a_active);
        fake_adapter_feature(b, 31, "x", features[_i].b_hw, features[_i].b_wanted, features[_i].b_active);
        make_plan(0);
        s = find(ATTRIBUTE_FEATURE, 0, "x");
        if (features[_i].action == _PRIME_ACTION_INVALID) {
                ck_assert_ptr_null(s);
                return;
        }
        ck_assert_ptr_nonnull(s);
        ck_assert_str_eq(prime_action_to_string(s->action), prime_action_to_string(features[_i].action));
        ck_assert(prime_step_is_due(s) == features[_i].due);
        if (features[_i].due)
                ck_assert_uint_eq(s->want.word[0], features[_i].a_active);
        /* Back to what was asked for, not to what came of it. */
        ck_assert(s->undo.set == features[_i].b_hw);
        ck_assert_uint_eq(s->undo.word[0], features[_i].b_hw && features[_i].b_wanted);
}
END_TEST

START_TEST(test_feature_nochange) {
        fake_adapter_feature(a, 30, "x", true, true, true);
        fake_adapter_feature(b, 30, "x", true, false, false);
        b->feature[30].nochange = true;
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_FEATURE, 0, "x")->action, PRIME_UNSUPPORTED);
}
END_TEST

/* rx, tx, combined of the serving adapter; which the spare has, with what maximum; what is wanted of it. */
static const struct {
        uint64_t a[3], b_max[3], want[3];
        PrimeAction action;
} channels[] = {
        { { 4, 3, UNSET }, { 8, 8, UNSET }, { 4, 3, UNSET }, PRIME_SET },
        { { UNSET, UNSET, 6 }, { UNSET, UNSET, 8 }, { UNSET, UNSET, 6 }, PRIME_SET },
        { { UNSET, UNSET, 6 }, { 8, 8, UNSET }, { 6, 6, UNSET }, PRIME_MAPPED },
        { { UNSET, UNSET, 6 }, { 4, 4, UNSET }, { 4, 4, UNSET }, PRIME_CLAMPED },
        { { 4, 3, UNSET }, { UNSET, UNSET, 8 }, { UNSET, UNSET, 3 }, PRIME_MAPPED },
        { { UNSET, UNSET, 6 }, { 8, 8, 8 }, { 0, 0, 6 }, PRIME_SET },
        { { 4, 3, 0 }, { 8, 8, UNSET }, { 4, 3, UNSET }, PRIME_SET },
        { { 1, 0, 4 }, { UNSET, UNSET, 8 }, { UNSET, UNSET, 4 }, PRIME_MAPPED },
        { { UNSET, UNSET, 6 }, { UNSET, UNSET, 4 }, { UNSET, UNSET, 4 }, PRIME_CLAMPED },
};

START_TEST(test_channels) {
        static const AdapterAttribute kinds[] = { ATTRIBUTE_CHANNELS_RX, ATTRIBUTE_CHANNELS_TX,
                ATTRIBUTE_CHANNELS_COMBINED };
        bool action_seen = false;

        for (size_t k = 0; k < 3; k++) {
                a->value[kinds[k]] = value(channels[_i].a[k]);
                b->value[kinds[k]] = value(channels[_i].b_max[k] == UNSET ? UNSET : 2);
                b->value[adapter_attribute_info(kinds[k])->maximum] = value(channels[_i].b_max[k]);
        }
        make_plan(0);
        for (size_t k = 0; k < 3; k++) {
                PrimeStep *s = find(kinds[k], 0, NULL);
                AdapterValue want = value(channels[_i].want[k]);

                if (!want.set) {
                        ck_assert(!s || !s->want.set);
                        continue;
                }
                ck_assert_ptr_nonnull(s);
                ck_assert_uint_eq(s->want.word[0], want.word[0]);
                action_seen = action_seen || s->action == channels[_i].action;
        }
        ck_assert(action_seen);
}
END_TEST

/* Queues that will be there once the channels are set are planned for; those that will not be are explained. */
START_TEST(test_queues) {
        fake_adapter_channels(a, 4, 4);
        a->rps_cpus[3] = adapter_value_number(3);
        a->xps_cpus[3] = adapter_value_number(2);
        a->xps_rxqs[0] = adapter_value_number(0x9);
        b->value[ATTRIBUTE_CHANNELS_TX_MAX] = b->value[ATTRIBUTE_CHANNELS_RX_MAX] = adapter_value_number(3);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_CPUS, 2, NULL)->action, PRIME_EQUAL);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_CPUS, 3, NULL)->action, PRIME_UNSUPPORTED);
        ck_assert_str_eq(find(ATTRIBUTE_XPS_CPUS, 3, NULL)->note, "the spare has 3 such queues");
        ck_assert_int_eq(find(ATTRIBUTE_RPS_CPUS, 3, NULL)->action, PRIME_UNSUPPORTED);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_RXQS, 0, NULL)->action, PRIME_CLAMPED);
        ck_assert_uint_eq(find(ATTRIBUTE_XPS_RXQS, 0, NULL)->want.word[0], 1);

        b->value[ATTRIBUTE_CHANNELS_TX_MAX] = b->value[ATTRIBUTE_CHANNELS_RX_MAX] = adapter_value_number(8);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_CPUS, 3, NULL)->action, PRIME_SET);
        ck_assert(!find(ATTRIBUTE_XPS_CPUS, 3, NULL)->undo.set);
        ck_assert_int_eq(find(ATTRIBUTE_RPS_CPUS, 3, NULL)->action, PRIME_SET);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_RXQS, 0, NULL)->action, PRIME_SET);

        /* Queues of the spare that the serving adapter does not have are remembered, for the way back. */
        fake_adapter_channels(a, 1, 1);
        b->xps_cpus[1] = adapter_value_number(1);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_XPS_CPUS, 1, NULL)->action, PRIME_REPORT);
        ck_assert_uint_eq(find(ATTRIBUTE_XPS_CPUS, 1, NULL)->undo.word[0], 1);
}
END_TEST

/* What the serving adapter lacks goes first, what the spare lacks comes; the way back is the same turned round.
 */
START_TEST(test_entries) {
        _cleanup_(prime_plan_freep) PrimePlan *inverse = NULL;
        PrimeStep *s;

        fake_adapter_rule(a, 1, 1, 0);
        fake_adapter_rule(a, 2, 2, 0);
        fake_adapter_rule(a, 4, 4, 0);
        fake_adapter_rule(b, 2, 20, 0);
        fake_adapter_rule(b, 3, 30, 0);
        fake_adapter_rule(b, 4, 4, 0);
        make_plan(0);
        ck_assert_uint_eq(prime_plan_count_due(plan), 3);
        s = find(ATTRIBUTE_FLOW_RULE, 3, NULL);
        ck_assert(s->want.absent && prime_step_is_due(s) && !s->undo.absent);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "flow-rules 3");
        for (unsigned place = 1; place <= 4; place++)
                ck_assert(place == 3 || find(ATTRIBUTE_FLOW_RULE, place, NULL) > s);
        ck_assert(find(ATTRIBUTE_FLOW_RULE, 1, NULL)->b.absent &&
                        find(ATTRIBUTE_FLOW_RULE, 1, NULL)->undo.absent);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 2, NULL)->action, PRIME_SET);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 4, NULL)->action, PRIME_EQUAL);
        for (size_t i = 0; i < plan->n_steps; i++)
                if (prime_step_is_due(&plan->steps[i]))
                        plan->steps[i].outcome = OUTCOME_DONE;
        ck_assert_int_eq(prime_plan_invert(plan, &inverse), 0);
        ck_assert_uint_eq(prime_plan_count_due(inverse), 3);

        /* No such list: there is nothing to remove, and nothing to be created. */
        b->value[ATTRIBUTE_FLOW_RULES_MAX] = (AdapterValue){};
        adapter_profile_clear(b, UINT64_C(1) << PRIME_FLOW_RULES);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 1, NULL)->action, PRIME_UNSUPPORTED);
        a->value[ATTRIBUTE_FLOW_RULES_MAX] = (AdapterValue){};
        adapter_profile_clear(a, UINT64_C(1) << PRIME_FLOW_RULES);
        fake_adapter_rule(b, 1, 1, 0);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 1, NULL)->action, PRIME_REPORT);
}
END_TEST

START_TEST(test_private_flags) {
        PrimeStep *s;

        fake_adapter_private_flag(a, "legacy-rx", true);
        fake_adapter_private_flag(b, "legacy-rx", false);
        make_plan(0);
        s = find(ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx");
        ck_assert_int_eq(s->action, PRIME_SET);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "private-flags legacy-rx");
        ck_assert_ptr_eq(s, plan->steps); /* before everything else */
        fake_adapter_private_flag(b, "other", true);
        make_plan(0);
        s = find(ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx");
        ck_assert_int_eq(s->action, PRIME_REPORT);
        ck_assert_str_eq(s->note, "the same driver, but with others");
        fake_adapter_private_flag(a, "other", true);
        memcpy(b->driver, "tun", 4);
        make_plan(0);
        s = find(ATTRIBUTE_PRIVATE_FLAG, 0, "legacy-rx");
        ck_assert_int_eq(s->action, PRIME_REPORT);
        ck_assert_str_eq(s->note, "of another driver");
        ck_assert_int_eq(find(ATTRIBUTE_PRIVATE_FLAG, 0, "other")->action, PRIME_EQUAL);
}
END_TEST

START_TEST(test_governed) {
        a->value[ATTRIBUTE_COALESCE_ADAPTIVE_RX] = adapter_value_number(1);
        b->value[ATTRIBUTE_COALESCE_ADAPTIVE_RX] = adapter_value_number(0);
        a->value[ATTRIBUTE_COALESCE_RX_USECS] = adapter_value_number(17);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_COALESCE_ADAPTIVE_RX, 0, NULL)->action, PRIME_SET);
        ck_assert_int_eq(find(ATTRIBUTE_COALESCE_RX_USECS, 0, NULL)->action, PRIME_REPORT);
        a->value[ATTRIBUTE_COALESCE_ADAPTIVE_RX] = adapter_value_number(0);
        make_plan(0);
        ck_assert_int_eq(find(ATTRIBUTE_COALESCE_RX_USECS, 0, NULL)->action, PRIME_SET);
}
END_TEST

/* Steps come in the order of items, and an excluded item has none. */
START_TEST(test_order_and_exclude) {
        make_plan(0);
        for (size_t i = 1; i < plan->n_steps; i++)
                ck_assert_int_le(plan->steps[i - 1].item, plan->steps[i].item);
        for (PrimeItemId item = 0; item < _PRIME_ITEM_MAX; item++) {
                make_plan(UINT64_C(1) << item);
                for (size_t i = 0; i < plan->n_steps; i++)
                        ck_assert_int_ne(plan->steps[i].item, item);
        }
}
END_TEST

START_TEST(test_invert) {
        _cleanup_(prime_plan_freep) PrimePlan *inverse = NULL, *twice = NULL;

        a->value[ATTRIBUTE_MTU] = adapter_value_number(1400);
        a->value[ATTRIBUTE_RINGS_RX] = adapter_value_number(1024);
        make_plan(0);
        for (size_t i = 0; i < plan->n_steps; i++)
                if (prime_step_is_due(&plan->steps[i]))
                        plan->steps[i].outcome = OUTCOME_DONE;
        ck_assert_int_eq(prime_plan_invert(plan, &inverse), 0);
        ck_assert_uint_eq(inverse->n_steps, plan->n_steps);
        ck_assert_uint_eq(prime_plan_count_due(inverse), 2);
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i], *back = &inverse->steps[plan->n_steps - 1 - i];

                ck_assert_int_eq(s->attribute, back->attribute);
                ck_assert(adapter_value_equal(&s->undo, &back->want));
                if (s->outcome == OUTCOME_DONE)
                        ck_assert(prime_step_is_due(back) && adapter_value_equal(&s->want, &back->b));
        }
        for (size_t i = 0; i < inverse->n_steps; i++)
                if (prime_step_is_due(&inverse->steps[i]))
                        inverse->steps[i].outcome = OUTCOME_DONE;
        ck_assert_int_eq(prime_plan_invert(inverse, &twice), 0);
        ck_assert_uint_eq(prime_plan_count_due(twice), 2);
        plan->n_steps = 0;
        ck_assert_int_eq(prime_plan_copy(plan, twice), 0);
        ck_assert_uint_eq(find(ATTRIBUTE_MTU, 0, NULL)->want.word[0], 1400);
}
END_TEST

/* A second priming has nothing to say of a feature that the first turned off, since the serving adapter does
 * not know it; what it undoes is that of both. */
START_TEST(test_inherits_what_is_gone) {
        _cleanup_(prime_plan_freep) PrimePlan *first = prime_plan_new();

        fake_adapter_feature(b, 31, "tx-gre-segmentation", true, true, true);
        make_plan(0);
        ck_assert_int_eq(prime_plan_copy(first, plan), 0);
        ck_assert_uint_eq(find(ATTRIBUTE_FEATURE, 0, "tx-gre-segmentation")->want.word[0], 0);
        for (size_t i = 0; i < first->n_steps; i++)
                if (prime_step_is_due(&first->steps[i]))
                        first->steps[i].outcome = OUTCOME_DONE;
        fake_adapter_feature(b, 31, "tx-gre-segmentation", true, false, false);
        make_plan(0);
        ck_assert_ptr_null(find(ATTRIBUTE_FEATURE, 0, "tx-gre-segmentation"));
        prime_plan_inherit(plan, first);
        ck_assert_uint_eq(find(ATTRIBUTE_FEATURE, 0, "tx-gre-segmentation")->undo.word[0], 1);
        ck_assert_uint_eq(prime_plan_count_due(plan), 0);
}
END_TEST

static const struct {
        const char *driver;
        PrimeItemId item;
        const char *feature;
        PrimeDisruption disruption;
} disruptions[] = {
        { "veth", PRIME_CHANNELS, NULL, DISRUPTION_LINK },
        { "veth", PRIME_MTU, NULL, DISRUPTION_NONE },
        { "mlx5_core", PRIME_RINGS, NULL, DISRUPTION_QUEUES },
        { "igb", PRIME_RINGS, NULL, DISRUPTION_LINK },
        { "igb", PRIME_FEATURES, "rx-all", DISRUPTION_LINK },
        { "igb", PRIME_FEATURES, "rx-checksum", DISRUPTION_NONE },
        { "e1000e", PRIME_FEATURES, "rx-checksum", DISRUPTION_LINK },
        { "e1000e", PRIME_FEATURES, "rx-gro", DISRUPTION_NONE },
        { "ixgbe", PRIME_COALESCE, NULL, DISRUPTION_LINK },
        { "vmxnet3", PRIME_MTU, NULL, DISRUPTION_LINK },
        { "netdevsim", PRIME_RINGS, NULL, DISRUPTION_NONE },
        { "who-knows", PRIME_CHANNELS, NULL, DISRUPTION_UNKNOWN },
        { "who-knows", PRIME_FEATURES, "rx-checksum", DISRUPTION_UNKNOWN },
        { "who-knows", PRIME_FEATURES, "tx-nocache-copy", DISRUPTION_NONE },
        { "", PRIME_MTU, NULL, DISRUPTION_UNKNOWN },
        { "who-knows", PRIME_PAUSE, NULL, DISRUPTION_UNKNOWN },
        { "who-knows", PRIME_TX_QUEUE_LENGTH, NULL, DISRUPTION_NONE },
        { "igb", PRIME_PAUSE, NULL, DISRUPTION_LINK },
        { "netdevsim", PRIME_PAUSE, NULL, DISRUPTION_NONE },
        { "ice", PRIME_FEATURES, "rx-lro", DISRUPTION_QUEUES },
        { "ice", PRIME_FEATURES, "tx-nocache-copy", DISRUPTION_NONE },
        { "igb", PRIME_COALESCE, NULL, DISRUPTION_NONE },
        { "virtio_net", PRIME_CHANNELS, NULL, DISRUPTION_NONE },
};

START_TEST(test_disruption) {
        ck_assert_int_eq(prime_disruption_of(
                                         disruptions[_i].driver, disruptions[_i].item, disruptions[_i].feature),
                        disruptions[_i].disruption);
}
END_TEST

/* Items that take the link down follow one another within what it takes to come back (1 to 3 s), so that it is
 * down once: what is set between two of them restarts nothing, and takes a driver microseconds. */
START_TEST(test_link_goes_down_once) {
        static const char *const drivers[] = { "igb", "e1000e", "ixgbe" };

        for (size_t i = 0; i < ELEMENTSOF(drivers); i++) {
                PrimeItemId first = _PRIME_ITEM_MAX, last = 0;

                for (PrimeItemId item = 0; item < _PRIME_ITEM_MAX; item++)
                        if (prime_disruption_of(drivers[i], item, "rx-all") == DISRUPTION_LINK) {
                                first = MIN(first, item);
                                last = item;
                        }
                for (PrimeItemId item = first; item <= last; item++)
                        ck_assert_msg(prime_disruption_of(drivers[i], item, "rx-all") != DISRUPTION_QUEUES,
                                        "%s: %s is between items that take the link down", drivers[i],
                                        prime_item_to_string(item));
        }
}
END_TEST

START_TEST(test_labels) {
        char text[ADAPTER_VALUE_TEXT_MAX];

        a->xps_cpus[1] = adapter_value_number(3);
        make_plan(0);
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_CHANNELS_RX, 0, NULL)), "channels rx");
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_MTU, 0, NULL)), "mtu");
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_FEATURE, 0, "rx-gro")), "features rx-gro");
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_XPS_CPUS, 1, NULL)), "xps xps_cpus tx-1");
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_RPS_FLOW_COUNT, 1, NULL)), "rps rps_flow_cnt rx-1");
        ck_assert_str_eq(prime_step_text_a(text, find(ATTRIBUTE_XPS_CPUS, 1, NULL)), "3");
        ck_assert_str_eq(prime_step_text_want(text, find(ATTRIBUTE_XPS_CPUS, 1, NULL)), "3");
        ck_assert_str_eq(prime_step_text_b(text, find(ATTRIBUTE_FEATURE, 0, "rx-gro")), "off");
}
END_TEST

/* A snapshot names settings by these two. */
START_TEST(test_names_are_unique) {
        for (AdapterAttribute i = 1; i < _ADAPTER_ATTRIBUTE_MAX; i++)
                for (AdapterAttribute j = i + 1; j < _ADAPTER_ATTRIBUTE_MAX; j++) {
                        const AdapterAttributeInfo *x = adapter_attribute_info(i),
                                                   *y = adapter_attribute_info(j);

                        ck_assert_msg(x->limit || y->limit || x->item != y->item || !streq(x->name, y->name),
                                        "two settings are called %s %s", prime_item_to_string(x->item),
                                        x->name);
                }
}
END_TEST

START_TEST(test_tables) {
        for (PrimeAction i = 0; i < _PRIME_ACTION_MAX; i++)
                ck_assert_int_eq(prime_action_from_string(prime_action_to_string(i)), i);
        for (PrimeDisruption i = 0; i < _PRIME_DISRUPTION_MAX; i++)
                ck_assert_int_eq(prime_disruption_from_string(prime_disruption_to_string(i)), i);
        for (PrimeOutcome i = 0; i < _PRIME_OUTCOME_MAX; i++)
                ck_assert_int_eq(prime_outcome_from_string(prime_outcome_to_string(i)), i);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-plan");
        TCase *t = tcase_create("prime-plan");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_number, 0, ELEMENTSOF(numbers));
        tcase_add_test(t, test_mtu_of_a_bond);
        tcase_add_test(t, test_equal);
        tcase_add_loop_test(t, test_feature, 0, ELEMENTSOF(features));
        tcase_add_test(t, test_feature_nochange);
        tcase_add_loop_test(t, test_channels, 0, ELEMENTSOF(channels));
        tcase_add_test(t, test_queues);
        tcase_add_test(t, test_entries);
        tcase_add_test(t, test_private_flags);
        tcase_add_test(t, test_governed);
        tcase_add_test(t, test_order_and_exclude);
        tcase_add_test(t, test_invert);
        tcase_add_loop_test(t, test_disruption, 0, ELEMENTSOF(disruptions));
        tcase_add_test(t, test_inherits_what_is_gone);
        tcase_add_test(t, test_link_goes_down_once);
        tcase_add_test(t, test_labels);
        tcase_add_test(t, test_names_are_unique);
        tcase_add_test(t, test_tables);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
