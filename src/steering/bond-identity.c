/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "alloc-util.h"
#include "bond-identity.h"

#define ATTEMPTS    5 /* of a dump that the kernel had to interrupt */
#define BRIDGES_MAX 32

typedef struct MembersDump {
        BondMembers members;
        const int *ifindex;
} MembersDump;

static int add_port(struct nlmsghdr *h, void *userdata) {
        MembersDump *d = userdata;
        BondPort port;

        if (bond_codec_parse_port(h, &port) < 0)
                return 0;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (port.ifindex == d->ifindex[side])
                        d->members.port[side] = port;
        return 0;
}

/* Once the pair's ports are known: their bond, and the others in it. */
static int add_bond(struct nlmsghdr *h, void *userdata) {
        MembersDump *d = userdata;
        BondMembers *m = &d->members;
        BondState bond;
        BondPort port;

        if (bond_codec_parse(h, &bond) == 0 && bond.ifindex == m->port[SIDE_PRIMARY].bond)
                m->bond = bond;
        if (bond_codec_parse_port(h, &port) < 0 || port.bond != m->port[SIDE_PRIMARY].bond ||
                        port.ifindex == d->ifindex[SIDE_PRIMARY] || port.ifindex == d->ifindex[SIDE_STANDBY])
                return 0;
        if (m->n_others < REDIRECT_OTHERS_MAX)
                m->other[m->n_others] = port;
        m->n_others++;
        return 0;
}

static int dump(MembersDump *d, Rtnetlink *n, int type, RtnetlinkHandler handler) {
        struct ifinfomsg head = {};
        int r = -EAGAIN;

        for (unsigned attempt = 0; r == -EAGAIN && attempt < ATTEMPTS; attempt++) {
                _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, 0);
                MembersDump copy = *d;

                if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0)
                        return -ENOMEM;
                r = rtnetlink_dump(n, m, handler, &copy);
                if (r >= 0)
                        *d = copy;
        }
        return r;
}

static int no_bond(const BondMembers *m, const char *const *names, Error *e) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (m->port[side].bond == 0) {
                        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                        "%s is not the port of a bond, so the pair cannot be steered by one",
                                        names[side]);
                        return 0;
                }
        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "%s and %s are ports of different bonds",
                        names[SIDE_PRIMARY], names[SIDE_STANDBY]);
        return 0;
}

int bond_members_read(BondMembers *ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e) {
        MembersDump d = { .ifindex = ifindex };
        const BondMembers *m = &d.members;
        int r = dump(&d, n, RTM_GETLINK, add_port);

        if (r >= 0 &&
                        (m->port[SIDE_PRIMARY].bond == 0 ||
                                        m->port[SIDE_PRIMARY].bond != m->port[SIDE_STANDBY].bond))
                return no_bond(m, names, e);
        if (r >= 0)
                r = dump(&d, n, RTM_GETLINK, add_bond);
        if (r >= 0 && m->bond.ifindex == 0)
                r = -ENODEV; /* gone meanwhile */
        if (r < 0)
                return error_set(e, ERROR_FAILED, r, "Cannot read the bond of %s: %s", names[SIDE_PRIMARY],
                                rtnetlink_words(n));
        *ret = d.members;
        return 1;
}

const char *bond_members_name(const BondMembers *m, int ifindex) {
        if (ifindex == 0)
                return "no port";
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (m->port[side].ifindex == ifindex)
                        return m->port[side].name;
        for (size_t k = 0; k < MIN(m->n_others, (size_t) REDIRECT_OTHERS_MAX); k++)
                if (m->other[k].ifindex == ifindex)
                        return m->other[k].name;
        return "another port";
}

typedef struct BridgesDump {
        Identity *identity;
        BondBridge bridges[BRIDGES_MAX];
        size_t n;
} BridgesDump;

/* Devices of the identity that are ports of a bridge. */
static void list_bridges(BridgesDump *d) {
        Identity *i = d->identity;

        for (size_t u = 0; u < i->n_uppers; u++) {
                if (i->uppers[u].master == 0 || !streq(i->uppers[u].master_kind, "bridge"))
                        continue;
                if (d->n == BRIDGES_MAX) {
                        i->truncated = true;
                        return;
                }
                d->bridges[d->n++] = (BondBridge){
                        .ifindex = i->uppers[u].master,
                        .port = i->uppers[u].ifindex,
                        .below = &i->uppers[u],
                };
        }
}

/* With the tags that what it sends has on the wire: those of the bridge's port. A bridge that is aware of VLANs
 * (vlan is then its name for the frame's) sends those above its default one as tagged. */
static void add_behind(Identity *i, const BondBridge *bridge, IdentityUpper *upper, unsigned vlan) {
        upper->kind = UPPER_BRIDGE;
        upper->lower = bridge->port;
        memcpy(upper->tags, bridge->below->tags, sizeof(upper->tags));
        upper->n_tags = bridge->below->n_tags;
        if (vlan > 1 && upper->n_tags == 0)
                upper->tags[upper->n_tags++] = (FrameTag){ ETH_P_8021Q, vlan & 0xfff };
        if (i->n_uppers == IDENTITY_UPPERS_MAX || !identity_add_address(i, upper->address))
                i->truncated = true;
        else
                i->uppers[i->n_uppers++] = *upper;
}

/* The bridge itself, which may have IP addresses. */
static int add_bridge(struct nlmsghdr *h, void *userdata) {
        const struct ifinfomsg *message = nlmsg_data(h);
        struct nlattr *attrs[IFLA_MAX + 1];
        BridgesDump *d = userdata;

        if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(*message), attrs, IFLA_MAX, NULL) < 0 ||
                        !attrs[IFLA_ADDRESS] || nla_len(attrs[IFLA_ADDRESS]) != sizeof(EtherAddress) ||
                        identity_find_upper(d->identity, message->ifi_index))
                return 0;
        for (size_t k = 0; k < d->n; k++) {
                IdentityUpper upper = { .ifindex = message->ifi_index, .up = message->ifi_flags & IFF_UP };

                if (d->bridges[k].ifindex != message->ifi_index)
                        continue;
                memcpy(&upper.address, nla_data(attrs[IFLA_ADDRESS]), sizeof(upper.address));
                if (attrs[IFLA_IFNAME])
                        nla_strlcpy(upper.name, attrs[IFLA_IFNAME], sizeof(upper.name));
                add_behind(d->identity, &d->bridges[k], &upper, 0);
        }
        return 0;
}

void bond_identity_add_guest(Identity *i, const BondBridge *bridges, size_t n, struct nlmsghdr *h) {
        struct nlattr *attrs[NDA_MAX + 1];
        const struct ndmsg *message;
        IdentityUpper upper = {};

        if (h->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(h, sizeof(*message), attrs, NDA_MAX, NULL) < 0)
                return;
        message = nlmsg_data(h);
        if (message->ndm_flags & NTF_SELF || !attrs[NDA_MASTER] || nla_len(attrs[NDA_MASTER]) < 4 ||
                        !attrs[NDA_LLADDR] || nla_len(attrs[NDA_LLADDR]) != sizeof(upper.address))
                return;
        memcpy(&upper.address, nla_data(attrs[NDA_LLADDR]), sizeof(upper.address));
        if (ether_address_is_group(&upper.address))
                return;
        for (size_t k = 0; k < i->n_addresses; k++)
                if (ether_address_equal(&i->addresses[k], &upper.address))
                        return; /* known already, with its IP addresses or in another VLAN */
        for (size_t k = 0; k < n; k++) {
                if (bridges[k].ifindex != (int) nla_get_u32(attrs[NDA_MASTER]) ||
                                bridges[k].port == message->ndm_ifindex)
                        continue;
                add_behind(i, &bridges[k], &upper,
                                attrs[NDA_VLAN] && nla_len(attrs[NDA_VLAN]) >= 2 ? nla_get_u16(attrs[NDA_VLAN])
                                                                                 : 0);
                return;
        }
}

static int add_guest(struct nlmsghdr *h, void *userdata) {
        BridgesDump *d = userdata;

        bond_identity_add_guest(d->identity, d->bridges, d->n, h);
        return 0;
}

static int dump_into(BridgesDump *d, Rtnetlink *n, int type, uint8_t family, RtnetlinkHandler handler) {
        size_t uppers_before = d->identity->n_uppers;
        struct ifinfomsg head = { .ifi_family = family };
        int r = -EAGAIN;

        for (unsigned attempt = 0; r == -EAGAIN && attempt < ATTEMPTS; attempt++) {
                _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, 0);

                if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0)
                        return -ENOMEM;
                d->identity->n_uppers = uppers_before;
                r = rtnetlink_dump(n, m, handler, d);
        }
        return r;
}

/* Bridges, and the devices on them. */
static int read_bridges(Identity *i, Rtnetlink *n, BridgesDump *ret) {
        int r;

        *ret = (BridgesDump){ .identity = i };
        list_bridges(ret);
        if (ret->n == 0)
                return 0;
        r = dump_into(ret, n, RTM_GETLINK, AF_UNSPEC, add_bridge);
        return r < 0 ? r : identity_read_uppers(i, n);
}

static void set_addresses(Identity *i, const BondMembers *m) {
        i->home = m->bond.ifindex;
        i->own = m->bond.address;
        (void) identity_add_address(i, i->own);
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                i->station[side] = ether_address_station(m->port[side].permanent);
                /* For a while after the move peers still use the address that the bond had before it. */
                if (m->bond.fail_over_mac == BOND_MAC_ACTIVE)
                        (void) identity_add_address(i, m->port[side].permanent);
        }
}

int bond_identity_read(Identity **ret, Rtnetlink *n, const BondMembers *m, const char *const *names, Error *e) {
        const int ifindex[_PAIR_SIDE_MAX] = { m->port[SIDE_PRIMARY].ifindex, m->port[SIDE_STANDBY].ifindex };
        _cleanup_free_ Identity *i = new0(Identity, 1);
        BridgesDump bridges;
        int r;

        if (!i)
                return error_errno(e, -ENOMEM, "Cannot read %s", m->bond.name);
        r = identity_read_links(i, n, ifindex, names, e);
        if (r < 0)
                return r;
        set_addresses(i, m);
        r = identity_read_uppers(i, n);
        if (r >= 0)
                r = read_bridges(i, n, &bridges);
        if (r >= 0)
                r = identity_read_hosts(i, n);
        if (r >= 0 && bridges.n > 0)
                r = dump_into(&bridges, n, RTM_GETNEIGH, AF_BRIDGE, add_guest);
        if (r < 0)
                return error_set(e, ERROR_FAILED, r, "Cannot read the addresses of %s: %s", m->bond.name,
                                rtnetlink_words(n));
        *ret = TAKE_PTR(i);
        return 0;
}
