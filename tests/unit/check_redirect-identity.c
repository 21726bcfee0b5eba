/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel messages become an identity, an identity becomes frames; whatever the messages hold. */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "alloc-util.h"
#include "check-main.h"
#include "frame-codec.h"
#include "redirect-announce.h"
#include "redirect-identity.h"

#define HOME  7
#define SPARE 8
#define VLAN  9

static const uint8_t home_mac[6] = { 0x3c, 0xec, 0xef, 1, 2, 3 }, vlan_mac[6] = { 0x3c, 0xec, 0xef, 1, 2, 9 };
static const uint8_t vrrp_mac[6] = { 0, 0, 0x5e, 0, 1, 9 }, group_mac[6] = { 1, 0, 0x5e, 9, 9, 9 };
static Identity identity;

static struct nl_msg *link_message(int ifindex, const char *name, const uint8_t mac[6]) {
        struct ifinfomsg head = { .ifi_index = ifindex, .ifi_type = ARPHRD_ETHER, .ifi_flags = IFF_UP };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWLINK, 0);

        nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO);
        nla_put_string(m, IFLA_IFNAME, name);
        nla_put(m, IFLA_ADDRESS, 6, mac);
        return m;
}

static void give_links(struct nl_msg *m) {
        ck_assert_int_eq(identity_add_link(&identity, nlmsg_hdr(m)), 0);
        ck_assert_int_eq(identity_add_upper(&identity, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

/* A message about a device on top of another, as far as its own data. */
static struct nl_msg *upper_message(int ifindex, int lower, const char *name, const char *kind,
                struct nlattr **ret_info, struct nlattr **ret_data) {
        struct nl_msg *m = link_message(ifindex, name, vlan_mac);

        nla_put_u32(m, IFLA_LINK, (uint32_t) lower);
        *ret_info = nla_nest_start(m, IFLA_LINKINFO);
        nla_put_string(m, IFLA_INFO_KIND, kind);
        *ret_data = nla_nest_start(m, IFLA_INFO_DATA);
        return m;
}

static void give_named_vlan_on(int ifindex, int lower, const char *name, uint16_t protocol, uint16_t id,
                unsigned n_priorities) {
        struct ifla_vlan_flags flags = { .flags = VLAN_FLAG_REORDER_HDR, .mask = ~0u };
        struct nlattr *info, *data, *priorities;
        struct nl_msg *m = upper_message(ifindex, lower, name, "vlan", &info, &data);

        nla_put_u16(m, IFLA_VLAN_ID, id);
        nla_put_u16(m, IFLA_VLAN_PROTOCOL, htons(protocol));
        nla_put(m, IFLA_VLAN_FLAGS, sizeof(flags), &flags);
        priorities = nla_nest_start(m, IFLA_VLAN_EGRESS_QOS);
        for (unsigned k = 0; k < n_priorities; k++) {
                struct ifla_vlan_qos_mapping mapping = { .from = k, .to = k % 8 };

                nla_put(m, IFLA_VLAN_QOS_MAPPING, sizeof(mapping), &mapping);
        }
        nla_nest_end(m, priorities);
        nla_nest_end(m, data);
        nla_nest_end(m, info);
        give_links(m);
}

static void give_vlan_on(int ifindex, int lower, uint16_t protocol, uint16_t id, unsigned n_priorities) {
        give_named_vlan_on(ifindex, lower, "eth0.10", protocol, id, n_priorities);
}

static void give_macvlan_on(int ifindex, int lower, const char *kind, uint32_t mode) {
        struct nlattr *info, *data;
        struct nl_msg *m = upper_message(ifindex, lower, "mv0", kind, &info, &data);

        nla_put_u32(m, IFLA_MACVLAN_MODE, mode);
        nla_nest_end(m, data);
        nla_put_string(m, IFLA_INFO_SLAVE_KIND, "bridge");
        nla_nest_end(m, info);
        nla_put_u32(m, IFLA_MASTER, 99);
        give_links(m);
}

static void give_vlan(uint16_t id) {
        give_vlan_on(VLAN, HOME, ETH_P_8021Q, id, 0);
}

static struct nl_msg *address_message(int ifindex, const char *text, uint8_t scope, uint32_t flags) {
        struct ifaddrmsg head = { .ifa_index = (unsigned) ifindex, .ifa_scope = scope, .ifa_prefixlen = 24 };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWADDR, 0);
        uint8_t address[16];

        head.ifa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
        ck_assert_int_eq(inet_pton(head.ifa_family, text, address), 1);
        nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO);
        nla_put(m, IFA_ADDRESS, head.ifa_family == AF_INET ? 4 : 16, address);
        nla_put_u32(m, IFA_FLAGS, flags);
        return m;
}

static void give_address(int ifindex, const char *text, uint8_t scope, uint32_t flags) {
        struct nl_msg *m = address_message(ifindex, text, scope, flags);

        ck_assert_int_eq(identity_add_host(&identity, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

static void give_filter(int ifindex, const uint8_t mac[6]) {
        struct ndmsg head = { .ndm_family = AF_BRIDGE, .ndm_ifindex = ifindex, .ndm_flags = NTF_SELF };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWNEIGH, 0);

        nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO);
        nla_put(m, NDA_LLADDR, 6, mac);
        ck_assert_int_eq(identity_add_filter(&identity, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

static void give_all(void) {
        const EtherAddress station = ether_address_station((EtherAddress){ { 0x3c, 0xec, 0xef, 1, 2, 3 } });
        int upper = -1;

        identity = (Identity){ .ifindex = { HOME, SPARE }, .home = HOME, .station = { station } };
        give_links(link_message(HOME, "eth0", home_mac));
        give_links(link_message(SPARE, "eth1", (uint8_t[]){ 0x3c, 0xec, 0xef, 1, 2, 4 }));
        give_vlan(10);
        give_filter(HOME, vrrp_mac);
        give_filter(HOME, group_mac);
        give_filter(HOME, station.octet);
        give_filter(SPARE, (uint8_t[]){ 2, 2, 2, 2, 2, 2 });
        give_address(HOME, "192.0.2.1", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
        give_address(HOME, "fe80::1", RT_SCOPE_LINK, IFA_F_PERMANENT);
        give_address(HOME, "2001:db8::1", RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE);
        give_address(VLAN, "198.51.100.1", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
        give_address(SPARE, "fe80::2", RT_SCOPE_LINK, IFA_F_PERMANENT);
        identity_add_igmp(
                        &identity, &upper, "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n");
        identity_add_igmp(&identity, &upper, "7\teth0      :     2      V2\n");
        identity_add_igmp(&identity, &upper, "\t\t\t\t090909EF     1 0:00000000\t\t0\n");
        identity_add_igmp(&identity, &upper, "\t\t\t\t010000E0     1 0:00000000\t\t0\n");
        identity_add_igmp(&identity, &upper, "1\tlo        :     1      V3\n");
        identity_add_igmp(&identity, &upper, "\t\t\t\t0A0909EF     1 0:00000000\t\t0\n");
        identity_add_igmp6(
                        &identity, "7    eth0            ff020000000000000000000000000001     1 0000000C 0\n");
        identity_add_igmp6(
                        &identity, "7    eth0            ff15000000000000000000000009000a     1 0000000C 0\n");
        identity_add_igmp6(
                        &identity, "1    lo              ff15000000000000000000000009000a     1 0000000C 0\n");
}

START_TEST(reads_what_there_is) {
        give_all();
        ck_assert(identity.link[SIDE_PRIMARY].exists && identity.link[SIDE_STANDBY].exists);
        ck_assert_uint_eq(identity.n_uppers, 2);
        ck_assert_uint_eq(identity.uppers[1].n_tags, 1);
        ck_assert_uint_eq(identity.uppers[1].tags[0].vlan, 10);
        ck_assert_uint_eq(identity.n_addresses, 3); /* own, the VLAN's, the virtual router's */
        ck_assert_uint_eq(identity.n_groups, 1);
        ck_assert_uint_eq(identity.n_hosts, 4);
        ck_assert_uint_eq(identity.n_members, 2);
        ck_assert_uint_eq(identity.uppers[0].igmp_version, 2);
        ck_assert_uint_eq(ntohl(identity.members[0].in.s_addr), 0xef090909);
        ck_assert_uint_eq(identity.members[1].in6.s6_addr[15], 0x0a);
        ck_assert_str_eq(identity.spare_address, "");
        ck_assert(!identity.truncated);
        give_address(SPARE, "203.0.113.5", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
        ck_assert_str_eq(identity.spare_address, "203.0.113.5");
}
END_TEST

static void give_member6(int ifindex, uint8_t scope, uint8_t last) {
        struct ifaddrmsg head = { .ifa_family = AF_INET6, .ifa_index = (unsigned) ifindex };
        struct in6_addr group = { { { 0xff, scope, [15] = last } } };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_GETMULTICAST, 0);

        ck_assert(m && nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) >= 0);
        ck_assert_int_ge(nla_put(m, IFA_MULTICAST, sizeof(group), &group), 0);
        ck_assert_int_eq(identity_add_member6(&identity, nlmsg_hdr(m)), 0);
        nlmsg_free(m);
}

START_TEST(reads_groups_from_either_source) {
        size_t before;

        give_all();
        before = identity.n_members;
        give_member6(HOME, 2, 1);     /* all nodes */
        give_member6(HOME, 1, 0x77);  /* not beyond the adapter */
        give_member6(SPARE, 2, 0x77); /* nobody's */
        ck_assert_uint_eq(identity.n_members, before);
        give_member6(HOME, 5, 0x77);
        ck_assert_uint_eq(identity.n_members, before + 1);
        ck_assert_uint_eq(identity.members[before].family, AF_INET6);
        ck_assert_uint_eq(identity.members[before].upper, 0);
        ck_assert_uint_eq(identity.members[before].in6.s6_addr[1], 5);
        ck_assert_uint_eq(identity.members[before].in6.s6_addr[15], 0x77);
}
END_TEST

START_TEST(announces_each_once) {
        unsigned arp = 0, tagged_arp = 0, advertisements = 0, rarp = 0, other = 0;
        FrameList l = {};

        give_all();
        ck_assert_int_eq(announce_build_move(&l, &identity, NULL), 0);
        for (size_t k = 0; k < l.n; k++) {
                const uint8_t *frame = l.bytes + l.frames[k].offset;
                size_t length = l.frames[k].length;
                FrameHeader header;
                NeighbourMessage neighbour;
                Arp message;

                if (frame_parse_arp(frame, length, &header, &message) == 0) {
                        ck_assert(ether_address_equal(&header.source, &message.sender));
                        if (message.operation == ARP_REVERSE_REQUEST) {
                                rarp++;
                                ck_assert_mem_eq(header.source.octet, vrrp_mac, 6);
                        } else if (header.vlan == 10) {
                                tagged_arp++;
                                ck_assert_uint_eq(ntohl(message.sender_ip.s_addr), 0xc6336401);
                                ck_assert_mem_eq(header.source.octet, vlan_mac, 6);
                        } else {
                                arp++;
                                ck_assert_uint_eq(ntohl(message.sender_ip.s_addr), 0xc0000201);
                                ck_assert_mem_eq(header.source.octet, home_mac, 6);
                        }
                } else if (frame_parse_neighbour(frame, length, &header, &neighbour) == 0) {
                        advertisements++;
                        ck_assert(neighbour.override && !neighbour.solicited);
                        ck_assert_uint_eq(neighbour.target.s6_addr[0], 0xfe);
                } else
                        other++;
        }
        ck_assert_uint_eq(arp, 1);
        ck_assert_uint_eq(tagged_arp, 1);
        ck_assert_uint_eq(advertisements, 1); /* the tentative one is nobody's yet */
        ck_assert_uint_eq(rarp, 1);
        ck_assert_uint_eq(other, 2); /* IGMP and MLD */
        frame_list_done(&l);
}
END_TEST

START_TEST(reminds_switches_of_each_address_and_vlan) {
        FrameList l = {};

        give_all();
        ck_assert_int_eq(announce_build_reminder(&l, &identity, NULL), 0);
        ck_assert_uint_eq(l.n, 3);
        frame_list_done(&l);
}
END_TEST

/* Each device's frames have the tags of all below; told of too early, it waits for the next dump. */
START_TEST(devices_on_devices) {
        const IdentityUpper *u;

        identity = (Identity){ .ifindex = { HOME, SPARE }, .home = HOME };
        give_vlan_on(20, 30, ETH_P_8021Q, 7, 6);
        ck_assert_uint_eq(identity.n_uppers, 0);
        ck_assert(identity.unordered);
        identity.unordered = false;
        give_links(link_message(HOME, "eth0", home_mac));
        give_vlan_on(30, HOME, ETH_P_8021AD, 42, 0);
        give_vlan_on(31, 40, ETH_P_8021Q, 7, 0); /* on a device that is not ours... */
        give_macvlan_on(41, 20, "macvtap", MACVLAN_MODE_VEPA);
        ck_assert(identity.unordered);
        identity.unordered = false;
        ck_assert_uint_eq(identity.n_uppers, 2);
        for (unsigned k = 0; k < 2; k++) {
                give_vlan_on(20, 30, ETH_P_8021Q, 7, 6);
                give_macvlan_on(41, 20, "macvlan", MACVLAN_MODE_BRIDGE);
                give_vlan_on(31, 5, ETH_P_8021Q, 7, 0);
        }
        ck_assert(!identity.unordered);
        ck_assert_uint_eq(identity.n_uppers, 4);
        u = identity_find_upper(&identity, 41);
        ck_assert_int_eq(u->kind, UPPER_MACVLAN);
        ck_assert_int_eq(u->lower, 20);
        ck_assert(u->up && u->bridges);
        ck_assert_int_eq(u->master, 99);
        ck_assert_str_eq(u->master_kind, "bridge");
        ck_assert_uint_eq(u->n_tags, 2);
        ck_assert_uint_eq(u->tags[0].protocol, ETH_P_8021Q);
        ck_assert_uint_eq(u->tags[0].vlan, 7);
        ck_assert_uint_eq(u->tags[1].protocol, ETH_P_8021AD);
        ck_assert_uint_eq(u->tags[1].vlan, 42);
        u = identity_find_upper(&identity, 20);
        ck_assert_int_eq(u->kind, UPPER_VLAN);
        ck_assert(u->tags_all);
        ck_assert_uint_eq(u->n_priorities, 5); /* 0 is 0 anyway */
        ck_assert_uint_eq(u->priorities[4].from, 5);
        ck_assert_uint_eq(u->priorities[4].to, 5);
        ck_assert(!identity.truncated);
        give_vlan_on(50, HOME, ETH_P_8021Q, 8, 40);
        ck_assert(identity.truncated);
        ck_assert_uint_eq(identity_find_upper(&identity, 50)->n_priorities, IDENTITY_PRIORITIES_MAX);
        identity.truncated = false;
        for (int k = 0; k < IDENTITY_TAGS_MAX; k++)
                give_vlan_on(60 + k, k == 0 ? 20 : 59 + k, ETH_P_8021Q, 9, 0);
        ck_assert(identity.truncated);
        ck_assert_ptr_nonnull(identity_find_upper(&identity, 61));
        ck_assert_ptr_null(identity_find_upper(&identity, 62));
}
END_TEST

/* Ours, which let a VLAN in, do not count as others' devices on the standby do. */
START_TEST(vlans_of_the_standby) {
        static const char *const names[] = { "primed12", "primed", "primed1x", "eth1.7" };

        give_all();
        for (unsigned k = 0; k < 2 * ELEMENTSOF(names); k++)
                give_named_vlan_on(20 + (int) (k % ELEMENTSOF(names)), SPARE, names[k % ELEMENTSOF(names)],
                                ETH_P_8021AD, (uint16_t) (7 + k), 0);
        ck_assert_uint_eq(identity.n_uppers, 2);
        ck_assert_uint_eq(identity.n_spare_vlans, ELEMENTSOF(names));
        for (unsigned k = 0; k < ELEMENTSOF(names); k++) {
                ck_assert_int_eq(identity.spare_vlans[k].ours, k == 0);
                ck_assert_uint_eq(identity.spare_vlans[k].tag.protocol, ETH_P_8021AD);
                ck_assert_uint_eq(identity.spare_vlans[k].tag.vlan, 7 + k);
        }
        ck_assert_uint_eq(identity.n_spare_uppers, ELEMENTSOF(names) - 1);
        give_address(20, "203.0.113.5", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
        ck_assert_str_eq(identity.spare_address, "");
        give_address(21, "203.0.113.5", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
        ck_assert_str_eq(identity.spare_address, "203.0.113.5");
}
END_TEST

/* More than fits is said, not written. */
START_TEST(bounded) {
        give_all();
        for (unsigned i = 0; i < 2000; i++) {
                char text[32];

                snprintf(text, sizeof(text), "10.1.%u.%u", i / 200, i % 200);
                give_address(HOME, text, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
                give_filter(HOME, (uint8_t[]){ 2, 0, 0, 1, (uint8_t) (i >> 8), (uint8_t) i });
                give_filter(HOME, (uint8_t[]){ 3, 0, 0, 1, (uint8_t) (i >> 8), (uint8_t) i });
        }
        ck_assert(identity.truncated);
        ck_assert_uint_eq(identity.n_hosts, IDENTITY_HOSTS_MAX);
        ck_assert_uint_eq(identity.n_addresses, IDENTITY_ADDRESSES_MAX);
        ck_assert_uint_eq(identity.n_groups, IDENTITY_GROUPS_MAX);
}
END_TEST

/* Cut short, and with every octet changed: nothing but what the sanitizers would say. */
START_TEST(survives_damage) {
        static int (*const parsers[])(Identity *, struct nlmsghdr *) = { identity_add_link, identity_add_upper,
                identity_add_filter, identity_add_host, identity_add_neighbour };
        struct nl_msg *m = link_message(VLAN, "eth0.10", vlan_mac);
        struct nlattr *info;
        size_t size;

        nla_put_u32(m, IFLA_LINK, HOME);
        info = nla_nest_start(m, IFLA_LINKINFO);
        nla_put_string(m, IFLA_INFO_KIND, "vlan");
        nla_nest_end(m, info);
        size = nlmsg_hdr(m)->nlmsg_len;
        give_all();
        for (size_t cut = NLMSG_HDRLEN; cut <= size; cut++)
                for (size_t at = NLMSG_HDRLEN; at < cut; at++)
                        for (size_t p = 0; p < ELEMENTSOF(parsers); p++) {
                                static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWLINK, RTM_NEWNEIGH,
                                        RTM_NEWADDR, RTM_NEWNEIGH };
                                _cleanup_free_ struct nlmsghdr *copy = malloc(cut);

                                memcpy(copy, nlmsg_hdr(m), cut);
                                copy->nlmsg_len = (uint32_t) cut;
                                copy->nlmsg_type = types[p];
                                ((uint8_t *) copy)[at] ^= 0xff;
                                ck_assert_int_eq(parsers[p](&identity, copy), 0);
                        }
        nlmsg_free(m);
        identity_add_igmp6(&identity, "7 eth0 ff02");
        identity_add_igmp6(&identity, "");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("redirect-identity");
        TCase *c = tcase_create("identity");

        tcase_add_test(c, reads_what_there_is);
        tcase_add_test(c, reads_groups_from_either_source);
        tcase_add_test(c, announces_each_once);
        tcase_add_test(c, reminds_switches_of_each_address_and_vlan);
        tcase_add_test(c, devices_on_devices);
        tcase_add_test(c, vlans_of_the_standby);
        tcase_add_test(c, bounded);
        tcase_add_test(c, survives_damage);
        suite_add_tcase(s, c);
        return s;
}

CHECK_MAIN();
