/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How interrupts are held back: of the adapter, the profiles that its driver may choose between, and queue by
 * queue where its queues differ. */

#include "irq-moderation.h"
#include "prime-planner-internal.h"
#include "queue-coalesce.h"

static void plan_profile(Planner *p, AdapterAttribute attribute) {
        PrimeStep *s = planner_add_common(p, attribute);
        IrqModeration want, now;

        if (!s)
                return;
        if (!irq_moderation_parse(&s->a, &want) || !irq_moderation_parse(&s->b, &now) ||
                        !irq_moderation_adapt(&want, &now)) {
                planner_leave(s, PRIME_UNSUPPORTED, "the spare has another number of steps");
                return;
        }
        s->want = irq_moderation_value(&want);
        if (adapter_value_equal(&s->want, &s->b))
                s->action = PRIME_EQUAL;
        else
                s->action = adapter_value_equal(&s->want, &s->a) ? PRIME_SET : PRIME_MAPPED;
        if (!adapter_value_equal(&s->want, &s->a))
                planner_note(s, "what only one of the two has stays as it is");
}

void planner_coalesce(Planner *p, PrimeItemId item) {
        planner_numbers(p, item);
        plan_profile(p, ATTRIBUTE_COALESCE_RX_PROFILE);
        plan_profile(p, ATTRIBUTE_COALESCE_TX_PROFILE);
}

/* All queues alike: then the item coalesce has told everything. */
static bool queues_are_uniform(const AdapterProfile *p) {
        size_t n;
        const AdapterEntry *queues = adapter_profile_entries(p, ATTRIBUTE_QUEUE_COALESCE, &n);

        for (size_t i = 1; i < n; i++)
                if (!adapter_value_equal(&queues[i].value, &queues[0].value))
                        return false;
        return true;
}

static void step_adapt(PrimeStep *s) {
        QueueCoalesce want, now;

        if (!queue_coalesce_parse(&s->want, &want) || !queue_coalesce_parse(&s->b, &now))
                return;
        queue_coalesce_adapt(&want, &now);
        s->want = queue_coalesce_value(&want);
        if (adapter_value_equal(&s->want, &s->b))
                s->action = PRIME_EQUAL;
}

void planner_queue_coalesce(Planner *p, PrimeItemId item) {
        size_t before = p->plan->n_steps;

        if (queues_are_uniform(p->a) && queues_are_uniform(p->b))
                return;
        planner_entries(p, item);
        for (size_t i = before; i < p->plan->n_steps; i++)
                step_adapt(&p->plan->steps[i]);
}
