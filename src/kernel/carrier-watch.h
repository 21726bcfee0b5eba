/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sees a carrier change when it happens, not when the kernel tells it.
 *
 * The kernel collects carrier events and tells them at most once a second, except those of bond ports, of
 * devices on top of others and of a carrier coming up (net/core/link_watch.c: linkwatch_urgent_event(),
 * linkwatch_nextevent = jiffies + HZ). So a cable that breaks within a second after any other link's event is
 * reported up to a second late. The counters behind sysfs carrier_changes are bumped at once by the driver's
 * netif_carrier_off() and can be read without any lock (net/core/net-sysfs.c, carrier_changes_show()), 0.7 us
 * each.
 *
 * Where the kernel takes a program that follows these functions (carrier-trace.h), it wakes us, and all are
 * read once a second besides. Where it takes none, all are read every 50 ms, but those that a beacon is sent by
 * as often only once a second: the kernel refuses a frame past the queues when there is no carrier
 * (net/core/dev.c
 * __dev_direct_xmit()), and whoever sends it, or knows where frames are missing, asks for that one at once
 * (carrier_watch_look()). No read takes RTNL: whether the carrier is up follows from the count, as every change
 * turns it. What is found goes into the link monitor, so that there is one path for link state.
 */

#include "link-monitor.h"
#include "time-util.h"

#define CARRIER_WATCH_USEC      (50 * USEC_PER_MSEC)
#define CARRIER_WATCH_ROUNDS    20 /* as many make a second */
#define CARRIER_WATCH_LINKS_MAX 1024

typedef struct CarrierWatch CarrierWatch;

/* The monitor must outlive it. event may be NULL: then call carrier_watch_poll(). */
int carrier_watch_new(sd_event *event, LinkMonitor *monitor, CarrierWatch **ret, Error *e);
CarrierWatch *carrier_watch_free(CarrierWatch *w);
DEFINE_CLEANUP(CarrierWatch *, carrier_watch_free);

/* Why the kernel does not wake us at each change; NULL when it does. */
const char *carrier_watch_untold(const CarrierWatch *w);

/* Watches a link the monitor knows; again is fine. It is dropped by itself when the link goes. -ENODEV,
 * -ENOSPC, -EXDEV (/sys of another network namespace). */
int carrier_watch_add(CarrierWatch *w, int ifindex, Error *e);
void carrier_watch_remove(CarrierWatch *w, int ifindex);

/* Whether somebody sends by it every CARRIER_WATCH_USEC and looks when that is refused. */
void carrier_watch_set_tested(CarrierWatch *w, int ifindex, bool tested);

/* Reads all counters once, or one link's. */
void carrier_watch_poll(CarrierWatch *w);
void carrier_watch_look(CarrierWatch *w, int ifindex);
