/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which CPUs serve an adapter's interrupts: ATTRIBUTE_IRQ_RX and ATTRIBUTE_IRQ_TX, a mask per queue, in
 * /proc/irq/N/smp_affinity. Which interrupt is for which queue the kernel tells where the driver has linked
 * them to NAPI instances (napi-map.h); else it is told by the names their handlers have there
 * (core/irq-name.h), of interrupts of the device's own (MSI). An interrupt of both directions is its receive
 * queue's. */

#include "error.h"
#include "napi-map.h"

/* directory_fd: the adapter's in sysfs. What cannot be read is not set. */
void adapter_irq_read(int directory_fd, const NapiMap *map, AdapterProfile *p);

/* -EOPNOTSUPP when there is no such interrupt, or the kernel manages it by itself. */
int adapter_irq_write(int directory_fd, const NapiMap *map, const AdapterChange *change, Error *e);
