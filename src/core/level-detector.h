/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A level beyond its threshold for 3 samples in a row; good again after 3 samples in a row that are better than
 * it by 10 %. Of a power in dBm that is 10 % of the milliwatts: 0.41 dB. */

#include "evidence.h"

typedef struct LevelTest {
        SignalThreshold threshold;
        unsigned beyond, back; /* samples in a row */
        bool on;
} LevelTest;

typedef struct LevelDetector {
        LevelTest test[_EVIDENCE_LEVEL_MAX]; /* [EVIDENCE_NONE] is unused */
        SignalUnit unit;
        bool below;
        double last;
} LevelDetector;

void level_detector_init(LevelDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm);
void level_detector_step(LevelDetector *d, double level);
Finding level_detector_finding(const LevelDetector *d);
