/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of single flows: flow rules. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow-rule.h"
#include "prime-planner-internal.h"

/* A rule of the serving adapter in the spare's terms. */
typedef struct WantedRule {
        unsigned place;
        AdapterValue value;
        PrimeAction action;
        char note[PRIME_NOTE_MAX];
} WantedRule;

/* False, with the note, when the spare cannot have it. */
static bool rule_fits(const Planner *p, FlowRule *r, WantedRule *w) {
        uint64_t contexts = p->b->value[ATTRIBUTE_RSS_CONTEXTS].set ? ADAPTER_QUEUES_MAX : 0;

        w->action = PRIME_SET;
        if (flow_rule_action(r) == FLOW_FUNCTION) {
                snprintf(w->note, sizeof(w->note), "it feeds a virtual function of the serving adapter");
                return false;
        }
        if ((r->spec.flow_type & FLOW_RSS) && (r->context == 0 || r->context > contexts)) {
                snprintf(w->note, sizeof(w->note), "the spare has no RSS context for it");
                return false;
        }
        if (flow_rule_action(r) == FLOW_QUEUE && flow_rule_queue(r) >= p->rx_queues && p->rx_queues > 0) {
                snprintf(w->note, sizeof(w->note), "queue %u becomes %u: the spare has %u receive queues",
                                flow_rule_queue(r), flow_rule_queue(r) % p->rx_queues, p->rx_queues);
                flow_rule_set_queue(r, flow_rule_queue(r) % p->rx_queues);
                w->action = PRIME_MAPPED;
        }
        return true;
}

/* Where the spare keeps it: where the serving adapter does, as far as both have locations. */
static bool rule_place(const Planner *p, const FlowRule *r, WantedRule *w) {
        uint64_t max = p->b->value[ATTRIBUTE_FLOW_RULES_MAX].word[0];

        if (p->b->value[ATTRIBUTE_FLOW_RULES_ANYWHERE].set)
                w->place = flow_rule_place(r);
        else if (w->place >= FLOW_RULE_ANYWHERE) {
                snprintf(w->note, sizeof(w->note), "the spare wants a location, the serving adapter has none");
                return false;
        } else if (max > 0 && w->place >= max) {
                snprintf(w->note, sizeof(w->note),
                                "the spare has %" PRIu64 " locations, this is number %u of the serving adapter",
                                max, w->place);
                return false;
        }
        return true;
}

static bool place_is_wanted(const WantedRule *wanted, size_t n, unsigned place) {
        for (size_t i = 0; i < n; i++)
                if (wanted[i].place == place && wanted[i].action != PRIME_UNSUPPORTED)
                        return true;
        return false;
}

/* A rule that the spare keeps, since the serving adapter has no table of them: with a queue that goes away,
 * which a kernel does not let go while a rule names it. */
static bool rule_is_in_the_way(const Planner *p, const AdapterValue *v, unsigned *ret_queue) {
        FlowRule r;

        if (p->rx_queues == 0 || !flow_rule_parse(v, &r) || flow_rule_action(&r) != FLOW_QUEUE)
                return false;
        *ret_queue = flow_rule_queue(&r);
        return *ret_queue >= p->rx_queues;
}

/* Those of the spare that are not wanted go first, so that there is room. */
static void plan_removals(Planner *p, const WantedRule *wanted, size_t n) {
        AdapterValue absent = adapter_value_absent();
        size_t n_spare;
        const AdapterEntry *spare = adapter_profile_entries(p->b, ATTRIBUTE_FLOW_RULE, &n_spare);

        for (size_t i = 0; i < n_spare; i++) {
                PrimeStep *s;
                unsigned queue;

                if (place_is_wanted(wanted, n, spare[i].place))
                        continue;
                s = planner_add(p, ATTRIBUTE_FLOW_RULE, spare[i].place, NULL);
                if (!s)
                        return;
                if (!planner_one_sided(s))
                        planner_want_value(s, &absent);
                else if (rule_is_in_the_way(p, &spare[i].value, &queue)) {
                        planner_want_value(s, &absent);
                        planner_leave(s, PRIME_MAPPED, "its queue %u goes away: removed", queue);
                }
        }
}

static void plan_rule(Planner *p, const AdapterValue *a, const WantedRule *w) {
        PrimeStep *s = planner_add(p, ATTRIBUTE_FLOW_RULE, w->place, NULL);

        if (!s)
                return;
        s->a = *a;
        if (planner_one_sided(s))
                return;
        if (w->action == PRIME_UNSUPPORTED) {
                planner_leave(s, PRIME_UNSUPPORTED, "%s", w->note);
                return;
        }
        planner_want_value(s, &w->value);
        if (w->action == PRIME_MAPPED)
                planner_leave(s, PRIME_MAPPED, "%s", w->note);
}

void planner_flow_rules(Planner *p, PrimeItemId item) {
        size_t n;
        const AdapterEntry *rules = adapter_profile_entries(p->a, ATTRIBUTE_FLOW_RULE, &n);
        WantedRule *wanted = n > 0 ? calloc(n, sizeof(*wanted)) : NULL;

        if (n > 0 && !wanted) {
                p->failed = true;
                return;
        }
        for (size_t i = 0; i < n; i++) {
                FlowRule r;

                wanted[i].place = rules[i].place;
                if (!flow_rule_parse(&rules[i].value, &r) || !rule_fits(p, &r, &wanted[i]) ||
                                !rule_place(p, &r, &wanted[i]))
                        wanted[i].action = PRIME_UNSUPPORTED;
                else
                        wanted[i].value = flow_rule_value(&r);
        }
        plan_removals(p, wanted, n);
        for (size_t i = 0; i < n; i++)
                plan_rule(p, &rules[i].value, &wanted[i]);
        free(wanted);
}
