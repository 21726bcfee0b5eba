/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The interrupt coalescing of one queue, as a value of FORMAT_QUEUE_COALESCE: the numbers of the kernel's
 * struct ethtool_coalesce that follow its command. */

#include "adapter-profile.h"

#define QUEUE_COALESCE_NUMBERS 22

typedef struct QueueCoalesce {
        uint32_t number[QUEUE_COALESCE_NUMBERS];
} QueueCoalesce;

AdapterValue queue_coalesce_value(const QueueCoalesce *c);
/* False when the value is none. */
bool queue_coalesce_parse(const AdapterValue *v, QueueCoalesce *ret);

/* Where the driver chooses a number itself (`wanted` says adaptive), takes what `now` has. */
void queue_coalesce_adapt(QueueCoalesce *wanted, const QueueCoalesce *now);

/* "adaptive-rx on rx-usecs 3": what is not 0, in the words of ethtool(8). */
void queue_coalesce_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);
