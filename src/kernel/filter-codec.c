/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "filter-codec-internal.h"
#include "filter-codec.h"
#include "netlink-socket.h"
#include "own-filter.h"
#include "qdisc-codec-internal.h"
#include "qdisc-value.h"
#include "wire-attribute.h"

/* What is done with an attribute of a dump. */
typedef enum Fate {
        FATE_REFUSED, /* as is what no row names */
        FATE_COPIED,
        FATE_DROPPED, /* only reported, or the kernel's own choice */
        FATE_FLAGS,   /* TCA_CLS_FLAGS_*: of these what was asked for */
        FATE_ACTIONS,
        FATE_OPTIONS,    /* of an action, by its own kind's rows */
        FATE_PARAMETERS, /* begins as tc_gen does */
        FATE_POLICE,     /* struct tc_police */
        FATE_RESULT,     /* a verdict */
} Fate;

typedef struct AttributeRow {
        uint16_t first, last; /* types */
        Fate fate;
        const char *name; /* of what is refused, as tc(8) has it */
} AttributeRow;

typedef struct KindRow {
        const char *kind;
        const AttributeRow *rows;
        size_t n_rows;
} KindRow;

/* What fl_dump(), mall_dump(), u32_dump(), cls_bpf_dump() of net/sched/cls_*.c of Linux 6.1 to 6.18 say, and
 * their change() takes. Keys of tunnels, MPLS, connection tracking and PPPoE are left out: their rules differ.
 */
static const AttributeRow flower_rows[] = {
        { TCA_FLOWER_CLASSID, TCA_FLOWER_CLASSID, FATE_COPIED, NULL },
        { TCA_FLOWER_INDEV, TCA_FLOWER_INDEV, FATE_REFUSED, "indev" },
        { TCA_FLOWER_ACT, TCA_FLOWER_ACT, FATE_ACTIONS, NULL },
        { TCA_FLOWER_KEY_ETH_DST, TCA_FLOWER_KEY_UDP_DST, FATE_COPIED, NULL },
        { TCA_FLOWER_FLAGS, TCA_FLOWER_FLAGS, FATE_FLAGS, NULL },
        { TCA_FLOWER_KEY_VLAN_ID, TCA_FLOWER_KEY_VLAN_ETH_TYPE, FATE_COPIED, NULL },
        { TCA_FLOWER_KEY_ENC_KEY_ID, TCA_FLOWER_KEY_ENC_IPV6_DST_MASK, FATE_REFUSED, "a tunnel's key" },
        { TCA_FLOWER_KEY_TCP_SRC_MASK, TCA_FLOWER_KEY_SCTP_DST, FATE_COPIED, NULL },
        { TCA_FLOWER_KEY_FLAGS, TCA_FLOWER_KEY_ARP_THA_MASK, FATE_COPIED, NULL },
        { TCA_FLOWER_KEY_TCP_FLAGS, TCA_FLOWER_KEY_CVLAN_ETH_TYPE, FATE_COPIED, NULL },
        { TCA_FLOWER_IN_HW_COUNT, TCA_FLOWER_IN_HW_COUNT, FATE_DROPPED, NULL },
        { TCA_FLOWER_KEY_PORT_SRC_MIN, TCA_FLOWER_KEY_PORT_DST_MAX, FATE_COPIED, NULL },
        { TCA_FLOWER_KEY_CT_STATE, TCA_FLOWER_KEY_CT_LABELS_MASK, FATE_REFUSED, "ct_state" },
};

static const AttributeRow matchall_rows[] = {
        { TCA_MATCHALL_CLASSID, TCA_MATCHALL_CLASSID, FATE_COPIED, NULL },
        { TCA_MATCHALL_ACT, TCA_MATCHALL_ACT, FATE_ACTIONS, NULL },
        { TCA_MATCHALL_FLAGS, TCA_MATCHALL_FLAGS, FATE_FLAGS, NULL },
        { TCA_MATCHALL_PCNT, TCA_MATCHALL_PAD, FATE_DROPPED, NULL },
};

static const AttributeRow u32_rows[] = {
        { TCA_U32_CLASSID, TCA_U32_CLASSID, FATE_COPIED, NULL },
        { TCA_U32_HASH, TCA_U32_HASH, FATE_DROPPED, NULL }, /* the table of the priority */
        { TCA_U32_LINK, TCA_U32_LINK, FATE_REFUSED, "link" },
        { TCA_U32_DIVISOR, TCA_U32_DIVISOR, FATE_REFUSED, "divisor" },
        { TCA_U32_SEL, TCA_U32_SEL, FATE_COPIED, NULL },
        { TCA_U32_POLICE, TCA_U32_POLICE, FATE_REFUSED, "police" },
        { TCA_U32_ACT, TCA_U32_ACT, FATE_ACTIONS, NULL },
        { TCA_U32_INDEV, TCA_U32_INDEV, FATE_REFUSED, "indev" },
        { TCA_U32_PCNT, TCA_U32_PCNT, FATE_DROPPED, NULL },
        { TCA_U32_MARK, TCA_U32_MARK, FATE_REFUSED, "mark" },
        { TCA_U32_FLAGS, TCA_U32_FLAGS, FATE_FLAGS, NULL },
        { TCA_U32_PAD, TCA_U32_PAD, FATE_DROPPED, NULL },
};

static const AttributeRow bpf_rows[] = {
        { TCA_BPF_ACT, TCA_BPF_ACT, FATE_ACTIONS, NULL },
        { TCA_BPF_POLICE, TCA_BPF_POLICE, FATE_REFUSED, "police" },
        { TCA_BPF_CLASSID, TCA_BPF_CLASSID, FATE_COPIED, NULL },
        { TCA_BPF_OPS_LEN, TCA_BPF_OPS, FATE_REFUSED, "bytecode" },
        { TCA_BPF_NAME, TCA_BPF_FLAGS, FATE_COPIED, NULL },
        { TCA_BPF_FLAGS_GEN, TCA_BPF_FLAGS_GEN, FATE_FLAGS, NULL },
        { TCA_BPF_TAG, TCA_BPF_TAG, FATE_DROPPED, NULL },
        { TCA_BPF_ID, TCA_BPF_ID, FATE_COPIED, NULL }, /* until it is sent, as an fd */
};

/* tcf_action_dump_1() of net/sched/act_api.c */
static const AttributeRow action_rows[] = {
        { TCA_ACT_KIND, TCA_ACT_KIND, FATE_COPIED, NULL },
        { TCA_ACT_OPTIONS, TCA_ACT_OPTIONS, FATE_OPTIONS, NULL },
        { TCA_ACT_INDEX, TCA_ACT_PAD, FATE_DROPPED, NULL },
        { TCA_ACT_COOKIE, TCA_ACT_COOKIE, FATE_COPIED, NULL },
        { TCA_ACT_FLAGS, TCA_ACT_FLAGS, FATE_REFUSED, "flags of an action" },
        { TCA_ACT_HW_STATS, TCA_ACT_HW_STATS, FATE_COPIED, NULL },
        { TCA_ACT_USED_HW_STATS, TCA_ACT_IN_HW_COUNT, FATE_DROPPED, NULL },
};

/* The dump() and init() of net/sched/act_*.c of Linux 6.1 to 6.18. */
static const AttributeRow gact_rows[] = {
        { TCA_GACT_TM, TCA_GACT_TM, FATE_DROPPED, NULL },
        { TCA_GACT_PARMS, TCA_GACT_PARMS, FATE_PARAMETERS, NULL },
        { TCA_GACT_PROB, TCA_GACT_PROB, FATE_REFUSED, "random" },
        { TCA_GACT_PAD, TCA_GACT_PAD, FATE_DROPPED, NULL },
};

static const AttributeRow mirred_rows[] = {
        { TCA_MIRRED_TM, TCA_MIRRED_TM, FATE_DROPPED, NULL },
        { TCA_MIRRED_PARMS, TCA_MIRRED_PARMS, FATE_PARAMETERS, NULL },
        { TCA_MIRRED_PAD, TCA_MIRRED_PAD, FATE_DROPPED, NULL },
};

static const AttributeRow skbedit_rows[] = {
        { TCA_SKBEDIT_TM, TCA_SKBEDIT_TM, FATE_DROPPED, NULL },
        { TCA_SKBEDIT_PARMS, TCA_SKBEDIT_PARMS, FATE_PARAMETERS, NULL },
        { TCA_SKBEDIT_PRIORITY, TCA_SKBEDIT_MARK, FATE_COPIED, NULL },
        { TCA_SKBEDIT_PAD, TCA_SKBEDIT_PAD, FATE_DROPPED, NULL },
        { TCA_SKBEDIT_PTYPE, TCA_SKBEDIT_FLAGS, FATE_COPIED, NULL },
};

static const AttributeRow vlan_rows[] = {
        { TCA_VLAN_TM, TCA_VLAN_TM, FATE_DROPPED, NULL },
        { TCA_VLAN_PARMS, TCA_VLAN_PARMS, FATE_PARAMETERS, NULL },
        { TCA_VLAN_PUSH_VLAN_ID, TCA_VLAN_PUSH_VLAN_PROTOCOL, FATE_COPIED, NULL },
        { TCA_VLAN_PAD, TCA_VLAN_PAD, FATE_DROPPED, NULL },
        { TCA_VLAN_PUSH_VLAN_PRIORITY, TCA_VLAN_PUSH_ETH_SRC, FATE_COPIED, NULL },
};

static const AttributeRow police_rows[] = {
        { TCA_POLICE_TBF, TCA_POLICE_TBF, FATE_POLICE, NULL },
        { TCA_POLICE_AVRATE, TCA_POLICE_AVRATE, FATE_REFUSED, "avrate" },
        { TCA_POLICE_RESULT, TCA_POLICE_RESULT, FATE_RESULT, NULL },
        { TCA_POLICE_TM, TCA_POLICE_PAD, FATE_DROPPED, NULL },
        { TCA_POLICE_RATE64, TCA_POLICE_RATE64, FATE_COPIED, NULL },
        { TCA_POLICE_PKTRATE64, TCA_POLICE_PKTBURST64, FATE_COPIED, NULL },
};

#define KIND(name)                                                                                             \
        { #name, name##_rows, ELEMENTSOF(name##_rows) }

static const KindRow filter_kinds[] = { KIND(flower), KIND(matchall), KIND(u32), KIND(bpf) };
static const KindRow action_kinds[] = { KIND(gact), KIND(mirred), KIND(skbedit), KIND(vlan), KIND(police) };

static const KindRow *kind_find(const KindRow *kinds, size_t n, const char *kind) {
        for (size_t i = 0; i < n; i++)
                if (streq(kinds[i].kind, kind))
                        return &kinds[i];
        return NULL;
}

static const AttributeRow *row_find(const AttributeRow *rows, size_t n, int type) {
        for (size_t i = 0; i < n; i++)
                if (type >= rows[i].first && type <= rows[i].last)
                        return &rows[i];
        return NULL;
}

/* A value in the making. */
typedef struct Making {
        struct nl_msg *out; /* the options */
        int ifindex;
        int32_t target;
        bool refused;
        char why[64]; /* the first reason */
} Making;

static void refuse(Making *m, const char *format, ...) _printf_(2, 3);
static void refuse(Making *m, const char *format, ...) {
        va_list ap;

        if (!m->refused) {
                va_start(ap, format);
                vsnprintf(m->why, sizeof(m->why), format, ap);
                va_end(ap);
        }
        m->refused = true;
}

static void keep(Making *m, int type, const void *data, size_t size) {
        if (nla_put(m->out, type, (int) size, data) < 0)
                refuse(m, "too much to be kept");
}

/* Goes to another chain, or over others' heads. */
static void check_verdict(Making *m, int verdict) {
        if (verdict != TC_ACT_UNSPEC && (verdict & ~TC_ACT_EXT_VAL_MASK))
                refuse(m, "goto chain, or jump");
}

/* An action that has a name (index) is shared with others, or may be. */
static void check_shared(Making *m, int references, int bindings) {
        if (references > 1 || bindings > 1)
                refuse(m, "an action that is shared");
}

static void check_target(Making *m, int32_t ifindex) {
        if (ifindex == 0)
                refuse(m, "mirred to a device that is gone");
        else if (ifindex == m->ifindex)
                refuse(m, "mirred to the adapter itself");
        else if (m->target != 0 && m->target != ifindex)
                refuse(m, "mirred to several devices");
        m->target = ifindex;
}

typedef struct Generic {
        tc_gen;
} Generic;

static int take_parameters(Making *m, const char *kind, const struct nlattr *attr) {
        alignas(8) uint8_t bytes[64] = {};
        Generic *g = (Generic *) bytes;
        size_t size = (size_t) nla_len(attr);

        if (nla_len(attr) < (int) sizeof(*g) || size > sizeof(bytes) ||
                        (streq(kind, "mirred") && size < sizeof(struct tc_mirred)))
                return -EBADMSG;
        memcpy(bytes, nla_data(attr), size);
        check_verdict(m, g->action);
        check_shared(m, g->refcnt, g->bindcnt);
        if (streq(kind, "mirred"))
                check_target(m, (int32_t) ((struct tc_mirred *) bytes)->ifindex);
        g->index = 0;
        g->refcnt = g->bindcnt = 0;
        keep(m, nla_type(attr), bytes, size);
        return 0;
}

static int take_police(Making *m, const struct nlattr *attr) {
        struct tc_police p;

        if (nla_len(attr) != (int) sizeof(p))
                return -EBADMSG;
        memcpy(&p, nla_data(attr), sizeof(p));
        check_verdict(m, p.action);
        check_shared(m, p.refcnt, p.bindcnt);
        if (p.peakrate.rate != 0)
                refuse(m, "peakrate of police");
        p.index = 0;
        p.refcnt = p.bindcnt = 0;
        p.capab = 0;
        keep(m, nla_type(attr), &p, sizeof(p));
        return 0;
}

static int take_flags(Making *m, const struct nlattr *attr) {
        uint32_t flags;

        if (nla_len(attr) != (int) sizeof(flags))
                return -EBADMSG;
        flags = nla_get_u32(attr) & ~(uint32_t) (TCA_CLS_FLAGS_IN_HW | TCA_CLS_FLAGS_NOT_IN_HW);
        if (flags != 0)
                keep(m, nla_type(attr), &flags, sizeof(flags));
        return 0;
}

static int take_list(Making *m, const KindRow *kind, const struct nlattr *list, const char *action);

static int take_actions(Making *m, const struct nlattr *list) {
        static const KindRow any = { "action", action_rows, ELEMENTSOF(action_rows) };
        struct nlattr *attr, *nest, *actions;
        int rest, r = 0;

        if (!wire_list_is_whole(nla_data(list), (size_t) nla_len(list)))
                return -EBADMSG;
        actions = nla_nest_start(m->out, nla_type(list));
        nla_for_each_nested(attr, (struct nlattr *) list, rest) {
                char kind[QDISC_KIND_MAX];

                if (!wire_list_is_whole(nla_data(attr), (size_t) nla_len(attr)))
                        return -EBADMSG;
                filter_action_kind(attr, kind);
                nest = nla_nest_start(m->out, nla_type(attr));
                if (!nest || !actions) {
                        refuse(m, "too much to be kept");
                        return 0;
                }
                r = take_list(m, &any, attr, kind);
                if (r < 0)
                        return r;
                nla_nest_end(m->out, nest);
        }
        if (actions)
                nla_nest_end(m->out, actions);
        return 0;
}

static int take_options(Making *m, const struct nlattr *attr, const char *action) {
        const KindRow *kind = kind_find(action_kinds, ELEMENTSOF(action_kinds), action);
        struct nlattr *nest;
        int r;

        if (!kind) {
                refuse(m, "action %s", action);
                return 0;
        }
        nest = nla_nest_start(m->out, nla_type(attr));
        if (!nest) {
                refuse(m, "too much to be kept");
                return 0;
        }
        r = take_list(m, kind, attr, action);
        nla_nest_end(m->out, nest);
        return r;
}

static int take_attribute(Making *m, const KindRow *kind, const struct nlattr *attr, const char *action) {
        const AttributeRow *row = row_find(kind->rows, kind->n_rows, nla_type(attr));

        switch (row ? row->fate : FATE_REFUSED) {
        case FATE_REFUSED:
                if (row)
                        refuse(m, "%s", row->name);
                else
                        refuse(m, "attribute %d of %s", nla_type(attr), kind->kind);
                return 0;
        case FATE_COPIED:
                keep(m, nla_type(attr), nla_data(attr), (size_t) nla_len(attr));
                return 0;
        case FATE_DROPPED:
                return 0;
        case FATE_FLAGS:
                return take_flags(m, attr);
        case FATE_ACTIONS:
                return take_actions(m, attr);
        case FATE_OPTIONS:
                return take_options(m, attr, action);
        case FATE_PARAMETERS:
                return take_parameters(m, kind->kind, attr);
        case FATE_POLICE:
                return take_police(m, attr);
        case FATE_RESULT:
                if (nla_len(attr) != (int) sizeof(uint32_t))
                        return -EBADMSG;
                check_verdict(m, (int) nla_get_u32(attr));
                keep(m, nla_type(attr), nla_data(attr), sizeof(uint32_t));
                return 0;
        }
        return -EBADMSG;
}

/* action: the kind of the action whose attributes these are, if they are any's. */
static int take_list(Making *m, const KindRow *kind, const struct nlattr *list, const char *action) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(list), (size_t) nla_len(list)))
                return -EBADMSG;
        nla_for_each_nested(attr, (struct nlattr *) list, rest) {
                int r = take_attribute(m, kind, attr, action);

                if (r < 0)
                        return r;
        }
        return 0;
}

struct nl_msg *filter_codec_get(int ifindex, bool egress) {
        struct tcmsg header = filter_header(ifindex, &(FilterPlace){ .egress = egress });

        return qdisc_message(RTM_GETTFILTER, &header);
}

static void note_other(const FilterPlace *place, const char *kind, const char *why, AdapterProfile *p) {
        char name[ADAPTER_NAME_MAX], text[ADAPTER_BYTES_MAX];
        AdapterValue *v;

        filter_place_format(name, place);
        snprintf(text, sizeof(text), "%s pref %" PRIu32 ": %s", kind, place->priority, why);
        v = adapter_profile_add(p, ATTRIBUTE_FILTER_OTHER, 0, name);
        if (v)
                *v = adapter_value_bytes(text, strlen(text));
}

/* Of the same direction and priority as another one. */
static bool has_company(const AdapterProfile *p, const FilterPlace *place) {
        size_t n;
        const AdapterEntry *filters = adapter_profile_entries(p, ATTRIBUTE_FILTER, &n);

        for (size_t i = 0; i < n; i++) {
                FilterPlace other;

                if (filter_place_parse(filters[i].name, &other) && other.egress == place->egress &&
                                other.priority == place->priority)
                        return true;
        }
        return false;
}

/* u32 keeps filters in tables, of which every priority has one from 0x800 on; others are somebody's own. */
static bool is_in_own_table(uint32_t handle) {
        return handle < 0x80000000 || (handle & 0xff000) != 0;
}

static void keep_filter(Making *m, const QdiscHeader *d, const FilterPlace *place, AdapterProfile *p) {
        size_t kind = strlen(d->kind) + 1, options = (size_t) nlmsg_datalen(nlmsg_hdr(m->out));
        uint8_t bytes[ADAPTER_BYTES_MAX];
        char name[ADAPTER_NAME_MAX];
        AdapterValue *v;

        if (kind + sizeof(m->target) + options > sizeof(bytes)) {
                note_other(place, d->kind, "too much to be kept", p);
                return;
        }
        memcpy(bytes, d->kind, kind);
        memcpy(bytes + kind, &m->target, sizeof(m->target));
        if (options > 0)
                memcpy(bytes + kind + sizeof(m->target), nlmsg_data(nlmsg_hdr(m->out)), options);
        filter_place_format(name, place);
        v = adapter_profile_add(p, ATTRIBUTE_FILTER, 0, name);
        if (v)
                *v = adapter_value_bytes(bytes, kind + sizeof(m->target) + options);
        else
                note_other(place, d->kind, "too many to be kept", p);
}

/* What speaks against it before its attributes are looked at. */
static void check_filter(Making *m, const QdiscHeader *d, const FilterPlace *place, const AdapterProfile *p) {
        if (d->has_more)
                refuse(m, "in a chain");
        else if (streq(d->kind, "u32") && is_in_own_table(d->header.tcm_handle))
                refuse(m, "a hash table of its own");
        /* The kernel puts the last one first (cls_bpf_change()), which their handles do not tell. */
        else if (streq(d->kind, "bpf") && has_company(p, place))
                refuse(m, "several of one priority");
        /* deleting one's priority would delete the other */
        else if (streq(d->kind, "bpf") && place->priority == OWN_FILTER_PRIORITY)
                refuse(m, "the priority of primed's own programs");
}

static bool is_own(const QdiscHeader *d, const FilterPlace *place) {
        return d->header.tcm_handle == OWN_FILTER_HANDLE && place->priority == OWN_FILTER_PRIORITY &&
                        streq(d->kind, "bpf");
}

static bool is_list(const QdiscHeader *d) {
        uint32_t handle = d->header.tcm_handle;

        return (handle == 0 && !d->options) ||
                        (streq(d->kind, "u32") && (handle & 0xfff) == 0 && !is_in_own_table(handle));
}

int filter_codec_parse(const void *payload, size_t size, bool egress, AdapterProfile *p) {
        _cleanup_(netlink_message_freep) struct nl_msg *out = NULL;
        const KindRow *kind;
        FilterPlace place;
        QdiscHeader d;
        Making m;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0)
                return r;
        place = (FilterPlace){
                .egress = egress,
                .priority = TC_H_MAJ(d.header.tcm_info) >> 16,
                .protocol = __builtin_bswap16((uint16_t) TC_H_MIN(d.header.tcm_info)),
                .handle = streq(d.kind, "u32") ? d.header.tcm_handle & 0xfff : d.header.tcm_handle,
        };
        if (d.header.tcm_ifindex != p->ifindex || is_list(&d))
                return 0;
        if (place.priority == 0)
                return -EBADMSG;
        if (is_own(&d, &place)) {
                p->value[ATTRIBUTE_FILTER_OWN] = adapter_value_number(1);
                return 0;
        }
        out = nlmsg_alloc();
        if (!out || !nlmsg_put(out, 0, 0, 0, 0, 0))
                return -ENOMEM;
        m = (Making){ .out = out, .ifindex = p->ifindex };
        kind = kind_find(filter_kinds, ELEMENTSOF(filter_kinds), d.kind);
        if (!kind || !d.options || d.header.tcm_handle == 0)
                refuse(&m, "not of a kind that is known");
        else {
                check_filter(&m, &d, &place, p);
                r = take_list(&m, kind, d.options, "");
        }
        if (r < 0)
                return r;
        if (m.refused)
                note_other(&place, d.kind, m.why, p);
        else
                keep_filter(&m, &d, &place, p);
        return 0;
}

int filter_codec_parse_hook(const void *payload, size_t size, AdapterProfile *p) {
        QdiscHeader d;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0 || d.header.tcm_ifindex != p->ifindex || d.header.tcm_parent != TC_H_CLSACT)
                return r;
        if (streq(d.kind, "clsact"))
                p->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(1);
        else
                p->value[ATTRIBUTE_FILTER_INGRESS_ONLY] = adapter_value_number(1);
        return 0;
}

struct nl_msg *filter_codec_set_hook(int ifindex, bool on) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = qdisc_message(on ? RTM_NEWQDISC : RTM_DELQDISC,
                        &(struct tcmsg){ .tcm_family = AF_UNSPEC,
                                        .tcm_ifindex = ifindex,
                                        .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
                                        .tcm_parent = TC_H_CLSACT });
        if (!m || nla_put_string(m, TCA_KIND, "clsact") < 0)
                return NULL;
        if (on)
                nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
        return TAKE_PTR(m);
}
