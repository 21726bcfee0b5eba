/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "flap-detector.h"

#define FLAP_PENALTY   1000.0
#define FLAP_HALF_LIFE (30 * USEC_PER_MINUTE)

#define FLAP_DOWN_ALARM 3.0 /* seconds */
#define FLAP_DOWN_MAX   6.0 /* so that it is forgotten within an hour */
#define FLAP_DOWN_CLEAR 1.5
/* two losses of link within the last half hour have at least this penalty */
#define FLAP_DOWN_PENALTY 1400.0

void flap_detector_init(FlapDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm) {
        *d = (FlapDetector){
                .threshold[EVIDENCE_WARN] = *warn,
                .threshold[EVIDENCE_ALARM] = *alarm,
        };
}

static void flap_detector_decay(FlapDetector *d, usec_t now) {
        double factor = exp2(-(double) usec_sub(now, d->at) / (double) FLAP_HALF_LIFE);

        if (now <= d->at)
                return;
        d->penalty *= factor;
        d->down *= factor;
        d->at = now;
}

static void flap_detector_judge(FlapDetector *d, usec_t now) {
        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++) {
                const SignalThreshold *t = d->threshold + l;
                double cluster = FLAP_PENALTY * (t->value - 0.5);
                bool reached = event_window_reached(&d->events, now, t->value, t->per);

                if (!t->set)
                        continue;
                if (t->value < 2)
                        d->on[l] = reached;
                else if (reached || d->penalty >= cluster)
                        d->on[l] = true;
                else if (d->penalty < cluster / 2)
                        d->on[l] = false;
        }
        if (d->down >= FLAP_DOWN_ALARM && d->penalty >= FLAP_DOWN_PENALTY)
                d->long_down = true;
        else if (d->down < FLAP_DOWN_CLEAR)
                d->long_down = false;
}

void flap_detector_step(FlapDetector *d, uint64_t n, usec_t at) {
        flap_detector_decay(d, at);
        for (uint64_t i = 0; i < MIN(n, (uint64_t) EVENT_WINDOW_MAX); i++)
                event_window_add(&d->events, at);
        d->penalty += FLAP_PENALTY * (double) MIN(n, (uint64_t) EVENT_WINDOW_MAX);
        flap_detector_judge(d, at);
}

void flap_detector_down(FlapDetector *d, usec_t duration, usec_t at) {
        flap_detector_decay(d, at);
        d->down = fmin(d->down + (double) duration / (double) USEC_PER_SEC, FLAP_DOWN_MAX);
        flap_detector_judge(d, at);
}

void flap_detector_tick(FlapDetector *d, usec_t now) {
        flap_detector_decay(d, now);
        flap_detector_judge(d, now);
}

Finding flap_detector_finding(const FlapDetector *d) {
        EvidenceLevel level = EVIDENCE_NONE;
        const SignalThreshold *t;

        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++)
                if (d->on[l])
                        level = l;
        if (d->long_down && d->threshold[EVIDENCE_ALARM].set)
                level = EVIDENCE_ALARM;
        t = d->threshold + level;
        return (Finding){
                .level = level,
                .rule = RULE_FLAP,
                .value = (double) event_window_count(&d->events, d->at, t->per),
                .threshold = t->value,
                .per = t->per,
                .time_to_failure = USEC_INFINITY,
        };
}
