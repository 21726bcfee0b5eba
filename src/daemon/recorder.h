/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the predictors are told, written as a trace (primed.trace(5)) to whoever asked for it.
 *
 * Through a pipe, not to a file: the daemon may write to no place where a person would look for one, and a file
 * would be root's. So the client names the file, owns it, and decides how large it may get; when it ends, so
 * does its recording. The pipe never blocks: what a slow reader leaves no room for is dropped and counted. */

#include <systemd/sd-event.h>

#include "pair.h"
#include "replay-trace.h"

/* at a time, of all pairs and clients */
#define RECORDINGS_MAX 16

typedef struct Recorder Recorder;

int recorder_new(sd_event *event, Recorder **ret);
Recorder *recorder_free(Recorder *r);
DEFINE_CLEANUP(Recorder *, recorder_free);

/* Begins a recording of the pair; its 0 is now, CLOCK_MONOTONIC, which is told as realtime, CLOCK_REALTIME.
 * Returns the end of the pipe that the trace can be read from, the caller's. -EBUSY when there are too many. */
int recorder_add(Recorder *r, const char *pair, usec_t now, usec_t realtime, Error *e);

/* The pair is gone: its recordings end. */
void recorder_remove(Recorder *r, const char *pair);

/* One snapshot of readings. */
void recorder_take(Recorder *r, const char *pair, const char *adapter, const HealthSample *samples, size_t n);
/* Anything else. */
void recorder_note(Recorder *r, const char *pair, const char *adapter, const ReplayRow *note, usec_t now);
