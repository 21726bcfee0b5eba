/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A pair with its ports to the real world: steering, prober, priming worker, timer, state file. The manager
 * owns one per pair. */

#include <systemd/sd-event.h>

#include "manager.h"
#include "pair-shell.h"
#include "recorder.h"
#include "turns.h"

typedef struct Guard Guard;

/* What the guard tells its owner; members as ManagerObserver's. */
typedef struct GuardObserver {
        void (*changed)(Pair *p, void *userdata);
        void (*event)(const Event *event, void *userdata);
        void (*switch_started)(Pair *p, const MoveRecord *record, void *userdata);
        void (*switch_finished)(Pair *p, const MoveRecord *record, void *userdata);
        void *userdata;
} GuardObserver;

typedef struct GuardOptions {
        sd_event *event;
        const char *bpf_directory;
        const char *state_directory;
        Turns *turns;
        Recorder *recorder;
        SteeringLinks links; /* as in SteeringParameters */
        GuardObserver observer;
} GuardOptions;

/* options is copied, its strings must outlive the guard. */
int guard_new(const PairPolicy *policy, const GuardOptions *options, Guard **ret, Error *e);

/* Stops guarding. Traffic stays where it is; with `detach` the steering is taken out of the kernel where
 * traffic is on the home adapter, as when the pair was removed from the policies. */
Guard *guard_free(Guard *g, bool detach);

Pair *guard_pair(const Guard *g);

/* A worker is at it, which may hold RTNL. */
bool guard_is_priming(const Guard *g);
