/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The life of a pair as a const table [state][event]: what to do is data, done by the daemon; results come back
 * as further events. Pure. The public states are those of design section 4 plus `splitting` (ingress on its
 * way), the twin of `switching` (egress on its way). */

#include "pair-policy.h"

typedef enum PairState {
        PAIR_ABSENT,      /* an adapter of the pair does not exist */
        PAIR_UNPROTECTED, /* serving, no proved spare */
        PAIR_PROTECTED,   /* spare proved by frames within the last check interval */
        PAIR_PRIMING,     /* the spare's configuration is being made equal */
        PAIR_PRIMED,      /* proved and equal */
        PAIR_SPLITTING,   /* ingress on its way to the spare */
        PAIR_SPLIT,       /* ingress on the spare, egress on the serving adapter */
        PAIR_UNSPLITTING, /* ingress on its way back */
        PAIR_SWITCHING,   /* egress on its way */
        PAIR_FAILED,      /* neither works */
        _PAIR_STATE_MAX,
        _PAIR_STATE_INVALID = -EINVAL,
} PairState;

typedef enum PairEvent {
        PAIR_EVENT_ADAPTER_GONE,   /* one does not exist (any more) */
        PAIR_EVENT_ADAPTERS_FOUND, /* both exist, steering is in place */
        PAIR_EVENT_SPARE_PROVED,
        PAIR_EVENT_SPARE_LOST,   /* no longer proved, or down */
        PAIR_EVENT_SERVING_DEAD, /* cannot carry traffic: carrier, driver; the spare can */
        PAIR_EVENT_BOTH_DEAD,
        PAIR_EVENT_SERVING_BACK, /* out of failed: at least one works again */
        PAIR_EVENT_PRIME,        /* wanted: by evidence, policy or request */
        PAIR_EVENT_PRIME_DONE,
        PAIR_EVENT_PRIME_FAILED,
        PAIR_EVENT_DRIFT, /* the adapters are no longer alike */
        PAIR_EVENT_SPLIT, /* wanted: by alarm or request, and allowed */
        PAIR_EVENT_INGRESS_SEEN,
        PAIR_EVENT_INGRESS_UNSEEN, /* announced often enough, it did not follow */
        PAIR_EVENT_SWITCH,         /* egress wanted: settled, by policy or request */
        PAIR_EVENT_EGRESS_MOVED,
        PAIR_EVENT_EGRESS_FAILED,
        PAIR_EVENT_UNSPLIT,  /* wanted: request, or the spare got worse than the serving adapter */
        PAIR_EVENT_EXTERNAL, /* somebody else moved the traffic, and the steering has followed */
        _PAIR_EVENT_MAX,
        _PAIR_EVENT_INVALID = -EINVAL,
} PairEvent;

/* What the daemon must do upon a step, in this order; results are later events. */
typedef enum PairEffect {
        PAIR_EFFECT_NONE = 0,
        PAIR_EFFECT_CANCEL_PRIME = 1 << 0, /* stop the worker; what it did is undone */
        PAIR_EFFECT_START_PRIME = 1 << 1,
        PAIR_EFFECT_MOVE_INGRESS = 1 << 2, /* to the spare, planned */
        PAIR_EFFECT_UNDO_INGRESS = 1 << 3, /* back to the serving adapter, planned */
        PAIR_EFFECT_MOVE_EGRESS = 1 << 4,  /* to where ingress is */
        PAIR_EFFECT_MOVE_NOW = 1 << 5,     /* both to the spare: the serving adapter is dead */
        PAIR_EFFECT_SWAP_ROLES = 1 << 6,   /* the spare serves */
        PAIR_EFFECT_SETTLE = 1 << 7,       /* start the clock by which a split must prove itself */
        PAIR_EFFECT_TOLD_FAILED = 1 << 8,  /* the move under way failed: tell who asked */
        PAIR_EFFECT_RELEASE = 1 << 9,      /* an adapter is gone: let go of prober and steering */
        PAIR_EFFECT_FOLLOW = 1 << 10,      /* the roles are as somebody else has them */
} PairEffect;

typedef enum PairVerdict {
        PAIR_IMPOSSIBLE, /* a bug of the caller if it happens; the state stays */
        PAIR_IGNORE,     /* can happen, means nothing here */
        PAIR_GO,
} PairVerdict;

typedef struct PairStep {
        PairVerdict verdict;
        PairState next;
        unsigned effects; /* PairEffect */
} PairStep;

DECLARE_STRING_TABLE(pair_state, PairState);
DECLARE_STRING_TABLE(pair_event, PairEvent);

/* Total over all states and events. */
PairStep pair_machine_step(PairState state, PairEvent event);

/* Whether traffic is on its way in this state, so that a second move must wait. */
bool pair_state_is_moving(PairState s);
