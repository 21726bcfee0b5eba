/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From rows of a trace to what the predictors are told, in the order the daemon would tell it. */

#include <stdio.h>
#include <stdlib.h>

#include "rehearsal-internal.h"

/* Times of 0 mean never in many a structure. */
#define REHEARSAL_OFFSET USEC_PER_SEC
/* In a gap of the trace time passes in steps of the sampling interval, as it does in the daemon, but not for
 * longer than anything takes to be forgotten. */
#define GAP_MAX USEC_PER_HOUR

Rehearsal *rehearsal_new(const PairPolicy *policy, PairSide serving, RehearsalFunc func, void *userdata) {
        Rehearsal *r = calloc(1, sizeof(*r));

        if (!r)
                return NULL;
        r->policy = *policy;
        r->func = func;
        r->userdata = userdata;
        r->state = PAIR_ABSENT;
        r->serving = r->recorded = serving;
        r->now = REHEARSAL_OFFSET;
        move_budget_init(&r->budget, &(BudgetPolicy){}, 0);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                r->predictor[s] = health_predictor_new(policy->signals);
                if (!r->predictor[s])
                        return rehearsal_free(r);
        }
        return r;
}

Rehearsal *rehearsal_free(Rehearsal *r) {
        if (!r)
                return NULL;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                health_predictor_free(r->predictor[s]);
        free(r);
        return NULL;
}

static void flush(Rehearsal *r) {
        if (r->n_pending == 0)
                return;
        health_predictor_feed(r->predictor[r->pending_side], r->pending, r->n_pending);
        r->n_samples += r->n_pending;
        r->n_pending = 0;
}

static void advance(Rehearsal *r, usec_t to) {
        usec_t step = MAX(r->policy.sample, USEC_PER_MSEC), tick;

        if (to <= r->now)
                return;
        /* both adapters' snapshots of one moment are judged together */
        flush(r);
        rehearsal_dispatch(r);
        if (to - r->now > GAP_MAX)
                r->now = to - GAP_MAX;
        for (tick = usec_add(r->now, step);; tick = r->now >= tick ? usec_add(tick, step) : tick) {
                /* what is due by then is done when it is due, as in the daemon */
                usec_t next = MAX(MIN(tick, rehearsal_next(r)), r->now + 1);

                if (next >= to)
                        break;
                r->now = next;
                rehearsal_dispatch(r);
        }
        r->now = to;
}

static void take_sample(Rehearsal *r, PairSide side, const HealthSample *sample) {
        if (r->n_pending > 0 && (r->pending_side != side || r->n_pending == ELEMENTSOF(r->pending)))
                flush(r);
        r->pending_side = side;
        r->pending[r->n_pending] = *sample;
        r->pending[r->n_pending++].at = r->now;
}

static void take_forget(Rehearsal *r, PairSide side, Signal s) {
        SignalThreshold *warn = r->module_warn[side], *alarm = r->module_alarm[side];

        if (s >= 0) {
                health_predictor_forget(r->predictor[side], s);
                warn[s] = alarm[s] = (SignalThreshold){};
                return;
        }
        health_predictor_reset(r->predictor[side]);
        memset(warn, 0, sizeof(r->module_warn[side]));
        memset(alarm, 0, sizeof(r->module_alarm[side]));
}

/* The other of the two stays as it is. */
static void take_threshold(Rehearsal *r, PairSide side, const ReplayRow *row) {
        Signal s = row->sample.signal;
        SignalThreshold *warn = r->module_warn[side] + s, *alarm = r->module_alarm[side] + s;

        *(row->kind == REPLAY_WARN ? warn : alarm) = row->threshold;
        health_predictor_set_module_thresholds(r->predictor[side], s, warn, alarm);
}

static void take_role(Rehearsal *r, PairSide side, ReplayRole role) {
        if (role != REPLAY_SERVING || side == r->recorded)
                return;
        r->recorded = side;
        if (r->func)
                r->func(&(RehearsalEvent){ .kind = REHEARSAL_RECORDED,
                                        .at = r->now - REHEARSAL_OFFSET,
                                        .side = side,
                                        .state = r->state,
                                        .risk = health_predictor_risk(r->predictor[side]) },
                                r->userdata);
}

void rehearsal_take(Rehearsal *r, PairSide side, const ReplayRow *row) {
        advance(r, usec_add(row->sample.at, REHEARSAL_OFFSET));
        if (row->kind != REPLAY_SAMPLE)
                flush(r);
        switch (row->kind) {
        case REPLAY_SAMPLE:
                take_sample(r, side, &row->sample);
                return;
        case REPLAY_WARN:
        case REPLAY_ALARM:
                take_threshold(r, side, row);
                return;
        case REPLAY_HOLD_OFF:
                health_predictor_hold_off(r->predictor[side], usec_add(r->now, row->hold_off));
                return;
        case REPLAY_FORGET:
                take_forget(r, side, row->sample.signal);
                return;
        case REPLAY_ROLE:
                take_role(r, side, row->role);
                return;
        case REPLAY_DROPPED:
                r->n_dropped += row->dropped;
                return;
        case _REPLAY_KIND_MAX:
        case _REPLAY_KIND_INVALID:
                return;
        }
}

void rehearsal_end(Rehearsal *r) {
        flush(r);
        rehearsal_dispatch(r);
}

void rehearsal_get_status(const Rehearsal *r, RehearsalStatus *ret) {
        *ret = (RehearsalStatus){
                .at = r->now - REHEARSAL_OFFSET,
                .state = r->state,
                .serving = r->serving,
                .n_samples = r->n_samples,
                .n_dropped = r->n_dropped,
        };
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ret->risk[s] = health_predictor_risk(r->predictor[s]);
                ret->level[s] = health_predictor_level(r->predictor[s]);
        }
}

bool rehearsal_get_value(const Rehearsal *r, PairSide side, Signal s, double *ret) {
        return health_predictor_last_value(r->predictor[side], s, ret, NULL);
}
