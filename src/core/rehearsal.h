/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pair would have done with a trace: the predictors, the rules and the machine that guard a live pair,
 * with the trace's time. What a trace says nothing of is taken to go well and at once: the spare's path is
 * proved while it has carrier, priming succeeds, traffic follows. The daemon's hold-off after its start is not
 * waited for.
 *
 * Pure; as fast as the processor goes. */

#include "pair-aim.h"
#include "replay-trace.h"

typedef struct Rehearsal Rehearsal;

typedef enum RehearsalKind {
        REHEARSAL_RAISED,     /* evidence reached its level; as often as the daemon's journal says so */
        REHEARSAL_CLEARED,    /* a signal is good again */
        REHEARSAL_VETOED,     /* both adapters show the same: it counts for neither */
        REHEARSAL_SUPPRESSED, /* an alarm moves nothing, why says for what reason */
        REHEARSAL_PRIME,      /* the spare is configured like the serving adapter */
        REHEARSAL_SPLIT,      /* ingress moves to the spare */
        REHEARSAL_UNSPLIT,    /* ingress returns */
        REHEARSAL_SWITCH,     /* the spare serves; side is that one */
        REHEARSAL_FAILED,     /* neither works */
        REHEARSAL_RECORDED,   /* while this was recorded, traffic moved to that side */
        _REHEARSAL_KIND_MAX,
        _REHEARSAL_KIND_INVALID = -EINVAL,
} RehearsalKind;

DECLARE_STRING_TABLE(rehearsal_kind, RehearsalKind);

typedef struct RehearsalEvent {
        RehearsalKind kind;
        usec_t at;     /* since the start of the trace */
        PairSide side; /* whose evidence; where ingress or all traffic goes */
        PairState state;
        double risk;       /* of that side */
        Evidence evidence; /* what it is about; level EVIDENCE_NONE: nothing. Its times are the trace's */
        char why[PAIR_REASON_MAX];
} RehearsalEvent;

typedef void (*RehearsalFunc)(const RehearsalEvent *event, void *userdata);

/* What it is like at the moment. */
typedef struct RehearsalStatus {
        usec_t at;
        PairState state;
        PairSide serving;
        double risk[_PAIR_SIDE_MAX];
        EvidenceLevel level[_PAIR_SIDE_MAX];
        uint64_t n_samples, n_dropped; /* n_dropped: snapshots that the recording lacks */
} RehearsalStatus;

/* serving: at the begin. NULL when out of memory. */
Rehearsal *rehearsal_new(const PairPolicy *policy, PairSide serving, RehearsalFunc func, void *userdata);
Rehearsal *rehearsal_free(Rehearsal *r);
DEFINE_CLEANUP(Rehearsal *, rehearsal_free);

/* The next row of the trace, which is about the adapter on that side. Rows of one adapter and one time are one
 * snapshot. */
void rehearsal_take(Rehearsal *r, PairSide side, const ReplayRow *row);

/* There are no more. */
void rehearsal_end(Rehearsal *r);

void rehearsal_get_status(const Rehearsal *r, RehearsalStatus *ret);
/* The last value of a signal; false: none yet. */
bool rehearsal_get_value(const Rehearsal *r, PairSide side, Signal s, double *ret);
