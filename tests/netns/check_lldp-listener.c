/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a switch says by LLDP, on adapters of the running kernel. */

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check-main.h"
#include "lldp-listener.h"
#include "netns-lab.h"

static int heard_on;
static unsigned n_heard;
static LldpNeighbour heard;

static void on_neighbour(int ifindex, const LldpNeighbour *neighbour, void *userdata) {
        heard_on = ifindex;
        heard = *neighbour;
        n_heard++;
}

/* The other end of the cable speaks. */
static void say(const char *from, const char *port) {
        uint8_t frame[64] = { 0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc, 0x02, 7, 4, 2, 0, 0,
                0, 0, 1, 0x04, 5, 5, 'E', 't', 'h', '?', 0x06, 2, 0, 120, 0, 0 };
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex(from) };
        int fd = socket(AF_PACKET, SOCK_RAW, 0);

        frame[29] = (uint8_t) port[0];
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *) &to, sizeof(to)),
                        sizeof(frame));
        close(fd);
}

static void listen_for(LldpListener *l) {
        for (unsigned i = 0; i < 10; i++) {
                lldp_listener_dispatch(l);
                usleep(5000);
        }
}

static LldpListener *setup(void) {
        LldpListener *l;
        Error e = {};

        lab_enter();
        lab_run(-1,
                        "ip link add A type veth peer name sA && ip link add B type veth peer name sB && "
                        "for i in A B sA sB; do ip link set $i up; done");
        ck_assert_msg(lldp_listener_new(NULL, on_neighbour, NULL, &l, &e) >= 0, "%s", e.text);
        return l;
}

START_TEST(test_hears) {
        _cleanup_(lldp_listener_freep) LldpListener *l = setup();
        int a = (int) if_nametoindex("A");

        /* twice is once; and nobody asked for B */
        ck_assert_int_eq(lldp_listener_watch(l, a, "A", NULL), 0);
        ck_assert_int_eq(lldp_listener_watch(l, a, "A", NULL), 0);
        lab_run(-1, "ip maddr show dev A | grep 01:80:c2:00:00:0e");
        say("sA", "1");
        say("sB", "2");
        say("A", "3"); /* our own daemon's */
        listen_for(l);
        ck_assert_uint_eq(n_heard, 1);
        ck_assert_int_eq(heard_on, a);
        ck_assert_str_eq(heard.chassis, "02:00:00:00:00:01");
        ck_assert_str_eq(heard.port, "Eth1");
        lldp_listener_forget(l, a);
        say("sA", "1");
        listen_for(l);
        ck_assert_uint_eq(n_heard, 1);
}
END_TEST

/* As the port of a bridge it still is itself. */
START_TEST(test_port) {
        _cleanup_(lldp_listener_freep) LldpListener *l = setup();
        int a = (int) if_nametoindex("A");

        lab_run(-1, "ip link add br0 type bridge && ip link set br0 up && ip link set A master br0");
        ck_assert_int_eq(lldp_listener_watch(l, a, "A", NULL), 0);
        say("sA", "1");
        listen_for(l);
        ck_assert_uint_eq(n_heard, 1);
        ck_assert_int_eq(heard_on, a);
}
END_TEST

START_TEST(test_no_such_adapter) {
        _cleanup_(lldp_listener_freep) LldpListener *l = setup();
        Error e = {};

        ck_assert_int_eq(lldp_listener_watch(l, 9999, "gone", &e), -ENODEV);
        ck_assert(strstr(e.text, "gone"));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("lldp-listener");
        TCase *t = tcase_create("lldp-listener");

        tcase_add_test(t, test_hears);
        tcase_add_test(t, test_port);
        tcase_add_test(t, test_no_such_adapter);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
