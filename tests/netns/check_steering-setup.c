/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend in rest: the contract, what it refuses, how silent the spare is, what it leaves behind.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapter-feature.h"
#include "alloc-util.h"
#include "check-main.h"
#include "clock.h"
#include "frame-codec.h"
#include "netns-lab.h"
#include "redirect-hook.h"
#include "redirect-programs.h"
#include "steering-contract.h"
#include "steering-traffic.h"

static const SteeringPath paths[] = {
        { SIDE_PRIMARY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_PRIMARY },
};
#define SPLIT paths[1]

static void go(Steering *s, SteeringPath target) {
        usec_t next = 0;
        Error e = {};
        int r;

        ck_assert_int_eq(steering_begin(s, target, STEERING_PLANNED, clock_monotonic(), &e), 0);
        while ((r = steering_process(s, clock_monotonic(), &next, &e)) == 0)
                steering_lab_wait(next);
        ck_assert_msg(r == 1, "%s", e.text);
}

static void settle(Steering *s, usec_t duration) {
        usec_t until = clock_monotonic() + duration, next;

        while (clock_monotonic() < until) {
                ck_assert_int_ge(steering_process(s, clock_monotonic(), &next, NULL), 0);
                steering_lab_wait(MIN(next, clock_monotonic() + 20 * USEC_PER_MSEC));
        }
}

static void remove_steering(Steering *s) {
        Error e = {};

        ck_assert_msg(steering_detach(s, &e) == 0, "%s", e.text);
        steering_close(s);
}

START_TEST(contract) {
        SteeringLab lab;
        SteeringContract how = {
                .backend = &steering_redirect, .now = clock_monotonic, .wait = steering_lab_wait
        };

        steering_lab_init(&lab, NULL);
        how.parameters = lab.parameters;
        steering_contract_run(&how, _i);
}
END_TEST

/* Everything that set-up does to the kernel, and the same again without it. */
#define LOOK                                                                                                   \
        "for d in A B mv0; do tc qdisc show dev $d; tc filter show dev $d ingress; tc filter show dev $d "     \
        "egress; "                                                                                             \
        "bridge fdb show dev $d; ip -d link show $d | grep -o 'addrgenmode [a-z0-9]*'; "                       \
        "ethtool -k $d | grep vlan-filter; done; ls -R /sys/fs/bpf"

static void leaves_nothing(bool without_tcx) {
        SteeringLab lab;
        Steering *s;

        redirect_hook_without_tcx = without_tcx;
        steering_lab_init(&lab, NULL);
        lab_run(-1,
                        "mkdir /sys/fs/bpf/primed; ip link add link A name mv0 type macvlan && ip link set mv0 "
                        "up; sleep 0.3");
        lab_run(-1, "(" LOOK ") > /tmp/primed-test.$PPID.before 2>&1");
        s = steering_lab_open(&lab, &steering_redirect);
        lab_run(-1,
                        "(" LOOK ") > /tmp/primed-test.$PPID.between 2>&1; "
                        "! cmp -s /tmp/primed-test.$PPID.before /tmp/primed-test.$PPID.between");
        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                go(s, paths[i]);
        remove_steering(s);
        lab_run(-1,
                        "(" LOOK ") > /tmp/primed-test.$PPID.after 2>&1; "
                        "diff /tmp/primed-test.$PPID.before /tmp/primed-test.$PPID.after; r=$?; "
                        "rm /tmp/primed-test.$PPID.*; exit $r");
}

START_TEST(leaves_nothing_behind) {
        leaves_nothing(_i);
}
END_TEST

static void refused(SteeringLab *lab, const char *because) {
        Steering *s = NULL;
        Error e = {}, e2 = {};

        ck_assert_int_eq(steering_redirect.probe(&lab->parameters, &e), 0);
        ck_assert_msg(strstr(e.text, because) != NULL, "'%s' does not say '%s'", e.text, because);
        ck_assert_ptr_null(steering_backend_for(STEERING_AUTO, &lab->parameters, NULL));
        ck_assert_int_lt(steering_open(&steering_redirect, &lab->parameters, clock_monotonic(), &s, &e2), 0);
        ck_assert_str_eq(e.text, e2.text);
        lab_run(-1, "test -z \"$(ls -A /sys/fs/bpf/primed)\"");
}

START_TEST(refuses) {
        SteeringLab lab;
        Error e = {};

        steering_lab_init(&lab, NULL);
        ck_assert_ptr_eq(steering_backend_for(STEERING_AUTO, &lab.parameters, &e), &steering_redirect);
        lab_run(-1, "ip addr add 192.0.2.1/24 dev B");
        refused(&lab, "192.0.2.1");
        lab_run(-1, "ip addr flush dev B scope global && ip addr add 2001:db8::1/64 dev B");
        refused(&lab, "2001:db8::1");
        lab_run(-1,
                        "ip addr flush dev B scope global && ip link add link B name mv1 type macvlan && "
                        "ip addr add 192.0.2.7/24 dev mv1");
        refused(&lab, "192.0.2.7");
        lab_run(-1, "ip link del mv1; ip link add br7 type bridge && ip link set A master br7");
        refused(&lab, "A is the port of a bridge");
        lab_run(-1,
                        "ip link set A nomaster && ip link add link A name mv2 type macvlan && "
                        "ip link set mv2 master br7");
        refused(&lab, "mv2 is the port of a bridge");
        lab_run(-1, "ip link del mv2 && ip link set B master br7");
        refused(&lab, "B is in use as the port of a bridge");
        lab_run(-1, "ip link set B nomaster && ip link set B address 02:00:00:00:00:0a");
        refused(&lab, "same MAC address");
        lab_run(-1, "ip link set B address 02:00:00:00:00:0b");
        ck_assert_int_eq(steering_redirect.probe(&lab.parameters, &e), 1);
        ck_assert_ptr_null(steering_backend_for(STEERING_BOND, &lab.parameters, &e));
        ck_assert_ptr_nonnull(strstr(e.text, "bond"));
}
END_TEST

START_TEST(feature_by_name) {
        bool on = false;

        lab_enter();
        lab_run(-1, "ip link add A type veth peer name sA");
        ck_assert_int_eq(adapter_feature_get("A", "tx-udp-segmentation", &on), 0);
        ck_assert(on);
        ck_assert_int_eq(adapter_feature_set("A", "tx-udp-segmentation", false), 0);
        ck_assert_int_eq(adapter_feature_get("A", "tx-udp-segmentation", &on), 0);
        ck_assert(!on);
        ck_assert_int_eq(adapter_feature_set("A", "tx-udp-segmentation", true), 0);
        ck_assert_int_eq(adapter_feature_set("A", "rx-vlan-filter", true), -EOPNOTSUPP);
        ck_assert_int_eq(adapter_feature_get("A", "no-such-feature", &on), -EOPNOTSUPP);
        ck_assert_int_eq(adapter_feature_get("nowhere", "rx-vlan-filter", &on), -ENODEV);
}
END_TEST

START_TEST(wants_a_bpffs) {
        Steering *s = NULL;
        SteeringLab lab;
        Error e = {};

        steering_lab_init(&lab, NULL);
        lab.parameters.bpf_directory = "/tmp";
        ck_assert_int_eq(steering_open(&steering_redirect, &lab.parameters, clock_monotonic(), &s, &e),
                        -ENOTDIR);
        ck_assert_ptr_nonnull(strstr(e.text, "mount -t bpf"));
        e = (Error){};
        lab.parameters.bpf_directory = "/nonexistent/primed";
        ck_assert_int_eq(
                        steering_open(&steering_redirect, &lab.parameters, clock_monotonic(), &s, &e), -ENOENT);
        ck_assert_ptr_nonnull(strstr(e.text, "mount -t bpf"));
}
END_TEST

/* The peer's raw view of the network. */
static int peer_socket(SteeringLab *lab, uint16_t type) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(type) };
        int back = lab_visit(lab->peer_fd), fd;

        fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        address.sll_ifindex = (int) if_nametoindex("P");
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        lab_leave(back);
        return fd;
}

static const EtherAddress peer_mac = { { 2, 0, 0, 0, 0, 0x0c } }, home_mac = { { 2, 0, 0, 0, 0, 0x0a } };

static void drain(int fd) {
        uint8_t frame[FRAME_MAX];

        while (recv(fd, frame, sizeof(frame), 0) >= 0)
                ;
}

/* A few datagrams from the peer to one of the host's addresses: how many came. */
static unsigned reach(SteeringLab *lab, const char *address) {
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7777) };
        struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(7777) };
        int back = lab_visit(lab->peer_fd), host, peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        char buffer[16];
        unsigned n = 0;

        lab_leave(back);
        host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_eq(inet_pton(AF_INET, address, &to.sin_addr), 1);
        ck_assert_int_eq(bind(host, (struct sockaddr *) &any, sizeof(any)), 0);
        for (unsigned k = 0; k < 3; k++) {
                ck_assert_int_eq(sendto(peer, "hello", 5, 0, (struct sockaddr *) &to, sizeof(to)), 5);
                usleep(30000);
        }
        while (recv(host, buffer, sizeof(buffer), 0) == 5)
                n++;
        close(host);
        close(peer);
        return n;
}

/* In every path: whoever asks for the primary's address gets one answer, and it names the identity. */
START_TEST(answers_once) {
        const struct in_addr host = { inet_addr("10.9.0.1") }, peer = { inet_addr("10.9.0.2") };
        SteeringLab lab;
        Steering *s;
        int fd;

        steering_lab_init(&lab, NULL);
        fd = peer_socket(&lab, ETHERTYPE_ARP);
        s = steering_lab_open(&lab, &steering_redirect);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                unsigned answers = 0;
                uint8_t frame[FRAME_MAX];
                ssize_t n;
                int length;

                go(s, paths[i]);
                settle(s, 600 * USEC_PER_MSEC);
                drain(fd);
                for (unsigned k = 0; k < 20; k++) {
                        length = frame_build_arp_request(frame, sizeof(frame), 0, peer_mac, peer, host);
                        ck_assert_int_eq(send(fd, frame, (size_t) length, 0), length);
                        usleep(5000);
                }
                while ((n = recv(fd, frame, sizeof(frame), 0)) > 0) {
                        FrameHeader header;
                        Arp arp;

                        if (frame_parse_arp(frame, (size_t) n, &header, &arp) < 0 || arp.operation != ARP_REPLY)
                                continue;
                        answers++;
                        ck_assert(ether_address_equal(&arp.sender, &home_mac));
                        if (paths[i].ingress != paths[i].egress) { /* or the switch would learn it there */
                                EtherAddress station = steering_get_station(s, paths[i].egress);

                                ck_assert(ether_address_equal(&header.source, &station));
                        } else
                                ck_assert(ether_address_equal(&header.source, &home_mac));
                }
                ck_assert_msg(answers == 20, "path %zu: %u answers to 20 requests", i, answers);
        }
        close(fd);
        remove_steering(s);
}
END_TEST

/* What the pair sends to all comes back through its other port, and must go no further. */
START_TEST(own_frames_do_not_return) {
        uint8_t frame[FRAME_MIN] = { 1, 0, 0x5e, 1, 1, 1, 2, 0, 0, 0, 0, 0x0a, 0x90, 0x00 };
        int home, peer;
        SteeringLab lab;
        Steering *s;

        steering_lab_init(&lab, NULL);
        peer = peer_socket(&lab, 0x9000);
        home = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(home,
                                         (struct sockaddr *) &(struct sockaddr_ll){ .sll_family = AF_PACKET,
                                                         .sll_protocol = htons(0x9000),
                                                         .sll_ifindex = lab.parameters.ifindex[SIDE_PRIMARY] },
                                         sizeof(struct sockaddr_ll)),
                        0);
        s = steering_lab_open(&lab, &steering_redirect);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                unsigned returned = 0, arrived = 0;

                go(s, paths[i]);
                for (unsigned settled = 0; settled < 2; settled++) {
                        for (unsigned k = 0; k < 50; k++)
                                ck_assert_int_eq(send(home, frame, sizeof(frame), 0), sizeof(frame));
                        settle(s, 600 * USEC_PER_MSEC);
                }
                while (recv(home, frame, sizeof(frame), 0) > 0)
                        returned++;
                while (recv(peer, (uint8_t[FRAME_MIN]){}, FRAME_MIN, 0) > 0)
                        arrived++;
                ck_assert_msg(returned == 0 && arrived == 100, "path %zu: %u returned, %u arrived", i, returned,
                                arrived);
        }
        close(home);
        close(peer);
        remove_steering(s);
}
END_TEST

/* Nothing leaves the spare that is not the pair's: no router solicitation, no report, no address of its own. */
START_TEST(spare_is_silent) {
        struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(7777) };
        const EtherAddress spare = { { 2, 0, 0, 0, 0, 0x0b } };
        unsigned spoken = 0;
        uint8_t frame[FRAME_MAX];
        SteeringLab lab;
        Steering *s;
        ssize_t n;
        int fd, udp;

        steering_lab_init(&lab, NULL);
        fd = peer_socket(&lab, ETH_P_ALL);
        s = steering_lab_open(&lab, &steering_redirect);
        drain(fd);
        udp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        to.sin6_scope_id = if_nametoindex("B");
        ck_assert_int_eq(inet_pton(AF_INET6, "ff02::1", &to.sin6_addr), 1);
        ck_assert_int_eq(sendto(udp, "hello", 5, 0, (struct sockaddr *) &to, sizeof(to)), 5);
        close(udp);
        lab_run(-1, "ip link set B down; ip link set B up; sleep 1.5");
        while ((n = recv(fd, frame, sizeof(frame), 0)) >= 12)
                spoken += memcmp(frame + 6, spare.octet, 6) == 0;
        ck_assert_uint_eq(spoken, 0);
        lab_run(-1, "test -z \"$(ip -6 addr show dev B scope link)\"");
        close(fd);
        remove_steering(s);
}
END_TEST

/* Groups are forwarded only to ports that reported: so the report goes out of the spare with the move. */
START_TEST(snooping_switch) {
        SteeringLab lab;
        Steering *s;
        Traffic *t;

        steering_lab_init(&lab, &(SteeringLabOptions){ .snooping = true });
        s = steering_lab_open(&lab, &steering_redirect);
        t = traffic_new(&lab, 1u << FLOW_MULTICAST4 | 1u << FLOW_MULTICAST6, 1000);
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        lab_run(lab.switch_fd, "bridge mdb show | grep -q 'port sA grp 239.9.9.9'");
        lab_run(lab.switch_fd, "! bridge mdb show | grep 'port sB grp 239.9.9.9'");
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                ck_assert_int_eq(traffic_move(t, s, paths[i], STEERING_PLANNED, NULL, NULL, NULL), 1);
                traffic_run(t, s, USEC_PER_SEC);
                if (i == 1)
                        lab_run(lab.switch_fd,
                                        "bridge mdb show | grep -q 'port sB grp 239.9.9.9' && "
                                        "bridge mdb show | grep -q 'port sB grp ff15::9:9'");
        }
        traffic_stop(t);
        traffic_assert_whole(t);
        traffic_free(t);
        remove_steering(s);
}
END_TEST

/* An address on a macvlan belongs to the identity and moves along, also when it came later. */
START_TEST(macvlan_moves_along) {
        SteeringLab lab;
        Steering *s;

        steering_lab_init(&lab, NULL);
        s = steering_lab_open(&lab, &steering_redirect);
        lab_run(-1,
                        "ip link add link A name mv0 address 02:00:00:00:00:77 type macvlan && "
                        "ip addr add 10.9.0.77/24 dev mv0 && ip link set mv0 up");
        ck_assert_uint_eq(reach(&lab, "10.9.0.77"), 3);
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        lab_run(-1, "bridge fdb show dev B | grep -q 02:00:00:00:00:77");
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                go(s, paths[i]);
                settle(s, 600 * USEC_PER_MSEC);
                ck_assert_uint_eq(reach(&lab, "10.9.0.77"), 3);
        }
        lab_run(-1, "ip link del mv0");
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        lab_run(-1, "! bridge fdb show dev B | grep 02:00:00:00:00:77");
        remove_steering(s);
}
END_TEST

/* The spare is unplugged and another one, with another index, takes its name and place. */
START_TEST(adapter_made_anew) {
        SteeringLab lab;
        Steering *s;

        steering_lab_init(&lab, NULL);
        s = steering_lab_open(&lab, &steering_redirect);
        steering_close(s);
        lab_run(-1, "ip link del B");
        lab_run(lab.switch_fd,
                        "ip link add sB type veth peer name B && ip link set sB master br0 up && "
                        "ip link set B netns /proc/%d/ns/net",
                        getpid());
        lab_run(-1, "ip link set B address 02:00:00:00:00:0d && ip link set B up; sleep 0.5");
        lab.parameters.ifindex[SIDE_STANDBY] = (int) if_nametoindex("B");
        s = steering_lab_open(&lab, &steering_redirect);
        ck_assert_int_eq(steering_get_station(s, SIDE_STANDBY).octet[5], 0x0d);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                go(s, paths[i]);
                ck_assert_uint_eq(reach(&lab, "10.9.0.1"), 3);
        }
        remove_steering(s);
}
END_TEST

/* A network that does not learn: every announcement is lost, and the move says so in time. */
START_TEST(ingress_that_does_not_follow) {
        usec_t next, started;
        unsigned looks = 0;
        SteeringLab lab;
        Error e = {};
        Steering *s;
        int r;

        steering_lab_init(&lab, NULL);
        s = steering_lab_open(&lab, &steering_redirect);
        lab_run(lab.switch_fd,
                        "bridge link set dev sB learning off && "
                        "bridge fdb replace 02:00:00:00:00:0a dev sA master static");
        started = clock_monotonic();
        ck_assert_int_eq(steering_begin(s, SPLIT, STEERING_PLANNED, started, NULL), 0);
        while ((r = steering_process(s, clock_monotonic(), &next, &e)) == 0) {
                steering_lab_wait(next);
                if (++looks % 100 == 0)
                        ck_assert_uint_eq(reach(&lab, "10.9.0.1"), 3);
        }
        ck_assert_int_eq(r, -ETIMEDOUT);
        ck_assert_uint_lt(clock_monotonic() - started, USEC_PER_SEC);
        ck_assert_ptr_nonnull(strstr(e.text, "does not arrive on B"));
        go(s, paths[0]);
        ck_assert_uint_eq(reach(&lab, "10.9.0.1"), 3);
        remove_steering(s);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("steering-setup");
        TCase *c = tcase_create("setup");

        tcase_set_timeout(c, 60);
        tcase_add_loop_test(c, contract, 0, (int) steering_contract_size);
        tcase_add_loop_test(c, leaves_nothing_behind, 0, 2);
        tcase_add_test(c, refuses);
        tcase_add_test(c, feature_by_name);
        tcase_add_test(c, wants_a_bpffs);
        tcase_add_test(c, answers_once);
        tcase_add_test(c, own_frames_do_not_return);
        tcase_add_test(c, spare_is_silent);
        tcase_add_test(c, snooping_switch);
        tcase_add_test(c, macvlan_moves_along);
        tcase_add_test(c, adapter_made_anew);
        tcase_add_test(c, ingress_that_does_not_follow);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
