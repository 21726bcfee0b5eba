/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "alloc-util.h"
#include "check-main.h"
#include "clock.h"
#include "link-monitor.h"
#include "netns-lab.h"

/* Keeps, from the calls alone, what should exist, and fails when a call contradicts it. */
#define SHADOW_MAX 128

typedef struct Shadow {
        LinkListener listener;
        LinkState links[SHADOW_MAX];
        size_t n;
        unsigned n_appeared, n_changed, n_gone, n_addresses;
        int address_ifindex;
        LinkState last_old, last_new;
} Shadow;

static size_t shadow_find(const Shadow *s, int ifindex) {
        for (size_t i = 0; i < s->n; i++)
                if (s->links[i].ifindex == ifindex)
                        return i;
        return s->n;
}

static void on_change(const LinkState *old_state, const LinkState *new_state, void *userdata) {
        Shadow *s = userdata;
        size_t i = shadow_find(s, old_state ? old_state->ifindex : new_state->ifindex);

        ck_assert_int_eq(i < s->n, old_state != NULL); /* nothing appears twice or goes twice */
        if (old_state) {
                ck_assert(link_state_equal(s->links + i, old_state));
                s->last_old = *old_state;
        }
        if (old_state && new_state) {
                ck_assert_int_eq(old_state->ifindex, new_state->ifindex);
                ck_assert(!link_state_equal(old_state, new_state));
                s->links[i] = *new_state;
                s->n_changed++;
        } else if (new_state) {
                ck_assert_uint_lt(s->n, SHADOW_MAX);
                s->links[s->n++] = *new_state;
                s->n_appeared++;
        } else {
                s->links[i] = s->links[--s->n];
                s->n_gone++;
        }
        if (new_state)
                s->last_new = *new_state;
}

static void on_addresses(int ifindex, void *userdata) {
        Shadow *s = userdata;

        s->n_addresses++;
        s->address_ifindex = ifindex;
}

static void on_error(const Error *e, void *userdata) {
        ck_abort_msg("%s", e->text);
}

static sd_event *event;
static LinkMonitor *monitor;
static Shadow shadow;

static void setup(void) {
        Error e = {};

        lab_enter();
        lab_run(-1, "ip link add va address 02:00:00:00:00:0a type veth peer name vb");
        ck_assert_int_eq(sd_event_new(&event), 0);
        ck_assert_int_eq(link_monitor_new(event, &monitor, &e), 0);
        shadow = (Shadow){ .listener = { .on_change = on_change,
                                           .on_addresses = on_addresses,
                                           .on_error = on_error,
                                           .userdata = &shadow } };
        link_monitor_add_listener(monitor, &shadow.listener);
}

static void teardown(void) {
        monitor = link_monitor_free(monitor);
        event = sd_event_unref(event);
}

static void settle(void) {
        usec_t until = clock_monotonic() + 50 * USEC_PER_MSEC;

        for (usec_t now = clock_monotonic(); now < until; now = clock_monotonic())
                ck_assert_int_ge(sd_event_run(event, until - now), 0);
}

/* Until everything was read again, in a thread, so many times. */
static void await_resyncs(unsigned n) {
        for (unsigned i = 0; i < 400 && link_monitor_n_resyncs(monitor) < n; i++)
                settle();
        ck_assert_uint_ge(link_monitor_n_resyncs(monitor), n);
        settle();
}

/* The kernel tells of a carrier when its work queue gets to it, and of a lost one up to a second after any
 * other link's event (net/core/link_watch.c). */
static void await_carrier(const char *name, bool carrier) {
        settle();
        for (unsigned i = 0; i < 600 && link_monitor_find_name(monitor, name)->carrier != carrier; i++)
                settle();
}

/* Beside the kernel's word of now. */
static void assert_truth(void) {
        _cleanup_(link_monitor_freep) LinkMonitor *fresh = NULL;
        const LinkState *truth;
        size_t n;

        ck_assert_int_eq(link_monitor_new(NULL, &fresh, NULL), 0);
        n = link_monitor_links(fresh, &truth);
        ck_assert_uint_eq(shadow.n, n);
        for (size_t i = 0; i < n; i++) {
                size_t j = shadow_find(&shadow, truth[i].ifindex);

                ck_assert_uint_lt(j, shadow.n);
                ck_assert_msg(link_state_equal(shadow.links + j, truth + i), "%s", truth[i].name);
                ck_assert(link_state_equal(link_monitor_get(monitor, truth[i].ifindex), truth + i));
        }
}

START_TEST(test_what_exists_comes_first) {
        ck_assert_uint_ge(shadow.n_appeared, 3);
        ck_assert_ptr_nonnull(link_monitor_find_name(monitor, "lo"));
        ck_assert_ptr_nonnull(link_monitor_find_name(monitor, "va"));
        ck_assert_ptr_null(link_monitor_find_name(monitor, "vc"));
        ck_assert_ptr_null(link_monitor_get(monitor, 9999));
        assert_truth();
}
END_TEST

START_TEST(test_carrier) {
        uint32_t downs;

        lab_run(-1, "ip link set va up; ip link set vb up");
        await_carrier("va", true);
        ck_assert(link_monitor_find_name(monitor, "va")->carrier);
        ck_assert(link_monitor_find_name(monitor, "va")->running);
        downs = link_monitor_find_name(monitor, "va")->carrier_down_count;
        lab_run(-1, "ip link set vb down");
        await_carrier("va", false);
        ck_assert(link_monitor_find_name(monitor, "va")->up);
        ck_assert(!link_monitor_find_name(monitor, "va")->carrier);
        ck_assert_uint_eq(link_monitor_find_name(monitor, "va")->carrier_down_count, downs + 1);
        assert_truth();
}
END_TEST

START_TEST(test_rename_remove_add_again) {
        int ifindex = link_monitor_find_name(monitor, "va")->ifindex;

        lab_run(-1, "ip link set va name wan0");
        settle();
        ck_assert_ptr_null(link_monitor_find_name(monitor, "va"));
        ck_assert_int_eq(link_monitor_find_name(monitor, "wan0")->ifindex, ifindex);
        ck_assert_uint_eq(shadow.n_gone, 0);
        lab_run(-1, "ip link del wan0");
        settle();
        ck_assert_ptr_null(link_monitor_find_name(monitor, "wan0"));
        ck_assert_uint_eq(shadow.n_gone, 2);
        lab_run(-1, "ip link add wan0 type veth peer name vb");
        settle();
        ck_assert_ptr_nonnull(link_monitor_find_name(monitor, "wan0"));
        ck_assert_int_ne(link_monitor_find_name(monitor, "wan0")->ifindex, ifindex);
        /* The kernel tells of a new veth's peer before the two know each other, and then only when it is set up
         * (drivers/net/veth.c, veth_newlink()). */
        lab_run(-1, "ip link set vb up; ip link set wan0 up");
        settle();
        assert_truth();
}
END_TEST

START_TEST(test_addresses) {
        int ifindex = link_monitor_find_name(monitor, "va")->ifindex;

        lab_run(-1, "ip addr add 192.0.2.1/24 dev va");
        settle();
        ck_assert_uint_eq(shadow.n_addresses, 1);
        ck_assert_int_eq(shadow.address_ifindex, ifindex);
        lab_run(-1, "ip addr add 2001:db8::1/64 dev va nodad; ip addr del 192.0.2.1/24 dev va");
        settle();
        ck_assert_uint_ge(shadow.n_addresses, 3);
}
END_TEST

/* A bridge port leaves: the bridge says RTM_DELLINK, the link stays. */
START_TEST(test_leaving_a_bridge) {
        lab_run(-1,
                        "ip link add name bridge0 type bridge; ip link set vb master bridge0; ip link set vb "
                        "nomaster");
        settle();
        ck_assert_ptr_nonnull(link_monitor_find_name(monitor, "vb"));
        ck_assert_int_eq(link_monitor_find_name(monitor, "vb")->master, 0);
        ck_assert_uint_eq(shadow.n_gone, 0);
        assert_truth();
}
END_TEST

START_TEST(test_overrun) {
        int vb = link_monitor_find_name(monitor, "vb")->ifindex;
        Error e = {};

        lab_run(-1, "ip link set va up; ip link set vb up; ip link add gone type veth peer name gone2");
        settle();
        ck_assert_int_eq(link_monitor_set_receive_buffer(monitor, 2048, &e), 0);
        /* all of it unheard: a change, a rename, a link gone, a name taken over, links new, one number reused
         */
        lab_run(-1,
                        "for i in 1 2 3 4 5 6 7 8; do ip link set lo mtu $((9000 + i)); done;"
                        "ip link set vb down; ip link set vb name old; ip link del gone;"
                        "ip link add vb type veth peer name gone; ip link set va mtu 1300;"
                        "ip link add name again index 900 type veth peer name again2;"
                        "ip addr add 192.0.2.1/24 dev va");
        ck_assert_uint_eq(link_monitor_n_resyncs(monitor), 0);
        shadow.n_addresses = 0;
        await_resyncs(1);
        ck_assert_uint_eq(shadow.n_gone, 2);
        ck_assert_int_ne(link_monitor_find_name(monitor, "vb")->ifindex, vb);
        ck_assert_str_eq(link_monitor_get(monitor, vb)->name, "old");
        ck_assert_uint_ge(shadow.n_addresses, shadow.n);
        assert_truth();

        /* and it goes on listening */
        lab_run(-1, "ip link set va mtu 1200");
        settle();
        ck_assert_uint_eq(link_monitor_find_name(monitor, "va")->mtu, 1200);

        /* another kind of device behind a number: gone and new, not changed */
        shadow.n_gone = shadow.n_appeared = 0;
        lab_run(-1,
                        "for i in 1 2 3 4 5 6 7 8; do ip link set lo mtu $((8000 + i)); done;"
                        "ip link del again; ip link add name again index 900 type bridge");
        await_resyncs(link_monitor_n_resyncs(monitor) + 1);
        ck_assert_uint_eq(shadow.n_gone, 2);
        ck_assert_uint_eq(shadow.n_appeared, 1);
        assert_truth();
}
END_TEST

START_TEST(test_noted_carrier) {
        const LinkState *va = link_monitor_find_name(monitor, "va");
        uint32_t changes, downs;

        lab_run(-1, "ip link set va up; ip link set vb up");
        await_carrier("va", true);
        va = link_monitor_find_name(monitor, "va");
        changes = va->carrier_changes;
        downs = va->carrier_down_count;
        ck_assert(va->carrier);
        shadow.n_changed = 0;
        link_monitor_note_carrier_changes(monitor, va->ifindex, changes); /* nothing new */
        link_monitor_note_carrier_changes(monitor, va->ifindex, changes - 1);
        link_monitor_note_carrier_changes(monitor, 9999, 1);
        ck_assert_uint_eq(shadow.n_changed, 0);
        link_monitor_note_carrier_changes(monitor, va->ifindex, changes + 3);
        ck_assert_uint_eq(shadow.n_changed, 1);
        ck_assert(shadow.last_old.carrier && shadow.last_old.running);
        ck_assert(!shadow.last_new.carrier && !shadow.last_new.running && shadow.last_new.up);
        ck_assert_uint_eq(shadow.last_new.carrier_down_count, downs + 2);
        ck_assert_uint_eq(shadow.last_new.carrier_changes,
                        shadow.last_new.carrier_up_count + shadow.last_new.carrier_down_count);

        /* the kernel's older word changes what it may (the MTU), not the carrier */
        lab_run(-1, "ip link set va mtu 1400");
        settle();
        va = link_monitor_find_name(monitor, "va");
        ck_assert_uint_eq(va->mtu, 1400);
        ck_assert(!va->carrier);

        /* reading everything again is the truth, whatever was noted, unless meanwhile */
        ck_assert_int_eq(link_monitor_resync(monitor, NULL), 0);
        link_monitor_note_carrier_changes(monitor, va->ifindex, changes + 5);
        await_resyncs(1);
        ck_assert_uint_eq(link_monitor_find_name(monitor, "va")->carrier_changes, changes + 5);
        ck_assert(!link_monitor_find_name(monitor, "va")->carrier);
        ck_assert_int_eq(link_monitor_resync(monitor, NULL), 0);
        await_resyncs(2);
        assert_truth();
}
END_TEST

START_TEST(test_find) {
        EtherAddress mac = { { 2, 0, 0, 0, 0, 10 } }, none = { { 2, 9, 9, 9, 9, 9 } };
        LinkState pci = { .parent_bus = "pci", .parent_name = "0000:3b:00.0" };
        LinkState virtio = { .parent_bus = "virtio", .parent_name = "../x" };
        char path[64];

        ck_assert_str_eq(link_monitor_find_mac(monitor, &mac)->name, "va");
        ck_assert_ptr_null(link_monitor_find_mac(monitor, &none));
        ck_assert_ptr_null(link_monitor_find_path(monitor, "pci-0000:3b:00.0"));
        ck_assert_int_eq(link_state_path(&pci, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "pci-0000:3b:00.0");
        ck_assert_int_eq(link_state_path(&pci, path, 8), -ENOBUFS);
        ck_assert_int_eq(link_state_path(&virtio, path, sizeof(path)), -ENODEV);
        ck_assert_int_eq(link_state_path(link_monitor_find_name(monitor, "va"), path, sizeof(path)), -ENODEV);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("link-monitor");
        TCase *t = tcase_create("link-monitor");

        tcase_set_timeout(t, 30);
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_what_exists_comes_first);
        tcase_add_test(t, test_carrier);
        tcase_add_test(t, test_rename_remove_add_again);
        tcase_add_test(t, test_addresses);
        tcase_add_test(t, test_leaving_a_bridge);
        tcase_add_test(t, test_overrun);
        tcase_add_test(t, test_noted_carrier);
        tcase_add_test(t, test_find);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
