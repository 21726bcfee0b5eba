/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <sys/socket.h>

#include "netlink-socket.h"
#include "qdisc-codec-internal.h"
#include "qdisc-codec.h"
#include "qdisc-value.h"
#include "wire-attribute.h"

struct nl_msg *qdisc_message(int type, const struct tcmsg *header) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, (void *) header, sizeof(*header), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *qdisc_codec_get(int ifindex) {
        return qdisc_message(RTM_GETQDISC, &(struct tcmsg){ .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex });
}

static bool kind_takes_options(const char *kind) {
        return !streq(kind, "mq") && !streq(kind, "noqueue") && !streq(kind, "pfifo_fast");
}

static const struct {
        const char *kind;
        int times[3]; /* attributes, in microseconds */
} codel_kinds[] = {
        { "codel", { TCA_CODEL_TARGET, TCA_CODEL_INTERVAL, TCA_CODEL_CE_THRESHOLD } },
        { "fq_codel", { TCA_FQ_CODEL_TARGET, TCA_FQ_CODEL_INTERVAL, TCA_FQ_CODEL_CE_THRESHOLD } },
};

static bool is_codel_time(const char *kind, int type) {
        for (size_t i = 0; i < ELEMENTSOF(codel_kinds); i++)
                for (size_t k = 0; streq(kind, codel_kinds[i].kind) && k < ELEMENTSOF(codel_kinds[i].times);
                                k++)
                        if (codel_kinds[i].times[k] == type)
                                return true;
        return false;
}

/* CoDel keeps its times in units of 1024 ns (include/net/codel.h) and dumps them as microseconds rounded down:
 * told that, it would round down once more. One microsecond more is always the number it came from. */
static void undo_rounding(const char *kind, uint8_t *options, size_t size) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(options, size))
                return;
        nla_for_each_attr(attr, (struct nlattr *) options, (int) size, rest) {
                uint32_t usec;

                if (nla_len(attr) != sizeof(usec) || !is_codel_time(kind, nla_type(attr)))
                        continue;
                memcpy(&usec, nla_data(attr), sizeof(usec));
                usec += usec < UINT32_MAX;
                memcpy(nla_data(attr), &usec, sizeof(usec));
        }
}

int qdisc_put_value(struct nl_msg *m, const AdapterValue *v, size_t skip) {
        const char *kind = qdisc_value_kind(v);
        size_t begin = strlen(kind) + 1 + skip, size;
        alignas(NLA_ALIGNTO) uint8_t options[ADAPTER_BYTES_MAX];

        if (!kind[0] || begin > v->size)
                return -EINVAL;
        if (nla_put_string(m, TCA_KIND, kind) < 0)
                return -ENOMEM;
        size = v->size - begin;
        if (size == 0)
                return 0;
        memcpy(options, adapter_value_data(v) + begin, size);
        undo_rounding(kind, options, size);
        return nla_put(m, TCA_OPTIONS, (int) size, options) < 0 ? -ENOMEM : 0;
}

int qdisc_codec_set(int ifindex, const QdiscView *view, const AdapterChange *change, struct nl_msg **ret) {
        const char *kind = qdisc_value_kind(&change->value);
        bool gone = change->value.absent, named = !gone && qdisc_value_is_classful(&change->value);
        struct tcmsg header = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = TC_H_ROOT };
        size_t skip = named ? sizeof(header.tcm_handle) : 0;
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;

        if (!gone && (!kind[0] || strlen(kind) + 1 + skip > change->value.size))
                return -EINVAL;
        if (named)
                memcpy(&header.tcm_handle, adapter_value_data(&change->value) + strlen(kind) + 1,
                                sizeof(header.tcm_handle));
        if (change->place > 0) {
                if (!view->root_is_mq && !gone)
                        return -EOPNOTSUPP;
                header.tcm_parent = TC_H_MAKE(view->root, change->place);
        }
        if (gone && (view->root == 0 || (change->place > 0 && !view->root_is_mq))) {
                *ret = NULL;
                return 0;
        }
        m = qdisc_message(gone ? RTM_DELQDISC : RTM_NEWQDISC, &header);
        if (!m)
                return -ENOMEM;
        if (!gone) {
                /* With NLM_F_EXCL a discipline of the same kind is replaced too, or refused, not changed: some
                 * options can be given to a new one only. */
                nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL;
                if (qdisc_put_value(m, &change->value, skip) < 0)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(m);
        return 0;
}

int qdisc_header_parse(const void *payload, size_t size, QdiscHeader *ret) {
        const size_t header = NLMSG_ALIGN(sizeof(struct tcmsg));
        const uint8_t *attributes = (const uint8_t *) payload + header;
        struct nlattr *attr;
        int rest;

        *ret = (QdiscHeader){};
        if (size < header || !wire_list_is_whole(attributes, size - header))
                return -EBADMSG;
        memcpy(&ret->header, payload, sizeof(ret->header));
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) (size - header), rest) {
                size_t length;

                switch (nla_type(attr)) {
                case TCA_KIND:
                        length = strnlen(nla_data(attr), (size_t) nla_len(attr));
                        if (length >= sizeof(ret->kind))
                                return -EBADMSG;
                        memcpy(ret->kind, nla_data(attr), length);
                        ret->kind[length] = 0;
                        break;
                case TCA_OPTIONS:
                        ret->options = attr;
                        break;
                case TCA_INGRESS_BLOCK:
                case TCA_EGRESS_BLOCK:
                        ret->n_blocks++;
                        break;
                case TCA_CHAIN:
                        ret->has_more = nla_len(attr) != 4 || nla_get_u32(attr) != 0;
                        break;
                case TCA_STAB:
                case TCA_RATE:
                        ret->has_more = true;
                        break;
                }
        }
        return ret->kind[0] ? 0 : -EBADMSG;
}

/* Of htb what it counts, and what is said of debugging, is not what anybody chose; and the version is dumped in
 * full, where only its upper half is taken (htb_dump(), htb_init() of net/sched/sch_htb.c). */
static void make_takeable(const char *kind, uint8_t *options, size_t size) {
        struct nlattr *attr;
        int rest;

        nla_for_each_attr(attr, (struct nlattr *) options, (int) size, rest) {
                struct tc_htb_glob *htb = nla_data(attr);

                if (streq(kind, "htb") && nla_type(attr) == TCA_HTB_INIT && nla_len(attr) >= (int) sizeof(*htb))
                        *htb = (struct tc_htb_glob){ .version = htb->version >> 16,
                                .rate2quantum = htb->rate2quantum,
                                .defcls = htb->defcls };
        }
}

/* What hangs on a root with classes names it by its handle, and so do programs that choose a class. */
static void take_discipline(const QdiscHeader *d, AdapterAttribute attribute, unsigned place, AdapterProfile *p,
                QdiscView *view) {
        size_t kind = strlen(d->kind) + 1,
               handle = attribute == ATTRIBUTE_QDISC && qdisc_kind_is_classful(d->kind) ? sizeof(uint32_t) : 0,
               options = d->options && kind_takes_options(d->kind) ? (size_t) nla_len(d->options) : 0;
        _Alignas(uint32_t) uint8_t bytes[ADAPTER_BYTES_MAX], given[ADAPTER_BYTES_MAX];
        AdapterValue *v;

        if (kind + handle + options > sizeof(bytes)) {
                p->truncated = true;
                view->others++;
                return;
        }
        v = adapter_profile_add(p, attribute, place, NULL);
        if (!v)
                return;
        memcpy(bytes, d->kind, kind);
        memcpy(bytes + kind, &d->header.tcm_handle, handle);
        if (options > 0) {
                memcpy(given, nla_data(d->options), options);
                if (handle > 0)
                        make_takeable(d->kind, given, options);
                memcpy(bytes + kind + handle, given, options);
        }
        *v = adapter_value_bytes(bytes, kind + handle + options);
}

/* Below a root with classes: what queues in one, if that is all there is to it. */
static void take_leaf(const QdiscHeader *d, AdapterProfile *p, QdiscView *view) {
        AdapterValue kind = adapter_value_bytes(d->kind, strlen(d->kind) + 1);

        if (TC_H_MAJ(d->header.tcm_parent) != TC_H_MAJ(view->root) || !qdisc_value_is_plain(&kind) ||
                        d->has_more)
                view->others++;
        else
                take_discipline(d, ATTRIBUTE_QDISC_LEAF, TC_H_MIN(d->header.tcm_parent), p, view);
}

int qdisc_codec_parse(const void *payload, size_t size, AdapterProfile *p, QdiscView *view) {
        QdiscHeader d;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0)
                return r;
        if (d.header.tcm_ifindex != p->ifindex)
                return 0;
        if (d.n_blocks > 0)
                p->value[ATTRIBUTE_QDISC_BLOCKS] = adapter_value_number(
                                p->value[ATTRIBUTE_QDISC_BLOCKS].word[0] + d.n_blocks);
        if (d.header.tcm_parent == TC_H_ROOT) {
                *view = (QdiscView){
                        .root = d.header.tcm_handle,
                        .root_is_mq = streq(d.kind, "mq"),
                        .root_is_classful = d.header.tcm_handle != 0 && qdisc_kind_is_classful(d.kind),
                        .others = d.has_more,
                };
                if (d.header.tcm_handle != 0)
                        take_discipline(&d, ATTRIBUTE_QDISC, 0, p, view);
        } else if (d.header.tcm_handle == 0 || view->root == 0 || d.header.tcm_parent == TC_H_INGRESS)
                return 0;
        else if (view->root_is_classful)
                take_leaf(&d, p, view);
        else if (view->root_is_mq && TC_H_MAJ(d.header.tcm_parent) == TC_H_MAJ(view->root) &&
                        TC_H_MIN(d.header.tcm_parent) > 0 &&
                        TC_H_MIN(d.header.tcm_parent) <= ADAPTER_QUEUES_MAX)
                take_discipline(&d, ATTRIBUTE_QDISC, TC_H_MIN(d.header.tcm_parent), p, view);
        return 0;
}
