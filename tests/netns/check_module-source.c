/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernel's own answers about modules. Adapters with a module are not to be had here: what it answers for
 * one that has none tells a question it understood (EOPNOTSUPP) from one it did not (EINVAL). */

#include <net/if.h>

#include "module-source-contract.h"
#include "netns-lab.h"

START_TEST(test_contract) {
        _cleanup_(module_source_freep) ModuleSource *s = NULL;
        Error e = {};

        lab_run(-1, "ip link add va type veth peer name vb");
        ck_assert_msg(module_source_new(&s, &e) >= 0, "%s", e.text);
        module_source_contract(s, 9999, (int) if_nametoindex("va"));
}
END_TEST

/* Every block that any plan asks for has the form the kernel wants. */
START_TEST(test_blocks) {
        _cleanup_(module_source_freep) ModuleSource *s = NULL;
        int ifindex;
        Error e = {};

        lab_run(-1, "ip link add va type veth peer name vb");
        ifindex = (int) if_nametoindex("va");
        ck_assert_int_ge(module_source_new(&s, &e), 0);
        for (ModuleArea a = 0; a < _MODULE_AREA_MAX; a++) {
                const ModuleBlock block = { .area = a, .length = MODULE_HALF };
                uint8_t data[MODULE_HALF];
                Error words = {};

                ck_assert_msg(module_source_read(s, ifindex, &block, data, &words) == -EOPNOTSUPP,
                                "area %d: %s", (int) a, words.text);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("module-source");
        TCase *t = tcase_create("module-source");

        tcase_add_checked_fixture(t, lab_enter, NULL);
        tcase_add_test(t, test_contract);
        tcase_add_test(t, test_blocks);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
