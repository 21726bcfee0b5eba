/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A recording of health samples as text, parsed into values. Pure: no file, no clock.
 *
 *   # comment, blank lines
 *   seconds,adapter,signal,value
 *   0.0,eth0,rx-power,-3.1
 *   0.5,eth0,rx-crc-errors,0
 *
 * The header line is optional. Seconds count from the start of the replay and never go back. The signal is
 * named as in a policy. A counter's value is a whole number, a level's any finite one. Blanks around fields are
 * ignored. */

#include "error.h"
#include "health-sample.h"

#define REPLAY_TRACE_SIZE_MAX     (16U * 1024 * 1024) /* bytes of text */
#define REPLAY_TRACE_SAMPLES_MAX  (1U << 20)
#define REPLAY_TRACE_ADAPTERS_MAX 64
#define REPLAY_TRACE_SECONDS_MAX  (366.0 * 24 * 3600)

typedef struct ReplayRow {
        uint32_t adapter;    /* index into adapters */
        HealthSample sample; /* at: since the start of the trace */
} ReplayRow;

typedef struct ReplayTrace {
        char adapters[REPLAY_TRACE_ADAPTERS_MAX][16]; /* names */
        size_t n_adapters;
        ReplayRow *rows; /* in order of time */
        size_t n_rows;
} ReplayTrace;

/* name: of the file, for "name:line:column: what is wrong" in e. The text need not end in '\0'. -EINVAL,
 * -E2BIG, -ENOMEM. */
int replay_trace_parse(const char *text, size_t size, const char *name, ReplayTrace **ret, Error *e);
ReplayTrace *replay_trace_free(ReplayTrace *t);
DEFINE_CLEANUP(ReplayTrace *, replay_trace_free);
