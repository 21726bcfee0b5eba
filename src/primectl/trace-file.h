/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A trace (primed.trace(5)) on its way into a file that must not fill the disk: when one is full it becomes
 * FILE.1, FILE.1 becomes FILE.2, and the oldest goes. Each is a trace of its own; times go on from one to the
 * next. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "replay-trace.h"

/* How many there may be at most. */
#define TRACE_FILE_KEEP_MAX 1000

typedef struct TraceFile {
        const char *path; /* NULL: stdout, where nothing is turned over */
        size_t limit;     /* bytes per file */
        unsigned keep;    /* files, the one being written among them */
        FILE *stream;
        size_t written; /* bytes of the present one */
        ReplayParser parser;
        uint64_t n_samples, n_dropped;
        char line[REPLAY_LINE_MAX]; /* the begin of a line whose end is yet to come */
        size_t n_line;
} TraceFile;

/* path, limit and keep set, all else zero. */
int trace_file_open(TraceFile *t, Error *e);
void trace_file_done(TraceFile *t);

/* Takes text as it comes. Whole lines are in the file when this returns. -EINVAL when it is no trace. */
int trace_file_take(TraceFile *t, const char *text, size_t size, Error *e);
