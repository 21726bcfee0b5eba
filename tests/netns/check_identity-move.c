/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What hangs on the primary, read from a kernel, put on the standby when the device is gone, and taken back:
 * with programs attached either way that kernels have. */

#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "identity-move.h"
#include "netns-lab.h"
#include "redirect-hook.h"
#include "steering-lab.h"

static IdentityRecord *read_record(const SteeringLab *lab) {
        IdentityRecord *record = NULL;
        Error e = {};

        ck_assert_msg(identity_records_read(lab->parameters.ifindex + SIDE_PRIMARY,
                                      lab->parameters.ifindex + SIDE_STANDBY, 1, &record, clock_monotonic(),
                                      &e) == 0,
                        "%s", e.text);
        ck_assert_ptr_nonnull(record);
        return record;
}

static void make_primary_anew(SteeringLab *lab) {
        lab_run(lab->switch_fd,
                        "ip link add sA type veth peer name A && ip link set sA master br0 up && "
                        "ip link set A netns /proc/%d/ns/net",
                        getpid());
        lab_run(-1, "ip link set A address 02:00:00:00:00:0a");
        lab->parameters.ifindex[SIDE_PRIMARY] = (int) if_nametoindex("A");
}

static void furnish(SteeringLab *lab) {
        steering_lab_add_macvlan(lab, "bridge");
        lab_run(-1,
                        "ip route add 10.88.0.0/16 via 10.9.0.2 dev A table 77 proto static && "
                        "ip rule add iif A lookup 77 priority 1000 && "
                        "ip neigh add 10.9.0.99 lladdr 02:00:00:00:00:99 dev A nud permanent");
}

static void expect_at(const char *device) {
        lab_run(-1, "ip addr show dev %s | grep -q 'inet 10.9.0.1/'", device);
        lab_run(-1, "ip -6 addr show dev %s | grep -q 'inet6 fd09::1/'", device);
        lab_run(-1, "! ip -6 addr show dev %s | grep tentative", device);
        lab_run(-1, "ip route show table 77 | grep -q '^10.88.0.0/16 via 10.9.0.2 dev %s proto static'",
                        device);
        lab_run(-1, "ip rule show | grep -q 'iif %s lookup 77'", device);
        lab_run(-1, "ip neigh show dev %s nud permanent | grep -q 10.9.0.99", device);
        lab_run(-1, "ip link show dev %s | grep -q 02:00:00:00:00:0a", device);
        lab_run(-1, "ip link show dev mv0 | grep -q 'mv0@%s'", device);
        lab_run(-1, "ip link show dev mv0 | grep -q " UPPER_MAC);
        lab_run(-1, "ip addr show dev mv0 | grep -q 'inet '");
}

/* Of A, of the device on it, of one that is none of the pair's, and a permanent one of A. */
static size_t make_neighbours(const SteeringLab *lab, Neighbour list[static 4]) {
        const Neighbour it = { .family = AF_INET, .address = { 10, 9, 0, 50 }, .lladdr = { 2, [5] = 0x50 } };

        list[0] = list[1] = list[2] = list[3] = it;
        list[0].ifindex = lab->parameters.ifindex[SIDE_PRIMARY];
        list[1].ifindex = (int) if_nametoindex("mv0");
        list[1].address[2] = 1;
        list[2].ifindex = 4711;
        list[2].address[3] = 51;
        list[3].ifindex = list[0].ifindex;
        list[3].address[3] = 99;
        return 4;
}

static void expect_neighbours(void) {
        lab_run(-1, "ip neigh show dev B | grep -q '^10.9.0.50 lladdr 02:00:00:00:00:50 STALE'");
        lab_run(-1, "ip neigh show dev mv0 | grep -q '^10.9.1.50 lladdr 02:00:00:00:00:50 STALE'");
        lab_run(-1, "! ip neigh | grep 10.9.0.51");
}

START_TEST(there_and_back) {
        Neighbour neighbours[4];
        Steering *s = NULL;
        SteeringLab lab;
        IdentityMove move = {};
        Error e = {};

        redirect_hook_without_tcx = _i == 1;
        steering_lab_init(&lab, NULL);
        furnish(&lab);
        ck_assert_int_eq(steering_open(&steering_redirect, &lab.parameters, clock_monotonic(), &s, &e), 0);
        steering_close(s);
        move.record = read_record(&lab);
        move.n_neighbours = make_neighbours(&lab, neighbours);
        move.neighbours = neighbours;
        lab_run(-1, "ip link del A");
        lab.parameters.ifindex[SIDE_PRIMARY] = 0;
        move.parameters = lab.parameters;
        move.now = clock_monotonic();
        ck_assert_msg(identity_move_put(&move, &e) == 0, "%s", e.text);
        ck_assert_msg(move.n_skipped == 0, "%s", move.notice.text);
        expect_at("B");
        expect_neighbours();
        lab_run(-1, "! tc qdisc show dev B | grep clsact");
        /* again, as after a restart in the middle: the same */
        move.resume = true;
        ck_assert_int_eq(identity_move_put(&move, &e), 0);
        ck_assert_uint_eq(move.n_skipped, 0);
        expect_at("B");

        make_primary_anew(&lab);
        move.parameters = lab.parameters;
        move.resume = false;
        ck_assert_msg(identity_move_park(&move, &e) == 0, "%s", e.text);
        lab_run(-1, "ip link show dev A | grep -q 02:00:00:00:00:0b");
        lab_run(-1, "ip link show dev A | grep -q ',UP'");
        lab_run(-1, "ip addr show dev A | grep -c inet | grep -q 0");
        lab_run(-1, "ip addr add 192.0.2.1/32 dev B");
        ck_assert_msg(identity_move_take(&move, &e) == 0, "%s", e.text);
        ck_assert_msg(move.n_skipped == 0, "%s", move.notice.text);
        expect_at("A");
        lab_run(-1, "ip -4 -o addr show dev B | grep -c inet | grep -q '^1$'");
        lab_run(-1, "ip -4 addr show dev B | grep -q 192.0.2.1");
        lab_run(-1, "ip link show dev B | grep -q 02:00:00:00:00:0b");
        lab_run(-1, "! ip rule show | grep 'iif B'");
        identity_record_free(move.record);
}
END_TEST

/* An address that the standby does not take: nothing of all that stays there. */
START_TEST(undone_when_it_fails) {
        IdentityMove move = {};
        SteeringLab lab;
        Error e = {};

        steering_lab_init(&lab, NULL);
        furnish(&lab);
        move.record = read_record(&lab);
        lab_run(-1, "ip link del A && sysctl -qw net.ipv6.conf.B.disable_ipv6=1");
        lab.parameters.ifindex[SIDE_PRIMARY] = 0;
        move.parameters = lab.parameters;
        move.now = clock_monotonic();
        ck_assert_int_lt(identity_move_put(&move, &e), 0);
        ck_assert_ptr_nonnull(strstr(e.text, "cannot put the addresses of A on B"));
        lab_run(-1, "! ip addr show dev B | grep inet");
        lab_run(-1, "! ip link show dev mv0");
        lab_run(-1, "ip link show dev B | grep -q 02:00:00:00:00:0b");
        identity_record_free(move.record);
}
END_TEST

/* It was not up while it was read: perhaps it is being removed, and has lost something already. */
START_TEST(not_read_when_down) {
        IdentityRecord *record = NULL;
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        lab_run(-1, "ip link set A down");
        ck_assert_int_eq(identity_records_read(lab.parameters.ifindex, lab.parameters.ifindex + 1, 1, &record,
                                         0, NULL),
                        0);
        ck_assert_ptr_null(record);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("identity-move");
        TCase *c = tcase_create("identity-move");

        tcase_set_timeout(c, 60);
        tcase_add_loop_test(c, there_and_back, 0, 2);
        tcase_add_test(c, undone_when_it_fails);
        tcase_add_test(c, not_read_when_down);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
