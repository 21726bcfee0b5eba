/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernel's own answers about what only some drivers count. Adapters that count it are in the machines
 * (tests/machine/test_signals.py): here it is that a refusal is told from an answer. */

#include <errno.h>
#include <net/if.h>

#include "check-main.h"
#include "netns-lab.h"
#include "stats-source.h"

/* A veth has no statistics of queues, and old kernels have them of nothing; its driver's own say nothing of its
 * health. None is asked for again. */
START_TEST(test_refusals) {
        _cleanup_(stats_source_freep) StatsSource *s = NULL;
        EthtoolStats stats;
        Error e = {};
        int ifindex;

        lab_run(-1, "ip link add va type veth peer name vb");
        ifindex = (int) if_nametoindex("va");
        ck_assert_msg(stats_source_new(&s, &e) >= 0, "%s", e.text);
        ck_assert_int_eq(stats_source_ask(s, STATS_QUEUES, ifindex, &stats, NULL), -EOPNOTSUPP);
        ck_assert_int_eq(stats_source_ask(s, STATS_DRIVER, ifindex, &stats, NULL), -EOPNOTSUPP);
        ck_assert_int_eq(stats_source_ask(s, STATS_DRIVER, 9999, &stats, NULL), -ENODEV);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("stats-source");
        TCase *t = tcase_create("stats-source");

        tcase_add_checked_fixture(t, lab_enter, NULL);
        tcase_add_test(t, test_refusals);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
