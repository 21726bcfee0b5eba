/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of the planner's table that are about the link as others see it: what has to be agreed upon with the
 * link partner, what frames are let in, how they are queued, and what cannot move at all. What neither adapter
 * has is not mentioned. */

#include <inttypes.h>
#include <stdio.h>

#include "ether-address.h"
#include "prime-planner-internal.h"
#include "qdisc-value.h"

static bool in_use(const AdapterProfile *p, AdapterAttribute a) {
        return p->value[a].set && !adapter_value_is_zero(&p->value[a]);
}

static uint64_t number(const AdapterProfile *p, AdapterAttribute a) {
        return p->value[a].set ? p->value[a].word[0] : 0;
}

/* Link modes and the like: what the spare does not support cannot be advertised. */
static void plan_mask(Planner *p, AdapterAttribute attribute) {
        const AdapterValue *supported = &p->b->value[adapter_attribute_info(attribute)->maximum];
        PrimeStep *s = planner_add(p, attribute, 0, NULL);
        AdapterValue want;

        if (!s || planner_one_sided(s))
                return;
        want = s->a;
        for (size_t i = 0; i < ADAPTER_MASK_WORDS && supported->set; i++)
                want.word[i] &= supported->word[i];
        planner_want_value(s, &want);
        if (!adapter_value_equal(&want, &s->a)) {
                s->action = PRIME_CLAMPED;
                planner_note(s, "the spare does not support the others");
        }
}

void planner_on_request(Planner *p, PrimeItemId item) {
        size_t before = p->plan->n_steps;

        if (!(p->items.include & (UINT64_C(1) << item))) {
                planner_report(p, item);
                for (size_t i = before; i < p->plan->n_steps; i++)
                        if (p->plan->steps[i].action == PRIME_REPORT)
                                planner_note(&p->plan->steps[i],
                                                "differs; the link partner has to agree, so only copied with "
                                                "prime-items: {include: [%s]}",
                                                prime_item_to_string(item));
                return;
        }
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(i);

                if (info->item != item || info->limit || info->scope != SCOPE_DEVICE ||
                                (!p->a->value[i].set && !p->b->value[i].set))
                        continue;
                if (info->format == FORMAT_NUMBER || info->format == FORMAT_SWITCH)
                        planner_number(p, i);
                else
                        plan_mask(p, i);
        }
        planner_entries(p, item);
}

void planner_numbers_in_use(Planner *p, PrimeItemId item) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(i);

                if (info->item == item && !info->limit && info->scope == SCOPE_DEVICE &&
                                (in_use(p->a, i) || in_use(p->b, i)))
                        planner_number(p, i);
        }
}

/* What becomes at a move of what hangs on one adapter. Which of a machine's packets is in whose hands is
 * decided late: the stack sees another adapter than it prepared the packet for, and does the work itself
 * (net/xfrm validate_xmit_xfrm(), net/tls tls_validate_xmit_skb()); MACsec hands over plain frames and relies
 * on the adapter (drivers/net/macsec.c macsec_start_xmit()). */
static const struct {
        AdapterAttribute attribute;
        const char *note;
} fates[] = {
        { ATTRIBUTE_SRIOV_VFS, "virtual functions stay with their adapter: guests on them do not move" },
        { ATTRIBUTE_XFRM_STATES,
                        "bound to one adapter: after a move the CPUs encrypt; states in packet offload stop" },
        { ATTRIBUTE_MACSEC_DEVICES,
                        "bound to one adapter: after a move their frames would leave unprotected; turn their "
                        "offload off" },
        { ATTRIBUTE_TLS_TX, "of the whole machine: connections in the adapter's hands go on in software" },
        { ATTRIBUTE_TLS_RX, "of the whole machine: connections in the adapter's hands go on in software" },
        { ATTRIBUTE_QDISC_BLOCKS, "shared filter blocks are not copied: bind the spare to them too" },
        { ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, "of the whole machine: while it is 0, rps_flow_cnt does nothing" },
};

static void report_fate(Planner *p, AdapterAttribute attribute) {
        PrimeStep *s = planner_add(p, attribute, 0, NULL);

        if (!s)
                return;
        s->undo = (AdapterValue){};
        for (size_t i = 0; i < ELEMENTSOF(fates); i++)
                if (fates[i].attribute == attribute)
                        planner_leave(s, PRIME_REPORT, "%s", fates[i].note);
}

void planner_fates(Planner *p, PrimeItemId item) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++)
                if (adapter_attribute_info(i)->item == item && !adapter_attribute_info(i)->limit &&
                                (in_use(p->a, i) || in_use(p->b, i)))
                        report_fate(p, i);
}

static bool feature_is_active(const AdapterProfile *p, const char *name) {
        const AdapterFeature *f = adapter_profile_feature(p, name);

        return f && f->active;
}

/* The kernel counts for the machine; whether one of these adapters is meant, its features say. */
void planner_tls(Planner *p, PrimeItemId item) {
        if (feature_is_active(p->a, "tls-hw-tx-offload") || feature_is_active(p->a, "tls-hw-rx-offload"))
                planner_fates(p, item);
}

/* The number of flows a queue keeps track of, which counts only together with the table of all sockets. */
void planner_flow_table(Planner *p) {
        const AdapterValue *table = &p->a->value[ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES];

        for (unsigned q = 0; q < ADAPTER_QUEUES_MAX; q++) {
                const AdapterValue *v = adapter_profile_get(p->a, ATTRIBUTE_RPS_FLOW_COUNT, q, NULL);

                if (v->set && !adapter_value_is_zero(v) && table->set && adapter_value_is_zero(table)) {
                        report_fate(p, ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES);
                        return;
                }
        }
}

/* A driver opens its VLAN filter for VLAN devices on top of it only. The spare has none, unless whoever moves
 * the traffic made some. */
bool planner_opens_vlan_filter(const Planner *p) {
        return number(p->a, ATTRIBUTE_VLANS) > number(p->b, ATTRIBUTE_VLANS);
}

static bool vlan_filter_is_fixed(const Planner *p) {
        const AdapterFeature *f = adapter_profile_feature(p->b, "rx-vlan-filter");

        return f && f->active && (!f->hw || f->nochange);
}

void planner_vlans(Planner *p, PrimeItemId item) {
        PrimeStep *s;

        if (!planner_opens_vlan_filter(p))
                return;
        s = planner_add(p, ATTRIBUTE_VLANS, 0, NULL);
        if (!s)
                return;
        s->undo = (AdapterValue){};
        if (vlan_filter_is_fixed(p))
                planner_leave(s, PRIME_MAPPED,
                                "the spare's VLAN filter cannot be turned off: it is made promiscuous to let "
                                "them in");
        else if (adapter_profile_feature(p->b, "rx-vlan-filter"))
                planner_leave(s, PRIME_MAPPED,
                                "the spare has no devices for them: it lets in all (rx-vlan-filter off)");
        else
                s->action = PRIME_EQUAL;
}

/* Everything that is taken in though nobody asked for it by name. */
static bool promiscuous_by_need(const AdapterProfile *p) {
        return number(p, ATTRIBUTE_PROMISCUITY_COUNT) > number(p, ATTRIBUTE_PROMISC);
}

void planner_promiscuity(Planner *p, PrimeItemId item) {
        PrimeStep *s;

        if (planner_opens_vlan_filter(p) && vlan_filter_is_fixed(p) && !in_use(p->a, ATTRIBUTE_PROMISC)) {
                s = planner_add(p, ATTRIBUTE_PROMISC, 0, NULL);
                if (!s)
                        return;
                s->want = adapter_value_number(1);
                planner_leave(s, PRIME_MAPPED, "the only way to let in the serving adapter's VLANs");
        } else if (in_use(p->a, ATTRIBUTE_PROMISC) || in_use(p->b, ATTRIBUTE_PROMISC))
                planner_number(p, ATTRIBUTE_PROMISC);
        if (in_use(p->a, ATTRIBUTE_ALLMULTI) || in_use(p->b, ATTRIBUTE_ALLMULTI))
                planner_number(p, ATTRIBUTE_ALLMULTI);
        if (!promiscuous_by_need(p->b) || promiscuous_by_need(p->a))
                return;
        s = planner_add(p, ATTRIBUTE_PROMISCUITY_COUNT, 0, NULL);
        if (!s)
                return;
        s->undo = (AdapterValue){};
        planner_leave(s, PRIME_REPORT,
                        "the spare takes in every frame: its filter is full, or it is being listened to");
}

/* Under which the adapters themselves speak and listen: set by who moves the traffic. */
static bool is_own_address(const Planner *p, const char *name) {
        const EtherAddress own[] = { p->a->address, p->b->address, ether_address_station(p->a->address),
                ether_address_station(p->b->address) };
        char text[ADAPTER_NAME_MAX];

        for (size_t i = 0; i < ELEMENTSOF(own); i++) {
                ether_address_format(text, sizeof(text), &own[i]);
                if (streq(text, name))
                        return true;
        }
        return false;
}

/* Only what the spare lacks: what it has beyond that is there for a move, or its own. */
void planner_addresses(Planner *p, PrimeItemId item) {
        size_t n;
        const AdapterEntry *entries = adapter_profile_entries(p->a, ATTRIBUTE_ADDRESS, &n);

        for (size_t i = 0; i < n; i++) {
                PrimeStep *s;

                if (is_own_address(p, entries[i].name))
                        continue;
                s = planner_add(p, ATTRIBUTE_ADDRESS, entries[i].place, entries[i].name);
                if (!s)
                        return;
                planner_want_value(s, &s->a);
        }
}

static void plan_program(Planner *p, AdapterAttribute attribute) {
        PrimeStep *s;

        if (!in_use(p->a, attribute) && !in_use(p->b, attribute))
                return;
        s = planner_add(p, attribute, 0, NULL);
        if (!s)
                return;
        if (attribute == ATTRIBUTE_XDP_GENERIC)
                s->disruption = DISRUPTION_NONE;
        if (adapter_value_equal(&s->a, &s->b)) {
                s->action = PRIME_EQUAL;
                s->want = s->a;
        } else if (!in_use(p->a, attribute))
                planner_leave(s, PRIME_REPORT, "the spare's own program is left alone");
        else if (attribute == ATTRIBUTE_XDP_OFFLOADED)
                planner_leave(s, PRIME_UNSUPPORTED, "a program inside the adapter cannot move");
        else if (attribute == ATTRIBUTE_XDP_GENERIC && (p->a->master == 0 || p->a->master != p->b->master))
                planner_leave(s, PRIME_REPORT,
                                "sees the frames after a move too: they are handed to this adapter");
        else if (in_use(p->b, ATTRIBUTE_XDP_NATIVE) || in_use(p->b, ATTRIBUTE_XDP_GENERIC))
                planner_leave(s, PRIME_UNSUPPORTED,
                                "the spare has a program of its own, which could not be put back");
        else
                planner_want_value(s, &s->a);
}

void planner_xdp(Planner *p, PrimeItemId item) {
        plan_program(p, ATTRIBUTE_XDP_NATIVE);
        plan_program(p, ATTRIBUTE_XDP_GENERIC);
        plan_program(p, ATTRIBUTE_XDP_OFFLOADED);
}

/* Why a discipline cannot be made anew from what is known of it; false when it can. */
static bool is_stuck(const AdapterProfile *p, const AdapterValue *v, char *note) {
        uint64_t others = number(p, ATTRIBUTE_QDISC_OTHERS);

        if (v->absent || qdisc_value_is_plain(v) || (qdisc_value_is_classful(v) && others == 0))
                return false;
        if (qdisc_value_is_classful(v))
                snprintf(note, PRIME_NOTE_MAX,
                                "%.16s has %" PRIu64 " filters, tables or disciplines that cannot be replayed",
                                qdisc_value_kind(v), others);
        else
                snprintf(note, PRIME_NOTE_MAX, "%.16s has classes, filters or tables of its own",
                                qdisc_value_kind(v));
        return true;
}

/* True when the place's discipline becomes, or is, the serving adapter's. */
static bool plan_discipline(Planner *p, unsigned place) {
        PrimeStep *s = planner_add(p, ATTRIBUTE_QDISC, place, NULL);
        char note[PRIME_NOTE_MAX];

        if (!s)
                return false;
        if (is_stuck(p->a, &s->a, note))
                planner_leave(s, PRIME_UNSUPPORTED, "%.120s: not copied", note);
        else if (is_stuck(p->b, &s->b, note))
                planner_leave(s, adapter_value_equal(&s->a, &s->b) ? PRIME_EQUAL : PRIME_UNSUPPORTED,
                                "the spare's own could not be put back: %.110s", note);
        else if (place > p->tx_queues)
                planner_leave(s, s->a.absent ? PRIME_EQUAL : PRIME_UNSUPPORTED, "the spare has %u such queues",
                                p->tx_queues);
        else {
                planner_want_value(s, &s->a);
                return true;
        }
        return false;
}

/* What hangs on the root, removals first. */
static void plan_tree(Planner *p) {
        static const AdapterAttribute parts[] = { ATTRIBUTE_QDISC_CLASS, ATTRIBUTE_QDISC_LEAF,
                ATTRIBUTE_QDISC_FILTER };

        for (size_t i = 0; i < 2 * ELEMENTSOF(parts); i++) {
                bool removal = i < ELEMENTSOF(parts);
                AdapterAttribute attribute = removal ? parts[ELEMENTSOF(parts) - 1 - i]
                                                     : parts[i - ELEMENTSOF(parts)];
                size_t n;
                const AdapterEntry *entries = adapter_profile_entries(removal ? p->b : p->a, attribute, &n);

                for (size_t k = 0; k < n; k++) {
                        PrimeStep *s;

                        if (removal && adapter_profile_get(p->a, attribute, entries[k].place, entries[k].name))
                                continue;
                        s = planner_add(p, attribute, entries[k].place, entries[k].name);
                        if (!s)
                                return;
                        planner_want_value(s, &s->a);
                }
        }
}

void planner_qdiscs(Planner *p, PrimeItemId item) {
        bool root = true;

        for (unsigned place = 0; place <= ADAPTER_QUEUES_MAX; place++)
                if (adapter_profile_get(p->a, ATTRIBUTE_QDISC, place, NULL) ||
                                adapter_profile_get(p->b, ATTRIBUTE_QDISC, place, NULL)) {
                        bool made = plan_discipline(p, place);

                        root = root && (place > 0 || made);
                }
        if (root)
                plan_tree(p);
        planner_fates(p, item);
}
