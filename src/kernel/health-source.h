/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where samples of an adapter come from: one interface for the kernel (counters, ethtool, sysfs) and for a
 * recorded trace, so that what cannot be had on a machine can be replayed on it. */

#include "error.h"
#include "health-sample.h"

typedef struct HealthSource HealthSource;

typedef struct HealthSourceOps {
        const char *name;
        /* Writes one snapshot of the adapter to `samples`: at most `size`, all with the same `at`, which is not
         * after `now` nor before that of an earlier call. Returns how many, or 0 when nothing is due (any
         * more); so call until it returns 0, each time feeding the predictor. -ENODEV when there is no such
         * adapter (a source of recordings just has nothing then), or another errno. Never blocks longer than
         * one kernel call. */
        int (*read)(HealthSource *s, int ifindex, usec_t now, HealthSample *samples, size_t size, Error *e);
        HealthSource *(*free)(HealthSource *s);
} HealthSourceOps;

/* Embedded first in every source's own struct. */
struct HealthSource {
        const HealthSourceOps *ops;
};

static inline int health_source_read(
                HealthSource *s, int ifindex, usec_t now, HealthSample *samples, size_t size, Error *e) {
        return s->ops->read(s, ifindex, now, samples, size, e);
}

/* NULL is fine; returns NULL. */
static inline HealthSource *health_source_free(HealthSource *s) {
        return s ? s->ops->free(s) : NULL;
}
DEFINE_CLEANUP(HealthSource *, health_source_free);
