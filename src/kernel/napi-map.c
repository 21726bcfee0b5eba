/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "napi-map.h"

static const AdapterAttribute attribute_table[_NAPI_SETTING_MAX] = {
        [NAPI_DEFER_HARD_IRQS] = ATTRIBUTE_INSTANCE_DEFER_HARD_IRQS,
        [NAPI_GRO_FLUSH_TIMEOUT] = ATTRIBUTE_INSTANCE_GRO_FLUSH_TIMEOUT,
        [NAPI_IRQ_SUSPEND_TIMEOUT] = ATTRIBUTE_INSTANCE_IRQ_SUSPEND_TIMEOUT,
        [NAPI_THREADED] = ATTRIBUTE_INSTANCE_THREADED,
};

AdapterAttribute napi_setting_attribute(NapiSetting s) {
        assert(s >= 0 && s < _NAPI_SETTING_MAX);
        return attribute_table[s];
}

NapiSetting napi_setting_of(AdapterAttribute a) {
        for (NapiSetting s = 0; s < _NAPI_SETTING_MAX; s++)
                if (attribute_table[s] == a)
                        return s;
        return _NAPI_SETTING_INVALID;
}

void napi_map_add(NapiMap *m, const NapiInstance *i) {
        size_t at = m->n_instances;

        if (at == NAPI_INSTANCES_MAX) {
                m->truncated = true;
                return;
        }
        for (; at > 0 && m->instance[at - 1].id > i->id; at--)
                m->instance[at] = m->instance[at - 1];
        m->instance[at] = *i;
        m->n_instances++;
}

/* The lowest queue that the instance serves, or -1. */
static int queue_of(const uint32_t *queues, uint32_t id) {
        for (int q = 0; q < ADAPTER_QUEUES_MAX; q++)
                if (queues[q] == id)
                        return q;
        return -1;
}

static bool has_queues(const NapiMap *m) {
        for (size_t q = 0; q < ADAPTER_QUEUES_MAX; q++)
                if (m->rx[q] != 0 || m->tx[q] != 0)
                        return true;
        return false;
}

const char *napi_map_name(const NapiMap *m, uint32_t id, char buffer[static ADAPTER_NAME_MAX]) {
        int rx = queue_of(m->rx, id), tx = queue_of(m->tx, id);

        buffer[0] = 0;
        if (rx >= 0)
                snprintf(buffer, ADAPTER_NAME_MAX, "rx-%d", rx);
        else if (tx >= 0)
                snprintf(buffer, ADAPTER_NAME_MAX, "tx-%d", tx);
        else if (!has_queues(m))
                for (size_t i = 0; i < m->n_instances; i++)
                        if (m->instance[i].id == id)
                                snprintf(buffer, ADAPTER_NAME_MAX, "napi-%zu", i);
        return buffer;
}

const NapiInstance *napi_map_find(const NapiMap *m, const char *name) {
        char own[ADAPTER_NAME_MAX];

        for (size_t i = 0; i < m->n_instances; i++)
                if (name[0] && streq(napi_map_name(m, m->instance[i].id, own), name))
                        return &m->instance[i];
        return NULL;
}

static uint32_t irq_of(const NapiMap *m, uint32_t id) {
        for (size_t i = 0; i < m->n_instances && id != 0; i++)
                if (m->instance[i].id == id)
                        return m->instance[i].irq;
        return 0;
}

/* Whether one of the first n queues has the interrupt. */
static bool is_taken(const NapiMap *m, const uint32_t *queues, unsigned n, uint32_t irq) {
        for (unsigned q = 0; q < n; q++)
                if (irq_of(m, queues[q]) == irq)
                        return true;
        return false;
}

uint32_t napi_map_irq(const NapiMap *m, AdapterAttribute direction, unsigned queue) {
        const uint32_t *queues = direction == ATTRIBUTE_IRQ_RX ? m->rx : m->tx;
        uint32_t irq = queue < ADAPTER_QUEUES_MAX ? irq_of(m, queues[queue]) : 0;

        if (irq == 0 || is_taken(m, queues, queue, irq))
                return 0;
        return direction == ATTRIBUTE_IRQ_TX && is_taken(m, m->rx, ADAPTER_QUEUES_MAX, irq) ? 0 : irq;
}

bool napi_map_has_irqs(const NapiMap *m) {
        for (size_t q = 0; q < ADAPTER_QUEUES_MAX; q++)
                if (irq_of(m, m->rx[q]) != 0 || irq_of(m, m->tx[q]) != 0)
                        return true;
        return false;
}

void napi_map_to_profile(const NapiMap *m, unsigned offered, AdapterProfile *p) {
        p->truncated = p->truncated || m->truncated;
        p->value[ATTRIBUTE_INSTANCES] = adapter_value_number(m->n_instances);
        for (size_t i = 0; i < m->n_instances; i++) {
                const NapiInstance *instance = &m->instance[i];
                char name[ADAPTER_NAME_MAX];

                if (!napi_map_name(m, instance->id, name)[0])
                        continue;
                for (NapiSetting s = 0; s < _NAPI_SETTING_MAX; s++) {
                        AdapterValue *v;

                        if (!instance->value[s].set || !(offered & (1U << s)))
                                continue;
                        v = adapter_profile_add(p, napi_setting_attribute(s), 0, name);
                        if (v)
                                *v = adapter_value_number(instance->value[s].n);
                }
        }
}
