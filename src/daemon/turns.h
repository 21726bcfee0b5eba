/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who may begin what takes long, so that hundreds of pairs that want the same at once neither stop the event
 * loop nor fill the machine with processes. Whoever is refused is in the queue, and called when it is his turn.
 */

#include <systemd/sd-event.h>

#include "pair-ports.h"
#include "rtnl-gate.h"

/* Priming processes at once. Drivers are set with RTNL held, so more would only wait for each other; one that
 * hangs is no longer counted once it is killed. */
#define TURNS_PRIME_MAX 4

typedef struct Turns Turns;

/* Embedded in whoever queues; go and userdata are the owner's, the rest is not. */
typedef struct TurnWaiter {
        void (*go)(void *userdata); /* asks again, and is allowed to */
        void *userdata;
        uint64_t ticket[_PAIR_TURN_MAX]; /* 0: not in that queue */
        struct TurnWaiter *next;
} TurnWaiter;

/* gate must outlive it; NULL: nobody waits for RTNL, but there is one turn in a turn of the loop. */
int turns_new(sd_event *event, RtnlGate *gate, Turns **ret);
Turns *turns_free(Turns *t);

void turns_add(Turns *t, TurnWaiter *w);
void turns_remove(Turns *t, TurnWaiter *w);

/* Whether the waiter may begin now; if not it is in the queue, once however often it asks. PAIR_TURN_ATTACH and
 * PAIR_TURN_MEND: one at a time, once RTNL was seen to be free. PAIR_TURN_PRIME: while fewer than
 * TURNS_PRIME_MAX have begun and not ended. */
bool turns_ask(Turns *t, TurnWaiter *w, PairTurn what);

void turns_prime_begun(Turns *t);
void turns_prime_ended(Turns *t);
