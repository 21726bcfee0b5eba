/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "alloc-util.h"
#include "prime-plan-codec.h"

#define PLAN_MAGIC   "PRPL"
#define PLAN_VERSION 4
#define VALUE_UNSET  255
#define VALUE_ABSENT 254
#define FLAG_BLOCKS  1

#define HEADER_SIZE 8
/* Fixed part, four full values, two texts. */
#define STEP_SIZE_MAX (11 + 4 * (2 + 8 * ADAPTER_VALUE_WORDS) + (1 + ADAPTER_NAME_MAX) + (1 + PRIME_NOTE_MAX))

static_assert(PRIME_STEPS_MAX <= UINT16_MAX, "the number of steps does not fit");
static_assert(_ADAPTER_ATTRIBUTE_MAX <= UINT16_MAX, "attributes do not fit");
static_assert(ADAPTER_VALUE_WORDS < VALUE_ABSENT, "values do not fit");
static_assert(PRIME_NOTE_MAX <= UINT8_MAX, "notes do not fit");

static uint8_t *put(uint8_t *p, uint64_t n, unsigned bytes) {
        for (unsigned i = 0; i < bytes; i++)
                *p++ = (uint8_t) (n >> (8 * i));
        return p;
}

static uint8_t *put_value(uint8_t *p, const AdapterValue *v) {
        unsigned n = ADAPTER_VALUE_WORDS;

        if (!v->set)
                return put(p, VALUE_UNSET, 1);
        if (v->absent)
                return put(p, VALUE_ABSENT, 1);
        while (n > 0 && v->word[n - 1] == 0)
                n--;
        p = put(p, n, 1);
        p = put(p, v->size, 1);
        for (unsigned i = 0; i < n; i++)
                p = put(p, v->word[i], 8);
        return p;
}

static uint8_t *put_text(uint8_t *p, const char *s, size_t size) {
        size_t n = strnlen(s, size - 1);

        p = put(p, n, 1);
        memcpy(p, s, n);
        return p + n;
}

static uint8_t *put_step(uint8_t *p, const PrimeStep *s) {
        p = put(p, s->item, 1);
        p = put(p, s->attribute, 2);
        p = put(p, s->place, 4);
        p = put(p, s->action, 1);
        p = put(p, s->disruption, 1);
        p = put(p, s->outcome, 1);
        p = put(p, s->blocks ? FLAG_BLOCKS : 0, 1);
        p = put_value(p, &s->a);
        p = put_value(p, &s->b);
        p = put_value(p, &s->want);
        p = put_value(p, &s->undo);
        p = put_text(p, s->name, sizeof(s->name));
        return put_text(p, s->note, sizeof(s->note));
}

int prime_plan_encode(const PrimePlan *p, uint8_t **ret, size_t *ret_size) {
        uint8_t *data = malloc(HEADER_SIZE + p->n_steps * STEP_SIZE_MAX), *end;

        if (!data)
                return -ENOMEM;
        memcpy(data, PLAN_MAGIC, 4);
        end = put(data + 4, PLAN_VERSION, 2);
        end = put(end, p->n_steps, 2);
        for (size_t i = 0; i < p->n_steps; i++)
                end = put_step(end, &p->steps[i]);
        *ret = data;
        *ret_size = (size_t) (end - data);
        return 0;
}

/* What is left to read; once something was wrong, bad stays and everything reads as 0. */
typedef struct Input {
        const uint8_t *data;
        size_t left;
        bool bad;
} Input;

static uint64_t take(Input *in, unsigned bytes) {
        uint64_t n = 0;

        if (in->bad || in->left < bytes) {
                in->bad = true;
                return 0;
        }
        for (unsigned i = 0; i < bytes; i++)
                n |= (uint64_t) in->data[i] << (8 * i);
        in->data += bytes;
        in->left -= bytes;
        return n;
}

/* A number below max, which is what enums and counts must be. */
static unsigned take_below(Input *in, unsigned bytes, unsigned max) {
        uint64_t n = take(in, bytes);

        if (n >= max)
                in->bad = true;
        return in->bad ? 0 : (unsigned) n;
}

static void take_value(Input *in, const AdapterAttributeInfo *info, AdapterValue *v) {
        unsigned n = (unsigned) take(in, 1);

        if (in->bad || n == VALUE_UNSET)
                return;
        v->set = true;
        if (n == VALUE_ABSENT) {
                v->absent = true;
                in->bad = in->bad || !info->listed;
                return;
        }
        v->size = (uint8_t) take_below(
                        in, 1, adapter_format_is_bytes(info->format) ? ADAPTER_BYTES_MAX + 1 : 1);
        if (n > ADAPTER_VALUE_WORDS) {
                in->bad = true;
                return;
        }
        for (unsigned i = 0; i < n; i++)
                v->word[i] = take(in, 8);
        if (n > 0 && v->word[n - 1] == 0)
                in->bad = true;
        for (unsigned i = v->size; i < ADAPTER_BYTES_MAX && adapter_format_is_bytes(info->format); i++)
                if (adapter_value_data(v)[i] != 0)
                        in->bad = true;
}

static void take_text(Input *in, char *s, size_t size) {
        size_t n = take(in, 1);

        if (in->bad || n >= size || in->left < n || memchr(in->data, 0, n)) {
                in->bad = true;
                return;
        }
        memcpy(s, in->data, n);
        s[n] = 0;
        in->data += n;
        in->left -= n;
}

/* A plan is a list of writes: none may be to something else than it says. */
static bool step_is_addressed(const PrimeStep *s) {
        const AdapterAttributeInfo *info = adapter_attribute_info(s->attribute);

        if (info->limit || info->item != s->item || (info->scope == SCOPE_NAME) != (s->name[0] != 0))
                return false;
        switch (info->scope) {
        case SCOPE_DEVICE:
                return s->place == 0;
        case SCOPE_TX_QUEUE:
        case SCOPE_RX_QUEUE:
                return s->place < ADAPTER_QUEUES_MAX;
        case SCOPE_NAME:
                return s->attribute != ATTRIBUTE_FEATURE || s->place == 0;
        case SCOPE_PLACE:
                return true;
        }
        return false;
}

static void take_step(Input *in, PrimeStep *s) {
        const AdapterAttributeInfo *info;

        s->item = (PrimeItemId) take_below(in, 1, _PRIME_ITEM_MAX);
        s->attribute = (AdapterAttribute) take_below(in, 2, _ADAPTER_ATTRIBUTE_MAX);
        s->place = (unsigned) take(in, 4);
        s->action = (PrimeAction) take_below(in, 1, _PRIME_ACTION_MAX);
        s->disruption = (PrimeDisruption) take_below(in, 1, _PRIME_DISRUPTION_MAX);
        s->outcome = (PrimeOutcome) take_below(in, 1, _PRIME_OUTCOME_MAX);
        s->blocks = take_below(in, 1, FLAG_BLOCKS + 1) != 0;
        info = adapter_attribute_info(s->attribute);
        take_value(in, info, &s->a);
        take_value(in, info, &s->b);
        take_value(in, info, &s->want);
        take_value(in, info, &s->undo);
        take_text(in, s->name, sizeof(s->name));
        take_text(in, s->note, sizeof(s->note));
        if (!step_is_addressed(s))
                in->bad = true;
}

int prime_plan_decode(const uint8_t *data, size_t size, PrimePlan **ret) {
        _cleanup_(prime_plan_freep) PrimePlan *plan = NULL;
        Input in = { .data = data, .left = size };
        unsigned n;

        if (size < HEADER_SIZE || memcmp(data, PLAN_MAGIC, 4) != 0)
                return -EBADMSG;
        (void) take(&in, 4);
        if (take(&in, 2) != PLAN_VERSION)
                return -EPROTO;
        n = take_below(&in, 2, PRIME_STEPS_MAX + 1);
        if (in.bad)
                return -EBADMSG;
        plan = prime_plan_new();
        if (!plan)
                return -ENOMEM;
        for (unsigned i = 0; i < n && !in.bad; i++) {
                PrimeStep *s = prime_plan_add(plan);

                if (!s)
                        return -ENOMEM;
                take_step(&in, s);
        }
        if (in.bad || in.left > 0)
                return -EBADMSG;
        *ret = TAKE_PTR(plan);
        return 0;
}
