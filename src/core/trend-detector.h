/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When will a level reach its alarm threshold? A straight line through the past by least squares, with weights
 * that fade exponentially, in the scale in which decay is linear (dBm, degrees, log10 of a bit error rate), and
 * its time to the threshold.
 *
 * Several such lines with memories from 2 s to 6 h watch the same samples, since a fault may take seconds
 * (somebody bends a fibre) or weeks (a laser ages), and samples may come at 10 Hz or once a minute.
 *
 * A line counts when there were 30 samples and enough of them still matter, so that its memory suits the rhythm
 * of the samples; when its slope is more than 3 standard errors; when it explains 80 % of the variance (a step,
 * say a cable that was moved and is steady since, explains at most 75 % and is no trend); and when what it
 * explains is more than a sensor's wobble (0.5 dB, 2 degrees, 2 mA, a factor of 2 in a bit error rate).
 *
 * Warn when the shortest time to the threshold was under 24 h for 3 samples, alarm when under 30 min for 10
 * (the spare wants to be primed first). Temperatures, which every sunrise raises: 1 h and 10 min, and only once
 * the warn threshold is passed, since every machine warms up after its start. It ends when no line says so, or
 * only one with twice that time, for 10 samples. */

#include "evidence.h"

#define TREND_LINES 5

/* Weighted sums about the weighted mean, which stay exact however long they run. */
typedef struct TrendLine {
        double weight;
        double t, y;       /* means */
        double tt, ty, yy; /* sums of squares and products */
} TrendLine;

typedef struct TrendDetector {
        TrendLine line[TREND_LINES];
        SignalThreshold warn, alarm;
        SignalUnit unit;
        bool below;
        usec_t first, at;
        uint64_t n;
        double last;                        /* as sampled */
        double recent;                      /* mean of the last few, in the scale of the lines */
        usec_t time_to_failure;             /* USEC_INFINITY: no trend */
        unsigned near[_EVIDENCE_LEVEL_MAX]; /* samples in a row that say so, at most TREND_CONFIRM */
        unsigned far[_EVIDENCE_LEVEL_MAX];  /* and that do not */
        bool on[_EVIDENCE_LEVEL_MAX];
} TrendDetector;

void trend_detector_init(TrendDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm);
void trend_detector_step(TrendDetector *d, double level, usec_t at);

/* threshold is the alarm's; time_to_failure is set whenever there is a trend towards it, evidence or not. */
Finding trend_detector_finding(const TrendDetector *d);
