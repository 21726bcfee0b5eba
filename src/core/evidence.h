/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a rule found out about a signal, as a value that a person can read. */

#include "health-signal.h"

typedef enum EvidenceLevel {
        EVIDENCE_NONE,
        EVIDENCE_WARN,  /* primes the spare */
        EVIDENCE_ALARM, /* moves ingress */
        _EVIDENCE_LEVEL_MAX,
        _EVIDENCE_LEVEL_INVALID = -EINVAL,
} EvidenceLevel;

DECLARE_STRING_TABLE(evidence_level, EvidenceLevel);

/* Of a detector that tests for each level by itself: the worst that is on. */
static inline EvidenceLevel evidence_level_worst(bool warn, bool alarm) {
        return alarm ? EVIDENCE_ALARM : warn ? EVIDENCE_WARN : EVIDENCE_NONE;
}

typedef struct Evidence {
        Signal signal;
        EvidenceLevel level;
        Rule rule;
        double value;      /* in the signal's unit: observed rate, level, loss ratio, events */
        double threshold;  /* the one that was crossed */
        usec_t per;        /* of a threshold in events per time; 0 otherwise */
        usec_t since;      /* when it reached this level */
        usec_t updated;    /* last sample that kept it there */
        uint64_t exposure; /* frames or probes looked at since the detector last started over; 0: not counted */
        usec_t time_to_failure; /* of a trend; USEC_INFINITY when there is none */
        bool injected;          /* by a drill, not by the adapter */
        bool vetoed;            /* a common cause: the other adapter shows the same */
} Evidence;

/* What one detector says at the moment, before the predictor adds signal and times. */
typedef struct Finding {
        EvidenceLevel level;
        Rule rule;
        double value;
        double threshold;
        usec_t per;
        uint64_t exposure;
        usec_t time_to_failure;
} Finding;

/* "rx-power -14.3 dBm below -14 dBm for 3s": writes one line for people, always terminated. */
void evidence_format(const Evidence *e, usec_t now, char *buffer, size_t size);

/* What must happen for the rule to take it back, as a sentence without its full stop. */
void evidence_format_remedy(const Evidence *e, char *buffer, size_t size);
