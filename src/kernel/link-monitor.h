/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every link of this network namespace, as the kernel last told it: a dump, then notifications, and after a
 * lost notification a dump again. Listeners get the same calls in both cases, old state beside new, so nobody
 * else has to think about netlink. */

#include <systemd/sd-event.h>

#include "error.h"
#include "rtnl-codec.h"

typedef struct LinkMonitor LinkMonitor;

/* Called from the event loop, and for what exists already from within link_monitor_add_listener(). The states
 * are valid during the call. Handlers must not add or remove listeners. */
typedef struct LinkListener {
        /* old NULL: appeared; new NULL: gone. A rename is a change with the same ifindex. */
        void (*on_change)(const LinkState *old_state, const LinkState *new_state, void *userdata);
        /* Addresses of this link were added or removed; after a lost notification, once for each link. May be
         * NULL. */
        void (*on_addresses)(int ifindex, void *userdata);
        /* Listening failed and what is known may be old: a resync did not work. It is tried again with the next
         * notification and by link_monitor_resync(). May be NULL. */
        void (*on_error)(const Error *e, void *userdata);
        void *userdata;
        struct LinkListener *next; /* the monitor's */
} LinkListener;

/* Starts listening in the caller's network namespace and reads all links (at most LINK_TABLE_MAX; this waits
 * for the kernel). event may be NULL: then call link_monitor_dispatch(). */
int link_monitor_new(sd_event *event, LinkMonitor **ret, Error *e);
LinkMonitor *link_monitor_free(LinkMonitor *m);
DEFINE_CLEANUP(LinkMonitor *, link_monitor_free);

/* The listener stays the caller's and must outlive its membership. Calls on_change(NULL, state) for each link
 * that exists. */
void link_monitor_add_listener(LinkMonitor *m, LinkListener *listener);
void link_monitor_remove_listener(LinkMonitor *m, LinkListener *listener);

/* What is known; NULL when there is no such link. Valid until the event loop runs again. */
const LinkState *link_monitor_get(const LinkMonitor *m, int ifindex);
const LinkState *link_monitor_find_name(const LinkMonitor *m, const char *name);
/* By the address burnt in; a link without one (veth) is found by its address. Links on top of others (VLANs,
 * bonds) that copy an address do not count. The lowest ifindex wins. */
const LinkState *link_monitor_find_mac(const LinkMonitor *m, const EtherAddress *mac);
/* By place: "pci-0000:3b:00.0" as in udev's ID_PATH, for devices on PCI (virtio on PCI included). */
const LinkState *link_monitor_find_path(const LinkMonitor *m, const char *path);

/* Whether the link is the one link_monitor_find_mac() means. */
bool link_state_has_mac(const LinkState *state, const EtherAddress *mac);

/* All links, by ifindex. */
size_t link_monitor_links(const LinkMonitor *m, const LinkState **ret);
/* How many did not fit. */
size_t link_monitor_n_ignored(const LinkMonitor *m);

/* Writes "pci-0000:3b:00.0", or returns -ENODEV for a link of no device on PCI. */
int link_state_path(const LinkState *state, char *buffer, size_t size);

/* Someone has seen the carrier's counter before the kernel told it: takes `changes` (carrier_changes) for true,
 * and with it the carrier, since every change turns it. Older news from the kernel will not undo that. No
 * effect when not newer than what is known. */
void link_monitor_note_carrier_changes(LinkMonitor *m, int ifindex, uint32_t changes);

/* Reads everything again and tells what differs: in a thread, and then from the event loop, where there is one;
 * else it waits for the kernel. */
int link_monitor_resync(LinkMonitor *m, Error *e);

/* Takes what has arrived, without waiting. */
int link_monitor_dispatch(LinkMonitor *m, Error *e);

/* For tests: so small a buffer that notifications get lost. Bytes. */
int link_monitor_set_receive_buffer(LinkMonitor *m, size_t bytes, Error *e);
/* How often everything had to be read again. */
unsigned link_monitor_n_resyncs(const LinkMonitor *m);
