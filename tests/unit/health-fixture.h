/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of the predictor share: samples, snapshots, and a look at one signal's evidence. */

#include <check.h>

#include "health-predictor.h"

#define S  USEC_PER_SEC
#define MS USEC_PER_MSEC

_unused_ static const SignalPolicy built_in[_SIGNAL_MAX];

static inline HealthSample count(Signal s, usec_t at, uint64_t value) {
        return (HealthSample){ .signal = s, .at = at, .count = value };
}

static inline HealthSample level(Signal s, usec_t at, double value) {
        return (HealthSample){ .signal = s, .at = at, .level = value };
}

static inline void feed_one(HealthPredictor *p, HealthSample sample) {
        health_predictor_feed(p, &sample, 1);
}

static inline HealthPredictor *predictor(const SignalPolicy *policy) {
        HealthPredictor *p = health_predictor_new(policy);

        ck_assert_ptr_nonnull(p);
        return p;
}

/* The evidence of one signal, NULL when there is none. */
static inline const Evidence *find(const HealthPredictor *p, Signal s) {
        const Evidence *e;
        size_t n = health_predictor_evidence(p, &e);

        for (size_t i = 0; i < n; i++)
                if (e[i].signal == s)
                        return e + i;
        return NULL;
}

static inline EvidenceLevel level_of(const HealthPredictor *p, Signal s) {
        const Evidence *e = find(p, s);

        return e ? e->level : EVIDENCE_NONE;
}

/* Frames and CRC errors of one adapter, as counters. */
typedef struct Counters {
        uint64_t frames, errors;
} Counters;

static inline void feed_crc(HealthPredictor *p, Counters *c, usec_t at, uint64_t frames, uint64_t errors) {
        c->frames += frames;
        c->errors += errors;
        health_predictor_feed(p,
                        (HealthSample[]){
                                        count(SIGNAL_RX_CRC_ERRORS, at, c->errors),
                                        count(SIGNAL_RX_PACKETS, at, c->frames),
                        },
                        2);
}

/* Probes of one direction, as counters. */
static inline void feed_probes(HealthPredictor *p, Signal lost, usec_t at, uint64_t n_lost, uint64_t n_sent) {
        health_predictor_feed(p,
                        (HealthSample[]){
                                        count(lost, at, n_lost),
                                        count(signal_info(lost)->exposure, at, n_sent),
                        },
                        2);
}
