/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "prime-disruption.h"
#include "prime-planner-internal.h"

typedef struct PlanRow {
        PrimeItemId item;
        void (*plan)(Planner *p, PrimeItemId item);
} PlanRow;

void planner_note(PrimeStep *s, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(s->note, sizeof(s->note), format, ap);
        va_end(ap);
}

void planner_leave(PrimeStep *s, PrimeAction action, const char *format, ...) {
        va_list ap;

        s->action = action;
        va_start(ap, format);
        vsnprintf(s->note, sizeof(s->note), format, ap);
        va_end(ap);
}

void planner_want_value(PrimeStep *s, const AdapterValue *v) {
        s->want = *v;
        s->action = adapter_value_equal(&s->want, &s->b) ? PRIME_EQUAL : PRIME_SET;
}

PrimeStep *planner_add(Planner *p, AdapterAttribute attribute, unsigned place, const char *name) {
        PrimeStep *s = prime_plan_add(p->plan);

        if (!s) {
                p->failed = true;
                return NULL;
        }
        s->item = adapter_attribute_info(attribute)->item;
        s->attribute = attribute;
        s->place = place;
        if (name)
                memcpy(s->name, name, strnlen(name, sizeof(s->name) - 1));
        s->a = prime_step_value(s, p->a, NULL);
        s->b = prime_step_value(s, p->b, &s->undo);
        s->disruption = prime_disruption_of(p->b->driver, s->item, s->name);
        return s;
}

AdapterValue prime_step_value(const PrimeStep *s, const AdapterProfile *p, AdapterValue *ret_wanted) {
        AdapterValue v;

        if (s->attribute == ATTRIBUTE_FEATURE) {
                const AdapterFeature *f = adapter_profile_feature(p, s->name);

                if (ret_wanted)
                        *ret_wanted = f && f->hw && !f->nochange ? adapter_value_number(f->wanted)
                                                                 : (AdapterValue){};
                return f ? adapter_value_number(f->active) : (AdapterValue){};
        }
        v = adapter_profile_value(p, s->attribute, s->place, s->name);
        if (ret_wanted)
                *ret_wanted = v;
        return v;
}

void planner_want(const Planner *p, PrimeStep *s, uint64_t n, PrimeAction action) {
        const AdapterAttributeInfo *info = adapter_attribute_info(s->attribute);
        const AdapterValue *low = &p->b->value[info->minimum], *high = &p->b->value[info->maximum];

        s->action = action;
        if (low->set && n < low->word[0]) {
                s->action = PRIME_CLAMPED;
                planner_note(s, "the spare takes no less than %" PRIu64, low->word[0]);
                n = low->word[0];
        }
        if (high->set && n > high->word[0]) {
                s->action = PRIME_CLAMPED;
                planner_note(s, "the spare takes no more than %" PRIu64 " (wanted %" PRIu64 ")", high->word[0],
                                n);
                n = high->word[0];
        }
        s->want = adapter_value_number(n);
        if (s->action == PRIME_SET && adapter_value_equal(&s->want, &s->b))
                s->action = PRIME_EQUAL;
}

bool planner_one_sided(PrimeStep *s) {
        if (!s->a.set)
                planner_leave(s, PRIME_REPORT, "the serving adapter has no such setting");
        else if (!s->b.set)
                planner_leave(s, PRIME_UNSUPPORTED, "the spare has no such setting");
        return !s->a.set || !s->b.set;
}

static bool is_on(const AdapterProfile *p, AdapterAttribute a) {
        return a != ATTRIBUTE_NONE && p->value[a].set && p->value[a].word[0] != 0;
}

PrimeStep *planner_add_common(Planner *p, AdapterAttribute attribute) {
        PrimeStep *s;

        if (!p->a->value[attribute].set && !p->b->value[attribute].set)
                return NULL;
        s = planner_add(p, attribute, 0, NULL);
        return s && !planner_one_sided(s) ? s : NULL;
}

void planner_number(Planner *p, AdapterAttribute attribute) {
        AdapterAttribute governor = adapter_attribute_info(attribute)->governor;
        PrimeStep *s = planner_add_common(p, attribute);

        if (!s)
                return;
        /* The driver changes it all the time, and some refuse to have it set meanwhile. */
        if (is_on(p->a, governor) && p->b->value[governor].set) {
                s->action = PRIME_REPORT;
                planner_note(s, "chosen by the driver while %s is on", adapter_attribute_info(governor)->name);
                return;
        }
        planner_want(p, s, s->a.word[0], PRIME_SET);
}

void planner_numbers(Planner *p, PrimeItemId item) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++)
                if (adapter_attribute_info(i)->item == item && !adapter_attribute_info(i)->limit &&
                                adapter_attribute_info(i)->scope == SCOPE_DEVICE &&
                                !adapter_format_is_bytes(adapter_attribute_info(i)->format))
                        planner_number(p, i);
}

/* from: whose entries; alone: only those that the other adapter does not have. */
static void plan_entries_of(Planner *p, const AdapterProfile *from, AdapterAttribute attribute, bool alone,
                void (*decide)(PrimeStep *s)) {
        const AdapterProfile *other = from == p->a ? p->b : p->a;
        size_t n;
        const AdapterEntry *entries = adapter_profile_entries(from, attribute, &n);

        for (size_t i = 0; i < n; i++) {
                PrimeStep *s;

                if (alone && adapter_profile_get(other, attribute, entries[i].place, entries[i].name))
                        continue;
                s = planner_add(p, attribute, entries[i].place, entries[i].name);
                if (!s)
                        return;
                decide(s);
        }
}

static void plan_entries(Planner *p, PrimeItemId item, void (*decide)(PrimeStep *s)) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++)
                if (adapter_attribute_info(i)->item == item && adapter_attribute_is_entry(i)) {
                        plan_entries_of(p, p->b, i, true, decide);
                        plan_entries_of(p, p->a, i, false, decide);
                }
}

static void entry_alike(PrimeStep *s) {
        if (!planner_one_sided(s))
                planner_want_value(s, &s->a);
}

bool planner_same_driver(const Planner *p) {
        return p->a->driver[0] && streq(p->a->driver, p->b->driver);
}

bool planner_same_names(const Planner *p, AdapterAttribute attribute) {
        size_t n, m;
        const AdapterEntry *a = adapter_profile_entries(p->a, attribute, &n),
                           *b = adapter_profile_entries(p->b, attribute, &m);

        for (size_t i = 0; i < n && n == m; i++)
                if (!streq(a[i].name, b[i].name) || a[i].place != b[i].place)
                        return false;
        return n == m;
}

void planner_entries(Planner *p, PrimeItemId item) {
        plan_entries(p, item, entry_alike);
}

static void plan_mtu(Planner *p, PrimeItemId item) {
        size_t before = p->plan->n_steps;
        PrimeStep *s;

        planner_numbers(p, item);
        if (p->plan->n_steps == before)
                return;
        s = &p->plan->steps[before];
        /* Written to a port alone it would differ from what the bond, and all on top of it, goes by. */
        if (s->action != PRIME_EQUAL && streq(p->b->port_of, "bond")) {
                s->want = (AdapterValue){};
                s->action = PRIME_REPORT;
                planner_note(s, "left to the bond: set the MTU there");
                return;
        }
        if (s->action != PRIME_CLAMPED || s->want.word[0] >= s->a.word[0])
                return;
        /* A smaller MTU is no approximation: full-sized frames would be lost after the move. */
        planner_note(s, "the spare carries at most %" PRIu64 " bytes, the serving adapter uses %" PRIu64,
                        s->want.word[0], s->a.word[0]);
        s->want = (AdapterValue){};
        s->action = PRIME_UNSUPPORTED;
        s->blocks = true;
}

static void step_report(PrimeStep *s) {
        s->undo = (AdapterValue){};
        s->action = PRIME_EQUAL;
        if (!adapter_value_equal(&s->a, &s->b))
                planner_leave(s, PRIME_REPORT, "differs; never copied");
}

void planner_report(Planner *p, PrimeItemId item) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                PrimeStep *s;

                if (adapter_attribute_info(i)->item != item || adapter_attribute_info(i)->limit ||
                                adapter_attribute_info(i)->scope != SCOPE_DEVICE ||
                                (!p->a->value[i].set && !p->b->value[i].set))
                        continue;
                s = planner_add(p, i, 0, NULL);
                if (!s)
                        return;
                step_report(s);
        }
        plan_entries(p, item, step_report);
}

static uint64_t number_or_zero(const AdapterProfile *p, AdapterAttribute a) {
        return p->value[a].set ? p->value[a].word[0] : 0;
}

/* What the serving adapter's channels are in the spare's terms: unchanged, spread over rx and tx, or, where the
 * spare has combined ones only, the smaller of both. */
static uint64_t channel_want(const Planner *p, AdapterAttribute attribute, PrimeAction *ret) {
        uint64_t combined = number_or_zero(p->a, ATTRIBUTE_CHANNELS_COMBINED),
                 rx = number_or_zero(p->a, ATTRIBUTE_CHANNELS_RX),
                 tx = number_or_zero(p->a, ATTRIBUTE_CHANNELS_TX);
        bool b_combined = p->b->value[ATTRIBUTE_CHANNELS_COMBINED].set,
             b_split = p->b->value[ATTRIBUTE_CHANNELS_RX].set && p->b->value[ATTRIBUTE_CHANNELS_TX].set;
        bool direct = (combined == 0 || b_combined) && ((rx == 0 && tx == 0) || b_split);

        *ret = direct ? PRIME_SET : PRIME_MAPPED;
        if (attribute == ATTRIBUTE_CHANNELS_COMBINED)
                return direct ? combined : MIN(combined + rx, combined + tx);
        if (attribute == ATTRIBUTE_CHANNELS_RX)
                return direct ? rx : b_combined ? 0 : combined + rx;
        return direct ? tx : b_combined ? 0 : combined + tx;
}

static void plan_channels(Planner *p, PrimeItemId item) {
        static const AdapterAttribute kinds[] = { ATTRIBUTE_CHANNELS_RX, ATTRIBUTE_CHANNELS_TX,
                ATTRIBUTE_CHANNELS_COMBINED };
        uint64_t want[_ADAPTER_ATTRIBUTE_MAX] = {};
        bool offered = false, writes = false;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                offered = offered || p->a->value[kinds[i]].set;
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                PrimeAction action;
                PrimeStep *s;

                if (!p->b->value[kinds[i]].set && number_or_zero(p->a, kinds[i]) == 0)
                        continue;
                s = planner_add(p, kinds[i], 0, NULL);
                if (!s)
                        return;
                want[kinds[i]] = channel_want(p, kinds[i], &action);
                if (!offered) {
                        (void) planner_one_sided(s);
                        continue;
                }
                if (!s->b.set) {
                        s->action = action == PRIME_MAPPED ? PRIME_MAPPED : PRIME_UNSUPPORTED;
                        planner_note(s,
                                        action == PRIME_MAPPED ? "the spare counts its channels otherwise"
                                                               : "the spare has no such setting");
                        continue;
                }
                if (action == PRIME_MAPPED)
                        planner_note(s, "the serving adapter counts its channels otherwise");
                planner_want(p, s, want[kinds[i]], action);
                want[kinds[i]] = s->want.word[0];
                writes = writes || prime_step_is_due(s);
        }
        planner_number(p, ATTRIBUTE_CHANNELS_OTHER);
        if (writes) {
                p->rx_queues = (unsigned) MIN(want[ATTRIBUTE_CHANNELS_COMBINED] + want[ATTRIBUTE_CHANNELS_RX],
                                (uint64_t) ADAPTER_QUEUES_MAX);
                p->tx_queues = (unsigned) MIN(want[ATTRIBUTE_CHANNELS_COMBINED] + want[ATTRIBUTE_CHANNELS_TX],
                                (uint64_t) ADAPTER_QUEUES_MAX);
        }
}

static void plan_feature(Planner *p, const char *name) {
        const AdapterFeature *a = adapter_profile_feature(p->a, name), *b = adapter_profile_feature(p->b, name);
        PrimeStep *s;

        /* Off on the one and unknown to the other, or off and not to be changed on both: nothing to tell. */
        if (!(a && a->active) && !(b && (b->active || b->wanted)) && !(a && a->hw && b && b->hw))
                return;
        s = planner_add(p, ATTRIBUTE_FEATURE, 0, name);
        if (!s)
                return;
        /* A bit that is set nowhere is not in the kernel's answer; it is off. */
        if (!s->a.set)
                s->a = adapter_value_number(0);
        if (!s->b.set)
                s->b = adapter_value_number(0);
        if (b && b->hw && !b->nochange && streq(name, "rx-vlan-filter") && planner_opens_vlan_filter(p)) {
                planner_want(p, s, 0, PRIME_MAPPED);
                planner_note(s, "lets in the VLANs of the serving adapter, for which the spare has no devices");
                return;
        }
        if (b && b->hw && !b->nochange) {
                planner_want(p, s, s->a.word[0], PRIME_SET);
                return;
        }
        s->action = PRIME_EQUAL;
        if (!adapter_value_equal(&s->a, &s->b)) {
                s->action = PRIME_UNSUPPORTED;
                planner_note(s, "fixed on the spare");
        }
}

static void plan_features(Planner *p, PrimeItemId item) {
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (p->a->feature[i].name[0])
                        plan_feature(p, p->a->feature[i].name);
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (p->b->feature[i].name[0] && !adapter_profile_feature(p->a, p->b->feature[i].name))
                        plan_feature(p, p->b->feature[i].name);
}

/* Says in the step why the spare cannot have what the serving adapter's queue has; true when so. */
static bool queue_is_missing(const Planner *p, PrimeStep *s, unsigned now, unsigned after) {
        const AdapterValue *first = adapter_profile_get(p->b, s->attribute, 0, NULL);

        if (s->place >= after)
                planner_note(s, "the spare has %u such queues", after);
        else if (!s->b.set && (s->place < now || !first->set))
                planner_note(s, "the spare has no such setting");
        else
                return false;
        s->action = PRIME_UNSUPPORTED;
        if (adapter_value_is_zero(&s->a)) { /* nor does it need it */
                s->action = PRIME_EQUAL;
                s->note[0] = 0;
        }
        return true;
}

/* now, after: how many queues of this direction the spare has before and after its channels are set. */
static void plan_queue(Planner *p, AdapterAttribute attribute, unsigned queue, unsigned now, unsigned after) {
        PrimeStep *s;

        if (!adapter_profile_get(p->a, attribute, queue, NULL)->set &&
                        !adapter_profile_get(p->b, attribute, queue, NULL)->set)
                return;
        s = planner_add(p, attribute, queue, NULL);
        if (!s)
                return;
        if (!s->a.set) {
                s->action = PRIME_REPORT;
                planner_note(s, "the serving adapter has no such queue or setting");
                return;
        }
        if (queue_is_missing(p, s, now, after))
                return;
        s->want = s->a;
        s->action = PRIME_SET;
        if (attribute == ATTRIBUTE_XPS_RXQS && adapter_value_truncate(&s->want, p->rx_queues)) {
                s->action = PRIME_CLAMPED;
                planner_note(s, "the spare has %u receive queues", p->rx_queues);
        } else if (s->b.set ? adapter_value_equal(&s->want, &s->b) : adapter_value_is_zero(&s->want))
                s->action = PRIME_EQUAL; /* a queue that does not exist yet begins with nothing set */
}

static void plan_queues(Planner *p, PrimeItemId item) {
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(i);

                if (info->item != item || info->scope == SCOPE_DEVICE)
                        continue;
                for (unsigned queue = 0; queue < ADAPTER_QUEUES_MAX; queue++)
                        if (info->scope == SCOPE_TX_QUEUE)
                                plan_queue(p, i, queue, p->b->n_tx_queues, p->tx_queues);
                        else
                                plan_queue(p, i, queue, p->b->n_rx_queues, p->rx_queues);
        }
}

/* What a private flag or a tunable means is the driver's own affair: only the same driver with the same ones
 * can be told the same. */
static void plan_drivers_own(Planner *p, PrimeItemId item) {
        size_t before = p->plan->n_steps;
        const char *why = NULL;

        if (!planner_same_driver(p))
                why = "of another driver";
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX && !why; i++)
                if (adapter_attribute_info(i)->item == item && !planner_same_names(p, i))
                        why = "the same driver, but with others";

        planner_entries(p, item);
        for (size_t i = before; i < p->plan->n_steps && why; i++) {
                PrimeStep *s = &p->plan->steps[i];

                s->want = (AdapterValue){};
                if (s->action == PRIME_SET)
                        planner_leave(s, PRIME_REPORT, "%s", why);
        }
}

static void plan_rps(Planner *p, PrimeItemId item) {
        plan_queues(p, item);
        planner_flow_table(p);
}

/* In the order of application; a new item is a new row. */
static const PlanRow plan_table[_PRIME_ITEM_MAX] = {
        { PRIME_PRIVATE_FLAGS, plan_drivers_own },
        { PRIME_CHANNELS, plan_channels },
        { PRIME_RINGS, planner_numbers },
        { PRIME_MTU, plan_mtu },
        { PRIME_FEATURES, plan_features },
        { PRIME_LINK_MODES, planner_on_request },
        { PRIME_LINK_INFO, planner_on_request },
        { PRIME_FEC, planner_on_request },
        { PRIME_PAUSE, planner_on_request },
        { PRIME_EEE, planner_on_request },
        { PRIME_DCB, planner_on_request },
        { PRIME_COALESCE, planner_coalesce },
        { PRIME_TUNABLES, plan_drivers_own },
        { PRIME_RSS, planner_rss },
        { PRIME_FLOW_HASH, planner_entries },
        { PRIME_RSS_CONTEXTS, planner_rss_contexts },
        { PRIME_FLOW_RULES, planner_flow_rules },
        { PRIME_QUEUE_COALESCE, planner_queue_coalesce },
        { PRIME_TX_QUEUE_LENGTH, planner_numbers },
        { PRIME_GSO_SIZE, planner_numbers },
        { PRIME_GRO_SIZE, planner_numbers },
        { PRIME_XPS, plan_queues },
        { PRIME_RPS, plan_rps },
        { PRIME_IRQ_AFFINITY, plan_queues },
        { PRIME_NAPI, planner_napi },
        { PRIME_QDISC, planner_qdiscs },
        { PRIME_FILTERS, planner_filters },
        { PRIME_XDP, planner_xdp },
        { PRIME_ADDRESSES, planner_addresses },
        { PRIME_VLAN_FILTER, planner_vlans },
        { PRIME_PROMISCUITY, planner_promiscuity },
        { PRIME_TIMESTAMPING, planner_numbers_in_use },
        { PRIME_WAKE_ON_LAN, planner_report },
        { PRIME_SRIOV, planner_fates },
        { PRIME_DEVLINK, planner_report },
        { PRIME_XFRM_OFFLOAD, planner_fates },
        { PRIME_MACSEC_OFFLOAD, planner_fates },
        { PRIME_TLS_OFFLOAD, planner_tls },
};

int prime_planner_defer_channels(PrimePlan *plan) {
        size_t begin = 0, end, to = 0;
        PrimeStep *steps = plan->steps, *moved;

        while (begin < plan->n_steps && steps[begin].item != PRIME_CHANNELS)
                begin++;
        for (end = begin; end < plan->n_steps && steps[end].item == PRIME_CHANNELS; end++)
                ;
        for (to = end; to < plan->n_steps && steps[to].item <= PRIME_FLOW_RULES; to++)
                ;
        if (begin == end)
                return 0;
        moved = calloc(end - begin, sizeof(*moved));
        if (!moved)
                return -ENOMEM;
        memcpy(moved, &steps[begin], (end - begin) * sizeof(*moved));
        memmove(&steps[begin], &steps[end], (to - end) * sizeof(*moved));
        memcpy(&steps[begin + (to - end)], moved, (end - begin) * sizeof(*moved));
        free(moved);
        return 0;
}

int prime_planner_run(
                const AdapterProfile *serving, const AdapterProfile *spare, PrimeItems items, PrimePlan *plan) {
        Planner p = {
                .a = serving,
                .b = spare,
                .items = items,
                .plan = plan,
                .tx_queues = spare->n_tx_queues,
                .rx_queues = spare->n_rx_queues,
        };

        plan->n_steps = 0;
        for (size_t i = 0; i < ELEMENTSOF(plan_table); i++)
                if (!(items.exclude & (UINT64_C(1) << plan_table[i].item)))
                        plan_table[i].plan(&p, plan_table[i].item);
        if (p.failed)
                return -ENOMEM;
        return p.rx_queues < spare->n_rx_queues ? prime_planner_defer_channels(plan) : 0;
}
