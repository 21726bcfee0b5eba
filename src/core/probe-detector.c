/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "probe-detector.h"

#define PROBE_H      18.0
#define PROBE_RATIO  10.0 /* p1 / p0 */
#define PROBE_CREDIT 10.0
#define PROBE_REFILL 30.0 /* per second */

#define PROBE_RUN_WARN  2
#define PROBE_RUN_ALARM 3
#define PROBE_RUN_SPAN  (120 * USEC_PER_MSEC)

static void probe_test_init(ProbeTest *t, const SignalThreshold *threshold) {
        /* at p1 = 1 one could never receive anything; 99 % is the highest that makes a test */
        double p1 = fmin(threshold->value, 0.99), p0 = p1 / PROBE_RATIO;

        *t = (ProbeTest){ .credit = PROBE_CREDIT };
        if (!threshold->set || p1 <= 0)
                return;
        t->p1 = p1;
        t->gain = log(PROBE_RATIO);
        t->drain = log((1 - p0) / (1 - p1));
}

void probe_detector_init(ProbeDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm) {
        *d = (ProbeDetector){};
        probe_test_init(d->test + EVIDENCE_WARN, warn);
        probe_test_init(d->test + EVIDENCE_ALARM, alarm);
}

static void probe_test_step(ProbeTest *t, double lost, double received, double seconds, bool broken) {
        double gain;

        if (t->p1 <= 0)
                return;
        t->credit = fmin(t->credit + PROBE_REFILL * seconds, PROBE_CREDIT);
        gain = fmin(lost * t->gain, t->credit);
        t->credit -= gain;
        t->sum = fmin(fmax(t->sum + gain - received * t->drain, 0), PROBE_H);
        if (broken)
                t->sum = PROBE_H;
        if (t->sum >= PROBE_H)
                t->on = true;
        else if (t->sum <= 0)
                t->on = false;
}

/* Whether what is lost on the path counts by now. */
static bool probe_detector_is_open(ProbeDetector *d, bool received, usec_t at) {
        if (d->opening_since == 0)
                d->opening_since = at;
        d->opened = d->opened || received || at - d->opening_since >= PROBE_OPENING_USEC;
        return d->opened;
}

void probe_detector_step(ProbeDetector *d, uint64_t lost, uint64_t decided, usec_t at) {
        double seconds = (double) usec_sub(at, d->at) / (double) USEC_PER_SEC;
        bool broken;

        lost = MIN(lost, decided);
        d->at = MAX(d->at, at);
        if (decided == 0 || !probe_detector_is_open(d, lost < decided, at))
                return;
        if (lost < decided)
                d->run = 0;
        else {
                if (d->run == 0)
                        d->run_since = at;
                d->run += lost;
        }
        broken = d->run >= PROBE_RUN_ALARM && at - d->run_since >= PROBE_RUN_SPAN;
        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++)
                probe_test_step(d->test + l, (double) lost, (double) (decided - lost), seconds, broken);
        if (d->run >= PROBE_RUN_WARN && d->test[EVIDENCE_WARN].p1 > 0)
                d->test[EVIDENCE_WARN].on = true;

        if (d->test[EVIDENCE_WARN].sum <= 0 && d->test[EVIDENCE_ALARM].sum <= 0)
                d->lost = d->decided = 0;
        else {
                d->lost += lost;
                d->decided += decided;
        }
}

Finding probe_detector_finding(const ProbeDetector *d) {
        EvidenceLevel level = evidence_level_worst(d->test[EVIDENCE_WARN].on, d->test[EVIDENCE_ALARM].on);

        return (Finding){
                .level = level,
                .rule = RULE_PROBE,
                .value = d->decided > 0 ? (double) d->lost / (double) d->decided : 0,
                .threshold = d->test[level].p1,
                .exposure = d->decided,
                .time_to_failure = USEC_INFINITY,
        };
}
