/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "probe-detector.h"

#define PROBE_H      18.0
#define PROBE_RATIO  10.0 /* p1 / p0 */
#define PROBE_CREDIT 10.0
#define PROBE_REFILL 30.0 /* per second */

/* of losses in a row, where the host drops frames too */
#define PROBE_RUN_CHANCE 1e-6

#define PROBE_CONGESTION_FACTOR 10.0
#define PROBE_CONGESTION_MAX    0.1
#define PROBE_CONGESTION_RATIO  3.0 /* p1 / p0 */

#define PROBE_COUNTERS_WAIT (3 * USEC_PER_SEC)

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

/* What is lost acceptably, since the host is congested; 0: it is not. */
static double acceptable(const ProbeCircumstances *c) {
        return fmin(PROBE_CONGESTION_FACTOR * c->congested, PROBE_CONGESTION_MAX);
}

static void probe_test_step(ProbeTest *t, double lost, double received, double seconds, double congested) {
        bool raised = congested > t->p1 / PROBE_RATIO; /* what is acceptable */
        double gain = t->gain;

        if (raised) {
                double p1 = fmax(t->p1, PROBE_CONGESTION_RATIO * congested);

                if (!t->congested && !t->on)
                        t->sum = 0; /* what counted until now may have had that cause */
                /* both by the same factor, that what may be added in a second still outweighs what is taken */
                gain = log(p1 / congested) / log((1 - congested) / (1 - p1)) * t->drain;
        }
        t->congested = raised;
        t->credit = fmin(t->credit + PROBE_REFILL * seconds, PROBE_CREDIT);
        gain = fmin(lost * gain, t->credit);
        t->credit -= gain;
        t->sum = fmin(fmax(t->sum + gain - received * t->drain, 0), PROBE_H);
}

static void probe_test_decide(
                ProbeTest *t, usec_t at, bool broken, bool may_wait, const ProbeCircumstances *c) {
        bool waits;

        if (broken)
                t->sum = PROBE_H;
        if (t->sum <= 0) {
                t->on = false;
                t->since = 0;
                return;
        }
        if (t->since == 0)
                t->since = at;
        waits = may_wait && c->counted && c->moved <= t->since && at - t->since < PROBE_COUNTERS_WAIT;
        if (t->sum >= PROBE_H && (broken || !waits))
                t->on = true;
}

/* How many in a row are as unlikely as they are where nothing else is lost. */
static uint64_t run_needed(uint64_t otherwise, double congested) {
        return congested > 0 ? MAX(otherwise, (uint64_t) ceil(log(PROBE_RUN_CHANCE) / log(congested)))
                             : otherwise;
}

/* Whether what is lost on the path counts by now. */
static bool probe_detector_is_open(ProbeDetector *d, bool received, usec_t at) {
        if (d->opening_since == 0)
                d->opening_since = at;
        d->opened = d->opened || received || at - d->opening_since >= PROBE_OPENING_USEC;
        return d->opened;
}

void probe_detector_step(
                ProbeDetector *d, uint64_t lost, uint64_t decided, usec_t at, const ProbeCircumstances *c) {
        double congested = acceptable(c), seconds = (double) usec_sub(at, d->at) / (double) USEC_PER_SEC;
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
        broken = d->run >= run_needed(PROBE_RUN_ALARM, congested) && at - d->run_since >= PROBE_RUN_SPAN;
        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++) {
                if (d->test[l].p1 <= 0)
                        continue;
                probe_test_step(d->test + l, (double) lost, (double) (decided - lost), seconds, congested);
                probe_test_decide(d->test + l, at, broken, l == EVIDENCE_ALARM, c);
        }
        if (d->run >= run_needed(PROBE_RUN_WARN, congested) && d->test[EVIDENCE_WARN].p1 > 0)
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
