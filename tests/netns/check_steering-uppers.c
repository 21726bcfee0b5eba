/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices on top of the home adapter lose their carrier with it: what they send must leave by the standby.
 * (There are macvlans; with a kernel that has VLAN devices, tests/vm.) */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "redirect-hook.h"
#include "redirect-identity.h"
#include "redirect-map.h"
#include "steering-traffic.h"

static const SteeringPath paths[] = {
        { SIDE_PRIMARY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_PRIMARY },
};
#define GUARD      paths[0]
#define SPLIT      paths[1]
#define SWITCHED   paths[2]
#define SPLIT_BACK paths[3]

#define FLOWS (1u << FLOW_UPPER4 | 1u << FLOW_UPPER6 | 1u << FLOW_ECHO4)
#define REST  (400 * USEC_PER_MSEC)
#define CALM  (1500 * USEC_PER_MSEC) /* longer than net/core/link_watch.c puts off events */
#define TURNS 5                      /* unless somebody else on the machine holds RTNL */

static Steering *open_steering(SteeringLab *lab) {
        Steering *s = steering_lab_open(lab, &steering_redirect);

        ck_assert_msg(steering_get_notice(s)->kind == ERROR_NONE, "%s", steering_get_notice(s)->text);
        return s;
}

static void remove_steering(Steering *s) {
        Error e = {};

        ck_assert_msg(steering_detach(s, &e) == 0, "%s", e.text);
        steering_close(s);
}

static void move(Traffic *t, Steering *s, SteeringPath target) {
        Error e = {};

        ck_assert_msg(traffic_move(t, s, target, STEERING_PLANNED, NULL, NULL, &e) == 1, "%s", e.text);
        traffic_run(t, s, REST);
}

/* Its carrier is off, and the kernel has acted on it. */
static void await_no_carrier(Traffic *t, Steering *s, const char *name) {
        for (unsigned i = 0; i < TURNS; i++) {
                traffic_run(t, s, CALM);
                if (lab_holds(-1, "test \"$(cat /sys/class/net/%s/operstate)\" = lowerlayerdown", name))
                        return;
        }
        ck_abort_msg("%s still has a carrier", name);
}

/* There and back with the cable pulled in between; with orphaned, no process is there to see it. */
static void there_and_back(const char *mode, bool orphaned) {
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, mode);
        if (redirect_hook_without_tcx) /* adding them may cost frames */
                lab_run(-1, "for d in A B mv0; do tc qdisc add dev $d clsact; done");
        s = open_steering(&lab);
        t = traffic_new(&lab, FLOWS, 5000);
        traffic_run(t, s, REST);
        move(t, s, SPLIT);
        move(t, s, SWITCHED);
        if (orphaned)
                s = steering_close(s);
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        await_no_carrier(t, s, "mv0");
        steering_lab_set_cable(&lab, SIDE_PRIMARY, true);
        traffic_run(t, s, CALM);
        if (orphaned)
                s = open_steering(&lab);
        move(t, s, SPLIT_BACK);
        move(t, s, GUARD);
        traffic_stop(t);
        traffic_assert_whole(t);
        remove_steering(s);
        traffic_free(t);
}

START_TEST(carried) {
        static const char *const modes[] = { "bridge", "private", "vepa" };

        there_and_back(modes[_i], false);
}
END_TEST

START_TEST(carried_by_classifiers) {
        redirect_hook_without_tcx = true;
        there_and_back("bridge", false);
}
END_TEST

START_TEST(carried_without_us) {
        there_and_back("bridge", true);
}
END_TEST

/* The cable is pulled with no warning, and the neighbours of the device on top are still known. */
START_TEST(sudden) {
        usec_t gap, stall;
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, "bridge");
        s = open_steering(&lab);
        t = traffic_new(&lab, 1u << FLOW_UPPER4 | 1u << FLOW_UPPER6, 5000);
        traffic_run(t, s, CALM);
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        traffic_time_gaps(t);
        ck_assert_int_eq(traffic_move(t, s, SWITCHED, STEERING_NOW, NULL, NULL, NULL), 1);
        await_no_carrier(t, s, "mv0");
        for (FlowKind kind = FLOW_UPPER4; kind <= FLOW_UPPER6; kind++) {
                gap = traffic_count(t, kind)->longest_gap;
                stall = traffic_longest_stall(t);
                printf("flow %d: %llu us without a reply, of which at most %llu us without CPU\n", kind,
                                (unsigned long long) gap, (unsigned long long) stall);
                ck_assert_uint_lt(usec_sub(gap, stall), 50 * USEC_PER_MSEC);
        }
        steering_close(s);
        traffic_free(t);
}
END_TEST

#define TEST_TYPE 0x9000
#define COUNT     50

static int packet_socket(int namespace_fd, const char *name) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(TEST_TYPE) };
        int back = namespace_fd >= 0 ? lab_visit(namespace_fd) : -1, fd;

        fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        address.sll_ifindex = (int) if_nametoindex(name);
        ck_assert_int_gt(address.sll_ifindex, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        if (back >= 0)
                lab_leave(back);
        return fd;
}

static unsigned arrived(int fd) {
        uint8_t frame[2048];
        unsigned n = 0;

        while (recv(fd, frame, sizeof(frame), 0) > 0)
                n++;
        return n;
}

static void go(Steering *s, SteeringPath target) {
        usec_t next = 0, until;
        int r;

        ck_assert_int_eq(steering_begin(s, target, STEERING_PLANNED, clock_monotonic(), NULL), 0);
        do {
                r = steering_process(s, clock_monotonic(), &next, NULL);
                usleep(500);
        } while (r == 0);
        ck_assert_int_eq(r, 1);
        for (until = clock_monotonic() + 600 * USEC_PER_MSEC; clock_monotonic() < until; usleep(5000))
                ck_assert_int_ge(steering_process(s, clock_monotonic(), &next, NULL), 0);
}

static void send_frames(int fd, uint8_t destination[6]) {
        uint8_t frame[60] = { [6] = 2, [11] = 0x77, [12] = TEST_TYPE >> 8, [13] = TEST_TYPE & 0xff };

        memcpy(frame, destination, 6);
        for (unsigned k = 0; k < COUNT; k++)
                ck_assert_msg(send(fd, frame, sizeof(frame), 0) == sizeof(frame), "frame %u: %m", k);
        usleep(50000);
}

/* In bridge mode siblings talk without the network: each gets what is for it and what is for all, once, and so
 * does the network; no sender hears of an error. Without a carrier the kernel cuts siblings off from each
 * other, not from the network. */
START_TEST(siblings) {
        uint8_t sibling[6] = { 2, 0, 0, 0, 0, 0x78 }, all[6] = { 255, 255, 255, 255, 255, 255 };
        int self, other, peer;
        SteeringLab lab;
        Steering *s;

        redirect_hook_without_tcx = _i;
        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, "bridge");
        lab_run(-1,
                        "ip link add link A name mv1 address 02:00:00:00:00:78 type macvlan mode bridge && "
                        "ip link set mv1 up");
        self = packet_socket(-1, "mv0");
        other = packet_socket(-1, "mv1");
        peer = packet_socket(lab.peer_fd, "P");
        s = open_steering(&lab);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                unsigned n[2];

                go(s, paths[i]);
                send_frames(self, sibling);
                n[0] = arrived(other);
                n[1] = arrived(peer);
                ck_assert_msg(n[0] == COUNT && n[1] == 0, "path %zu: %u at the sibling, %u at the peer", i,
                                n[0], n[1]);
                send_frames(self, all);
                n[0] = arrived(other);
                n[1] = arrived(peer);
                ck_assert_msg(n[0] == COUNT && n[1] == COUNT, "path %zu: %u at the sibling, %u at the peer", i,
                                n[0], n[1]);
                ck_assert_uint_eq(arrived(self), 0);
        }
        go(s, SPLIT);
        go(s, SWITCHED);
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        usleep(CALM);
        send_frames(self, all);
        ck_assert_uint_eq(arrived(peer), COUNT);
        send_frames(self, sibling);
        ck_assert_uint_eq(arrived(peer), 0);
        ck_assert_uint_eq(arrived(other), 0);
        ck_assert_uint_eq(arrived(self), 0);
        steering_close(s);
}
END_TEST

static struct redirect_upper get_entry(uint32_t ifindex, const struct redirect_upper *set) {
        int fd = bpf_obj_get("/sys/fs/bpf/primed/lan:1/upper");
        struct redirect_upper entry;

        ck_assert_int_ge(fd, 0);
        if (set)
                ck_assert_int_eq(bpf_map_update_elem(fd, &ifindex, set, BPF_EXIST), 0);
        ck_assert_int_eq(bpf_map_lookup_elem(fd, &ifindex, &entry), 0);
        close(fd);
        return entry;
}

/* The program of a VLAN device on one of another, tried on two macvlans: it goes by its entry alone. */
START_TEST(tags) {
        uint8_t frame[60] = { 2, 0, 0, 0, 0, 0x0c,
                2, [11] = 0x77, [12] = TEST_TYPE >> 8, [13] = TEST_TYPE & 0xff };
        const uint8_t expected[] = { 0x88, 0xa8, 0x00, 0x2a, 0x81, 0x00, 0xa0, 0x07, TEST_TYPE >> 8,
                TEST_TYPE & 0xff };
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
        struct redirect_upper outer, inner;
        int self, peer, back, priority = 5;
        uint8_t got[2048];
        SteeringLab lab;
        Steering *s;
        ssize_t n;

        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, "private");
        lab_run(-1,
                        "ip link add link A name mv1 address 02:00:00:00:00:78 type macvlan && ip link set mv1 "
                        "up && "
                        "ethtool -K A tx-vlan-hw-insert off tx-vlan-stag-hw-insert off && "
                        "ethtool -K B tx-vlan-hw-insert off tx-vlan-stag-hw-insert off");
        self = packet_socket(-1, "mv0");
        ck_assert_int_eq(setsockopt(self, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)), 0);
        back = lab_visit(lab.peer_fd);
        peer = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        address.sll_ifindex = (int) if_nametoindex("P");
        ck_assert_int_eq(bind(peer, (struct sockaddr *) &address, sizeof(address)), 0);
        lab_leave(back);
        s = open_steering(&lab);
        outer = get_entry(if_nametoindex("mv1"), NULL);
        inner = get_entry(if_nametoindex("mv0"), NULL);
        ck_assert_uint_eq(outer.lower, if_nametoindex("A"));
        ck_assert_uint_eq(outer.flags, 0);
        ck_assert_uint_eq(outer.protocol, 0);
        outer.protocol = htons(ETH_P_8021AD);
        outer.id = 42;
        outer.flags = REDIRECT_UPPER_TAGS_ALL;
        inner.lower = if_nametoindex("mv1");
        inner.protocol = htons(ETH_P_8021Q);
        inner.id = 7;
        inner.flags = REDIRECT_UPPER_TAGS_ALL;
        inner.n_priorities = 2;
        inner.priority[0] = (struct redirect_priority){ 4, 1 << 13 };
        inner.priority[1] = (struct redirect_priority){ 5, 5 << 13 };
        (void) get_entry(if_nametoindex("mv1"), &outer);
        (void) get_entry(if_nametoindex("mv0"), &inner);
        go(s, SPLIT);
        go(s, SWITCHED);
        while (recv(peer, got, sizeof(got), 0) > 0)
                ;
        ck_assert_int_eq(send(self, frame, sizeof(frame), 0), sizeof(frame));
        usleep(50000);
        while ((n = recv(peer, got, sizeof(got), 0)) > 0 && memcmp(got + 6, frame + 6, 6) != 0)
                ;
        /* The kernel has taken the outer tag out of it on reception. */
        ck_assert_int_eq(n, (ssize_t) sizeof(frame) + 4);
        ck_assert_mem_eq(got + 12, expected + 4, sizeof(expected) - 4);
        steering_close(s);
}
END_TEST

/* How many of our pins are there for devices on top. */
static void expect_pins(unsigned n) {
        lab_run(-1, "test $(ls /sys/fs/bpf/primed/lan:1 | grep -c ^link_egress_upper_) = %u", n);
}

/* Devices appear and vanish, also while their frames leave by the standby. */
START_TEST(come_and_go) {
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, NULL);
        s = open_steering(&lab);
        expect_pins(0);
        t = traffic_new(&lab, 1u << FLOW_ECHO4, 2000);
        move(t, s, SPLIT);
        move(t, s, SWITCHED);
        traffic_stop(t);
        traffic_free(t);
        steering_lab_add_macvlan(&lab, "bridge");
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        expect_pins(1);
        steering_lab_set_cable(&lab, SIDE_PRIMARY, false);
        t = traffic_new(&lab, FLOWS, 2000);
        await_no_carrier(t, s, "mv0");
        traffic_stop(t);
        traffic_assert_whole(t);
        traffic_free(t);
        lab_run(-1, "ip link add link A name mv1 type macvlan && ip link del mv0");
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        expect_pins(1);
        lab_run(-1, "ip link del mv1");
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        expect_pins(0);
        steering_close(s);
}
END_TEST

/* What an administrator takes down stays silent. */
START_TEST(administratively_down) {
        SteeringLab lab;
        Steering *s;

        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, "bridge");
        s = open_steering(&lab);
        ck_assert_uint_eq(get_entry(if_nametoindex("mv0"), NULL).lower, if_nametoindex("A"));
        lab_run(-1, "ip link set A down");
        (void) steering_lab_refresh(&lab, s);
        ck_assert_uint_eq(get_entry(if_nametoindex("mv0"), NULL).lower, 0);
        lab_run(-1, "ip link set A up");
        (void) steering_lab_refresh(&lab, s);
        ck_assert_uint_eq(get_entry(if_nametoindex("mv0"), NULL).lower, if_nametoindex("A"));
        remove_steering(s);
}
END_TEST

/* Knows what lies on what, as the daemon's link monitor does. */
static size_t above(void *userdata, int ifindex, int *list, size_t max) {
        const char *lower[] = { "A", "B", "A", "mv0" }, *upper[] = { "mv0", "mv1", "B", "gone" };
        size_t n = 0;

        (*(unsigned *) userdata)++;
        for (size_t i = 0; i < ELEMENTSOF(lower); i++)
                if ((int) if_nametoindex(lower[i]) == ifindex && n < max)
                        list[n++] = streq(upper[i], "gone") ? 9999 : (int) if_nametoindex(upper[i]);
        return n;
}

static Identity *read_as(const SteeringLab *lab, const SteeringLinks *links) {
        Identity *i = NULL;
        Rtnetlink *n;
        Error e = {};

        ck_assert_int_eq(rtnetlink_new(&n, &e), 0);
        n->links = *links;
        ck_assert_msg(identity_read(&i, n, lab->parameters.ifindex, lab->parameters.name, &e) == 0, "%s",
                        e.text);
        rtnetlink_free(n);
        return i;
}

/* Asked for one by one, links and addresses are those that a look at all of them finds. */
START_TEST(looks_only_at_its_own) {
        unsigned n_asked = 0;
        SteeringLinks links = { .above = above, .userdata = &n_asked };
        SteeringLab lab;
        Identity *all, *own;

        steering_lab_init(&lab, NULL);
        steering_lab_add_macvlan(&lab, "bridge");
        lab_run(-1, "ip link add mv1 link B type macvlan mode bridge");
        lab_run(-1, "ip link add other type veth peer name rehto");
        lab_run(-1, "ip addr add 192.0.2.7/24 dev mv1 && ip addr add 192.0.2.9/24 dev other");
        lab_run(-1, "ip link set mv1 up && ip link set other up && ip link set rehto up");
        lab_run(-1, "ip neigh replace 10.77.1.9 lladdr 02:00:00:00:00:99 dev A nud stale");
        all = read_as(&lab, &(SteeringLinks){});
        own = read_as(&lab, &links);
        ck_assert_uint_gt(n_asked, 2);
        ck_assert_uint_ge(all->n_uppers, 2);
        ck_assert_str_eq(all->spare_address, "192.0.2.7");
        ck_assert_uint_gt(all->n_members, 0);
        ck_assert_uint_gt(all->n_neighbours, 0);
        ck_assert_mem_eq(own, all, sizeof(*all));
        free(all);
        free(own);
}
END_TEST

static Suite *suite(void) {
        const struct {
                const char *name;
                const TTest *test;
                int loops;
        } tests[] = {
                { "looks_only_at_its_own", looks_only_at_its_own, 1 },
                { "carried", carried, 3 },
                { "carried_by_classifiers", carried_by_classifiers, 1 },
                { "carried_without_us", carried_without_us, 1 },
                { "sudden", sudden, 1 },
                { "siblings", siblings, 2 },
                { "tags", tags, 1 },
                { "come_and_go", come_and_go, 1 },
                { "administratively_down", administratively_down, 1 },
        };
        Suite *s = suite_create("steering-uppers");

        /* A case each, for CK_RUN_CASE. */
        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                TCase *c = tcase_create(tests[i].name);

                tcase_set_timeout(c, 60);
                tcase_add_loop_test(c, tests[i].test, 0, tests[i].loops);
                suite_add_tcase(s, c);
        }
        return s;
}

CHECK_MAIN();
