/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "health-comparison.h"

/* The other adapter's risk must be this much smaller for traffic to go there by itself (research: own hazard at
 * most a tenth of the primary's). */
#define SPARE_RISK_SHARE 0.1

const Evidence *health_cause(const HealthPredictor *p) {
        const Evidence *evidence;
        size_t n = health_predictor_evidence(p, &evidence);

        /* worst first */
        for (size_t i = 0; i < n; i++)
                if (!evidence[i].vetoed)
                        return evidence + i;
        return NULL;
}

bool health_is_no_better(const HealthPredictor *spare, const HealthPredictor *serving) {
        EvidenceLevel level = health_predictor_level(spare);

        if (level == EVIDENCE_NONE)
                return false;
        return level >= EVIDENCE_ALARM ||
                        health_predictor_risk(spare) > SPARE_RISK_SHARE * health_predictor_risk(serving);
}
