/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For the files named rehearsal*.c only. */

#include "health-predictor.h"
#include "move-budget.h"
#include "rehearsal.h"

typedef enum RehearsalGoal {
        REHEARSAL_GOAL_NONE,
        REHEARSAL_GOAL_PRIMED,
        REHEARSAL_GOAL_SPLIT,
        REHEARSAL_GOAL_SWITCHED,
} RehearsalGoal;

/* What was told of a signal; as in the daemon, what comes and goes is told once. */
typedef struct RehearsalTold {
        EvidenceLevel level;
        bool vetoed;
        usec_t good_since; /* 0: not since it was told */
} RehearsalTold;

struct Rehearsal {
        PairPolicy policy;
        RehearsalFunc func;
        void *userdata;
        HealthPredictor *predictor[_PAIR_SIDE_MAX];
        SignalThreshold module_warn[_PAIR_SIDE_MAX][_SIGNAL_MAX], module_alarm[_PAIR_SIDE_MAX][_SIGNAL_MAX];
        RehearsalTold told[_PAIR_SIDE_MAX][_SIGNAL_MAX];

        usec_t now; /* of the predictors: the trace's, and an offset, since 0 means never there */
        HealthSample pending[_SIGNAL_MAX]; /* a snapshot that may go on */
        size_t n_pending;
        PairSide pending_side;
        uint64_t n_samples, n_dropped;

        PairState state;
        PairSide serving;
        PairSide recorded; /* who served while it was recorded */
        RehearsalGoal goal;
        Evidence cause; /* of the goal */
        char reason[REHEARSAL_WHY_MAX];
        bool primed;
        usec_t settle_until, good_since;
        char suppressed[REHEARSAL_WHY_MAX]; /* as it was told; empty: nothing is */
        MoveBudget budget;
};

/* rehearsal.c: judges what is known at r->now, and does what comes of it. */
void rehearsal_dispatch(Rehearsal *r);
