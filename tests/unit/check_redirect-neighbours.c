/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of neighbours it has removed, and of a device's settings; whatever the messages hold. */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "alloc-util.h"
#include "check-main.h"
#include "redirect-neighbours.h"
#include "redirect-setting.h"

#define HOME 7

static Neighbours neighbours;

static void setup(void) {
        neighbours = (Neighbours){ .socket = -EBADF, .devices = { HOME }, .n_devices = 1 };
}

static void teardown(void) {
        neighbour_memory_done(&neighbours.removed);
}

static struct nl_msg *removed(int ifindex, uint8_t family, size_t address, size_t lladdr) {
        static const uint8_t bytes[32] = { 0x02, 1, 2, 3, 4, 5 };
        struct ndmsg head = { .ndm_family = family, .ndm_ifindex = ifindex, .ndm_state = NUD_STALE };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_DELNEIGH, 0);

        head.ndm_flags = NTF_ROUTER | NTF_EXT_LEARNED;
        nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO);
        nla_put(m, NDA_DST, (int) address, bytes);
        nla_put(m, NDA_LLADDR, (int) lladdr, bytes);
        return m;
}

static size_t give(struct nl_msg *m) {
        neighbours_add(&neighbours, nlmsg_hdr(m), USEC_PER_SEC);
        nlmsg_free(m);
        return neighbours.removed.n;
}

START_TEST(remembers_its_own) {
        const Neighbour *ring;

        ck_assert_uint_eq(give(removed(HOME, AF_INET, 4, 6)), 1);
        ck_assert_uint_eq(give(removed(HOME, AF_INET6, 16, 6)), 2);
        ring = neighbours.removed.ring;
        ck_assert_uint_eq(ring[1].family, AF_INET6);
        ck_assert_uint_eq(ring[1].flags, NTF_ROUTER);
        ck_assert_uint_eq(ring[1].address[3], 3);
        ck_assert_uint_eq(ring[1].lladdr[5], 5);
        ck_assert_uint_eq(ring[1].removed, USEC_PER_SEC);
        ck_assert_uint_eq(give(removed(HOME + 1, AF_INET, 4, 6)), 2);
        ck_assert_uint_eq(give(removed(HOME, AF_BRIDGE, 4, 6)), 2);
        ck_assert_uint_eq(give(removed(HOME, AF_INET6, 4, 6)), 2);
        ck_assert_uint_eq(give(removed(HOME, AF_INET, 16, 6)), 2);
        ck_assert_uint_eq(give(removed(HOME, AF_INET, 4, 20)), 2);
        ck_assert_uint_eq(give(removed(HOME, AF_INET, 4, 0)), 2);
}
END_TEST

START_TEST(keeps_the_latest) {
        Neighbour n = { .ifindex = HOME, .removed = USEC_PER_SEC }, *list;

        for (n.address[0] = 0; neighbours.removed.n < NEIGHBOURS_MAX + 3; n.address[0]++)
                neighbour_memory_add(&neighbours.removed, &n);
        ck_assert_uint_eq(neighbour_memory_recent(&neighbours.removed, USEC_PER_SEC, &list), NEIGHBOURS_MAX);
        ck_assert_uint_eq(list[0].address[0], (uint8_t) (n.address[0] - 1));
        ck_assert_uint_eq(list[NEIGHBOURS_MAX - 1].address[0], (uint8_t) (n.address[0] - NEIGHBOURS_MAX));
        free(list);
        ck_assert_uint_eq(
                        neighbour_memory_recent(&neighbours.removed, USEC_PER_SEC + NEIGHBOURS_USEC + 1, &list),
                        0);
        free(list);
}
END_TEST

START_TEST(cut_short) {
        struct nl_msg *m = removed(HOME, AF_INET, 4, 6);
        /* The last attribute is whole without its padding. */
        uint32_t whole = nlmsg_hdr(m)->nlmsg_len - (NLA_ALIGN(6) - 6);

        for (uint32_t length = NLMSG_HDRLEN; length <= whole; length++) {
                struct nlmsghdr *copy = malloc(length); /* so that reading beyond is found */

                memcpy(copy, nlmsg_hdr(m), length);
                copy->nlmsg_len = length;
                neighbours_add(&neighbours, copy, 0);
                free(copy);
                ck_assert_uint_eq(neighbours.removed.n, length == whole);
        }
        nlmsg_free(m);
}
END_TEST

/* Family, number of its settings that the kernel knows, their value. */
static void read_settings(IdentityUpper *ret, int n4, int n6, uint32_t value) {
        static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
        struct ifinfomsg head = { .ifi_index = HOME };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWLINK, 0);
        Identity *i = new0(Identity, 1);
        uint32_t values[256];
        struct nlattr *families, *family;

        for (size_t k = 0; k < ELEMENTSOF(values); k++)
                values[k] = value;
        nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO);
        nla_put(m, IFLA_ADDRESS, 6, mac);
        families = nla_nest_start(m, IFLA_AF_SPEC);
        if (n4 >= 0) {
                family = nla_nest_start(m, AF_INET);
                nla_put(m, IFLA_INET_CONF, n4 * 4, values);
                nla_nest_end(m, family);
        }
        if (n6 >= 0) {
                family = nla_nest_start(m, AF_INET6);
                nla_put(m, IFLA_INET6_CONF, n6 * 4, values);
                nla_nest_end(m, family);
        }
        nla_nest_end(m, families);
        i->ifindex[SIDE_PRIMARY] = i->home = HOME;
        ck_assert_int_eq(identity_add_upper(i, nlmsg_hdr(m)), 0);
        ck_assert_uint_eq(i->n_uppers, 1);
        *ret = i->uppers[0];
        free(i);
        nlmsg_free(m);
}

START_TEST(settings) {
        IdentityUpper u;

        read_settings(&u, IPV4_DEVCONF_ARP_EVICT_NOCARRIER, DEVCONF_NDISC_EVICT_NOCARRIER + 1, 1);
        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++)
                ck_assert_int_eq(u.setting[k], SETTING_ON);
        ck_assert(redirect_setting_forgets(&u));
        read_settings(&u, 200, 200, 0);
        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++)
                ck_assert_int_eq(u.setting[k], SETTING_OFF);
        ck_assert(!redirect_setting_forgets(&u));
        /* before Linux 5.16 */
        read_settings(&u, IPV4_DEVCONF_ARP_EVICT_NOCARRIER - 1, DEVCONF_NDISC_EVICT_NOCARRIER, 0);
        ck_assert_int_eq(u.setting[IDENTITY_EVICT4], SETTING_UNKNOWN);
        ck_assert_int_eq(u.setting[IDENTITY_EVICT6], SETTING_UNKNOWN);
        ck_assert_int_eq(u.setting[IDENTITY_IGNORE_ROUTES4], SETTING_OFF);
        ck_assert(redirect_setting_forgets(&u));
        read_settings(&u, 200, -1, 0);
        ck_assert_int_eq(u.setting[IDENTITY_EVICT6], SETTING_NO_PROTOCOL);
        ck_assert(!redirect_setting_forgets(&u));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("redirect-neighbours");
        TCase *c = tcase_create("neighbours");

        tcase_add_checked_fixture(c, setup, teardown);
        tcase_add_test(c, remembers_its_own);
        tcase_add_test(c, keeps_the_latest);
        tcase_add_test(c, cut_short);
        tcase_add_test(c, settings);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
