/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The manager's own structure, for the files named manager*.c and sampler.c only. */

#include "breather.h"
#include "carrier-watch.h"
#include "ethtool-monitor.h"
#include "guard.h"
#include "inhibitors.h"
#include "link-monitor.h"
#include "lldp-listener.h"
#include "manager.h"
#include "module-poller.h"
#include "recorder.h"
#include "sampler.h"

#define PAIRS_MAX        512
#define MANAGER_BUSY_FEW 8

typedef struct IdentityKeeper IdentityKeeper;

struct Manager {
        sd_event *event;
        ManagerOptions options;
        ManagerObserver observer;
        usec_t start_realtime, start_monotonic, reload_realtime;

        PolicySet *policies;
        PolicyDiagnostics diagnostics;
        LinkMonitor *monitor;
        LinkListener listener, settings_listener;
        EthtoolMonitor *ethtool_monitor; /* NULL: this kernel has none */
        sd_event_source *refresh;
        CarrierWatch *carrier_watch;
        sd_event_source *pulse; /* of manager-carriers.c */
        Breather pulse_breather;
        usec_t tested_next; /* when to look which carriers beacons test */
        /* Adapters with traffic when they were last looked for, the first of them by ifindex, and when to look
         * for them again. */
        unsigned n_busy;
        int busy[MANAGER_BUSY_FEW];
        usec_t busy_next;
        LldpListener *lldp; /* NULL: cannot be heard */
        Sampler *sampler;
        ModulePoller *modules;
        IdentityKeeper *identities;
        Inhibitors *inhibitors;
        Recorder *recorder;

        Errands *errands;
        sd_event_source *errands_done;
        RtnlGate *gate;
        RtnlGateWaiter at_gate; /* to listen to switches */
        Turns *turns;
        ProbeCrowd crowd;
        ProbeClock *probe_clock;
        Guard *guards[PAIRS_MAX];
        bool stale[PAIRS_MAX];   /* addresses or VLANs changed since the steering read them */
        bool dirty[PAIRS_MAX];   /* something in its status changed since the observer was told */
        bool leaving[PAIRS_MAX]; /* no policy names it any more */
        size_t n_guards;
        sd_event_source *leave; /* one of these, when nothing else is to be done */
        sd_event_source *tell;  /* tells the observer once the current work is done */
};

/* manager.c: NULL: there is none of that name. */
Guard *manager_find_guard(const Manager *m, const char *name);

/* manager-reload.c */
int manager_reload_start(Manager *m, Error *e);
void manager_reload_stop(Manager *m);
int manager_load(Manager *m, Error *e);

/* manager-links.c: which link is which pair's, and the news of it */
int manager_links_start(Manager *m, Error *e);
/* Gives a new pair the links it names. */
void manager_links_introduce(Manager *m, Pair *p);

/* manager-carriers.c: seeing that a carrier is lost before the kernel tells */
int manager_carriers_start(Manager *m, Error *e);
/* The pairs or their links have changed. */
void manager_carriers_watch(Manager *m);

/* manager-places.c: where adapters hang */
void manager_places_start(Manager *m);
void manager_place_read(const LinkState *l, PairPlace *ret);
void manager_place_watch(Manager *m, const LinkState *l);
void manager_place_forget(Manager *m, int ifindex);

/* SteeringLinks of a LinkMonitor; see GuardOptions.copy_links. */
size_t manager_links_above(void *monitor, int ifindex, int *list, size_t max);
bool manager_links_is_port(void *monitor, int ifindex);
SteeringLinks manager_links_copy(void *monitor);

/* manager-identities.c: what goes with a primary's device */
int manager_identities_start(Manager *m, Error *e);
void manager_identities_stop(Manager *m);
/* Links or addresses of some pair changed. */
void manager_identities_changed(Manager *m);
/* Whether a pair has come to a point where its addresses must be known. */
void manager_identities_look(Manager *m, const Guard *g);
/* As in GuardNeighbours. */
size_t manager_identities_removed(void *manager, Neighbour **ret);

/* manager-settings.c: who changed the settings of a pair's adapters */
int manager_settings_start(Manager *m, Error *e);

void manager_tell_event(
                Manager *m, EventKind kind, const EventField *fields, size_t n_fields, const char *text);
void manager_tell_changed(Manager *m);
