/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What of a frame an adapter hashes, by kind of flow: by ethtool netlink where the kernel has the message, else
 * by ioctl. */

#include "adapter-reader.h"

/* PRIME_FLOW_HASH. What the driver cannot hash is -EOPNOTSUPP with its reason. */
int adapter_flow_hash_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);
int adapter_flow_hash_write(
                AdapterSockets *s, int ifindex, const char *name, const AdapterChange *change, Error *e);
