/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pair-machine.h"

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
static const char *const pair_event_table[_PAIR_EVENT_MAX] = {
        [PAIR_EVENT_ADAPTER_GONE] = "adapter-gone",
        [PAIR_EVENT_ADAPTERS_FOUND] = "adapters-found",
        [PAIR_EVENT_SPARE_PROVED] = "spare-proved",
        [PAIR_EVENT_SPARE_LOST] = "spare-lost",
        [PAIR_EVENT_SERVING_DEAD] = "serving-dead",
        [PAIR_EVENT_BOTH_DEAD] = "both-dead",
        [PAIR_EVENT_SERVING_BACK] = "serving-back",
        [PAIR_EVENT_PRIME] = "prime",
        [PAIR_EVENT_PRIME_DONE] = "prime-done",
        [PAIR_EVENT_PRIME_FAILED] = "prime-failed",
        [PAIR_EVENT_DRIFT] = "drift",
        [PAIR_EVENT_SPLIT] = "split",
        [PAIR_EVENT_INGRESS_SEEN] = "ingress-seen",
        [PAIR_EVENT_INGRESS_UNSEEN] = "ingress-unseen",
        [PAIR_EVENT_SWITCH] = "switch",
        [PAIR_EVENT_EGRESS_MOVED] = "egress-moved",
        [PAIR_EVENT_EGRESS_FAILED] = "egress-failed",
        [PAIR_EVENT_UNSPLIT] = "unsplit",
        [PAIR_EVENT_EXTERNAL] = "external",
};

DEFINE_STRING_TABLE(pair_state, PairState);
DEFINE_STRING_TABLE(pair_event, PairEvent);

#define GO(state, what)                                                                                        \
        { .verdict = PAIR_GO, .next = PAIR_##state, .effects = (what) }
#define IGNORE                                                                                                 \
        { .verdict = PAIR_IGNORE }
#define IMPOSSIBLE                                                                                             \
        { .verdict = PAIR_IMPOSSIBLE }
#define EFFECT(name) PAIR_EFFECT_##name
#define NOTHING      PAIR_EFFECT_NONE
/* leaving while the worker may still write to the spare */
#define CANCEL EFFECT(CANCEL_PRIME)
/* the serving adapter is dead: both directions at once, and the spare serves */
#define TAKE_OVER (EFFECT(MOVE_NOW) | EFFECT(SWAP_ROLES))

/* Rows a state shares with the other states in which traffic rests and the spare is (or is not yet) proved. */
#define REST_ROWS                                                                                              \
        [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(RELEASE)), [PAIR_EVENT_ADAPTERS_FOUND] = IMPOSSIBLE,     \
        [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER), [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, NOTHING),  \
        [PAIR_EVENT_SERVING_BACK] = IGNORE, [PAIR_EVENT_INGRESS_SEEN] = IGNORE,                                \
        [PAIR_EVENT_INGRESS_UNSEEN] = IGNORE, [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,                          \
        [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE, [PAIR_EVENT_UNSPLIT] = IGNORE,                                \
        [PAIR_EVENT_EXTERNAL] = GO(UNPROTECTED, EFFECT(FOLLOW))

/* Rows of states in which no worker can be running: a late result of a cancelled one means nothing. */
#define NO_WORKER_ROWS [PAIR_EVENT_PRIME_DONE] = IGNORE, [PAIR_EVENT_PRIME_FAILED] = IGNORE

/* Rows of states in which ingress or egress is away from guard or moving: priming waits. */
#define MOVING_ROWS                                                                                            \
        [PAIR_EVENT_ADAPTERS_FOUND] = IMPOSSIBLE, [PAIR_EVENT_SPARE_PROVED] = IGNORE,                          \
        [PAIR_EVENT_SERVING_BACK] = IGNORE, [PAIR_EVENT_PRIME] = IGNORE, [PAIR_EVENT_DRIFT] = IGNORE,          \
        [PAIR_EVENT_EXTERNAL] = GO(UNPROTECTED, EFFECT(TOLD_FAILED) | EFFECT(FOLLOW)), NO_WORKER_ROWS

static const PairStep table[_PAIR_STATE_MAX][_PAIR_EVENT_MAX] = {
        [PAIR_ABSENT] = {
                [PAIR_EVENT_ADAPTER_GONE] = IGNORE,
                [PAIR_EVENT_ADAPTERS_FOUND] = GO(UNPROTECTED, NOTHING),
                [PAIR_EVENT_SPARE_PROVED] = IGNORE,
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                [PAIR_EVENT_SERVING_DEAD] = IGNORE,
                [PAIR_EVENT_BOTH_DEAD] = IGNORE,
                [PAIR_EVENT_SERVING_BACK] = IGNORE,
                [PAIR_EVENT_PRIME] = IGNORE,
                [PAIR_EVENT_DRIFT] = IGNORE,
                [PAIR_EVENT_SPLIT] = IMPOSSIBLE,
                [PAIR_EVENT_INGRESS_SEEN] = IGNORE,
                [PAIR_EVENT_INGRESS_UNSEEN] = IGNORE,
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = IGNORE,
                [PAIR_EVENT_EXTERNAL] = IGNORE,
                NO_WORKER_ROWS,
        },
        [PAIR_UNPROTECTED] = {
                REST_ROWS,
                NO_WORKER_ROWS,
                [PAIR_EVENT_SPARE_PROVED] = GO(PROTECTED, NOTHING),
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                [PAIR_EVENT_PRIME] = GO(PRIMING, EFFECT(START_PRIME)),
                [PAIR_EVENT_DRIFT] = IGNORE,
                /* by request with force, or on the way to a spare that only lacks proof */
                [PAIR_EVENT_SPLIT] = GO(SPLITTING, EFFECT(MOVE_INGRESS)),
                /* a split found at start whose other half is asked for again */
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
        },
        [PAIR_PROTECTED] = {
                REST_ROWS,
                /* primed earlier and still alike: after a switch, or when the proof was gone for a while */
                [PAIR_EVENT_PRIME_DONE] = GO(PRIMED, NOTHING),
                [PAIR_EVENT_PRIME_FAILED] = IGNORE,
                [PAIR_EVENT_SPARE_PROVED] = IGNORE,
                [PAIR_EVENT_SPARE_LOST] = GO(UNPROTECTED, NOTHING),
                [PAIR_EVENT_PRIME] = GO(PRIMING, EFFECT(START_PRIME)),
                [PAIR_EVENT_DRIFT] = IGNORE,
                /* when priming failed or is excluded: a spare that differs is better than an adapter that dies */
                [PAIR_EVENT_SPLIT] = GO(SPLITTING, EFFECT(MOVE_INGRESS)),
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
        },
        [PAIR_PRIMING] = {
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, CANCEL | EFFECT(RELEASE)),
                [PAIR_EVENT_ADAPTERS_FOUND] = IMPOSSIBLE,
                [PAIR_EVENT_SPARE_PROVED] = IGNORE,
                /* some items bounce the spare's link: its proof pauses while the worker is at it */
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, CANCEL | TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, CANCEL),
                [PAIR_EVENT_SERVING_BACK] = IGNORE,
                [PAIR_EVENT_PRIME] = IGNORE,
                [PAIR_EVENT_PRIME_DONE] = GO(PRIMED, NOTHING),
                [PAIR_EVENT_PRIME_FAILED] = GO(UNPROTECTED, NOTHING),
                [PAIR_EVENT_DRIFT] = IGNORE,
                /* first things first: it is asked again when the worker has finished */
                [PAIR_EVENT_SPLIT] = IGNORE,
                [PAIR_EVENT_INGRESS_SEEN] = IGNORE,
                [PAIR_EVENT_INGRESS_UNSEEN] = IGNORE,
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = IGNORE,
                [PAIR_EVENT_EXTERNAL] = GO(UNPROTECTED, CANCEL | EFFECT(FOLLOW)),
        },
        [PAIR_PRIMED] = {
                REST_ROWS,
                NO_WORKER_ROWS,
                [PAIR_EVENT_SPARE_PROVED] = IGNORE,
                [PAIR_EVENT_SPARE_LOST] = GO(UNPROTECTED, NOTHING),
                [PAIR_EVENT_PRIME] = GO(PRIMING, EFFECT(START_PRIME)),
                [PAIR_EVENT_DRIFT] = GO(PROTECTED, NOTHING),
                [PAIR_EVENT_SPLIT] = GO(SPLITTING, EFFECT(MOVE_INGRESS)),
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
        },
        [PAIR_SPLITTING] = {
                MOVING_ROWS,
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(TOLD_FAILED) | EFFECT(RELEASE)),
                [PAIR_EVENT_SPARE_LOST] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, EFFECT(TOLD_FAILED)),
                [PAIR_EVENT_SPLIT] = IGNORE,
                [PAIR_EVENT_INGRESS_SEEN] = GO(SPLIT, EFFECT(SETTLE)),
                [PAIR_EVENT_INGRESS_UNSEEN] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
                [PAIR_EVENT_SWITCH] = IGNORE,
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
        },
        [PAIR_SPLIT] = {
                MOVING_ROWS,
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(TOLD_FAILED) | EFFECT(RELEASE)),
                [PAIR_EVENT_SPARE_LOST] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, EFFECT(TOLD_FAILED)),
                [PAIR_EVENT_SPLIT] = IGNORE,
                [PAIR_EVENT_INGRESS_SEEN] = IGNORE,
                [PAIR_EVENT_INGRESS_UNSEEN] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
                [PAIR_EVENT_SWITCH] = GO(SWITCHING, EFFECT(MOVE_EGRESS)),
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
        },
        [PAIR_UNSPLITTING] = {
                MOVING_ROWS,
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(TOLD_FAILED) | EFFECT(RELEASE)),
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, EFFECT(TOLD_FAILED)),
                [PAIR_EVENT_SPLIT] = IGNORE,
                [PAIR_EVENT_INGRESS_SEEN] = GO(UNPROTECTED, EFFECT(TOLD_FAILED)),
                /* the way back is the serving adapter's own frames: nothing further to try */
                [PAIR_EVENT_INGRESS_UNSEEN] = GO(UNPROTECTED, EFFECT(TOLD_FAILED)),
                [PAIR_EVENT_SWITCH] = IGNORE,
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = IGNORE,
        },
        [PAIR_SWITCHING] = {
                MOVING_ROWS,
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(TOLD_FAILED) | EFFECT(RELEASE)),
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = GO(FAILED, EFFECT(TOLD_FAILED)),
                [PAIR_EVENT_SPLIT] = IGNORE,
                [PAIR_EVENT_INGRESS_SEEN] = IGNORE,
                [PAIR_EVENT_INGRESS_UNSEEN] = IGNORE,
                [PAIR_EVENT_SWITCH] = IGNORE,
                [PAIR_EVENT_EGRESS_MOVED] = GO(UNPROTECTED, EFFECT(SWAP_ROLES)),
                [PAIR_EVENT_EGRESS_FAILED] = GO(UNSPLITTING, EFFECT(UNDO_INGRESS)),
                [PAIR_EVENT_UNSPLIT] = IGNORE,
        },
        [PAIR_FAILED] = {
                [PAIR_EVENT_ADAPTER_GONE] = GO(ABSENT, EFFECT(RELEASE)),
                [PAIR_EVENT_ADAPTERS_FOUND] = IMPOSSIBLE,
                [PAIR_EVENT_SPARE_PROVED] = IGNORE,
                [PAIR_EVENT_SPARE_LOST] = IGNORE,
                /* the spare came back first */
                [PAIR_EVENT_SERVING_DEAD] = GO(UNPROTECTED, TAKE_OVER),
                [PAIR_EVENT_BOTH_DEAD] = IGNORE,
                [PAIR_EVENT_SERVING_BACK] = GO(UNPROTECTED, NOTHING),
                [PAIR_EVENT_PRIME] = IGNORE,
                [PAIR_EVENT_DRIFT] = IGNORE,
                [PAIR_EVENT_SPLIT] = IMPOSSIBLE,
                [PAIR_EVENT_INGRESS_SEEN] = IGNORE,
                [PAIR_EVENT_INGRESS_UNSEEN] = IGNORE,
                [PAIR_EVENT_SWITCH] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_MOVED] = IMPOSSIBLE,
                [PAIR_EVENT_EGRESS_FAILED] = IMPOSSIBLE,
                [PAIR_EVENT_UNSPLIT] = IGNORE,
                [PAIR_EVENT_EXTERNAL] = GO(UNPROTECTED, EFFECT(FOLLOW)),
                NO_WORKER_ROWS,
        },
};

PairStep pair_machine_step(PairState state, PairEvent event) {
        PairStep step;

        assert(state >= 0 && state < _PAIR_STATE_MAX);
        assert(event >= 0 && event < _PAIR_EVENT_MAX);
        step = table[state][event];
        if (step.verdict != PAIR_GO)
                step.next = state;
        return step;
}

bool pair_state_is_moving(PairState s) {
        return s == PAIR_SPLITTING || s == PAIR_UNSPLITTING || s == PAIR_SWITCHING;
}
