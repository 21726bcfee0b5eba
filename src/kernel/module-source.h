/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The way to the memory of modules: one interface for the kernel and for the fake of tests/lib/fake-module.h.
 * Calls block, under RTNL, for as long as i2c takes, so they belong into a worker process. */

#include "error.h"
#include "module-memory.h"

typedef struct ModuleSource ModuleSource;

typedef struct ModuleSourceOps {
        const char *name;
        int (*read)(ModuleSource *s, int ifindex, const ModuleBlock *block, uint8_t data[static MODULE_HALF],
                        Error *e);
        ModuleSource *(*free)(ModuleSource *s);
} ModuleSourceOps;

/* Embedded first in every implementation's own struct. */
struct ModuleSource {
        const ModuleSourceOps *ops;
};

/* Of the kernel's adapters in the caller's network namespace: ethtool netlink, and where the kernel has none of
 * that, the ioctls before it. */
int module_source_new(ModuleSource **ret, Error *e);

/* Reads a block: how many bytes (1 to its length), -EOPNOTSUPP when the driver can read no module, -ENODEV when
 * there is no such adapter, or what else the kernel or driver says, with its own words in e. */
static inline int module_source_read(ModuleSource *s, int ifindex, const ModuleBlock *block,
                uint8_t data[static MODULE_HALF], Error *e) {
        return s->ops->read(s, ifindex, block, data, e);
}

/* Reads all that is due of the adapter's module, a few blocks. What cannot be read and never could is left out;
 * otherwise negative, with e, and m is of no use. */
int module_source_read_all(ModuleSource *s, int ifindex, ModuleMemory *m, Error *e);

/* NULL is fine; returns NULL. */
static inline ModuleSource *module_source_free(ModuleSource *s) {
        return s ? s->ops->free(s) : NULL;
}
DEFINE_CLEANUP(ModuleSource *, module_source_free);
