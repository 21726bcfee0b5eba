/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "health-slot.h"

/* Evidence that nothing renews is forgotten after this many usual intervals, but not before a minute. */
#define STALE_INTERVALS 5
#define STALE_MIN       (60 * USEC_PER_SEC)

/* The same signal on both adapters within this time has a common cause. */
#define COMMON_MODE_TIME USEC_PER_MINUTE
/* ... but where one loses this many times more probes than the other, it is the one. */
#define COMMON_MODE_RATIO 10

void health_slot_start_over(HealthSlot *slot, Signal s) {
        const SignalInfo *info = signal_info(s);

        switch (info->rule) {
        case RULE_RATE:
                rate_detector_init(&slot->rate, &slot->warn, &slot->alarm);
                break;
        case RULE_PROBE:
                probe_detector_init(&slot->probe, &slot->warn, &slot->alarm);
                break;
        case RULE_FLAP:
                flap_detector_init(&slot->flap, &slot->warn, &slot->alarm);
                break;
        case RULE_COUNT:
                count_detector_init(&slot->count, info, &slot->warn, &slot->alarm);
                break;
        case RULE_LEVEL:
                level_detector_init(&slot->level, info, &slot->warn, &slot->alarm);
                trend_detector_init(&slot->trend, info, &slot->warn, &slot->alarm);
                break;
        case RULE_NONE:
        case RULE_TREND:
        case RULE_CARRIER:
        case _RULE_MAX:
        case _RULE_INVALID:
                break;
        }
        slot->errors = slot->exposure = 0;
        slot->errors_fresh = slot->exposure_fresh = false;
        slot->evidence = (Evidence){};
        slot->vetoed = false;
}

void health_slot_take_finding(HealthSlot *slot, Signal s, const Finding *f, usec_t at) {
        Evidence *e = &slot->evidence;
        bool changed = f->level != e->level;

        if (f->level == EVIDENCE_NONE) {
                /* almost always so: what is nothing already need not be fetched */
                if (changed)
                        *e = (Evidence){};
                return;
        }
        if (e->level == EVIDENCE_NONE)
                slot->onset = at;
        *e = (Evidence){
                .signal = s,
                .level = f->level,
                .rule = f->rule,
                .value = f->value,
                .threshold = f->threshold,
                .per = f->per,
                .since = changed ? at : e->since,
                .updated = at,
                .exposure = f->exposure,
                .time_to_failure = f->time_to_failure,
        };
}

bool health_slot_has_evidence(const HealthSlot *slot) {
        return slot->evidence.level != EVIDENCE_NONE || slot->injected != EVIDENCE_NONE;
}

Evidence health_slot_shown(const HealthSlot *slot, Signal s) {
        Evidence e = slot->evidence;

        if (slot->injected > e.level) {
                double threshold = slot->injected == EVIDENCE_ALARM ? slot->alarm.value : slot->warn.value;

                e = (Evidence){
                        .signal = s,
                        .level = slot->injected,
                        .rule = signal_info(s)->rule,
                        .value = slot->sampled && signal_info(s)->kind == SIGNAL_LEVEL ? slot->value
                                                                                       : threshold,
                        .threshold = threshold,
                        .since = slot->injected_since,
                        .updated = slot->injected_since,
                        .time_to_failure = USEC_INFINITY,
                        .injected = true,
                };
        }
        e.vetoed = slot->vetoed;
        return e;
}

void health_slot_tick(HealthSlot *slot, Signal s, usec_t now) {
        usec_t updated = slot->evidence.updated;
        Finding f = {};

        if (slot->injected != EVIDENCE_NONE && now >= slot->injected_until)
                slot->injected = EVIDENCE_NONE;
        if (slot->ignored)
                return;
        switch (signal_info(s)->rule) {
        case RULE_FLAP:
                flap_detector_tick(&slot->flap, now);
                f = flap_detector_finding(&slot->flap);
                break;
        case RULE_COUNT:
                count_detector_tick(&slot->count, now);
                f = count_detector_finding(&slot->count);
                break;
        case RULE_RATE:
        case RULE_PROBE:
        case RULE_LEVEL:
                if (slot->evidence.level > EVIDENCE_NONE &&
                                usec_sub(now, slot->at) > MAX(STALE_INTERVALS * slot->interval, STALE_MIN))
                        health_slot_start_over(slot, s);
                return;
        case RULE_NONE:
        case RULE_TREND:
        case RULE_CARRIER: /* stands until the kernel says otherwise */
        case _RULE_MAX:
        case _RULE_INVALID:
                return;
        }
        health_slot_take_finding(slot, s, &f, now);
        if (updated > 0 && slot->evidence.level > EVIDENCE_NONE)
                slot->evidence.updated = updated;
}

static bool within(usec_t a, usec_t b, usec_t time) {
        return MAX(a, b) - MIN(a, b) <= time;
}

bool health_slot_has_common_cause(const HealthSlot *a, const HealthSlot *b, Signal s) {
        Evidence ea, eb;
        usec_t onset_a, onset_b;

        if (!health_slot_has_evidence(a) || !health_slot_has_evidence(b))
                return false;
        ea = health_slot_shown(a, s);
        eb = health_slot_shown(b, s);
        onset_a = ea.injected ? ea.since : a->onset;
        onset_b = eb.injected ? eb.since : b->onset;
        /* equally bad ones may have got there one after the other; but where only one got worse, later, that is
         * its own doing */
        if (!within(ea.since, eb.since, COMMON_MODE_TIME) &&
                        !(ea.level == eb.level && within(onset_a, onset_b, COMMON_MODE_TIME)))
                return false;
        if (signal_info(s)->group != CAUSE_REACHABILITY)
                return true;
        return ea.value < COMMON_MODE_RATIO * eb.value && eb.value < COMMON_MODE_RATIO * ea.value;
}
