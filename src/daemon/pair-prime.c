/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Priming from the pair's side: what the worker is told, what came of it, and what is kept of it so that it can
 * be taken back. */

#include <stdio.h>

#include "pair-internal.h"
#include "pair-shell.h"

#define PRIME_RETRY (30 * USEC_PER_SEC)
/* a try that fails may still bounce the spare's link: twice as long after each, up to this */
#define PRIME_RETRY_MAX (10 * USEC_PER_MINUTE)
/* for what the kernel announces to nobody: sysfs, GSO sizes, what is set by ioctl */
#define PRIME_CHECK USEC_PER_MINUTE
/* links that were bounced are back and counted by then (a retrain takes 1 to 3 s) */
#define PRIME_HOLD_OFF (5 * USEC_PER_SEC)
/* a process that was killed is gone in milliseconds; one that is not by then hangs in a driver */
#define LINGER_GRACE USEC_PER_SEC

static const bool priming_writes[] = {
        [PAIR_PRIMING_APPLY] = true,
        [PAIR_PRIMING_UNDO] = true,
        [PAIR_PRIMING_RESTORE] = true,
};

const PrimePlan *pair_plan_before(const Pair *p) {
        PairSide spare = pair_spare(p);

        return p->plan_side == spare && p->plan_ifindex == p->link[spare].ifindex ? p->plan : NULL;
}

static int refuse_worker(const Pair *p, const PairPrimeOrder *o, PairSide whom, Error *e) {
        SteeringPath path = pair_path(p);
        const char *name = p->link[whom].name;

        if (p->lingers_since != 0)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s: the driver has not returned yet: %.300s",
                                p->policy.name,
                                p->prime_hold_reason[0] ? p->prime_hold_reason : "a worker is ending");
        if (p->worker)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s: a priming worker is under way",
                                p->policy.name);
        if (!priming_writes[o->what] || o->dry_run)
                return 0;
        if (p->policy.mode == MODE_OBSERVE)
                return error_set(e, ERROR_NOT_SUPPORTED, -EPERM, "pair %s only observes (mode: observe in %s)",
                                p->policy.name, p->policy.file);
        if (whom == p->serving || path.ingress == whom || path.egress == whom || pair_is_balanced(p))
                return error_set(e, ERROR_NOT_READY, -EBUSY,
                                "%s carries traffic%s: nothing is set on it, since some settings restart its "
                                "queues or its link",
                                name, path.ingress != path.egress ? " (the pair is split)" : "");
        return 0;
}

int pair_start_worker(Pair *p, PairPriming what, PairSide whom, const PrimePlan *before, Error *e) {
        return pair_start_order(p, &(PairPrimeOrder){ .what = what, .before = before }, whom, e);
}

int pair_start_order(Pair *p, const PairPrimeOrder *given, PairSide whom, Error *e) {
        PairPrimeOrder order = *given;
        int r;

        r = refuse_worker(p, &order, whom, e);
        if (r < 0)
                return r;
        order.serving = p->link + pair_side_other(whom);
        order.spare = p->link + whom;
        order.items = p->policy.prime_items;
        order.contention = &p->contention;
        p->priming = order.what;
        p->worker = true;
        p->worker_on = whom;
        p->refused = false;
        r = p->ports.prime(p->userdata, &order, e);
        if (r < 0)
                p->worker = false;
        return r;
}

void pair_hold_priming(Pair *p, PairPrimeHold hold, const char *reason) {
        p->prime_hold = hold;
        snprintf(p->prime_hold_reason, sizeof(p->prime_hold_reason), "%.191s", reason);
        p->ports.save(p->userdata, p);
}

void pair_release_priming(Pair *p) {
        if (p->prime_hold == PRIME_HOLD_NONE)
                return;
        p->prime_hold = PRIME_HOLD_NONE;
        p->prime_hold_reason[0] = 0;
        p->ports.save(p->userdata, p);
}

void pair_start_prime(Pair *p, usec_t now) {
        Error e = {};

        p->prime_started_at = now;
        pair_release_priming(p);
        /* what some items do to the spare's link is our doing, not its health */
        pair_hold_off_health(p, pair_spare(p), PRIME_HOLD_OFF, now);
        if (pair_start_worker(p, PAIR_PRIMING_APPLY, pair_spare(p), pair_plan_before(p), &e) >= 0)
                return;
        p->priming = PAIR_PRIMING_APPLY;
        pair_prime_done(p, NULL, &e, false, now);
}

static void keep_on(Pair *p, PrimePlan *plan, PairSide side, int ifindex, bool interrupted) {
        prime_plan_free(p->plan);
        p->begun = prime_plan_free(p->begun);
        p->plan = plan;
        p->plan_side = side;
        p->plan_ifindex = plan ? ifindex : 0;
        p->plan_interrupted = interrupted;
        p->ports.save_plan(p->userdata, plan);
        p->ports.save(p->userdata, p);
}

static void keep(Pair *p, PrimePlan *plan) {
        PairSide side = pair_spare(p);

        keep_on(p, plan, side, p->link[side].ifindex, false);
}

/* If it is stopped in the middle, the wish holds for the next start, too. One that is kept from priming by a
 * driver that hung stays so. */
static void hold_for_wish(Pair *p) {
        const char *name = p->link[p->worker_on].name;

        if (p->prime_hold == PRIME_HOLD_HUNG)
                return;
        if (p->priming == PAIR_PRIMING_UNDO)
                snprintf(p->prime_hold_reason, sizeof(p->prime_hold_reason),
                                "the return of %s to its former configuration is not complete", name);
        else if (p->priming == PAIR_PRIMING_RESTORE)
                snprintf(p->prime_hold_reason, sizeof(p->prime_hold_reason),
                                "setting %s to what a snapshot says is not complete", name);
        else
                return;
        p->prime_hold = PRIME_HOLD_REVERTED;
}

/* What is being changed, so that it can be changed back: whoever finds it does not know how far it came, so it
 * is kept like that from the beginning. */
static int make_begun(const Pair *p, const PrimePlan *plan, PrimePlan **ret) {
        _cleanup_(prime_plan_freep) PrimePlan *begun = prime_plan_new();
        const PrimePlan *before = pair_plan_before(p);
        int r;

        if (!begun)
                return -ENOMEM;
        r = prime_plan_copy(begun, p->priming == PAIR_PRIMING_UNDO ? p->plan : plan);
        if (r < 0)
                return r;
        if (p->priming == PAIR_PRIMING_APPLY && before)
                prime_plan_inherit(begun, before);
        prime_plan_interrupt(begun);
        *ret = TAKE_PTR(begun);
        return 0;
}

static int keep_before(Pair *p, Error *e) {
        PairMemory memory, none;
        int r = 0;

        p->begun_ifindex = p->link[p->worker_on].ifindex;
        pair_get_memory(p, &memory);
        /* two files: a plan must never be taken for one of the other adapter */
        if (p->plan_side != p->worker_on || p->plan_ifindex != p->begun_ifindex) {
                none = memory;
                none.plan_side = p->plan_side;
                none.plan_ifindex = 0;
                none.plan_interrupted = p->plan_interrupted;
                r = p->ports.keep(p->userdata, &none, NULL, e);
        }
        return r < 0 ? r : p->ports.keep(p->userdata, &memory, p->begun, e);
}

int pair_prime_begins(Pair *p, const PrimePlan *plan, Error *e) {
        Error cause = {};
        int r;

        r = make_begun(p, plan, &p->begun);
        if (r < 0)
                return error_errno(e, r, "keeping what %s has", p->link[p->worker_on].name);
        hold_for_wish(p);
        r = keep_before(p, &cause);
        if (r >= 0) {
                p->unkept[0] = 0;
                return 0;
        }
        p->begun = prime_plan_free(p->begun);
        p->refused = true;
        return error_set(e, cause.kind, r,
                        "%.300s; without that, what %s has now could not be given back to it, so nothing was "
                        "changed: make room there, or let primed write there",
                        cause.text, p->link[p->worker_on].name);
}

/* It was stopped in the middle, with no report of what it had done. */
static void keep_begun(Pair *p) {
        PrimePlan *begun = TAKE_PTR(p->begun);

        if (!begun)
                return;
        p->interruption_told = true; /* by who stopped it */
        keep_on(p, begun, p->worker_on, p->begun_ifindex, true);
}

/* It has ended, and left nothing behind: what was known before it holds again. */
static void drop_begun(Pair *p) {
        if (!p->begun)
                return;
        p->begun = prime_plan_free(p->begun);
        p->ports.save_plan(p->userdata, p->plan);
        p->ports.save(p->userdata, p);
}

void pair_tell_interrupted(Pair *p) {
        if (!p->plan_interrupted || p->interruption_told)
                return;
        p->interruption_told = true;
        /* only what a person wanted is on hold then: a priming releases it (pair_start_prime()) */
        if (p->prime_hold == PRIME_HOLD_REVERTED) {
                pair_tell(p, EVENT_RESUMED, p->plan_side,
                                "primed was stopped in the middle: %s; %s is not primed before that is asked "
                                "for ('primectl prime %s') or needed, 'primectl revert %s --prime' gives it "
                                "the former configuration",
                                p->prime_hold_reason, p->link[p->plan_side].name, p->policy.name,
                                p->policy.name);
                return;
        }
        pair_tell(p, EVENT_RESUMED, p->plan_side,
                        "the configuration of %s was being changed when primed was stopped: the next priming "
                        "goes on from there, 'primectl revert %s --prime' gives it the former one",
                        p->link[p->plan_side].name, p->policy.name);
}

static void linger(Pair *p, usec_t now) {
        p->lingers_since = now;
        p->lingers_on = p->worker_on;
        p->lingering_told = false;
        p->ports.wake(p->userdata, usec_add(now, LINGER_GRACE));
}

void pair_cancel_prime(Pair *p, usec_t now) {
        Error e = {};

        p->worker = false;
        if (p->ports.prime_cancel(p->userdata))
                linger(p, now);
        keep_begun(p);
        if (!pair_request_awaits_priming(p))
                return;
        error_set(&e, ERROR_FAILED, -ECANCELED, "pair %s: stopped in the middle, since an adapter failed",
                        p->policy.name);
        pair_answer(p, &(PairReply){}, &e);
}

void pair_stop_writing(Pair *p, usec_t now) {
        if (p->worker && priming_writes[p->priming])
                pair_cancel_prime(p, now);
}

bool pair_is_looking(const Pair *p) {
        return p->worker && p->priming == PAIR_PRIMING_PLAN && !pair_request_needs_worker(p);
}

void pair_stop_looking(Pair *p) {
        if (!pair_is_looking(p))
                return;
        (void) p->ports.prime_cancel(p->userdata);
        p->worker = false;
}

static bool left_something(const PrimePlan *plan) {
        return prime_plan_count_outcome(plan, OUTCOME_DONE) > 0 ||
                        prime_plan_count_outcome(plan, OUTCOME_FAILED) > 0;
}

/* A plan that was carried out knows from the one before it what the spare had at first. One that failed is
 * kept only where it left something behind. */
static void keep_outcome(Pair *p, PrimePlan *plan, const Error *e) {
        if (!plan) {
                keep_begun(p);
                return;
        }
        if (e && !left_something(plan)) {
                prime_plan_free(plan);
                return;
        }
        if (e && pair_plan_before(p)) /* the worker did not get that far */
                prime_plan_inherit(plan, pair_plan_before(p));
        keep(p, plan);
}

void pair_prime_anew(Pair *p, usec_t now) {
        p->prime_retry_after = 0;
        p->prime_retry_at = MIN(p->prime_retry_at, now);
}

static void prime_failed(Pair *p, const Error *e, usec_t now) {
        const char *spare = p->link[pair_spare(p)].name;
        bool told = p->refused && streq(p->unkept, e->text);

        p->primed = false;
        /* what was refused touched nothing */
        p->prime_retry_after = p->refused || p->prime_retry_after == 0
                        ? PRIME_RETRY
                        : MIN(2 * p->prime_retry_after, PRIME_RETRY_MAX);
        p->prime_retry_at = usec_add(now, p->prime_retry_after);
        snprintf(p->unkept, sizeof(p->unkept), "%s", p->refused ? e->text : "");
        if (!told)
                pair_tell(p, EVENT_PRIME_FAILED, pair_spare(p), "priming %s failed: %s", spare, e->text);
}

static void prime_succeeded(Pair *p, const PrimePlan *plan, usec_t now) {
        bool changed = plan && prime_plan_count_outcome(plan, OUTCOME_DONE) > 0, first = !p->primed;

        p->primed = true;
        p->prime_retry_after = 0;
        p->unkept[0] = 0;
        p->primed_realtime = p->ports.realtime(p->userdata);
        if (plan && pair_plan_before(p) && !p->plan_interrupted &&
                        pair_tell_followed(p, pair_plan_before(p), plan, now))
                return;
        if (first || changed)
                pair_tell(p, EVENT_STANDBY_PRIMED, pair_spare(p), "%s is configured like %s (%s)",
                                p->link[pair_spare(p)].name, p->link[p->serving].name,
                                FORMAT_TIMESPAN(p->prime_usec));
}

static void prime_finished(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        PairReply reply = { .plan = plan };
        bool asked = p->pending.set && !p->pending.queued && p->pending.request.verb == PAIR_VERB_PRIME;

        p->prime_usec = usec_sub(now, p->prime_started_at);
        pair_hold_off_health(p, pair_spare(p), PRIME_HOLD_OFF, now);
        p->prime_check_at = usec_add(now, PRIME_CHECK);
        if (e)
                prime_failed(p, e, now);
        else
                prime_succeeded(p, plan, now);
        if (asked)
                pair_answer(p, &reply, e);
        keep_outcome(p, plan, e);
        pair_take_step(p, e ? PAIR_EVENT_PRIME_FAILED : PAIR_EVENT_PRIME_DONE, now);
        pair_resume_request(p);
}

/* Someone has put the spare back: priming it again at once would undo that. */
static void put_back(Pair *p, const Error *e, const char *what) {
        char reason[PAIR_REASON_MAX];

        p->primed = false;
        if (e)
                snprintf(reason, sizeof(reason), "%s could not be put back: %.150s",
                                p->link[pair_spare(p)].name, e->text);
        else
                snprintf(reason, sizeof(reason), "%s %s", p->link[pair_spare(p)].name, what);
        if (p->prime_hold != PRIME_HOLD_HUNG)
                pair_hold_priming(p, PRIME_HOLD_REVERTED, reason);
        pair_tell(p, EVENT_PRIME_REVERTED, pair_spare(p),
                        "%s; it is not primed again before that is asked for or needed", reason);
}

static void undo_finished(Pair *p, PrimePlan *plan, const Error *e) {
        PairReply reply = { .plan = plan };

        put_back(p, e, "has its former configuration again");
        if (!e)
                keep(p, NULL);
        else
                keep_begun(p);
        if (p->pending.set && p->pending.request.verb == PAIR_VERB_UNPRIME)
                pair_answer(p, &reply, e);
        prime_plan_free(plan);
}

/* The plan of a restore can be undone like that of a priming: the adapter had something else before. */
static void restore_finished(Pair *p, PrimePlan *plan, const Error *e) {
        bool asked = p->pending.set && p->pending.request.verb == PAIR_VERB_RESTORE;
        bool dry_run = asked && p->pending.request.dry_run;
        PairReply reply = { .plan = plan };

        if (!dry_run)
                put_back(p, e, "was restored from a snapshot");
        if (asked)
                pair_answer(p, &reply, e);
        if (!dry_run && plan && left_something(plan))
                keep(p, plan);
        else
                prime_plan_free(plan);
}

static void snapshot_finished(Pair *p, PrimePlan *plan, const Error *e) {
        PairReply reply = { .plan = plan };

        if (p->pending.set && p->pending.request.verb == PAIR_VERB_SNAPSHOT)
                pair_answer(p, &reply, e);
        prime_plan_free(plan);
}

static void plan_finished(Pair *p, PrimePlan *plan, const Error *e, usec_t now) {
        PairReply reply = { .plan = plan };

        p->prime_check_at = usec_add(now, PRIME_CHECK);
        if (!e)
                pair_looked(p, plan);
        if (p->pending.set && p->pending.request.verb == PAIR_VERB_PLAN)
                pair_answer(p, &reply, e);
        prime_plan_free(plan);
}

void pair_prime_done(Pair *p, PrimePlan *plan, const Error *e, bool lingers, usec_t now) {
        p->worker = false;
        if (lingers)
                linger(p, now);
        /* it would hang again, and a move would have to wait for that */
        if (e && e->kind == ERROR_TIMEOUT && priming_writes[p->priming])
                pair_hold_priming(p, PRIME_HOLD_HUNG, e->text);
        switch (p->priming) {
        case PAIR_PRIMING_APPLY:
                prime_finished(p, plan, e, now);
                break;
        case PAIR_PRIMING_UNDO:
                undo_finished(p, plan, e);
                break;
        case PAIR_PRIMING_PLAN:
                plan_finished(p, plan, e, now);
                break;
        case PAIR_PRIMING_SNAPSHOT:
                snapshot_finished(p, plan, e);
                break;
        case PAIR_PRIMING_RESTORE:
                restore_finished(p, plan, e);
                break;
        }
        drop_begun(p);
        p->ports.changed(p->userdata);
        p->ports.wake(p->userdata, now);
}

void pair_prime_ended(Pair *p, usec_t now) {
        if (p->lingering_told)
                pair_tell(p, EVENT_PRIME_UNSTUCK, p->lingers_on, "the driver of %s has returned after %s",
                                p->link[p->lingers_on].name, FORMAT_TIMESPAN(usec_sub(now, p->lingers_since)));
        p->lingers_since = 0;
        p->lingering_told = false;
        /* what it was about to set may be set now */
        p->look_after_hang = true;
        p->look_at = now;
        p->ports.changed(p->userdata);
        p->ports.wake(p->userdata, now);
}

usec_t pair_prime_dispatch(Pair *p, usec_t now) {
        usec_t tell_at = usec_add(p->lingers_since, LINGER_GRACE);

        pair_look(p, now);
        if (p->lingers_since == 0 || p->lingering_told)
                return p->look_at > now ? p->look_at : USEC_INFINITY;
        if (now < tell_at)
                return tell_at;
        p->lingering_told = true;
        pair_tell(p, EVENT_PRIME_STUCK, p->lingers_on,
                        "the driver of %s hangs, and the process that was setting it with it: %.200s",
                        p->link[p->lingers_on].name,
                        p->prime_hold_reason[0] ? p->prime_hold_reason : "it was stopped in the middle");
        p->ports.changed(p->userdata);
        return USEC_INFINITY;
}
