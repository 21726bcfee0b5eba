/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Hears what switches say of themselves on the adapters it is told to watch: one packet socket for all of them.
 * Sends nothing; an LLDP daemon beside it hears the same. */

#include <systemd/sd-event.h>

#include "error.h"
#include "lldp-neighbour.h"

typedef struct LldpListener LldpListener;

/* Called for each frame that is well-formed; the neighbour is the callback's only during the call. */
typedef void (*LldpFunc)(int ifindex, const LldpNeighbour *neighbour, void *userdata);

/* event: may be NULL, then lldp_listener_dispatch() is the caller's to call. */
int lldp_listener_new(sd_event *event, LldpFunc func, void *userdata, LldpListener **ret, Error *e);
LldpListener *lldp_listener_free(LldpListener *l);
DEFINE_CLEANUP(LldpListener *, lldp_listener_free);

/* Lets the adapter's receive filter take the frames. It goes on until the adapter is gone or the listener is
 * freed. 0 also when it is watched already. Waits for RTNL. */
int lldp_listener_watch(LldpListener *l, int ifindex, const char *name, Error *e);
bool lldp_listener_watches(const LldpListener *l, int ifindex);

/* The adapter is gone: its ifindex may come again for another one. */
void lldp_listener_forget(LldpListener *l, int ifindex);

/* Takes what has arrived, a bounded number of frames. */
void lldp_listener_dispatch(LldpListener *l);
