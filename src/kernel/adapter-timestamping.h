/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which frames an adapter's clock stamps: ATTRIBUTE_TIMESTAMP_TX (HWTSTAMP_TX_*) and ATTRIBUTE_TIMESTAMP_RX
 * (HWTSTAMP_FILTER_*), by ethtool netlink where kernel and driver have that, else by the ioctls SIOCGHWTSTAMP
 * and SIOCSHWTSTAMP, which every kernel and driver has. */

#include "adapter-reader.h"

/* Reads into p by the name there; an adapter that cannot stamp has nothing set. */
int adapter_timestamping_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);

/* All changes at once. -EOPNOTSUPP when the adapter cannot stamp. */
int adapter_timestamping_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes,
                size_t n, Error *e);
