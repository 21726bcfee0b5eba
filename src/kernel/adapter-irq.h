/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which CPUs serve an adapter's interrupts: ATTRIBUTE_IRQ_RX and ATTRIBUTE_IRQ_TX, a mask per queue, in
 * /proc/irq/N/smp_affinity. Which interrupt is for which queue is told by the names their handlers have there
 * (core/irq-name.h); an interrupt of both directions is its receive queue's. Only interrupts of the device's
 * own (MSI) are looked at. */

#include "adapter-profile.h"
#include "error.h"

/* directory_fd: the adapter's in sysfs. What cannot be read is not set. */
void adapter_irq_read(int directory_fd, AdapterProfile *p);

/* -EOPNOTSUPP when there is no such interrupt, or the kernel manages it by itself. */
int adapter_irq_write(int directory_fd, const AdapterChange *change, Error *e);
