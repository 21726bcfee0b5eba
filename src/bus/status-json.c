/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>

#include "module-status.h"
#include "status-json.h"

/* NaN and infinity are not JSON; 17 digits are noise. */
static json_object *new_double(double value) {
        char text[32];

        if (!isfinite(value))
                return NULL;
        snprintf(text, sizeof(text), "%.9g", value);
        return json_object_new_double_s(value, text);
}

/* Empty is unknown. */
static json_object *new_text(const char *s) {
        return s && *s ? json_object_new_string(s) : NULL;
}

/* 0 and infinity are not known, or never. */
static json_object *new_known(uint64_t value) {
        return value > 0 && value != USEC_INFINITY ? json_object_new_uint64(value) : NULL;
}

static json_object *new_address(const EtherAddress *a) {
        char text[18];

        if (ether_address_is_zero(a))
                return NULL;
        snprintf(text, sizeof(text), ETHER_ADDRESS_FORMAT, ETHER_ADDRESS_ARGS(*a));
        return json_object_new_string(text);
}

/* A past moment of the monotonic clock, since the epoch. */
static json_object *new_moment(usec_t monotonic, StatusClock now) {
        return monotonic > 0 ? new_known(usec_sub(now.realtime, usec_sub(now.monotonic, monotonic))) : NULL;
}

static json_object *new_value(TellValue v, TellType type) {
        switch (type) {
        case TELL_BOOL:
                return json_object_new_boolean(v.flag);
        case TELL_U64:
                return json_object_new_uint64(v.number);
        case TELL_STRING:
                return json_object_new_string(v.string ?: "");
        }
        return NULL;
}

const char *health_to_string(EvidenceLevel level) {
        return level == EVIDENCE_NONE ? "good" : evidence_level_to_string(level);
}

json_object *move_record_to_json(const MoveRecord *r) {
        json_object *o;

        if (r->id == 0)
                return NULL;
        o = json_object_new_object();
        for (size_t i = 0; i < n_move_fields; i++)
                json_object_object_add(
                                o, move_fields[i].json, new_value(move_field_get(r, i), move_fields[i].type));
        return o;
}

json_object *prime_plan_to_json(const PrimePlan *p) {
        json_object *steps = json_object_new_array();

        for (size_t i = 0; p && i < p->n_steps; i++) {
                json_object *o = json_object_new_object();
                StepText text;

                step_text(&text, &p->steps[i]);
                for (size_t j = 0; j < n_step_fields; j++)
                        json_object_object_add(o, step_fields[j].json,
                                        new_value(step_field_get(&p->steps[i], &text, j), step_fields[j].type));
                json_object_array_add(steps, o);
        }
        return steps;
}

json_object *evidence_to_json(const Evidence *e, const char *adapter, StatusClock now) {
        const SignalInfo *info = signal_info(e->signal);
        json_object *o = json_object_new_object();
        char text[PAIR_REASON_MAX];

        evidence_format(e, now.monotonic, text, sizeof(text));
        json_object_object_add(o, "adapter", new_text(adapter));
        json_object_object_add(o, "signal", new_text(signal_to_string(e->signal)));
        json_object_object_add(o, "level", new_text(evidence_level_to_string(e->level)));
        json_object_object_add(o, "rule", new_text(rule_to_string(e->rule)));
        json_object_object_add(o, "value", new_double(e->value));
        json_object_object_add(o, "threshold", new_double(e->threshold));
        json_object_object_add(o, "unit", new_text(signal_unit_to_string(info->unit)));
        json_object_object_add(o, "since_us", new_moment(e->since, now));
        json_object_object_add(o, "exposure", json_object_new_uint64(e->exposure));
        json_object_object_add(o, "time_to_failure_us", new_known(e->time_to_failure));
        json_object_object_add(o, "injected", json_object_new_boolean(e->injected));
        json_object_object_add(o, "vetoed", json_object_new_boolean(e->vetoed));
        json_object_object_add(o, "text", new_text(text));
        evidence_format_remedy(e, text, sizeof(text));
        json_object_object_add(o, "clears", new_text(text));
        json_object_object_add(o, "advice", new_text(info->advice));
        json_object_object_add(o, "source", new_text(info->source));
        return o;
}

static void add_evidence(json_object *array, const AdapterStatus *s, StatusClock now) {
        const char *advice = link_trouble_advice(&s->trouble);

        for (size_t i = 0; i < s->n_evidence; i++) {
                json_object *o = evidence_to_json(&s->evidence[i], s->name, now);

                /* the driver knows better than the table of signals */
                if (s->evidence[i].signal == SIGNAL_CARRIER && advice)
                        json_object_object_add(o, "advice", new_text(advice));
                json_object_array_add(array, o);
        }
}

static json_object *signals_to_json(const AdapterStatus *s, StatusClock now) {
        json_object *signals = json_object_new_object();

        for (size_t i = 0; i < _SIGNAL_MAX; i++) {
                json_object *o;

                if (!s->values[i].set)
                        continue;
                o = json_object_new_object();
                json_object_object_add(o, "value", new_double(s->values[i].value));
                json_object_object_add(o, "unit", new_text(signal_unit_to_string(signal_info(i)->unit)));
                json_object_object_add(o, "at_us", new_moment(s->values[i].at, now));
                json_object_object_add(signals, signal_to_string(i), o);
        }
        return signals;
}

static json_object *neighbour_to_json(const LldpNeighbour *n) {
        json_object *o;

        if (!n->chassis[0])
                return NULL;
        o = json_object_new_object();
        json_object_object_add(o, "chassis", new_text(n->chassis));
        json_object_object_add(o, "port", new_text(n->port));
        json_object_object_add(o, "system", new_text(n->system));
        return o;
}

json_object *adapter_status_to_json(const AdapterStatus *s, StatusClock now) {
        json_object *o = json_object_new_object(), *evidence = json_object_new_array();
        bool present = s->ifindex > 0;

        json_object_object_add(o, "name", new_text(s->name));
        json_object_object_add(o, "ifindex", present ? json_object_new_int(s->ifindex) : NULL);
        json_object_object_add(o, "pair", new_text(s->pair));
        json_object_object_add(o, "role", new_text(pair_side_to_string(s->side)));
        json_object_object_add(o, "serving", json_object_new_boolean(s->serving));
        json_object_object_add(o, "ingress", json_object_new_boolean(s->ingress));
        json_object_object_add(o, "egress", json_object_new_boolean(s->egress));
        json_object_object_add(o, "up", json_object_new_boolean(s->up));
        json_object_object_add(o, "carrier", json_object_new_boolean(s->carrier));
        json_object_object_add(o, "down_reason", new_text(LINK_TROUBLE_TEXT(&s->trouble)));
        json_object_object_add(o, "operstate", new_text(s->operstate));
        json_object_object_add(o, "driver", new_text(s->driver));
        json_object_object_add(o, "bus_path", new_text(s->bus_path));
        json_object_object_add(o, "address", new_address(&s->address));
        json_object_object_add(o, "permanent_address", new_address(&s->permanent_address));
        json_object_object_add(o, "bit_rate", new_known(s->bit_rate));
        json_object_object_add(
                        o, "duplex", s->bit_rate > 0 ? new_text(s->full_duplex ? "full" : "half") : NULL);
        json_object_object_add(o, "mtu", new_known(s->mtu));
        json_object_object_add(o, "health", new_text(health_to_string(s->health)));
        json_object_object_add(o, "risk", new_double(s->risk));
        add_evidence(evidence, s, now);
        json_object_object_add(o, "evidence", evidence);
        json_object_object_add(o, "signals", signals_to_json(s, now));
        json_object_object_add(o, "module", module_status_to_json(&s->module, now));
        json_object_object_add(o, "neighbor", neighbour_to_json(&s->neighbour));
        json_object_object_add(o, "ingress_frames", json_object_new_uint64(s->ingress_frames));
        json_object_object_add(o, "egress_frames", json_object_new_uint64(s->egress_frames));
        json_object_object_add(o, "proved", json_object_new_boolean(s->proved));
        json_object_object_add(o, "proof", new_text(s->proof));
        return o;
}

static json_object *texts_to_json(const char (*texts)[PAIR_REASON_MAX], size_t n) {
        json_object *array = json_object_new_array();

        for (size_t i = 0; i < n; i++)
                json_object_array_add(array, json_object_new_string(texts[i]));
        return array;
}

json_object *pair_status_to_json(const PairStatus *s, const AdapterStatus *adapters, StatusClock now) {
        json_object *o = json_object_new_object(), *evidence = json_object_new_array();
        json_object *of_adapters = json_object_new_array();

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                add_evidence(evidence, &adapters[side], now);
                json_object_array_add(of_adapters, adapter_status_to_json(&adapters[side], now));
        }
        json_object_object_add(o, "name", new_text(s->name));
        json_object_object_add(o, "description", new_text(s->description));
        json_object_object_add(o, "policy_file", new_text(s->policy_file));
        json_object_object_add(o, "mode", new_text(pair_mode_to_string(s->mode)));
        json_object_object_add(o, "state", new_text(pair_state_to_string(s->state)));
        json_object_object_add(o, "state_since_us", new_known(s->state_since_realtime));
        json_object_object_add(o, "steering", new_text(s->steering));
        json_object_object_add(o, "primary", new_text(s->adapter[SIDE_PRIMARY]));
        json_object_object_add(o, "standby", new_text(s->adapter[SIDE_STANDBY]));
        json_object_object_add(o, "serving", new_text(s->adapter[s->serving]));
        json_object_object_add(o, "ingress", new_text(s->adapter[s->ingress]));
        json_object_object_add(o, "egress", new_text(s->adapter[s->egress]));
        json_object_object_add(o, "balanced", json_object_new_boolean(s->balanced));
        json_object_object_add(o, "protected", json_object_new_boolean(s->protected_));
        json_object_object_add(o, "protected_reasons", texts_to_json(s->reasons, s->n_reasons));
        json_object_object_add(o, "risk", new_double(s->risk));
        json_object_object_add(o, "evidence", evidence);
        json_object_object_add(o, "primed", json_object_new_boolean(s->primed));
        json_object_object_add(o, "primed_us", new_known(s->primed_realtime));
        json_object_object_add(o, "prime_hold_reason", new_text(s->prime_hold_reason));
        json_object_object_add(o, "held", json_object_new_boolean(s->held));
        json_object_object_add(o, "hold_reason", s->held ? new_text(s->hold_reason) : NULL);
        json_object_object_add(o, "hold_until_us", s->held ? new_known(s->hold_until_realtime) : NULL);
        json_object_object_add(o, "inhibitors", json_object_new_int64(s->n_inhibitors));
        json_object_object_add(o, "revert_us", new_known(s->revert_realtime));
        json_object_object_add(o, "conflict", new_text(s->conflict));
        json_object_object_add(o, "shared_fate", texts_to_json(s->shared, s->n_shared));
        json_object_object_add(o, "switch_count", json_object_new_uint64(s->switch_count));
        json_object_object_add(o, "last_switch", move_record_to_json(&s->last_switch));
        json_object_object_add(o, "adapters", of_adapters);
        return o;
}
