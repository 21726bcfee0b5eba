/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The settings of an adapter that only sysfs has: XPS, RPS, NAPI (Documentation/ABI/testing/sysfs-class-net*).
 */

#include "adapter-profile.h"
#include "error.h"

bool adapter_sysfs_has(PrimeItemId item);

/* Opens the adapter's directory and makes sure that it is the adapter of that ifindex, whatever it is called
 * meanwhile: an fd, or -ENODEV. */
int adapter_sysfs_open(const char *name, int ifindex, Error *e);

/* The name of the driver of the device behind it, empty when there is none. */
void adapter_sysfs_driver(int directory_fd, char ret[static ADAPTER_NAME_MAX]);

/* Number of queues and, of the items given, every setting there is. */
void adapter_sysfs_read(int directory_fd, uint64_t items, AdapterProfile *p);

/* -EOPNOTSUPP when the adapter has no such file or refuses any value, else what the kernel said. */
int adapter_sysfs_write(int directory_fd, const AdapterChange *change, Error *e);
