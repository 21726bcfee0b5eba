/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Doing what the machine says, and the one place where a pair's state changes. Traffic first, words after: when
 * the serving adapter has died, nothing stands before the move. */

#include "pair-internal.h"
#include "pair-shell.h"

#define PRIME_RETRY (30 * USEC_PER_SEC)
/* how often a primed spare is compared again; kernel notifications will make this the fallback */
#define PRIME_CHECK USEC_PER_MINUTE
/* links that were bounced are back and counted by then (a retrain takes 1 to 3 s) */
#define PRIME_HOLD_OFF         (5 * USEC_PER_SEC)
#define PRIME_CHECK_AFTER_MOVE (5 * USEC_PER_SEC)

SteeringPath pair_path(const Pair *p) {
        return p->steering ? steering_get_path(p->steering)
                           : (SteeringPath){ .ingress = p->serving, .egress = p->serving };
}

const PrimePlan *pair_plan_before(const Pair *p) {
        return p->plan_spare == pair_spare(p) ? p->plan : NULL;
}

static void start_prime(Pair *p, usec_t now) {
        Error e = {};
        int r;

        p->prime_started_at = now;
        /* what some items do to the spare's link is our doing, not its health */
        health_predictor_hold_off(p->predictor[pair_spare(p)], usec_add(now, PRIME_HOLD_OFF));
        p->priming = PAIR_PRIMING_APPLY;
        p->worker = true;
        r = p->ports.prime(p->userdata, PAIR_PRIMING_APPLY, p->link + p->serving, p->link + pair_spare(p),
                        p->policy.prime_exclude, pair_plan_before(p), &e);
        if (r < 0)
                pair_prime_done(p, NULL, &e, now);
}

static void move(Pair *p, SteeringPath target, SteeringUrgency urgency, usec_t now) {
        Error e = {};
        int r;

        r = steering_begin(p->steering, target, urgency, now, &e);
        p->steering_next = now;
        if (r < 0)
                pair_tell(p, EVENT_SWITCH_FAILED, _PAIR_SIDE_INVALID, "%s", e.text);
}

static void move_ingress(Pair *p, usec_t now) {
        if (p->goal < GOAL_SPLIT)
                pair_set_goal(p, GOAL_SPLIT, MOVE_BY_REQUEST, now, now, "a split was found in force");
        /* the kernel does not tell of groups that were joined: the switches must hear of them from the other
         * port */
        pair_refresh(p, now);
        p->ports.probe_burst(p->userdata, now, USEC_PER_SEC);
        pair_move_begin(p, now);
        move(p, (SteeringPath){ .ingress = pair_spare(p), .egress = p->serving }, STEERING_PLANNED, now);
}

static void undo_ingress(Pair *p, usec_t now) {
        bool alive = pair_link_is_alive(p->link + pair_spare(p));

        p->goal = GOAL_NONE;
        move(p, (SteeringPath){ .ingress = p->serving, .egress = p->serving },
                        alive ? STEERING_PLANNED : STEERING_NOW, now);
}

static void move_egress(Pair *p, usec_t now) {
        p->egress_asked_at = now;
        p->ports.probe_burst(p->userdata, now, USEC_PER_SEC);
        move(p, (SteeringPath){ .ingress = pair_spare(p), .egress = pair_spare(p) }, STEERING_PLANNED, now);
}

static void move_now(Pair *p, usec_t now) {
        PairSide to = pair_spare(p);

        p->egress_asked_at = now;
        move(p, (SteeringPath){ .ingress = to, .egress = to }, STEERING_NOW, now);
        /* traffic has moved: what takes time comes after it */
        pair_refresh(p, now);
        /* the last one is done but not closed yet */
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now);
        if (p->move.id == 0) {
                pair_set_goal(p, GOAL_SWITCHED, MOVE_BY_FAILURE, now, now, "the serving adapter lost its link");
                pair_move_begin(p, now);
        }
}

static void swap_roles(Pair *p, usec_t now) {
        p->serving = pair_spare(p);
        p->healthy_since = 0;
        p->prime_check_at = usec_add(now, PRIME_CHECK_AFTER_MOVE);
        pair_look_at_proofs(p, now);
        pair_move_egress_moved(p, now);
}

static void release(Pair *p, usec_t now) {
        p->ports.release(p->userdata);
        p->steering = steering_close(p->steering);
        p->attached = false;
        p->attach_retry_at = now;
        p->primed = p->proved = false;
        p->told_conflict[0] = p->external[0] = 0;
        pair_forget_health(p);
}

static void tell_failed(Pair *p, usec_t now) {
        pair_move_end(p, MOVE_UNDONE, now);
        p->goal = GOAL_NONE;
}

/* Their choice stands for as long as one of ours would (budget min-interval). */
static void follow(Pair *p, usec_t now) {
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now);
        p->serving = pair_path(p).egress;
        p->goal = GOAL_NONE;
        p->healthy_since = p->revert_at = 0;
        p->drill = DRILL_NONE;
        move_budget_spend(&p->budget, now);
        p->prime_check_at = usec_add(now, PRIME_CHECK_AFTER_MOVE);
        pair_look_at_proofs(p, now);
        pair_tell(p, EVENT_EXTERNAL_CHANGE, _PAIR_SIDE_INVALID, "%s", p->external);
        p->external[0] = 0;
}

typedef struct EffectRow {
        PairEffect effect;
        void (*apply)(Pair *p, usec_t now);
} EffectRow;

static void cancel_prime(Pair *p, usec_t now) {
        p->ports.prime_cancel(p->userdata);
        p->worker = false;
}

static void settle(Pair *p, usec_t now) {
        bool at_once = p->policy.egress == EGRESS_WITH_INGRESS;

        pair_move_ingress_seen(p, now);
        p->settle_until = at_once ? now : usec_add(now, p->policy.settle);
}

/* In the order in which they are applied. */
static const EffectRow effect_rows[] = {
        { PAIR_EFFECT_MOVE_NOW, move_now },
        { PAIR_EFFECT_SWAP_ROLES, swap_roles },
        { PAIR_EFFECT_CANCEL_PRIME, cancel_prime },
        { PAIR_EFFECT_START_PRIME, start_prime },
        { PAIR_EFFECT_MOVE_INGRESS, move_ingress },
        { PAIR_EFFECT_UNDO_INGRESS, undo_ingress },
        { PAIR_EFFECT_MOVE_EGRESS, move_egress },
        { PAIR_EFFECT_SETTLE, settle },
        { PAIR_EFFECT_TOLD_FAILED, tell_failed },
        { PAIR_EFFECT_RELEASE, release },
        { PAIR_EFFECT_FOLLOW, follow },
};

void pair_apply_effects(Pair *p, unsigned effects, usec_t now) {
        for (size_t i = 0; i < ELEMENTSOF(effect_rows); i++)
                if (effects & effect_rows[i].effect)
                        effect_rows[i].apply(p, now);
}

void pair_take_step(Pair *p, PairEvent event, usec_t now) {
        PairStep step = pair_machine_step(p->state, event);
        PairState old = p->state;

        assert(step.verdict != PAIR_IMPOSSIBLE);
        if (step.verdict != PAIR_GO)
                return;
        p->state = step.next;
        pair_apply_effects(p, step.effects, now);
        if (p->state == old)
                return;
        p->state_since_realtime = p->ports.realtime(p->userdata);
        pair_tell_step(p, old, event);
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
}

/* The plan to keep: that of the priming which last changed something, since only it can give the spare its
 * configuration back; also when it failed half-way and left something behind. */
static void keep_plan(Pair *p, PrimePlan *plan) {
        if (!plan)
                return;
        if (pair_plan_before(p) && prime_plan_count_outcome(plan, OUTCOME_DONE) == 0) {
                prime_plan_free(plan);
                return;
        }
        prime_plan_free(p->plan);
        p->plan = plan;
        p->plan_spare = pair_spare(p);
}

static void prime_finished(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        PairReply reply = { .plan = plan };
        bool changed = plan && prime_plan_count_outcome(plan, OUTCOME_DONE) > 0;
        bool asked = p->pending.set && p->pending.request.verb == PAIR_VERB_PRIME;

        p->prime_usec = usec_sub(now, p->prime_started_at);
        health_predictor_hold_off(p->predictor[pair_spare(p)], usec_add(now, PRIME_HOLD_OFF));
        p->prime_check_at = usec_add(now, PRIME_CHECK);
        if (e) {
                p->primed = false;
                p->prime_retry_at = usec_add(now, PRIME_RETRY);
                pair_tell(p, EVENT_PRIME_FAILED, pair_spare(p), "priming %s failed: %s",
                                p->link[pair_spare(p)].name, e->text);
        } else {
                if (!p->primed || changed)
                        pair_tell(p, EVENT_STANDBY_PRIMED, pair_spare(p), "%s is configured like %s (%s)",
                                        p->link[pair_spare(p)].name, p->link[p->serving].name,
                                        FORMAT_TIMESPAN(p->prime_usec));
                p->primed = true;
                p->primed_realtime = p->ports.realtime(p->userdata);
        }
        if (asked)
                pair_answer(p, &reply, e);
        keep_plan(p, plan);
        pair_take_step(p, e ? PAIR_EVENT_PRIME_FAILED : PAIR_EVENT_PRIME_DONE, now);
}

static void undo_finished(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        PairReply reply = { .plan = plan };

        if (!e) {
                p->primed = false;
                /* or it would be primed again at once */
                p->prime_retry_at = usec_add(now, USEC_PER_HOUR);
                p->plan = prime_plan_free(p->plan);
        }
        if (p->pending.set && p->pending.request.verb == PAIR_VERB_UNPRIME)
                pair_answer(p, &reply, e);
        prime_plan_free(plan);
}

static void plan_finished(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        PairReply reply = { .plan = plan };

        p->prime_check_at = usec_add(now, PRIME_CHECK);
        if (!e && p->primed && !prime_plan_is_equal(plan)) {
                p->primed = false;
                pair_tell(p, EVENT_PRIMING_DRIFT, pair_spare(p), "%s and %s are no longer configured alike",
                                p->link[p->serving].name, p->link[pair_spare(p)].name);
        }
        if (p->pending.set && p->pending.request.verb == PAIR_VERB_PLAN)
                pair_answer(p, &reply, e);
        prime_plan_free(plan);
}

void pair_prime_done(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        p->worker = false;
        switch (p->priming) {
        case PAIR_PRIMING_APPLY:
                prime_finished(p, plan, e, now);
                break;
        case PAIR_PRIMING_UNDO:
                undo_finished(p, plan, e, now);
                break;
        case PAIR_PRIMING_PLAN:
                plan_finished(p, plan, e, now);
                break;
        }
        p->ports.changed(p->userdata);
        p->ports.wake(p->userdata, now);
}
