/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "alloc-util.h"
#include "check-main.h"
#include "corpus.h"
#include "rtnl-codec.h"

/* Bytes captured from a kernel (6.18): the fuzz corpus. */
static struct nlmsghdr *captured(const char *name) {
        size_t size;
        void *data = corpus_read("rtnl-codec", name, &size);

        ck_assert_uint_ge(size, NLMSG_HDRLEN);
        return data;
}

START_TEST(test_link) {
        _cleanup_free_ struct nlmsghdr *message = captured("newlink-veth");
        LinkMessage m = {};
        LinkState *s = &m.state;

        ck_assert_int_eq(rtnl_link_parse(message, &m), 0);
        ck_assert(!m.gone);
        ck_assert_int_gt(s->ifindex, 0);
        ck_assert_str_eq(s->name, "va");
        ck_assert_str_eq(s->kind, "veth");
        ck_assert_str_eq(s->parent_name, "");
        ck_assert_mem_eq(s->mac.octet, ((uint8_t[]){ 2, 0, 0, 0, 0, 10 }), 6);
        ck_assert(ether_address_is_zero(&s->permanent_mac));
        ck_assert(s->up);
        ck_assert(!s->running); /* its peer is down */
        ck_assert(!s->carrier);
        ck_assert_uint_eq(s->operstate, 3); /* IF_OPER_LOWERLAYERDOWN */
        ck_assert_uint_eq(s->carrier_changes, s->carrier_up_count + s->carrier_down_count);
        ck_assert_uint_eq(s->mtu, 1400);
        ck_assert_uint_eq(s->mtu_min, 68);
        ck_assert_uint_eq(s->mtu_max, 65535);
        ck_assert_uint_eq(s->tx_queue_length, 500);
        ck_assert_uint_ge(s->n_tx_queues, 1);
        ck_assert_int_eq(s->master, 0);
        ck_assert_int_gt(s->link, 0);
        ck_assert_int_eq(s->link_netnsid, -1);
}
END_TEST

START_TEST(test_device_of_a_bus) {
        _cleanup_free_ struct nlmsghdr *message = captured("newlink-virtio");
        LinkMessage m = {};

        ck_assert_int_eq(rtnl_link_parse(message, &m), 0);
        ck_assert_str_eq(m.state.name, "eth0");
        ck_assert_str_eq(m.state.kind, "");
        ck_assert_str_eq(m.state.parent_bus, "virtio");
        ck_assert_str_eq(m.state.parent_name, "virtio2");
        ck_assert_mem_eq(m.state.mac.octet, ((uint8_t[]){ 2, 0, 0, 0, 0, 0xaa }), 6);
        ck_assert(m.state.up && m.state.running && m.state.carrier);
}
END_TEST

START_TEST(test_gone) {
        _cleanup_free_ struct nlmsghdr *message = captured("dellink");
        LinkMessage m = {};

        ck_assert_int_eq(rtnl_link_parse(message, &m), 0);
        ck_assert(m.gone);
        ck_assert_str_eq(m.state.name, "va");
}
END_TEST

/* A bridge says RTM_DELLINK (AF_BRIDGE) when a port leaves it: taking that for the device gone would be fatal.
 */
START_TEST(test_bridge_port_is_not_gone) {
        _cleanup_free_ struct nlmsghdr *message = captured("dellink-bridge-port");
        LinkMessage m = {};

        ck_assert_uint_eq(message->nlmsg_type, RTM_DELLINK);
        ck_assert_int_eq(rtnl_link_parse(message, &m), -ENOMSG);
}
END_TEST

START_TEST(test_counters) {
        _cleanup_free_ struct nlmsghdr *message = captured("newstats-veth");
        struct rtnl_link_stats64 stats;
        LinkCounters c = {};
        uint8_t *data;

        for (size_t i = 0; i < sizeof(stats) / sizeof(uint64_t); i++)
                ((uint64_t *) &stats)[i] = 1000 + i;
        data = (uint8_t *) message + NLMSG_LENGTH(sizeof(struct if_stats_msg)) + NLA_HDRLEN;
        memcpy(data, &stats, offsetof(struct rtnl_link_stats64, rx_nohandler));
        ck_assert_int_eq(rtnl_counters_parse(message, &c), 0);
        ck_assert_int_gt(c.ifindex, 0);
        ck_assert_uint_eq(c.rx_packets, stats.rx_packets);
        ck_assert_uint_eq(c.tx_packets, stats.tx_packets);
        ck_assert_uint_eq(c.rx_crc_errors, stats.rx_crc_errors);
        ck_assert_uint_eq(c.rx_frame_errors, stats.rx_frame_errors);
        ck_assert_uint_eq(c.rx_length_errors, stats.rx_length_errors);
        ck_assert_uint_eq(c.rx_fifo_errors, stats.rx_fifo_errors);
        ck_assert_uint_eq(c.rx_missed_errors, stats.rx_missed_errors);
        ck_assert_uint_eq(c.rx_dropped, stats.rx_dropped);
        ck_assert_uint_eq(c.tx_dropped, stats.tx_dropped);
        ck_assert_uint_eq(c.tx_carrier_errors, stats.tx_carrier_errors);
}
END_TEST

START_TEST(test_address) {
        _cleanup_free_ struct nlmsghdr *message = captured("newaddr");
        LinkCounters c;
        LinkMessage m;

        ck_assert_int_gt(rtnl_address_parse(message), 0);
        ck_assert_int_eq(rtnl_link_parse(message, &m), -ENOMSG);
        ck_assert_int_eq(rtnl_counters_parse(message, &c), -ENOMSG);
}
END_TEST

/* Cut anywhere, with the header saying so: never accepted half, never read beyond. */
START_TEST(test_truncated) {
        static const char *const names[] = { "newlink-veth", "newstats-veth", "newaddr" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ struct nlmsghdr *whole = captured(names[i]);
                LinkCounters c = { .ifindex = -7 };

                for (uint32_t length = NLMSG_HDRLEN; length < NLMSG_LENGTH(8); length++) {
                        _cleanup_free_ struct nlmsghdr *cut = malloc(length);
                        LinkMessage m = { .state.ifindex = -7 };

                        memcpy(cut, whole, length);
                        cut->nlmsg_len = length;
                        ck_assert_int_lt(rtnl_link_parse(cut, &m), 0);
                        ck_assert_int_lt(rtnl_counters_parse(cut, &c), 0);
                        ck_assert_int_lt(rtnl_address_parse(cut), 0);
                        ck_assert_int_eq(m.state.ifindex, -7); /* untouched on failure */
                }
                ck_assert_int_eq(c.ifindex, -7);
        }
}
END_TEST

START_TEST(test_hostile_strings) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
                struct rtattr attribute;
                char name[20];
        } m = {
                .header = { .nlmsg_len = sizeof(m), .nlmsg_type = RTM_NEWLINK },
                .info = { .ifi_index = 5 },
                .attribute = { .rta_len = RTA_LENGTH(20), .rta_type = IFLA_IFNAME },
        };
        LinkMessage ret = {};

        /* too long for a name, without an end: refused, not cut */
        memset(m.name, 'x', sizeof(m.name));
        ck_assert_int_eq(rtnl_link_parse(&m.header, &ret), -EBADMSG);
        m.name[IFNAMSIZ - 1] = '\0';
        ck_assert_int_eq(rtnl_link_parse(&m.header, &ret), 0);
        ck_assert_uint_eq(strlen(ret.state.name), IFNAMSIZ - 1);
        m.info.ifi_index = -1;
        ck_assert_int_eq(rtnl_link_parse(&m.header, &ret), -EBADMSG);
        /* a number that is too short */
        m.info.ifi_index = 5;
        m.attribute.rta_len = RTA_LENGTH(2);
        m.attribute.rta_type = IFLA_MTU;
        ck_assert_int_eq(rtnl_link_parse(&m.header, &ret), -EBADMSG);
}
END_TEST

START_TEST(test_equal_sees_every_field) {
        _cleanup_free_ struct nlmsghdr *message = captured("newlink-veth");
        LinkMessage m = {};
        LinkState a, b;

        ck_assert_int_eq(rtnl_link_parse(message, &m), 0);
        a = m.state;
#define CHANGED(field)                                                                                         \
        do {                                                                                                   \
                b = a;                                                                                         \
                ck_assert(link_state_equal(&a, &b));                                                           \
                *(uint8_t *) &b.field ^= 1;                                                                    \
                ck_assert_msg(!link_state_equal(&a, &b), #field);                                              \
        } while (0)
        CHANGED(ifindex);
        CHANGED(name);
        CHANGED(kind);
        CHANGED(parent_bus);
        CHANGED(parent_name);
        CHANGED(mac);
        CHANGED(permanent_mac);
        CHANGED(up);
        CHANGED(running);
        CHANGED(carrier);
        CHANGED(promiscuous);
        CHANGED(operstate);
        CHANGED(carrier_changes);
        CHANGED(carrier_up_count);
        CHANGED(carrier_down_count);
        CHANGED(master);
        CHANGED(link);
        CHANGED(link_netnsid);
        CHANGED(mtu);
        CHANGED(mtu_min);
        CHANGED(mtu_max);
        CHANGED(tx_queue_length);
        CHANGED(n_tx_queues);
        CHANGED(n_rx_queues);
        CHANGED(promiscuity);
        CHANGED(allmulti);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("rtnl-codec");
        TCase *t = tcase_create("rtnl-codec");

        tcase_add_test(t, test_link);
        tcase_add_test(t, test_device_of_a_bus);
        tcase_add_test(t, test_gone);
        tcase_add_test(t, test_bridge_port_is_not_gone);
        tcase_add_test(t, test_counters);
        tcase_add_test(t, test_address);
        tcase_add_test(t, test_truncated);
        tcase_add_test(t, test_hostile_strings);
        tcase_add_test(t, test_equal_sees_every_field);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
