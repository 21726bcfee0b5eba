/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Doing what the machine says, and the one place where a pair's state changes. Traffic first, words after: when
 * the serving adapter has died, nothing stands before the move. */

#include "pair-internal.h"
#include "pair-shell.h"

/* A reading takes a millisecond, unless somebody holds RTNL: who knows for how long. What is known then must
 * do. */
#define READING_PATIENCE (50 * USEC_PER_MSEC)

#define PRIME_CHECK_AFTER_MOVE (5 * USEC_PER_SEC)

SteeringPath pair_path(const Pair *p) {
        return p->steering ? steering_get_path(p->steering)
                           : (SteeringPath){ .ingress = p->serving, .egress = p->serving };
}

static void move(Pair *p, SteeringPath target, SteeringUrgency urgency, usec_t now) {
        Error e = {};
        int r;

        p->split_at = 0;
        p->reading_void = p->reading;
        r = steering_begin(p->steering, target, urgency, now, &e);
        p->steering_next = now;
        if (r < 0)
                pair_tell(p, EVENT_SWITCH_FAILED, _PAIR_SIDE_INVALID, "%s", e.text);
}

static void move_ingress(Pair *p, usec_t now) {
        pair_aim_split(&p->aim, now);
        if (pair_is_looking(p)) {
                pair_stop_looking(p);
                p->prime_check_at = usec_add(now, PRIME_CHECK_AFTER_MOVE);
        }
        p->ports.probe_burst(p->userdata, now, USEC_PER_SEC);
        pair_move_begin(p, now);
        /* the kernel does not tell of groups that were joined: the switches must hear of them from the other
         * port */
        p->split_at = usec_add(now, READING_PATIENCE);
        pair_read_anew(p, now);
}

void pair_begin_split(Pair *p, usec_t now) {
        move(p, (SteeringPath){ .ingress = pair_spare(p), .egress = p->serving }, STEERING_PLANNED, now);
}

static void undo_ingress(Pair *p, usec_t now) {
        bool alive = pair_link_is_alive(p->link + pair_spare(p));

        p->aim.goal = GOAL_NONE;
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
        pair_stop_writing(p, now);
        pair_read_anew(p, now);
        /* the last one is done but not closed yet */
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now);
        if (p->move.id == 0) {
                PairFacts facts = pair_facts(p);

                pair_aim_died(&p->aim, &facts, now);
                pair_move_begin(p, now);
        }
}

static void swap_roles(Pair *p, usec_t now) {
        p->serving = pair_spare(p);
        pair_note_serving(p);
        p->aim.healthy_since = 0;
        p->prime_check_at = usec_add(now, PRIME_CHECK_AFTER_MOVE);
        /* the other is the spare now */
        p->contention = (PrimeContention){};
        p->unkept[0] = 0;
        pair_release_priming(p);
        pair_follow_swapped(p, now);
        pair_look_at_proofs(p, now);
        pair_move_egress_moved(p, now);
}

static void release(Pair *p, usec_t now) {
        /* what is known of its health is forgotten below, before its removal is told */
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                p->last_words[s] = p->link[s].exists ? "" : pair_aim_last_words(p->predictor[s]);
        pair_gone_note(p, now);
        p->ports.release(p->userdata);
        p->steering = steering_close(p->steering);
        p->attached = false;
        p->attach_retry_at = now;
        p->primed = p->proved = false;
        p->reading = p->reading_again = p->reading_void = p->mend_wanted = false;
        p->told_conflict[0] = p->external[0] = 0;
        p->contention = (PrimeContention){};
        p->look_at = 0;
        pair_forget_health(p);
}

static void tell_failed(Pair *p, usec_t now) {
        pair_move_end(p, MOVE_UNDONE, now);
        p->aim.goal = GOAL_NONE;
}

/* Their choice stands for as long as one of ours would (budget min-interval). */
static void follow(Pair *p, usec_t now) {
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now);
        p->serving = pair_path(p).egress;
        pair_note_serving(p);
        p->aim.goal = GOAL_NONE;
        p->aim.healthy_since = p->revert_at = 0;
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

static void settle(Pair *p, usec_t now) {
        pair_move_ingress_seen(p, now);
        pair_aim_settle(&p->aim, &p->policy, now);
}

/* In the order in which they are applied. */
static const EffectRow effect_rows[] = {
        { PAIR_EFFECT_MOVE_NOW, move_now },
        { PAIR_EFFECT_SWAP_ROLES, swap_roles },
        { PAIR_EFFECT_CANCEL_PRIME, pair_cancel_prime },
        { PAIR_EFFECT_START_PRIME, pair_start_prime },
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
        p->split_at = 0; /* unless that is what begins now */
        pair_apply_effects(p, step.effects, now);
        /* an unprotected pair stays one when traffic leaves an adapter that died */
        if (p->state == old && step.effects == PAIR_EFFECT_NONE)
                return;
        if (p->state != old)
                p->state_since_realtime = p->ports.realtime(p->userdata);
        pair_tell_step(p, old, event);
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
}
