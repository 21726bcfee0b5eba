/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "irq-moderation.h"

#define STEP_SIZE (_IRQ_MODERATION_FIELD_MAX * sizeof(uint32_t))

static_assert(IRQ_MODERATION_STEPS_MAX * STEP_SIZE <= ADAPTER_BYTES_MAX, "a profile fits into a value");

AdapterValue irq_moderation_value(const IrqModeration *m) {
        return adapter_value_bytes(m->step, m->n_steps * STEP_SIZE);
}

bool irq_moderation_parse(const AdapterValue *v, IrqModeration *ret) {
        if (!v->set || v->absent || v->size == 0 || v->size % STEP_SIZE != 0 || v->size > sizeof(ret->step))
                return false;
        memset(ret, 0, sizeof(*ret));
        ret->n_steps = v->size / STEP_SIZE;
        memcpy(ret->step, adapter_value_data(v), v->size);
        return true;
}

bool irq_moderation_adapt(IrqModeration *wanted, const IrqModeration *now) {
        if (wanted->n_steps != now->n_steps)
                return false;
        for (size_t i = 0; i < now->n_steps; i++)
                for (size_t k = 0; k < _IRQ_MODERATION_FIELD_MAX; k++)
                        if (wanted->step[i][k] == IRQ_MODERATION_NONE || now->step[i][k] == IRQ_MODERATION_NONE)
                                wanted->step[i][k] = now->step[i][k];
        return true;
}

void irq_moderation_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        IrqModeration m;
        size_t used = 0;

        memcpy(buffer, "?", 2);
        if (!irq_moderation_parse(v, &m))
                return;
        for (size_t i = 0; i < m.n_steps; i++)
                for (size_t k = 0; k < _IRQ_MODERATION_FIELD_MAX; k++) {
                        char number[16] = "n";

                        if (m.step[i][k] != IRQ_MODERATION_NONE)
                                snprintf(number, sizeof(number), "%" PRIu32, m.step[i][k]);
                        used += (size_t) snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "%s%s",
                                        k > 0                   ? ","
                                                        : i > 0 ? "_"
                                                                : "",
                                        number);
                }
}
