/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A rule that gives flows to a queue (ethtool -N), as a value of FORMAT_FLOW_RULE. */

#include <linux/ethtool.h>

#include "adapter-profile.h"

typedef struct FlowRule {
        struct ethtool_rx_flow_spec spec; /* location 0: that is the entry's place */
        uint32_t context;                 /* FLOW_RSS: which of the adapter's RSS contexts, 1 is the first */
        uint32_t zero;
} FlowRule;

static_assert(sizeof(FlowRule) <= ADAPTER_BYTES_MAX, "a rule does not fit into a value");

AdapterValue flow_rule_value(const FlowRule *r);
/* False when the value is no rule. */
bool flow_rule_parse(const AdapterValue *v, FlowRule *ret);

/* Where the driver chooses the location (RX_CLS_LOC_SPECIAL), an entry's place is a number made of what the
 * rule says; these begin here, where the kernel's own special locations are. */
#define FLOW_RULE_ANYWHERE 0x80000000U
unsigned flow_rule_place(const FlowRule *r);

typedef enum FlowAction {
        FLOW_DROP,
        FLOW_WAKE,
        FLOW_QUEUE,
        FLOW_FUNCTION, /* to a virtual function: another adapter has others */
} FlowAction;

FlowAction flow_rule_action(const FlowRule *r);
/* FLOW_QUEUE only. */
unsigned flow_rule_queue(const FlowRule *r);
void flow_rule_set_queue(FlowRule *r, unsigned queue);

/* "sdfn": what is hashed of a kind of flow, in the letters of ethtool(8); bits that have none in hexadecimal.
 */
void flow_fields_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);

/* "tcp4 dst-port 80 queue 3", in the words of ethtool(8). */
void flow_rule_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);
