/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pair's judgement looks at, and what it follows from by itself: whether anything may be done, and
 * whether traffic may move. The same for a pair that is guarded and for one whose trace is replayed. Pure. */

#include "health-predictor.h"
#include "move-budget.h"
#include "pair-machine.h"

#define PAIR_REASON_MAX 192 /* bytes of a sentence for people, with its end */

typedef struct PairSideFacts {
        const char *name; /* for people */
        const HealthPredictor *predictor;
        bool exists;
        bool up; /* IFF_UP: an administrator's word, never a fault */
        bool carrier;
        const char *proof; /* what proves its path, or why nothing does */
} PairSideFacts;

/* Borrows all it points to. */
typedef struct PairFacts {
        const PairPolicy *policy;
        const MoveBudget *budget;
        PairSideFacts side[_PAIR_SIDE_MAX];
        PairState state;
        PairSide serving;
        bool attached;
        bool has_home; /* the addresses are on an interface above both adapters, not on the primary */
        bool balances; /* both can carry traffic at once... */
        bool balanced; /* ...and do, or are about to */
        bool external; /* somebody else has moved the traffic, which the machine does not know yet */
        bool apart;    /* ingress and egress are on different adapters */
        bool closing;  /* a move is done and its record not closed: nothing new is wanted meanwhile */
        bool proved;   /* frames prove the spare's path */
        bool serving_proved;
        usec_t unproved_since; /* while !proved */

        bool primed;
        bool worker;     /* priming is at work: ingress waits for it... */
        bool looking;    /* ...unless it only looks, and nobody asked for that */
        bool may_prime;  /* nothing of priming's own stands in the way */
        bool prime_held; /* by itself nothing is primed, evidence and requests still do */

        const char *obstacle; /* why nothing can be steered; NULL: it can */
        const char *held;     /* by a person, and why; NULL: not */
        unsigned n_inhibitors;
} PairFacts;

static inline PairSide pair_facts_spare(const PairFacts *f) {
        return pair_side_other(f->serving);
}

/* It exists, is up and has carrier. */
bool pair_facts_is_alive(const PairFacts *f, PairSide side);
/* Nobody can send or receive on it although it should; no such case is a home that was taken down. */
bool pair_facts_is_dead(const PairFacts *f, PairSide side);
/* The addresses are on that one, so that an administrator who takes it down puts them out of use with it. */
bool pair_facts_is_home(const PairFacts *f, PairSide side);
/* Proved, and not in alarm itself: what makes a pair protected. */
bool pair_facts_spare_is_ready(const PairFacts *f);

/* Whether the pair is only to be observed, by its policy or since its adapters cannot be steered; why says so.
 */
bool pair_facts_only_observes(const PairFacts *f, char why[static PAIR_REASON_MAX]);
/* Whether anything may be done without being asked; why says who or what forbids it. */
bool pair_facts_may_act(const PairFacts *f, char why[static PAIR_REASON_MAX]);
/* Whether an automatic planned move is allowed now; why says what stands in its way. */
bool pair_facts_may_move(const PairFacts *f, usec_t now, char why[static PAIR_REASON_MAX]);
