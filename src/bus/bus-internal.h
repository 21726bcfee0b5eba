/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of this layer share: the objects on the bus and what was last told about them. */

#include <sys/queue.h>
#include <systemd/sd-bus.h>

#include "bus.h"

#define BUS_NAME           "org.primed.Primed1"
#define BUS_ROOT           "/org/primed/Primed1"
#define BUS_PAIR_PREFIX    BUS_ROOT "/pair"
#define BUS_ADAPTER_PREFIX BUS_ROOT "/adapter"
#define BUS_INTERFACE(x)   "org.primed.Primed1." x

typedef struct BusPair BusPair;
typedef struct BusCall BusCall;

typedef struct BusAdapter {
        AdapterStatus now;  /* read afresh for every call that looks at it */
        AdapterStatus sent; /* what PropertiesChanged last told */
        BusPair *pair;
        PairSide side;
        char *path;
} BusAdapter;

struct BusPair {
        PairStatus now, sent; /* as in BusAdapter */
        Bus *bus;
        Pair *pair;
        char *path;
        BusAdapter adapter[_PAIR_SIDE_MAX];
        TAILQ_ENTRY(BusPair) entry;
};

/* What PropertiesChanged last told of the manager. */
typedef struct BusManagerSent {
        const char *state;
        size_t n_pairs, n_protected, n_inhibitors;
        uint64_t last_inhibitor;
        usec_t reload_realtime;
        uint64_t diagnostics_hash;
} BusManagerSent;

struct Bus {
        sd_event *event;
        Manager *manager;
        sd_bus *bus; /* NULL while there is none */
        sd_event_source *retry;
        bool connected;
        BusSettledFunc settled;
        void *settled_userdata;
        sd_event_source *settling; /* off once that was called */
        sd_event_source *exiting;
        TAILQ_HEAD(, BusPair) pairs;
        size_t n_pairs;
        TAILQ_HEAD(, BusCall) calls; /* waiting for authorization or for the pair */
        size_t n_calls;
        BusManagerSent sent;
};

/* bus-manager.c, bus-pair.c, bus-adapter.c, bus-log-control.c */
int bus_manager_register(Bus *b);
int bus_pair_register(Bus *b);
int bus_adapter_register(Bus *b);
int bus_log_control_register(Bus *b);

/* The objects of a pair; bus_pair_new() hangs it into b. */
BusPair *bus_pair_new(Bus *b, Pair *p);
BusPair *bus_pair_free(BusPair *p);
BusPair *bus_pair_find(Bus *b, const Pair *p);
void bus_adapter_done(BusAdapter *a);
/* Reads the model; the path follows the adapter's name. */
int bus_adapter_init(BusAdapter *a, BusPair *pair, PairSide side);
/* The adapter with that name; the first if, both absent, two have the same. */
BusAdapter *bus_adapter_find(Bus *b, const char *name);

/* PropertiesChanged, with what differs from what was sent. */
void bus_manager_changed(Bus *b);
void bus_pair_changed(BusPair *p);
void bus_adapter_changed(BusAdapter *a);
/* InterfacesAdded and InterfacesRemoved. */
void bus_pair_announce(BusPair *p, bool added);

/* The D-Bus error an Error becomes; returns e->code, or -EIO. */
int bus_error_set(sd_bus_error *ret, const Error *e);
