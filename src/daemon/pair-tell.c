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

static void add_evidence_fields(FieldSet *f, const Evidence *e) {
        if (!e)
                return;
        add_field(f, "PRIMED_SIGNAL", "%s", signal_to_string(e->signal));
        add_field(f, "PRIMED_LEVEL", "%s", evidence_level_to_string(e->level));
        add_field(f, "PRIMED_VALUE", "%g", e->value);
        add_field(f, "PRIMED_THRESHOLD", "%g", e->threshold);
}

static void tell(Pair *p, EventKind kind, PairSide side, const Evidence *about, const char *text) {
        FieldSet fields = {};

        add_move_fields(&fields, p);
        add_evidence_fields(&fields, about);
        add_field(&fields, "PRIMED_REASON", "%.190s", text);
        add_field(&fields, "PRIMED_RISK", "%.4f",
                        health_predictor_risk(p->predictor[side < 0 ? p->serving : side]));
        p->ports.event(p->userdata, kind, side, fields.field, fields.n, text);
}

/* The worst there is. */
static const Evidence *first_evidence(const Pair *p, PairSide side) {
        const Evidence *evidence;

        return side >= 0 && health_predictor_evidence(p->predictor[side], &evidence) > 0 ? evidence : NULL;
}

void pair_tell(Pair *p, EventKind kind, PairSide side, const char *format, ...) {
        char text[PAIR_REASON_MAX * 2];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        tell(p, kind, side, first_evidence(p, side), text);
}

/* What keeps the side from being relied on, for people. */
static const char *lack_of(const Pair *p, PairSide side) {
        const PairLink *l = p->link + side;

        if (!l->exists)
                return "it does not exist";
        if (!l->up)
                return "it is set down";
        if (!l->carrier)
                return "it has no carrier";
        return p->proved && side == pair_spare(p) ? "it is in alarm" : p->proof[side];
}

static void tell_entered(Pair *p) {
        PairSide gone = p->link[SIDE_PRIMARY].exists ? SIDE_STANDBY : SIDE_PRIMARY;

        switch (p->state) {
        case PAIR_ABSENT:
                pair_tell(p, EVENT_PAIR_ABSENT, _PAIR_SIDE_INVALID, "%s does not exist%s",
                                p->policy.adapter[gone].text, p->last_words[gone]);
                break;
        case PAIR_UNPROTECTED:
                /* only on its way to protected */
                if (pair_spare_is_ready(p))
                        break;
                pair_tell(p, EVENT_PAIR_UNPROTECTED, _PAIR_SIDE_INVALID, "%s serves without a proved spare: %s",
                                p->link[p->serving].name, lack_of(p, pair_spare(p)));
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

/* The adapter that brought the step about. */
static void tell_culprit(Pair *p, PairState old, PairEvent event) {
        PairSide spare = pair_spare(p);

        if (event == PAIR_EVENT_SPARE_LOST)
                pair_tell(p, EVENT_STANDBY_BROKEN, spare, "%s is no spare to rely on: %s", p->link[spare].name,
                                lack_of(p, spare));
        /* the roles have changed: it is the spare now */
        else if (event == PAIR_EVENT_SERVING_DEAD && old != PAIR_FAILED)
                pair_tell(p, EVENT_ADAPTER_FAILED, spare, "%s carries no traffic any more: %s",
                                p->link[spare].name, lack_of(p, spare));
}

void pair_tell_step(Pair *p, PairState old, PairEvent event) {
        char text[PAIR_REASON_MAX];
        FieldSet fields = {};

        tell_culprit(p, old, event);
        if (p->state == old)
                return;
        tell_entered(p);
        snprintf(text, sizeof(text), "%s -> %s", pair_state_to_string(old), pair_state_to_string(p->state));
        add_move_fields(&fields, p);
        add_field(&fields, "PRIMED_OLD_STATE", "%s", pair_state_to_string(old));
        add_field(&fields, "PRIMED_STATE", "%s", pair_state_to_string(p->state));
        p->ports.event(p->userdata, EVENT_STATE_CHANGED, _PAIR_SIDE_INVALID, fields.field, fields.n, text);
}

static void tell_vetoed(Pair *p, PairSide side, const Evidence *e, const char *finding) {
        char text[PAIR_REASON_MAX * 2];

        snprintf(text, sizeof(text), "%s and %s show the same, so nothing is moved for it: %s",
                        p->link[SIDE_PRIMARY].name, p->link[SIDE_STANDBY].name, finding);
        tell(p, EVENT_VETOED, side, e, text);
}

/* With what a person should check, since this is where one looks first. */
static void tell_finding(Pair *p, PairSide side, const Evidence *e, const char *finding) {
        const char *advice = signal_info(e->signal)->advice;
        char text[PAIR_REASON_MAX * 3];

        snprintf(text, sizeof(text), "%s%s%s", finding, advice ? "; " : "", advice ?: "");
        tell(p, EVENT_EVIDENCE_RAISED, side, e, text);
}

/* What there is, as it comes and gets worse. */
static void tell_present(Pair *p, PairSide side, unsigned news, const Evidence *e, usec_t now) {
        char finding[PAIR_REASON_MAX], text[PAIR_REASON_MAX * 2];

        evidence_format(e, now, finding, sizeof(finding));
        snprintf(text, sizeof(text), "%s: %s: %s", p->link[side].name, evidence_level_to_string(e->level),
                        finding);
        if (news & EVIDENCE_NEWS_VETOED)
                tell_vetoed(p, side, e, finding);
        if (news & EVIDENCE_NEWS_RAISED)
                tell_finding(p, side, e, text);
        if (news & EVIDENCE_NEWS_SUSPECT)
                tell(p, EVENT_ADAPTER_SUSPECT, side, e, text);
}

static void tell_cleared(Pair *p, PairSide side, unsigned news, const Evidence *e) {
        char text[PAIR_REASON_MAX];

        snprintf(text, sizeof(text), "%s: %s is good again", p->link[side].name, signal_to_string(e->signal));
        tell(p, EVENT_EVIDENCE_CLEARED, side, e, text);
        if (news & EVIDENCE_NEWS_RECOVERED)
                pair_tell(p, EVENT_ADAPTER_RECOVERED, side, "%s shows no sign of failure any more",
                                p->link[side].name);
}

/* The driver may know only a while after the carrier was lost, which was told then. */
static void tell_trouble(Pair *p, PairSide side, usec_t now) {
        const PairLink *l = p->link + side;
        TroubleTold *t = p->trouble_told + side;
        const char *advice = link_trouble_advice(&l->trouble);

        if (!l->exists)
                *t = (TroubleTold){}; /* what comes back is another device */
        if (!pair_link_is_alive(l))
                t->good_since = 0;
        else if (t->good_since == 0)
                t->good_since = now;
        else if (usec_sub(now, t->good_since) >= EVIDENCE_GOOD_AGAIN)
                t->told = false;
        if (!l->trouble.known || t->told)
                return;
        t->told = true;
        pair_tell(p, EVENT_LINK_TROUBLE, side, "%s has no carrier: %s%s%s", l->name,
                        LINK_TROUBLE_TEXT(&l->trouble), advice ? "; " : "", advice ?: "");
}

typedef struct Telling {
        Pair *pair;
        usec_t now;
} Telling;

static void tell_news(PairSide side, unsigned news, const Evidence *e, void *userdata) {
        const Telling *t = userdata;

        if (news & EVIDENCE_NEWS_CLEARED)
                tell_cleared(t->pair, side, news, e);
        else
                tell_present(t->pair, side, news, e, t->now);
}

void pair_tell_evidence(Pair *p, usec_t now) {
        Telling telling = { .pair = p, .now = now };
        bool changed = false;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                const Evidence *evidence;
                size_t n = health_predictor_evidence(p->predictor[side], &evidence);

                changed |= evidence_news_update(&p->news, side, evidence, n, now, tell_news, &telling);
                tell_trouble(p, side, now);
        }
        if (changed)
                p->ports.changed(p->userdata);
}
