/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "level-detector.h"

#define LEVEL_SAMPLES    3
#define LEVEL_HYSTERESIS 0.1

void level_detector_init(LevelDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm) {
        *d = (LevelDetector){
                .unit = info->unit,
                .below = info->below,
                .test[EVIDENCE_WARN].threshold = *warn,
                .test[EVIDENCE_ALARM].threshold = *alarm,
        };
}

static double level_hysteresis(const LevelDetector *d, double threshold) {
        if (d->unit == SIGNAL_UNIT_DBM)
                return 10 * log10(1 + LEVEL_HYSTERESIS);
        return LEVEL_HYSTERESIS * fabs(threshold);
}

static void level_test_step(LevelTest *t, const LevelDetector *d, double level) {
        /* how far beyond the threshold */
        double excess = d->below ? t->threshold.value - level : level - t->threshold.value;

        if (!t->threshold.set)
                return;
        t->beyond = excess > 0 ? MIN(t->beyond + 1, (unsigned) LEVEL_SAMPLES) : 0;
        t->back = excess <= -level_hysteresis(d, t->threshold.value)
                        ? MIN(t->back + 1, (unsigned) LEVEL_SAMPLES)
                        : 0;
        if (t->beyond >= LEVEL_SAMPLES)
                t->on = true;
        else if (t->back >= LEVEL_SAMPLES)
                t->on = false;
}

void level_detector_step(LevelDetector *d, double level) {
        d->last = level;
        for (EvidenceLevel l = EVIDENCE_WARN; l <= EVIDENCE_ALARM; l++)
                level_test_step(d->test + l, d, level);
}

Finding level_detector_finding(const LevelDetector *d) {
        EvidenceLevel level = evidence_level_worst(d->test[EVIDENCE_WARN].on, d->test[EVIDENCE_ALARM].on);

        return (Finding){
                .level = level,
                .rule = RULE_LEVEL,
                .value = d->last,
                .threshold = d->test[level].threshold.value,
                .time_to_failure = USEC_INFINITY,
        };
}
