/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of how interrupts are held back: profiles that the driver chooses between, and queue by queue. */

#include "alloc-util.h"
#include "check-main.h"
#include "irq-moderation.h"
#include "prime-planner.h"
#include "queue-coalesce.h"

static AdapterProfile *a, *b;
static PrimePlan *plan;

static void setup(void) {
        a = adapter_profile_new();
        b = adapter_profile_new();
        plan = prime_plan_new();
}

static void teardown(void) {
        a = adapter_profile_free(a);
        b = adapter_profile_free(b);
        plan = prime_plan_free(plan);
}

static void make_plan(void) {
        ck_assert_int_eq(prime_planner_run(a, b, (PrimeItems){}, plan), 0);
}

static PrimeStep *find(AdapterAttribute attribute, unsigned place) {
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].attribute == attribute && plan->steps[i].place == place)
                        return &plan->steps[i];
        ck_abort_msg("no step for %s %u", adapter_attribute_info(attribute)->name, place);
}

#define N IRQ_MODERATION_NONE

static const IrqModeration two = { 2, { { 1, 64, N }, { 8, 256, N } } };
static const IrqModeration two_other = { 2, { { 2, 32, N }, { 9, 128, N } } };
static const IrqModeration usecs = { 2, { { 5, N, N }, { 6, N, N } } };
static const IrqModeration all = { 2, { { 3, 4, 5 }, { 6, 7, 8 } } };
static const IrqModeration three = { 3, { { 1, 64, N }, { 8, 256, N }, { 64, 256, N } } };

static const struct {
        const IrqModeration *serving, *spare; /* NULL: it has none */
        PrimeAction action;
        const char *want, *note;
} profiles[] = {
        { &two, &two, PRIME_EQUAL, "1,64,n_8,256,n", "" },
        { &two, &two_other, PRIME_SET, "1,64,n_8,256,n", "" },
        { &two, &usecs, PRIME_MAPPED, "1,n,n_8,n,n", "what only one of the two has stays as it is" },
        { &two, &all, PRIME_MAPPED, "1,64,5_8,256,8", "what only one of the two has stays as it is" },
        { &usecs, &two, PRIME_MAPPED, "5,64,n_6,256,n", "what only one of the two has stays as it is" },
        { &two, &three, PRIME_UNSUPPORTED, "-", "the spare has another number of steps" },
        { NULL, &two, PRIME_REPORT, "-", "the serving adapter has no such setting" },
        { &two, NULL, PRIME_UNSUPPORTED, "-", "the spare has no such setting" },
};

START_TEST(test_profile) {
        char text[ADAPTER_VALUE_TEXT_MAX];
        PrimeStep *s;

        if (profiles[_i].serving)
                a->value[ATTRIBUTE_COALESCE_RX_PROFILE] = irq_moderation_value(profiles[_i].serving);
        if (profiles[_i].spare)
                b->value[ATTRIBUTE_COALESCE_RX_PROFILE] = irq_moderation_value(profiles[_i].spare);
        make_plan();
        ck_assert_uint_eq(plan->n_steps, 1);
        s = find(ATTRIBUTE_COALESCE_RX_PROFILE, 0);
        ck_assert_int_eq(s->action, profiles[_i].action);
        ck_assert_str_eq(adapter_value_format(text, &s->want, FORMAT_MODERATION), profiles[_i].want);
        ck_assert_str_eq(s->note, profiles[_i].note);
        ck_assert_str_eq(PRIME_STEP_LABEL(s), "coalesce rx-profile");
}
END_TEST

/* The largest there is is shown whole; what is none is told apart from one. */
START_TEST(test_profile_value) {
        IrqModeration large = { .n_steps = IRQ_MODERATION_STEPS_MAX }, again;
        char text[ADAPTER_VALUE_TEXT_MAX];
        AdapterValue v;

        memset(large.step, 0xfe, sizeof(large.step));
        v = irq_moderation_value(&large);
        ck_assert(irq_moderation_parse(&v, &again));
        ck_assert_mem_eq(&large, &again, sizeof(large));
        ck_assert_uint_eq(strlen(adapter_value_format(text, &v, FORMAT_MODERATION)),
                        IRQ_MODERATION_STEPS_MAX * strlen("4278124286,4278124286,4278124286_") - 1);
        for (uint8_t size = 0; size < 12; size++) {
                v.size = size;
                ck_assert(!irq_moderation_parse(&v, &again));
                ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_MODERATION), "?");
        }
        v.size = IRQ_MODERATION_STEPS_MAX * 12 + 12;
        ck_assert(!irq_moderation_parse(&v, &again));
}
END_TEST

/* What the driver chooses itself is not asked for. */
START_TEST(test_queue_value) {
        QueueCoalesce wanted = { .number = { [0] = 8, [1] = 9, [4] = 50, [9] = 1 } },
                      now = { .number = { [0] = 3 } };
        AdapterValue v = queue_coalesce_value(&wanted);
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_QUEUE_COALESCE),
                        "rx-usecs 8 rx-frames 9 tx-usecs 50 adaptive-rx on");
        queue_coalesce_adapt(&wanted, &now);
        ck_assert_uint_eq(wanted.number[0], 3);
        ck_assert_uint_eq(wanted.number[1], 0);
        ck_assert_uint_eq(wanted.number[4], 50);
        memset(&wanted, 0xff, sizeof(wanted));
        v = queue_coalesce_value(&wanted);
        ck_assert_uint_lt(strlen(adapter_value_format(text, &v, FORMAT_QUEUE_COALESCE)), sizeof(text));
        v = queue_coalesce_value(&(QueueCoalesce){});
        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_QUEUE_COALESCE), "0");
}
END_TEST

static void queue_coalesce(AdapterProfile *p, unsigned queue, uint32_t rx_usecs, bool adaptive) {
        QueueCoalesce c = { .number = { [0] = rx_usecs, [9] = adaptive } };

        *adapter_profile_add(p, ATTRIBUTE_QUEUE_COALESCE, queue, NULL) = queue_coalesce_value(&c);
}

START_TEST(test_queues) {
        for (unsigned q = 0; q < 2; q++) {
                queue_coalesce(a, q, 8, false);
                queue_coalesce(b, q, 16, false);
        }
        make_plan(); /* alike within each adapter: the item coalesce tells it all */
        for (size_t i = 0; i < plan->n_steps; i++)
                ck_assert_int_ne(plan->steps[i].item, PRIME_QUEUE_COALESCE);
        queue_coalesce(a, 1, 9, false);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_QUEUE_COALESCE, 1)->action, PRIME_SET);
        queue_coalesce(a, 1, 9, true); /* the driver chooses */
        queue_coalesce(b, 1, 77, true);
        make_plan();
        ck_assert_int_eq(find(ATTRIBUTE_QUEUE_COALESCE, 1)->action, PRIME_EQUAL);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("prime-coalesce");
        TCase *t = tcase_create("prime-coalesce");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_profile, 0, ELEMENTSOF(profiles));
        tcase_add_test(t, test_profile_value);
        tcase_add_test(t, test_queue_value);
        tcase_add_test(t, test_queues);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
