/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* PRIME_FILTERS: what others than primed hung on the clsact discipline, and the discipline itself. */

#include "adapter-reader.h"

/* Into p, whose ifindex is known. */
int adapter_filter_read(AdapterSockets *s, AdapterProfile *p, Error *e);

/* Whatever order the changes are in. Of a priority in which something changes all filters are removed and made
 * anew, in the order of their handles, so that they are met in the same order as on the other adapter. The
 * discipline goes only when nothing hangs on it. */
int adapter_filter_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e);
