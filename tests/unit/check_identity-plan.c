/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In which order what is kept of a primary is put on the spare and taken off again, whatever fails. */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "check-main.h"
#include "identity-message.h"
#include "identity-plan.h"

static IdentityRecord *record;

static void setup(void) {
        ck_assert_int_eq(identity_record_new(PRIMARY, &record), 0);
}

static void teardown(void) {
        record = identity_record_free(record);
}

typedef struct Kernel {
        bool there[_PAIR_SIDE_MAX][32]; /* by entry */
        int fail_at;                    /* number of the step that fails; -1: none */
        int n, skipped;
} Kernel;

static int carry_out(const IdentityStep *s, bool undo, void *userdata) {
        Kernel *k = userdata;
        bool want = s->remove == undo, *is = &k->there[s->side][s->entry];

        if (!undo && k->n++ == k->fail_at)
                return -EINVAL;
        if (*is == want)
                return 0;
        *is = want;
        return 1;
}

static void skip(const IdentityStep *s, int code, void *userdata) {
        ck_assert_int_eq(code, -EINVAL);
        ((Kernel *) userdata)->skipped++;
}

static void add_everything(void) {
        identity_message_add_links(record);
        identity_message_add(record,
                        identity_message_route(AF_INET, PRIMARY, "10.9.0.2",
                                        RTPROT_STATIC)); /* told before that to its gateway */
        identity_message_add(record, identity_message_route(AF_INET, PRIMARY, NULL, RTPROT_STATIC));
        identity_message_add_address(record, AF_INET, PRIMARY, "10.9.0.1");
        identity_message_add_address(record, AF_INET, CHILD, "10.7.0.1");
        identity_message_add(record, identity_message_neighbour(PRIMARY, NUD_PERMANENT, 0));
        identity_message_add(record, identity_message_rule("eth0"));
}

START_TEST(test_order) {
        /* devices, addresses, the route to the gateway, what goes through it, rule, neighbour */
        static const uint32_t order[] = { 0, 1, 4, 5, 3, 2, 7, 6 };
        _cleanup_(identity_plan_freep) IdentityPlan *p = NULL;

        add_everything();
        ck_assert_int_eq(identity_plan_put(record, &p), 0);
        ck_assert_uint_eq(p->n_steps, ELEMENTSOF(order));
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                ck_assert_uint_eq(p->steps[i].entry, order[i]);
                ck_assert_int_eq(p->steps[i].side, SIDE_STANDBY);
                ck_assert(p->steps[i].vital == (order[i] == 4));
        }
}
END_TEST

/* Whatever fails, and however often it is run: all of it, or nothing of it. */
START_TEST(test_put_and_take) {
        _cleanup_(identity_plan_freep) IdentityPlan *put = NULL, *take = NULL;
        Kernel k = { .fail_at = -1 };

        add_everything();
        ck_assert_int_eq(identity_plan_put(record, &put), 0);
        for (k.fail_at = 0; k.fail_at < (int) put->n_steps; k.fail_at++) {
                const IdentityStep *failed = NULL;
                bool vital = put->steps[k.fail_at].vital;
                int r;

                k = (Kernel){ .fail_at = k.fail_at };
                r = identity_plan_run(put, carry_out, skip, &k, &failed);
                ck_assert_int_eq(r, vital ? -EINVAL : 0);
                ck_assert_int_eq(k.skipped, !vital);
                ck_assert_ptr_eq(failed, vital ? put->steps + k.fail_at : NULL);
                for (uint32_t i = 0; i < record->n_entries; i++)
                        ck_assert(k.there[SIDE_STANDBY][i] == (!vital && put->steps[k.fail_at].entry != i));
        }
        k = (Kernel){ .fail_at = -1 };
        for (unsigned n = 0; n < 2; n++)
                ck_assert_int_eq(identity_plan_run(put, carry_out, skip, &k, NULL), 0);
        for (uint32_t i = 0; i < record->n_entries; i++)
                record->entries[i].made = i != 7; /* that was there before */
        ck_assert_int_eq(identity_plan_take(record, true, &take), 0);
        k.n = 0;
        k.fail_at = 7 + 2; /* the address of the primary, the first thing after devices */
        ck_assert_int_eq(identity_plan_run(take, carry_out, skip, &k, NULL), -EINVAL);
        for (uint32_t i = 0; i < record->n_entries; i++) {
                ck_assert(k.there[SIDE_STANDBY][i]);
                ck_assert(!k.there[SIDE_PRIMARY][i]);
        }
        k.fail_at = -1;
        for (unsigned n = 0; n < 2; n++)
                ck_assert_int_eq(identity_plan_run(take, carry_out, skip, &k, NULL), 0);
        for (uint32_t i = 0; i < record->n_entries; i++) {
                ck_assert(k.there[SIDE_STANDBY][i] == (i == 7));
                ck_assert(k.there[SIDE_PRIMARY][i]);
        }
}
END_TEST

START_TEST(test_take_without_restoring) {
        _cleanup_(identity_plan_freep) IdentityPlan *take = NULL;

        add_everything();
        ck_assert_int_eq(identity_plan_take(record, false, &take), 0);
        ck_assert_uint_eq(take->n_steps, 0);
        take = identity_plan_free(take);
        record->entries[0].made = record->entries[4].made = 1;
        ck_assert_int_eq(identity_plan_take(record, false, &take), 0);
        ck_assert_uint_eq(take->n_steps, 2);
        ck_assert_uint_eq(take->steps[0].entry, 4); /* the reverse */
        ck_assert(take->steps[0].remove && take->steps[1].remove);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("identity-plan");
        TCase *t = tcase_create("identity-plan");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_order);
        tcase_add_test(t, test_put_and_take);
        tcase_add_test(t, test_take_without_restoring);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
