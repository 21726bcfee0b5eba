/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counters that should not move at all: a second in which one did is an errored second (ITU-T G.826), however
 * much it moved. Evidence when the threshold's N of them came within its time, until they no longer do.
 *
 * Some counters do move all the time on some machines that are well (SignalInfo.usual): there, errored seconds
 * are evidence only when they are also more than 10 times as many as usual, which is their mean over the last
 * day without evidence. That is known after an hour; until then there is none. EVENT_WINDOW_MAX bounds it:
 * where more than a tenth of that is usual, nothing is ever evidence. */

#include "event-window.h"
#include "evidence.h"
#include "level-baseline.h"

typedef struct CountDetector {
        SignalThreshold threshold[_EVIDENCE_LEVEL_MAX];
        EventWindow seconds;
        usec_t last; /* the last errored second's begin */
        usec_t at;
        bool has_usual;
        LevelBaseline usual; /* errored seconds within the time of the lowest threshold */
        bool unusual;        /* there are many more at the moment */
} CountDetector;

void count_detector_init(CountDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm);

/* The counter moved by n until `at`. */
void count_detector_step(CountDetector *d, uint64_t n, usec_t at);
void count_detector_tick(CountDetector *d, usec_t now);

/* value is the number of errored seconds within the time of the threshold that was crossed. */
Finding count_detector_finding(const CountDetector *d);
