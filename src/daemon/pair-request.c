/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What people ask of a pair: refused at once with the reason, or accepted and answered when it is done. */

#include <stdio.h>

#include "pair-internal.h"
#include "pair-shell.h"

#define PROBE_REPLY_AFTER (300 * USEC_PER_MSEC)

/* Which requests wait for the priming worker. */
static const struct {
        /* First for the one that primes by itself, a matter of milliseconds, which may have read already what
         * was changed just before this was asked for. (A snapshot to be restored is the caller's and cannot
         * wait.) */
        bool queues;
        bool writes; /* for one of their own, which sets something and so may be stopped in the middle */
} verb_priming[_PAIR_VERB_MAX] = {
        [PAIR_VERB_PLAN] = { .queues = true },
        [PAIR_VERB_PRIME] = { .queues = true, .writes = true },
        [PAIR_VERB_UNPRIME] = { .queues = true, .writes = true },
        [PAIR_VERB_SNAPSHOT] = { .queues = true },
        [PAIR_VERB_RESTORE] = { .writes = true },
};

static usec_t now_of(Pair *p) {
        return p->ports.monotonic(p->userdata);
}

static int refuse_absent(const Pair *p, Error *e) {
        char where[PAIR_REASON_MAX];

        pair_gone_say(p, where);
        if (where[0])
                return error_set(e, ERROR_NOT_READY, -ENODEV, "pair %s: %s", p->policy.name, where);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (!p->link[s].exists)
                        return error_set(e, ERROR_NOT_READY, -ENODEV, "pair %s: adapter %s does not exist",
                                        p->policy.name, p->policy.adapter[s].text);
        if (!p->attached)
                return error_set(e, ERROR_NOT_READY, -ENOLINK, "pair %s cannot be steered: %s", p->policy.name,
                                p->attach_error.text);
        return 0;
}

/* What stands in the way of any move by request. */
static int refuse_move(Pair *p, const PairRequest *q, Error *e) {
        const HealthPredictor *spare_health = p->predictor[pair_spare(p)];
        const PairLink *spare = p->link + pair_spare(p);
        char text[PAIR_REASON_MAX];
        const Evidence *evidence;
        size_t n;

        if (p->policy.mode == MODE_OBSERVE)
                return error_set(e, ERROR_NOT_SUPPORTED, -EPERM, "pair %s only observes (mode: observe in %s)",
                                p->policy.name, p->policy.file);
        if (pair_only_observes(p, text))
                return error_set(e, p->steering->obstacle.kind, -EPERM, "pair %s: %s", p->policy.name, text);
        if (p->held && !q->force)
                return pair_refuse_held(p, e);
        if (p->n_inhibitors > 0 && !q->force)
                return error_set(e, ERROR_INHIBITED, -EPERM, "pair %s: moves are inhibited by %u client(s)",
                                p->policy.name, p->n_inhibitors);
        if (!pair_link_is_alive(spare))
                return error_set(e, ERROR_NOT_READY, -ENETDOWN, "%s has no link", spare->name);
        if (!p->proved && !q->force)
                return error_set(e, ERROR_NOT_READY, -ENOLINK,
                                "%s is not proved: %s (use force to move all the same)", spare->name,
                                p->proof[pair_spare(p)]);
        n = health_predictor_evidence(spare_health, &evidence);
        if (health_predictor_level(spare_health) == EVIDENCE_ALARM && n > 0 && !q->force) {
                evidence_format(evidence, now_of(p), text, sizeof(text));
                return error_set(e, ERROR_NOT_READY, -ENOLINK,
                                "%s is in alarm itself: %s (use force to move all the same)", spare->name,
                                text);
        }
        return 0;
}

static int refuse_busy(const Pair *p, Error *e) {
        if (p->pending.set)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s is busy with another request (%s)",
                                p->policy.name, pair_verb_to_string(p->pending.request.verb));
        if (pair_state_is_moving(p->state))
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s is moving traffic", p->policy.name);
        return 0;
}

static void set_pending(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata) {
        p->pending = (PendingRequest){ .set = true, .request = *q, .func = func, .userdata = userdata };
}

static const char *reason_of(const PairRequest *q) {
        return q->reason[0] ? q->reason : "by request";
}

static int find_side(const Pair *p, const char *ifname, PairSide *ret, Error *e) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (streq(p->link[s].name, ifname)) {
                        *ret = s;
                        return 0;
                }
        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "pair %s has no adapter %s, only %s and %s",
                        p->policy.name, ifname, p->link[SIDE_PRIMARY].name, p->link[SIDE_STANDBY].name);
}

static int request_move(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        usec_t now = now_of(p);
        PairGoal goal = q->verb == PAIR_VERB_SPLIT ? GOAL_SPLIT : GOAL_SWITCHED;
        PairSide target = pair_spare(p);
        int r;

        if (q->target[0]) {
                r = find_side(p, q->target, &target, e);
                if (r < 0)
                        return r;
        }
        if (target == p->serving)
                return error_set(e, ERROR_ALREADY_ACTIVE, -EALREADY, "pair %s: %s already carries the traffic",
                                p->policy.name, p->link[target].name);
        if (p->state == PAIR_SPLIT && goal == GOAL_SPLIT)
                return error_set(
                                e, ERROR_ALREADY_ACTIVE, -EALREADY, "pair %s is split already", p->policy.name);
        r = refuse_move(p, q, e);
        if (r < 0)
                return r;
        if (q->dry_run) {
                func(p, &(PairReply){}, NULL, userdata);
                return 0;
        }
        set_pending(p, q, func, userdata);
        if (p->state != PAIR_SPLIT)
                pair_aim_set(&p->aim, goal, q->verb == PAIR_VERB_DRILL ? MOVE_BY_DRILL : MOVE_BY_REQUEST, now,
                                now, reason_of(q));
        else
                p->aim.goal = goal;
        p->aim.force = q->force;
        /* as a person asked, an earlier failure to prime does not count */
        p->prime_retry_at = MIN(p->prime_retry_at, now);
        p->drill = q->verb == PAIR_VERB_DRILL ? DRILL_THERE : DRILL_NONE;
        p->revert_at = 0;
        p->revert_to = p->serving;
        pair_dispatch(p, now);
        return 0;
}

/* The spare had been left. */
static int request_balance(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        int r;

        if (pair_is_balanced(p))
                return error_set(e, ERROR_ALREADY_ACTIVE, -EALREADY,
                                "pair %s: nothing to revert, both adapters carry traffic", p->policy.name);
        r = refuse_move(p, q, e);
        if (r < 0)
                return r;
        pair_set_balanced(p, true, reason_of(q), now_of(p));
        func(p, &(PairReply){}, NULL, userdata);
        return 0;
}

static int request_revert(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        usec_t now = now_of(p);
        int r;

        if (p->state == PAIR_SPLIT) {
                set_pending(p, q, func, userdata);
                pair_take_step(p, PAIR_EVENT_UNSPLIT, now);
                pair_dispatch(p, now);
                return 0;
        }
        if (p->serving == SIDE_PRIMARY && p->steering && steering_can_balance(p->steering))
                return request_balance(p, q, func, userdata, e);
        if (p->serving == SIDE_PRIMARY)
                return error_set(e, ERROR_ALREADY_ACTIVE, -EALREADY,
                                "pair %s: nothing to revert, %s serves as preferred", p->policy.name,
                                p->link[SIDE_PRIMARY].name);
        r = refuse_move(p, q, e);
        if (r < 0)
                return r;
        set_pending(p, q, func, userdata);
        pair_aim_set(&p->aim, GOAL_SWITCHED, MOVE_BY_REVERT, now, now, reason_of(q));
        p->aim.force = q->force;
        p->revert_at = 0;
        pair_dispatch(p, now);
        return 0;
}

static int request_plan(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        int r;

        pair_stop_looking(p);
        r = pair_start_worker(p, PAIR_PRIMING_PLAN, pair_spare(p), pair_plan_before(p), e);
        if (r >= 0)
                set_pending(p, q, func, userdata);
        return r;
}

static int request_unprime(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        const PrimePlan *before = pair_plan_before(p);
        int r;

        if (!before)
                return error_set(e, ERROR_NOT_READY, -ENOENT,
                                "pair %s: %s has not been primed, there is nothing to take back",
                                p->policy.name, p->link[pair_spare(p)].name);
        pair_stop_looking(p);
        r = pair_start_worker(p, PAIR_PRIMING_UNDO, pair_spare(p), before, e);
        if (r >= 0)
                set_pending(p, q, func, userdata);
        return r;
}

static int request_snapshot(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        PairPrimeOrder order = {
                .what = q->verb == PAIR_VERB_SNAPSHOT ? PAIR_PRIMING_SNAPSHOT : PAIR_PRIMING_RESTORE,
                .before = q->snapshot,
                .dry_run = q->dry_run,
                .complete = q->complete,
        };
        PairSide side = SIDE_PRIMARY;
        int r;

        r = find_side(p, q->target, &side, e);
        if (r < 0)
                return r;
        pair_stop_looking(p);
        r = pair_start_order(p, &order, side, e);
        if (r < 0)
                return r;
        set_pending(p, q, func, userdata);
        p->pending.request.snapshot = NULL; /* the caller's */
        return 0;
}

static int request_prime(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        usec_t now = now_of(p);
        char why[PAIR_REASON_MAX];

        if (pair_only_observes(p, why))
                return refuse_move(p, q, e);
        pair_stop_looking(p);
        if (p->lingers_since != 0)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s: the driver has not returned yet: %.300s",
                                p->policy.name, p->prime_hold_reason);
        if (p->worker || p->state == PAIR_SPLIT)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s cannot prime while %s", p->policy.name,
                                p->state == PAIR_SPLIT ? "split" : "a priming worker is under way");
        if (!p->link[pair_spare(p)].up)
                return error_set(e, ERROR_NOT_READY, -ENETDOWN, "%s is down", p->link[pair_spare(p)].name);
        if (pair_machine_step(p->state, PAIR_EVENT_PRIME).verdict != PAIR_GO)
                return error_set(e, ERROR_NOT_READY, -ENETDOWN,
                                "pair %s is %s: neither %s nor %s works, ask again when one has a link",
                                p->policy.name, pair_state_to_string(p->state), p->link[p->serving].name,
                                p->link[pair_spare(p)].name);
        /* whoever asks has seen to it that nobody fights over it */
        p->contention = (PrimeContention){};
        set_pending(p, q, func, userdata);
        pair_take_step(p, PAIR_EVENT_PRIME, now);
        pair_dispatch(p, now);
        return 0;
}

static int request_probe(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata) {
        usec_t now = now_of(p);

        set_pending(p, q, func, userdata);
        p->pending.reply_at = usec_add(now, PROBE_REPLY_AFTER);
        p->ports.probe_burst(p->userdata, now, PROBE_REPLY_AFTER);
        p->ports.wake(p->userdata, p->pending.reply_at);
        return 0;
}

/* What may be asked while the addresses of a primary that was gone are still on the standby. */
static int request_addresses_back(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        int r;

        if (p->pending.set)
                return refuse_busy(p, e);
        r = pair_gone_request(p, q, e);
        if (r < 0)
                return r;
        set_pending(p, q, func, userdata);
        pair_dispatch(p, now_of(p));
        return 0;
}

bool pair_request_needs_worker(const Pair *p) {
        PairVerb verb = p->pending.request.verb;

        return p->pending.set && (verb_priming[verb].queues || verb_priming[verb].writes);
}

bool pair_request_awaits_priming(const Pair *p) {
        return p->pending.set && (p->pending.queued || verb_priming[p->pending.request.verb].writes);
}

static bool must_queue(const Pair *p, PairVerb verb) {
        return verb_priming[verb].queues && p->worker && p->priming == PAIR_PRIMING_APPLY &&
                        p->lingers_since == 0;
}

void pair_resume_request(Pair *p) {
        PendingRequest pending = p->pending;
        Error e = {};

        if (!pending.set || !pending.queued)
                return;
        p->pending = (PendingRequest){};
        if (pair_request(p, &pending.request, pending.func, pending.userdata, &e) < 0)
                pending.func(p, &(PairReply){}, &e, pending.userdata);
}

int pair_request(Pair *p, const PairRequest *q, PairReplyFunc func, void *userdata, Error *e) {
        int r;

        if (q->verb == PAIR_VERB_REVERT && pair_identity_is_away(p) && p->link[SIDE_PRIMARY].exists)
                return request_addresses_back(p, q, func, userdata, e);

        r = refuse_absent(p, e);
        if (r < 0)
                return r;
        /* a move that is done and only waits for its last probes does not keep the next one waiting */
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now_of(p));
        r = refuse_busy(p, e);
        if (r < 0)
                return r;
        if (must_queue(p, q->verb)) {
                set_pending(p, q, func, userdata);
                p->pending.queued = true;
                return 0;
        }
        switch (q->verb) {
        case PAIR_VERB_PLAN:
                return request_plan(p, q, func, userdata, e);
        case PAIR_VERB_UNPRIME:
                return request_unprime(p, q, func, userdata, e);
        case PAIR_VERB_SNAPSHOT:
        case PAIR_VERB_RESTORE:
                return request_snapshot(p, q, func, userdata, e);
        case PAIR_VERB_PRIME:
                return request_prime(p, q, func, userdata, e);
        case PAIR_VERB_PROBE:
                return request_probe(p, q, func, userdata);
        case PAIR_VERB_SPLIT:
        case PAIR_VERB_SWITCH:
        case PAIR_VERB_DRILL:
                return request_move(p, q, func, userdata, e);
        case PAIR_VERB_REVERT:
                return request_revert(p, q, func, userdata, e);
        case _PAIR_VERB_MAX:
        case _PAIR_VERB_INVALID:
                break;
        }
        return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "no such request");
}

int pair_confirm(Pair *p, Error *e) {
        if (p->revert_at == 0)
                return error_set(e, ERROR_NOT_READY, -ENOENT, "pair %s: no switch awaits its confirmation",
                                p->policy.name);
        p->revert_at = 0;
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
        return 0;
}

const char *pair_why_held(const Pair *p) {
        if (!p->held)
                return NULL;
        return p->hold_reason[0] ? p->hold_reason : "no reason given";
}

int pair_refuse_held(const Pair *p, Error *e) {
        return error_set(e, ERROR_HELD, -EPERM, "pair %s is on hold: %s (release it, or use force)",
                        p->policy.name, pair_why_held(p));
}

int pair_hold(Pair *p, usec_t duration, const char *reason, Error *e) {
        p->held = true;
        p->hold_until = usec_add(now_of(p), duration);
        p->hold_until_realtime = usec_add(p->ports.realtime(p->userdata), duration);
        snprintf(p->hold_reason, sizeof(p->hold_reason), "%s", reason);
        pair_tell(p, EVENT_HELD, _PAIR_SIDE_INVALID, "no automatic moves for %s: %s",
                        duration == USEC_INFINITY ? "now, until released" : FORMAT_TIMESPAN(duration),
                        pair_why_held(p));
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
        return 0;
}

int pair_release(Pair *p, Error *e) {
        if (!p->held)
                return error_set(e, ERROR_NOT_READY, -ENOENT, "pair %s is not on hold", p->policy.name);
        p->held = false;
        p->hold_until = p->hold_until_realtime = 0;
        p->hold_reason[0] = 0;
        pair_tell(p, EVENT_RELEASED, _PAIR_SIDE_INVALID, "automatic moves are allowed again");
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
        p->ports.wake(p->userdata, now_of(p));
        return 0;
}

int pair_reset(Pair *p, Error *e) {
        usec_t now = now_of(p);

        if (pair_state_is_moving(p->state) || p->state == PAIR_SPLIT)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s is moving traffic", p->policy.name);
        pair_forget_health(p);
        move_budget_init(&p->budget, &(BudgetPolicy){}, now);
        p->aim.suppressed[0] = 0;
        p->contention = (PrimeContention){};
        pair_release_priming(p);
        pair_prime_anew(p, now);
        p->attach_retry_at = now;
        p->aim.goal = GOAL_NONE;
        pair_dispatch(p, now);
        p->ports.changed(p->userdata);
        return 0;
}

int pair_inject_evidence(
                Pair *p, const char *adapter, Signal signal, EvidenceLevel level, usec_t duration, Error *e) {
        usec_t now = now_of(p);
        PairSide side = SIDE_PRIMARY;
        int r;

        r = find_side(p, adapter, &side, e);
        if (r < 0)
                return r;
        health_predictor_inject(p->predictor[side], signal, level, now, usec_add(now, duration));
        pair_dispatch(p, now);
        return 0;
}
