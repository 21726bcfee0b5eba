/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Under which addresses, VLANs and groups the network knows a pair, as a snapshot: what the kernel says about
 * the primary and what lies on top of it, and whatever of the standby would stand in the way. */

#include <netinet/in.h>

#include "pair-policy.h"
#include "rtnetlink.h"

#define IDENTITY_ADDRESSES_MAX  128 /* MAC addresses, the adapter's own first */
#define IDENTITY_GROUPS_MAX     512 /* group MAC addresses the primary listens to */
#define IDENTITY_UPPERS_MAX     128 /* the primary itself, the VLANs and macvlans on it and on one another */
#define IDENTITY_TAGS_MAX       4   /* VLANs within VLANs */
#define IDENTITY_PRIORITIES_MAX 16  /* mapped by a VLAN device */
#define IDENTITY_HOSTS_MAX      256 /* IP addresses */
#define IDENTITY_MEMBERS_MAX    256 /* IP groups joined */
#define IDENTITY_NEIGHBOURS_MAX 8   /* some that would answer if asked */

typedef struct IdentityLink {
        bool exists;
        EtherAddress address;
        unsigned flags;
        unsigned hardware_type; /* ARPHRD_ */
        int master;
        char master_kind[16]; /* "bridge", "bond", "" */
        bool has_inet6;
        uint8_t addr_gen_mode;
} IdentityLink;

/* What the kernel makes of a loss of carrier, per device. */
typedef enum IdentitySetting {
        IDENTITY_IGNORE_ROUTES4, /* ignore_routes_with_linkdown: no longer uses IPv4 routes */
        IDENTITY_IGNORE_ROUTES6,
        IDENTITY_EVICT4, /* arp_evict_nocarrier: forgets IPv4 neighbours */
        IDENTITY_EVICT6, /* ndisc_evict_nocarrier: forgets IPv6 neighbours */
        _IDENTITY_SETTING_MAX,
} IdentitySetting;

typedef enum IdentitySettingState {
        SETTING_NO_PROTOCOL, /* the device does not do that version of IP */
        SETTING_UNKNOWN,     /* the kernel is older than the setting */
        SETTING_OFF,
        SETTING_ON,
} IdentitySettingState;

/* An address family and the setting's place in the table of settings that RTM_NEWLINK holds of it
 * (IFLA_AF_SPEC: 32-bit values; IPV4_DEVCONF_ of linux/ip.h from 1, DEVCONF_ of linux/ipv6.h from 0), its
 * sysctl's name. */
typedef struct IdentitySettingInfo {
        int family;
        unsigned number;
        const char *sysctl;
} IdentitySettingInfo;

extern const IdentitySettingInfo identity_settings[_IDENTITY_SETTING_MAX];

typedef enum IdentityUpperKind {
        UPPER_HOME, /* the primary itself, or the bond above both */
        UPPER_VLAN,
        UPPER_MACVLAN, /* and macvtap */
        UPPER_BRIDGE,  /* of which a device is a port, or whoever is behind another port of it */
} IdentityUpperKind;

typedef struct IdentityUpper {
        int ifindex, lower;
        IdentityUpperKind kind;
        char name[IFNAMSIZ];
        bool up; /* IFF_UP */
        int master;
        char master_kind[16];             /* as in IdentityLink */
        FrameTag tags[IDENTITY_TAGS_MAX]; /* of what it sends, on the wire: innermost first */
        size_t n_tags;
        bool tags_all; /* VLAN: also what has such a tag already (VLAN_FLAG_REORDER_HDR) */
        bool bridges;  /* macvlan: hands frames to its siblings */
        struct {
                uint32_t from;
                uint8_t to;
        } priorities[IDENTITY_PRIORITIES_MAX]; /* VLAN: of the stack, in the tag */
        size_t n_priorities;
        EtherAddress address;
        unsigned igmp_version; /* 0: unknown */
        unsigned n_hosts;
        IdentitySettingState setting[_IDENTITY_SETTING_MAX];
} IdentityUpper;

/* What a frame of that device begins with on the wire; NULL: no tag. */
static inline const FrameTag *identity_outermost_tag(const IdentityUpper *u) {
        return u->n_tags > 0 ? &u->tags[u->n_tags - 1] : NULL;
}

/* A VLAN device on the standby. */
typedef struct IdentitySpareVlan {
        int ifindex;
        FrameTag tag;
        bool ours; /* by its name: redirect-vlan-filter.h */
} IdentitySpareVlan;

typedef struct IdentityHost {
        unsigned upper; /* index */
        int family;
        bool usable; /* not tentative, no duplicate */
        union {
                struct in_addr in;
                struct in6_addr in6;
        };
} IdentityHost;

typedef struct Identity {
        int ifindex[_PAIR_SIDE_MAX];
        int home;         /* the device that has the addresses: the primary, or the bond above both */
        EtherAddress own; /* that device's */
        EtherAddress station[_PAIR_SIDE_MAX];
        IdentityLink link[_PAIR_SIDE_MAX];
        EtherAddress addresses[IDENTITY_ADDRESSES_MAX];
        size_t n_addresses;
        EtherAddress groups[IDENTITY_GROUPS_MAX];
        size_t n_groups;
        IdentityUpper uppers[IDENTITY_UPPERS_MAX];
        size_t n_uppers;
        IdentityHost hosts[IDENTITY_HOSTS_MAX];
        size_t n_hosts;
        IdentityHost members[IDENTITY_MEMBERS_MAX];
        size_t n_members;
        IdentityHost neighbours[IDENTITY_NEIGHBOURS_MAX];
        size_t n_neighbours;
        int spare_uppers[8]; /* devices on the standby that are not ours */
        size_t n_spare_uppers;
        IdentitySpareVlan spare_vlans[IDENTITY_UPPERS_MAX];
        size_t n_spare_vlans;
        char spare_address[96]; /* an address an administrator gave the standby or a device on it, or "" */
        bool truncated;         /* there was more than fits */
        bool unordered;         /* a device was told of before the one below: ask again */
} Identity;

/* Reads everything; ret is untouched on failure. -ENODEV when an adapter does not exist. Waits for RTNL. */
int identity_read(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX], const char *const *names,
                Error *e);

/* As far as it is needed to judge whether the adapters suit: without filters, groups and neighbours. */
int identity_read_plain(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e);

/* The parts of it, for a pair whose addresses are not the primary's: both links; once i->home is set, the
 * devices on top of that; then MAC and IP addresses, groups and neighbours of all these. Negative errno. */
int identity_read_links(Identity *i, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX], const char *const *names,
                Error *e);
int identity_read_uppers(Identity *i, Rtnetlink *n);
int identity_read_hosts(Identity *i, Rtnetlink *n);

/* A further MAC address, once; false when there is no room. */
bool identity_add_address(Identity *i, EtherAddress a);

/* Dumps what a message of that type and head asks for, and lets the handler add each answer to i (which is its
 * userdata); tried again when the kernel was interrupted. */
int identity_dump(Identity *i, Rtnetlink *n, int type, const void *head, size_t size, RtnetlinkHandler handler);

/* Only what the links tell; the adapters need not exist. */
int identity_read_devices(Identity **ret, Rtnetlink *n, const int ifindex[_PAIR_SIDE_MAX]);

/* The device of that index among the uppers; NULL when it is none of them. */
const IdentityUpper *identity_find_upper(const Identity *i, int ifindex);

/* The parsers, apart from the sockets and files: each takes one message or line and adds what it says to i. */
int identity_add_link(Identity *i, struct nlmsghdr *h);
/* After every link; again while that sets i->unordered. */
int identity_add_upper(Identity *i, struct nlmsghdr *h);
int identity_add_filter(Identity *i, struct nlmsghdr *h);
int identity_add_host(Identity *i, struct nlmsghdr *h);
int identity_add_neighbour(Identity *i, struct nlmsghdr *h);
/* RTM_GETMULTICAST of IPv6, which is the type of the answers, too. */
int identity_add_member6(Identity *i, struct nlmsghdr *h);
/* A line of /proc/net/igmp; *upper remembers the device of the lines before (-1: not ours). */
void identity_add_igmp(Identity *i, int *upper, const char *line);
/* A line of /proc/net/igmp6. */
void identity_add_igmp6(Identity *i, const char *line);
