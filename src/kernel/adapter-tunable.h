/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tunables of the driver and of its PHY (ethtool --get-tunable, --get-phy-tunable). By ioctl. */

#include "adapter-reader.h"

void adapter_tunable_read(AdapterSockets *s, AdapterProfile *p);
int adapter_tunable_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e);
