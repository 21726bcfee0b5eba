/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of what spreads and steers received flows: tables, keys, contexts, rules; between adapters that are
 * alike and such that are not, when queues come and when they go. */

#include "adapter-contract.h"
#include "alloc-util.h"
#include "check-main.h"
#include "fake-adapter.h"
#include "flow-rule.h"
#include "prime-planner.h"
#include "prime-worker.h"
#include "rss-table.h"

enum {
        SERVING = 3,
        SPARE = 5,
};

static FakeAdapters *fake;
static AdapterProfile *a, *b, *a_before, *b_before;
static PrimePlan *plan;
static Error e;

static void setup(void) {
        fake = fake_adapters_new();
        a = fake_adapter_add(fake, SERVING, "eth0");
        b = fake_adapter_add(fake, SPARE, "eth1");
        a_before = adapter_profile_new();
        b_before = adapter_profile_new();
        plan = prime_plan_new();
        e = (Error){};
}

static void teardown(void) {
        a_before = adapter_profile_free(a_before);
        b_before = adapter_profile_free(b_before);
        plan = prime_plan_free(plan);
        fake = fake_adapters_free(fake);
}

static unsigned spread_2(unsigned slot) {
        return slot % 2;
}

static unsigned spread_4(unsigned slot) {
        return slot % 4;
}

static unsigned odd_2(unsigned slot) {
        return slot % 3 == 1;
}

static unsigned odd_4(unsigned slot) {
        return slot % 7 % 4;
}

START_TEST(test_contract) {
        fake_adapter_rss(b, 128, odd_2, 40);
        fake_adapter_rule(b, 2, 22, 1);
        adapter_contract_check_flows(&fake->access, SPARE);
}
END_TEST

static void make_plan(void) {
        ck_assert_int_eq(prime_planner_run(a, b, (PrimeItems){}, plan), 0);
}

static PrimeStep *find(AdapterAttribute attribute, unsigned place) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && plan->steps[i].place == place)
                        return &plan->steps[i];
        ck_abort_msg("no step for %s %u", adapter_attribute_info(attribute)->name, place);
}

static RssTable wanted_table(void) {
        RssTable t = {};

        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == ATTRIBUTE_RSS_TABLE) {
                        memcpy(&t.queue[plan->steps[i].place * RSS_CHUNK],
                                        adapter_value_data(&plan->steps[i].want), plan->steps[i].want.size);
                        t.n_slots += plan->steps[i].want.size;
                }
        return t;
}

/* queues and slots of both; what the serving adapter's table is; what comes of it. */
static const struct {
        unsigned a_queues, a_slots;
        unsigned (*a_table)(unsigned slot);
        unsigned b_max, b_slots;
        PrimeAction action;
        const char *note;
} tables[] = {
        { 2, 128, odd_2, 8, 128, PRIME_SET, "" },
        { 4, 128, spread_4, 8, 128, PRIME_SET, "" },
        { 4, 128, spread_4, 8, 512, PRIME_MAPPED, "the default for 512 slots and 4 queues" },
        { 4, 128, spread_4, 3, 128, PRIME_MAPPED, "the default for 128 slots and 3 queues" },
        { 4, 128, odd_4, 8, 512, PRIME_MAPPED, "512 slots made of 128: every flow keeps its queue" },
        { 4, 512, odd_4, 8, 128, PRIME_CLAMPED,
                        "128 slots made of 512: flows change their queue, the queues keep their share" },
        { 4, 128, odd_4, 3, 128, PRIME_CLAMPED, "the spare has 3 receive queues: queue modulo 3" },
        { 4, 2048, odd_4, 8, 2048, PRIME_SET, "" },
};

START_TEST(test_table) {
        RssTable t;

        fake_adapter_channels(a, tables[_i].a_queues, 2);
        fake_adapter_rss(a, tables[_i].a_slots, tables[_i].a_table, 40);
        fake_adapter_rss(b, tables[_i].b_slots, spread_2, 40);
        b->value[ATTRIBUTE_CHANNELS_RX_MAX] = adapter_value_number(tables[_i].b_max);
        make_plan();
        ck_assert_str_eq(prime_action_to_string(find(ATTRIBUTE_RSS_TABLE, 0)->action),
                        prime_action_to_string(tables[_i].action));
        ck_assert_str_eq(find(ATTRIBUTE_RSS_TABLE, 0)->note, tables[_i].note);
        t = wanted_table();
        ck_assert_uint_eq(t.n_slots, tables[_i].b_slots);
        for (unsigned i = 0; i < t.n_slots; i++)
                ck_assert_uint_lt(t.queue[i], MIN(tables[_i].b_max, tables[_i].a_queues));
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_RSS_TABLE, 0)), "rss table 0");
}
END_TEST

START_TEST(test_table_of_one) {
        fake_adapter_rss(a, 128, spread_2, 40);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_RSS_TABLE, 0)->action, PRIME_UNSUPPORTED);
        ck_assert_int_eq(find(ATTRIBUTE_RSS_KEY, 0)->action, PRIME_UNSUPPORTED);
        ck_assert_int_eq(prime_planner_run(b, a, (PrimeItems){}, plan), 0);
        ck_assert_int_eq(find(ATTRIBUTE_RSS_TABLE, 0)->action, PRIME_REPORT);
}
END_TEST

static const struct {
        unsigned a, b;
        PrimeAction action;
        const char *note;
} keys[] = {
        { 40, 40, PRIME_SET, "" },
        { 52, 40, PRIME_MAPPED, "a key of 52 bytes cut to 40" },
        { 40, 52, PRIME_MAPPED, "a key of 40 bytes padded to 52" },
};

START_TEST(test_key) {
        const AdapterValue *key = &a->value[ATTRIBUTE_RSS_KEY];
        PrimeStep *s;

        fake_adapter_rss(a, 128, spread_2, keys[_i].a);
        fake_adapter_rss(b, 128, spread_2, keys[_i].b);
        make_plan();
        s = find(ATTRIBUTE_RSS_KEY, 0);
        ck_assert_int_eq(s->action, keys[_i].action);
        ck_assert_str_eq(s->note, keys[_i].note);
        ck_assert_uint_eq(s->want.size, keys[_i].b);
        ck_assert_mem_eq(adapter_value_data(&s->want), adapter_value_data(key), 40);
        for (unsigned i = 40; i < keys[_i].b; i++)
                ck_assert_uint_eq(adapter_value_data(&s->want)[i], 0);
}
END_TEST

static void unlike_pair(unsigned a_queues, unsigned b_queues, bool ample) {
        fake_adapter_channels(a, a_queues, a_queues);
        fake_adapter_channels(b, b_queues, b_queues);
        fake_adapter_rss(a, 128, a_queues > 2 ? odd_4 : odd_2, 40);
        fake_adapter_rss(b, 128, b_queues > 2 ? odd_4 : odd_2, 40);
        fake_adapter_rule(a, 1, 80, a_queues - 1);
        fake_adapter_rule(b, 2, 22, b_queues - 1);
        fake_adapter_rule(b, 1, 25, b_queues - 1);
        fake_adapter_context(a, 0, a_queues - 1);
        for (unsigned i = 0; i < (ample ? 3 : 1); i++)
                fake_adapter_context(b, i, b_queues - 1);
        *a_before = *a;
        *b_before = *b;
}

static int run(PrimeTask task, const PrimePlan *before, PrimePlan *result) {
        PrimeRequest q = { .task = task, .serving = SERVING, .spare = SPARE, .before = before };

        e = (Error){};
        return prime_worker_run(&fake->access, &q, NULL, result, &e);
}

/* more queues, fewer queues, as many; with a driver that resets the table with the channels, and one that does
 * not; with more contexts than the serving adapter, and as many. */
static const struct { unsigned a_queues, b_queues; } queues[] = { { 4, 2 }, { 2, 4 }, { 4, 4 } };

START_TEST(test_and_back) {
        _cleanup_(prime_plan_freep) PrimePlan *undone = prime_plan_new(), *again = prime_plan_new();

        fake->channels_reset_rss = _i & 1;
        unlike_pair(queues[_i / 4].a_queues, queues[_i / 4].b_queues, _i & 2);
        ck_assert_msg(run(PRIME_TASK_APPLY, NULL, plan) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(a, b));
        ck_assert_int_eq(run(PRIME_TASK_APPLY, plan, again), 0);
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        ck_assert_msg(run(PRIME_TASK_UNDO, again, undone) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
        ck_assert(adapter_profile_equal(a, a_before));
}
END_TEST

START_TEST(test_failure_at_every_write) {
        unsigned writes;

        unlike_pair(queues[_i].a_queues, queues[_i].b_queues, true);
        fake->channels_reset_rss = true;
        ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), 0);
        writes = fake->n_writes;
        for (unsigned n = 1; n <= writes; n++) {
                *b = *b_before;
                fake->n_writes = 0;
                fake->fail_at = n;
                ck_assert_int_eq(run(PRIME_TASK_APPLY, NULL, plan), -EIO);
                ck_assert_msg(adapter_profile_equal(b, b_before), "write %u: %s", n, e.text);
        }
}
END_TEST

/* The queues that go are still named by the spare: so these come first, and the channels behind them. */
START_TEST(test_order) {
        unlike_pair(2, 4, false);
        make_plan();
        ck_assert(find(ATTRIBUTE_RSS_TABLE, 0) < find(ATTRIBUTE_CHANNELS_RX, 0));
        ck_assert(find(ATTRIBUTE_FLOW_RULE, 1) < find(ATTRIBUTE_CHANNELS_RX, 0));
        ck_assert(find(ATTRIBUTE_TX_QUEUE_LENGTH, 0) > find(ATTRIBUTE_CHANNELS_RX, 0));
        unlike_pair(4, 2, false);
        make_plan();
        ck_assert(find(ATTRIBUTE_RSS_TABLE, 0) > find(ATTRIBUTE_CHANNELS_RX, 0));
}
END_TEST

static FlowRule rule_of(AdapterProfile *p, unsigned place) {
        FlowRule r = {};

        ck_assert(flow_rule_parse(adapter_profile_get(p, ATTRIBUTE_FLOW_RULE, place, NULL), &r));
        return r;
}

static void set_rule(AdapterProfile *p, unsigned place, const FlowRule *r) {
        *adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, place, NULL) = flow_rule_value(r);
}

START_TEST(test_rules_unlike) {
        FlowRule r, want;

        fake_adapter_channels(a, 4, 2);
        b->value[ATTRIBUTE_CHANNELS_RX_MAX] = adapter_value_number(2);
        fake_adapter_rule(a, 0, 80, 3);
        fake_adapter_rule(a, 1, 81, 0);
        fake_adapter_rule(a, 2, 82, 0);
        fake_adapter_rule(a, 7, 83, 0);
        r = rule_of(a, 1);
        r.spec.ring_cookie = UINT64_C(1) << ETHTOOL_RX_FLOW_SPEC_RING_VF_OFF;
        set_rule(a, 1, &r);
        r = rule_of(a, 2);
        r.spec.flow_type |= FLOW_RSS;
        r.context = 1;
        set_rule(a, 2, &r);
        b->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(4);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 0)->action, PRIME_MAPPED);
        ck_assert_str_eq(find(ATTRIBUTE_FLOW_RULE, 0)->note,
                        "queue 3 becomes 1: the spare has 2 receive queues");
        ck_assert(flow_rule_parse(&find(ATTRIBUTE_FLOW_RULE, 0)->want, &want));
        ck_assert_uint_eq(flow_rule_queue(&want), 1);
        ck_assert_str_eq(find(ATTRIBUTE_FLOW_RULE, 1)->note,
                        "it feeds a virtual function of the serving adapter");
        ck_assert_str_eq(find(ATTRIBUTE_FLOW_RULE, 2)->note, "the spare has no RSS context for it");
        ck_assert_str_eq(find(ATTRIBUTE_FLOW_RULE, 7)->note,
                        "the spare has 4 locations, this is number 7 of the serving adapter");
        for (unsigned place = 1; place <= 7; place++)
                if (place < 3 || place == 7)
                        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, place)->action, PRIME_UNSUPPORTED);
}
END_TEST

/* Drivers that choose the location: a rule is told by what it says, on either side. */
START_TEST(test_rules_anywhere) {
        FlowRule one, two;

        fake_adapter_rule(a, 0, 80, 1);
        fake_adapter_rule(a, 5, 81, 0);
        one = rule_of(a, 0);
        two = rule_of(a, 5);
        b->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(4);
        b->value[ATTRIBUTE_FLOW_RULES_ANYWHERE] = adapter_value_number(1);
        set_rule(b, flow_rule_place(&two), &two);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, flow_rule_place(&one))->action, PRIME_SET);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, flow_rule_place(&two))->action, PRIME_EQUAL);
        ck_assert_uint_eq(prime_plan_count_due(plan), 1);
        ck_assert_int_eq(prime_planner_run(b, a, (PrimeItems){}, plan), 0);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, flow_rule_place(&two))->action, PRIME_UNSUPPORTED);
}
END_TEST

/* The serving adapter has neither table nor rules, and fewer queues: what the spare has stays, except what
 * names a queue that goes. */
START_TEST(test_in_the_way) {
        _cleanup_(prime_plan_freep) PrimePlan *again = prime_plan_new(), *undone = prime_plan_new();

        fake_adapter_channels(b, 4, 2);
        fake_adapter_rss(b, 128, odd_4, 40);
        fake_adapter_rule(b, 1, 22, 1);
        fake_adapter_rule(b, 2, 80, 3);
        fake_adapter_context(b, 0, 1);
        fake_adapter_context(b, 1, 3);
        *b_before = *b;
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 1)->action, PRIME_REPORT);
        ck_assert_int_eq(find(ATTRIBUTE_FLOW_RULE, 2)->action, PRIME_MAPPED);
        ck_assert_str_eq(find(ATTRIBUTE_FLOW_RULE, 2)->note, "its queue 3 goes away: removed");
        ck_assert_int_eq(find(ATTRIBUTE_RSS_TABLE, 0)->action, PRIME_MAPPED);
        ck_assert_str_eq(find(ATTRIBUTE_RSS_TABLE, 0)->note, "the spare has 2 receive queues: queue modulo 2");
        ck_assert_int_eq(find(ATTRIBUTE_RSS_CONTEXT_TABLE, 0)->action, PRIME_REPORT);
        ck_assert_int_eq(find(ATTRIBUTE_RSS_CONTEXT_TABLE, RSS_CHUNKS_MAX)->action, PRIME_MAPPED);
        ck_assert_msg(run(PRIME_TASK_APPLY, NULL, plan) == 0, "%s", e.text);
        ck_assert_uint_eq(b->value[ATTRIBUTE_CHANNELS_RX].word[0], 2);
        ck_assert_ptr_nonnull(adapter_profile_get(b, ATTRIBUTE_FLOW_RULE, 1, NULL));
        ck_assert_int_eq(run(PRIME_TASK_APPLY, plan, again), 0);
        ck_assert_uint_eq(prime_plan_count_outcome(again, OUTCOME_DONE), 0);
        ck_assert_msg(run(PRIME_TASK_UNDO, again, undone) == 0, "%s", e.text);
        ck_assert(adapter_profile_equal(b, b_before));
}
END_TEST

/* A table nobody set is spread anew by the driver, with the channels. */
START_TEST(test_default_is_not_in_the_way) {
        fake_adapter_channels(b, 4, 2);
        fake_adapter_rss(b, 128, spread_4, 40);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_RSS_TABLE, 0)->action, PRIME_REPORT);
        ck_assert(!find(ATTRIBUTE_RSS_TABLE, 0)->want.set);
}
END_TEST

START_TEST(test_tunables) {
        *adapter_profile_add(a, ATTRIBUTE_TUNABLE, 0, "rx-copybreak") = adapter_value_number(256);
        *adapter_profile_add(b, ATTRIBUTE_TUNABLE, 0, "rx-copybreak") = adapter_value_number(128);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_TUNABLE, 0)->action, PRIME_SET);
        ck_assert_str_eq(PRIME_STEP_LABEL(find(ATTRIBUTE_TUNABLE, 0)), "tunables rx-copybreak");
        memcpy(b->driver, "ena", 4);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_TUNABLE, 0)->action, PRIME_REPORT);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-flows");
        TCase *t = tcase_create("prime-flows");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 30);
        tcase_add_test(t, test_contract);
        tcase_add_loop_test(t, test_table, 0, ELEMENTSOF(tables));
        tcase_add_test(t, test_table_of_one);
        tcase_add_loop_test(t, test_key, 0, ELEMENTSOF(keys));
        tcase_add_loop_test(t, test_and_back, 0, 4 * ELEMENTSOF(queues));
        tcase_add_loop_test(t, test_failure_at_every_write, 0, ELEMENTSOF(queues));
        tcase_add_test(t, test_order);
        tcase_add_test(t, test_rules_unlike);
        tcase_add_test(t, test_rules_anywhere);
        tcase_add_test(t, test_in_the_way);
        tcase_add_test(t, test_default_is_not_in_the_way);
        tcase_add_test(t, test_tunables);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
