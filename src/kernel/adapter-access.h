/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reading and changing the configuration of adapters: one interface for the kernel and for the fake of
 * tests/lib/fake-adapter.h, which pass the same contract suite. Calls block (drivers take from microseconds to
 * seconds, some hang), so they belong into a worker process. */

#include "adapter-profile.h"
#include "error.h"

typedef struct AdapterAccess AdapterAccess;

typedef struct AdapterAccessOps {
        const char *name;
        int (*read)(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e);
        int (*write)(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e);
        AdapterAccess *(*free)(AdapterAccess *a);
} AdapterAccessOps;

/* Embedded first in every implementation's own struct. */
struct AdapterAccess {
        const AdapterAccessOps *ops;
};

#define ADAPTER_ITEMS_ALL ((UINT64_C(1) << _PRIME_ITEM_MAX) - 1)

/* The kernel's adapters in the caller's network namespace. */
int adapter_access_new(AdapterAccess **ret, Error *e);

/* Reads the items (a bit per PrimeItemId), and always identity and number of queues, into p; the rest of p
 * stays as it is. What the adapter does not offer is not set, which is no error. -ENODEV when it is gone. */
static inline int adapter_access_read(
                AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        return a->ops->read(a, ifindex, items, p, e);
}

/* Writes changes of one item, at least one; all at once when prime_item_is_atomic(), else the caller gives one
 * at a time. The kernel may set something near to it, so read it back. -EOPNOTSUPP: the adapter cannot have
 * that at all (an expected outcome); other negative: failed, with the kernel's own words in e, and some of it
 * may be done. */
static inline int adapter_access_write(
                AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        return a->ops->write(a, ifindex, changes, n, e);
}

/* NULL is fine; returns NULL. */
static inline AdapterAccess *adapter_access_free(AdapterAccess *a) {
        return a ? a->ops->free(a) : NULL;
}
DEFINE_CLEANUP(AdapterAccess *, adapter_access_free);
