/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pair's judgement: from links, proofs, evidence, policy and requests to a goal, and from goal and state to
 * the next event of the machine. Looks, and touches nothing but the goal. */

#include <stdio.h>

#include "health-comparison.h"
#include "pair-internal.h"

/* A split whose spare stays unproved for this long is undone: longer than a burst of loss, shorter than a
 * person notices */
#define SPLIT_UNPROVED_MAX (500 * USEC_PER_MSEC)

void pair_set_goal(Pair *p, PairGoal goal, MoveTrigger trigger, usec_t detected_at, usec_t now,
                const char *reason) {
        p->goal = goal;
        p->trigger = trigger;
        p->detected_at = detected_at;
        p->decided_at = now;
        p->force = false;
        snprintf(p->reason, sizeof(p->reason), "%s", reason);
}

static bool spare_is_worse(const Pair *p, char why[static PAIR_REASON_MAX]) {
        const HealthPredictor *serving = p->predictor[p->serving], *spare = p->predictor[pair_spare(p)];

        if (!health_is_no_better(spare, serving))
                return false;
        snprintf(why, PAIR_REASON_MAX, "%s is no better: risk %.0f%% against %.0f%%",
                        p->link[pair_spare(p)].name, health_predictor_risk(spare) * 100,
                        health_predictor_risk(serving) * 100);
        return true;
}

bool pair_only_observes(const Pair *p, char why[static PAIR_REASON_MAX]) {
        if (p->policy.mode == MODE_OBSERVE)
                snprintf(why, PAIR_REASON_MAX, "the policy says mode: observe");
        else if (p->steering && p->steering->obstacle.kind != ERROR_NONE)
                snprintf(why, PAIR_REASON_MAX, "%.190s", p->steering->obstacle.text);
        else
                return false;
        return true;
}

/* Why a person must not be overruled; false with why. */
bool pair_may_act(const Pair *p, char why[static PAIR_REASON_MAX]) {
        if (pair_only_observes(p, why))
                return false;
        if (p->held)
                snprintf(why, PAIR_REASON_MAX, "on hold: %.160s", p->hold_reason);
        else if (p->n_inhibitors > 0)
                snprintf(why, PAIR_REASON_MAX, "inhibited by %u client(s)", p->n_inhibitors);
        else
                return true;
        return false;
}

bool pair_may_move(const Pair *p, usec_t now, char why[static PAIR_REASON_MAX]) {
        if (!pair_may_act(p, why))
                return false;
        if (!p->proved) {
                snprintf(why, PAIR_REASON_MAX, "%s is not proved: %.140s", p->link[pair_spare(p)].name,
                                p->proof[pair_spare(p)]);
                return false;
        }
        if (spare_is_worse(p, why))
                return false;
        return move_budget_allows(&p->budget, &p->policy.budget, now, why, PAIR_REASON_MAX, NULL);
}

static void suppress(Pair *p, const char *why) {
        if (p->suppressed[0]) {
                snprintf(p->suppressed, sizeof(p->suppressed), "%s", why);
                return;
        }
        snprintf(p->suppressed, sizeof(p->suppressed), "%s", why);
        pair_tell(p, EVENT_SWITCH_SUPPRESSED, p->serving, "%s is in alarm but traffic stays: %s",
                        p->link[p->serving].name, why);
}

static void assess_evidence(Pair *p, usec_t now) {
        EvidenceLevel level = health_predictor_level(p->predictor[p->serving]);
        char why[PAIR_REASON_MAX], text[PAIR_REASON_MAX] = "";
        const Evidence *cause = health_cause(p->predictor[p->serving]);

        if (level < EVIDENCE_ALARM)
                p->suppressed[0] = 0;
        if (!cause) {
                /* traffic has not begun to move: what raised the goal is over */
                if (p->goal != GOAL_NONE && p->trigger == MOVE_BY_EVIDENCE)
                        p->goal = GOAL_NONE;
                return;
        }
        if (p->goal >= GOAL_SPLIT)
                return;
        evidence_format(cause, now, text, sizeof(text));
        if (level == EVIDENCE_WARN) {
                if (p->goal < GOAL_PRIMED)
                        pair_set_goal(p, GOAL_PRIMED, MOVE_BY_EVIDENCE, cause->since, now, text);
        } else if (pair_may_move(p, now, why)) {
                p->suppressed[0] = 0;
                pair_set_goal(p, p->policy.egress == EGRESS_ON_FAILURE ? GOAL_SPLIT : GOAL_SWITCHED,
                                MOVE_BY_EVIDENCE, p->first_sign[p->serving], now, text);
        } else
                suppress(p, why);
}

/* Returning to the preferred adapter once it has been good for long enough. */
static void assess_failback(Pair *p, usec_t now) {
        char why[PAIR_REASON_MAX];

        if (p->policy.failback != FAILBACK_AUTO || p->serving == SIDE_PRIMARY || p->goal >= GOAL_SPLIT)
                return;
        if (!p->proved || health_predictor_level(p->predictor[SIDE_PRIMARY]) != EVIDENCE_NONE) {
                p->healthy_since = 0;
                return;
        }
        if (p->healthy_since == 0)
                p->healthy_since = now;
        if (now < usec_add(p->healthy_since, p->policy.failback_after) || !pair_may_move(p, now, why))
                return;
        snprintf(why, sizeof(why), "%s has been good for %s", p->link[SIDE_PRIMARY].name,
                        FORMAT_TIMESPAN(p->policy.failback_after));
        pair_set_goal(p, GOAL_SWITCHED, MOVE_BY_FAILBACK, now, now, why);
}

void pair_assess(Pair *p, usec_t now) {
        if (p->held && now >= p->hold_until)
                pair_release(p, NULL);
        if (p->finish_at != 0 || !(pair_state_rests(p->state) || p->state == PAIR_PRIMING))
                return;
        if (p->revert_at != 0 && now >= p->revert_at && p->drill == DRILL_NONE) {
                p->revert_at = 0;
                /* it may be back already, by a failure of the other or since the switch was undone */
                if (p->serving != p->revert_to) {
                        pair_set_goal(p, GOAL_SWITCHED, MOVE_BY_REVERT, now, now,
                                        "the switch was not confirmed in time");
                        p->force = true;
                }
        }
        if (p->drill == DRILL_VERIFY && now >= p->drill_verify_until && p->proved) {
                p->drill = DRILL_BACK;
                pair_set_goal(p, GOAL_SWITCHED, MOVE_BY_DRILL, now, now, "drill: the way back");
        }
        if (p->drill != DRILL_NONE)
                return;
        assess_evidence(p, now);
        assess_failback(p, now);
}

/* An administrator who takes the home interface down puts the addresses out of use with it. */
static bool is_home(const Pair *p, PairSide side) {
        return side == SIDE_PRIMARY && !(p->steering && steering_get_home(p->steering) != 0);
}

/* Nobody can send or receive on it although it should; no such case is a home that was taken down. */
static bool side_is_dead(const Pair *p, PairSide side) {
        const PairLink *l = p->link + side;

        return l->exists && (l->up ? !l->carrier : !is_home(p, side));
}

static PairEvent judge_life(const Pair *p) {
        char why[PAIR_REASON_MAX];
        bool serving_dead = side_is_dead(p, p->serving),
             spare_alive = pair_link_is_alive(p->link + pair_spare(p));

        if (!p->link[SIDE_PRIMARY].up && is_home(p, SIDE_PRIMARY))
                return _PAIR_EVENT_INVALID;
        if (p->state == PAIR_FAILED) {
                if (!serving_dead)
                        return PAIR_EVENT_SERVING_BACK;
                return spare_alive && pair_may_act(p, why) ? PAIR_EVENT_SERVING_DEAD : _PAIR_EVENT_INVALID;
        }
        if (!serving_dead)
                return _PAIR_EVENT_INVALID;
        if (!spare_alive)
                return PAIR_EVENT_BOTH_DEAD;
        /* a split is there to be completed when this happens, hold or not */
        if (p->state == PAIR_SPLIT || pair_state_is_moving(p->state) || pair_may_act(p, why))
                return PAIR_EVENT_SERVING_DEAD;
        return _PAIR_EVENT_INVALID;
}

static PairEvent judge_split(const Pair *p, usec_t now) {
        bool spare_alive = pair_link_is_alive(p->link + pair_spare(p));

        if (!spare_alive)
                return PAIR_EVENT_SPARE_LOST;
        if (!p->proved && p->serving_proved && now >= usec_add(p->unproved_since, SPLIT_UNPROVED_MAX) &&
                        !p->force)
                return PAIR_EVENT_SPARE_LOST;
        if (health_predictor_level(p->predictor[pair_spare(p)]) == EVIDENCE_ALARM &&
                        health_predictor_level(p->predictor[p->serving]) < EVIDENCE_ALARM && !p->force)
                return PAIR_EVENT_UNSPLIT;
        if (p->state == PAIR_SPLIT && p->goal == GOAL_SWITCHED && now >= p->settle_until)
                return PAIR_EVENT_SWITCH;
        return _PAIR_EVENT_INVALID;
}

static bool wants_priming(const Pair *p, usec_t now) {
        char why[PAIR_REASON_MAX];

        if (p->primed || p->worker || now < p->prime_retry_at || p->lingers_since != 0 ||
                        p->prime_hold == PRIME_HOLD_HUNG || p->prime_hold == PRIME_HOLD_KEPT ||
                        pair_only_observes(p, why))
                return false;
        return (p->goal >= GOAL_PRIMED ||
                               (p->policy.prime == PRIME_ALWAYS && p->prime_hold == PRIME_HOLD_NONE)) &&
                        p->ports.may_begin(p->userdata, PAIR_TURN_PRIME);
}

bool pair_spare_is_ready(const Pair *p) {
        return p->proved && health_predictor_level(p->predictor[pair_spare(p)]) < EVIDENCE_ALARM;
}

static PairEvent judge_rest(const Pair *p, usec_t now) {
        SteeringPath path = pair_path(p);

        /* found at start, or left by a failure in the middle: go on from there */
        if (path.ingress != path.egress)
                return PAIR_EVENT_SPLIT;
        if (p->state == PAIR_UNPROTECTED) {
                if (pair_spare_is_ready(p))
                        return PAIR_EVENT_SPARE_PROVED;
                return p->goal >= GOAL_SPLIT && p->force ? PAIR_EVENT_SPLIT : _PAIR_EVENT_INVALID;
        }
        if (!pair_spare_is_ready(p))
                return PAIR_EVENT_SPARE_LOST;
        if (p->state == PAIR_PRIMED && !p->primed)
                return PAIR_EVENT_DRIFT;
        if (p->state == PAIR_PROTECTED && p->primed)
                return PAIR_EVENT_PRIME_DONE;
        if (wants_priming(p, now))
                return PAIR_EVENT_PRIME;
        return p->goal >= GOAL_SPLIT && !p->worker ? PAIR_EVENT_SPLIT : _PAIR_EVENT_INVALID;
}

PairEvent pair_judge(Pair *p, usec_t now) {
        PairEvent e;

        if (!p->link[SIDE_PRIMARY].exists || !p->link[SIDE_STANDBY].exists)
                return p->state == PAIR_ABSENT ? _PAIR_EVENT_INVALID : PAIR_EVENT_ADAPTER_GONE;
        if (p->state == PAIR_ABSENT)
                return p->attached ? PAIR_EVENT_ADAPTERS_FOUND : _PAIR_EVENT_INVALID;
        if (p->external[0])
                return PAIR_EVENT_EXTERNAL;
        e = judge_life(p);
        if (e != _PAIR_EVENT_INVALID)
                return e;
        switch (p->state) {
        case PAIR_UNPROTECTED:
        case PAIR_PROTECTED:
        case PAIR_PRIMED:
                return judge_rest(p, now);
        case PAIR_SPLITTING:
        case PAIR_SPLIT:
                return judge_split(p, now);
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
