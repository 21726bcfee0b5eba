/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* pair.h of the fake manager. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "clock.h"
#include "fake-manager.h"

#define MOVE_USEC (20 * USEC_PER_MSEC)

static MoveRecord *add_record(Pair *p, const PairRequest *r, PairSide to, MoveResult result) {
        MoveRecord *record;

        if (p->n_history == MOVE_HISTORY_MAX)
                memmove(p->history, p->history + 1, --p->n_history * sizeof(p->history[0]));
        record = &p->history[p->n_history++];
        *record = (MoveRecord){
                .id = ++p->status.switch_count,
                .realtime = clock_usec(CLOCK_REALTIME),
                .trigger = r->verb == PAIR_VERB_DRILL         ? MOVE_BY_DRILL
                                : r->verb == PAIR_VERB_REVERT ? MOVE_BY_REVERT
                                                              : MOVE_BY_REQUEST,
                .result = result,
                .lost = streq(p->policy.name, "bad") ? 1 : 0,
                .ingress_usec = 1100,
                .egress_usec = 40,
                .duration_usec = 1840,
        };
        memcpy(record->from, p->adapter[pair_side_other(to)].name, IFNAMSIZ);
        memcpy(record->to, p->adapter[to].name, IFNAMSIZ);
        snprintf(record->reason, sizeof(record->reason), "%s", r->reason);
        p->status.last_switch = *record;
        return record;
}

static void tell_move(Pair *p, const MoveRecord *record) {
        ManagerObserver *o = &p->manager->observer;

        if (o->switch_started)
                o->switch_started(p, record, o->userdata);
        fake_tell(p);
        if (o->switch_finished)
                o->switch_finished(p, record, o->userdata);
}

static void fake_event(Pair *p, const char *adapter, EventKind kind) {
        EventField fields[] = { { "PRIMED_SWITCH_ID", "7" }, { "PRIMED_REASON", "test" } };
        Event event = { .kind = kind,
                .realtime = clock_usec(CLOCK_REALTIME),
                .pair = pair_name(p),
                .adapter = adapter,
                .fields = fields,
                .n_fields = ELEMENTSOF(fields) };
        ManagerObserver *o = &p->manager->observer;

        event_format(&event, "%s: %s", event_kind_to_string(kind), adapter);
        if (o->event)
                o->event(&event, o->userdata);
}

static void answer(Pair *p, FakeRequest *f, const PairReply *reply, const Error *e) {
        p->pending = NULL;
        f->func(p, reply, e, f->userdata);
        sd_event_source_disable_unref(f->timer);
        prime_plan_free(f->snapshot);
        free(f);
}

static void finish_switch(Pair *p, FakeRequest *f) {
        PairSide to = pair_side_other(p->status.serving);
        PairReply reply = {};
        Error e = {};

        if (streq(p->policy.name, "bad"))
                error_set(&e, ERROR_SWITCH_FAILED, -EIO, "egress did not move: the kernel refused");
        if (streq(p->policy.name, "back"))
                error_set(&e, ERROR_REVERTED, -ETIMEDOUT, "ingress did not follow after 3 announcements");
        if (e.code < 0) {
                add_record(p, &f->request, to, e.kind == ERROR_REVERTED ? MOVE_UNDONE : MOVE_FAILED);
                answer(p, f, NULL, &e);
                return;
        }
        fake_carry(p, to, to, to);
        fake_set_state(p, PAIR_PROTECTED);
        reply.record = add_record(p, &f->request, to, MOVE_DONE);
        if (f->request.revert_after > 0) {
                p->confirmable = true;
                p->status.revert_realtime = clock_usec(CLOCK_REALTIME) + f->request.revert_after;
        }
        tell_move(p, reply.record);
        fake_event(p, p->adapter[to].name, EVENT_SWITCH_DONE);
        answer(p, f, &reply, NULL);
}

static void finish_drill(Pair *p, FakeRequest *f) {
        PairSide home = p->status.serving;
        PairReply reply = { .record = add_record(p, &f->request, pair_side_other(home), MOVE_DONE) };
        MoveRecord there = *reply.record;

        reply.back = add_record(p, &f->request, home, MOVE_DONE);
        reply.record = &there;
        fake_tell(p);
        answer(p, f, &reply, NULL);
}

/* The spare has an MTU of 1500 and a queue of 500; a restore does as it is told. */
static void finish_snapshot(Pair *p, FakeRequest *f) {
        PrimePlan *plan = fake_make_plan(false);
        PairReply reply = { .plan = plan };

        for (size_t i = 0; i < plan->n_steps; i++)
                plan->steps[i].undo = plan->steps[i].b;
        if (f->request.verb == PAIR_VERB_RESTORE) {
                (void) prime_plan_copy(plan, f->snapshot);
                for (size_t i = 0; i < plan->n_steps; i++) {
                        plan->steps[i].a = plan->steps[i].want = plan->steps[i].undo;
                        plan->steps[i].action = PRIME_SET;
                        plan->steps[i].outcome = f->request.dry_run ? OUTCOME_PENDING : OUTCOME_DONE;
                }
        }
        answer(p, f, &reply, NULL);
        prime_plan_free(plan);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Pair *p = userdata;
        FakeRequest *f = p->pending;
        PairReply reply = { .plan = p->plan };
        PairSide serving = p->status.serving;

        switch (f->request.verb) {
        case PAIR_VERB_SWITCH:
                finish_switch(p, f);
                return 0;
        case PAIR_VERB_DRILL:
                finish_drill(p, f);
                return 0;
        case PAIR_VERB_SPLIT:
                fake_carry(p, serving, pair_side_other(serving), serving);
                fake_set_state(p, PAIR_SPLIT);
                reply.record = add_record(p, &f->request, pair_side_other(serving), MOVE_SPLIT);
                tell_move(p, reply.record);
                break;
        case PAIR_VERB_REVERT:
                if (p->status.state != PAIR_SPLIT)
                        serving = pair_side_other(serving);
                fake_carry(p, serving, serving, serving);
                fake_set_state(p, PAIR_PRIMED);
                reply.record = add_record(p, &f->request, serving, MOVE_DONE);
                tell_move(p, reply.record);
                break;
        case PAIR_VERB_PRIME:
        case PAIR_VERB_UNPRIME:
                prime_plan_free(p->plan);
                reply.plan = p->plan = fake_make_plan(f->request.verb == PAIR_VERB_PRIME);
                p->status.primed = f->request.verb == PAIR_VERB_PRIME;
                p->status.primed_realtime = clock_usec(CLOCK_REALTIME);
                fake_set_state(p, p->status.primed ? PAIR_PRIMED : PAIR_PROTECTED);
                fake_tell(p);
                break;
        case PAIR_VERB_SNAPSHOT:
        case PAIR_VERB_RESTORE:
                finish_snapshot(p, f);
                return 0;
        case PAIR_VERB_PLAN:
        case PAIR_VERB_PROBE:
        case _PAIR_VERB_MAX:
        case _PAIR_VERB_INVALID:
                break;
        }
        answer(p, f, &reply, NULL);
        return 0;
}

static int refuse(Pair *p, const PairRequest *r, Error *e) {
        const char *name = p->policy.name;

        if (r->verb == PAIR_VERB_SWITCH && r->target[0] && !streq(r->target, p->adapter[0].name) &&
                        !streq(r->target, p->adapter[1].name))
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "pair '%s' has no adapter '%s'", name,
                                r->target);
        if (r->verb == PAIR_VERB_SWITCH && streq(r->target, p->adapter[p->status.serving].name))
                return error_set(e, ERROR_ALREADY_ACTIVE, -EALREADY,
                                "pair '%s': '%s' already carries the traffic", name, r->target);
        if (streq(name, "busy") || p->pending)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair '%s': another move is under way", name);
        if (r->verb == PAIR_VERB_RESTORE && streq(r->target, p->adapter[p->status.serving].name))
                return error_set(e, ERROR_NOT_READY, -EBUSY, "%s carries traffic", r->target);
        if (!p->status.protected_ && !r->force && r->verb != PAIR_VERB_PLAN && r->verb != PAIR_VERB_PROBE)
                return error_set(e, ERROR_NOT_READY, -EAGAIN, "pair '%s': %s", name, p->status.reasons[0]);
        return 0;
}

int pair_request(Pair *p, const PairRequest *request, PairReplyFunc func, void *userdata, Error *e) {
        PairReply reply = {};
        FakeRequest *f;
        int r;

        r = refuse(p, request, e);
        if (r < 0)
                return r;
        if ((request->dry_run && request->verb != PAIR_VERB_RESTORE) ||
                        (request->verb == PAIR_VERB_PLAN && !streq(p->policy.name, "slow"))) {
                PrimePlan *plan = fake_make_plan(p->status.primed);

                reply.plan = plan;
                func(p, &reply, NULL, userdata); /* at once, which the contract allows */
                prime_plan_free(plan);
                return 0;
        }
        f = new0(FakeRequest, 1);
        *f = (FakeRequest){ .request = *request, .func = func, .userdata = userdata };
        if (request->snapshot) {
                f->snapshot = prime_plan_new();
                (void) prime_plan_copy(f->snapshot, request->snapshot);
        }
        p->pending = f;
        if (!streq(p->policy.name, "slow"))
                sd_event_add_time_relative(
                                p->manager->event, &f->timer, CLOCK_MONOTONIC, MOVE_USEC, 1, on_timer, p);
        return 0;
}

int pair_confirm(Pair *p, Error *e) {
        if (!p->confirmable)
                return error_set(e, ERROR_NOT_READY, -ENOENT, "pair '%s': no switch waits to be confirmed",
                                p->policy.name);
        p->confirmable = false;
        p->status.revert_realtime = 0;
        fake_tell(p);
        return 0;
}

int pair_hold(Pair *p, usec_t duration, const char *reason, Error *e) {
        p->status.held = true;
        p->status.hold_until_realtime = usec_add(
                        duration == USEC_INFINITY ? 0 : clock_usec(CLOCK_REALTIME), duration);
        snprintf(p->status.hold_reason, sizeof(p->status.hold_reason), "%s", reason);
        fake_tell(p);
        return 0;
}

int pair_release(Pair *p, Error *e) {
        p->status.held = false;
        p->status.hold_until_realtime = 0;
        p->status.hold_reason[0] = 0;
        fake_tell(p);
        return 0;
}

int pair_reset(Pair *p, Error *e) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                p->adapter[side].n_evidence = 0;
                p->adapter[side].health = EVIDENCE_NONE;
                p->adapter[side].risk = 0.001;
                p->adapter[side].carrier = p->adapter[side].ifindex > 0;
                p->adapter[side].trouble = (LinkTrouble){};
        }
        p->status.risk = 0.001;
        fake_tell(p);
        return 0;
}

int pair_inject_evidence(
                Pair *p, const char *adapter, Signal signal, EvidenceLevel level, usec_t duration, Error *e) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (streq(p->adapter[side].name, adapter)) {
                        fake_raise_signal(&p->adapter[side], signal, level, true);
                        p->status.risk = p->adapter[p->status.serving].risk;
                        fake_tell(p);
                        fake_event(p, adapter, EVENT_ADAPTER_SUSPECT);
                        return 0;
                }
        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "pair '%s' has no adapter '%s'", p->policy.name,
                        adapter);
}

const char *pair_name(const Pair *p) {
        return p->policy.name;
}

const PairPolicy *pair_policy(const Pair *p) {
        return &p->policy;
}

void pair_get_status(const Pair *p, PairStatus *ret) {
        *ret = p->status;
}

void pair_get_adapter_status(const Pair *p, PairSide side, AdapterStatus *ret) {
        *ret = p->adapter[side];
}

size_t pair_get_history(const Pair *p, MoveRecord *records, size_t max) {
        size_t n = MIN(max, p->n_history);

        for (size_t i = 0; i < n; i++)
                records[i] = p->history[p->n_history - 1 - i];
        return n;
}

const PrimePlan *pair_last_plan(const Pair *p) {
        return p->plan;
}

/* Half of the time not read, then ever less. */
void pair_get_signal_history(const Pair *p, PairSide side, Signal s, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]) {
        for (size_t i = 0; i < SIGNAL_HISTORY_POINTS; i++)
                ret[i] = i < SIGNAL_HISTORY_POINTS / 2 ? NAN : 20.0 - (double) i;
}
