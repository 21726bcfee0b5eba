/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Items that are neither in ethtool's messages, nor in an adapter's link message, nor in files of their own:
 * each has its way to be read and, if it is not only reported, to be written. One row each in adapter-source.c.
 */

#include "adapter-reader.h"

/* Whether the item has such a way to be written. */
bool adapter_source_has(PrimeItemId item);

/* Reads the items that have a way into p, whose identity is known. directory_fd: the adapter's in sysfs. What
 * the kernel or the adapter does not have is not set, which is no error. */
int adapter_source_read(AdapterSockets *s, int directory_fd, uint64_t items, AdapterProfile *p, Error *e);

/* All changes are of one item, one that adapter_source_has(). */
int adapter_source_write(AdapterSockets *s, int directory_fd, int ifindex, const char *name,
                const AdapterChange *changes, size_t n, Error *e);
