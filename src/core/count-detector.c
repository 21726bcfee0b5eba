/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "count-detector.h"

void count_detector_init(CountDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm) {
        *d = (CountDetector){
                .threshold[EVIDENCE_WARN] = *warn,
                .threshold[EVIDENCE_ALARM] = *alarm,
        };
}

void count_detector_step(CountDetector *d, uint64_t n, usec_t at) {
        d->at = MAX(d->at, at);
        if (n == 0)
                return;
        if (d->seconds.n > 0 && usec_sub(at, d->last) < USEC_PER_SEC)
                return;
        d->last = at;
        event_window_add(&d->seconds, at);
}

void count_detector_tick(CountDetector *d, usec_t now) {
        d->at = MAX(d->at, now);
}

Finding count_detector_finding(const CountDetector *d) {
        EvidenceLevel level = EVIDENCE_NONE;
        const SignalThreshold *t;

        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++) {
                t = d->threshold + l;
                if (t->set && event_window_reached(&d->seconds, d->at, t->value, t->per))
                        level = l;
        }
        t = d->threshold + level;
        return (Finding){
                .level = level,
                .rule = RULE_COUNT,
                .value = (double) event_window_count(&d->seconds, d->at, t->per),
                .threshold = t->value,
                .per = t->per,
                .time_to_failure = USEC_INFINITY,
        };
}
