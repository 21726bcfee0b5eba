/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the predictor knows of one signal of one adapter: the detector that judges it, its last reading, and the
 * evidence that stands. Pure, as the predictor (health-predictor.h). */

#include "count-detector.h"
#include "counter-hygiene.h"
#include "evidence.h"
#include "flap-detector.h"
#include "level-detector.h"
#include "probe-detector.h"
#include "rate-detector.h"
#include "trend-detector.h"

/* What each sample touches is together and comes first: the slots of hundreds of adapters are not in the
 * processor's caches. */
typedef struct HealthSlot {
        bool ignored;
        bool trusted; /* the alarm threshold is the operator's: see the table in health-signal.c */

        /* the last reading */
        bool sampled;
        CounterVerdict verdict;
        double value;
        usec_t at;
        usec_t interval; /* 0 while unknown */
        CounterHygiene counter;
        uint64_t delta;

        /* increments of errors and of their exposure that wait for each other */
        uint64_t errors, exposure;
        bool errors_fresh, exposure_fresh;

        bool vetoed;
        EvidenceLevel injected;
        Evidence evidence; /* level EVIDENCE_NONE: none */
        union {
                RateDetector rate;
                ProbeDetector probe;
                FlapDetector flap;
                CountDetector count;
                struct {
                        LevelDetector level;
                        TrendDetector trend;
                };
        };

        usec_t onset; /* when there last was none before */
        usec_t injected_since, injected_until;
        SignalThreshold warn, alarm;
} HealthSlot;

/* The detector with the slot's thresholds, as if nothing had been read; what was injected stays. */
void health_slot_start_over(HealthSlot *slot, Signal s);

/* What the detector found becomes the evidence, of that time (usec of the samples' clock). */
void health_slot_take_finding(HealthSlot *slot, Signal s, const Finding *f, usec_t at);

/* Lets an injection end, penalties decay and evidence that nothing renews go stale. */
void health_slot_tick(HealthSlot *slot, Signal s, usec_t now);

bool health_slot_has_evidence(const HealthSlot *slot);

/* The evidence as it is told: what was injected goes before what is less. */
Evidence health_slot_shown(const HealthSlot *slot, Signal s);

/* Whether the signal stands on both sides since about the same time, on neither much more than the other. */
bool health_slot_has_common_cause(const HealthSlot *a, const HealthSlot *b, Signal s);

/* Events count however long ago the last look was: a source may only look when the link changes. */
static inline bool health_slot_has_events(const HealthSlot *slot) {
        return slot->verdict == COUNTER_DELTA || slot->verdict == COUNTER_GAP;
}
