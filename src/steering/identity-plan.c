/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "alloc-util.h"
#include "identity-codec.h"
#include "identity-plan.h"

IdentityPlan *identity_plan_free(IdentityPlan *p) {
        if (!p)
                return NULL;
        free(p->steps);
        free(p);
        return NULL;
}

static IdentityPlan *plan_new(size_t max) {
        IdentityPlan *p = new0(IdentityPlan, 1);

        if (!p)
                return NULL;
        p->steps = new0(IdentityStep, MAX(max, (size_t) 1));
        return p->steps ? p : identity_plan_free(p);
}

/* In which of the rounds of a kind it comes: a gateway has to be reachable before a route leads to it. */
static unsigned round_of(const IdentityRecord *r, const RecordEntry *e) {
        return e->kind == RECORD_ROUTE && identity_codec_has_gateway(identity_record_message(r, e));
}

/* Links were told of from below to above, addresses with the first of a network first. */
static void add_all(IdentityPlan *p, const IdentityRecord *r, PairSide side) {
        for (RecordKind kind = 0; kind < _RECORD_KIND_MAX; kind++)
                for (unsigned round = 0; round < 2; round++)
                        for (uint32_t i = 0; i < r->n_entries; i++) {
                                const RecordEntry *e = r->entries + i;

                                if (e->kind != (uint32_t) kind || round_of(r, e) != round)
                                        continue;
                                p->steps[p->n_steps++] = (IdentityStep){
                                        .entry = i,
                                        .side = side,
                                        .vital = kind == RECORD_ADDRESS && e->device == 0,
                                };
                        }
}

int identity_plan_put(const IdentityRecord *r, IdentityPlan **ret) {
        IdentityPlan *p = plan_new(r->n_entries);

        if (!p)
                return -ENOMEM;
        add_all(p, r, SIDE_STANDBY);
        *ret = p;
        return 0;
}

int identity_plan_take(const IdentityRecord *r, bool restore, IdentityPlan **ret) {
        _cleanup_(identity_plan_freep) IdentityPlan *p = plan_new(2 * (size_t) r->n_entries), *there = NULL;
        int k;

        if (!p)
                return -ENOMEM;
        k = identity_plan_put(r, &there);
        if (k < 0)
                return k;
        for (size_t i = there->n_steps; i > 0; i--) {
                IdentityStep s = there->steps[i - 1];

                if (!r->entries[s.entry].made)
                        continue;
                s.remove = true;
                s.vital = false; /* what stays behind is told of */
                p->steps[p->n_steps++] = s;
        }
        if (restore)
                add_all(p, r, SIDE_PRIMARY);
        *ret = TAKE_PTR(p);
        return 0;
}

int identity_plan_run(const IdentityPlan *p, IdentityStepFunc func, IdentitySkipFunc skipped, void *userdata,
                const IdentityStep **ret_failed) {
        _cleanup_free_ bool *done = new0(bool, MAX(p->n_steps, (size_t) 1));
        size_t i;
        int r = 0;

        if (!done)
                return -ENOMEM;
        for (i = 0; i < p->n_steps; i++) {
                r = func(p->steps + i, false, userdata);
                done[i] = r > 0;
                if (r >= 0)
                        continue;
                if (p->steps[i].vital)
                        break;
                skipped(p->steps + i, r, userdata);
        }
        if (i == p->n_steps)
                return 0;
        if (ret_failed)
                *ret_failed = p->steps + i;
        while (i-- > 0)
                if (done[i])
                        (void) func(p->steps + i, true, userdata);
        return r;
}
