/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The event loop does some things itself that wait for the kernel's RTNL lock, which another program, or a
 * driver that hangs, may hold for seconds or minutes. So before it does them a thread asks the kernel for
 * something that takes the lock; who waits here is let through, one by one, when the answer comes at once: the
 * lock was free a moment ago, and nobody stood in line for it. Where it is always taken, they wait on. */

#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "errand.h"
#include "macro.h"

typedef struct RtnlGate RtnlGate;

/* Embedded in whoever waits; go and userdata are the owner's, the rest is not. */
typedef struct RtnlGateWaiter {
        void (*go)(void *userdata); /* from the event loop; may ask again */
        void *userdata;
        bool waits;
        TAILQ_ENTRY(RtnlGateWaiter) entry;
} RtnlGateWaiter;

/* e must outlive the gate. 0 or negative errno. */
int rtnl_gate_new(sd_event *event, Errands *e, RtnlGate **ret);
RtnlGate *rtnl_gate_free(RtnlGate *g);

/* Once, however often it is asked for. Never calls go by itself. */
void rtnl_gate_ask(RtnlGate *g, RtnlGateWaiter *w);
void rtnl_gate_leave(RtnlGate *g, RtnlGateWaiter *w);

/* To be called when an errand was done. */
void rtnl_gate_look(RtnlGate *g);
