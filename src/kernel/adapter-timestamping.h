/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which frames an adapter's clock stamps: ATTRIBUTE_TIMESTAMP_TX (HWTSTAMP_TX_*) and ATTRIBUTE_TIMESTAMP_RX
 * (HWTSTAMP_FILTER_*), by the ioctls SIOCGHWTSTAMP and SIOCSHWTSTAMP, which every kernel and driver has. */

#include "adapter-profile.h"
#include "error.h"

/* Reads into p by the name there; an adapter that cannot stamp has nothing set. */
void adapter_timestamping_read(AdapterProfile *p);

/* All changes at once. -EOPNOTSUPP when the adapter cannot stamp. */
int adapter_timestamping_write(const char *name, const AdapterChange *changes, size_t n, Error *e);
