/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds an error rate per frame that is higher than it may be: a clipped Poisson CUSUM (Page 1954).
 *
 *   inc = E * ln(p1/p0) - N * (p1 - p0),  p1 = 100 * p0,  S = clamp(S + inc, 0, h),  evidence at S >= h = 18
 *
 * E errors in N frames. No traffic adds nothing: that is no evidence, not health. By Lorden's theorem the mean
 * time to a false alarm is at least e^h steps; in practice bursts decide it (someone touches a cable), so what
 * errors may add is clipped: h/6 per second, of which at most ln(p1/p0), the weight of one error, can be saved
 * up. A lone error thus counts in full, while it takes five seconds of errors to reach h. It is the same
 * protection as a clip of h/6 per one-second sample, but does not depend on how often samples come, and
 * isolated errors (1e-4 at 1000 frames/s) need 4 instead of 6. Steps are at least about a second, since that is
 * how often drivers refresh hardware counters.
 *
 * Evidence ends when S is back at 0: as much clean traffic has passed as it takes to trust the link again
 * (180 000 frames for an alarm at p0 = 1e-6). So it does not flicker, and it does not end because traffic was
 * moved away. As long as there is none, S halves within 6 h (warn) and 30 min (alarm): otherwise an adapter
 * with little traffic would add up bursts that are months apart. */

#include "evidence.h"

typedef struct RateTest {
        double p0; /* 0: off */
        double sum;
        double credit;
        double half_life; /* seconds */
        bool on;
} RateTest;

typedef struct RateDetector {
        RateTest test[_EVIDENCE_LEVEL_MAX]; /* [EVIDENCE_NONE] is unused */
        uint64_t pending_errors, pending_frames;
        usec_t stepped_at;
        uint64_t errors, frames; /* since the sums were last 0 */
        bool started;
} RateDetector;

/* Thresholds are shares of frames that are acceptable (p0). */
void rate_detector_init(RateDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm);

/* Takes the increments of errors and of good frames between two readings, the later one at `at`. */
void rate_detector_step(RateDetector *d, uint64_t errors, uint64_t frames, usec_t at);

/* value is errors per frame since the trouble began, exposure the frames seen since then. */
Finding rate_detector_finding(const RateDetector *d);
