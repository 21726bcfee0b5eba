/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair's inside as the values that are told. */

#include <stdarg.h>
#include <stdio.h>

#include "pair-internal.h"

static void _printf_(2, 3) add_reason(PairStatus *s, const char *format, ...) {
        va_list ap;

        if (s->n_reasons >= PAIR_REASONS_MAX)
                return;
        va_start(ap, format);
        vsnprintf(s->reasons[s->n_reasons], sizeof(s->reasons[0]), format, ap);
        va_end(ap);
        s->n_reasons++;
}

static void say_why(const Pair *p, PairStatus *s) {
        const PairLink *serving = p->link + p->serving, *spare = p->link + pair_spare(p);

        char where[PAIR_REASON_MAX];

        pair_gone_say(p, where);
        if (where[0])
                add_reason(s, "%s", where);
        for (PairSide i = 0; i < _PAIR_SIDE_MAX; i++)
                if (!p->link[i].exists)
                        add_reason(s, "%s does not exist", p->policy.adapter[i].text);
        if (!serving->exists || !spare->exists)
                return;
        if (!p->attached && p->attach_error.code != 0)
                add_reason(s, "%.190s", p->attach_error.text);
        if (p->steering && p->steering->obstacle.kind != ERROR_NONE)
                add_reason(s, "%.190s", p->steering->obstacle.text);
        for (PairSide i = 0; i < _PAIR_SIDE_MAX; i++)
                if (!p->link[i].up)
                        add_reason(s, "%s was set down by an administrator", p->link[i].name);
                else if (!p->link[i].carrier)
                        add_reason(s, "%s has no carrier%s%s", p->link[i].name,
                                        p->link[i].trouble.known ? ": " : "",
                                        LINK_TROUBLE_TEXT(&p->link[i].trouble));
        if (p->attached && !p->proved && pair_link_is_alive(spare))
                add_reason(s, "%s is not proved: %.150s", spare->name, p->proof[pair_spare(p)]);
        if (health_predictor_level(p->predictor[pair_spare(p)]) == EVIDENCE_ALARM)
                add_reason(s, "%s is in alarm", spare->name);
        if (p->prime_hold_reason[0])
                add_reason(s, "priming is on hold: %.160s", p->prime_hold_reason);
        if (p->unkept[0])
                add_reason(s, "not primed: %.170s", p->unkept);
        if (p->aim.suppressed[0])
                add_reason(s, "a switch was suppressed: %.150s", p->aim.suppressed);
}

static bool state_is_protected(PairState s) {
        return s == PAIR_PROTECTED || s == PAIR_PRIMING || s == PAIR_PRIMED;
}

bool pair_is_protected(const Pair *p) {
        return state_is_protected(p->state) && pair_spare_is_ready(p);
}

void pair_get_status(const Pair *p, PairStatus *ret) {
        SteeringPath path = pair_path(p);
        bool attached = p->steering;

        *ret = (PairStatus){
                .mode = p->policy.mode,
                .state = p->state,
                .state_since_realtime = p->state_since_realtime,
                .serving = p->serving,
                .ingress = path.ingress,
                .egress = path.egress,
                .balanced = pair_is_balanced(p),
                .protected_ = pair_is_protected(p),
                .risk = health_predictor_risk(p->predictor[p->serving]),
                .primed = p->primed,
                .primed_realtime = p->primed_realtime,
                .held = p->held,
                .hold_until_realtime = p->hold_until_realtime,
                .n_inhibitors = p->n_inhibitors,
                .switch_count = p->switch_count,
        };
        snprintf(ret->name, sizeof(ret->name), "%s", p->policy.name);
        snprintf(ret->description, sizeof(ret->description), "%s", p->policy.description);
        snprintf(ret->policy_file, sizeof(ret->policy_file), "%s", p->policy.file);
        snprintf(ret->steering, sizeof(ret->steering), "%s", attached ? p->steering->backend->name : "none");
        snprintf(ret->hold_reason, sizeof(ret->hold_reason), "%s", p->hold_reason);
        snprintf(ret->prime_hold_reason, sizeof(ret->prime_hold_reason), "%s", p->prime_hold_reason);
        for (size_t i = 0; i < p->n_fate; i++)
                snprintf(ret->shared[ret->n_shared++], PAIR_REASON_MAX, "%s", p->fate[i].text);
        snprintf(ret->conflict, sizeof(ret->conflict), "%.190s",
                        p->attach_error.text[0] ? p->attach_error.text : p->told_conflict);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                snprintf(ret->adapter[s], sizeof(ret->adapter[s]), "%s", p->link[s].name);
        if (p->revert_at != 0)
                ret->revert_realtime = usec_add(p->ports.realtime(p->userdata),
                                usec_sub(p->revert_at, p->ports.monotonic(p->userdata)));
        say_why(p, ret);
        (void) pair_get_history(p, &ret->last_switch, 1);
}

static void copy_health(const HealthPredictor *predictor, AdapterStatus *ret) {
        const Evidence *evidence;

        ret->health = health_predictor_level(predictor);
        ret->risk = health_predictor_risk(predictor);
        ret->n_evidence = MIN(health_predictor_evidence(predictor, &evidence), (size_t) EVIDENCE_MAX);
        if (ret->n_evidence > 0)
                memcpy(ret->evidence, evidence, ret->n_evidence * sizeof(*evidence));
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                ret->values[s].set = health_predictor_last_value(
                                predictor, s, &ret->values[s].value, &ret->values[s].at);
}

void pair_get_adapter_status(const Pair *p, PairSide side, AdapterStatus *ret) {
        const PairLink *l = p->link + side;
        SteeringPath path = pair_path(p);
        SteeringCounters counters;

        *ret = (AdapterStatus){
                .ifindex = l->exists ? l->ifindex : 0,
                .side = side,
                .serving = p->serving == side,
                .ingress = path.ingress == side || pair_is_balanced(p),
                .egress = path.egress == side || pair_is_balanced(p),
                .up = l->up,
                .carrier = l->carrier,
                .address = l->address,
                .permanent_address = l->permanent_address,
                .bit_rate = l->bit_rate,
                .full_duplex = l->full_duplex,
                .trouble = l->trouble,
                .mtu = l->mtu,
                .proved = side == p->serving ? p->serving_proved : p->proved,
                .module = p->module[side],
                .neighbour = p->neighbour[side],
        };
        snprintf(ret->name, sizeof(ret->name), "%s", l->name);
        snprintf(ret->pair, sizeof(ret->pair), "%s", p->policy.name);
        snprintf(ret->operstate, sizeof(ret->operstate), "%s", l->operstate);
        snprintf(ret->driver, sizeof(ret->driver), "%s", l->place.driver);
        snprintf(ret->bus_path, sizeof(ret->bus_path), "%s", l->place.bus_path);
        snprintf(ret->proof, sizeof(ret->proof), "%s", p->proof[side]);
        copy_health(p->predictor[side], ret);
        if (p->steering && steering_get_counters(p->steering, &counters) >= 0) {
                ret->ingress_frames = counters.ingress_unicast[side] + counters.ingress_group[side];
                ret->egress_frames = counters.egress[side];
        }
}

void pair_get_signal_history(const Pair *p, PairSide side, Signal s, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]) {
        signal_history_get(p->past[side] + s, s, span, now, ret);
}
