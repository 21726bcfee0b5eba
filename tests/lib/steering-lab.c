/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "clock.h"
#include "netns-lab.h"
#include "steering-lab.h"

static void add_port(int switch_fd, const char *bridge, const char *name, const char *mac, int owner_fd) {
        lab_run(owner_fd,
                        "ip link add %s address %s type veth peer name s%s && ip link set s%s netns "
                        "/proc/%d/fd/%d",
                        name, mac, name, name, getpid(), switch_fd);
        lab_run(switch_fd, "ip link set s%s master %s up", name, bridge);
        lab_run(owner_fd, "ip link set %s up", name);
}

/* Until there is a link-local address and duplicate address detection is through with it; by then the bridge's
 * ports forward, too. */
static void await_addresses(int namespace_fd, const char *name) {
        lab_run(namespace_fd,
                        "for i in $(seq 100); do ip -6 addr show dev %s scope link 2>/dev/null | grep fe80 | "
                        "grep -vq "
                        "tentative && exit; "
                        "sleep 0.1; done; ip addr; exit 1",
                        name);
}

Steering *steering_lab_open(const SteeringLab *lab, const SteeringBackend *backend) {
        Steering *s = NULL;
        Error e = {};

        ck_assert_msg(steering_open(backend, &lab->parameters, clock_monotonic(), &s, &e) == 0, "%s", e.text);
        return s;
}

int steering_lab_refresh(const SteeringLab *lab, Steering *s) {
        _cleanup_(steering_reading_freep) SteeringReading *reading = NULL;
        Error e = {};

        ck_assert_msg(steering_read(s->backend, &lab->parameters, &reading, &e) == 0, "%s", e.text);
        return steering_refresh(s, reading, clock_monotonic(), &e);
}

void steering_lab_wait(usec_t until) {
        usec_t now = clock_monotonic();

        if (until > now)
                usleep((useconds_t) MIN(until - now, USEC_PER_SEC));
}

bool steering_lab_has_bonding(void) {
        return system("ip link add primed-probe type bond 2>/dev/null && ip link del primed-probe") == 0;
}

/* A is the active port, since it was first. */
static void make_bond(const char *options) {
        lab_run(-1,
                        "ip link add bond0 type bond %s && for port in A B; do "
                        "ip link set $port down && ip link set $port master bond0 || exit 1; done && "
                        "ip link set bond0 up",
                        options);
}

/* Duplicate address detection takes seconds, and here nobody can have the address. */
static void without_dad(int namespace_fd) {
        lab_run(namespace_fd, "for i in all default; do echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad; done");
}

void steering_lab_init(SteeringLab *lab, const SteeringLabOptions *options) {
        static const SteeringLabOptions none;
        int back;

        if (!options)
                options = &none;
        lab_enter();
        *lab = (SteeringLab){ .switch_fd = lab_namespace_new(), .peer_fd = lab_namespace_new() };
        without_dad(-1);
        without_dad(lab->peer_fd);
        lab_run(lab->switch_fd,
                        "ip link add br0 type bridge mcast_snooping %d mcast_querier %d && ip link set br0 up",
                        options->snooping, options->snooping);
        if (options->two_switches) {
                lab_run(lab->switch_fd,
                                "ip link add br1 type bridge mcast_snooping 0 && ip link set br1 up && "
                                "ip link add c0 type veth peer name c1 && ip link set c0 master br0 up && "
                                "ip link set c1 master br1 up");
        }
        add_port(lab->switch_fd, "br0", "A", "02:00:00:00:00:0a", -1);
        add_port(lab->switch_fd, options->two_switches ? "br1" : "br0", "B", "02:00:00:00:00:0b", -1);
        add_port(lab->switch_fd, "br0", "P", "02:00:00:00:00:0c", lab->peer_fd);
        if (options->bond)
                make_bond(options->bond);
        lab->home = options->bond ? "bond0" : "A";
        if (!options->only_inet6) {
                lab_run(-1, "ip addr add 10.9.0.1/24 brd + dev %s", lab->home);
                lab_run(lab->peer_fd, "ip addr add 10.9.0.2/24 brd + dev P");
        }
        lab_run(-1, "ip addr add fd09::1/64 dev %s nodad", lab->home);
        lab_run(lab->peer_fd, "ip addr add fd09::2/64 dev P nodad");
        back = lab_visit(lab->switch_fd);
        lab->switch_control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        lab_leave(back);
        lab->parameters = (SteeringParameters){
                .pair = "lan.1",
                .ifindex = { (int) if_nametoindex("A"), (int) if_nametoindex("B") },
                .name = { "A", "B" },
                .bpf_directory = "/sys/fs/bpf/primed",
        };
        await_addresses(-1, lab->home);
        if (!options->bond)
                await_addresses(-1, "B");
        await_addresses(lab->peer_fd, "P");
}

void steering_lab_add_macvlan(SteeringLab *lab, const char *mode) {
        /* Each device speaks for its own addresses only, or the peer would send all to A's. */
        lab_run(-1, "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore");
        lab_run(-1,
                        "ip link add link A name mv0 address " UPPER_MAC " type macvlan mode %s && "
                        "ip addr add 10.9.1.1/24 dev mv0 && ip addr add fd0a::1/64 dev mv0 nodad && "
                        "ip link set mv0 up",
                        mode);
        lab_run(lab->peer_fd, "ip addr add 10.9.1.2/24 dev P && ip addr add fd0a::2/64 dev P nodad");
        await_addresses(-1, "mv0");
}

void steering_lab_set_cable(SteeringLab *lab, PairSide side, bool plugged) {
        struct ifreq request = { .ifr_name = "sA" };

        request.ifr_name[1] = side == SIDE_PRIMARY ? 'A' : 'B';
        ck_assert_int_eq(ioctl(lab->switch_control, SIOCGIFFLAGS, &request), 0);
        if (plugged)
                request.ifr_flags |= IFF_UP;
        else
                request.ifr_flags &= (short) ~IFF_UP;
        ck_assert_int_eq(ioctl(lab->switch_control, SIOCSIFFLAGS, &request), 0);
}

bool steering_lab_is_running(SteeringLab *lab) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = { .ifr_name = "A" };

        ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &request), 0);
        close(fd);
        return request.ifr_flags & IFF_RUNNING;
}
