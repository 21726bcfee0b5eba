/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "prime-planner.h"

static const char *const prime_action_table[_PRIME_ACTION_MAX] = {
        [PRIME_EQUAL] = "equal",
        [PRIME_SET] = "set",
        [PRIME_CLAMPED] = "clamped",
        [PRIME_MAPPED] = "mapped",
        [PRIME_UNSUPPORTED] = "unsupported",
        [PRIME_REPORT] = "report",
};

static const char *const prime_disruption_table[_PRIME_DISRUPTION_MAX] = {
        [DISRUPTION_NONE] = "none",
        [DISRUPTION_QUEUES] = "queues",
        [DISRUPTION_LINK] = "link",
        [DISRUPTION_UNKNOWN] = "unknown",
};

static const char *const prime_outcome_table[_PRIME_OUTCOME_MAX] = {
        [OUTCOME_PENDING] = "pending",
        [OUTCOME_DONE] = "done",
        [OUTCOME_FAILED] = "failed",
        [OUTCOME_UNDONE] = "undone",
};

DEFINE_STRING_TABLE(prime_action, PrimeAction);
DEFINE_STRING_TABLE(prime_disruption, PrimeDisruption);
DEFINE_STRING_TABLE(prime_outcome, PrimeOutcome);

PrimePlan *prime_plan_new(void) {
        return calloc(1, sizeof(PrimePlan));
}

PrimePlan *prime_plan_free(PrimePlan *p) {
        if (p)
                free(p->steps);
        free(p);
        return NULL;
}

PrimeStep *prime_plan_add(PrimePlan *p) {
        void *steps = p->steps;

        if (p->n_steps >= PRIME_STEPS_MAX ||
                        memory_grow(&steps, &p->n_allocated, p->n_steps + 1, sizeof(*p->steps)) < 0)
                return NULL;
        p->steps = steps;
        p->steps[p->n_steps] = (PrimeStep){};
        return &p->steps[p->n_steps++];
}

int prime_plan_copy(PrimePlan *to, const PrimePlan *from) {
        PrimeStep *steps = NULL;

        if (from->n_steps > 0) {
                steps = malloc(from->n_steps * sizeof(*steps));
                if (!steps)
                        return -ENOMEM;
                memcpy(steps, from->steps, from->n_steps * sizeof(*steps));
        }
        free(to->steps);
        *to = (PrimePlan){ .steps = steps, .n_steps = from->n_steps, .n_allocated = from->n_steps };
        return 0;
}

bool prime_step_is_due(const PrimeStep *s) {
        if (s->outcome != OUTCOME_PENDING || !s->want.set)
                return false;
        switch (s->action) {
        case PRIME_SET:
        case PRIME_CLAMPED:
        case PRIME_MAPPED:
                return !adapter_value_equal(&s->want, &s->b);
        case PRIME_EQUAL:
        case PRIME_UNSUPPORTED:
        case PRIME_REPORT:
        case _PRIME_ACTION_MAX:
        case _PRIME_ACTION_INVALID:
                return false;
        }
        return false;
}

bool prime_plan_is_equal(const PrimePlan *p) {
        return prime_plan_count_due(p) == 0 && !prime_plan_blocker(p);
}

size_t prime_plan_count(const PrimePlan *p, PrimeAction action) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_steps; i++)
                n += p->steps[i].action == action;
        return n;
}

size_t prime_plan_count_outcome(const PrimePlan *p, PrimeOutcome outcome) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_steps; i++)
                n += p->steps[i].outcome == outcome;
        return n;
}

size_t prime_plan_count_due(const PrimePlan *p) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_steps; i++)
                n += prime_step_is_due(&p->steps[i]);
        return n;
}

PrimeDisruption prime_plan_disruption(const PrimePlan *p) {
        PrimeDisruption worst = DISRUPTION_NONE;

        for (size_t i = 0; i < p->n_steps; i++)
                if (prime_step_is_due(&p->steps[i]))
                        worst = MAX(worst, p->steps[i].disruption);
        return worst;
}

const PrimeStep *prime_plan_blocker(const PrimePlan *p) {
        for (size_t i = 0; i < p->n_steps; i++)
                if (p->steps[i].blocks)
                        return &p->steps[i];
        return NULL;
}

static void step_invert(PrimeStep *to, const PrimeStep *from) {
        *to = (PrimeStep){
                .item = from->item,
                .attribute = from->attribute,
                .place = from->place,
                .a = from->undo,
                .b = from->outcome == OUTCOME_DONE ? from->want : from->b,
                .want = from->undo,
                .undo = from->outcome == OUTCOME_DONE ? from->want : from->undo,
                .action = from->outcome == OUTCOME_DONE ? PRIME_SET : PRIME_EQUAL,
                .disruption = from->disruption,
        };
        memcpy(to->name, from->name, sizeof(to->name));
        if (!from->undo.set)
                to->action = PRIME_REPORT; /* nothing to go back to: it goes when what it hangs on goes */
}

int prime_plan_invert(const PrimePlan *p, PrimePlan **ret) {
        _cleanup_(prime_plan_freep) PrimePlan *inverse = prime_plan_new();

        if (!inverse)
                return -ENOMEM;
        for (size_t i = p->n_steps; i > 0; i--) {
                PrimeStep *s = prime_plan_add(inverse);

                if (!s)
                        return -ENOMEM;
                step_invert(s, &p->steps[i - 1]);
        }
        *ret = TAKE_PTR(inverse);
        return 0;
}

PrimeSetting prime_step_setting(const PrimeStep *s) {
        PrimeSetting setting = { .attribute = s->attribute, .place = s->place };

        memcpy(setting.name, s->name, sizeof(setting.name));
        return setting;
}

void prime_step_set_setting(PrimeStep *s, const PrimeSetting *setting) {
        s->attribute = setting->attribute;
        s->place = setting->place;
        memcpy(s->name, setting->name, sizeof(s->name));
}

bool prime_setting_equal(const PrimeSetting *a, const PrimeSetting *b) {
        return a->attribute == b->attribute && a->place == b->place && streq(a->name, b->name);
}

const PrimeStep *prime_plan_find(const PrimePlan *p, const PrimeStep *like) {
        PrimeSetting wanted = prime_step_setting(like);

        for (size_t i = 0; i < p->n_steps; i++) {
                PrimeSetting found;

                if (p->steps[i].attribute != like->attribute)
                        continue;
                found = prime_step_setting(&p->steps[i]);
                if (prime_setting_equal(&found, &wanted))
                        return &p->steps[i];
        }
        return NULL;
}

/* The driver had the last word: set and read back as something else, or left at that since. Such a step wants
 * what the driver made of it. */
static bool step_is_settled(const PrimeStep *s) {
        return s->action == PRIME_CLAMPED &&
                        (s->outcome == OUTCOME_DONE ||
                                        (s->outcome == OUTCOME_PENDING &&
                                                        adapter_value_equal(&s->want, &s->b)));
}

void prime_plan_forgive(PrimePlan *p, const PrimePlan *before) {
        for (size_t i = 0; i < p->n_steps; i++) {
                PrimeStep *s = &p->steps[i];
                const PrimeStep *old = prime_step_is_due(s) ? prime_plan_find(before, s) : NULL;

                if (!old || !step_is_settled(old) || !adapter_value_equal(&old->a, &s->a) ||
                                !adapter_value_equal(&old->want, &s->b))
                        continue;
                s->action = PRIME_CLAMPED;
                s->want = s->b;
                memcpy(s->note, old->note, sizeof(s->note));
        }
}

PrimeStep *prime_plan_insert(PrimePlan *p, const PrimeStep *step) {
        size_t at = 0;

        if (!prime_plan_add(p))
                return NULL;
        while (at < p->n_steps - 1 && p->steps[at].item < step->item)
                at++;
        memmove(&p->steps[at + 1], &p->steps[at], (p->n_steps - 1 - at) * sizeof(*step));
        p->steps[at] = *step;
        return &p->steps[at];
}

/* What was taken from the spare is on neither adapter now: an entry that was removed, a feature that the other
 * does not know and that is off. The plan does not look at it; its undoing is kept. */
static void plan_inherit_removed(PrimePlan *p, const PrimeStep *old) {
        PrimeStep *s;

        if (!old->want.set || !adapter_value_is_zero(&old->want) || !old->undo.set ||
                        adapter_value_equal(&old->want, &old->undo) || prime_plan_find(p, old))
                return;
        s = prime_plan_insert(p, old);
        if (!s)
                return;
        s->a = s->b = s->want;
        s->action = PRIME_EQUAL;
        s->outcome = OUTCOME_PENDING;
        s->note[0] = 0;
}

void prime_plan_inherit(PrimePlan *p, const PrimePlan *before) {
        for (size_t i = before->n_steps; i > 0; i--)
                plan_inherit_removed(p, &before->steps[i - 1]);
        for (size_t i = 0; i < p->n_steps; i++) {
                PrimeStep *s = &p->steps[i];
                const PrimeStep *old = prime_plan_find(before, s);

                if (old && old->undo.set &&
                                (old->outcome == OUTCOME_FAILED || adapter_value_equal(&old->want, &s->b)))
                        s->undo = old->undo;
        }
}

/* Also what the plan did not mean to set: setting one thing may have reset it. */
void prime_plan_interrupt(PrimePlan *p) {
        for (size_t i = 0; i < p->n_steps; i++)
                if (p->steps[i].undo.set) {
                        p->steps[i].outcome = OUTCOME_FAILED;
                        snprintf(p->steps[i].note, sizeof(p->steps[i].note), "interrupted");
                }
}

static bool is_nothing(const AdapterValue *v) {
        return !v->set || adapter_value_is_zero(v);
}

static void step_withdraw(PrimeStep *s, const PrimeStep *old) {
        s->want = s->undo = old->undo;
        s->action = PRIME_SET;
        snprintf(s->note, sizeof(s->note), "the serving adapter no longer has it");
}

int prime_plan_withdraw(PrimePlan *p, const PrimePlan *before, const AdapterProfile *serving,
                const AdapterProfile *spare) {
        for (size_t i = 0; i < before->n_steps; i++) {
                const PrimeStep *old = &before->steps[i];
                AdapterValue a = prime_step_value(old, serving, NULL), b = prime_step_value(old, spare, NULL);
                PrimeStep *s;

                if (!old->undo.set || !is_nothing(&old->undo) || is_nothing(&old->want) || !is_nothing(&a) ||
                                !adapter_value_equal(&b, &old->want))
                        continue;
                s = (PrimeStep *) prime_plan_find(p, old);
                if (s && (s->action != PRIME_REPORT || s->want.set))
                        continue;
                if (!s) {
                        s = prime_plan_insert(p, old);
                        if (!s)
                                return -ENOMEM;
                        s->outcome = OUTCOME_PENDING;
                        s->a = a;
                        s->b = b;
                }
                step_withdraw(s, old);
        }
        return 0;
}

const char *prime_step_label(char buffer[static PRIME_LABEL_MAX], const PrimeStep *s) {
        const AdapterAttributeInfo *info = adapter_attribute_info(s->attribute);
        const char *item = prime_item_to_string(s->item);
        bool alone = streq(item, info->name); /* an attribute named like its item is not said twice */
        char place[16] = "";

        if (info->scope == SCOPE_TX_QUEUE || info->scope == SCOPE_RX_QUEUE)
                snprintf(place, sizeof(place), " %s-%u", info->scope == SCOPE_TX_QUEUE ? "tx" : "rx", s->place);
        else if (s->attribute == ATTRIBUTE_QDISC && s->place == 0)
                snprintf(place, sizeof(place), " root");
        else if (s->attribute == ATTRIBUTE_QDISC)
                snprintf(place, sizeof(place), " tx-%u", s->place - 1);
        else if (s->attribute == ATTRIBUTE_QDISC_CLASS || s->attribute == ATTRIBUTE_QDISC_LEAF)
                snprintf(place, sizeof(place), " :%x", s->place); /* as tc(8) has it */
        else if (info->scope == SCOPE_PLACE || s->place > 0)
                snprintf(place, sizeof(place), " %u", s->place);
        snprintf(buffer, PRIME_LABEL_MAX, "%s%s%s%s%s%s", item, alone ? "" : " ", alone ? "" : info->name,
                        s->name[0] ? " " : "", s->name, place);
        return buffer;
}

const char *prime_step_text_a(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s) {
        return adapter_value_format(buffer, &s->a, adapter_attribute_info(s->attribute)->format);
}

const char *prime_step_text_b(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s) {
        return adapter_value_format(buffer, &s->b, adapter_attribute_info(s->attribute)->format);
}

const char *prime_step_text_want(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s) {
        return adapter_value_format(buffer, &s->want, adapter_attribute_info(s->attribute)->format);
}
