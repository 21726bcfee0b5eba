/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "hazard.h"

/* expected time to failure */
static const usec_t group_lead[_CAUSE_GROUP_MAX][_EVIDENCE_LEVEL_MAX] = {
        [CAUSE_SIGNAL_INTEGRITY] = { [EVIDENCE_WARN] = 7 * USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
        [CAUSE_OPTICS] = { [EVIDENCE_WARN] = 3 * USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
        [CAUSE_THERMAL] = { [EVIDENCE_WARN] = USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
        [CAUSE_PCIE] = { [EVIDENCE_WARN] = 30 * USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
        [CAUSE_FIRMWARE_QUEUE] = { [EVIDENCE_WARN] = USEC_PER_DAY, [EVIDENCE_ALARM] = 10 * USEC_PER_SEC },
        [CAUSE_REACHABILITY] = { [EVIDENCE_WARN] = USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
        [CAUSE_LINK] = { [EVIDENCE_WARN] = 7 * USEC_PER_DAY, [EVIDENCE_ALARM] = USEC_PER_HOUR },
};

#define LEAD_MIN     (10 * USEC_PER_SEC)
#define RISK_HORIZON (USEC_PER_HOUR)

double evidence_hazard(const Evidence *e) {
        const SignalInfo *info = signal_info(e->signal);
        usec_t lead;

        if (!info || e->vetoed || e->level <= EVIDENCE_NONE || e->level >= _EVIDENCE_LEVEL_MAX)
                return 0;
        lead = group_lead[info->group][e->level];
        if (lead == 0)
                return 0;
        /* the link is gone already */
        if (e->rule == RULE_CARRIER)
                lead = LEAD_MIN;
        /* a trend knows better, unless it is less urgent than its level */
        if (e->time_to_failure < lead)
                lead = MAX(e->time_to_failure, LEAD_MIN);
        return (double) USEC_PER_SEC / (double) lead;
}

double hazard_risk(const Evidence *evidence, size_t n) {
        double worst[_CAUSE_GROUP_MAX] = {}, sum = 0;

        for (size_t i = 0; i < n; i++) {
                const SignalInfo *info = signal_info(evidence[i].signal);

                if (info)
                        worst[info->group] = fmax(worst[info->group], evidence_hazard(evidence + i));
        }
        for (CauseGroup g = 0; g < _CAUSE_GROUP_MAX; g++)
                sum += worst[g];
        return -expm1(-sum * (double) (RISK_HORIZON / USEC_PER_SEC));
}
