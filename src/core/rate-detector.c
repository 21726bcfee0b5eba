/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "rate-detector.h"

#define RATE_H     18.0
#define RATE_RATIO 100.0 /* p1 / p0 */
#define RATE_CLIP  (RATE_H / 6)
/* a little less than a second, so that a timer that fires early does not halve the steps */
#define RATE_STEP (900 * USEC_PER_MSEC)

#define RATE_HALF_LIFE_WARN  (6 * 3600.0)
#define RATE_HALF_LIFE_ALARM (30 * 60.0)
/* a sum as good as 0 */
#define RATE_FORGOTTEN 0.01

static void rate_test_init(RateTest *t, const SignalThreshold *threshold, double half_life) {
        *t = (RateTest){
                .half_life = half_life,
                .p0 = threshold->set ? threshold->value : 0,
                .credit = log(RATE_RATIO),
        };
}

void rate_detector_init(RateDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm) {
        *d = (RateDetector){};
        rate_test_init(d->test + EVIDENCE_WARN, warn, RATE_HALF_LIFE_WARN);
        rate_test_init(d->test + EVIDENCE_ALARM, alarm, RATE_HALF_LIFE_ALARM);
}

static void rate_test_step(RateTest *t, double errors, double frames, double seconds) {
        double inc;

        if (t->p0 <= 0)
                return;
        t->credit = fmin(t->credit + RATE_CLIP * seconds, log(RATE_RATIO));
        inc = errors * log(RATE_RATIO) - frames * (RATE_RATIO - 1) * t->p0;
        if (inc > t->credit)
                inc = t->credit;
        if (inc > 0)
                t->credit -= inc;
        if (!t->on)
                t->sum *= exp2(-seconds / t->half_life);
        if (t->sum < RATE_FORGOTTEN)
                t->sum = 0;
        t->sum = fmin(fmax(t->sum + inc, 0), RATE_H);
        if (t->sum >= RATE_H)
                t->on = true;
        else if (t->sum <= 0)
                t->on = false;
}

void rate_detector_step(RateDetector *d, uint64_t errors, uint64_t frames, usec_t at) {
        double seconds;

        d->pending_errors += errors;
        d->pending_frames += frames + errors;
        if (!d->started) {
                d->started = true;
                d->stepped_at = at;
                return;
        }
        if (usec_sub(at, d->stepped_at) < RATE_STEP)
                return;
        seconds = (double) (at - d->stepped_at) / (double) USEC_PER_SEC;
        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++)
                rate_test_step(d->test + l, (double) d->pending_errors, (double) d->pending_frames, seconds);
        if (d->test[EVIDENCE_WARN].sum <= 0 && d->test[EVIDENCE_ALARM].sum <= 0)
                d->errors = d->frames = 0;
        else {
                d->errors += d->pending_errors;
                d->frames += d->pending_frames;
        }
        d->pending_errors = d->pending_frames = 0;
        d->stepped_at = at;
}

Finding rate_detector_finding(const RateDetector *d) {
        EvidenceLevel level = evidence_level_worst(d->test[EVIDENCE_WARN].on, d->test[EVIDENCE_ALARM].on);

        return (Finding){
                .level = level,
                .rule = RULE_RATE,
                .value = d->frames > 0 ? (double) d->errors / (double) d->frames : 0,
                .threshold = d->test[level].p0,
                .exposure = d->frames,
                .time_to_failure = USEC_INFINITY,
        };
}
