/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Adapters made of memory behind adapter-access.h, with the kernel's manners and, on demand, a driver's vices.
 */

#include "adapter-access.h"

#define FAKE_ADAPTERS_MAX 4

typedef struct FakeAdapters {
        AdapterAccess access; /* first */
        struct FakeAdapter {
                int ifindex; /* 0: free */
                AdapterProfile *profile;
                unsigned n_writes;
        } adapter[FAKE_ADAPTERS_MAX];
        unsigned n_writes;
        unsigned fail_at;             /* that write of all (1 is the first) fails, 0: none */
        unsigned fail_from;           /* that write and all later ones fail */
        unsigned hang_at;             /* that write never returns */
        unsigned lost_from;           /* that write and all later ones are not made: the writer is dead */
        uint64_t round_rings_to;      /* ring sizes become a multiple of it, as ice does */
        bool channels_reset_xps;      /* as most drivers do */
        bool channels_reset_rss;      /* likewise: to the default for so many queues */
        AdapterAttribute refused;     /* writing it gives -EOPNOTSUPP */
        char stuck[ADAPTER_NAME_MAX]; /* a feature that never becomes active */
} FakeAdapters;

FakeAdapters *fake_adapters_new(void);
FakeAdapters *fake_adapters_free(FakeAdapters *f);
DEFINE_CLEANUP(FakeAdapters *, fake_adapters_free);

/* A new adapter: driver "veth", 2 of at most 8 rx and tx channels, MTU 1500, the settings a veth has, and rings
 * of 512 of at most 4096. Returns its profile, to be changed at will (fake_adapter_channels() for queues). */
AdapterProfile *fake_adapter_add(FakeAdapters *f, int ifindex, const char *name);
AdapterProfile *fake_adapter_get(FakeAdapters *f, int ifindex);

/* A flow rule, of a table of 8: TCP to that port goes to the queue. */
void fake_adapter_rule(AdapterProfile *p, unsigned location, uint16_t port, unsigned queue);
/* The spreading table, with every slot's queue, a key of that many bytes, and the Toeplitz function. */
void fake_adapter_rss(AdapterProfile *p, unsigned n_slots, unsigned (*queue)(unsigned slot), unsigned key_size);
/* The context of that number (0 is the first) of the table's size, all of it one queue. */
void fake_adapter_context(AdapterProfile *p, unsigned context, unsigned queue);
void fake_adapter_private_flag(AdapterProfile *p, const char *name, bool on);

/* rx and tx channels, with the queues that go with them. */
void fake_adapter_channels(AdapterProfile *p, unsigned rx, unsigned tx);
void fake_adapter_feature(AdapterProfile *p, unsigned bit, const char *name, bool hw, bool wanted, bool active);
