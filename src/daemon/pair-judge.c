/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pair's judgement: what it knows of links, proofs, evidence, priming and requests is made the facts from
 * which the core judges (pair-aim.c), and what only a daemon has (holds, confirmations, drills) is added.
 * Looks, and touches nothing but the goal. */

#include "pair-internal.h"

static PairSideFacts side_facts(const Pair *p, PairSide side) {
        const PairLink *l = p->link + side;

        return (PairSideFacts){
                .name = l->name,
                .predictor = p->predictor[side],
                .exists = l->exists,
                .up = l->up,
                .carrier = l->carrier,
                .proof = p->proof[side],
        };
}

PairFacts pair_facts(const Pair *p) {
        const Steering *s = p->steering;

        return (PairFacts){
                .policy = &p->policy,
                .budget = &p->budget,
                .side = {
                        [SIDE_PRIMARY] = side_facts(p, SIDE_PRIMARY),
                        [SIDE_STANDBY] = side_facts(p, SIDE_STANDBY),
                },
                .state = p->state,
                .serving = p->serving,
                .attached = p->attached,
                .has_home = s && steering_get_home(s) != 0,
                .balances = s && steering_can_balance(s),
                .balanced = s && steering_is_balanced(s),
                .external = p->external[0],
                .closing = p->finish_at != 0,
                .proved = p->proved,
                .serving_proved = p->serving_proved,
                .unproved_since = p->unproved_since,
                .primed = p->primed,
                .worker = p->worker,
                .looking = pair_is_looking(p),
                .prime_held = p->prime_hold != PRIME_HOLD_NONE,
                .obstacle = s && s->obstacle.kind != ERROR_NONE ? s->obstacle.text : NULL,
                .held = pair_why_held(p),
                .n_inhibitors = p->n_inhibitors,
        };
}

bool pair_only_observes(const Pair *p, char why[static PAIR_REASON_MAX]) {
        PairFacts f = pair_facts(p);

        return pair_facts_only_observes(&f, why);
}

bool pair_may_act(const Pair *p, char why[static PAIR_REASON_MAX]) {
        PairFacts f = pair_facts(p);

        return pair_facts_may_act(&f, why);
}

bool pair_spare_is_ready(const Pair *p) {
        PairFacts f = pair_facts(p);

        return pair_facts_spare_is_ready(&f);
}

void pair_assess(Pair *p, usec_t now) {
        PairFacts f;

        if (p->held && now >= p->hold_until)
                pair_release(p, NULL);
        f = pair_facts(p);
        if (!pair_aim_is_open(&f))
                return;
        if (p->revert_at != 0 && now >= p->revert_at && p->drill == DRILL_NONE) {
                p->revert_at = 0;
                /* it may be back already, by a failure of the other or since the switch was undone */
                if (p->serving != p->revert_to) {
                        pair_aim_set(&p->aim, GOAL_SWITCHED, MOVE_BY_REVERT, now, now,
                                        "the switch was not confirmed in time");
                        p->aim.force = true;
                }
        }
        if (p->drill == DRILL_VERIFY && now >= p->drill_verify_until && p->proved) {
                p->drill = DRILL_BACK;
                pair_aim_set(&p->aim, GOAL_SWITCHED, MOVE_BY_DRILL, now, now, "drill: the way back");
        }
        if (p->drill == DRILL_NONE && pair_aim_assess(&p->aim, &f, now))
                pair_tell(p, EVENT_SWITCH_SUPPRESSED, p->serving, "%s is in alarm but traffic stays: %s",
                                p->link[p->serving].name, p->aim.suppressed);
}

static bool may_prime(const Pair *p, usec_t now) {
        return now >= p->prime_retry_at && p->lingers_since == 0 && p->prime_hold != PRIME_HOLD_HUNG &&
                        p->prime_hold != PRIME_HOLD_KEPT;
}

PairEvent pair_judge(Pair *p, usec_t now) {
        PairFacts f = pair_facts(p);
        SteeringPath path = pair_path(p);
        PairEvent event;

        f.apart = path.ingress != path.egress;
        f.may_prime = may_prime(p, now);
        event = pair_aim_event(&p->aim, &f, now);
        /* asked last, since one who is refused is called when it is his turn */
        if (event != PAIR_EVENT_PRIME || p->ports.may_begin(p->userdata, PAIR_TURN_PRIME))
                return event;
        f.may_prime = false;
        return pair_aim_event(&p->aim, &f, now);
}
