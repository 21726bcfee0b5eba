/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pair is after: from evidence, proofs, policy and budget to a goal, and from goal and state to the next
 * event of the machine. The same for a pair that is guarded and for one whose trace is replayed. Pure. */

#include "pair-facts.h"

/* A move that is done is closed this much later: probes sent at its last moment have arrived or are lost by
 * then, and nothing new is wanted before. */
#define PAIR_FINISH_GRACE (100 * USEC_PER_MSEC)
/* More steps than this at one time is a loop, which the machine's table excludes (the simulation proves it). */
#define PAIR_STEPS_MAX 32

typedef enum PairGoal {
        GOAL_NONE,
        GOAL_PRIMED,
        GOAL_SPLIT,
        GOAL_SWITCHED,
} PairGoal;

typedef enum MoveTrigger {
        MOVE_BY_REQUEST,
        MOVE_BY_EVIDENCE,
        MOVE_BY_FAILURE, /* nothing predicted it */
        MOVE_BY_FAILBACK,
        MOVE_BY_DRILL,
        MOVE_BY_REVERT,
        _MOVE_TRIGGER_MAX,
        _MOVE_TRIGGER_INVALID = -EINVAL,
} MoveTrigger;

/* Zero at first. */
typedef struct PairAim {
        PairGoal goal;
        MoveTrigger trigger;
        bool force;
        usec_t decided_at;  /* when the goal was set */
        usec_t detected_at; /* when its cause was first seen */
        Evidence cause;     /* of the goal; level EVIDENCE_NONE: no evidence is */
        char reason[PAIR_REASON_MAX];

        usec_t settle_until;  /* a split must prove itself until then */
        bool returns;         /* who was left carries traffic again as soon as he is good: balanced pairs */
        usec_t healthy_since; /* failback: since when the adapter to return to is good; 0: it is not */
        usec_t first_sign[_PAIR_SIDE_MAX]; /* of the present trouble; 0: there is none */
        char suppressed[PAIR_REASON_MAX];  /* why an alarm did not move traffic; empty: none was suppressed */
} PairAim;

void pair_aim_set(PairAim *a, PairGoal goal, MoveTrigger trigger, usec_t detected_at, usec_t now,
                const char *reason);

/* What the predictors of both adapters say at that time. Call it before all else that is judged then. */
void pair_aim_look(PairAim *a, HealthPredictor *const predictor[static _PAIR_SIDE_MAX], usec_t now);

/* Whether both adapters of a pair that balances are to carry traffic; only while it is open. False where it was
 * true: the spare is about to fail, or has; why says so. */
bool pair_aim_balances(PairAim *a, const PairFacts *f, usec_t now, char why[static PAIR_REASON_MAX]);

/* Whether a goal may be set or dropped: traffic rests. */
bool pair_aim_is_open(const PairFacts *f);
/* Sets or drops the goal by evidence and failback; only while it is open. True: an alarm moves nothing, which
 * is to be told; a->suppressed says why. */
bool pair_aim_assess(PairAim *a, const PairFacts *f, usec_t now);

/* What happens next. _PAIR_EVENT_INVALID: nothing. */
PairEvent pair_aim_event(const PairAim *a, const PairFacts *f, usec_t now);
/* When, if nothing else happens meanwhile, something does; USEC_INFINITY: never. */
usec_t pair_aim_next(const PairAim *a, const PairFacts *f, usec_t now);

/* ", and its firmware had failed (devlink health)": the gravest thing that an adapter has lately told of
 * itself, to go on a sentence about its loss; or "". A constant. */
const char *pair_aim_last_words(const HealthPredictor *predictor);
/* Traffic has to leave an adapter that has died, and no move was under way. Before the roles are swapped. */
void pair_aim_died(PairAim *a, const PairFacts *f, usec_t now);
/* Ingress is about to move. */
void pair_aim_split(PairAim *a, usec_t now);
/* Ingress arrives on the spare. */
void pair_aim_settle(PairAim *a, const PairPolicy *policy, usec_t now);
