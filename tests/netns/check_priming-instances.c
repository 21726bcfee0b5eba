/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming of NAPI settings instance by instance, on veths in namespaces of the test's own. Their driver does
 * not link instances to queues, so these go by order. A kernel before 6.13 has no such settings: then none may
 * be seen. */

#include <net/if.h>

#include "adapter-contract.h"
#include "alloc-util.h"
#include "check-main.h"
#include "netns-lab.h"
#include "priming-lab.h"

static AdapterProfile *profile;
static Error e;

static void setup(void) {
        priming_lab_enter();
        profile = adapter_profile_new();
        lab_run(-1, "for d in serve spare; do ethtool -L $d rx 2 tx 2 && ethtool -K $d gro on; done");
}

static void teardown(void) {
        profile = adapter_profile_free(profile);
        priming_lab_leave();
}

static void look(const char *adapter) {
        ck_assert_msg(adapter_access_read(kernel, (int) if_nametoindex(adapter), UINT64_C(1) << PRIME_NAPI,
                                      profile, &e) == 0,
                        "%s", e.text);
}

/* False, and nothing else may be there, where the kernel has no such settings. */
static bool kernel_has_instances(void) {
        look("serve");
        if (profile->value[ATTRIBUTE_INSTANCES].set) {
                ck_assert_uint_eq(profile->value[ATTRIBUTE_INSTANCES].word[0], 2);
                return true;
        }
        ck_assert_uint_eq(profile->n_entries, 0);
        return false;
}

static void set(const char *adapter, AdapterAttribute attribute, const char *instance, uint64_t n) {
        AdapterChange c = { .attribute = attribute, .value = adapter_value_number(n) };

        memcpy(c.name, instance, strlen(instance) + 1);
        ck_assert_msg(adapter_access_write(kernel, (int) if_nametoindex(adapter), &c, 1, &e) == 0, "%s",
                        e.text);
}

static void expect(const char *adapter, AdapterAttribute attribute, const char *instance, uint64_t n) {
        const AdapterValue *v;

        look(adapter);
        v = adapter_profile_get(profile, attribute, 0, instance);
        ck_assert_msg(v != NULL, "%s has no %s", adapter, instance);
        ck_assert_uint_eq(v->word[0], n);
}

START_TEST(test_prime_and_undo) {
        if (!kernel_has_instances())
                return;
        set("serve", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 30000);
        set("serve", ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, "napi-0", 5);
        set("serve", ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT, "napi-0", UINT64_C(5000000000));
        set("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 777);
        priming_lab_prime(NULL, plan);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 0);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 30000);
        expect("spare", ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, "napi-0", 5);
        expect("spare", ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, "napi-1", 0);
        expect("spare", ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT, "napi-0", UINT64_C(5000000000));
        expect("serve", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 0);
        priming_lab_prime_again();
        priming_lab_undo(again);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 777);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 0);
        expect("spare", ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, "napi-0", 0);
        expect("spare", ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT, "napi-0", 0);
}
END_TEST

/* A file of the whole adapter is handed down to all instances: what differs is set after it, and put back after
 * it too. */
START_TEST(test_with_whole_adapter) {
        if (!kernel_has_instances())
                return;
        lab_run(-1,
                        "echo 20000 > /sys/class/net/serve/gro_flush_timeout && echo 1000 > "
                        "/sys/class/net/spare/gro_flush_timeout");
        set("serve", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 30000);
        set("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 2000);
        priming_lab_prime(NULL, plan);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 20000);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 30000);
        ck_assert_uint_eq(profile->value[ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT].word[0], 20000);
        priming_lab_undo(plan);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-0", 2000);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 1000);
        ck_assert_uint_eq(profile->value[ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT].word[0], 1000);
}
END_TEST

/* The spare's instances come with its channels and with GRO, which the plan switches on. */
START_TEST(test_instances_come) {
        if (!kernel_has_instances())
                return;
        lab_run(-1, "ethtool -K spare gro off && ethtool -L serve rx 3 tx 3");
        set("serve", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-2", 30000);
        priming_lab_prime(NULL, plan);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-2", 30000);
        expect("spare", ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, "napi-1", 0);
        priming_lab_undo(plan);
        look("spare");
        ck_assert_uint_eq(profile->n_entries, 0);
}
END_TEST

START_TEST(test_no_such_instance) {
        AdapterChange c = { .attribute = ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS,
                .name = "rx-7",
                .value = adapter_value_number(1) };

        ck_assert_int_eq(adapter_access_write(kernel, (int) if_nametoindex("serve"), &c, 1, &e), -EOPNOTSUPP);
        ck_assert(e.text[0]);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("priming-instances");
        TCase *t = tcase_create("priming-instances");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_prime_and_undo);
        tcase_add_test(t, test_with_whole_adapter);
        tcase_add_test(t, test_instances_come);
        tcase_add_test(t, test_no_such_instance);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
