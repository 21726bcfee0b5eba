/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Owns the pairs, the sources they share, and reload. Knows nothing of D-Bus: whoever wants to be told hangs in
 * an observer. */

#include <systemd/sd-event.h>

#include "journal.h"
#include "pair.h"
#include "policy-set.h"

typedef struct Manager Manager;

typedef struct ManagerOptions {
        const char *const *policy_directories; /* NULL-terminated; NULL: the standard ones */
        const char *bpf_directory;             /* on a bpffs */
        const char *state_directory;           /* survives a restart, not a reboot */
        const char *memory_directory;          /* survives a reboot; NULL: nothing does */
        const char *replay; /* a trace that is played in place of what the kernel lacks, or NULL */
} ManagerOptions;

/* Told after the fact; must not call back into what changes a pair. Any member may be NULL. */
typedef struct ManagerObserver {
        void (*pair_added)(Pair *p, void *userdata);
        void (*pair_removed)(Pair *p, void *userdata);                   /* still valid during the call */
        void (*pair_changed)(Pair *p, void *userdata);                   /* something in its PairStatus */
        void (*adapter_changed)(Pair *p, PairSide side, void *userdata); /* something in its AdapterStatus */
        void (*switch_started)(Pair *p, const MoveRecord *record, void *userdata);
        void (*switch_finished)(Pair *p, const MoveRecord *record, void *userdata);
        void (*event)(const Event *event, void *userdata); /* everything that also goes to the journal */
        void (*reloading)(bool active, void *userdata);
        void (*manager_changed)(
                        void *userdata); /* counts, policy files, diagnostics, inhibitors; after pairs */
        void *userdata;
} ManagerObserver;

typedef struct Inhibitor {
        uint64_t id;
        char pair[PAIR_NAME_MAX + 1]; /* empty: all pairs */
        char who[64], why[PAIR_REASON_MAX];
        uint32_t uid, pid;
        usec_t since_realtime;
} Inhibitor;

#define INHIBITORS_MAX 64

int manager_new(sd_event *event, const ManagerOptions *options, Manager **ret, Error *e);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free);

/* Loads the policies, lists the links, starts to guard. */
int manager_start(Manager *m, Error *e);

/* Says in the journal and on the bus that it ends, and why; call it last. */
void manager_tell_stopped(Manager *m, const char *why);

/* All or nothing: on an error the running policies stay, e has the first diagnostic, manager_diagnostics() all.
 * Pairs whose policy did not change keep their state. */
int manager_reload(Manager *m, Error *e);

/* One observer; copied. */
void manager_set_observer(Manager *m, const ManagerObserver *observer);

sd_event *manager_event_loop(const Manager *m);
size_t manager_n_pairs(const Manager *m);
size_t manager_n_protected(const Manager *m);
Pair *manager_get_pair(const Manager *m, size_t i); /* 0 <= i < manager_n_pairs() */
Pair *manager_find_pair(const Manager *m, const char *name);
/* The pair one of whose adapters is called so, and which (ret_side may be NULL); NULL when none. */
Pair *manager_find_adapter(const Manager *m, const char *ifname, PairSide *ret_side);

const PolicySet *manager_policies(const Manager *m);
const PolicyDiagnostics *manager_diagnostics(const Manager *m); /* of the last load */
usec_t manager_start_realtime(const Manager *m);
usec_t manager_start_monotonic(const Manager *m);
usec_t manager_reload_realtime(const Manager *m);

/* Automatic moves of the pair (NULL: of all) are off while the returned fd, given to the client, is open. */
int manager_inhibit(Manager *m, const char *pair, const char *who, const char *why, uint32_t uid, uint32_t pid,
                Error *e);
size_t manager_inhibitors(const Manager *m, const Inhibitor **ret);

/* A trace of what the pair's predictors are told from now on (recorder.h); returns the end of a pipe to read it
 * from, the caller's. It lasts until that is closed, or the pair is gone. */
int manager_record(Manager *m, const char *pair, Error *e);
