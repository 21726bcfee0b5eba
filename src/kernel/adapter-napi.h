/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Settings of single NAPI instances, where the kernel has them (AdapterSockets.napi_settings); those of the
 * whole adapter are files (adapter-sysfs.h). */

#include "adapter-reader.h"
#include "napi-map.h"

/* Instances, queues and interrupts, as far as the kernel tells: *ret is empty where it does not. An adapter
 * that is down has none. To be freed. 0 or negative. */
int adapter_napi_map(AdapterSockets *s, int ifindex, NapiMap **ret, Error *e);

/* The instances' part of PRIME_NAPI. */
int adapter_napi_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e);

/* -EOPNOTSUPP when there is no such instance or setting. */
int adapter_napi_write(AdapterSockets *s, int ifindex, const AdapterChange *change, Error *e);
