/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a signal was of late, for people: the last minute by seconds, the last hour by minutes. Of a level the
 * worst reading of each span, of a counter what it grew by. Pure, O(1) per sample, half a kilobyte. */

#include "health-sample.h"

#define SIGNAL_HISTORY_POINTS 60

typedef enum HistorySpan {
        HISTORY_MINUTE, /* by seconds */
        HISTORY_HOUR,   /* by minutes */
        _HISTORY_SPAN_MAX,
        _HISTORY_SPAN_INVALID = -EINVAL,
} HistorySpan;

/* What a point of each stands for, usec. */
extern const usec_t history_steps[_HISTORY_SPAN_MAX];

typedef struct HistoryRing {
        float value[SIGNAL_HISTORY_POINTS]; /* of span number n at n % SIGNAL_HISTORY_POINTS; NaN: no reading */
        uint64_t newest;                    /* number of the newest span, counted from time 0 */
} HistoryRing;

/* Zero: nothing was read yet. The readings of a second are together before they go to the rings: those of
 * hundreds of adapters are not in the processor's caches. */
typedef struct SignalHistory {
        uint64_t last; /* of a counter */
        uint64_t second;
        float pending; /* of that second; NaN: no reading */
        bool begun;
        HistoryRing ring[_HISTORY_SPAN_MAX];
} SignalHistory;

/* A reading; one that is older than the last one's span is left out. A counter that went back has grown by
 * nothing that is known. */
void signal_history_add(SignalHistory *h, const HealthSample *sample);

/* The points of the history, which is that signal's, up to now, oldest first, the last being the span that is
 * not over yet. NaN: no reading. */
void signal_history_get(const SignalHistory *h, Signal signal, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]);
