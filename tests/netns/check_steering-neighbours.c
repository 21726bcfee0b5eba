/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The home adapter loses its carrier: what the kernel then forgets must not hold up what leaves by the other.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "netns-lab.h"
#include "redirect-setting.h"
#include "steering-traffic.h"

static const SteeringPath guard = { SIDE_PRIMARY, SIDE_PRIMARY };
static const SteeringPath switched = { SIDE_STANDBY, SIDE_STANDBY };

#define CUTS     3
#define GAP_MAX  (50 * USEC_PER_MSEC)   /* a request that was lost is repeated after a second */
#define CALM     (1200 * USEC_PER_MSEC) /* longer than net/core/link_watch.c puts off events */
#define OBSERVED (400 * USEC_PER_MSEC)

/* The host itself has something to say to the peer while nothing comes in any more: the request for the
 * forgotten neighbour then goes out of the dead A. */
static void speak(FlowKind flow) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
        int fd = socket(flow == FLOW_ECHO4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        inet_pton(AF_INET, "10.9.0.2", &in.sin_addr);
        inet_pton(AF_INET6, "fd09::2", &in6.sin6_addr);
        if (flow == FLOW_ECHO4)
                (void) sendto(fd, "", 1, 0, (struct sockaddr *) &in, sizeof(in));
        else
                (void) sendto(fd, "", 1, 0, (struct sockaddr *) &in6, sizeof(in6));
        close(fd);
}

static usec_t cut(SteeringLab *lab, Traffic *t, Steering *s, FlowKind flow) {
        usec_t until, gap, stall;
        Error e = {};

        traffic_run(t, s, CALM);
        steering_lab_set_cable(lab, SIDE_PRIMARY, false);
        until = clock_monotonic() + 3 * CALM;
        while (steering_lab_is_running(lab) && clock_monotonic() < until)
                traffic_run(t, s, 50);
        ck_assert(!steering_lab_is_running(lab));
        for (unsigned k = 0; k < 5; k++) {
                speak(flow);
                traffic_run(t, s, 200);
        }
        traffic_time_gaps(t);
        ck_assert_msg(traffic_move(t, s, switched, STEERING_NOW, NULL, NULL, &e) == 1, "%s", e.text);
        traffic_run(t, s, OBSERVED);
        gap = traffic_count(t, flow)->longest_gap;
        stall = traffic_longest_stall(t);
        printf("flow %d: %llu us without a reply, of which at most %llu us without CPU\n", flow,
                        (unsigned long long) gap, (unsigned long long) stall);
        fflush(stdout);
        steering_lab_set_cable(lab, SIDE_PRIMARY, true);
        traffic_run(t, s, CALM);
        ck_assert_msg(traffic_move(t, s, guard, STEERING_PLANNED, NULL, NULL, &e) == 1, "%s", e.text);
        return usec_sub(gap, stall);
}

/* The steering is there before any neighbour is known, as after a start of the machine. */
static void cuts(SteeringLab *lab, FlowKind flow, unsigned n) {
        Steering *s = steering_lab_open(lab, &steering_redirect);
        Traffic *t = traffic_new(lab, 1u << flow, 20000);
        usec_t worst = 0;

        for (unsigned k = 0; k < n; k++) {
                usec_t gap = cut(lab, t, s, flow);

                worst = MAX(worst, gap);
        }
        ck_assert_uint_lt(worst, GAP_MAX);
        traffic_free(t);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
}

START_TEST(kept) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        cuts(&lab, _i ? FLOW_ECHO6 : FLOW_ECHO4, CUTS);
}
END_TEST

/* The same without the settings, as on kernels before 5.16. */
START_TEST(put_back) {
        SteeringLab lab;

        redirect_setting_read_only = true;
        steering_lab_init(&lab, NULL);
        cuts(&lab, _i ? FLOW_ECHO6 : FLOW_ECHO4, CUTS);
}
END_TEST

/* An administrator's setting that takes routes out of use along with the carrier. */
START_TEST(routes_stay) {
        SteeringLab lab;

        steering_lab_init(&lab, NULL);
        lab_run(-1, "for v in 4 6; do echo 1 > /proc/sys/net/ipv$v/conf/A/ignore_routes_with_linkdown; done");
        cuts(&lab, _i ? FLOW_ECHO6 : FLOW_ECHO4, 1);
        lab_run(-1, "for v in 4 6; do grep -qx 1 /proc/sys/net/ipv$v/conf/A/ignore_routes_with_linkdown; done");
}
END_TEST

#define SETTINGS                                                                                               \
        "for d in A mv; do for k in ipv4/conf/$d/arp_evict_nocarrier ipv6/conf/$d/ndisc_evict_nocarrier "      \
        "ipv4/conf/$d/ignore_routes_with_linkdown ipv6/conf/$d/ignore_routes_with_linkdown; do "               \
        "cat /proc/sys/net/$k; done; done | tr -d '\\n' | grep -qx "

static void expect_settings(const char *digits) {
        lab_run(-1, SETTINGS "%s || { echo 'settings are not %s'; exit 1; }", digits, digits);
}

static void add_macvlan(void) {
        lab_run(-1,
                        "ip link add link A name mv type macvlan && ip addr add 10.10.0.1/24 dev mv && "
                        "ip link set mv up");
}

/* Dies as by kill -9 at that point: in a child, whose pins stay. */
static void open_and_die(SteeringLab *lab) {
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                Steering *s = NULL;

                _exit(steering_open(&steering_redirect, &lab->parameters, clock_monotonic(), &s, NULL) < 0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Of A and of a device on top, also one that comes later; what was off before stays off; 0 is not taken for the
 * original by the process after one that was killed. */
START_TEST(settings_come_back) {
        SteeringLab lab;
        Steering *s;
        Error e = {};

        steering_lab_init(&lab, NULL);
        lab_run(-1, "echo 1 > /proc/sys/net/ipv4/conf/A/ignore_routes_with_linkdown");
        if (_i)
                lab_run(-1, "echo 0 > /proc/sys/net/ipv6/conf/A/ndisc_evict_nocarrier");
        open_and_die(&lab);
        add_macvlan();
        expect_settings("00001100");
        s = steering_lab_open(&lab, &steering_redirect);
        ck_assert_msg(steering_get_notice(s)->kind == ERROR_NONE, "%s", steering_get_notice(s)->text);
        expect_settings("00000000");
        /* Somebody puts one back while nobody looks. */
        steering_close(s);
        lab_run(-1, "echo 1 > /proc/sys/net/ipv4/conf/mv/arp_evict_nocarrier");
        s = steering_lab_open(&lab, &steering_redirect);
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        expect_settings("00000000");
        ck_assert_int_eq(steering_detach(s, &e), 0);
        steering_close(s);
        expect_settings(_i ? "10101100" : "11101100");
}
END_TEST

/* What is not ours to change is said. */
START_TEST(setting_for_all) {
        SteeringLab lab;
        Steering *s;

        steering_lab_init(&lab, NULL);
        lab_run(-1, "echo 1 > /proc/sys/net/ipv4/conf/all/ignore_routes_with_linkdown");
        s = steering_lab_open(&lab, &steering_redirect);
        ck_assert_ptr_nonnull(strstr(steering_get_notice(s)->text, "net.ipv4.conf.all.ignore_routes"));
        lab_run(-1, "echo 0 > /proc/sys/net/ipv4/conf/all/ignore_routes_with_linkdown");
        ck_assert_int_eq(steering_lab_refresh(&lab, s), 0);
        ck_assert_int_eq(steering_get_notice(s)->kind, ERROR_NONE);
        ck_assert_int_eq(steering_detach(s, NULL), 0);
        steering_close(s);
}
END_TEST

/* IPv6 only has files. */
START_TEST(read_only) {
        SteeringLab lab;
        Error e = {};
        Steering *s;

        steering_lab_init(&lab, NULL);
        add_macvlan();
        lab_run(-1, "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys");
        s = steering_lab_open(&lab, &steering_redirect);
        expect_settings("01000100");
        ck_assert_msg(strstr(steering_get_notice(s)->text, "net.ipv6.conf.A.ndisc_evict_nocarrier") != NULL,
                        "'%s'", steering_get_notice(s)->text);
        ck_assert_ptr_nonnull(strstr(steering_get_notice(s)->text, "Read-only file system"));
        ck_assert_int_eq(steering_detach(s, &e), 0);
        steering_close(s);
        expect_settings("11001100");
}
END_TEST

static Suite *suite(void) {
        const struct {
                const char *name;
                const TTest *test;
                int runs;
        } tests[] = {
                { "kept", kept, 2 },
                { "put_back", put_back, 2 },
                { "routes_stay", routes_stay, 2 },
                { "settings_come_back", settings_come_back, 2 },
                { "setting_for_all", setting_for_all, 1 },
                { "read_only", read_only, 1 },
        };
        Suite *s = suite_create("steering-neighbours");

        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                TCase *c = tcase_create(tests[i].name);

                tcase_set_timeout(c, 60);
                tcase_add_loop_test(c, tests[i].test, 0, tests[i].runs);
                suite_add_tcase(s, c);
        }
        return s;
}

CHECK_MAIN();
