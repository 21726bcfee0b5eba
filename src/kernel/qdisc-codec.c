/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <sys/socket.h>

#include "netlink-socket.h"
#include "own-filter.h"
#include "qdisc-codec.h"
#include "qdisc-value.h"
#include "wire-attribute.h"

#define KIND_MAX 16 /* IFNAMSIZ of net/sched/sch_api.c, NUL included */

static struct nl_msg *traffic_message(int type, const struct tcmsg *header) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, (void *) header, sizeof(*header), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *qdisc_codec_get(int ifindex) {
        return traffic_message(
                        RTM_GETQDISC, &(struct tcmsg){ .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex });
}

struct nl_msg *qdisc_codec_get_filters(int ifindex, bool egress) {
        uint32_t hook = egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS;

        return traffic_message(RTM_GETTFILTER,
                        &(struct tcmsg){ .tcm_family = AF_UNSPEC,
                                        .tcm_ifindex = ifindex,
                                        .tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook) });
}

static bool kind_takes_options(const char *kind) {
        return !streq(kind, "mq") && !streq(kind, "noqueue") && !streq(kind, "pfifo_fast");
}

/* CoDel keeps its times in units of 1024 ns (include/net/codel.h) and dumps them as microseconds rounded down:
 * told that, it would round down once more. One microsecond more is always the number it came from. */
static void undo_rounding(const char *kind, uint8_t *options, size_t size) {
        bool fq = streq(kind, "fq_codel");
        struct nlattr *attr;
        int rest;

        if ((!fq && !streq(kind, "codel")) || !wire_list_is_whole(options, size))
                return;
        nla_for_each_attr(attr, (struct nlattr *) options, (int) size, rest) {
                int type = nla_type(attr);
                uint32_t usec;

                if (nla_len(attr) != sizeof(usec) ||
                                (type != (fq ? TCA_FQ_CODEL_TARGET : TCA_CODEL_TARGET) &&
                                                type != (fq ? TCA_FQ_CODEL_INTERVAL : TCA_CODEL_INTERVAL) &&
                                                type !=
                                                                (fq ? TCA_FQ_CODEL_CE_THRESHOLD
                                                                    : TCA_CODEL_CE_THRESHOLD)))
                        continue;
                memcpy(&usec, nla_data(attr), sizeof(usec));
                usec += usec < UINT32_MAX;
                memcpy(nla_data(attr), &usec, sizeof(usec));
        }
}

/* -ENOMEM */
static int put_discipline(struct nl_msg *m, const AdapterValue *v) {
        const char *kind = qdisc_value_kind(v);
        size_t begin = strlen(kind) + 1, size = v->size > begin ? v->size - begin : 0;
        alignas(NLA_ALIGNTO) uint8_t options[ADAPTER_BYTES_MAX];

        if (nla_put_string(m, TCA_KIND, kind) < 0)
                return -ENOMEM;
        if (size == 0)
                return 0;
        memcpy(options, adapter_value_data(v) + begin, size);
        undo_rounding(kind, options, size);
        return nla_put(m, TCA_OPTIONS, (int) size, options) < 0 ? -ENOMEM : 0;
}

int qdisc_codec_set(int ifindex, const QdiscView *view, const AdapterChange *change, struct nl_msg **ret) {
        const char *kind = qdisc_value_kind(&change->value);
        bool gone = change->value.absent;
        struct tcmsg header = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = TC_H_ROOT };
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;

        if (!gone && !kind[0])
                return -EINVAL;
        if (change->place > 0) {
                if (!view->root_is_mq && !gone)
                        return -EOPNOTSUPP;
                header.tcm_parent = TC_H_MAKE(view->root, change->place);
        }
        if (gone && (view->root == 0 || (change->place > 0 && !view->root_is_mq))) {
                *ret = NULL;
                return 0;
        }
        m = traffic_message(gone ? RTM_DELQDISC : RTM_NEWQDISC, &header);
        if (!m)
                return -ENOMEM;
        if (!gone) {
                /* With NLM_F_EXCL a discipline of the same kind is replaced too, or refused, not changed: some
                 * options can be given to a new one only. */
                nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL;
                if (put_discipline(m, &change->value) < 0)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(m);
        return 0;
}

typedef struct Discipline {
        struct tcmsg header;
        char kind[KIND_MAX];
        const struct nlattr *options;
        unsigned n_blocks;
} Discipline;

static int parse_header(const void *payload, size_t size, Discipline *ret) {
        const size_t header = NLMSG_ALIGN(sizeof(struct tcmsg));
        const uint8_t *attributes = (const uint8_t *) payload + header;
        struct nlattr *attr;
        int rest;

        *ret = (Discipline){};
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
                }
        }
        return ret->kind[0] ? 0 : -EBADMSG;
}

static void take_discipline(const Discipline *d, unsigned place, AdapterProfile *p) {
        size_t kind = strlen(d->kind) + 1,
               options = d->options && kind_takes_options(d->kind) ? (size_t) nla_len(d->options) : 0;
        uint8_t bytes[ADAPTER_BYTES_MAX];
        AdapterValue *v;

        if (kind + options > sizeof(bytes)) {
                p->truncated = true;
                return;
        }
        v = adapter_profile_add(p, ATTRIBUTE_QDISC, place, NULL);
        if (!v)
                return;
        memcpy(bytes, d->kind, kind);
        if (options > 0)
                memcpy(bytes + kind, nla_data(d->options), options);
        *v = adapter_value_bytes(bytes, kind + options);
}

int qdisc_codec_parse(const void *payload, size_t size, AdapterProfile *p, QdiscView *view) {
        Discipline d;
        int r = parse_header(payload, size, &d);

        if (r < 0)
                return r;
        if (d.header.tcm_ifindex != p->ifindex)
                return 0;
        if (d.n_blocks > 0)
                p->value[ATTRIBUTE_QDISC_BLOCKS] = adapter_value_number(
                                p->value[ATTRIBUTE_QDISC_BLOCKS].word[0] + d.n_blocks);
        if (d.header.tcm_parent == TC_H_ROOT) {
                *view = (QdiscView){ .root = d.header.tcm_handle, .root_is_mq = streq(d.kind, "mq") };
                if (d.header.tcm_handle != 0)
                        take_discipline(&d, 0, p);
        } else if (d.header.tcm_handle != 0 && view->root != 0 && view->root_is_mq &&
                        TC_H_MAJ(d.header.tcm_parent) == TC_H_MAJ(view->root) &&
                        TC_H_MIN(d.header.tcm_parent) > 0 &&
                        TC_H_MIN(d.header.tcm_parent) <= ADAPTER_QUEUES_MAX)
                take_discipline(&d, TC_H_MIN(d.header.tcm_parent), p);
        return 0;
}

int qdisc_codec_parse_filter(const void *payload, size_t size, int ifindex) {
        Discipline d;
        int r = parse_header(payload, size, &d);

        if (r < 0)
                return r;
        /* Handle 0 is the list that filters of one priority are in; u32 has tables beside (TC_U32_NODE()). */
        return d.header.tcm_ifindex == ifindex && d.header.tcm_handle != 0 &&
                        !(streq(d.kind, "u32") && (d.header.tcm_handle & 0xfff) == 0) &&
                        !(d.header.tcm_handle == OWN_FILTER_HANDLE &&
                                        TC_H_MAJ(d.header.tcm_info) >> 16 == OWN_FILTER_PRIORITY &&
                                        streq(d.kind, "bpf"));
}
