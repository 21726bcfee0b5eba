/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Memory that the workers a process forks do not get. Of all other memory each page must be copied when it is
 * next written after a fork, by a fault of its own: for what is written at every sample of hundreds of
 * adapters, and never read by a worker, that was more work than the samples. A worker that touches it dies. */

#include <stddef.h>

/* Zeroed, in pages of its own; NULL without memory. */
void *unforked_new(size_t size);

/* size: as it was asked for. memory may be NULL. Returns NULL. */
void *unforked_free(void *memory, size_t size);
