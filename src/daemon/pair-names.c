/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words of what pairs tell and are asked, on the bus, in the journal and in primectl alike. */

#include "pair.h"

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
static const char *const pair_verb_table[_PAIR_VERB_MAX] = {
        [PAIR_VERB_PLAN] = "plan",
        [PAIR_VERB_PRIME] = "prime",
        [PAIR_VERB_UNPRIME] = "unprime",
        [PAIR_VERB_SNAPSHOT] = "snapshot",
        [PAIR_VERB_RESTORE] = "restore",
        [PAIR_VERB_PROBE] = "probe",
        [PAIR_VERB_SPLIT] = "split",
        [PAIR_VERB_SWITCH] = "switch",
        [PAIR_VERB_REVERT] = "revert",
        [PAIR_VERB_DRILL] = "drill",
};

DEFINE_STRING_TABLE(move_trigger, MoveTrigger);
DEFINE_STRING_TABLE(move_result, MoveResult);
DEFINE_STRING_TABLE(pair_verb, PairVerb);
