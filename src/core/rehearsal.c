/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pair of a rehearsal: what the daemon's pair judges (pair-judge.c), without the world. */

#include <stdio.h>

#include "health-comparison.h"
#include "rehearsal-internal.h"

/* As in the daemon: what stays away for so long is told to be gone. */
#define GOOD_AGAIN (10 * USEC_PER_SEC)
/* The machine's table excludes loops; its longest way is from primed to switched. */
#define STEPS_MAX 32

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

static void tell_present(Rehearsal *r, PairSide side, const Evidence *e) {
        RehearsalTold *told = r->told[side] + e->signal;
        bool raised = e->level > told->level, vetoed = e->vetoed && !told->vetoed;
        char text[REHEARSAL_WHY_MAX];

        told->vetoed = e->vetoed;
        told->level = MAX(told->level, e->level);
        told->good_since = 0;
        if (!raised && !vetoed)
                return;
        evidence_format(e, r->now, text, sizeof(text));
        if (raised)
                tell(r, REHEARSAL_RAISED, side, e, text);
        if (vetoed && !r->told[pair_side_other(side)][e->signal].vetoed)
                tell(r, REHEARSAL_VETOED, side, e, text);
}

static void tell_absent(Rehearsal *r, PairSide side, Signal s) {
        RehearsalTold *told = r->told[side] + s;
        Evidence good = { .signal = s, .level = EVIDENCE_NONE };
        char text[REHEARSAL_WHY_MAX];

        if (told->level == EVIDENCE_NONE)
                return;
        if (told->good_since == 0)
                told->good_since = r->now;
        if (r->now < usec_add(told->good_since, GOOD_AGAIN))
                return;
        *told = (RehearsalTold){};
        snprintf(text, sizeof(text), "%s is good again", signal_to_string(s));
        tell(r, REHEARSAL_CLEARED, side, &good, text);
}

static void tell_evidence(Rehearsal *r, PairSide side) {
        const Evidence *present[_SIGNAL_MAX] = {}, *evidence;
        size_t n = health_predictor_evidence(r->predictor[side], &evidence);

        for (size_t i = 0; i < n; i++)
                present[evidence[i].signal] = evidence + i;
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                if (present[s])
                        tell_present(r, side, present[s]);
                else
                        tell_absent(r, side, s);
}

static PairSide spare_of(const Rehearsal *r) {
        return pair_side_other(r->serving);
}

static bool is_dead(const Rehearsal *r, PairSide side) {
        double carrier;

        return health_predictor_last_value(r->predictor[side], SIGNAL_CARRIER, &carrier, NULL) && carrier < 1;
}

/* Its path is taken to be proved. */
static bool spare_is_ready(const Rehearsal *r) {
        return !is_dead(r, spare_of(r)) && health_predictor_level(r->predictor[spare_of(r)]) < EVIDENCE_ALARM;
}

static bool may_act(const Rehearsal *r, char why[static REHEARSAL_WHY_MAX]) {
        if (r->policy.mode != MODE_OBSERVE)
                return true;
        snprintf(why, REHEARSAL_WHY_MAX, "the policy says mode: observe");
        return false;
}

static bool may_move(const Rehearsal *r, char why[static REHEARSAL_WHY_MAX]) {
        const HealthPredictor *serving = r->predictor[r->serving], *spare = r->predictor[spare_of(r)];

        if (!may_act(r, why))
                return false;
        if (is_dead(r, spare_of(r)))
                snprintf(why, REHEARSAL_WHY_MAX, "the spare has no carrier");
        else if (health_is_no_better(spare, serving))
                snprintf(why, REHEARSAL_WHY_MAX, "the spare is no better: risk %.0f%% against %.0f%%",
                                health_predictor_risk(spare) * 100, health_predictor_risk(serving) * 100);
        else
                return move_budget_allows(&r->budget, &r->policy.budget, r->now, why, REHEARSAL_WHY_MAX, NULL);
        return false;
}

static void set_goal(Rehearsal *r, RehearsalGoal goal, const Evidence *cause, const char *reason) {
        r->goal = goal;
        r->cause = cause ? *cause : (Evidence){};
        snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

static void suppress(Rehearsal *r, const Evidence *cause, const char *why) {
        bool told = r->suppressed[0];

        snprintf(r->suppressed, sizeof(r->suppressed), "%s", why);
        if (!told)
                tell(r, REHEARSAL_SUPPRESSED, r->serving, cause, why);
}

static void assess_evidence(Rehearsal *r) {
        const Evidence *cause = health_cause(r->predictor[r->serving]);
        char why[REHEARSAL_WHY_MAX], text[REHEARSAL_WHY_MAX];

        if (!cause || cause->level < EVIDENCE_ALARM)
                r->suppressed[0] = 0;
        if (!cause) {
                set_goal(r, REHEARSAL_GOAL_NONE, NULL, "");
                return;
        }
        if (r->goal >= REHEARSAL_GOAL_SPLIT)
                return;
        evidence_format(cause, r->now, text, sizeof(text));
        if (cause->level == EVIDENCE_WARN) {
                if (r->goal < REHEARSAL_GOAL_PRIMED)
                        set_goal(r, REHEARSAL_GOAL_PRIMED, cause, text);
        } else if (may_move(r, why)) {
                r->suppressed[0] = 0;
                set_goal(r,
                                r->policy.egress == EGRESS_ON_FAILURE ? REHEARSAL_GOAL_SPLIT
                                                                      : REHEARSAL_GOAL_SWITCHED,
                                cause, text);
        } else
                suppress(r, cause, why);
}

static void assess_failback(Rehearsal *r) {
        char why[REHEARSAL_WHY_MAX];

        if (r->policy.failback != FAILBACK_AUTO || r->serving == SIDE_PRIMARY ||
                        r->goal >= REHEARSAL_GOAL_SPLIT)
                return;
        if (is_dead(r, SIDE_PRIMARY) || health_predictor_level(r->predictor[SIDE_PRIMARY]) != EVIDENCE_NONE) {
                r->good_since = 0;
                return;
        }
        if (r->good_since == 0)
                r->good_since = r->now;
        if (r->now < usec_add(r->good_since, r->policy.failback_after) || !may_move(r, why))
                return;
        snprintf(why, sizeof(why), "the primary has been good for %s",
                        FORMAT_TIMESPAN(r->policy.failback_after));
        set_goal(r, REHEARSAL_GOAL_SWITCHED, NULL, why);
}

static PairEvent judge_life(const Rehearsal *r) {
        bool serving_dead = is_dead(r, r->serving), spare_dead = is_dead(r, spare_of(r));
        char why[REHEARSAL_WHY_MAX];

        if (!serving_dead)
                return r->state == PAIR_FAILED ? PAIR_EVENT_SERVING_BACK : _PAIR_EVENT_INVALID;
        if (spare_dead)
                return r->state == PAIR_FAILED ? _PAIR_EVENT_INVALID : PAIR_EVENT_BOTH_DEAD;
        return may_act(r, why) ? PAIR_EVENT_SERVING_DEAD : _PAIR_EVENT_INVALID;
}

static PairEvent judge_split(const Rehearsal *r) {
        if (is_dead(r, spare_of(r)))
                return PAIR_EVENT_SPARE_LOST;
        if (health_predictor_level(r->predictor[spare_of(r)]) == EVIDENCE_ALARM &&
                        health_predictor_level(r->predictor[r->serving]) < EVIDENCE_ALARM)
                return PAIR_EVENT_UNSPLIT;
        return r->goal == REHEARSAL_GOAL_SWITCHED && r->now >= r->settle_until ? PAIR_EVENT_SWITCH
                                                                               : _PAIR_EVENT_INVALID;
}

static PairEvent judge_rest(const Rehearsal *r) {
        bool wanted = r->goal >= REHEARSAL_GOAL_PRIMED || r->policy.prime == PRIME_ALWAYS;
        char why[REHEARSAL_WHY_MAX];

        if (r->state == PAIR_UNPROTECTED)
                return spare_is_ready(r) ? PAIR_EVENT_SPARE_PROVED : _PAIR_EVENT_INVALID;
        if (!spare_is_ready(r))
                return PAIR_EVENT_SPARE_LOST;
        if (r->state == PAIR_PROTECTED && r->primed)
                return PAIR_EVENT_PRIME_DONE;
        if (!r->primed && wanted && may_act(r, why))
                return PAIR_EVENT_PRIME;
        return r->goal >= REHEARSAL_GOAL_SPLIT ? PAIR_EVENT_SPLIT : _PAIR_EVENT_INVALID;
}

static PairEvent judge(const Rehearsal *r) {
        PairEvent e = r->state == PAIR_ABSENT ? PAIR_EVENT_ADAPTERS_FOUND : judge_life(r);

        if (e != _PAIR_EVENT_INVALID)
                return e;
        switch (r->state) {
        case PAIR_UNPROTECTED:
        case PAIR_PROTECTED:
        case PAIR_PRIMED:
                return judge_rest(r);
        case PAIR_PRIMING:
                return PAIR_EVENT_PRIME_DONE;
        case PAIR_SPLITTING:
        case PAIR_UNSPLITTING:
                return PAIR_EVENT_INGRESS_SEEN;
        case PAIR_SPLIT:
                return judge_split(r);
        case PAIR_SWITCHING:
                return PAIR_EVENT_EGRESS_MOVED;
        case PAIR_ABSENT:
        case PAIR_FAILED:
        case _PAIR_STATE_MAX:
        case _PAIR_STATE_INVALID:
                break;
        }
        return _PAIR_EVENT_INVALID;
}

static void swap_roles(Rehearsal *r) {
        r->serving = spare_of(r);
        r->good_since = 0;
        r->suppressed[0] = 0;
        move_budget_spend(&r->budget, r->now);
        tell(r, REHEARSAL_SWITCH, r->serving, r->cause.level != EVIDENCE_NONE ? &r->cause : NULL, r->reason);
        set_goal(r, REHEARSAL_GOAL_NONE, NULL, "");
}

static void apply(Rehearsal *r, unsigned effects) {
        const Evidence *cause = r->cause.level != EVIDENCE_NONE ? &r->cause : NULL;

        /* a split that is completed keeps its own reason */
        if ((effects & PAIR_EFFECT_MOVE_NOW) && r->goal < REHEARSAL_GOAL_SPLIT)
                set_goal(r, REHEARSAL_GOAL_SWITCHED, health_cause(r->predictor[r->serving]),
                                "the serving adapter lost its link");
        if (effects & PAIR_EFFECT_SWAP_ROLES)
                swap_roles(r);
        if (effects & PAIR_EFFECT_START_PRIME) {
                r->primed = true;
                tell(r, REHEARSAL_PRIME, spare_of(r), cause,
                                cause ? r->reason : "the policy says prime: always");
        }
        if (effects & PAIR_EFFECT_MOVE_INGRESS)
                tell(r, REHEARSAL_SPLIT, spare_of(r), cause, r->reason);
        if (effects & PAIR_EFFECT_UNDO_INGRESS) {
                tell(r, REHEARSAL_UNSPLIT, r->serving, health_cause(r->predictor[spare_of(r)]),
                                "the spare got worse than the serving adapter");
                set_goal(r, REHEARSAL_GOAL_NONE, NULL, "");
        }
        if (effects & PAIR_EFFECT_SETTLE)
                r->settle_until = r->policy.egress == EGRESS_WITH_INGRESS ? r->now
                                                                          : usec_add(r->now, r->policy.settle);
}

void rehearsal_dispatch(Rehearsal *r) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                health_predictor_tick(r->predictor[s], r->now);
        health_predictor_veto_common_mode(r->predictor[SIDE_PRIMARY], r->predictor[SIDE_STANDBY], r->now);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                tell_evidence(r, s);
        for (unsigned n = 0; n < STEPS_MAX; n++) {
                PairEvent event;
                PairStep step;

                if (pair_state_rests(r->state)) {
                        assess_evidence(r);
                        assess_failback(r);
                }
                event = judge(r);
                if (event == _PAIR_EVENT_INVALID)
                        return;
                step = pair_machine_step(r->state, event);
                assert(step.verdict != PAIR_IMPOSSIBLE);
                if (step.verdict != PAIR_GO)
                        return;
                r->state = step.next;
                apply(r, step.effects);
                if (event == PAIR_EVENT_BOTH_DEAD)
                        tell(r, REHEARSAL_FAILED, r->serving, health_cause(r->predictor[r->serving]),
                                        "neither adapter works");
        }
        assert(!"the pair machine went round in circles");
}
