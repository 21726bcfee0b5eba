/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words of the daemon's enums, for tests that link the fake manager instead of the daemon. Weak, so that
 * those of the core and the daemon win where they are linked. */

#include "pair-status.h"
#include "pair.h"

#pragma weak move_trigger_to_string
#pragma weak move_trigger_from_string
#pragma weak move_result_to_string
#pragma weak move_result_from_string
#pragma weak pair_state_to_string
#pragma weak pair_state_from_string

static const char *const move_trigger_table[_MOVE_TRIGGER_MAX] = {
        [MOVE_BY_REQUEST] = "request",
        [MOVE_BY_EVIDENCE] = "evidence",
        [MOVE_BY_FAILURE] = "failure",
        [MOVE_BY_FAILBACK] = "failback",
        [MOVE_BY_DRILL] = "drill",
        [MOVE_BY_REVERT] = "revert",
};
static const char *const move_result_table[_MOVE_RESULT_MAX] = {
        [MOVE_UNDER_WAY] = "under-way",
        [MOVE_DONE] = "done",
        [MOVE_SPLIT] = "split",
        [MOVE_UNDONE] = "undone",
        [MOVE_FAILED] = "failed",
        [MOVE_INTERRUPTED] = "interrupted",
};
static const char *const pair_state_table[_PAIR_STATE_MAX] = {
        [PAIR_ABSENT] = "absent",
        [PAIR_UNPROTECTED] = "unprotected",
        [PAIR_PROTECTED] = "protected",
        [PAIR_PRIMING] = "priming",
        [PAIR_PRIMED] = "primed",
        [PAIR_SPLITTING] = "splitting",
        [PAIR_SPLIT] = "split",
        [PAIR_UNSPLITTING] = "unsplitting",
        [PAIR_SWITCHING] = "switching",
        [PAIR_FAILED] = "failed",
};

DEFINE_STRING_TABLE(move_trigger, MoveTrigger);
DEFINE_STRING_TABLE(move_result, MoveResult);
DEFINE_STRING_TABLE(pair_state, PairState);
