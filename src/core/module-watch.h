/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One adapter's module over time: when it is to be read, and what readings, failed ones too, mean for its
 * health. Reading holds RTNL and takes from a millisecond to more than a tenth of a second (i2c), so it is
 * rare, and all readings together get a hundredth of the time. Pure. */

#include "laser-age.h"
#include "level-baseline.h"
#include "module-diagnostics.h"

#define MODULE_INTERVAL         (60 * USEC_PER_SEC)
#define MODULE_INTERVAL_SUSPECT (10 * USEC_PER_SEC) /* while there is evidence of any kind */
/* While it is too warm. At 5 degrees a minute the 5 that makers leave between warning and alarm (73 and 78
 * degrees in the published limits of a short-reach module) take a minute, and a trend wants ten readings. */
#define MODULE_INTERVAL_HOT (5 * USEC_PER_SEC)
/* What every microsecond of reading must be followed by, of all modules together: 1 %. */
#define MODULE_REST 100

typedef struct ModuleWatch {
        ModuleMemory memory; /* as last read without a fault */
        ModuleDiagnostics now;
        usec_t tried_at, read_at;                 /* 0: never */
        unsigned failed;                          /* readings in a row, of a module that could be read */
        bool none;                                /* the driver has no modules to read */
        LevelBaseline baseline[MODULE_LANES_MAX]; /* light that arrives */
        LaserAge laser[MODULE_LANES_MAX];
} ModuleWatch;

/* What a reading tells the predictor. */
typedef struct ModuleNews {
        bool swapped; /* another module than before: what was known of its signals is void */
        HealthSample samples[MODULE_SAMPLES_MAX];
        size_t n_samples;
} ModuleNews;

/* When it is to be read next; USEC_INFINITY: never. suspect: there is evidence of any kind against its adapter.
 */
usec_t module_watch_due(const ModuleWatch *w, bool suspect);

/* It was read at that time, the link having a carrier or not. */
ModuleNews module_watch_take(ModuleWatch *w, const ModuleMemory *memory, bool carrier, usec_t at);

/* What the values of `now` are against the module's own past: a part of module_watch_take(), for those who know
 * them without its memory. */
void module_watch_compare(ModuleWatch *w, bool carrier, usec_t at, ModuleNews *news);

/* Its past, since it is another one. */
void module_watch_forget(ModuleWatch *w);

/* It could not be read: code is a negative errno, -EOPNOTSUPP when the driver cannot. */
ModuleNews module_watch_fail(ModuleWatch *w, int code, usec_t at);

/* Another link came up where there was none, perhaps by another module: soon. */
void module_watch_hurry(ModuleWatch *w);

/* When the next reading of any module may begin after one that began then and took so long. */
usec_t module_rest_until(usec_t began, usec_t took);
