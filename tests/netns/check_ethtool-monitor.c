/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <net/if.h>

#include "adapter-access.h"
#include "check-main.h"
#include "ethtool-monitor.h"
#include "netns-lab.h"

static EthtoolMonitor *monitor;
static Error e;
static unsigned n_told, n_lost;
static int told_ifindex;
static uint64_t told_items;

static void on_notice(int ifindex, uint64_t items, void *userdata) {
        ck_assert_ptr_eq(userdata, &n_told);
        n_told++;
        n_lost += ifindex == 0;
        told_ifindex = ifindex;
        told_items |= items;
}

static void setup(void) {
        lab_enter();
        lab_run(-1, "ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1");
        ck_assert_msg(ethtool_monitor_new(NULL, on_notice, &n_told, &monitor, &e) == 0, "%s", e.text);
        n_told = n_lost = 0;
        told_items = 0;
}

static void teardown(void) {
        monitor = ethtool_monitor_free(monitor);
}

static void run(const char *command) {
        n_told = 0;
        told_items = 0;
        lab_run(-1, "%s", command);
        ck_assert_int_eq(ethtool_monitor_dispatch(monitor, &e), 0);
}

START_TEST(test_kernel_tells) {
        run("ethtool -K v0 tso off");
        ck_assert_uint_eq(n_told, 1);
        ck_assert_int_eq(told_ifindex, (int) if_nametoindex("v0"));
        ck_assert_uint_eq(told_items, UINT64_C(1) << PRIME_FEATURES);
        run("ethtool -K v1 tso off");
        ck_assert_int_eq(told_ifindex, (int) if_nametoindex("v1"));
        run("ethtool -L v0 rx 2 tx 2");
        ck_assert_uint_ge(n_told, 1);
        ck_assert(told_items & UINT64_C(1) << PRIME_CHANNELS);
        /* nothing was changed, nothing is told; looking is not changing */
        run("ethtool -k v0 >/dev/null; ethtool -l v0 >/dev/null; ip link set v0 mtu 1400");
        ck_assert_uint_eq(n_told, 0);
}
END_TEST

/* Notices that were lost count as any change of any adapter, and the next ones arrive. */
START_TEST(test_overrun) {
        ck_assert_int_eq(ethtool_monitor_set_receive_buffer(monitor, 1, &e), 0);
        run("for i in 1 2 3 4 5 6 7 8 9 10; do ethtool -K v0 tso off; ethtool -K v0 tso on; done");
        for (unsigned i = 0; i < 20; i++)
                ck_assert_int_eq(ethtool_monitor_dispatch(monitor, &e), 0);
        ck_assert_uint_ge(n_lost, 1);
        ck_assert_uint_eq(told_items, ADAPTER_ITEMS_ALL);
        run("ethtool -K v1 tso off");
        ck_assert_int_eq(told_ifindex, (int) if_nametoindex("v1"));
}
END_TEST

/* ---- the message by itself ---- */

typedef struct Notice {
        struct genlmsghdr header;
        struct {
                uint16_t length, type;
        } about, index;
        uint32_t ifindex;
} Notice;

static Notice make_notice(uint8_t command, uint32_t ifindex) {
        return (Notice){
                .header = { .cmd = command, .version = 1 },
                .about = { 12, 1 | 0x8000 }, /* nested */
                .index = { 8, ETHTOOL_A_HEADER_DEV_INDEX },
                .ifindex = ifindex,
        };
}

START_TEST(test_parse) {
        Notice n = make_notice(ETHTOOL_MSG_RINGS_NTF, 7);
        uint64_t items;
        int ifindex;

        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), 0);
        ck_assert_int_eq(ifindex, 7);
        ck_assert_uint_eq(items, UINT64_C(1) << PRIME_RINGS);
        n = make_notice(250, 7); /* newer than this program: anything */
        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), 0);
        ck_assert_uint_eq(items, ADAPTER_ITEMS_ALL);
        n = make_notice(ETHTOOL_MSG_CABLE_TEST_NTF, 7);
        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), -ENOMSG);
        n = make_notice(ETHTOOL_MSG_RINGS_NTF, 0);
        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), -EBADMSG);
        n = make_notice(ETHTOOL_MSG_RINGS_NTF, UINT32_MAX);
        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), -EBADMSG);
        n.index.length = 6;
        ck_assert_int_eq(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), -EBADMSG);
        n.index.type = ETHTOOL_A_HEADER_FLAGS;
        ck_assert_int_lt(ethtool_notice_parse(&n, sizeof(n), &ifindex, &items), 0);
        for (size_t size = 0; size < sizeof(n); size++) { /* its own block, for the sanitizer */
                uint8_t *cut = malloc(size ? size : 1);

                n = make_notice(ETHTOOL_MSG_RINGS_NTF, 7);
                memcpy(cut, &n, size);
                ck_assert_int_lt(ethtool_notice_parse(cut, size, &ifindex, &items), 0);
                free(cut);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("ethtool-monitor");
        TCase *real = tcase_create("kernel"), *pure = tcase_create("message");

        tcase_add_checked_fixture(real, setup, teardown);
        tcase_set_timeout(real, 60);
        tcase_add_test(real, test_kernel_tells);
        tcase_add_test(real, test_overrun);
        suite_add_tcase(s, real);
        tcase_add_test(pure, test_parse);
        suite_add_tcase(s, pure);
        return s;
}

CHECK_MAIN();
