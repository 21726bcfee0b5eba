/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The half of the codec that speaks to the kernel. */

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <sys/socket.h>

#include "filter-codec-internal.h"
#include "filter-codec.h"
#include "netlink-socket.h"
#include "qdisc-value.h"
#include "wire-attribute.h"

struct tcmsg filter_header(int ifindex, const FilterPlace *p) {
        return (struct tcmsg){
                .tcm_family = AF_UNSPEC,
                .tcm_ifindex = ifindex,
                .tcm_handle = p->handle,
                .tcm_parent = TC_H_MAKE(TC_H_CLSACT, p->egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
                .tcm_info = TC_H_MAKE(p->priority << 16, __builtin_bswap16((uint16_t) p->protocol)),
        };
}

void filter_action_kind(const struct nlattr *action, char kind[static QDISC_KIND_MAX]) {
        const struct nlattr *attr = nla_find(nla_data(action), nla_len(action), TCA_ACT_KIND);
        size_t length = attr ? strnlen(nla_data(attr), (size_t) nla_len(attr)) : 0;

        if (length >= QDISC_KIND_MAX)
                length = 0;
        if (length > 0)
                memcpy(kind, nla_data(attr), length);
        kind[length] = 0;
}

/* The options, where libnl may look at them. */
typedef struct Options {
        alignas(NLA_ALIGNTO) uint8_t data[ADAPTER_BYTES_MAX];
        int size;
} Options;

static bool options_get(const AdapterValue *v, Options *ret) {
        int begin = filter_value_options(v);

        *ret = (Options){};
        if (begin < 0)
                return false;
        ret->size = v->size - begin;
        memcpy(ret->data, adapter_value_data(v) + begin, (size_t) ret->size);
        return wire_list_is_whole(ret->data, (size_t) ret->size);
}

uint32_t filter_codec_program(const AdapterValue *v) {
        const struct nlattr *id;
        Options o;

        if (!streq(qdisc_value_kind(v), "bpf") || !options_get(v, &o))
                return 0;
        id = nla_find((struct nlattr *) o.data, o.size, TCA_BPF_ID);
        return id && nla_len(id) == sizeof(uint32_t) ? nla_get_u32(id) : 0;
}

/* What tc(8) sends with a rate: how long 256 sizes take, in the kernel's ticks. The kernel wants it to be there
 * (qdisc_get_rtab() of net/sched/sch_api.c) but reckons with the rate itself. */
#define RATE_CELL_LOG 3  /* sizes are multiples of 8 octets: as for an MTU of 2047 */
#define TICK_NS       64 /* PSCHED_SHIFT of include/net/pkt_sched.h */

static int put_police(struct nl_msg *m, const struct nlattr *attr) {
        uint32_t table[TC_RTAB_SIZE / sizeof(uint32_t)];
        struct tc_police p;

        if (nla_len(attr) != (int) sizeof(p))
                return -EINVAL;
        memcpy(&p, nla_data(attr), sizeof(p));
        if (p.rate.rate != 0) {
                p.rate.cell_log = RATE_CELL_LOG;
                p.rate.cell_align = -1;
                for (size_t i = 0; i < ELEMENTSOF(table); i++)
                        table[i] = (uint32_t) MIN(((i + 1) << RATE_CELL_LOG) * UINT64_C(1000000000) / TICK_NS /
                                                        p.rate.rate,
                                        (uint64_t) UINT32_MAX);
                if (nla_put(m, TCA_POLICE_RATE, sizeof(table), table) < 0)
                        return -ENOMEM;
        }
        return nla_put(m, TCA_POLICE_TBF, sizeof(p), &p) < 0 ? -ENOMEM : 0;
}

static int put_action_options(struct nl_msg *m, const struct nlattr *options, const char *kind) {
        struct nlattr *attr, *nest = nla_nest_start(m, TCA_ACT_OPTIONS);
        int rest, r = nest ? 0 : -ENOMEM;

        nla_for_each_nested(attr, (struct nlattr *) options, rest) {
                if (r < 0)
                        break;
                if (streq(kind, "police") && nla_type(attr) == TCA_POLICE_TBF)
                        r = put_police(m, attr);
                else if (nla_put(m, nla_type(attr), nla_len(attr), nla_data(attr)) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0)
                nla_nest_end(m, nest);
        return r;
}

static int put_action(struct nl_msg *m, const struct nlattr *action) {
        struct nlattr *attr, *nest = nla_nest_start(m, nla_type(action));
        int rest, r = nest ? 0 : -ENOMEM;
        char kind[QDISC_KIND_MAX];

        filter_action_kind(action, kind);
        nla_for_each_nested(attr, (struct nlattr *) action, rest) {
                if (r < 0)
                        break;
                if (nla_type(attr) == TCA_ACT_OPTIONS)
                        r = put_action_options(m, attr, kind);
                else if (nla_put(m, nla_type(attr), nla_len(attr), nla_data(attr)) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0)
                nla_nest_end(m, nest);
        return r;
}

static int put_actions(struct nl_msg *m, const struct nlattr *actions) {
        struct nlattr *attr, *nest = nla_nest_start(m, nla_type(actions));
        int rest, r = nest ? 0 : -ENOMEM;

        nla_for_each_nested(attr, (struct nlattr *) actions, rest) {
                if (r >= 0)
                        r = put_action(m, attr);
        }
        if (r >= 0)
                nla_nest_end(m, nest);
        return r;
}

/* Which attribute has a kind's actions. */
static const struct {
        const char *kind;
        int actions;
} kind_actions[] = {
        { "bpf", TCA_BPF_ACT },
        { "flower", TCA_FLOWER_ACT },
        { "matchall", TCA_MATCHALL_ACT },
        { "u32", TCA_U32_ACT },
};

/* 0: not a kind that is replayed. */
static int actions_of(const char *kind) {
        for (size_t i = 0; i < ELEMENTSOF(kind_actions); i++)
                if (streq(kind_actions[i].kind, kind))
                        return kind_actions[i].actions;
        return 0;
}

/* A flower filter's protocol is a key of its own, without which the kernel overlooks all others that depend on
 * it (fl_set_key() of net/sched/cls_flower.c). The one that it dumps is that within the VLAN, where there is
 * one. */
static int put_ethertype(struct nl_msg *m, const char *kind, const FilterPlace *place) {
        if (!streq(kind, "flower") || place->protocol == ETH_P_ALL)
                return 0;
        return nla_put_u16(m, TCA_FLOWER_KEY_ETH_TYPE, __builtin_bswap16((uint16_t) place->protocol)) < 0
                        ? -ENOMEM
                        : 0;
}

static int put_attribute(struct nl_msg *m, const FilterPlace *place, const char *kind,
                const struct nlattr *attr, int program_fd) {
        if (nla_type(attr) == actions_of(kind))
                return put_actions(m, attr);
        if (streq(kind, "flower") && nla_type(attr) == TCA_FLOWER_KEY_ETH_TYPE && place->protocol != ETH_P_ALL)
                return 0;
        if (streq(kind, "bpf") && nla_type(attr) == TCA_BPF_ID)
                return nla_put_u32(m, TCA_BPF_FD, (uint32_t) program_fd) < 0 ? -ENOMEM : 0;
        return nla_put(m, nla_type(attr), nla_len(attr), nla_data(attr)) < 0 ? -ENOMEM : 0;
}

int filter_codec_add(int ifindex, const FilterPlace *place, const AdapterValue *v, int program_fd,
                struct nl_msg **ret) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        const char *kind = qdisc_value_kind(v);
        struct tcmsg header = filter_header(ifindex, place);
        struct nlattr *attr, *nest;
        int rest, r = 0;
        Options o;

        if (actions_of(kind) == 0 || !options_get(v, &o))
                return -EINVAL;
        m = qdisc_message(RTM_NEWTFILTER, &header);
        if (!m || nla_put_string(m, TCA_KIND, kind) < 0)
                return -ENOMEM;
        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
        nest = nla_nest_start(m, TCA_OPTIONS);
        if (!nest)
                return -ENOMEM;
        r = put_ethertype(m, kind, place);
        nla_for_each_attr(attr, (struct nlattr *) o.data, o.size, rest) {
                if (r >= 0)
                        r = put_attribute(m, place, kind, attr, program_fd);
        }
        if (r < 0)
                return r;
        nla_nest_end(m, nest);
        *ret = TAKE_PTR(m);
        return 0;
}

struct nl_msg *filter_codec_remove(int ifindex, const FilterPlace *place) {
        struct tcmsg header = filter_header(ifindex, place);

        header.tcm_handle = 0;
        return qdisc_message(RTM_DELTFILTER, &header);
}
