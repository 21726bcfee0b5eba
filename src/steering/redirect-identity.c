/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "redirect-identity.h"
#include "redirect-vlan-filter.h"

const IdentitySettingInfo identity_settings[_IDENTITY_SETTING_MAX] = {
        [IDENTITY_EVICT4] = { AF_INET, IPV4_DEVCONF_ARP_EVICT_NOCARRIER, "arp_evict_nocarrier" },
        [IDENTITY_EVICT6] = { AF_INET6, DEVCONF_NDISC_EVICT_NOCARRIER, "ndisc_evict_nocarrier" },
        [IDENTITY_IGNORE_ROUTES4] = { AF_INET, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
                        "ignore_routes_with_linkdown" },
        [IDENTITY_IGNORE_ROUTES6] = { AF_INET6, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
                        "ignore_routes_with_linkdown" },
};

static bool add_address(EtherAddress *list, size_t *n, size_t max, EtherAddress a) {
        for (size_t i = 0; i < *n; i++)
                if (ether_address_equal(&list[i], &a))
                        return true;
        if (*n >= max)
                return false;
        list[(*n)++] = a;
        return true;
}

bool identity_add_address(Identity *i, EtherAddress a) {
        return add_address(i->addresses, &i->n_addresses, IDENTITY_ADDRESSES_MAX, a);
}

static int find_upper(const Identity *i, int ifindex) {
        for (size_t u = 0; u < i->n_uppers; u++)
                if (i->uppers[u].ifindex == ifindex)
                        return (int) u;
        return -ENOENT;
}

const IdentityUpper *identity_find_upper(const Identity *i, int ifindex) {
        int u = find_upper(i, ifindex);

        return u < 0 ? NULL : &i->uppers[u];
}

static bool get_ether_address(struct nlattr *a, EtherAddress *ret) {
        if (!a || nla_len(a) != sizeof(ret->octet))
                return false;
        memcpy(ret->octet, nla_data(a), sizeof(ret->octet));
        return true;
}

static int parse_link(struct nlmsghdr *h, struct ifinfomsg **ret, struct nlattr *attrs[IFLA_MAX + 1]) {
        if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(struct ifinfomsg), attrs, IFLA_MAX, NULL) < 0)
                return -EBADMSG;
        *ret = nlmsg_data(h);
        return 0;
}

static void get_addr_gen_mode(IdentityLink *link, struct nlattr *af_spec) {
        struct nlattr *family[AF_INET6 + 1], *inet6[IFLA_INET6_MAX + 1];

        if (!af_spec || nla_parse_nested(family, AF_INET6, af_spec, NULL) < 0 || !family[AF_INET6] ||
                        nla_parse_nested(inet6, IFLA_INET6_MAX, family[AF_INET6], NULL) < 0 ||
                        !inet6[IFLA_INET6_ADDR_GEN_MODE] || nla_len(inet6[IFLA_INET6_ADDR_GEN_MODE]) < 1)
                return;
        link->has_inet6 = true;
        link->addr_gen_mode = nla_get_u8(inet6[IFLA_INET6_ADDR_GEN_MODE]);
}

/* The index of the device that it is a port of, and that one's kind if it has one; 0: none. */
static int get_master(struct nlattr *attrs[IFLA_MAX + 1], char *kind, size_t size) {
        struct nlattr *info[IFLA_INFO_MAX + 1];

        if (!attrs[IFLA_MASTER] || nla_len(attrs[IFLA_MASTER]) < 4)
                return 0;
        if (attrs[IFLA_LINKINFO] && nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) >= 0 &&
                        info[IFLA_INFO_SLAVE_KIND])
                nla_strlcpy(kind, info[IFLA_INFO_SLAVE_KIND], size);
        return (int) nla_get_u32(attrs[IFLA_MASTER]);
}

int identity_add_link(Identity *i, struct nlmsghdr *h) {
        struct nlattr *attrs[IFLA_MAX + 1];
        struct ifinfomsg *message;

        if (parse_link(h, &message, attrs) < 0)
                return 0;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                IdentityLink *link = &i->link[side];

                if (message->ifi_index != i->ifindex[side])
                        continue;
                *link = (IdentityLink){ .exists = true, .flags = message->ifi_flags };
                link->hardware_type = message->ifi_type;
                if (!get_ether_address(attrs[IFLA_ADDRESS], &link->address))
                        link->hardware_type = ARPHRD_VOID;
                link->master = get_master(attrs, link->master_kind, sizeof(link->master_kind));
                get_addr_gen_mode(link, attrs[IFLA_AF_SPEC]);
        }
        return 0;
}

static IdentitySettingState get_setting(const IdentitySettingInfo *s, struct nlattr *family[AF_INET6 + 1]) {
        bool inet = s->family == AF_INET;
        unsigned index = inet ? s->number - 1 : s->number;
        struct nlattr *attrs[IFLA_INET6_MAX + 1], *values;
        uint32_t value;

        static_assert((int) IFLA_INET_MAX <= (int) IFLA_INET6_MAX, "room for either family's attributes");
        if (!family[s->family] ||
                        nla_parse_nested(attrs, inet ? IFLA_INET_MAX : IFLA_INET6_MAX, family[s->family],
                                        NULL) < 0)
                return SETTING_NO_PROTOCOL;
        values = attrs[inet ? IFLA_INET_CONF : IFLA_INET6_CONF];
        if (!values)
                return SETTING_NO_PROTOCOL;
        if ((size_t) nla_len(values) < (index + 1) * sizeof(value))
                return SETTING_UNKNOWN;
        memcpy(&value, (const char *) nla_data(values) + index * sizeof(value), sizeof(value));
        return value ? SETTING_ON : SETTING_OFF;
}

static void get_settings(IdentityUpper *upper, struct nlattr *af_spec) {
        struct nlattr *family[AF_INET6 + 1];

        if (!af_spec || nla_parse_nested(family, AF_INET6, af_spec, NULL) < 0)
                return;
        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++)
                upper->setting[k] = get_setting(&identity_settings[k], family);
}

static bool on_spare(const Identity *i, int ifindex) {
        for (size_t u = 0; u < i->n_spare_uppers; u++)
                if (i->spare_uppers[u] == ifindex)
                        return true;
        return ifindex == i->ifindex[SIDE_STANDBY];
}

/* The name of a kind is not always terminated. */
static bool is_kind(struct nlattr *kind, const char *name) {
        return (size_t) nla_len(kind) >= strlen(name) &&
                        strncmp(nla_data(kind), name, (size_t) nla_len(kind)) == 0;
}

static void get_priorities(Identity *i, IdentityUpper *upper, struct nlattr *mappings) {
        struct nlattr *entry;
        int left;

        nla_for_each_nested(entry, mappings, left) {
                struct ifla_vlan_qos_mapping mapping;

                if (nla_type(entry) != IFLA_VLAN_QOS_MAPPING || (size_t) nla_len(entry) < sizeof(mapping))
                        continue;
                memcpy(&mapping, nla_data(entry), sizeof(mapping));
                if (mapping.to == 0) /* as without a mapping */
                        continue;
                if (upper->n_priorities == IDENTITY_PRIORITIES_MAX) {
                        i->truncated = true;
                        return;
                }
                upper->priorities[upper->n_priorities].from = mapping.from;
                upper->priorities[upper->n_priorities++].to = mapping.to & 7;
        }
}

static int get_vlan(Identity *i, IdentityUpper *upper, struct nlattr *data) {
        struct nlattr *vlan[IFLA_VLAN_MAX + 1];
        struct ifla_vlan_flags flags = {};
        FrameTag *own = upper->tags;

        if (!data || nla_parse_nested(vlan, IFLA_VLAN_MAX, data, NULL) < 0 || !vlan[IFLA_VLAN_ID] ||
                        nla_len(vlan[IFLA_VLAN_ID]) < 2)
                return -ENOENT;
        if (upper->n_tags == IDENTITY_TAGS_MAX) {
                i->truncated = true;
                return -ENOENT;
        }
        memmove(own + 1, own, upper->n_tags++ * sizeof(*own));
        *own = (FrameTag){ .protocol = ETH_P_8021Q, .vlan = nla_get_u16(vlan[IFLA_VLAN_ID]) & 0xfff };
        if (vlan[IFLA_VLAN_PROTOCOL] && nla_len(vlan[IFLA_VLAN_PROTOCOL]) >= 2)
                own->protocol = ntohs(nla_get_u16(vlan[IFLA_VLAN_PROTOCOL]));
        if (vlan[IFLA_VLAN_FLAGS] && (size_t) nla_len(vlan[IFLA_VLAN_FLAGS]) >= sizeof(flags))
                memcpy(&flags, nla_data(vlan[IFLA_VLAN_FLAGS]), sizeof(flags));
        upper->tags_all = flags.flags & VLAN_FLAG_REORDER_HDR;
        if (vlan[IFLA_VLAN_EGRESS_QOS])
                get_priorities(i, upper, vlan[IFLA_VLAN_EGRESS_QOS]);
        return 0;
}

static int get_macvlan(IdentityUpper *upper, struct nlattr *data) {
        struct nlattr *macvlan[IFLA_MACVLAN_MAX + 1];

        if (data && nla_parse_nested(macvlan, IFLA_MACVLAN_MAX, data, NULL) >= 0 &&
                        macvlan[IFLA_MACVLAN_MODE] && nla_len(macvlan[IFLA_MACVLAN_MODE]) >= 4)
                upper->bridges = nla_get_u32(macvlan[IFLA_MACVLAN_MODE]) == MACVLAN_MODE_BRIDGE;
        return 0;
}

/* Only kinds that share the port of what is below. */
static int get_kind(struct nlattr *linkinfo, IdentityUpperKind *ret, struct nlattr **ret_data) {
        static const struct {
                const char *name;
                IdentityUpperKind kind;
        } kinds[] = {
                { "vlan", UPPER_VLAN },
                { "macvlan", UPPER_MACVLAN },
                { "macvtap", UPPER_MACVLAN },
        };
        struct nlattr *info[IFLA_INFO_MAX + 1];

        if (!linkinfo || nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0 || !info[IFLA_INFO_KIND])
                return -ENOENT;
        for (size_t k = 0; k < ELEMENTSOF(kinds); k++)
                if (is_kind(info[IFLA_INFO_KIND], kinds[k].name)) {
                        *ret = kinds[k].kind;
                        *ret_data = info[IFLA_INFO_DATA];
                        return 0;
                }
        return -ENOENT;
}

static bool is_ours(const char *name) {
        size_t prefix = strlen(VLAN_DEVICE_PREFIX);

        return strncmp(name, VLAN_DEVICE_PREFIX, prefix) == 0 && name[prefix] != '\0' &&
                        name[prefix + strspn(name + prefix, "0123456789")] == '\0';
}

static void note_spare_upper(Identity *i, IdentityUpper *upper, struct nlattr *linkinfo) {
        IdentitySpareVlan vlan = { .ifindex = upper->ifindex, .ours = is_ours(upper->name) };
        struct nlattr *data;

        for (size_t k = 0; k < i->n_spare_vlans; k++)
                if (i->spare_vlans[k].ifindex == upper->ifindex)
                        return;
        if (get_kind(linkinfo, &upper->kind, &data) >= 0 && upper->kind == UPPER_VLAN &&
                        get_vlan(i, upper, data) >= 0 && i->n_spare_vlans < ELEMENTSOF(i->spare_vlans)) {
                vlan.tag = upper->tags[0];
                i->spare_vlans[i->n_spare_vlans++] = vlan;
                if (vlan.ours)
                        return;
        }
        if (!on_spare(i, upper->ifindex) && i->n_spare_uppers < ELEMENTSOF(i->spare_uppers))
                i->spare_uppers[i->n_spare_uppers++] = upper->ifindex;
}

/* What it does to frames: 0, or -ENOENT when it is not on top of the primary as far as we know. */
static int get_place(Identity *i, IdentityUpper *upper, struct nlattr *attrs[IFLA_MAX + 1]) {
        const IdentityUpper *lower;
        struct nlattr *data;

        /* With IFLA_LINK_NETNSID the index below belongs to another network namespace. */
        if (!attrs[IFLA_LINK] || nla_len(attrs[IFLA_LINK]) < 4 || attrs[IFLA_LINK_NETNSID])
                return -ENOENT;
        upper->lower = (int) nla_get_u32(attrs[IFLA_LINK]);
        if (upper->lower == i->ifindex[SIDE_STANDBY]) {
                note_spare_upper(i, upper, attrs[IFLA_LINKINFO]);
                return -ENOENT;
        }
        if (get_kind(attrs[IFLA_LINKINFO], &upper->kind, &data) < 0)
                return -ENOENT;
        lower = identity_find_upper(i, upper->lower);
        if (!lower) {
                /* The kernel tells in the order of the indexes, which mostly is that of creation. */
                i->unordered |= upper->lower > upper->ifindex;
                return -ENOENT;
        }
        memcpy(upper->tags, lower->tags, sizeof(upper->tags));
        upper->n_tags = lower->n_tags;
        return upper->kind == UPPER_VLAN ? get_vlan(i, upper, data) : get_macvlan(upper, data);
}

int identity_add_upper(Identity *i, struct nlmsghdr *h) {
        struct nlattr *attrs[IFLA_MAX + 1];
        IdentityUpper upper = {};
        struct ifinfomsg *message;

        if (parse_link(h, &message, attrs) < 0 || !get_ether_address(attrs[IFLA_ADDRESS], &upper.address) ||
                        find_upper(i, message->ifi_index) >= 0)
                return 0;
        upper.ifindex = message->ifi_index;
        upper.up = message->ifi_flags & IFF_UP;
        if (attrs[IFLA_IFNAME])
                nla_strlcpy(upper.name, attrs[IFLA_IFNAME], sizeof(upper.name));
        if (upper.ifindex != i->home && get_place(i, &upper, attrs) < 0)
                return 0;
        upper.master = get_master(attrs, upper.master_kind, sizeof(upper.master_kind));
        get_settings(&upper, attrs[IFLA_AF_SPEC]);
        if (i->n_uppers >= IDENTITY_UPPERS_MAX ||
                        !add_address(i->addresses, &i->n_addresses, IDENTITY_ADDRESSES_MAX, upper.address)) {
                i->truncated = true;
                return 0;
        }
        i->uppers[i->n_uppers++] = upper;
        return 0;
}

/* The kernel's default fdb of an adapter is its unicast list and then its multicast list, nothing learned
 * (net/core/rtnetlink.c ndo_dflt_fdb_dump()). Our own station there is not part of the identity. */
int identity_add_filter(Identity *i, struct nlmsghdr *h) {
        EtherAddress a;
        struct nlattr *attrs[NDA_MAX + 1];
        const struct ndmsg *message;

        if (h->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(h, sizeof(struct ndmsg), attrs, NDA_MAX, NULL) < 0)
                return 0;
        message = nlmsg_data(h);
        if (message->ndm_ifindex != i->home || !(message->ndm_flags & NTF_SELF) ||
                        !get_ether_address(attrs[NDA_LLADDR], &a) ||
                        ether_address_equal(&a, &i->station[SIDE_PRIMARY]))
                return 0;
        if (ether_address_is_group(&a)) {
                if (!add_address(i->groups, &i->n_groups, IDENTITY_GROUPS_MAX, a))
                        i->truncated = true;
        } else if (!add_address(i->addresses, &i->n_addresses, IDENTITY_ADDRESSES_MAX, a))
                i->truncated = true;
        return 0;
}

static bool get_host(IdentityHost *host, int family, struct nlattr *a) {
        host->family = family;
        if (!a)
                return false;
        if (family == AF_INET && nla_len(a) == sizeof(host->in))
                memcpy(&host->in, nla_data(a), sizeof(host->in));
        else if (family == AF_INET6 && nla_len(a) == sizeof(host->in6))
                memcpy(&host->in6, nla_data(a), sizeof(host->in6));
        else
                return false;
        return true;
}

static void note_spare_address(Identity *i, const IdentityHost *host, unsigned scope) {
        char text[INET6_ADDRSTRLEN];

        if (i->spare_address[0] || scope >= RT_SCOPE_LINK)
                return;
        inet_ntop(host->family, host->family == AF_INET ? (const void *) &host->in : &host->in6, text,
                        sizeof(text));
        snprintf(i->spare_address, sizeof(i->spare_address), "%s", text);
}

int identity_add_host(Identity *i, struct nlmsghdr *h) {
        struct nlattr *attrs[IFA_MAX + 1];
        const struct ifaddrmsg *message;
        IdentityHost host = {};
        uint32_t flags;
        int upper;

        if (h->nlmsg_type != RTM_NEWADDR || nlmsg_parse(h, sizeof(struct ifaddrmsg), attrs, IFA_MAX, NULL) < 0)
                return 0;
        message = nlmsg_data(h);
        if (!get_host(&host, message->ifa_family, attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS]))
                return 0;
        if (on_spare(i, (int) message->ifa_index))
                note_spare_address(i, &host, message->ifa_scope);
        upper = find_upper(i, (int) message->ifa_index);
        if (upper < 0)
                return 0;
        flags = attrs[IFA_FLAGS] && nla_len(attrs[IFA_FLAGS]) >= 4 ? nla_get_u32(attrs[IFA_FLAGS])
                                                                   : message->ifa_flags;
        host.usable = !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
        host.upper = (unsigned) upper;
        if (i->n_hosts >= IDENTITY_HOSTS_MAX) {
                i->truncated = true;
                return 0;
        }
        i->hosts[i->n_hosts++] = host;
        i->uppers[upper].n_hosts++;
        return 0;
}

int identity_add_neighbour(Identity *i, struct nlmsghdr *h) {
        struct nlattr *attrs[NDA_MAX + 1];
        const struct ndmsg *message;
        IdentityHost host = {};
        int upper;

        if (h->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(h, sizeof(struct ndmsg), attrs, NDA_MAX, NULL) < 0)
                return 0;
        message = nlmsg_data(h);
        upper = find_upper(i, message->ndm_ifindex);
        if (upper < 0 || !(message->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)) ||
                        i->n_neighbours >= IDENTITY_NEIGHBOURS_MAX ||
                        !get_host(&host, message->ndm_family, attrs[NDA_DST]))
                return 0;
        host.upper = (unsigned) upper;
        i->neighbours[i->n_neighbours++] = host;
        return 0;
}

static void add_member(Identity *i, const IdentityHost *member) {
        if (i->n_members >= IDENTITY_MEMBERS_MAX)
                i->truncated = true;
        else
                i->members[i->n_members++] = *member;
}

/* net/ipv4/igmp.c igmp_mc_seq_show(): a line per device, "2\teth0      :     1      V3", then one per group,
 * "\t\t\t\t010000E0     1 0:00000000\t\t0", the address as the machine's own integer. */
void identity_add_igmp(Identity *i, int *upper, const char *line) {
        IdentityHost member = { .family = AF_INET };
        unsigned ifindex, version;

        if (line[0] != '\t') {
                const char *colon = strchr(line, ':');

                *upper = -1;
                if (sscanf(line, "%u", &ifindex) != 1)
                        return;
                *upper = find_upper(i, (int) ifindex);
                if (*upper >= 0 && colon && sscanf(colon + 1, "%*u V%u", &version) == 1)
                        i->uppers[*upper].igmp_version = version;
                return;
        }
        if (*upper < 0 || sscanf(line, "%x", &member.in.s_addr) != 1)
                return;
        /* 224.0.0.1: everybody is a member, nobody reports it (RFC 3376 5). */
        if (!IN_MULTICAST(ntohl(member.in.s_addr)) || member.in.s_addr == htonl(INADDR_ALLHOSTS_GROUP))
                return;
        member.upper = (unsigned) *upper;
        add_member(i, &member);
}

/* All nodes and scopes below the link are never reported (RFC 3810 6). */
static bool is_reported(const struct in6_addr *group) {
        static const struct in6_addr all_nodes = { { { 0xff, 2, [15] = 1 } } };

        return !IN6_ARE_ADDR_EQUAL(group, &all_nodes) && (group->s6_addr[1] & 0x0f) >= 2;
}

int identity_add_member6(Identity *i, struct nlmsghdr *h) {
        IdentityHost member = { .family = AF_INET6 };
        struct nlattr *attrs[IFA_MAX + 1];
        const struct ifaddrmsg *message;
        int upper;

        if (h->nlmsg_type != RTM_GETMULTICAST ||
                        nlmsg_parse(h, sizeof(struct ifaddrmsg), attrs, IFA_MAX, NULL) < 0)
                return 0;
        message = nlmsg_data(h);
        upper = find_upper(i, (int) message->ifa_index);
        if (upper < 0 || message->ifa_family != AF_INET6 ||
                        !get_host(&member, AF_INET6, attrs[IFA_MULTICAST]) || !is_reported(&member.in6))
                return 0;
        member.upper = (unsigned) upper;
        add_member(i, &member);
        return 0;
}

/* net/ipv6/mcast.c igmp6_mc_seq_show(): "2    eth0            ff02...  1 00000004 0" */
void identity_add_igmp6(Identity *i, const char *line) {
        IdentityHost member = { .family = AF_INET6 };
        char hex[33];
        int upper = find_upper(i, (int) strtoul(line, NULL, 10));

        if (upper < 0 || sscanf(line, "%*u %*15s %32[0-9a-f]", hex) != 1 || strlen(hex) != 32)
                return;
        for (size_t k = 0; k < 16; k++) {
                unsigned octet;

                if (sscanf(hex + 2 * k, "%2x", &octet) != 1)
                        return;
                member.in6.s6_addr[k] = (uint8_t) octet;
        }
        if (!is_reported(&member.in6))
                return;
        member.upper = (unsigned) upper;
        add_member(i, &member);
}
