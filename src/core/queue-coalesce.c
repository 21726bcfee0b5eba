/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "queue-coalesce.h"

/* In the order of struct ethtool_coalesce, linux/ethtool.h. */
static const AdapterAttribute number_table[QUEUE_COALESCE_NUMBERS] = {
        ATTRIBUTE_COALESCE_RX_USECS,
        ATTRIBUTE_COALESCE_RX_FRAMES,
        ATTRIBUTE_COALESCE_RX_USECS_IRQ,
        ATTRIBUTE_COALESCE_RX_FRAMES_IRQ,
        ATTRIBUTE_COALESCE_TX_USECS,
        ATTRIBUTE_COALESCE_TX_FRAMES,
        ATTRIBUTE_COALESCE_TX_USECS_IRQ,
        ATTRIBUTE_COALESCE_TX_FRAMES_IRQ,
        ATTRIBUTE_COALESCE_STATS_BLOCK_USECS,
        ATTRIBUTE_COALESCE_ADAPTIVE_RX,
        ATTRIBUTE_COALESCE_ADAPTIVE_TX,
        ATTRIBUTE_COALESCE_PKT_RATE_LOW,
        ATTRIBUTE_COALESCE_RX_USECS_LOW,
        ATTRIBUTE_COALESCE_RX_FRAMES_LOW,
        ATTRIBUTE_COALESCE_TX_USECS_LOW,
        ATTRIBUTE_COALESCE_TX_FRAMES_LOW,
        ATTRIBUTE_COALESCE_PKT_RATE_HIGH,
        ATTRIBUTE_COALESCE_RX_USECS_HIGH,
        ATTRIBUTE_COALESCE_RX_FRAMES_HIGH,
        ATTRIBUTE_COALESCE_TX_USECS_HIGH,
        ATTRIBUTE_COALESCE_TX_FRAMES_HIGH,
        ATTRIBUTE_COALESCE_SAMPLE_INTERVAL,
};

AdapterValue queue_coalesce_value(const QueueCoalesce *c) {
        return adapter_value_bytes(c, sizeof(*c));
}

bool queue_coalesce_parse(const AdapterValue *v, QueueCoalesce *ret) {
        if (!v->set || v->absent || v->size != sizeof(*ret))
                return false;
        memcpy(ret, adapter_value_data(v), sizeof(*ret));
        return true;
}

static uint32_t number_of(const QueueCoalesce *c, AdapterAttribute a) {
        for (size_t i = 0; i < QUEUE_COALESCE_NUMBERS; i++)
                if (number_table[i] == a)
                        return c->number[i];
        return 0;
}

void queue_coalesce_adapt(QueueCoalesce *wanted, const QueueCoalesce *now) {
        for (size_t i = 0; i < QUEUE_COALESCE_NUMBERS; i++) {
                AdapterAttribute governor = adapter_attribute_info(number_table[i])->governor;

                if (governor != ATTRIBUTE_NONE && number_of(wanted, governor) != 0)
                        wanted->number[i] = now->number[i];
        }
}

void queue_coalesce_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        QueueCoalesce c;
        size_t used = 0;

        memcpy(buffer, "?", 2);
        if (!queue_coalesce_parse(v, &c))
                return;
        memcpy(buffer, "0", 2);
        for (size_t i = 0; i < QUEUE_COALESCE_NUMBERS && used < ADAPTER_VALUE_TEXT_MAX; i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(number_table[i]);
                char number[16];

                if (c.number[i] == 0)
                        continue;
                snprintf(number, sizeof(number), "%" PRIu32, c.number[i]);
                used += (size_t) snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "%s%s %s",
                                used > 0 ? " " : "", info->name, info->format == FORMAT_SWITCH ? "on" : number);
        }
}
