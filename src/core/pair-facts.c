/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "health-comparison.h"
#include "pair-facts.h"

bool pair_facts_is_alive(const PairFacts *f, PairSide side) {
        const PairSideFacts *s = f->side + side;

        return s->exists && s->up && s->carrier;
}

bool pair_facts_is_home(const PairFacts *f, PairSide side) {
        return side == SIDE_PRIMARY && !f->has_home;
}

bool pair_facts_is_dead(const PairFacts *f, PairSide side) {
        const PairSideFacts *s = f->side + side;

        return s->exists && (s->up ? !s->carrier : !pair_facts_is_home(f, side));
}

bool pair_facts_spare_is_ready(const PairFacts *f) {
        return f->proved && health_predictor_level(f->side[pair_facts_spare(f)].predictor) < EVIDENCE_ALARM;
}

static bool spare_is_worse(const PairFacts *f, char why[static PAIR_REASON_MAX]) {
        const PairSideFacts *serving = f->side + f->serving, *spare = f->side + pair_facts_spare(f);

        if (!health_is_no_better(spare->predictor, serving->predictor))
                return false;
        snprintf(why, PAIR_REASON_MAX, "%s is no better: risk %.0f%% against %.0f%%", spare->name,
                        health_predictor_risk(spare->predictor) * 100,
                        health_predictor_risk(serving->predictor) * 100);
        return true;
}

bool pair_facts_only_observes(const PairFacts *f, char why[static PAIR_REASON_MAX]) {
        if (f->policy->mode == MODE_OBSERVE)
                snprintf(why, PAIR_REASON_MAX, "the policy says mode: observe");
        else if (f->obstacle)
                snprintf(why, PAIR_REASON_MAX, "%.190s", f->obstacle);
        else
                return false;
        return true;
}

/* Why a person must not be overruled; false with why. */
bool pair_facts_may_act(const PairFacts *f, char why[static PAIR_REASON_MAX]) {
        if (pair_facts_only_observes(f, why))
                return false;
        if (f->held)
                snprintf(why, PAIR_REASON_MAX, "on hold: %.160s", f->held);
        else if (f->n_inhibitors > 0)
                snprintf(why, PAIR_REASON_MAX, "inhibited by %u client(s)", f->n_inhibitors);
        else
                return true;
        return false;
}

bool pair_facts_may_move(const PairFacts *f, usec_t now, char why[static PAIR_REASON_MAX]) {
        const PairSideFacts *spare = f->side + pair_facts_spare(f);

        if (!pair_facts_may_act(f, why))
                return false;
        if (!f->proved) {
                snprintf(why, PAIR_REASON_MAX, "%s is not proved: %.140s", spare->name, spare->proof);
                return false;
        }
        if (spare_is_worse(f, why))
                return false;
        return move_budget_allows(f->budget, &f->policy->budget, now, why, PAIR_REASON_MAX, NULL);
}
