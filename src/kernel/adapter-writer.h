/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changes the configuration of an adapter. Knows nothing of pairs: who calls it sees to it that the adapter is
 * the spare (prime-worker.c). */

#include "adapter-reader.h"

/* See adapter_access_write(). */
int adapter_writer_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e);
