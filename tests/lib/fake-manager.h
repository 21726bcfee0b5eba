/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* manager.h and pair.h over a small model in memory, for tests of the bus and of primectl: linked instead of
 * the daemon. Nothing is measured or moved; moves take 20 ms. The pairs and what they are for:
 *
 *      lan     protected, primed; everything succeeds
 *      san     the serving adapter shows early signs
 *      far     absent adapters: moves are NotReady
 *      busy    every request is Busy
 *      bad     a switch ends with SwitchFailed, a drill with a lost packet
 *      back    a switch ends with Reverted
 *      slow    a request is never answered while the manager lives
 *      tmp     comes and goes with every reload
 *
 * A reload fails while a file "broken" lies in the first policy directory. */

#include "manager.h"

#define FAKE_PAIRS_MAX 8

typedef struct FakeRequest {
        PairRequest request;
        PairReplyFunc func;
        void *userdata;
        sd_event_source *timer;
        PrimePlan *snapshot;
} FakeRequest;

struct Pair {
        Manager *manager;
        PairPolicy policy;
        PairStatus status;
        AdapterStatus adapter[_PAIR_SIDE_MAX];
        MoveRecord history[MOVE_HISTORY_MAX]; /* newest last */
        size_t n_history;
        PrimePlan *plan;
        FakeRequest *pending;
        bool confirmable;
};

struct Manager {
        sd_event *event;
        ManagerObserver observer;
        Pair *pairs[FAKE_PAIRS_MAX];
        size_t n_pairs;
        PolicySet policies;
        PolicyDiagnostics diagnostics;
        Inhibitor inhibitors[INHIBITORS_MAX];
        sd_event_source *inhibitor_io[INHIBITORS_MAX];
        int inhibitor_fd[INHIBITORS_MAX];
        size_t n_inhibitors;
        uint64_t next_inhibitor;
        char broken[4096];
        int record_fd; /* where the last recording is written */
        usec_t start_realtime, start_monotonic, reload_realtime;
};

/* Tells the observer that everything of the pair may have changed. */
void fake_tell(Pair *p);
void fake_set_state(Pair *p, PairState state);
void fake_carry(Pair *p, PairSide serving, PairSide ingress, PairSide egress);
/* Of a carrier: it is lost, and the driver says why. */
void fake_raise_signal(AdapterStatus *a, Signal signal, EvidenceLevel level, bool injected);
/* Three settings: alike, to be set unless primed, not to be had. */
PrimePlan *fake_make_plan(bool primed);
