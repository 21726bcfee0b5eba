/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pair of a rehearsal: judged as the daemon's is (pair-aim.c), with a world in which all goes well. */

#include <stdio.h>

#include "health-comparison.h"
#include "rehearsal-internal.h"

static const char *const rehearsal_kind_table[_REHEARSAL_KIND_MAX] = {
        [REHEARSAL_RAISED] = "raised",
        [REHEARSAL_CLEARED] = "cleared",
        [REHEARSAL_VETOED] = "vetoed",
        [REHEARSAL_SUPPRESSED] = "suppressed",
        [REHEARSAL_PRIME] = "prime",
        [REHEARSAL_SPLIT] = "split",
        [REHEARSAL_UNSPLIT] = "unsplit",
        [REHEARSAL_SWITCH] = "switch",
        [REHEARSAL_FAILED] = "failed",
        [REHEARSAL_RECORDED] = "recorded",
};

DEFINE_STRING_TABLE(rehearsal_kind, RehearsalKind);

/* Times as the trace has them. */
static Evidence as_traced(const Rehearsal *r, const Evidence *e) {
        Evidence copy = *e;
        RehearsalStatus status;
        usec_t offset;

        rehearsal_get_status(r, &status);
        offset = r->now - status.at;
        copy.since = usec_sub(copy.since, offset);
        copy.updated = usec_sub(copy.updated, offset);
        return copy;
}

static void tell(Rehearsal *r, RehearsalKind kind, PairSide side, const Evidence *about, const char *why) {
        RehearsalEvent event = {
                .kind = kind,
                .side = side,
                .state = r->state,
                .risk = health_predictor_risk(r->predictor[side]),
        };
        RehearsalStatus status;

        if (!r->func)
                return;
        rehearsal_get_status(r, &status);
        event.at = status.at;
        if (about)
                event.evidence = as_traced(r, about);
        snprintf(event.why, sizeof(event.why), "%s", why);
        r->func(&event, r->userdata);
}

static void tell_news(PairSide side, unsigned news, const Evidence *e, void *userdata) {
        char text[PAIR_REASON_MAX];
        Rehearsal *r = userdata;

        if (news & EVIDENCE_NEWS_CLEARED)
                snprintf(text, sizeof(text), "%s is good again", signal_to_string(e->signal));
        else
                evidence_format(e, r->now, text, sizeof(text));
        if (news & EVIDENCE_NEWS_RAISED)
                tell(r, REHEARSAL_RAISED, side, e, text);
        if (news & EVIDENCE_NEWS_VETOED)
                tell(r, REHEARSAL_VETOED, side, e, text);
        if (news & EVIDENCE_NEWS_CLEARED)
                tell(r, REHEARSAL_CLEARED, side, e, text);
}

static void tell_evidence(Rehearsal *r, PairSide side) {
        const Evidence *evidence;
        size_t n = health_predictor_evidence(r->predictor[side], &evidence);

        (void) evidence_news_update(&r->news, side, evidence, n, r->now, tell_news, r);
}

static bool has_carrier(const Rehearsal *r, PairSide side) {
        double carrier;

        return !health_predictor_last_value(r->predictor[side], SIGNAL_CARRIER, &carrier, NULL) || carrier >= 1;
}

/* A trace has no probes' verdicts: the path of what has carrier is taken to be proved. */
static PairFacts facts(const Rehearsal *r) {
        static const char *const names[_PAIR_SIDE_MAX] = {
                [SIDE_PRIMARY] = "the primary",
                [SIDE_STANDBY] = "the standby",
        };
        PairFacts f = {
                .policy = &r->policy,
                .budget = &r->budget,
                .state = r->state,
                .serving = r->serving,
                .attached = true,
                .apart = r->apart,
                .closing = r->finish_at != 0,
                .proved = has_carrier(r, pair_side_other(r->serving)),
                .serving_proved = has_carrier(r, r->serving),
                .primed = r->primed,
                .may_prime = true,
        };

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                bool carrier = has_carrier(r, s);

                f.side[s] = (PairSideFacts){
                        .name = names[s],
                        .predictor = r->predictor[s],
                        .exists = true,
                        .up = true,
                        .carrier = carrier,
                        .proof = carrier ? "it has carrier" : "it has no carrier",
                };
        }
        return f;
}

static const Evidence *cause_of(const PairAim *a) {
        return a->cause.level != EVIDENCE_NONE ? &a->cause : NULL;
}

static void begin_move(Rehearsal *r) {
        if (r->moving)
                return;
        r->moving = true;
        move_budget_spend(&r->budget, r->now);
}

static void move_now(Rehearsal *r) {
        PairFacts f = facts(r);

        r->finish_at = 0;
        /* a split that is completed keeps its own reason */
        if (!r->moving)
                pair_aim_died(&r->aim, &f, r->now);
        begin_move(r);
}

static void swap_roles(Rehearsal *r) {
        r->serving = pair_side_other(r->serving);
        r->apart = r->moving = false;
        r->aim.healthy_since = 0;
        r->aim.goal = GOAL_NONE;
        r->finish_at = usec_add(r->now, PAIR_FINISH_GRACE);
        tell(r, REHEARSAL_SWITCH, r->serving, cause_of(&r->aim), r->aim.reason);
}

static void start_prime(Rehearsal *r) {
        bool wanted = r->aim.goal != GOAL_NONE;

        r->primed = true;
        tell(r, REHEARSAL_PRIME, pair_side_other(r->serving), wanted ? cause_of(&r->aim) : NULL,
                        wanted ? r->aim.reason : "the policy says prime: always");
}

static void move_ingress(Rehearsal *r) {
        pair_aim_split(&r->aim, r->now);
        begin_move(r);
        r->apart = true;
        tell(r, REHEARSAL_SPLIT, pair_side_other(r->serving), cause_of(&r->aim), r->aim.reason);
}

static void undo_ingress(Rehearsal *r) {
        PairSide spare = pair_side_other(r->serving);

        r->apart = false;
        r->aim.goal = GOAL_NONE;
        tell(r, REHEARSAL_UNSPLIT, r->serving, health_cause(r->predictor[spare]),
                        has_carrier(r, spare) ? "the spare got worse than the serving adapter"
                                              : "the spare lost its carrier");
}

static void settle(Rehearsal *r) {
        pair_aim_settle(&r->aim, &r->policy, r->now);
}

static void end_move(Rehearsal *r) {
        r->moving = false;
        r->aim.goal = GOAL_NONE;
}

/* In the daemon's order; the others have nothing to do here. */
static const struct {
        PairEffect effect;
        void (*apply)(Rehearsal *r);
} effect_rows[] = {
        { PAIR_EFFECT_MOVE_NOW, move_now },
        { PAIR_EFFECT_SWAP_ROLES, swap_roles },
        { PAIR_EFFECT_START_PRIME, start_prime },
        { PAIR_EFFECT_MOVE_INGRESS, move_ingress },
        { PAIR_EFFECT_UNDO_INGRESS, undo_ingress },
        { PAIR_EFFECT_SETTLE, settle },
        { PAIR_EFFECT_TOLD_FAILED, end_move },
};

/* What the world answers to what is under way: it goes well. */
static PairEvent answer(PairState s) {
        if (s == PAIR_PRIMING)
                return PAIR_EVENT_PRIME_DONE;
        if (s == PAIR_SPLITTING || s == PAIR_UNSPLITTING)
                return PAIR_EVENT_INGRESS_SEEN;
        return s == PAIR_SWITCHING ? PAIR_EVENT_EGRESS_MOVED : _PAIR_EVENT_INVALID;
}

static PairEvent judge(Rehearsal *r) {
        PairFacts f = facts(r);
        PairEvent event;

        if (pair_aim_is_open(&f) && pair_aim_assess(&r->aim, &f, r->now))
                tell(r, REHEARSAL_SUPPRESSED, r->serving, health_cause(r->predictor[r->serving]),
                                r->aim.suppressed);
        event = pair_aim_event(&r->aim, &f, r->now);
        return event != _PAIR_EVENT_INVALID ? event : answer(r->state);
}

static bool take_step(Rehearsal *r, PairEvent event) {
        PairStep step = pair_machine_step(r->state, event);

        assert(step.verdict != PAIR_IMPOSSIBLE);
        if (step.verdict != PAIR_GO)
                return false;
        r->state = step.next;
        for (size_t i = 0; i < ELEMENTSOF(effect_rows); i++)
                if (step.effects & effect_rows[i].effect)
                        effect_rows[i].apply(r);
        if (event == PAIR_EVENT_BOTH_DEAD)
                tell(r, REHEARSAL_FAILED, r->serving, health_cause(r->predictor[r->serving]),
                                "neither adapter works");
        return true;
}

void rehearsal_dispatch(Rehearsal *r) {
        pair_aim_look(&r->aim, r->predictor, r->now);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                tell_evidence(r, s);
        for (unsigned n = 0;; n++) {
                PairEvent event = judge(r);

                assert(n < PAIR_STEPS_MAX);
                if (event == _PAIR_EVENT_INVALID || !take_step(r, event))
                        break;
        }
        if (r->finish_at != 0 && r->now >= r->finish_at)
                r->finish_at = 0;
}

usec_t rehearsal_next(const Rehearsal *r) {
        PairFacts f = facts(r);
        usec_t next = pair_aim_next(&r->aim, &f, r->now);

        return r->finish_at != 0 ? MIN(next, r->finish_at) : next;
}
