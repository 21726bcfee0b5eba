/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <stdio.h>

#include "netlink-socket.h"
#include "qdisc-codec-internal.h"
#include "qdisc-tree-codec.h"
#include "qdisc-value.h"
#include "wire-attribute.h"

#define MINOR_MAX 0xffff

/* What the kernel takes of a classifier's dump. */
typedef struct FilterKind {
        const char *kind;
        uint16_t flags;      /* of these only what was asked for is kept */
        uint16_t dropped[4]; /* said, not taken, or the kernel's own choice; 0: no more */
        uint16_t refused[6]; /* what cannot be replayed */
} FilterKind;

static const FilterKind filter_kinds[] = {
        { "flower", TCA_FLOWER_FLAGS, { TCA_FLOWER_IN_HW_COUNT }, { TCA_FLOWER_ACT, TCA_FLOWER_INDEV } },
        { "matchall", TCA_MATCHALL_FLAGS, { TCA_MATCHALL_PCNT, TCA_MATCHALL_PAD }, { TCA_MATCHALL_ACT } },
        { "u32", TCA_U32_FLAGS, { TCA_U32_HASH, TCA_U32_PCNT, TCA_U32_PAD },
                        { TCA_U32_LINK, TCA_U32_DIVISOR, TCA_U32_POLICE, TCA_U32_ACT, TCA_U32_INDEV } },
};

static const FilterKind *filter_kind(const char *kind) {
        for (size_t i = 0; i < ELEMENTSOF(filter_kinds); i++)
                if (streq(filter_kinds[i].kind, kind))
                        return &filter_kinds[i];
        return NULL;
}

static struct nl_msg *get(int type, int ifindex, uint32_t parent) {
        return qdisc_message(type,
                        &(struct tcmsg){ .tcm_family = AF_UNSPEC,
                                        .tcm_ifindex = ifindex,
                                        .tcm_parent = parent });
}

struct nl_msg *qdisc_tree_codec_get_classes(int ifindex) {
        return get(RTM_GETTCLASS, ifindex, 0);
}

struct nl_msg *qdisc_tree_codec_get_filters(int ifindex, uint32_t parent) {
        return get(RTM_GETTFILTER, ifindex, parent);
}

/* A value in the making. */
typedef struct Bytes {
        uint8_t data[ADAPTER_BYTES_MAX];
        size_t size;
        bool full;
} Bytes;

static void bytes_add(Bytes *b, const void *data, size_t size) {
        if (size > sizeof(b->data) - b->size)
                b->full = true;
        if (b->full || size == 0)
                return;
        memcpy(b->data + b->size, data, size);
        b->size += size;
}

static void bytes_keep(const Bytes *b, AdapterAttribute a, unsigned place, const char *name, AdapterProfile *p,
                QdiscView *view) {
        AdapterValue *v = b->full ? NULL : adapter_profile_add(p, a, place, name);

        if (v)
                *v = adapter_value_bytes(b->data, b->size);
        else
                view->others++;
}

int qdisc_tree_codec_parse_class(const void *payload, size_t size, AdapterProfile *p, QdiscView *view) {
        Bytes b = {};
        uint32_t parent;
        QdiscHeader d;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0)
                return r;
        /* prio has its classes by itself, hfsc the one that stands for the root */
        if (d.header.tcm_ifindex != p->ifindex || !view->root_is_classful ||
                        TC_H_MAJ(d.header.tcm_handle) != TC_H_MAJ(view->root) ||
                        TC_H_MIN(d.header.tcm_handle) == 0 || streq(d.kind, "prio"))
                return 0;
        parent = d.header.tcm_parent == TC_H_ROOT ? 0 : TC_H_MIN(d.header.tcm_parent);
        bytes_add(&b, d.kind, strlen(d.kind) + 1);
        bytes_add(&b, &parent, sizeof(parent));
        if (d.options)
                bytes_add(&b, nla_data(d.options), (size_t) nla_len(d.options));
        b.full = b.full || d.has_more;
        bytes_keep(&b, ATTRIBUTE_QDISC_CLASS, TC_H_MIN(d.header.tcm_handle), NULL, p, view);
        return 0;
}

uint32_t qdisc_tree_parent(const AdapterValue *v) {
        size_t at = strlen(qdisc_value_kind(v)) + 1;
        uint32_t parent;

        if (v->absent || at + sizeof(parent) > v->size)
                return 0;
        memcpy(&parent, adapter_value_data(v) + at, sizeof(parent));
        return parent;
}

static bool is_among(const uint16_t *types, size_t n, int type) {
        for (size_t i = 0; i < n && types[i] != 0; i++)
                if (types[i] == type)
                        return true;
        return false;
}

/* The options as the kernel takes them; false when it would not make the same of them. */
static int add_options(const FilterKind *kind, const struct nlattr *options, Bytes *b) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(options), (size_t) nla_len(options)))
                return -EBADMSG;
        nla_for_each_nested(attr, (struct nlattr *) options, rest) {
                static const uint8_t padding[NLA_ALIGNTO];
                struct nlattr header = *attr;
                uint32_t flags;

                if (is_among(kind->refused, ELEMENTSOF(kind->refused), nla_type(attr)))
                        b->full = true;
                if (is_among(kind->dropped, ELEMENTSOF(kind->dropped), nla_type(attr)))
                        continue;
                if (nla_type(attr) != kind->flags) {
                        bytes_add(b, &header, sizeof(header));
                        bytes_add(b, nla_data(attr), (size_t) nla_len(attr));
                        bytes_add(b, padding, (size_t) (NLA_ALIGN(header.nla_len) - header.nla_len));
                        continue;
                }
                if (nla_len(attr) != (int) sizeof(flags))
                        return -EBADMSG;
                flags = nla_get_u32(attr) & ~(uint32_t) (TCA_CLS_FLAGS_IN_HW | TCA_CLS_FLAGS_NOT_IN_HW);
                if (flags == 0)
                        continue;
                bytes_add(b, &header, sizeof(header));
                bytes_add(b, &flags, sizeof(flags));
        }
        return 0;
}

/* u32 keeps filters in tables, of which every priority has one from 0x800 on; others are somebody's own. */
static bool is_own_table(uint32_t handle) {
        return handle < 0x80000000 || (handle & 0xff000) != 0;
}

int qdisc_tree_codec_parse_filter(const void *payload, size_t size, AdapterProfile *p, QdiscView *view) {
        const FilterKind *kind;
        char name[ADAPTER_NAME_MAX];
        uint32_t handle;
        Bytes b = {};
        QdiscHeader d;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0)
                return r;
        handle = d.header.tcm_handle;
        if (d.header.tcm_ifindex != p->ifindex)
                return 0;
        if (handle == 0 && !streq(d.kind, "fw")) /* the list that filters of one priority are in */
                return 0;
        if (streq(d.kind, "u32") && (handle & 0xfff) == 0 && !is_own_table(handle))
                return 0;
        kind = filter_kind(d.kind);
        if (!kind || !d.options || d.has_more || d.header.tcm_parent != view->root ||
                        (streq(d.kind, "u32") && is_own_table(handle))) {
                view->others++;
                return 0;
        }
        if (streq(d.kind, "u32"))
                handle &= 0xfff;
        bytes_add(&b, d.kind, strlen(d.kind) + 1);
        r = add_options(kind, d.options, &b);
        if (r < 0)
                return r;
        snprintf(name, sizeof(name), "%" PRIu32 ":%04x:%" PRIx32, TC_H_MAJ(d.header.tcm_info) >> 16,
                        __builtin_bswap16((uint16_t) TC_H_MIN(d.header.tcm_info)), handle);
        bytes_keep(&b, ATTRIBUTE_QDISC_FILTER, 0, name, p, view);
        return 0;
}

/* Where the filter is, and its handle; false when the name is none. */
static bool filter_place(const char *name, struct tcmsg *header) {
        uint32_t priority, protocol, handle;
        int n = 0;

        if (sscanf(name, "%" SCNu32 ":%" SCNx32 ":%" SCNx32 "%n", &priority, &protocol, &handle, &n) != 3 ||
                        name[n] || priority == 0 || priority > MINOR_MAX || protocol > MINOR_MAX)
                return false;
        header->tcm_info = TC_H_MAKE(priority << 16, __builtin_bswap16((uint16_t) protocol));
        header->tcm_handle = handle;
        return true;
}

int qdisc_tree_codec_set(int ifindex, const QdiscView *view, const AdapterChange *change, struct nl_msg **ret) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        struct tcmsg header = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex };
        bool gone = change->value.absent;
        int r = 0, type;

        if (change->place > MINOR_MAX)
                return -EINVAL;
        switch ((int) change->attribute) {
        case ATTRIBUTE_QDISC_CLASS:
                type = gone ? RTM_DELTCLASS : RTM_NEWTCLASS;
                header.tcm_handle = TC_H_MAKE(view->root, change->place);
                header.tcm_parent = gone ? 0 : TC_H_MAKE(view->root, qdisc_tree_parent(&change->value));
                break;
        case ATTRIBUTE_QDISC_LEAF:
                type = gone ? RTM_DELQDISC : RTM_NEWQDISC;
                header.tcm_parent = TC_H_MAKE(view->root, change->place);
                break;
        case ATTRIBUTE_QDISC_FILTER:
                type = gone ? RTM_DELTFILTER : RTM_NEWTFILTER;
                header.tcm_parent = view->root;
                if (!filter_place(change->name, &header))
                        return -EINVAL;
                if (gone)
                        header.tcm_handle = 0;
                break;
        default:
                return -EINVAL;
        }
        m = qdisc_message(type, &header);
        if (!m)
                return -ENOMEM;
        if (!gone) {
                nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE;
                if (change->attribute == ATTRIBUTE_QDISC_LEAF)
                        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REPLACE | NLM_F_EXCL; /* as qdisc_codec_set() */
                r = qdisc_put_value(m, &change->value,
                                change->attribute == ATTRIBUTE_QDISC_CLASS ? sizeof(uint32_t) : 0);
        }
        if (r >= 0)
                *ret = TAKE_PTR(m);
        return r;
}
