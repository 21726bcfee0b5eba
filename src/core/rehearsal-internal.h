/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For the files named rehearsal*.c only. */

#include "evidence-news.h"
#include "rehearsal.h"

struct Rehearsal {
        PairPolicy policy;
        RehearsalFunc func;
        void *userdata;
        HealthPredictor *predictor[_PAIR_SIDE_MAX];
        SignalThreshold module_warn[_PAIR_SIDE_MAX][_SIGNAL_MAX], module_alarm[_PAIR_SIDE_MAX][_SIGNAL_MAX];
        EvidenceNews news;

        usec_t now; /* of the predictors: the trace's, and an offset, since 0 means never there */
        HealthSample pending[_SIGNAL_MAX]; /* a snapshot that may go on */
        size_t n_pending;
        PairSide pending_side;
        uint64_t n_samples, n_dropped;

        PairState state;
        PairSide serving;
        PairSide recorded; /* who served while it was recorded */
        PairAim aim;
        bool apart; /* ingress is on the spare */
        bool primed;
        bool moving;      /* a move has begun and is not done or undone */
        usec_t finish_at; /* when the daemon would close the record of the last one; 0: it is closed */
        MoveBudget budget;
};

/* rehearsal.c: judges what is known at r->now, and does what comes of it. */
void rehearsal_dispatch(Rehearsal *r);
/* When it must be called again though no row comes; USEC_INFINITY: need not. */
usec_t rehearsal_next(const Rehearsal *r);
