/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keeps what the lasers of a module took on their first day, over restarts and reboots: a file per adapter,
 * read when its device is found and written once that day is over. A disk may take its time, so a thread does
 * both. */

#include "errand.h"
#include "module-watch.h"
#include "pair-policy.h"

/* One adapter's. Zeroed: nothing is kept. */
typedef struct LaserMemory {
        Errand *reading, *writing;
        bool kept; /* the file says what is known, or cannot be written */
} LaserMemory;

/* Which file, and who goes there. */
typedef struct LaserPlace {
        Errands *errands;
        const char *directory, *pair;
        PairSide side;
} LaserPlace;

/* Another device is behind the adapter, or the first: reads what is kept of its place. */
void laser_memory_begin(LaserMemory *m, const LaserPlace *place);

/* Gives the watch what was kept, if it is of that module, and keeps what it has learned. To be called now and
 * then. */
void laser_memory_tick(LaserMemory *m, const LaserPlace *place, ModuleWatch *w);

/* The module, or the adapter, is another one: what is under way is dropped, nothing is known to be kept. */
void laser_memory_drop(LaserMemory *m);
