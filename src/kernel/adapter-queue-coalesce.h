/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Interrupt coalescing queue by queue (ethtool --per-queue). By ioctl. */

#include "adapter-reader.h"

/* Needs the number of queues in p. */
int adapter_queue_coalesce_read(AdapterSockets *s, AdapterProfile *p, Error *e);
int adapter_queue_coalesce_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e);
