/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair-world.h"
#include "world-steering.h"

#define REALTIME_OFFSET (1700000000 * USEC_PER_SEC)

const SteeringPath guard = { SIDE_PRIMARY, SIDE_PRIMARY }, split = { SIDE_STANDBY, SIDE_PRIMARY },
                   switched = { SIDE_STANDBY, SIDE_STANDBY };

static int world_attach(void *userdata, const PairPolicy *policy, const PairLink *links, usec_t now,
                Steering **ret, Error *e) {
        World *w = userdata;

        if (w->attach_fails)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "eth1 has addresses of its own");
        *ret = world_steering_new(w);
        return *ret ? 0 : -ENOMEM;
}

static void world_release(void *userdata) {
        ((World *) userdata)->reading = false;
}

static void read_finish(World *w) {
        w->reading = false;
        pair_take_reading(w->pair, (SteeringReading *) (void *) w, NULL, w->now); /* nobody looks into it */
}

static int world_read(void *userdata, const Steering *steering, const PairLink *links, Error *e) {
        World *w = userdata;

        w->n_read++;
        w->reading = true;
        w->read_at = usec_add(w->now, w->read_delay);
        if (w->read_delay == 0)
                read_finish(w);
        return 0;
}

static bool world_is_proved(void *userdata, PairSide side, usec_t now, char reason[static PAIR_REASON_MAX]) {
        World *w = userdata;

        snprintf(reason, PAIR_REASON_MAX, "%s", w->proved[side] ? "beacons both ways" : "no beacon came back");
        return w->proved[side];
}

static void world_burst(void *userdata, usec_t now, usec_t duration) {
}

static void world_totals(
                void *userdata, uint64_t *ret_lost, uint64_t *ret_duplicated, uint64_t *ret_reordered) {
        World *w = userdata;

        *ret_lost = w->lost;
        *ret_duplicated = *ret_reordered = 0;
}

static int world_prime(void *userdata, const PairPrimeOrder *order, Error *e) {
        World *w = userdata;

        assert(!w->prime_running && !w->prime_lingers);
        w->prime_running = true;
        w->prime_what = order->what;
        w->prime_at = w->now + w->prime_delay;
        w->n_primed += order->what == PAIR_PRIMING_APPLY;
        w->n_looked += order->what == PAIR_PRIMING_PLAN;
        w->prime_request = (PrimeRequest){
                .task = (PrimeTask) order->what,
                .serving = order->serving->ifindex,
                .spare = order->spare->ifindex,
                .items = order->items,
                .dry_run = order->dry_run,
        };
        /* what a forked process has is a copy */
        prime_plan_free(w->prime_before);
        w->prime_before = NULL;
        if (order->before) {
                w->prime_before = prime_plan_new();
                if (prime_plan_copy(w->prime_before, order->before) < 0)
                        abort();
                w->prime_request.before = w->prime_before;
        }
        w->prime_contention = *order->contention;
        w->prime_request.contention = &w->prime_contention;
        return 0;
}

static bool world_prime_cancel(void *userdata) {
        World *w = userdata;

        w->n_cancelled += w->prime_running && w->prime_what != PAIR_PRIMING_PLAN;
        w->prime_running = false;
        return false;
}

static void world_save_plan(void *userdata, const PrimePlan *plan) {
        World *w = userdata;

        prime_plan_free(w->saved_plan);
        w->saved_plan = NULL;
        if (!plan)
                return;
        w->saved_plan = prime_plan_new();
        if (prime_plan_copy(w->saved_plan, plan) < 0)
                abort();
}

static int world_keep(void *userdata, const PairMemory *memory, const PrimePlan *plan, Error *e) {
        World *w = userdata;

        if (w->disk_full)
                return error_errno(e, -ENOSPC, "cannot write /run/primed/lan.plan.new");
        if (plan)
                world_save_plan(w, plan);
        w->memory = *memory;
        w->saved = true;
        return 0;
}

static bool world_identity_known(void *userdata) {
        return ((World *) userdata)->identity_known;
}

static int world_identity(void *userdata, PairIdentityTask task, bool resume, Error *e) {
        World *w = userdata;

        assert(!w->identity_running);
        w->identity_running = true;
        w->identity_task = task;
        w->identity_resumed = resume;
        w->identity_at = w->now + w->identity_delay;
        w->n_identity[task]++;
        return 0;
}

static void world_wake(void *userdata, usec_t at) {
        World *w = userdata;

        w->wake = MIN(w->wake, at);
}

static void world_save(void *userdata, const Pair *p) {
        World *w = userdata;

        pair_get_memory(p, &w->memory);
        w->saved = true;
}

static usec_t world_monotonic(void *userdata) {
        World *w = userdata;

        return w->now;
}

static usec_t world_realtime(void *userdata) {
        World *w = userdata;

        return w->now + REALTIME_OFFSET;
}

static void world_event(void *userdata, EventKind kind, PairSide side, const EventField *fields,
                size_t n_fields, const char *text) {
        World *w = userdata;

        if (w->n_events < WORLD_EVENTS_MAX)
                w->events[w->n_events++] = kind;
        snprintf(w->text[kind], sizeof(w->text[kind]), "%s", text);
        if (getenv("PRIMED_TEST_VERBOSE"))
                fprintf(stderr, "%10.3f %s\n", (double) w->now / USEC_PER_SEC, text);
        if (kind == EVENT_STATE_CHANGED && w->n_states < WORLD_EVENTS_MAX)
                w->states[w->n_states++] = world_state(w);
        if (w->heard)
                w->heard(w, kind, side);
}

static void world_changed(void *userdata) {
}

static void world_switch_started(void *userdata, const MoveRecord *record) {
        World *w = userdata;

        w->started = *record;
        w->n_started++;
}

static void world_switch_finished(void *userdata, const MoveRecord *record) {
        World *w = userdata;

        w->finished = *record;
        w->n_finished++;
}

static bool world_may_begin(void *userdata, PairTurn what) {
        return true;
}

static const PairPorts ports = {
        .may_begin = world_may_begin,
        .attach = world_attach,
        .release = world_release,
        .read = world_read,
        .is_proved = world_is_proved,
        .probe_burst = world_burst,
        .probe_totals = world_totals,
        .prime = world_prime,
        .prime_cancel = world_prime_cancel,
        .identity_known = world_identity_known,
        .identity = world_identity,
        .wake = world_wake,
        .save = world_save,
        .save_plan = world_save_plan,
        .keep = world_keep,
        .monotonic = world_monotonic,
        .realtime = world_realtime,
        .event = world_event,
        .changed = world_changed,
        .switch_started = world_switch_started,
        .switch_finished = world_switch_finished,
};

void world_init(World *w) {
        *w = (World){
                .now = 1000 * USEC_PER_SEC,
                .proved = { true, true },
                .ingress_follows = true,
                .ingress_delay = 2 * USEC_PER_MSEC,
                .prime_delay = 20 * USEC_PER_MSEC,
                .identity_delay = 5 * USEC_PER_MSEC,
                .wake = USEC_INFINITY,
        };
        pair_policy_init(&w->policy);
        snprintf(w->policy.name, sizeof(w->policy.name), "lan");
        w->policy.budget.hold_off = 0;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                AdapterMatch *a = w->policy.adapter + s;

                a->kind = ADAPTER_BY_NAME;
                snprintf(a->name, sizeof(a->name), "eth%d", s);
                snprintf(a->text, sizeof(a->text), "eth%d", s);
                w->link[s] = (PairLink){ .exists = true, .ifindex = 10 + s, .up = true, .carrier = true };
                snprintf(w->link[s].name, sizeof(w->link[s].name), "eth%d", s);
        }
}

void world_start(World *w) {
        if (w->saved_plan) { /* read from its file, and the pair's from then on */
                w->memory.plan = prime_plan_new();
                if (prime_plan_copy(w->memory.plan, w->saved_plan) < 0)
                        abort();
        }
        if (pair_new(&w->policy, &ports, w, w->saved ? &w->memory : NULL, w->now, &w->pair) < 0)
                abort();
        w->memory.plan = NULL;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                pair_set_link(w->pair, s, w->link + s, w->now);
}

void world_begin(World *w) {
        world_start(w);
        world_run(w, USEC_PER_SEC);
        ck_assert_int_eq(world_state(w), PAIR_PRIMED);
        ck_assert(w->path.ingress == SIDE_PRIMARY && w->path.egress == SIDE_PRIMARY);
}

void world_alarm(World *w, PairSide side) {
        ck_assert_int_eq(pair_inject_evidence(w->pair, w->link[side].name, SIGNAL_RX_POWER, EVIDENCE_ALARM,
                                         USEC_PER_HOUR, NULL),
                        0);
}

void world_kill(World *w) {
        PairMemory memory = w->memory;
        bool saved = w->saved;

        w->pair = pair_free(w->pair);
        /* what a process that is killed does not do any more */
        w->memory = memory;
        w->saved = saved;
        w->prime_running = w->identity_running = w->reading = false;
        w->moving = false;
        w->wake = USEC_INFINITY;
}

void world_done(World *w) {
        w->pair = pair_free(w->pair);
        w->saved_plan = prime_plan_free(w->saved_plan);
        w->prime_before = prime_plan_free(w->prime_before);
        w->planned = prime_plan_free(w->planned);
        w->adapters = fake_adapters_free(w->adapters);
}

static void worker_planned(const PrimePlan *plan, void *userdata) {
        World *w = userdata;

        prime_plan_free(w->planned);
        w->planned = prime_plan_new();
        if (prime_plan_copy(w->planned, plan) < 0)
                abort();
}

static int worker_keep(void *userdata, Error *e) {
        World *w = userdata;

        w->n_kept++;
        return pair_prime_begins(w->pair, w->planned, e);
}

/* Like the real one, on adapters made of memory. */
static int worker_run(World *w, PrimePlan *plan, Error *e) {
        PrimeWatcher watcher = { .planned = worker_planned, .keep = worker_keep, .userdata = w };
        int r;

        if (w->prime_dies_at > 0)
                w->adapters->lost_from = w->adapters->n_writes + w->prime_dies_at;
        r = prime_worker_run(&w->adapters->access, &w->prime_request, &watcher, plan, e);
        w->adapters->lost_from = 0;
        return r;
}

static void prime_finish(World *w) {
        PrimePlan *plan = NULL;
        Error e = {};
        int r = w->prime_result;

        w->prime_running = false;
        if (w->prime_hangs && w->prime_what != PAIR_PRIMING_PLAN) {
                w->prime_lingers = true;
                error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT, "priming timed out after 30s while setting rings rx");
                pair_prime_done(w->pair, NULL, &e, true, w->now);
                return;
        }
        if (r < 0)
                error_set(&e, ERROR_FAILED, r, "eth1: rings: the driver refused");
        else {
                plan = prime_plan_new();
                r = w->adapters ? worker_run(w, plan, &e) : 0;
        }
        if (w->prime_dies_at > 0) { /* and nobody hears of it */
                prime_plan_free(plan);
                return;
        }
        pair_prime_done(w->pair, plan, r < 0 ? &e : NULL, false, w->now);
}

static void identity_finish(World *w) {
        Error e = {};

        w->identity_running = false;
        if (w->identity_result < 0)
                error_set(&e, ERROR_FAILED, w->identity_result, "an address of eth0: Invalid argument");
        pair_identity_done(w->pair, w->identity_result, "", w->identity_result < 0 ? &e : NULL, w->now);
}

void world_prime_returns(World *w) {
        w->prime_lingers = w->prime_hangs = false;
        pair_prime_ended(w->pair, w->now);
}

void world_set(World *w, PairSide side, AdapterAttribute attribute, uint64_t value) {
        AdapterProfile *p = fake_adapter_get(w->adapters, w->link[side].ifindex);

        p->value[attribute] = adapter_value_number(value);
        pair_settings_changed(w->pair, side, UINT64_C(1) << adapter_attribute_info(attribute)->item, w->now);
}

uint64_t world_get(World *w, PairSide side, AdapterAttribute attribute) {
        return fake_adapter_get(w->adapters, w->link[side].ifindex)->value[attribute].word[0];
}

unsigned world_count(const World *w, EventKind kind) {
        unsigned n = 0;

        for (size_t i = 0; i < w->n_events; i++)
                n += w->events[i] == kind;
        return n;
}

void world_run(World *w, usec_t duration) {
        usec_t end = w->now + duration, tick = w->now + w->policy.sample;
        uint64_t turns = 0;

        while (w->now < end) {
                usec_t next = MIN(MIN(tick, w->wake), end);

                ck_assert_msg(turns++ < 200 + duration / 500, "the pair wants to be called all the time");

                if (w->prime_running)
                        next = MIN(next, w->prime_at);
                if (w->identity_running)
                        next = MIN(next, w->identity_at);
                if (w->reading)
                        next = MIN(next, w->read_at);
                w->now = MAX(next, w->now + 1);
                if (w->now >= w->wake)
                        w->wake = USEC_INFINITY;
                if (w->now >= tick)
                        tick += w->policy.sample;
                if (w->prime_running && w->now >= w->prime_at)
                        prime_finish(w);
                if (w->identity_running && w->now >= w->identity_at)
                        identity_finish(w);
                if (w->reading && w->now >= w->read_at)
                        read_finish(w);
                pair_dispatch(w->pair, w->now);
        }
}

void world_set_carrier(World *w, PairSide side, bool carrier) {
        w->link[side].carrier = carrier;
        w->proved[side] = carrier;
        pair_set_link(w->pair, side, w->link + side, w->now);
}

void world_set_exists(World *w, PairSide side, bool exists) {
        PairLink gone = {};

        w->link[side].exists = exists;
        w->link[side].ifindex += exists ? 100 : 0;
        w->proved[side] = exists;
        /* the programs on it went with the device */
        if (!exists)
                w->path = (SteeringPath){};
        pair_set_link(w->pair, side, exists ? w->link + side : &gone, w->now);
}

PairState world_state(const World *w) {
        PairStatus status;

        pair_get_status(w->pair, &status);
        return status.state;
}

bool world_saw(const World *w, EventKind kind) {
        for (size_t i = 0; i < w->n_events; i++)
                if (w->events[i] == kind)
                        return true;
        return false;
}

bool world_entered(const World *w, PairState state) {
        for (size_t i = 0; i < w->n_states; i++)
                if (w->states[i] == state)
                        return true;
        return false;
}

static void on_reply(Pair *p, const PairReply *reply, const Error *e, void *userdata) {
        Answer *a = userdata;

        a->n++;
        a->ok = !e;
        a->kind = e ? e->kind : ERROR_NONE;
        a->n_steps = reply->plan ? reply->plan->n_steps : 0;
        snprintf(a->text, sizeof(a->text), "%s", e ? e->text : "");
        if (reply->record)
                a->record = *reply->record;
        if (reply->back)
                a->back = *reply->back;
}

void world_add_adapters(World *w) {
        w->adapters = fake_adapters_new();
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                (void) fake_adapter_add(w->adapters, w->link[s].ifindex, w->link[s].name);
}

int world_request(World *w, PairVerb verb, bool force, Answer *answer, Error *e) {
        PairRequest request = { .verb = verb, .force = force, .revert_after = w->revert_after };

        *answer = (Answer){};
        return pair_request(w->pair, &request, on_reply, answer, e);
}

void world_ask(World *w, PairVerb verb) {
        Answer answer;

        ck_assert_int_eq(world_request(w, verb, false, &answer, NULL), 0);
        world_run(w, USEC_PER_SEC);
        ck_assert_msg(answer.n == 1 && answer.ok, "%s", answer.text);
}

bool world_spare_equals(World *w, const AdapterProfile *profile) {
        return adapter_profile_equal(fake_adapter_get(w->adapters, w->link[SIDE_STANDBY].ifindex), profile);
}

void world_assert_untouched(World *w) {
        if (world_state(w) != PAIR_ABSENT && pair_serving(w->pair) == SIDE_PRIMARY)
                ck_assert_uint_eq(w->adapters->adapter[SIDE_PRIMARY].n_writes, 0);
}
