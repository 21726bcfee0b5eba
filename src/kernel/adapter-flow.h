/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What of a frame an adapter hashes, and the rules that give flows to queues. By ioctl. */

#include "adapter-reader.h"

/* PRIME_FLOW_HASH */
void adapter_flow_hash_read(AdapterSockets *s, AdapterProfile *p);
int adapter_flow_hash_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e);

/* PRIME_FLOW_RULES. A rule that the driver cannot have, or has no room for, is -EOPNOTSUPP with its reason. */
int adapter_flow_rules_read(AdapterSockets *s, AdapterProfile *p, Error *e);
int adapter_flow_rules_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e);
