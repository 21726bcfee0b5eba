/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pair tells: transitions, never samples. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "pair-internal.h"

#define FIELDS_MAX 12

typedef struct FieldSet {
        EventField field[FIELDS_MAX];
        char value[FIELDS_MAX][PAIR_REASON_MAX];
        size_t n;
} FieldSet;

static void _printf_(3, 4) add_field(FieldSet *f, const char *name, const char *format, ...) {
        va_list ap;

        assert(f->n < FIELDS_MAX);
        va_start(ap, format);
        vsnprintf(f->value[f->n], sizeof(f->value[0]), format, ap);
        va_end(ap);
        f->field[f->n] = (EventField){ .name = name, .value = f->value[f->n] };
        f->n++;
}

static void add_move_fields(FieldSet *f, const Pair *p) {
        if (p->move.id == 0)
                return;
        add_field(f, "PRIMED_SWITCH_ID", "%" PRIu64, p->move.id);
        add_field(f, "PRIMED_FROM", "%s", p->move.from);
        add_field(f, "PRIMED_TO", "%s", p->move.to);
        add_field(f, "PRIMED_TRIGGER", "%s", move_trigger_to_string(p->move.trigger));
        add_field(f, "PRIMED_DURATION_USEC", "%" PRIu64, p->move.duration_usec);
        add_field(f, "PRIMED_LOST", "%" PRIu64, p->move.lost);
}

static void add_evidence_fields(FieldSet *f, const Pair *p, PairSide side) {
        const Evidence *evidence;

        if (side < 0 || health_predictor_evidence(p->predictor[side], &evidence) == 0)
                return;
        add_field(f, "PRIMED_SIGNAL", "%s", signal_to_string(evidence->signal));
        add_field(f, "PRIMED_LEVEL", "%s", evidence_level_to_string(evidence->level));
        add_field(f, "PRIMED_VALUE", "%g", evidence->value);
        add_field(f, "PRIMED_THRESHOLD", "%g", evidence->threshold);
}

void pair_tell(Pair *p, EventKind kind, PairSide side, const char *format, ...) {
        char text[PAIR_REASON_MAX * 2];
        FieldSet fields = {};
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        add_move_fields(&fields, p);
        add_evidence_fields(&fields, p, side);
        add_field(&fields, "PRIMED_REASON", "%.190s", text);
        add_field(&fields, "PRIMED_RISK", "%.4f", health_predictor_risk(p->predictor[p->serving]));
        p->ports.event(p->userdata, kind, side, fields.field, fields.n, text);
}

static void tell_entered(Pair *p) {
        switch (p->state) {
        case PAIR_ABSENT:
                pair_tell(p, EVENT_PAIR_ABSENT, _PAIR_SIDE_INVALID, "%s does not exist",
                                p->link[SIDE_PRIMARY].exists ? p->policy.adapter[SIDE_STANDBY].text
                                                             : p->policy.adapter[SIDE_PRIMARY].text);
                break;
        case PAIR_UNPROTECTED:
                /* only on its way to protected */
                if (pair_spare_is_ready(p))
                        break;
                pair_tell(p, EVENT_PAIR_UNPROTECTED, _PAIR_SIDE_INVALID, "%s serves without a proved spare: %s",
                                p->link[p->serving].name,
                                p->proved ? "it is in alarm" : p->proof[pair_spare(p)]);
                break;
        case PAIR_PROTECTED:
                pair_tell(p, EVENT_PAIR_PROTECTED, _PAIR_SIDE_INVALID, "%s serves, %s is proved: %s",
                                p->link[p->serving].name, p->link[pair_spare(p)].name, p->proof[pair_spare(p)]);
                break;
        case PAIR_FAILED:
                pair_tell(p, EVENT_ADAPTER_FAILED, _PAIR_SIDE_INVALID, "neither %s nor %s works",
                                p->link[SIDE_PRIMARY].name, p->link[SIDE_STANDBY].name);
                break;
        case PAIR_SPLITTING:
                pair_tell(p, EVENT_SPLIT_STARTED, _PAIR_SIDE_INVALID, "moving ingress from %s to %s",
                                p->link[p->serving].name, p->link[pair_spare(p)].name);
                break;
        case PAIR_UNSPLITTING:
                pair_tell(p, EVENT_SPLIT_UNDONE, _PAIR_SIDE_INVALID, "moving ingress back to %s",
                                p->link[p->serving].name);
                break;
        case PAIR_PRIMING:
        case PAIR_PRIMED:
        case PAIR_SPLIT:
        case PAIR_SWITCHING:
        case _PAIR_STATE_MAX:
        case _PAIR_STATE_INVALID:
                break;
        }
}

void pair_tell_state(Pair *p, PairState old) {
        char text[PAIR_REASON_MAX];
        FieldSet fields = {};

        tell_entered(p);
        snprintf(text, sizeof(text), "%s -> %s", pair_state_to_string(old), pair_state_to_string(p->state));
        add_move_fields(&fields, p);
        add_field(&fields, "PRIMED_OLD_STATE", "%s", pair_state_to_string(old));
        add_field(&fields, "PRIMED_STATE", "%s", pair_state_to_string(p->state));
        p->ports.event(p->userdata, EVENT_STATE_CHANGED, _PAIR_SIDE_INVALID, fields.field, fields.n, text);
}

void pair_tell_evidence(Pair *p, PairSide side, usec_t now) {
        EvidenceLevel level = health_predictor_level(p->predictor[side]), old = p->told_level[side];
        char text[PAIR_REASON_MAX] = "";
        const Evidence *evidence;
        size_t n;

        if (level == old)
                return;
        p->told_level[side] = level;
        n = health_predictor_evidence(p->predictor[side], &evidence);
        if (n > 0)
                evidence_format(evidence, now, text, sizeof(text));
        if (level > old)
                pair_tell(p, level == EVIDENCE_ALARM ? EVENT_EVIDENCE_RAISED : EVENT_ADAPTER_SUSPECT, side,
                                "%s: %s: %s", p->link[side].name, evidence_level_to_string(level), text);
        else if (level == EVIDENCE_NONE)
                pair_tell(p, EVENT_ADAPTER_RECOVERED, side, "%s shows no sign of failure any more",
                                p->link[side].name);
        p->ports.changed(p->userdata);
}
