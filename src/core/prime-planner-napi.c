/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAPI: what polls the queues, how long it waits for more. */

#include <stdio.h>

#include "prime-planner-internal.h"

static const struct {
        AdapterAttribute instance, adapter; /* ATTRIBUTE_NONE: there is no such setting of the whole adapter */
} settings[] = {
        { ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS, ATTRIBUTE_NAPI_DEFER_HARD_IRQS },
        { ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT, ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT },
        { ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT, ATTRIBUTE_NONE },
        { ATTRIBUTE_INSTANCE_THREADED, ATTRIBUTE_NAPI_THREADED },
};

/* All instances as the whole adapter: then its own setting, which is handed down to them, has told everything.
 */
static bool instances_follow(const AdapterProfile *p, AdapterAttribute instance, AdapterAttribute adapter) {
        uint64_t expected = adapter != ATTRIBUTE_NONE && p->value[adapter].set ? p->value[adapter].word[0] : 0;
        size_t n;
        const AdapterEntry *entries = adapter_profile_entries(p, instance, &n);

        for (size_t i = 0; i < n; i++)
                if (entries[i].value.word[0] != expected)
                        return false;
        return true;
}

/* Whether the spare may get the instance of that name with the queues and features that the plan gives it. */
static bool instance_may_come(const Planner *p, const char *name) {
        unsigned queue, n;

        if (sscanf(name, "rx-%u", &queue) == 1)
                n = p->rx_queues;
        else if (sscanf(name, "tx-%u", &queue) == 1)
                n = p->tx_queues;
        else if (sscanf(name, "napi-%u", &queue) == 1)
                n = MAX(p->rx_queues, p->tx_queues);
        else
                return false;
        return queue < n;
}

static bool is_by_order(const char *name) {
        return strncmp(name, "napi-", strlen("napi-")) == 0;
}

static void plan_instance(const Planner *p, PrimeStep *s) {
        if (!s->a.set)
                planner_leave(s, PRIME_REPORT, "the serving adapter has no such instance");
        else if (is_by_order(s->name) && !planner_same_driver(p))
                planner_leave(s, PRIME_UNSUPPORTED,
                                "of another driver, and not told which queues its instances serve");
        else if (s->b.set)
                planner_want_value(s, &s->a);
        else if (adapter_value_is_zero(&s->a))
                s->action = PRIME_EQUAL;
        else if (p->b->value[ATTRIBUTE_INSTANCES].set && instance_may_come(p, s->name))
                planner_want_value(s, &s->a);
        else
                planner_leave(s, PRIME_UNSUPPORTED, "the spare has no such instance");
}

/* from: whose instances; alone: only those that the other adapter does not have. */
static void plan_instances(Planner *p, AdapterAttribute attribute, const AdapterProfile *from, bool alone) {
        size_t n;
        const AdapterEntry *entries = adapter_profile_entries(from, attribute, &n);

        for (size_t i = 0; i < n; i++) {
                PrimeStep *s;

                if (alone && adapter_profile_get(p->a, attribute, 0, entries[i].name))
                        continue;
                s = planner_add(p, attribute, 0, entries[i].name);
                if (!s)
                        return;
                plan_instance(p, s);
        }
}

void planner_napi(Planner *p, PrimeItemId item) {
        planner_numbers(p, item);
        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                if (instances_follow(p->a, settings[i].instance, settings[i].adapter) &&
                                instances_follow(p->b, settings[i].instance, settings[i].adapter))
                        continue;
                plan_instances(p, settings[i].instance, p->b, true);
                plan_instances(p, settings[i].instance, p->a, false);
        }
}
