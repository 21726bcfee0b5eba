/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "identity-codec.h"

/* USER_HZ, in which times of routes are told (asm-generic/param.h). */
#define ROUTE_TICKS_PER_SEC 100

typedef struct Request {
        const IdentityRecord *record;
        const RecordEntry *entry;
        const IdentityPlace *place;
        bool remove, mark;
        usec_t now;
        struct nl_msg *message;
} Request;

static int append(Request *q, const void *data, size_t size) {
        return nlmsg_append(q->message, (void *) data, size, NLMSG_ALIGNTO) < 0 ? -ENOMEM : 0;
}

static int put(Request *q, int type, const void *data, size_t size) {
        return nla_put(q->message, type, (int) size, data) < 0 ? -ENOMEM : 0;
}

static int copy(Request *q, const struct nlattr *a) {
        return put(q, a->nla_type, nla_data(a), (size_t) nla_len(a));
}

static int copy_all(Request *q, struct nlattr *const *a, const int *types, size_t n) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                if (a[types[i]])
                        r = copy(q, a[types[i]]);
        return r;
}

/* Where that device of the record is now; 0: it is none of ours, and stays. */
static int place_of(const Request *q, int recorded, int *ret) {
        *ret = recorded;
        for (uint32_t d = 0; d < q->record->n_devices; d++)
                if (q->record->devices[d].ifindex == recorded) {
                        *ret = q->place->ifindex[d];
                        return *ret > 0 ? 0 : -ENODEV;
                }
        return 0;
}

static uint32_t seconds_passed(const Request *q) {
        return (uint32_t) MIN(usec_sub(q->now, q->record->read_at) / USEC_PER_SEC, (usec_t) UINT32_MAX);
}

/* ---- addresses ---- */

/* "eth0:1" is a label of eth0's. */
static int put_label(Request *q, const struct nlattr *label) {
        const char *own = q->record->devices[0].name;
        char text[IFNAMSIZ], made[2 * IFNAMSIZ];
        size_t length = strlen(own);

        nla_strlcpy(text, label, sizeof(text));
        if (q->entry->device == 0 && strncmp(text, own, length) == 0 &&
                        (text[length] == 0 || text[length] == ':')) {
                snprintf(made, sizeof(made), "%s%s", q->place->name, text + length);
                /* too long a name takes no label of that length: it does without */
                return strlen(made) < IFNAMSIZ ? put(q, IFA_LABEL, made, strlen(made) + 1) : 0;
        }
        return put(q, IFA_LABEL, text, strlen(text) + 1);
}

static bool shorten(uint32_t *lifetime, uint32_t by) {
        if (*lifetime == UINT32_MAX) /* INFINITY_LIFE_TIME, net/addrconf.h */
                return true;
        *lifetime -= MIN(*lifetime, by);
        return *lifetime > 0;
}

static int put_lifetime(Request *q, const struct nlattr *a) {
        struct ifa_cacheinfo info;

        if (!a || (size_t) nla_len(a) < sizeof(info))
                return 0;
        memcpy(&info, nla_data(a), sizeof(info));
        if (!shorten(&info.ifa_valid, seconds_passed(q)))
                return q->remove ? 0 : -ESTALE;
        (void) shorten(&info.ifa_prefered, seconds_passed(q));
        return put(q, IFA_CACHEINFO, &info, sizeof(info));
}

static int request_address(Request *q, struct nlmsghdr *h) {
        static const int kept[] = { IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_ANYCAST, IFA_RT_PRIORITY };
        static const uint32_t kept_flags = IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
        struct nlattr *a[IFA_MAX + 1];
        uint8_t mark = IDENTITY_ADDRESS_PROTOCOL;
        struct ifaddrmsg m;
        uint32_t flags;
        int r;

        if (nlmsg_parse(h, sizeof(m), a, IFA_MAX, NULL) < 0)
                return -EBADMSG;
        memcpy(&m, nlmsg_data(h), sizeof(m));
        m.ifa_index = (unsigned) q->place->ifindex[q->entry->device];
        flags = a[IFA_FLAGS] && nla_len(a[IFA_FLAGS]) >= 4 ? nla_get_u32(a[IFA_FLAGS]) : m.ifa_flags;
        flags &= kept_flags;
        if (m.ifa_family == AF_INET6)
                flags |= IFA_F_NODAD; /* it was detected once, and the one that had it is gone */
        m.ifa_flags = (uint8_t) flags;
        r = append(q, &m, sizeof(m));
        if (r >= 0)
                r = copy_all(q, a, kept, ELEMENTSOF(kept));
        if (r >= 0)
                r = put(q, IFA_FLAGS, &flags, sizeof(flags));
        if (r >= 0 && a[IFA_LABEL])
                r = put_label(q, a[IFA_LABEL]);
        if (r >= 0)
                r = put_lifetime(q, a[IFA_CACHEINFO]);
        if (r < 0 || q->remove)
                return r;
        if (a[IFA_PROTO])
                return copy(q, a[IFA_PROTO]);
        return q->mark ? put(q, IFA_PROTO, &mark, sizeof(mark)) : 0;
}

/* ---- routes ---- */

bool identity_codec_has_gateway(const struct nlmsghdr *route) {
        struct nlattr *a[RTA_MAX + 1];

        return nlmsg_parse((struct nlmsghdr *) route, sizeof(struct rtmsg), a, RTA_MAX, NULL) >= 0 &&
                        (a[RTA_GATEWAY] || a[RTA_VIA] || a[RTA_MULTIPATH]);
}

static int put_hops(Request *q, const struct nlattr *multipath) {
        _cleanup_free_ uint8_t *copied = malloc((size_t) MAX(nla_len(multipath), 1));
        struct rtnexthop *hop = (struct rtnexthop *) (void *) copied;
        int left = nla_len(multipath), r;

        if (!copied)
                return -ENOMEM;
        memcpy(copied, nla_data(multipath), (size_t) left);
        for (; left >= (int) sizeof(*hop) && RTNH_OK(hop, left);
                        left -= (int) NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
                r = place_of(q, hop->rtnh_ifindex, &hop->rtnh_ifindex);
                if (r < 0)
                        return r;
                hop->rtnh_flags &= RTNH_F_ONLINK;
        }
        return put(q, RTA_MULTIPATH, copied, (size_t) nla_len(multipath));
}

/* A router's advertisement told it to be good for so long. */
static int put_expiry(Request *q, const struct nlattr *a) {
        struct rta_cacheinfo info;
        uint32_t left;

        if (!a || (size_t) nla_len(a) < sizeof(info) || q->remove)
                return 0;
        memcpy(&info, nla_data(a), sizeof(info));
        if (info.rta_expires == 0)
                return 0;
        left = info.rta_expires < 0 ? 0 : (uint32_t) info.rta_expires / ROUTE_TICKS_PER_SEC;
        if (!shorten(&left, seconds_passed(q)))
                return -ESTALE;
        return put(q, RTA_EXPIRES, &left, sizeof(left));
}

static int request_route(Request *q, struct nlmsghdr *h) {
        static const int kept[] = { RTA_DST, RTA_SRC, RTA_PRIORITY, RTA_GATEWAY, RTA_VIA, RTA_PREFSRC,
                RTA_METRICS, RTA_TABLE, RTA_FLOW, RTA_PREF, RTA_ENCAP_TYPE, RTA_ENCAP, RTA_TTL_PROPAGATE };
        struct nlattr *a[RTA_MAX + 1];
        int r, ifindex;
        struct rtmsg m;

        if (nlmsg_parse(h, sizeof(m), a, RTA_MAX, NULL) < 0)
                return -EBADMSG;
        memcpy(&m, nlmsg_data(h), sizeof(m));
        m.rtm_flags &= RTNH_F_ONLINK;
        r = append(q, &m, sizeof(m));
        if (r >= 0)
                r = copy_all(q, a, kept, ELEMENTSOF(kept));
        if (r >= 0 && a[RTA_OIF] && nla_len(a[RTA_OIF]) >= 4) {
                r = place_of(q, (int) nla_get_u32(a[RTA_OIF]), &ifindex);
                if (r >= 0)
                        r = put(q, RTA_OIF, &ifindex, sizeof(ifindex));
        }
        if (r >= 0 && a[RTA_MULTIPATH])
                r = put_hops(q, a[RTA_MULTIPATH]);
        return r < 0 || m.rtm_family == AF_INET ? r : put_expiry(q, a[RTA_CACHEINFO]);
}

/* ---- rules and neighbours ---- */

/* A rule that names the primary is made a second time, for the adapter that stands for it. */
static int request_rule(Request *q, struct nlmsghdr *h) {
        const char *own = q->record->devices[0].name;
        struct fib_rule_hdr m;
        struct nlattr *a;
        int left, r;

        memcpy(&m, nlmsg_data(h), sizeof(m));
        m.flags &= FIB_RULE_INVERT;
        r = append(q, &m, sizeof(m));
        nlmsg_for_each_attr(a, h, sizeof(m), left) {
                bool name = nla_type(a) == FRA_IIFNAME || nla_type(a) == FRA_OIFNAME;

                if (r < 0)
                        return r;
                if (nla_type(a) == FRA_PAD)
                        continue;
                if (name && (size_t) nla_len(a) > strlen(own) && streq(nla_data(a), own))
                        r = put(q, nla_type(a), q->place->name, strlen(q->place->name) + 1);
                else
                        r = copy(q, a);
        }
        return r;
}

static int request_neighbour(Request *q, struct nlmsghdr *h) {
        static const int kept[] = { NDA_DST, NDA_LLADDR, NDA_PROTOCOL };
        struct nlattr *a[NDA_MAX + 1];
        struct ndmsg m;
        int r;

        if (nlmsg_parse(h, sizeof(m), a, NDA_MAX, NULL) < 0)
                return -EBADMSG;
        memcpy(&m, nlmsg_data(h), sizeof(m));
        m.ndm_ifindex = q->place->ifindex[q->entry->device];
        m.ndm_flags &= NTF_ROUTER | NTF_PROXY;
        r = append(q, &m, sizeof(m));
        return r < 0 ? r : copy_all(q, a, kept, ELEMENTSOF(kept));
}

/* ---- devices ---- */

static int put_gen_mode(struct nl_msg *m, uint8_t mode) {
        struct nlattr *families, *inet6;

        if (!(families = nla_nest_start(m, IFLA_AF_SPEC)) || !(inet6 = nla_nest_start(m, AF_INET6)) ||
                        nla_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, mode) < 0)
                return -ENOMEM;
        nla_nest_end(m, inet6);
        nla_nest_end(m, families);
        return 0;
}

/* What the kernel tells and does not take (drivers/net/macvlan.c macvlan_policy). */
static bool is_told_only(const char *kind, int type) {
        return streq(kind, "macvlan") &&
                        (type == IFLA_MACVLAN_BC_QUEUE_LEN_USED || type == IFLA_MACVLAN_MACADDR_COUNT);
}

/* Of a VLAN's flags the kernel tells a mask of all bits, and takes none that it does not know
 * (net/8021q/vlan_dev.c vlan_dev_change_flags()). */
static int copy_setting(Request *q, const char *kind, const struct nlattr *a) {
        static const uint32_t old = VLAN_FLAG_REORDER_HDR | VLAN_FLAG_GVRP | VLAN_FLAG_LOOSE_BINDING |
                        VLAN_FLAG_MVRP;
        struct ifla_vlan_flags flags;

        if (!streq(kind, "vlan") || nla_type(a) != IFLA_VLAN_FLAGS || nla_len(a) < (int) sizeof(flags))
                return copy(q, a);
        memcpy(&flags, nla_data(a), sizeof(flags));
        flags.mask &= flags.flags | old;
        return put(q, IFLA_VLAN_FLAGS, &flags, sizeof(flags));
}

static int put_kind(Request *q, struct nlattr *linkinfo) {
        struct nlattr *info[IFLA_INFO_MAX + 1], *nest, *data, *a;
        char kind[16];
        int left;

        if (!linkinfo || nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0 || !info[IFLA_INFO_KIND])
                return -EBADMSG;
        nla_strlcpy(kind, info[IFLA_INFO_KIND], sizeof(kind));
        nest = nla_nest_start(q->message, IFLA_LINKINFO);
        if (!nest || nla_put_string(q->message, IFLA_INFO_KIND, kind) < 0)
                return -ENOMEM;
        if (info[IFLA_INFO_DATA]) {
                data = nla_nest_start(q->message, IFLA_INFO_DATA);
                if (!data)
                        return -ENOMEM;
                nla_for_each_nested(a, info[IFLA_INFO_DATA], left)
                        if (!is_told_only(kind, nla_type(a)) && copy_setting(q, kind, a) < 0)
                                return -ENOMEM;
                nla_nest_end(q->message, data);
        }
        nla_nest_end(q->message, nest);
        return 0;
}

static int request_link(Request *q, struct nlmsghdr *h) {
        static const int kept[] = { IFLA_IFNAME, IFLA_ADDRESS, IFLA_MTU, IFLA_TXQLEN, IFLA_GROUP, IFLA_MASTER };
        const RecordDevice *device = q->record->devices + q->entry->device;
        struct nlattr *a[IFLA_MAX + 1];
        struct ifinfomsg m = {};
        int r, lower;

        if (q->entry->device == 0 || nlmsg_parse(h, sizeof(m), a, IFLA_MAX, NULL) < 0)
                return -EBADMSG;
        if (q->remove) {
                m.ifi_index = q->place->ifindex[q->entry->device];
                return m.ifi_index > 0 ? append(q, &m, sizeof(m)) : -ENODEV;
        }
        lower = q->place->ifindex[device->lower];
        if (lower <= 0)
                return -ENODEV;
        r = append(q, &m, sizeof(m));
        if (r >= 0)
                r = copy_all(q, a, kept, ELEMENTSOF(kept));
        if (r >= 0)
                r = put(q, IFLA_LINK, &lower, sizeof(lower));
        return r < 0 ? r : put_kind(q, a[IFLA_LINKINFO]);
}

struct nl_msg *identity_codec_link(int ifindex, const IdentityLinkSetting *what) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWLINK, 0);

        if (what->up || what->down) {
                head.ifi_change = IFF_UP;
                head.ifi_flags = what->up ? IFF_UP : 0;
        }
        if (m &&
                        (nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                                        (what->address &&
                                                        nla_put(m, IFLA_ADDRESS, sizeof(what->address->octet),
                                                                        what->address->octet) < 0) ||
                                        (what->mtu > 0 && nla_put_u32(m, IFLA_MTU, what->mtu) < 0) ||
                                        (what->master >= 0 &&
                                                        nla_put_u32(m, IFLA_MASTER, (uint32_t) what->master) <
                                                                        0) ||
                                        (what->addr_gen_mode >= 0 &&
                                                        put_gen_mode(m, (uint8_t) what->addr_gen_mode) < 0))) {
                nlmsg_free(m);
                return NULL;
        }
        return m;
}

static int get_gen_mode(struct nlattr *af_spec) {
        struct nlattr *family[AF_INET6 + 1], *inet6[IFLA_INET6_MAX + 1];

        if (!af_spec || nla_parse_nested(family, AF_INET6, af_spec, NULL) < 0 || !family[AF_INET6] ||
                        nla_parse_nested(inet6, IFLA_INET6_MAX, family[AF_INET6], NULL) < 0 ||
                        !inet6[IFLA_INET6_ADDR_GEN_MODE] || nla_len(inet6[IFLA_INET6_ADDR_GEN_MODE]) < 1)
                return -1;
        return nla_get_u8(inet6[IFLA_INET6_ADDR_GEN_MODE]);
}

static const RecordEntry *find_link(const IdentityRecord *r, uint32_t device) {
        for (uint32_t i = 0; i < r->n_entries; i++)
                if (r->entries[i].kind == RECORD_LINK && r->entries[i].device == device)
                        return r->entries + i;
        return NULL;
}

void identity_codec_link_setting(const IdentityRecord *r, uint32_t device, IdentityLinkSetting *ret) {
        const RecordEntry *e = find_link(r, device);
        struct nlattr *a[IFLA_MAX + 1];

        *ret = (IdentityLinkSetting){ .master = 0, .addr_gen_mode = -1 };
        if (!e ||
                        nlmsg_parse((struct nlmsghdr *) identity_record_message(r, e), sizeof(struct ifinfomsg),
                                        a, IFLA_MAX, NULL) < 0)
                return;
        ret->up = ((const struct ifinfomsg *) nlmsg_data(identity_record_message(r, e)))->ifi_flags & IFF_UP;
        ret->addr_gen_mode = get_gen_mode(a[IFLA_AF_SPEC]);
        if (a[IFLA_MTU] && nla_len(a[IFLA_MTU]) >= 4)
                ret->mtu = nla_get_u32(a[IFLA_MTU]);
        if (a[IFLA_MASTER] && nla_len(a[IFLA_MASTER]) >= 4)
                ret->master = (int) nla_get_u32(a[IFLA_MASTER]);
}

static void get_kind(struct nlattr *linkinfo, char *kind, size_t size) {
        struct nlattr *info[IFLA_INFO_MAX + 1];

        kind[0] = 0;
        if (linkinfo && nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) >= 0 && info[IFLA_INFO_KIND])
                nla_strlcpy(kind, info[IFLA_INFO_KIND], size);
}

bool identity_codec_is_same_child(
                const IdentityRecord *r, const RecordEntry *e, int lower, struct nlmsghdr *h) {
        struct nlattr *recorded[IFLA_MAX + 1], *a[IFLA_MAX + 1];
        char before[16], now[16];

        if (nlmsg_parse((struct nlmsghdr *) identity_record_message(r, e), sizeof(struct ifinfomsg), recorded,
                            IFLA_MAX, NULL) < 0 ||
                        nlmsg_parse(h, sizeof(struct ifinfomsg), a, IFLA_MAX, NULL) < 0 || !a[IFLA_LINK] ||
                        nla_len(a[IFLA_LINK]) < 4 || (int) nla_get_u32(a[IFLA_LINK]) != lower)
                return false;
        get_kind(recorded[IFLA_LINKINFO], before, sizeof(before));
        get_kind(a[IFLA_LINKINFO], now, sizeof(now));
        return before[0] && streq(before, now);
}

/* ---- the request ---- */

typedef struct KindRow {
        uint16_t add, remove;
        int flags; /* of add: not instead of what is there */
        int (*build)(Request *q, struct nlmsghdr *h);
} KindRow;

/* Of routes to one destination by several ways the kernel takes the later ones for others of the same metric
 * when told to append (NLM_F_APPEND), as with the IPv6 ones that were told one by one. */
static const KindRow kinds[_RECORD_KIND_MAX] = {
        [RECORD_LINK] = { RTM_NEWLINK, RTM_DELLINK, NLM_F_CREATE | NLM_F_EXCL, request_link },
        [RECORD_ADDRESS] = { RTM_NEWADDR, RTM_DELADDR, NLM_F_CREATE | NLM_F_EXCL, request_address },
        [RECORD_ROUTE] = { RTM_NEWROUTE, RTM_DELROUTE, NLM_F_CREATE | NLM_F_APPEND, request_route },
        [RECORD_RULE] = { RTM_NEWRULE, RTM_DELRULE, NLM_F_CREATE | NLM_F_EXCL, request_rule },
        [RECORD_NEIGHBOUR] = { RTM_NEWNEIGH, RTM_DELNEIGH, NLM_F_CREATE | NLM_F_EXCL, request_neighbour },
};

int identity_codec_request(const IdentityRecord *r, const RecordEntry *e, const IdentityPlace *place,
                bool remove, bool mark, usec_t now, struct nl_msg **ret) {
        const KindRow *row = kinds + e->kind;
        Request q = { .record = r, .entry = e, .place = place, .remove = remove, .mark = mark, .now = now };
        int k;

        if (e->kind != RECORD_LINK && place->ifindex[e->device] <= 0)
                return -ENODEV;
        /* more than the message it is made of, for names that are longer and a mark */
        q.message = nlmsg_alloc_size(identity_record_message(r, e)->nlmsg_len + 256);
        if (!q.message ||
                        !nlmsg_put(q.message, NL_AUTO_PORT, NL_AUTO_SEQ, remove ? row->remove : row->add, 0,
                                        remove ? 0 : row->flags)) {
                nlmsg_free(q.message);
                return -ENOMEM;
        }
        k = row->build(&q, (struct nlmsghdr *) identity_record_message(r, e));
        if (k < 0) {
                nlmsg_free(q.message);
                return k;
        }
        *ret = q.message;
        return 0;
}
