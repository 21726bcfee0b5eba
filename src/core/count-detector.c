/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "count-detector.h"

/* Judgement: traffic, and with it such errors, changes tenfold between night and day. */
#define USUAL_RATIO 10

/* A little less than a second, so that a sample that comes early does not hide an errored second of those that
 * come once a second. */
#define ERRORED_SECOND (900 * USEC_PER_MSEC)

void count_detector_init(CountDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm) {
        *d = (CountDetector){
                .has_usual = info->usual,
                .threshold[EVIDENCE_WARN] = *warn,
                .threshold[EVIDENCE_ALARM] = *alarm,
        };
}

static EvidenceLevel count_detector_level(const CountDetector *d) {
        EvidenceLevel level = EVIDENCE_NONE;

        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++) {
                const SignalThreshold *t = d->threshold + l;

                if (t->set && event_window_reached(&d->seconds, d->at, t->value, t->per))
                        level = l;
        }
        return !d->has_usual || d->unusual ? level : EVIDENCE_NONE;
}

/* What there is while it is evidence is not what is usual. */
static void count_detector_learn(CountDetector *d) {
        const SignalThreshold *warn = d->threshold + EVIDENCE_WARN;
        usec_t per = warn->set ? warn->per : d->threshold[EVIDENCE_ALARM].per;
        double n = (double) event_window_count(&d->seconds, d->at, per), below;

        if (count_detector_level(d) > EVIDENCE_NONE)
                d->unusual = n > USUAL_RATIO * d->usual.mean;
        else if (level_baseline_step(&d->usual, n, d->at, &below))
                d->unusual = n > USUAL_RATIO * (n + below);
        else
                d->unusual = false;
}

void count_detector_step(CountDetector *d, uint64_t n, usec_t at) {
        d->at = MAX(d->at, at);
        if (n > 0 && (d->seconds.n == 0 || usec_sub(at, d->last) >= ERRORED_SECOND)) {
                d->last = at;
                event_window_add(&d->seconds, at);
        }
        if (d->has_usual)
                count_detector_learn(d);
}

void count_detector_tick(CountDetector *d, usec_t now) {
        d->at = MAX(d->at, now);
}

Finding count_detector_finding(const CountDetector *d) {
        EvidenceLevel level = count_detector_level(d);
        const SignalThreshold *t = d->threshold + level;

        return (Finding){
                .level = level,
                .rule = RULE_COUNT,
                .value = (double) event_window_count(&d->seconds, d->at, t->per),
                .threshold = t->value,
                .per = t->per,
                .time_to_failure = USEC_INFINITY,
        };
}
