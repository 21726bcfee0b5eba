/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool_netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "check-main.h"
#include "netlink-socket.h"
#include "netns-lab.h"

static int count(const struct nlmsghdr *message, void *userdata, Error *e) {
        ck_assert_uint_eq(message->nlmsg_type, RTM_NEWLINK);
        (*(unsigned *) userdata)++;
        return 0;
}

static struct nl_msg *link_message(int type, int flags, int ifindex) {
        struct ifinfomsg info = { .ifi_index = ifindex };
        struct nl_msg *message = nlmsg_alloc_simple(type, flags);

        ck_assert_int_eq(nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO), 0);
        return message;
}

START_TEST(test_request_and_dump) {
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = NULL;
        _cleanup_(netlink_message_freep) struct nl_msg *one = link_message(RTM_GETLINK, 0, 1);
        _cleanup_(netlink_message_freep) struct nl_msg *all = link_message(RTM_GETLINK, 0, 0);
        unsigned n = 0;
        Error e = {};

        ck_assert_int_eq(netlink_socket_new(NETLINK_ROUTE, &s, &e), 0);
        for (unsigned i = 1; i <= 3; i++) { /* a message can be sent again */
                ck_assert_int_eq(netlink_socket_request(s, one, count, &n, &e), 0);
                ck_assert_uint_eq(n, i);
        }
        lab_run(-1, "ip link add va type veth peer name vb");
        n = 0;
        ck_assert_int_eq(netlink_socket_dump(s, all, count, &n, &e), 0);
        ck_assert_uint_ge(n, 3);
        ck_assert_int_eq(e.code, 0);
}
END_TEST

static int refuse(const struct nlmsghdr *message, void *userdata, Error *e) {
        return error_set(e, ERROR_FAILED, -EBADMSG, "refused");
}

START_TEST(test_handler_error_keeps_the_socket_usable) {
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = NULL;
        _cleanup_(netlink_message_freep) struct nl_msg *all = link_message(RTM_GETLINK, 0, 0);
        unsigned n = 0;
        Error e = {}, f = {};

        ck_assert_int_eq(netlink_socket_new(NETLINK_ROUTE, &s, &e), 0);
        ck_assert_int_eq(netlink_socket_dump(s, all, refuse, NULL, &e), -EBADMSG);
        ck_assert_str_eq(e.text, "refused");
        ck_assert_int_eq(netlink_socket_dump(s, all, count, &n, &f), 0);
        ck_assert_uint_ge(n, 1);
}
END_TEST

START_TEST(test_kernel_words) {
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = NULL;
        _cleanup_(netlink_message_freep) struct nl_msg *mtu = NULL, *strict = NULL;
        struct ifinfomsg info = { .ifi_index = 1, .ifi_flags = IFF_UP };
        Error e = {}, f = {};

        ck_assert_int_eq(netlink_socket_new(NETLINK_ROUTE, &s, &e), 0);
        lab_run(-1, "ip link add va type veth peer name vb");
        mtu = link_message(RTM_NEWLINK, 0, (int) if_nametoindex("va"));
        ck_assert_int_eq(nla_put_u32(mtu, IFLA_MTU, 10), 0);
        ck_assert_int_eq(netlink_socket_request(s, mtu, NULL, NULL, &e), -EINVAL);
        ck_assert_str_eq(e.text, "kernel: mtu less than device minimum (Invalid argument)");
        ck_assert_int_eq(e.kind, ERROR_FAILED);

        /* strict checking: a header field that means nothing is refused, with words, in a dump too */
        strict = nlmsg_alloc_simple(RTM_GETLINK, 0);
        ck_assert_int_eq(nlmsg_append(strict, &info, sizeof(info), NLMSG_ALIGNTO), 0);
        ck_assert_int_eq(netlink_socket_dump(s, strict, count, NULL, &f), -EINVAL);
        ck_assert_ptr_nonnull(strstr(f.text, "Invalid values in header"));
}
END_TEST

START_TEST(test_genl_family) {
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = NULL;
        GenlFamily family = {};
        Error e = {};

        ck_assert_int_eq(netlink_socket_new(NETLINK_GENERIC, &s, &e), 0);
        ck_assert_int_eq(netlink_socket_genl_family(s, ETHTOOL_GENL_NAME, &family, &e), 0);
        ck_assert_uint_ge(family.id, GENL_MIN_ID);
        ck_assert_uint_ne(genl_family_group(&family, ETHTOOL_MCGRP_MONITOR_NAME), 0);
        ck_assert_uint_eq(genl_family_group(&family, "nonsense"), 0);
        ck_assert_int_eq(netlink_socket_genl_family(s, "nonsense", &family, &e), -ENOENT);
        ck_assert_int_eq(e.code, 0);
}
END_TEST

START_TEST(test_multicast_and_overrun) {
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = NULL;
        unsigned n = 0;
        Error e = {};

        ck_assert_int_eq(netlink_socket_new(NETLINK_ROUTE, &s, &e), 0);
        ck_assert_int_eq(netlink_socket_subscribe(s, RTNLGRP_LINK, &e), 0);
        ck_assert_int_eq(netlink_socket_receive(s, 16, count, &n, &e), NETLINK_DRAINED);
        lab_run(-1, "ip link add va type veth peer name vb");
        ck_assert_int_eq(netlink_socket_receive(s, 1, count, &n, &e), NETLINK_MORE);
        ck_assert_int_eq(netlink_socket_receive(s, 16, count, &n, &e), NETLINK_DRAINED);
        ck_assert_uint_ge(n, 2);

        ck_assert_int_eq(netlink_socket_set_receive_buffer(s, 2048, &e), 0);
        for (int i = 0; i < 8; i++)
                lab_run(-1, "ip link set va mtu %d", 1400 + i);
        ck_assert_int_eq(netlink_socket_receive(s, 64, count, &n, &e), NETLINK_OVERRUN);
        ck_assert_int_eq(e.code, 0);
}
END_TEST

START_TEST(test_hostile_words) {
        struct {
                struct nlmsghdr header;
                uint8_t payload[64];
        } m = {};
        char words[8];

        /* every length, every flag: never reads beyond nlmsg_len (the sanitizers watch), never says yes */
        for (unsigned length = 0; length <= sizeof(m); length++)
                for (unsigned fill = 0; fill < 256; fill += 15) {
                        memset(m.payload, (int) fill, sizeof(m.payload));
                        m.header = (struct nlmsghdr){ .nlmsg_len = length,
                                .nlmsg_type = fill & 1 ? NLMSG_ERROR : NLMSG_DONE,
                                .nlmsg_flags = NLM_F_ACK_TLVS | (fill & 2 ? NLM_F_CAPPED : 0) };
                        ck_assert(!netlink_message_words(&m.header, words, sizeof(words)));
                }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("netlink-socket");
        TCase *t = tcase_create("netlink-socket");

        tcase_add_checked_fixture(t, lab_enter, NULL);
        tcase_add_test(t, test_request_and_dump);
        tcase_add_test(t, test_handler_error_keeps_the_socket_usable);
        tcase_add_test(t, test_kernel_words);
        tcase_add_test(t, test_genl_family);
        tcase_add_test(t, test_multicast_and_overrun);
        tcase_add_test(t, test_hostile_words);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
