/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pair's own structure, for the files named pair-*.c only. */

#include "event-window.h"
#include "evidence-news.h"
#include "pair-aim.h"
#include "pair-ports.h"
#include "pair.h"
#include "signal-history.h"
#include "traffic-silence.h"

/* Where a drill is. */
typedef enum DrillStage {
        DRILL_NONE,
        DRILL_THERE,
        DRILL_VERIFY, /* the other adapter serves and must prove itself */
        DRILL_BACK,
} DrillStage;

typedef struct PendingRequest {
        bool set;
        PairRequest request;
        PairReplyFunc func;
        void *userdata;
        usec_t reply_at; /* PROBE: when the burst is over */
        bool queued;     /* waits for a priming of the pair's own to end */
} PendingRequest;

/* Whether it was told why a link is down: once, however often it comes and goes meanwhile. */
typedef struct TroubleTold {
        bool told;
        usec_t good_since; /* 0: not since it was told */
} TroubleTold;

struct Pair {
        PairPolicy policy;
        PairPorts ports;
        void *userdata; /* of the ports */

        PairLink link[_PAIR_SIDE_MAX];
        HealthPredictor *predictor[_PAIR_SIDE_MAX];
        ModuleStatus module[_PAIR_SIDE_MAX];
        LldpNeighbour neighbour[_PAIR_SIDE_MAX];
        usec_t neighbour_until[_PAIR_SIDE_MAX];
        SharedFateNote fate[_SHARED_FATE_MAX];
        size_t n_fate;
        SignalHistory (*past)[_SIGNAL_MAX]; /* of each side */
        EvidenceNews news;
        TroubleTold trouble_told[_PAIR_SIDE_MAX];
        const char *last_words[_PAIR_SIDE_MAX]; /* ", and ...", of a device that is gone; or "", never NULL */
        Steering *steering;
        bool attached;
        usec_t attach_retry_at;
        Error attach_error;

        PairState state;
        usec_t state_since_realtime;
        PairSide serving; /* egress is there; the spare is the other */
        unsigned n_dispatching;

        PairAim aim;

        bool proved, serving_proved;
        char proof[_PAIR_SIDE_MAX][PAIR_REASON_MAX];
        usec_t unproved_since;

        usec_t steering_next, steering_check_next;
        TrafficSilence silence[_PAIR_SIDE_MAX];
        bool mend_wanted;   /* the steering may not be whole: when it is this pair's turn the kernel is asked */
        bool reading;       /* what the steering must know of addresses is being read... */
        bool reading_again; /* ...and must be once more, since something changed meanwhile... */
        bool reading_void;  /* ...or traffic was moved, so that it may tell of before */
        usec_t split_at;    /* ingress is to move once that was read, then at the latest; 0: it is not */
        char told_conflict[PAIR_REASON_MAX]; /* a setting that works against us, as it was told */
        char external[PAIR_REASON_MAX]; /* how somebody else moved traffic, until the machine has taken note */
        usec_t egress_asked_at;
        usec_t finish_at; /* the record of a move that is done is closed a little later, with what the probes
                             saw */
        MoveRecord move;  /* id 0: none under way */
        uint64_t lost_base, duplicated_base, reordered_base;
        MoveRecord history[MOVE_HISTORY_MAX];
        size_t n_history, history_next;
        uint64_t last_id, switch_count;

        bool primed;
        usec_t primed_realtime, prime_started_at, prime_usec, prime_retry_at, prime_retry_after, prime_check_at;
        PairPriming priming; /* what the worker is at, when worker is set */
        bool worker;
        PairSide worker_on; /* whom it reads or sets */
        PrimePlan *plan;    /* of the last priming: its inverse gives the spare its configuration back */
        PairSide plan_side; /* whom it was carried out on */
        int plan_ifindex;   /* and which device that was */
        PrimePlan *begun;   /* is carried out on worker_on, and kept in place of `plan` until that is over */
        int begun_ifindex;
        bool plan_interrupted; /* it is not known how far `plan` came */
        bool interruption_told;
        PairPrimeHold prime_hold;
        char prime_hold_reason[PAIR_REASON_MAX];
        bool refused;                /* the worker's last order, since what the spare has could not be kept */
        char unkept[ERROR_TEXT_MAX]; /* why, as it was told; "" once a priming got beyond that */
        PrimeContention contention;
        usec_t notice_first, look_at; /* settings were changed; when to look at them. 0: nothing to look at */
        EventWindow looks;
        usec_t changed_at; /* when settings of the adapter that served then were changed last */
        usec_t swapped_at; /* when the roles changed last */
        bool look_after_hang;
        usec_t lingers_since; /* a killed worker hangs in the kernel; 0: none does */
        bool lingering_told;
        PairSide lingers_on; /* whose driver that is */

        MoveBudget budget;
        bool held;
        usec_t hold_until, hold_until_realtime; /* USEC_INFINITY: until released */
        char hold_reason[PAIR_REASON_MAX];
        unsigned n_inhibitors;
        usec_t revert_at;   /* an unconfirmed switch goes back then; 0: none */
        PairSide revert_to; /* to whom */

        PairIdentity identity;
        PairIdentityTask identity_task; /* what is under way, when running */
        bool identity_running, identity_resume;
        usec_t identity_since, identity_retry_at;
        usec_t primary_up_until; /* when its being down, before it was removed, is an administrator's doing */
        bool introduced[_PAIR_SIDE_MAX];      /* it was told whether that one exists */
        bool replaced;                        /* another device took the name at once: none has gone */
        bool parked, home_in_use, take_asked; /* the primary is back while its addresses are away */
        char identity_trouble[PAIR_REASON_MAX];

        PendingRequest pending;
        DrillStage drill;
        usec_t drill_verify_until;
        MoveRecord drill_there;
};

static inline PairSide pair_spare(const Pair *p) {
        return pair_side_other(p->serving);
}

/* Up and with carrier. */
static inline bool pair_link_is_alive(const PairLink *l) {
        return l->exists && l->up && l->carrier;
}

SteeringPath pair_path(const Pair *p);
/* pair.c: asks the prober; again whenever the roles change, since it is the spare's proof that counts. */
void pair_look_at_proofs(Pair *p, usec_t now);
/* As pair_refresh(), but what is being read already is not waited for. */
void pair_read_anew(Pair *p, usec_t now);

/* pair-record.c: what the predictors are told, and who records it. Forgets what is known of the health of both
 * adapters, but for what their modules are. */
void pair_forget_health(Pair *p);
void pair_forget_signal(Pair *p, PairSide side, Signal s);
void pair_hold_off_health(Pair *p, PairSide side, usec_t duration, usec_t now);
/* The thresholds of the side's module hold. */
void pair_apply_module(Pair *p, PairSide side);
void pair_note_serving(Pair *p);

/* pair-fate.c: what the adapters share, looked at anew; told when it is another than before. */
void pair_look_at_fate(Pair *p, usec_t now);
/* Whether what a switch said of itself holds no longer, so that it is time to. */
bool pair_neighbour_is_stale(const Pair *p, usec_t now);

/* pair-balance.c: whether both adapters carry traffic; sets that, and tells of it; as the core judges. */
bool pair_is_balanced(const Pair *p);
void pair_set_balanced(Pair *p, bool balanced, const char *reason, usec_t now);
void pair_balance(Pair *p, usec_t now);

/* pair-judge.c: what is known of the pair at the moment, but for what only pair_judge() needs; valid until
 * something changes. */
PairFacts pair_facts(const Pair *p);
/* What happens next, given that. _PAIR_EVENT_INVALID: nothing. */
PairEvent pair_judge(Pair *p, usec_t now);
/* Sets or drops the goal by evidence, failback, revert deadline, drill. */
void pair_assess(Pair *p, usec_t now);
/* Whether the pair is only to be observed, by its policy or since its adapters cannot be steered; why says so.
 */
bool pair_only_observes(const Pair *p, char why[static PAIR_REASON_MAX]);
/* Whether anything may be done without being asked; why says who or what forbids it. */
bool pair_may_act(const Pair *p, char why[static PAIR_REASON_MAX]);
/* Proved, and not in alarm itself: what makes a pair protected. */
bool pair_spare_is_ready(const Pair *p);

/* pair-prime.c: what the worker is told and what came of it */
/* What priming knows of the present spare from last time, or NULL. */
const PrimePlan *pair_plan_before(const Pair *p);
/* The one way to the worker: what, before and flags of the order are given, for the adapter on that side.
 * Refuses to have anything written to an adapter that carries traffic. */
int pair_start_order(Pair *p, const PairPrimeOrder *order, PairSide whom, Error *e);
int pair_start_worker(Pair *p, PairPriming what, PairSide whom, const PrimePlan *before, Error *e);
void pair_start_prime(Pair *p, usec_t now);
void pair_cancel_prime(Pair *p, usec_t now);
/* Something is different: earlier failures to prime do not count. */
void pair_prime_anew(Pair *p, usec_t now);
/* A priming that the last run of the daemon did not bring to an end. */
void pair_tell_interrupted(Pair *p);
/* The spare is about to carry traffic: nothing is set on it any more. */
void pair_stop_writing(Pair *p, usec_t now);
/* What only looks, unless people asked for it, makes way for moves and for what people ask. */
bool pair_is_looking(const Pair *p);
void pair_stop_looking(Pair *p);
void pair_hold_priming(Pair *p, PairPrimeHold hold, const char *reason);
void pair_release_priming(Pair *p);
/* When it wants to be called again. */
usec_t pair_prime_dispatch(Pair *p, usec_t now);

/* pair-follow.c: the spare follows the serving adapter */
/* The roles were swapped: what was set on the adapter that served, and took its link down, is not undone. */
void pair_follow_swapped(Pair *p, usec_t now);
/* Looks whether the two are still alike, when it is time to; the worker then says so. */
void pair_look(Pair *p, usec_t now);
/* A look found these differences. */
void pair_looked(Pair *p, const PrimePlan *plan);
/* Priming has set them right: tells whose change that was, and stops fighting over what is set back again and
 * again. False when there is nothing to tell. */
bool pair_tell_followed(Pair *p, const PrimePlan *before, const PrimePlan *plan, usec_t now);

/* pair-gone.c: the primary's device is removed, and comes back */
/* An adapter is gone and what steered is about to be let go. */
void pair_gone_note(Pair *p, usec_t now);
/* News of the primary's link. */
void pair_gone_link(Pair *p, const PairLink *old, const PairLink *new, usec_t now);
void pair_gone_dispatch(Pair *p, usec_t now);
bool pair_identity_is_away(const Pair *p);
/* Somebody wants the addresses back on the primary: 0 when it will be done. */
int pair_gone_request(Pair *p, const PairRequest *q, Error *e);
/* Where the addresses are, when not where they belong; else "". */
void pair_gone_say(const Pair *p, char text[static PAIR_REASON_MAX]);

/* pair-effects.c */
void pair_apply_effects(Pair *p, unsigned effects, usec_t now);
/* Moves ingress, by what is known by now of addresses and groups. */
void pair_begin_split(Pair *p, usec_t now);
void pair_take_step(Pair *p, PairEvent event, usec_t now);

/* pair-move.c: the record of the move under way, and who waits for it */
void pair_move_begin(Pair *p, usec_t now);
void pair_move_ingress_seen(Pair *p, usec_t now);
void pair_move_egress_moved(Pair *p, usec_t now);
void pair_move_end(Pair *p, MoveResult result, usec_t now);
void pair_move_dispatch(Pair *p, usec_t now);
void pair_answer(Pair *p, const PairReply *reply, const Error *e);

/* pair-request.c: what people ask */
/* Why automatic moves are on hold, also if nobody gave a reason; NULL when they are not. Owned by the pair. */
const char *pair_why_held(const Pair *p);
/* -EPERM: what is asked is refused since the pair is on hold. */
int pair_refuse_held(const Pair *p, Error *e);
/* Whether somebody waits for what a worker does for him, or will do. */
bool pair_request_needs_worker(const Pair *p);
/* Whether somebody waits for what the worker that primes was setting, or for its end. */
bool pair_request_awaits_priming(const Pair *p);
/* A priming has ended: what was asked during it is begun now. */
void pair_resume_request(Pair *p);

/* pair-tell.c: the journal's and the observer's words */
void pair_tell(Pair *p, EventKind kind, PairSide side, const char *format, ...) _printf_(4, 5);
/* The step from old to the present state, which event brought about. */
void pair_tell_step(Pair *p, PairState old, PairEvent event);
/* What became of each signal, and of why a link is down, since it was told last. Call it often: what is good is
 * told when it stays so. */
void pair_tell_evidence(Pair *p, usec_t now);
