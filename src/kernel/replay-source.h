/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Health from a recording (replay-trace.h): what cannot be had on a machine, optics that decay for one, is
 * played to the predictor through the interface that the kernel's readings come through.
 *
 * A reading gives the samples of one point in time, the oldest not yet given; with several due at once the
 * caller, who reads until nothing is left, gets them one by one and in order, each with the time it was due. */

#include "health-source.h"

typedef struct ReplaySource ReplaySource;

typedef struct ReplayOptions {
        usec_t start; /* when the trace's 0 is, CLOCK_MONOTONIC; USEC_INFINITY: at the first reading */
        double speed; /* 2: twice as fast; 0 stands for 1 */
} ReplayOptions;

/* Reads the whole file. Errors in it come as "path:line:column: what is wrong". options may be NULL. */
int replay_source_new(const char *path, const ReplayOptions *options, ReplaySource **ret, Error *e);

static inline HealthSource *replay_source_health(ReplaySource *s) {
        return (HealthSource *) s;
}

/* Which of the trace's adapters the link is; again when it gets another index, 0 when it is gone. -ENOENT when
 * the trace says nothing of that name. */
int replay_source_bind(ReplaySource *s, const char *adapter, int ifindex);

/* Whether every sample of the bound adapters was given. */
bool replay_source_is_finished(const ReplaySource *s);
