/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair from birth to end: what is fed into it, and the dispatch that turns that into steps of the machine. */

#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "pair-internal.h"
#include "pair-shell.h"
#include "unforked.h"

/* A pair whose steering cannot be put in place tries again: another program may have let go meanwhile. */
#define ATTACH_RETRY (5 * USEC_PER_SEC)
/* network managers set ports down and up when they reconfigure; scoring pauses about so long */
#define ADMINISTRATIVE_HOLD_OFF (5 * USEC_PER_SEC)
#define ANNOUNCE_AGAIN          USEC_PER_SEC
/* The kernel tells when a bond's active port changes; this is for what it told in another order than it
 * happened in. */
#define STEERING_CHECK (250 * USEC_PER_MSEC)

static void remember(Pair *p, const PairMemory *m, usec_t now) {
        usec_t realtime = p->ports.realtime(p->userdata);

        p->serving = m->serving;
        p->last_id = m->last_id;
        p->switch_count = m->switch_count;
        p->primed_realtime = m->primed_realtime;
        p->plan_side = m->plan_side;
        p->plan_ifindex = m->plan_ifindex;
        p->plan_interrupted = m->plan_interrupted && p->plan;
        p->primed = p->primed && !p->plan_interrupted;
        p->prime_hold = m->prime_hold;
        p->identity = m->identity;
        snprintf(p->prime_hold_reason, sizeof(p->prime_hold_reason), "%s", m->prime_hold_reason);
        if (m->held && m->hold_until_realtime > realtime) {
                p->held = true;
                p->hold_until_realtime = m->hold_until_realtime;
                p->hold_until = m->hold_until_realtime == USEC_INFINITY
                                ? USEC_INFINITY
                                : usec_add(now, m->hold_until_realtime - realtime);
                snprintf(p->hold_reason, sizeof(p->hold_reason), "%s", m->hold_reason);
        }
        if (m->revert_realtime != 0) {
                p->revert_at = usec_add(now, MAX(usec_sub(m->revert_realtime, realtime), (usec_t) 1));
                p->revert_to = m->revert_to;
        }
        if (m->moving)
                p->aim.goal = m->split ? GOAL_SPLIT : GOAL_SWITCHED;
        p->aim.trigger = m->last.trigger;
        p->aim.returns = m->returns;
        p->aim.decided_at = p->aim.detected_at = now;
        snprintf(p->aim.reason, sizeof(p->aim.reason), "continued after a restart: %.150s", m->last.reason);
        if (m->last.id != 0) {
                p->history[0] = m->last;
                if (m->moving)
                        p->history[0].result = MOVE_INTERRUPTED;
                p->n_history = p->history_next = 1;
        }
}

/* Also of a switch that is not done yet: a restart in the middle of it must not make it final. */
static usec_t revert_realtime(const Pair *p) {
        const PairRequest *q = p->pending.set ? &p->pending.request : NULL;
        usec_t in;

        if (p->revert_at != 0)
                in = usec_sub(p->revert_at, p->ports.monotonic(p->userdata));
        else if (q && q->verb == PAIR_VERB_SWITCH && q->revert_after > 0)
                in = q->revert_after;
        else
                return 0;
        return usec_add(p->ports.realtime(p->userdata), in);
}

void pair_get_memory(const Pair *p, PairMemory *ret) {
        *ret = (PairMemory){
                .serving = p->serving,
                .split = p->aim.goal == GOAL_SPLIT,
                .moving = p->aim.goal >= GOAL_SPLIT,
                .last_id = p->last_id,
                .switch_count = p->switch_count,
                .held = p->held,
                .hold_until_realtime = p->hold_until_realtime,
                .revert_realtime = revert_realtime(p),
                .revert_to = p->revert_to,
                .returns = p->aim.returns,
                .primed = p->primed,
                .primed_realtime = p->primed_realtime,
                .prime_hold = p->prime_hold,
                .identity = p->identity,
                .plan_side = p->begun ? p->worker_on : p->plan_side,
                .plan_ifindex = p->begun ? p->begun_ifindex : p->plan_ifindex,
                .plan_interrupted = p->begun || p->plan_interrupted,
        };
        snprintf(ret->prime_hold_reason, sizeof(ret->prime_hold_reason), "%s", p->prime_hold_reason);
        snprintf(ret->hold_reason, sizeof(ret->hold_reason), "%s", p->hold_reason);
        (void) pair_get_history(p, &ret->last, 1);
}

/* What an adapter is called until it was found: by its policy's word for it, of whose mac: and path: the end
 * tells one from another. */
static void name_absent(const AdapterMatch *a, char name[static IFNAMSIZ]) {
        size_t length = strlen(a->text);

        snprintf(name, IFNAMSIZ, "%s", a->text + (length < IFNAMSIZ ? 0 : length - IFNAMSIZ + 1));
}

#define PAST_SIZE (sizeof(SignalHistory[_PAIR_SIDE_MAX][_SIGNAL_MAX]))

int pair_new(const PairPolicy *policy, const PairPorts *ports, void *userdata, const PairMemory *memory,
                usec_t now, Pair **ret) {
        _cleanup_(pair_freep) Pair *p = new0(Pair, 1);

        if (!p) {
                if (memory)
                        prime_plan_free(memory->plan);
                return -ENOMEM;
        }
        p->policy = *policy;
        p->ports = *ports;
        p->userdata = userdata;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                p->last_words[s] = "";
        p->plan = memory ? memory->plan : NULL;
        p->past = unforked_new(PAST_SIZE);
        if (!p->past)
                return -ENOMEM;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                p->predictor[s] = health_predictor_new(policy->signals);
                if (!p->predictor[s])
                        return -ENOMEM;
                name_absent(policy->adapter + s, p->link[s].name);
                snprintf(p->proof[s], sizeof(p->proof[s]), "not probed yet");
        }
        p->state_since_realtime = ports->realtime(userdata);
        p->attach_retry_at = now + 1;
        move_budget_init(&p->budget, &policy->budget, now);
        if (memory)
                remember(p, memory, now);
        *ret = TAKE_PTR(p);
        return 0;
}

Pair *pair_free(Pair *p) {
        Error e = {};

        if (!p)
                return NULL;
        error_set(&e, ERROR_FAILED, -ECANCELED, "primed stops guarding pair %s", p->policy.name);
        pair_answer(p, &(PairReply){}, &e);
        if (p->worker)
                (void) p->ports.prime_cancel(p->userdata);
        p->ports.release(p->userdata);
        steering_close(p->steering);
        prime_plan_free(p->plan);
        prime_plan_free(p->begun);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                health_predictor_free(p->predictor[s]);
        unforked_free(p->past, PAST_SIZE);
        free(p);
        return NULL;
}

void pair_set_policy(Pair *p, const PairPolicy *policy, usec_t now) {
        bool prime_changed = !prime_items_equal(&p->policy.prime_items, &policy->prime_items) ||
                        p->policy.prime != policy->prime;

        p->policy = *policy;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                health_predictor_set_policy(p->predictor[s], policy->signals);
        if (prime_changed) {
                p->primed = false;
                p->contention = (PrimeContention){};
                pair_release_priming(p);
                pair_prime_anew(p, now);
        }
        pair_dispatch(p, now);
        p->ports.changed(p->userdata);
}

/* Told once per reason. */
static void tell_conflict(Pair *p) {
        const Error *conflict = &p->steering->conflict;
        char text[PAIR_REASON_MAX] = "";

        if (conflict->kind != ERROR_NONE)
                snprintf(text, sizeof(text), "%.190s", conflict->text);
        if (text[0] && !streq(text, p->told_conflict))
                pair_tell(p, EVENT_CONFLICT, _PAIR_SIDE_INVALID, "%s", text);
        memcpy(p->told_conflict, text, sizeof(text));
}

/* What probes may take to prove an adapter anew: how long an answer counts as fresh. Until then a split that
 * was found is not undone for its spare having no proof. */
static usec_t proof_takes(const ProbePolicy *probe) {
        return probe->every * probe->lose + probe->timeout;
}

static void attach(Pair *p, usec_t now) {
        Error e = {};
        SteeringPath path;
        int r;

        r = p->ports.attach(p->userdata, &p->policy, p->link, now, &p->steering, &e);
        if (r < 0) {
                /* told once per reason, tried again quietly */
                if (!streq(e.text, p->attach_error.text))
                        pair_tell(p, EVENT_CONFLICT, _PAIR_SIDE_INVALID, "%s", e.text);
                p->attach_error = e;
                p->attach_retry_at = usec_add(now, ATTACH_RETRY);
                p->ports.wake(p->userdata, p->attach_retry_at);
                p->ports.changed(p->userdata);
                return;
        }
        p->attached = true;
        p->attach_error = (Error){};
        pair_prime_anew(p, now);
        p->unproved_since = usec_add(now, proof_takes(&p->policy.probe));
        p->steering_next = now;
        path = pair_path(p);
        p->serving = path.egress;
        pair_note_serving(p);
        if (p->steering)
                tell_conflict(p);
        pair_tell_interrupted(p);
        if (p->steering && (path.ingress != SIDE_PRIMARY || path.egress != SIDE_PRIMARY))
                pair_tell(p, EVENT_RESUMED, _PAIR_SIDE_INVALID,
                                "found ingress on %s and egress on %s, going on from there",
                                p->link[path.ingress].name, p->link[path.egress].name);
}

/* Nobody was heard to send to the side that took over from a dead one, perhaps since nobody has anything to
 * say. There is no way back; the network is told again, until it answers. */
static void announce_again(Pair *p, usec_t now) {
        SteeringPath path = steering_get_path(p->steering);

        if (p->state == PAIR_SPLITTING || p->state == PAIR_UNSPLITTING || p->state == PAIR_SWITCHING)
                return;
        (void) steering_begin(p->steering, path, STEERING_NOW, now, NULL);
        p->steering_next = usec_add(now, ANNOUNCE_AGAIN);
}

/* An unfinished way: the steering tells when frames were seen, or that they will not come. */
static void dispatch_steering(Pair *p, usec_t now) {
        Error e = {};
        usec_t next = USEC_INFINITY;
        int r;

        if (p->split_at != 0 && now >= p->split_at)
                pair_begin_split(p, now);
        if (!p->steering || now < p->steering_next || p->split_at != 0)
                return;
        r = steering_process(p->steering, now, &next, &e);
        p->steering_next = next;
        if (r == 0)
                return;
        if (r == -ETIMEDOUT && next == USEC_INFINITY)
                announce_again(p, now);
        else if (r < 0)
                pair_tell(p, EVENT_SWITCH_FAILED, _PAIR_SIDE_INVALID, "%s", e.text);
        switch (p->state) {
        case PAIR_SPLITTING:
        case PAIR_UNSPLITTING:
                pair_take_step(p, r < 0 ? PAIR_EVENT_INGRESS_UNSEEN : PAIR_EVENT_INGRESS_SEEN, now);
                break;
        case PAIR_SWITCHING:
                pair_take_step(p, r < 0 ? PAIR_EVENT_EGRESS_FAILED : PAIR_EVENT_EGRESS_MOVED, now);
                break;
        case PAIR_ABSENT:
        case PAIR_UNPROTECTED:
        case PAIR_PROTECTED:
        case PAIR_PRIMING:
        case PAIR_PRIMED:
        case PAIR_SPLIT:
        case PAIR_FAILED:
        case _PAIR_STATE_MAX:
        case _PAIR_STATE_INVALID:
                break;
        }
}

/* When in doubt, the kernel is asked once it is this pair's turn. */
static SteeringDisturbance check_steering(Pair *p, usec_t now, Error *what) {
        SteeringDisturbance found = p->mend_wanted ? STEERING_DOUBTFUL
                                                   : steering_check(p->steering, now, false, what);

        if (found != STEERING_DOUBTFUL)
                return found;
        p->mend_wanted = !p->ports.may_begin(p->userdata, PAIR_TURN_MEND);
        return p->mend_wanted ? STEERING_DOUBTFUL : steering_check(p->steering, now, true, what);
}

static void look_for_others(Pair *p, usec_t now) {
        Error what = {};

        if (!p->steering || (now < p->steering_check_next && !p->mend_wanted))
                return;
        p->steering_check_next = usec_add(now, STEERING_CHECK);
        switch (check_steering(p, now, &what)) {
        case STEERING_UNDISTURBED:
        case STEERING_DOUBTFUL:
                break;
        case STEERING_MOVED:
                snprintf(p->external, sizeof(p->external), "%.190s", what.text);
                p->steering_next = now;
                break;
        case STEERING_MENDED:
                pair_tell(p, EVENT_EXTERNAL_CHANGE, _PAIR_SIDE_INVALID, "%s", what.text);
                break;
        }
}

unsigned pair_find_busy(Pair *p, usec_t now, unsigned *ret_silent, usec_t *ret_next) {
        unsigned busy = 0;

        *ret_silent = 0;
        *ret_next = USEC_INFINITY;
        for (PairSide s = 0; p->steering && s < _PAIR_SIDE_MAX; s++) {
                if (now >= p->silence[s].due) {
                        SteeringTraffic t = steering_take_traffic(p->steering, s);

                        if (traffic_silence_note(p->silence + s, t.received, t.sent, now))
                                *ret_silent |= 1u << s;
                }
                if (p->silence[s].busy)
                        busy |= 1u << s;
                *ret_next = MIN(*ret_next, p->silence[s].due);
        }
        return busy;
}

void pair_look_at_proofs(Pair *p, usec_t now) {
        PairSide spare = pair_spare(p);
        bool proved;

        if (!p->attached)
                return;
        p->serving_proved = p->ports.is_proved(p->userdata, p->serving, now, p->proof[p->serving]);
        proved = p->ports.is_proved(p->userdata, spare, now, p->proof[spare]) &&
                        pair_link_is_alive(p->link + spare);
        if (!proved && p->proved)
                p->unproved_since = now;
        if (proved != p->proved)
                p->ports.changed(p->userdata);
        p->proved = proved;
}

/* When to be called again. Health comes with the sampler's tick, which dispatches too. */
static usec_t next_wake(const Pair *p, usec_t next, usec_t now) {
        PairFacts facts = pair_facts(p);

        if (p->steering)
                next = MIN(next, p->split_at != 0 ? p->split_at : p->steering_next);
        next = MIN(next, pair_aim_next(&p->aim, &facts, now));
        if (p->finish_at != 0)
                next = MIN(next, p->finish_at);
        if (p->pending.set && p->pending.reply_at != 0)
                next = MIN(next, p->pending.reply_at);
        if (p->drill == DRILL_VERIFY)
                next = MIN(next, MAX(p->drill_verify_until, now + 10 * USEC_PER_MSEC));
        if (p->revert_at != 0)
                next = MIN(next, p->revert_at);
        /* else it waits for its turn */
        if (!p->attached && p->link[SIDE_PRIMARY].exists && p->link[SIDE_STANDBY].exists &&
                        p->attach_retry_at > now)
                next = MIN(next, p->attach_retry_at);
        return next;
}

static void run_machine(Pair *p, usec_t now) {
        for (unsigned n = 0; n < PAIR_STEPS_MAX; n++) {
                PairEvent event;

                pair_assess(p, now);
                event = pair_judge(p, now);
                if (event == _PAIR_EVENT_INVALID)
                        return;
                pair_take_step(p, event, now);
        }
        assert(!"the pair machine went round in circles");
}

void pair_dispatch(Pair *p, usec_t now) {
        usec_t next;

        /* effects may dispatch by way of a port: only the outermost call runs the machine */
        if (p->n_dispatching > 0)
                return;
        p->n_dispatching++;
        if (!p->attached && p->identity == PAIR_IDENTITY_HOME && p->link[SIDE_PRIMARY].exists &&
                        p->link[SIDE_STANDBY].exists && now >= p->attach_retry_at &&
                        p->ports.may_begin(p->userdata, PAIR_TURN_ATTACH))
                attach(p, now);
        pair_aim_look(&p->aim, p->predictor, now);
        look_for_others(p, now);
        pair_look_at_proofs(p, now);
        dispatch_steering(p, now);
        run_machine(p, now);
        pair_balance(p, now);
        pair_gone_dispatch(p, now);
        pair_move_dispatch(p, now);
        next = pair_prime_dispatch(p, now);
        pair_tell_evidence(p, now);
        if (pair_neighbour_is_stale(p, now))
                pair_look_at_fate(p, now);
        p->n_dispatching--;
        p->ports.wake(p->userdata, next_wake(p, next, now));
}

void pair_set_link(Pair *p, PairSide side, const PairLink *link, usec_t now) {
        PairLink old = p->link[side];

        p->introduced[side] = true;
        p->link[side] = *link;
        if (!link->name[0])
                memcpy(p->link[side].name, old.name, sizeof(old.name));
        if (side == SIDE_PRIMARY)
                pair_gone_link(p, &old, link, now);
        /* another device behind the name: what was known is of the old one; in a bond, or no longer, it is
         * steered otherwise */
        if (old.exists && link->exists && (old.ifindex != link->ifindex || old.master != link->master)) {
                p->link[side].exists = false;
                p->replaced = true;
                pair_dispatch(p, now);
                p->link[side].exists = true;
                p->replaced = false;
        }
        /* an administrator's act: what the counters do now says nothing of the adapter's health */
        if (old.exists && link->exists && old.up != link->up)
                pair_hold_off_health(p, side, ADMINISTRATIVE_HOLD_OFF, now);
        pair_dispatch(p, now);
        pair_look_at_fate(p, now);
        p->ports.changed(p->userdata);
}

void pair_set_link_mode(Pair *p, PairSide side, uint64_t bit_rate, bool full_duplex) {
        PairLink *l = p->link + side;

        if (l->bit_rate == bit_rate && l->full_duplex == full_duplex)
                return;
        l->bit_rate = bit_rate;
        l->full_duplex = full_duplex;
        p->ports.changed(p->userdata);
}

void pair_set_link_trouble(Pair *p, PairSide side, LinkTrouble trouble) {
        PairLink *l = p->link + side;

        if (link_trouble_equal(&l->trouble, &trouble))
                return;
        l->trouble = trouble;
        p->ports.changed(p->userdata);
}

void pair_feed(Pair *p, PairSide side, const HealthSample *samples, size_t n, usec_t now) {
        health_predictor_feed(p->predictor[side], samples, n);
        for (size_t i = 0; i < n; i++)
                signal_history_add(p->past[side] + samples[i].signal, samples + i);
        if (p->ports.fed)
                p->ports.fed(p->userdata, side, samples, n);
}

void pair_set_module(Pair *p, PairSide side, const ModuleStatus *status, bool swapped, usec_t now) {
        p->module[side] = *status;
        for (Signal s = 0; s < _SIGNAL_MAX && swapped; s++)
                if (signal_is_of_module(s))
                        pair_forget_signal(p, side, s);
        pair_apply_module(p, side);
        p->ports.changed(p->userdata);
}

bool pair_is_busy(const Pair *p) {
        return p->worker || p->drill != DRILL_NONE || pair_state_is_moving(p->state);
}

void pair_read_anew(Pair *p, usec_t now) {
        Error e = {};

        if (!p->steering)
                return;
        p->reading_again = p->reading_void = false;
        p->reading = true; /* before the port: the answer may be at hand */
        if (p->ports.read(p->userdata, p->steering, p->link, &e) < 0)
                pair_take_reading(p, NULL, &e, now);
}

void pair_refresh(Pair *p, usec_t now) {
        if (p->reading)
                p->reading_again = true;
        else
                pair_read_anew(p, now);
}

void pair_take_reading(Pair *p, SteeringReading *reading, const Error *error, usec_t now) {
        bool is_void = p->reading_void, again = is_void || p->reading_again;
        Error e = reading ? (Error){} : *error;

        p->reading = p->reading_again = p->reading_void = false;
        if (reading && !is_void)
                (void) steering_refresh(p->steering, reading, now, &e);
        if (e.kind != ERROR_NONE)
                pair_tell(p, EVENT_CONFLICT, _PAIR_SIDE_INVALID, "%s", e.text);
        tell_conflict(p);
        if (p->split_at != 0)
                pair_begin_split(p, now);
        if (again)
                pair_read_anew(p, now);
        pair_dispatch(p, now);
}

void pair_check_steering(Pair *p, usec_t now) {
        p->steering_check_next = now;
        pair_dispatch(p, now);
        p->ports.changed(p->userdata);
}

void pair_set_inhibitors(Pair *p, unsigned n, usec_t now) {
        p->n_inhibitors = n;
        pair_dispatch(p, now);
        p->ports.changed(p->userdata);
}

const char *pair_name(const Pair *p) {
        return p->policy.name;
}

const PairPolicy *pair_policy(const Pair *p) {
        return &p->policy;
}

HealthPredictor *pair_predictor(Pair *p, PairSide side) {
        return p->predictor[side];
}

Steering *pair_steering(Pair *p) {
        return p->steering;
}

PairSide pair_serving(const Pair *p) {
        return p->serving;
}

const PairLink *pair_link(const Pair *p, PairSide side) {
        return p->link + side;
}

const PrimePlan *pair_last_plan(const Pair *p) {
        return p->plan;
}
