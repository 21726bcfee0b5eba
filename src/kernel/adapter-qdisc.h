/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* PRIME_QDISC: the disciplines that somebody chose, and below a root with classes these, what queues in them
 * and the filters that choose one. */

#include "adapter-reader.h"

/* Into p, whose ifindex is known. */
int adapter_qdisc_read(AdapterSockets *s, AdapterProfile *p, Error *e);

/* Whatever order the changes are in: the root first, then what goes, then what comes, each before what hangs on
 * it. */
int adapter_qdisc_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e);
