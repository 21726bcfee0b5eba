/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "turns.h"
#include "alloc-util.h"

struct Turns {
        sd_event_source *next; /* one turn in a turn of the loop */
        RtnlGate *gate;
        RtnlGateWaiter at_gate;
        TurnWaiter *waiters, *granted;
        PairTurn granted_what;
        uint64_t last_ticket;
        unsigned n_priming;
};

/* What the loop does itself, and needs RTNL for; a priming has a process for that. */
static bool is_gated(const Turns *t, PairTurn what) {
        return t->gate && what != PAIR_TURN_PRIME;
}

static bool has_room(const Turns *t, PairTurn what) {
        return what != PAIR_TURN_PRIME || t->n_priming < TURNS_PRIME_MAX;
}

/* Whoever has waited longest for what there is room for. */
static TurnWaiter *first_waiter(const Turns *t, bool gated, PairTurn *ret_what) {
        TurnWaiter *first = NULL;
        uint64_t ticket = UINT64_MAX;

        for (TurnWaiter *w = t->waiters; w; w = w->next)
                for (PairTurn what = 0; what < _PAIR_TURN_MAX; what++)
                        if (w->ticket[what] != 0 && w->ticket[what] < ticket && has_room(t, what) &&
                                        is_gated(t, what) == gated) {
                                first = w;
                                ticket = w->ticket[what];
                                *ret_what = what;
                        }
        return first;
}

static void arm(Turns *t) {
        PairTurn what;

        if (first_waiter(t, true, &what))
                rtnl_gate_ask(t->gate, &t->at_gate);
        if (first_waiter(t, false, &what))
                (void) sd_event_source_set_enabled(t->next, SD_EVENT_ONESHOT);
}

static void grant(Turns *t, bool gated) {
        t->granted = first_waiter(t, gated, &t->granted_what);
        if (!t->granted)
                return;
        t->granted->ticket[t->granted_what] = 0;
        t->granted->go(t->granted->userdata);
        t->granted = NULL;
        arm(t);
}

static int on_next(sd_event_source *source, void *userdata) {
        grant(userdata, false);
        return 0;
}

static void on_gate(void *userdata) {
        grant(userdata, true);
}

int turns_new(sd_event *event, RtnlGate *gate, Turns **ret) {
        Turns *t = new0(Turns, 1);
        int r;

        if (!t)
                return -ENOMEM;
        t->gate = gate;
        t->at_gate = (RtnlGateWaiter){ .go = on_gate, .userdata = t };
        r = sd_event_add_defer(event, &t->next, on_next, t);
        if (r >= 0)
                r = sd_event_source_set_enabled(t->next, SD_EVENT_OFF);
        if (r < 0) {
                turns_free(t);
                return r;
        }
        *ret = t;
        return 0;
}

Turns *turns_free(Turns *t) {
        if (!t)
                return NULL;
        if (t->gate)
                rtnl_gate_leave(t->gate, &t->at_gate);
        sd_event_source_disable_unref(t->next);
        free(t);
        return NULL;
}

void turns_add(Turns *t, TurnWaiter *w) {
        w->next = t->waiters;
        t->waiters = w;
}

void turns_remove(Turns *t, TurnWaiter *w) {
        for (TurnWaiter **p = &t->waiters; *p; p = &(*p)->next)
                if (*p == w) {
                        *p = w->next;
                        break;
                }
        if (t->granted == w)
                t->granted = NULL;
}

bool turns_ask(Turns *t, TurnWaiter *w, PairTurn what) {
        if (t->granted == w && t->granted_what == what) {
                t->granted = NULL;
                return true;
        }
        /* alone: there is no reason to wait */
        if (what == PAIR_TURN_PRIME && has_room(t, what)) {
                w->ticket[what] = 0;
                return true;
        }
        if (w->ticket[what] == 0)
                w->ticket[what] = ++t->last_ticket;
        arm(t);
        return false;
}

void turns_prime_begun(Turns *t) {
        t->n_priming++;
}

void turns_prime_ended(Turns *t) {
        assert(t->n_priming > 0);
        t->n_priming--;
        arm(t);
}
