/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "identity-record.h"

#define FILE_MAGIC UINT32_C(0x31644970) /* "pId1", in this machine's byte order: it is read by no other */

int identity_record_new(int primary, IdentityRecord **ret) {
        IdentityRecord *r = new0(IdentityRecord, 1);

        if (!r)
                return -ENOMEM;
        r->devices[0].ifindex = primary;
        r->n_devices = 1;
        *ret = r;
        return 0;
}

IdentityRecord *identity_record_free(IdentityRecord *r) {
        if (!r)
                return NULL;
        free(r->entries);
        free(r->bytes);
        free(r);
        return NULL;
}

/* ---- which device ---- */

int identity_record_find_device(const IdentityRecord *r, int ifindex) {
        for (uint32_t d = 0; d < r->n_devices; d++)
                if (ifindex > 0 && r->devices[d].ifindex == ifindex)
                        return (int) d;
        return -ENOENT;
}

static bool get_u32(const struct nlattr *a, uint32_t *ret) {
        if (!a || nla_len(a) < 4)
                return false;
        *ret = nla_get_u32(a);
        return true;
}

static int device_of_hops(const IdentityRecord *r, const struct nlattr *multipath) {
        const struct rtnexthop *hop = nla_data(multipath);
        int left = nla_len(multipath), d = -ENOENT;

        for (; d < 0 && left >= (int) sizeof(*hop) && RTNH_OK(hop, left);
                        left -= (int) NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
                d = identity_record_find_device(r, hop->rtnh_ifindex);
        return d;
}

/* What the kernel makes by itself with an address is not put back by us: it would be made twice. */
static int device_of_route(const IdentityRecord *r, struct nlmsghdr *h) {
        struct nlattr *a[RTA_MAX + 1];
        const struct rtmsg *m;
        uint32_t oif;

        if (nlmsg_parse(h, sizeof(*m), a, RTA_MAX, NULL) < 0)
                return -ENOENT;
        m = nlmsg_data(h);
        if ((m->rtm_family != AF_INET && m->rtm_family != AF_INET6) || m->rtm_flags & RTM_F_CLONED ||
                        m->rtm_protocol == RTPROT_KERNEL ||
                        (m->rtm_type != RTN_UNICAST && m->rtm_type != RTN_MULTICAST))
                return -ENOENT;
        if (get_u32(a[RTA_OIF], &oif))
                return identity_record_find_device(r, (int) oif);
        return a[RTA_MULTIPATH] ? device_of_hops(r, a[RTA_MULTIPATH]) : -ENOENT;
}

static bool names(const struct nlattr *a, const char *name) {
        return a && name[0] && (size_t) nla_len(a) >= strlen(name) + 1 && streq(nla_data(a), name);
}

/* Rules of the devices on top need nothing: they name them, and find them again. */
static int device_of_rule(const IdentityRecord *r, struct nlmsghdr *h) {
        struct nlattr *a[FRA_MAX + 1];
        const struct fib_rule_hdr *m;

        if (nlmsg_parse(h, sizeof(*m), a, FRA_MAX, NULL) < 0)
                return -ENOENT;
        m = nlmsg_data(h);
        if (m->family != AF_INET && m->family != AF_INET6)
                return -ENOENT;
        return names(a[FRA_IIFNAME], r->devices[0].name) || names(a[FRA_OIFNAME], r->devices[0].name) ? 0
                                                                                                      : -ENOENT;
}

static int device_of_neighbour(const IdentityRecord *r, struct nlmsghdr *h) {
        const struct ndmsg *m = nlmsg_data(h);

        if (!nlmsg_valid_hdr(h, sizeof(*m)) || (m->ndm_family != AF_INET && m->ndm_family != AF_INET6) ||
                        !(m->ndm_state & NUD_PERMANENT || m->ndm_flags & NTF_PROXY))
                return -ENOENT;
        return identity_record_find_device(r, m->ndm_ifindex);
}

static int device_of_address(const IdentityRecord *r, struct nlmsghdr *h) {
        const struct ifaddrmsg *m = nlmsg_data(h);

        if (!nlmsg_valid_hdr(h, sizeof(*m)) || (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) ||
                        (m->ifa_family == AF_INET6 && m->ifa_flags & IFA_F_DADFAILED))
                return -ENOENT;
        return identity_record_find_device(r, (int) m->ifa_index);
}

/* ---- adding ---- */

static int add_entry(IdentityRecord *r, RecordKind kind, uint32_t device, const struct nlmsghdr *h) {
        uint32_t length = NLMSG_ALIGN(h->nlmsg_len);
        void *entries = r->entries, *bytes = r->bytes;
        int k;

        if (r->n_entries >= IDENTITY_RECORD_ENTRIES_MAX || h->nlmsg_len > IDENTITY_RECORD_BYTES_MAX ||
                        length > IDENTITY_RECORD_BYTES_MAX - r->n_bytes) {
                r->truncated = true;
                return 0;
        }
        k = memory_grow(&entries, &r->n_allocated, r->n_entries + 1, sizeof(*r->entries));
        r->entries = entries;
        if (k < 0)
                return k;
        k = memory_grow(&bytes, &r->n_bytes_allocated, r->n_bytes + length, 1);
        r->bytes = bytes;
        if (k < 0)
                return k;
        memset(r->bytes + r->n_bytes, 0, length);
        memcpy(r->bytes + r->n_bytes, h, h->nlmsg_len);
        r->entries[r->n_entries++] = (RecordEntry){
                .kind = (uint32_t) kind, .device = device, .offset = r->n_bytes
        };
        r->n_bytes += length;
        return 0;
}

static bool get_ether_address(const struct nlattr *a, EtherAddress *ret) {
        if (!a || nla_len(a) != sizeof(ret->octet))
                return false;
        memcpy(ret->octet, nla_data(a), sizeof(ret->octet));
        return true;
}

/* Kinds that go with what is below them, and are made again of what the kernel tells of them. */
static bool is_child(struct nlattr *linkinfo) {
        static const char *const kinds[] = { "vlan", "macvlan" };
        struct nlattr *info[IFLA_INFO_MAX + 1];

        if (!linkinfo || nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0 || !info[IFLA_INFO_KIND])
                return false;
        for (size_t k = 0; k < ELEMENTSOF(kinds); k++)
                if ((size_t) nla_len(info[IFLA_INFO_KIND]) >= strlen(kinds[k]) &&
                                strncmp(nla_data(info[IFLA_INFO_KIND]), kinds[k],
                                                (size_t) nla_len(info[IFLA_INFO_KIND])) == 0)
                        return true;
        return false;
}

static void note_primary(IdentityRecord *r, const struct ifinfomsg *m, struct nlattr *a[IFLA_MAX + 1]) {
        EtherAddress permanent;

        r->up = m->ifi_flags & IFF_UP;
        (void) get_ether_address(a[IFLA_ADDRESS], &r->address);
        r->permanent = get_ether_address(a[IFLA_PERM_ADDRESS], &permanent);
        nla_strlcpy(r->devices[0].name, a[IFLA_IFNAME], sizeof(r->devices[0].name));
}

static int add_link(IdentityRecord *r, struct nlmsghdr *h) {
        struct nlattr *a[IFLA_MAX + 1];
        const struct ifinfomsg *m;
        uint32_t link;
        int lower;

        if (nlmsg_parse(h, sizeof(*m), a, IFLA_MAX, NULL) < 0 || !a[IFLA_IFNAME])
                return 0;
        m = nlmsg_data(h);
        if (m->ifi_family != AF_UNSPEC)
                return 0;
        if (m->ifi_index == r->devices[0].ifindex) {
                if (r->devices[0].name[0])
                        return 0;
                note_primary(r, m, a);
                return add_entry(r, RECORD_LINK, 0, h);
        }
        if (identity_record_find_device(r, m->ifi_index) >= 0 || !get_u32(a[IFLA_LINK], &link) ||
                        a[IFLA_LINK_NETNSID] || !is_child(a[IFLA_LINKINFO]))
                return 0;
        lower = identity_record_find_device(r, (int) link);
        if (lower < 0) {
                r->unordered |= (int) link > m->ifi_index;
                return 0;
        }
        if (r->n_devices >= IDENTITY_RECORD_DEVICES_MAX) {
                r->truncated = true;
                return 0;
        }
        r->devices[r->n_devices] = (RecordDevice){ .ifindex = m->ifi_index, .lower = (uint32_t) lower };
        nla_strlcpy(r->devices[r->n_devices].name, a[IFLA_IFNAME], IFNAMSIZ);
        return add_entry(r, RECORD_LINK, r->n_devices++, h);
}

void identity_record_add_spare(IdentityRecord *r, int standby, struct nlmsghdr *h) {
        struct nlattr *a[IFLA_MAX + 1];
        const struct ifinfomsg *m;
        EtherAddress permanent;

        if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(*m), a, IFLA_MAX, NULL) < 0)
                return;
        m = nlmsg_data(h);
        if (m->ifi_family != AF_UNSPEC || m->ifi_index != standby)
                return;
        (void) get_ether_address(a[IFLA_ADDRESS], &r->spare_address);
        r->permanent = r->permanent && get_ether_address(a[IFLA_PERM_ADDRESS], &permanent);
}

typedef struct TypeRow {
        uint16_t added, deleted;
        int (*device_of)(const IdentityRecord *r,
                        struct nlmsghdr *h); /* NULL: links, which are looked for otherwise */
} TypeRow;

static const TypeRow types[_RECORD_KIND_MAX] = {
        [RECORD_LINK] = { RTM_NEWLINK, RTM_DELLINK, NULL },
        [RECORD_ADDRESS] = { RTM_NEWADDR, RTM_DELADDR, device_of_address },
        [RECORD_ROUTE] = { RTM_NEWROUTE, RTM_DELROUTE, device_of_route },
        [RECORD_RULE] = { RTM_NEWRULE, RTM_DELRULE, device_of_rule },
        [RECORD_NEIGHBOUR] = { RTM_NEWNEIGH, RTM_DELNEIGH, device_of_neighbour },
};

int identity_record_add(IdentityRecord *r, struct nlmsghdr *h) {
        if (h->nlmsg_type == RTM_NEWLINK)
                return add_link(r, h);
        for (RecordKind k = RECORD_ADDRESS; k < _RECORD_KIND_MAX; k++) {
                int d;

                if (h->nlmsg_type != types[k].added)
                        continue;
                d = types[k].device_of(r, h);
                return d < 0 ? 0 : add_entry(r, k, (uint32_t) d, h);
        }
        return 0;
}

/* ---- asking ---- */

static bool link_concerns(const IdentityRecord *r, struct nlmsghdr *h) {
        struct nlattr *a[IFLA_MAX + 1];
        const struct ifinfomsg *m;
        uint32_t link;

        if (nlmsg_parse(h, sizeof(*m), a, IFLA_MAX, NULL) < 0)
                return false;
        m = nlmsg_data(h);
        return identity_record_find_device(r, m->ifi_index) >= 0 ||
                        (get_u32(a[IFLA_LINK], &link) && identity_record_find_device(r, (int) link) >= 0);
}

bool identity_record_concerns(const IdentityRecord *r, struct nlmsghdr *h) {
        for (RecordKind k = 0; k < _RECORD_KIND_MAX; k++)
                if (h->nlmsg_type == types[k].added || h->nlmsg_type == types[k].deleted)
                        return types[k].device_of ? types[k].device_of(r, h) >= 0 : link_concerns(r, h);
        return false;
}

bool identity_record_in_use(const IdentityRecord *r) {
        for (uint32_t i = 0; i < r->n_entries; i++) {
                const RecordEntry *e = r->entries + i;
                const struct ifaddrmsg *m = nlmsg_data(identity_record_message(r, e));

                if (e->kind == RECORD_ADDRESS && e->device == 0 && m->ifa_scope != RT_SCOPE_LINK)
                        return true;
        }
        return false;
}

static bool is_neighbour(struct nlmsghdr *h, const Neighbour *n) {
        int length = n->family == AF_INET ? 4 : 16;
        struct nlattr *a[NDA_MAX + 1];
        const struct ndmsg *m;

        if (nlmsg_parse(h, sizeof(*m), a, NDA_MAX, NULL) < 0)
                return false;
        m = nlmsg_data(h);
        return m->ndm_family == n->family && !(m->ndm_flags & NTF_PROXY) && a[NDA_DST] &&
                        nla_len(a[NDA_DST]) == length &&
                        memcmp(nla_data(a[NDA_DST]), n->address, (size_t) length) == 0;
}

bool identity_record_has_neighbour(const IdentityRecord *r, uint32_t device, const Neighbour *n) {
        for (uint32_t i = 0; i < r->n_entries; i++) {
                const RecordEntry *e = r->entries + i;

                if (e->kind == RECORD_NEIGHBOUR && e->device == device &&
                                is_neighbour((struct nlmsghdr *) identity_record_message(r, e), n))
                        return true;
        }
        return false;
}

/* The bytes of a message that say how old it is. */
static bool is_volatile(RecordKind kind, int attribute) {
        switch (kind) {
        case RECORD_ADDRESS:
                return attribute == IFA_CACHEINFO;
        case RECORD_ROUTE:
                return attribute == RTA_CACHEINFO;
        case RECORD_NEIGHBOUR:
                return attribute == NDA_CACHEINFO || attribute == NDA_PROBES;
        case RECORD_LINK: /* the device as such does not change for what is counted on it */
                return attribute != IFLA_ADDRESS && attribute != IFLA_MTU && attribute != IFLA_LINKINFO &&
                                attribute != IFLA_MASTER && attribute != IFLA_TXQLEN;
        case RECORD_RULE:
        case _RECORD_KIND_MAX:
        case _RECORD_KIND_INVALID:
                break;
        }
        return false;
}

static size_t head_of(RecordKind kind) {
        static const size_t heads[_RECORD_KIND_MAX] = {
                [RECORD_LINK] = sizeof(struct ifinfomsg),
                [RECORD_ADDRESS] = sizeof(struct ifaddrmsg),
                [RECORD_ROUTE] = sizeof(struct rtmsg),
                [RECORD_RULE] = sizeof(struct fib_rule_hdr),
                [RECORD_NEIGHBOUR] = sizeof(struct ndmsg),
        };

        return heads[kind];
}

static const struct nlattr *next_lasting(RecordKind kind, const struct nlattr *a, int *left) {
        while (nla_ok(a, *left) && is_volatile(kind, nla_type(a)))
                a = nla_next(a, left);
        return nla_ok(a, *left) ? a : NULL;
}

static bool message_equal(RecordKind kind, const struct nlmsghdr *m, const struct nlmsghdr *n) {
        size_t head = head_of(kind);
        struct nlattr *a = nlmsg_attrdata(m, (int) head), *b = nlmsg_attrdata(n, (int) head);
        int left_a = nlmsg_attrlen(m, (int) head), left_b = nlmsg_attrlen(n, (int) head);

        if (kind != RECORD_LINK && memcmp(nlmsg_data(m), nlmsg_data(n), head) != 0)
                return false;
        for (;;) {
                const struct nlattr *x = next_lasting(kind, a, &left_a), *y = next_lasting(kind, b, &left_b);

                if (!x || !y)
                        return !x && !y;
                if (x->nla_len != y->nla_len || memcmp(x, y, x->nla_len) != 0)
                        return false;
                a = nla_next(x, &left_a);
                b = nla_next(y, &left_b);
        }
}

bool identity_record_equal(const IdentityRecord *a, const IdentityRecord *b) {
        if (a->n_devices != b->n_devices || a->n_entries != b->n_entries || a->up != b->up ||
                        a->permanent != b->permanent || !ether_address_equal(&a->address, &b->address) ||
                        !ether_address_equal(&a->spare_address, &b->spare_address) ||
                        memcmp(a->devices, b->devices, a->n_devices * sizeof(*a->devices)) != 0)
                return false;
        for (uint32_t i = 0; i < a->n_entries; i++)
                if (a->entries[i].kind != b->entries[i].kind || a->entries[i].device != b->entries[i].device ||
                                !message_equal((RecordKind) a->entries[i].kind,
                                                identity_record_message(a, a->entries + i),
                                                identity_record_message(b, b->entries + i)))
                        return false;
        return true;
}

/* ---- file ---- */

typedef struct FileHead {
        uint32_t magic, n_devices, n_entries, n_bytes;
        uint64_t read_at;
        EtherAddress address, spare_address;
        uint8_t permanent, up, truncated, reserved;
} FileHead;

int identity_record_encode(const IdentityRecord *r, uint8_t **ret, size_t *ret_size) {
        FileHead head = {
                .magic = FILE_MAGIC,
                .n_devices = r->n_devices,
                .n_entries = r->n_entries,
                .n_bytes = r->n_bytes,
                .read_at = r->read_at,
                .address = r->address,
                .spare_address = r->spare_address,
                .permanent = r->permanent,
                .up = r->up,
                .truncated = r->truncated,
        };
        size_t devices = r->n_devices * sizeof(*r->devices), entries = r->n_entries * sizeof(*r->entries);
        uint8_t *p = malloc(sizeof(head) + devices + entries + r->n_bytes);

        if (!p)
                return -ENOMEM;
        memcpy(p, &head, sizeof(head));
        memcpy(p + sizeof(head), r->devices, devices);
        if (r->n_entries > 0) {
                memcpy(p + sizeof(head) + devices, r->entries, entries);
                memcpy(p + sizeof(head) + devices + entries, r->bytes, r->n_bytes);
        }
        *ret = p;
        *ret_size = sizeof(head) + devices + entries + r->n_bytes;
        return 0;
}

static bool entry_is_sound(const IdentityRecord *r, const RecordEntry *e) {
        struct nlmsghdr h;

        if (e->kind >= _RECORD_KIND_MAX || e->device >= r->n_devices || e->made > 1 ||
                        e->offset % NLMSG_ALIGNTO != 0 || e->offset > r->n_bytes ||
                        r->n_bytes - e->offset < sizeof(h))
                return false;
        memcpy(&h, r->bytes + e->offset, sizeof(h));
        return h.nlmsg_type == types[e->kind].added && h.nlmsg_len <= r->n_bytes - e->offset &&
                        h.nlmsg_len >= NLMSG_HDRLEN + head_of((RecordKind) e->kind);
}

static bool record_is_sound(IdentityRecord *r) {
        for (uint32_t d = 0; d < r->n_devices; d++) {
                r->devices[d].name[IFNAMSIZ - 1] = 0;
                if (r->devices[d].lower >= MAX(d, UINT32_C(1)) || r->devices[d].ifindex <= 0)
                        return false;
        }
        for (uint32_t i = 0; i < r->n_entries; i++)
                if (!entry_is_sound(r, r->entries + i))
                        return false;
        return true;
}

int identity_record_decode(const uint8_t *data, size_t size, IdentityRecord **ret) {
        _cleanup_(identity_record_freep) IdentityRecord *r = NULL;
        size_t devices, entries;
        FileHead head;

        if (size < sizeof(head))
                return -EBADMSG;
        memcpy(&head, data, sizeof(head));
        if (head.magic != FILE_MAGIC || head.n_devices < 1 || head.n_devices > IDENTITY_RECORD_DEVICES_MAX ||
                        head.n_entries > IDENTITY_RECORD_ENTRIES_MAX ||
                        head.n_bytes > IDENTITY_RECORD_BYTES_MAX)
                return -EBADMSG;
        devices = head.n_devices * sizeof(*r->devices);
        entries = head.n_entries * sizeof(*r->entries);
        if (size != sizeof(head) + devices + entries + head.n_bytes)
                return -EBADMSG;
        if (identity_record_new(1, &r) < 0)
                return -ENOMEM;
        r->entries = malloc(MAX(entries, (size_t) 1));
        r->bytes = malloc(MAX(head.n_bytes, UINT32_C(1)));
        if (!r->entries || !r->bytes)
                return -ENOMEM;
        memcpy(r->devices, data + sizeof(head), devices);
        memcpy(r->entries, data + sizeof(head) + devices, entries);
        memcpy(r->bytes, data + sizeof(head) + devices + entries, head.n_bytes);
        r->n_devices = head.n_devices;
        r->n_entries = r->n_allocated = head.n_entries;
        r->n_bytes = r->n_bytes_allocated = head.n_bytes;
        r->read_at = head.read_at;
        r->address = head.address;
        r->spare_address = head.spare_address;
        r->permanent = head.permanent;
        r->up = head.up;
        r->truncated = head.truncated;
        if (!record_is_sound(r))
                return -EBADMSG;
        *ret = TAKE_PTR(r);
        return 0;
}
