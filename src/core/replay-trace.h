/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A recording of health samples as text, see primed.trace(5): parsed into values, and written. Pure: no file,
 * no clock.
 *
 *   # comment, blank lines
 *   seconds,adapter,signal,value
 *   0.0,eth0,rx-power,-3.1
 *   0.5,eth0,rx-crc-errors,0
 *
 * The header line is optional. Seconds count from the start of the replay and never go back. The signal is
 * named as in a policy. A counter's value is a whole number, a level's any finite one. Blanks around fields are
 * ignored. In place of a signal may stand what else the predictor is told: see ReplayKind. */

#include "error.h"
#include "health-sample.h"

#define REPLAY_TRACE_SIZE_MAX     (16U * 1024 * 1024) /* bytes of text, where it is kept in memory */
#define REPLAY_TRACE_SAMPLES_MAX  (1U << 20)
#define REPLAY_TRACE_ADAPTERS_MAX 64
#define REPLAY_TRACE_SECONDS_MAX  (366.0 * 24 * 3600)
/* longer than any line that makes sense, and than any that is written */
#define REPLAY_LINE_MAX 256

typedef enum ReplayKind {
        REPLAY_SAMPLE,
        REPLAY_WARN,     /* "rx-power.warn": the module's own threshold, or "none" */
        REPLAY_ALARM,    /* "rx-power.alarm" */
        REPLAY_HOLD_OFF, /* "hold-off": counters are not judged for so many seconds */
        REPLAY_FORGET,   /* "forget": a signal, or "all": what was known of it is void */
        REPLAY_ROLE,     /* "role": primary, standby or serving */
        REPLAY_DROPPED,  /* "dropped": so many snapshots before this one are missing */
        _REPLAY_KIND_MAX,
        _REPLAY_KIND_INVALID = -EINVAL,
} ReplayKind;

typedef enum ReplayRole {
        REPLAY_PRIMARY,
        REPLAY_STANDBY,
        REPLAY_SERVING,
        _REPLAY_ROLE_MAX,
        _REPLAY_ROLE_INVALID = -EINVAL,
} ReplayRole;

DECLARE_STRING_TABLE(replay_role, ReplayRole);

typedef struct ReplayRow {
        uint32_t adapter; /* index into adapters */
        ReplayKind kind;
        HealthSample sample; /* at: of every kind, since the start of the trace; signal: _SIGNAL_INVALID where
                                the row is about none, or all */
        SignalThreshold threshold; /* REPLAY_WARN, REPLAY_ALARM */
        ReplayRole role;           /* REPLAY_ROLE */
        usec_t hold_off;           /* REPLAY_HOLD_OFF */
        uint64_t dropped;          /* REPLAY_DROPPED */
} ReplayRow;

typedef struct ReplayAdapters {
        char name[REPLAY_TRACE_ADAPTERS_MAX][16];
        size_t n;
} ReplayAdapters;

/* Reads a trace of any length line by line. Zero, but for `name`. */
typedef struct ReplayParser {
        const char *name; /* of the file */
        unsigned line;    /* of the last one, from 1 */
        bool begun;       /* there was a row, so that a header would be none */
        usec_t last;      /* of the last row */
        ReplayAdapters adapters;
} ReplayParser;

/* One line without its newline. 1: *ret is set; 0: a comment, a header or blank; -EINVAL, -E2BIG with
 * "name:line:column: what is wrong" in e. */
int replay_parser_take(ReplayParser *p, const char *text, size_t length, ReplayRow *ret, Error *e);

typedef struct ReplayTrace {
        ReplayAdapters adapters;
        ReplayRow *rows; /* in order of time */
        size_t n_rows;
} ReplayTrace;

/* name: of the file, for "name:line:column: what is wrong" in e. The text need not end in '\0'. -EINVAL,
 * -E2BIG, -ENOMEM. */
int replay_trace_parse(const char *text, size_t size, const char *name, ReplayTrace **ret, Error *e);
ReplayTrace *replay_trace_free(ReplayTrace *t);
DEFINE_CLEANUP(ReplayTrace *, replay_trace_free);

#define REPLAY_HEADER "seconds,adapter,signal,value\n"

/* Writes the row as a line with its newline, such that reading it gives the same row; at: since the start of
 * the trace. Returns its length, which is less than REPLAY_LINE_MAX. */
size_t replay_row_format(
                char buffer[static REPLAY_LINE_MAX], const char *adapter, const ReplayRow *row, usec_t at);
