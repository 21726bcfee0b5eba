/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counters that should not move at all: a second in which one did is an errored second (ITU-T G.826), however
 * much it moved. Evidence when the threshold's N of them came within its time, until they no longer do. */

#include "event-window.h"
#include "evidence.h"

typedef struct CountDetector {
        SignalThreshold threshold[_EVIDENCE_LEVEL_MAX];
        EventWindow seconds;
        usec_t last; /* the last errored second's begin */
        usec_t at;
} CountDetector;

void count_detector_init(CountDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm);

/* The counter moved by n until `at`. */
void count_detector_step(CountDetector *d, uint64_t n, usec_t at);
void count_detector_tick(CountDetector *d, usec_t now);

/* value is the number of errored seconds within the time of the threshold that was crossed. */
Finding count_detector_finding(const CountDetector *d);
