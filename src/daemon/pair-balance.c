/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pair whose adapters both carry traffic in rest. When the spare is about to fail, or does, it is left; when
 * it is good again it gets its share back. What leaves the serving adapter is a move as any. */

#include "pair-internal.h"
#include "pair-shell.h"

bool pair_is_balanced(const Pair *p) {
        return p->steering && steering_is_balanced(p->steering);
}

void pair_set_balanced(Pair *p, bool balanced, const char *reason, usec_t now) {
        const char *spare = p->link[pair_spare(p)].name;

        steering_set_balanced(p->steering, balanced, now);
        p->steering_next = now;
        p->aim.healthy_since = 0;
        if (balanced)
                pair_tell(p, EVENT_BALANCED, pair_spare(p), "%s carries traffic again beside %s: %s", spare,
                                p->link[p->serving].name, reason);
        else {
                move_budget_spend(&p->budget, now);
                pair_tell(p, EVENT_DRAINED, pair_spare(p), "traffic leaves %s, %s carries all of it: %s", spare,
                                p->link[p->serving].name, reason);
        }
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
}

void pair_balance(Pair *p, usec_t now) {
        char why[PAIR_REASON_MAX] = "";
        PairFacts facts;

        if (!p->steering || !steering_can_balance(p->steering))
                return;
        facts = pair_facts(p);
        if (pair_aim_balances(&p->aim, &facts, now, why) != facts.balanced)
                pair_set_balanced(p, !facts.balanced, why[0] ? why : "it is good again", now);
}
