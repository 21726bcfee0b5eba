/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guarded pair: the imperative shell round the pair machine. Everything that asks something of a pair comes
 * in here; everything it tells goes out through the manager's observer. */

#include <systemd/sd-event.h>

#include "error.h"
#include "pair-status.h"
#include "prime-plan.h"
#include "signal-history.h"

typedef struct Pair Pair;

typedef enum PairVerb {
        PAIR_VERB_PLAN, /* read only: what priming would do */
        PAIR_VERB_PRIME,
        PAIR_VERB_UNPRIME,  /* give the spare its former configuration back */
        PAIR_VERB_SNAPSHOT, /* read an adapter's configuration */
        PAIR_VERB_RESTORE,  /* put an adapter back that carries no traffic */
        PAIR_VERB_PROBE,    /* prove both paths now */
        PAIR_VERB_SPLIT,    /* ingress only */
        PAIR_VERB_SWITCH,
        PAIR_VERB_REVERT, /* undo a split or the last switch */
        PAIR_VERB_DRILL,  /* there and back */
        _PAIR_VERB_MAX,
        _PAIR_VERB_INVALID = -EINVAL,
} PairVerb;

DECLARE_STRING_TABLE(pair_verb, PairVerb);

typedef struct PairRequest {
        PairVerb verb;
        char target[IFNAMSIZ]; /* SWITCH: the adapter that shall serve; empty: the spare. SNAPSHOT, RESTORE:
                                  whom */
        char reason[PAIR_REASON_MAX];
        bool force;                /* also to a spare that is not proved */
        bool dry_run;              /* say whether it would be done, or what, and do nothing */
        usec_t revert_after;       /* SWITCH: go back unless confirmed within; 0: final at once */
        bool complete;             /* RESTORE: what the snapshot's lists do not name is removed */
        const PrimePlan *snapshot; /* RESTORE: steps whose `undo` is to be set; used before pair_request()
                                      returns */
} PairRequest;

typedef struct PairReply {
        const PrimePlan *plan;    /* PLAN, PRIME, UNPRIME, SNAPSHOT, RESTORE */
        const MoveRecord *record; /* SPLIT, SWITCH, REVERT; DRILL: the way there */
        const MoveRecord *back;   /* DRILL: the way back */
} PairReply;

/* Called exactly once per accepted request; e is NULL on success. The reply's pointers are valid during the
 * call. */
typedef void (*PairReplyFunc)(Pair *p, const PairReply *reply, const Error *e, void *userdata);

/* 0: accepted, func is called later (or, for what is done at once, already was); negative: refused, e says why
 * and func is not called. */
int pair_request(Pair *p, const PairRequest *request, PairReplyFunc func, void *userdata, Error *e);

/* A switch with revert_after is good: keep it. -ENOENT when none waits. */
int pair_confirm(Pair *p, Error *e);

/* No automatic moves until then (duration USEC_INFINITY: until released). */
int pair_hold(Pair *p, usec_t duration, const char *reason, Error *e);
int pair_release(Pair *p, Error *e);

/* Forgets failed attempts, spent budget and suppressed alarms: begin afresh. */
int pair_reset(Pair *p, Error *e);

/* Raises a signal on one of its adapters for a time: for drills and tests. */
int pair_inject_evidence(
                Pair *p, const char *adapter, Signal signal, EvidenceLevel level, usec_t duration, Error *e);

const char *pair_name(const Pair *p);
const PairPolicy *pair_policy(const Pair *p);
void pair_get_status(const Pair *p, PairStatus *ret);
bool pair_is_protected(const Pair *p); /* of its status, for less */
void pair_get_adapter_status(const Pair *p, PairSide side, AdapterStatus *ret);

/* The last moves, newest first: at most max of them into records; returns how many. */
size_t pair_get_history(const Pair *p, MoveRecord *records, size_t max);

/* What an adapter's signal was until now, as signal_history_get(). */
void pair_get_signal_history(const Pair *p, PairSide side, Signal s, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]);

/* The plan of the last priming, NULL before there was one. Belongs to the pair. */
const PrimePlan *pair_last_plan(const Pair *p);
