/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if.h>
#include <stdio.h>

#include "bond-codec.h"
#include "bond-others.h"
#include "redirect-filter.h"
#include "redirect-setting.h"
#include "redirect-uppers.h"
#include "steering-undo.h"

static int call(Rtnetlink *n, struct nl_msg *message) {
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = message;

        return m ? rtnetlink_call(n, m) : -ENOMEM;
}

static int undo_bond(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e) {
        struct redirect_config *c = &r->config;
        char name[IFNAMSIZ] = "the bond";
        int result = 0, k;

        (void) if_indextoname(c->bond, name);
        if (c->undo_open) {
                k = call(n, bond_codec_set_all_slaves_active((int) c->bond, false));
                if (k < 0 && k != -ENODEV)
                        result = error_set(e, ERROR_FAILED, k,
                                        "Cannot set all_slaves_active of %s to 0 again: %s", name,
                                        rtnetlink_words(n));
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                if (!c->undo_promiscuous[side])
                        continue;
                k = call(n, bond_codec_set_promiscuous((int) c->ifindex[side], false));
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_set(e, ERROR_FAILED, k, "%s stays promiscuous: %s", p->name[side],
                                        rtnetlink_words(n));
        }
        c->undo_open = c->undo_promiscuous[SIDE_PRIMARY] = c->undo_promiscuous[SIDE_STANDBY] = 0;
        return result;
}

int steering_undo(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e) {
        int results[5], result = 0;

        /* While the record of what was done is still pinned. */
        results[0] = undo_bond(r, n, p, e);
        results[1] = redirect_setting_undo(r, n, e);
        bond_others_remove(r);
        results[2] = redirect_uppers_undo(r, e);
        results[3] = redirect_programs_detach(r, p, e);
        results[4] = redirect_filter_undo(r, n, p, e);
        for (size_t k = 0; k < ELEMENTSOF(results); k++)
                if (results[k] < 0 && result == 0)
                        result = results[k];
        return result;
}
