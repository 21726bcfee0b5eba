/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rules that give flows to queues. By ioctl: the kernel has no message for them. */

#include "adapter-reader.h"

/* PRIME_FLOW_RULES. A rule that the driver cannot have, or has no room for, is -EOPNOTSUPP with its reason. */
int adapter_flow_rules_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);
int adapter_flow_rules_write(
                AdapterSockets *s, int ifindex, const char *name, const AdapterChange *change, Error *e);

/* Drivers say by any of these that they cannot have what another adapter has. */
bool adapter_flow_is_refusal(int r);
