/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "health-comparison.h"
#include "pair-aim.h"

/* A split whose spare stays unproved for this long is undone: longer than a burst of loss, shorter than a
 * person notices */
#define SPLIT_UNPROVED_MAX (500 * USEC_PER_MSEC)

void pair_aim_set(PairAim *a, PairGoal goal, MoveTrigger trigger, usec_t detected_at, usec_t now,
                const char *reason) {
        a->goal = goal;
        a->trigger = trigger;
        a->returns = trigger == MOVE_BY_FAILURE || trigger == MOVE_BY_DRILL || trigger == MOVE_BY_REVERT;
        a->detected_at = detected_at;
        a->decided_at = now;
        a->cause = (Evidence){};
        a->force = false;
        snprintf(a->reason, sizeof(a->reason), "%s", reason);
}

/* From the first evidence of whatever level until there is none: what detection took is counted from there. */
static void note_first_sign(PairAim *a, PairSide side, const HealthPredictor *predictor) {
        const Evidence *evidence;
        size_t n = health_predictor_evidence(predictor, &evidence);

        if (n == 0)
                a->first_sign[side] = 0;
        for (size_t i = 0; i < n; i++)
                if (a->first_sign[side] == 0 || evidence[i].since < a->first_sign[side])
                        a->first_sign[side] = evidence[i].since;
}

void pair_aim_look(PairAim *a, HealthPredictor *const predictor[static _PAIR_SIDE_MAX], usec_t now) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                health_predictor_tick(predictor[s], now);
        health_predictor_veto_common_mode(predictor[SIDE_PRIMARY], predictor[SIDE_STANDBY], now);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                note_first_sign(a, s, predictor[s]);
}

static bool suppress(PairAim *a, const char *why) {
        bool known = a->suppressed[0];

        snprintf(a->suppressed, sizeof(a->suppressed), "%s", why);
        return !known;
}

static bool assess_evidence(PairAim *a, const PairFacts *f, usec_t now) {
        EvidenceLevel level = health_predictor_level(f->side[f->serving].predictor);
        const Evidence *cause = health_cause(f->side[f->serving].predictor);
        char why[PAIR_REASON_MAX], text[PAIR_REASON_MAX] = "";

        if (level < EVIDENCE_ALARM)
                a->suppressed[0] = 0;
        if (!cause) {
                /* traffic has not begun to move: what raised the goal is over */
                if (a->goal != GOAL_NONE && a->trigger == MOVE_BY_EVIDENCE)
                        a->goal = GOAL_NONE;
                return false;
        }
        if (a->goal >= GOAL_SPLIT)
                return false;
        evidence_format(cause, now, text, sizeof(text));
        if (level == EVIDENCE_WARN) {
                if (a->goal >= GOAL_PRIMED)
                        return false;
                pair_aim_set(a, GOAL_PRIMED, MOVE_BY_EVIDENCE, cause->since, now, text);
        } else if (pair_facts_may_move(f, now, why)) {
                a->suppressed[0] = 0;
                pair_aim_set(a, f->policy->egress == EGRESS_ON_FAILURE ? GOAL_SPLIT : GOAL_SWITCHED,
                                MOVE_BY_EVIDENCE, a->first_sign[f->serving], now, text);
        } else
                return suppress(a, why);
        a->cause = *cause;
        return false;
}

/* Whether the policy wants the spare to carry traffic again, which has been good for long enough. */
static bool is_good_again(PairAim *a, const PairFacts *f, usec_t now) {
        if (f->policy->failback != FAILBACK_AUTO)
                return false;
        if (!f->proved || health_predictor_level(f->side[pair_facts_spare(f)].predictor) != EVIDENCE_NONE) {
                a->healthy_since = 0;
                return false;
        }
        if (a->healthy_since == 0)
                a->healthy_since = now;
        return now >= usec_add(a->healthy_since, f->policy->failback_after);
}

/* Returning to the preferred adapter once it has been good for long enough. */
static void assess_failback(PairAim *a, const PairFacts *f, usec_t now) {
        const PairSideFacts *primary = f->side + SIDE_PRIMARY;
        char why[PAIR_REASON_MAX];

        if (f->balances || f->serving == SIDE_PRIMARY || a->goal >= GOAL_SPLIT)
                return;
        if (!is_good_again(a, f, now) || !pair_facts_may_move(f, now, why))
                return;
        snprintf(why, sizeof(why), "%s has been good for %s", primary->name,
                        FORMAT_TIMESPAN(f->policy->failback_after));
        pair_aim_set(a, GOAL_SWITCHED, MOVE_BY_FAILBACK, now, now, why);
}

bool pair_aim_is_open(const PairFacts *f) {
        return !f->closing && (pair_state_rests(f->state) || f->state == PAIR_PRIMING);
}

bool pair_aim_assess(PairAim *a, const PairFacts *f, usec_t now) {
        bool suppressed = assess_evidence(a, f, now);

        assess_failback(a, f, now);
        return suppressed;
}

/* A spare that still carries its share is to be left like a serving adapter, but for priming the other. */
static bool is_to_be_left(PairAim *a, const PairFacts *f, usec_t now, char why[static PAIR_REASON_MAX]) {
        const PairSideFacts *spare = f->side + pair_facts_spare(f);
        const Evidence *cause = health_cause(spare->predictor);
        char no[PAIR_REASON_MAX];

        if (!pair_facts_is_alive(f, f->serving) || !pair_facts_may_act(f, no))
                return false;
        a->returns = !pair_facts_is_alive(f, pair_facts_spare(f));
        if (a->returns) {
                snprintf(why, PAIR_REASON_MAX, "%s %s", spare->name,
                                spare->up ? "lost its carrier" : "was set down");
                return true;
        }
        if (!cause || health_predictor_level(spare->predictor) < EVIDENCE_ALARM ||
                        health_is_no_better(f->side[f->serving].predictor, spare->predictor) ||
                        !move_budget_allows(f->budget, &f->policy->budget, now, no, sizeof(no), NULL))
                return false;
        evidence_format(cause, now, why, PAIR_REASON_MAX);
        return true;
}

bool pair_aim_balances(PairAim *a, const PairFacts *f, usec_t now, char why[static PAIR_REASON_MAX]) {
        char no[PAIR_REASON_MAX];

        if (a->goal >= GOAL_SPLIT || !pair_state_rests(f->state))
                return f->balanced;
        if (f->balanced)
                return !is_to_be_left(a, f, now, why);
        /* what is being set on the spare is done first, while it carries nothing */
        if (f->worker || !pair_facts_may_act(f, no) || !pair_facts_spare_is_ready(f))
                return false;
        return a->returns || is_good_again(a, f, now);
}

static PairEvent judge_life(const PairFacts *f) {
        char why[PAIR_REASON_MAX];
        bool serving_dead = pair_facts_is_dead(f, f->serving),
             spare_alive = pair_facts_is_alive(f, pair_facts_spare(f));

        if (!f->side[SIDE_PRIMARY].up && pair_facts_is_home(f, SIDE_PRIMARY))
                return _PAIR_EVENT_INVALID;
        if (f->state == PAIR_FAILED) {
                if (!serving_dead)
                        return PAIR_EVENT_SERVING_BACK;
                return spare_alive && pair_facts_may_act(f, why) ? PAIR_EVENT_SERVING_DEAD
                                                                 : _PAIR_EVENT_INVALID;
        }
        if (!serving_dead)
                return _PAIR_EVENT_INVALID;
        if (!spare_alive)
                return PAIR_EVENT_BOTH_DEAD;
        /* a split is there to be completed when this happens, hold or not */
        if (f->state == PAIR_SPLIT || pair_state_is_moving(f->state) || pair_facts_may_act(f, why))
                return PAIR_EVENT_SERVING_DEAD;
        return _PAIR_EVENT_INVALID;
}

static PairEvent judge_split(const PairAim *a, const PairFacts *f, usec_t now) {
        PairSide spare = pair_facts_spare(f);

        if (!pair_facts_is_alive(f, spare))
                return PAIR_EVENT_SPARE_LOST;
        if (!f->proved && f->serving_proved && now >= usec_add(f->unproved_since, SPLIT_UNPROVED_MAX) &&
                        !a->force)
                return PAIR_EVENT_SPARE_LOST;
        if (health_predictor_level(f->side[spare].predictor) == EVIDENCE_ALARM &&
                        health_predictor_level(f->side[f->serving].predictor) < EVIDENCE_ALARM && !a->force)
                return PAIR_EVENT_UNSPLIT;
        if (f->state == PAIR_SPLIT && a->goal == GOAL_SWITCHED && now >= a->settle_until)
                return PAIR_EVENT_SWITCH;
        return _PAIR_EVENT_INVALID;
}

static bool wants_priming(const PairAim *a, const PairFacts *f) {
        char why[PAIR_REASON_MAX];

        if (f->primed || f->worker || f->balanced || !f->may_prime || pair_facts_only_observes(f, why))
                return false;
        return a->goal >= GOAL_PRIMED || (f->policy->prime == PRIME_ALWAYS && !f->prime_held);
}

static PairEvent judge_rest(const PairAim *a, const PairFacts *f) {
        /* found at start, or left by a failure in the middle: go on from there */
        if (f->apart)
                return PAIR_EVENT_SPLIT;
        if (f->state == PAIR_UNPROTECTED) {
                if (pair_facts_spare_is_ready(f))
                        return PAIR_EVENT_SPARE_PROVED;
                return a->goal >= GOAL_SPLIT && a->force ? PAIR_EVENT_SPLIT : _PAIR_EVENT_INVALID;
        }
        if (!pair_facts_spare_is_ready(f))
                return PAIR_EVENT_SPARE_LOST;
        if (f->state == PAIR_PRIMED && !f->primed)
                return PAIR_EVENT_DRIFT;
        if (f->state == PAIR_PROTECTED && f->primed)
                return PAIR_EVENT_PRIME_DONE;
        if (wants_priming(a, f))
                return PAIR_EVENT_PRIME;
        return a->goal >= GOAL_SPLIT && (!f->worker || f->looking) ? PAIR_EVENT_SPLIT : _PAIR_EVENT_INVALID;
}

PairEvent pair_aim_event(const PairAim *a, const PairFacts *f, usec_t now) {
        PairEvent e;

        if (!f->side[SIDE_PRIMARY].exists || !f->side[SIDE_STANDBY].exists)
                return f->state == PAIR_ABSENT ? _PAIR_EVENT_INVALID : PAIR_EVENT_ADAPTER_GONE;
        if (f->state == PAIR_ABSENT)
                return f->attached ? PAIR_EVENT_ADAPTERS_FOUND : _PAIR_EVENT_INVALID;
        if (f->external)
                return PAIR_EVENT_EXTERNAL;
        e = judge_life(f);
        if (e != _PAIR_EVENT_INVALID)
                return e;
        switch (f->state) {
        case PAIR_UNPROTECTED:
        case PAIR_PROTECTED:
        case PAIR_PRIMED:
                return judge_rest(a, f);
        case PAIR_SPLITTING:
        case PAIR_SPLIT:
                return judge_split(a, f, now);
        case PAIR_ABSENT:
        case PAIR_PRIMING:
        case PAIR_UNSPLITTING:
        case PAIR_SWITCHING:
        case PAIR_FAILED:
        case _PAIR_STATE_MAX:
        case _PAIR_STATE_INVALID:
                break;
        }
        return _PAIR_EVENT_INVALID;
}

usec_t pair_aim_next(const PairAim *a, const PairFacts *f, usec_t now) {
        return f->state == PAIR_SPLIT && a->goal == GOAL_SWITCHED ? MAX(a->settle_until, now + 1)
                                                                  : USEC_INFINITY;
}

/* What an adapter had told of itself before its link was lost, the gravest first: firmware that died stops the
 * queues too, and a queue that stopped is what many a driver reports to devlink. */
static const struct {
        Signal signal;
        const char *text;
} death_rows[] = {
        { SIGNAL_DEVLINK_FATAL, ", and its firmware had failed (devlink health)" },
        { SIGNAL_TX_TIMEOUT, ", and its transmit queue had timed out" },
        { SIGNAL_DEVLINK_HEALTH, ", and its driver had reported an error (devlink health)" },
};

static bool has_evidence(const HealthPredictor *predictor, Signal signal) {
        const Evidence *evidence;
        size_t n = health_predictor_evidence(predictor, &evidence);

        for (size_t i = 0; i < n; i++)
                if (evidence[i].signal == signal)
                        return true;
        return false;
}

const char *pair_aim_last_words(const HealthPredictor *predictor) {
        for (size_t i = 0; i < ELEMENTSOF(death_rows); i++)
                if (has_evidence(predictor, death_rows[i].signal))
                        return death_rows[i].text;
        return "";
}

void pair_aim_died(PairAim *a, const PairFacts *f, usec_t now) {
        const PairSideFacts *dead = f->side + f->serving;
        const Evidence *cause = health_cause(dead->predictor);
        char why[PAIR_REASON_MAX];

        snprintf(why, sizeof(why), "%s %s%s", dead->name, dead->up ? "lost its carrier" : "was set down",
                        pair_aim_last_words(dead->predictor));
        pair_aim_set(a, GOAL_SWITCHED, MOVE_BY_FAILURE, now, now, why);
        if (cause)
                a->cause = *cause;
}

void pair_aim_split(PairAim *a, usec_t now) {
        if (a->goal < GOAL_SPLIT)
                pair_aim_set(a, GOAL_SPLIT, MOVE_BY_REQUEST, now, now, "a split was found in force");
}

void pair_aim_settle(PairAim *a, const PairPolicy *policy, usec_t now) {
        a->settle_until = policy->egress == EGRESS_WITH_INGRESS ? now : usec_add(now, policy->settle);
}
