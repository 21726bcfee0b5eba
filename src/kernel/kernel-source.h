/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Health as the kernel knows it, for every adapter:
 *
 *   each tick   packet and error counters, all links by one RTM_GETSTATS dump; carrier and its count (link
 * monitor) 1 s         transmit watchdog (sysfs) 5 s         the PHY's own count of lost links (ethtool
 * LINKSTATE), where the driver has one
 *
 * What the kernel or the driver does not offer is not sampled, which is not the same as 0.
 *
 * RTM_GETSTATS and ethtool wait for RTNL (net/core/rtnetlink.c, rtnl_stats_dump(); every ethtool GET): while
 * someone holds it, say for a ring change on a slow driver, a refresh waits in the kernel.
 * kernel_source_set_locks() has the same counters read from sysfs, which takes no lock but costs about five
 * times as much. */

#include "health-source.h"
#include "link-monitor.h"

/* Samples of one reading at most: give read() room for so many, since what does not fit is not kept. */
#define KERNEL_SOURCE_SAMPLES_MAX 16

#define KERNEL_SOURCE_TX_TIMEOUT_USEC (1 * USEC_PER_SEC)
#define KERNEL_SOURCE_LINKSTATE_USEC  (5 * USEC_PER_SEC)

/* A HealthSource: cast, or use kernel_source_health(). */
typedef struct KernelSource KernelSource;

/* In the caller's network namespace; the monitor must outlive it. */
int kernel_source_new(LinkMonitor *monitor, KernelSource **ret, Error *e);

static inline HealthSource *kernel_source_health(KernelSource *s) {
        return (HealthSource *) s;
}

/* Reads the counters of all adapters that were ever asked for, once per `now`; health_source_read() does it by
 * itself when needed. CLOCK_MONOTONIC. */
int kernel_source_refresh(KernelSource *s, usec_t now, Error *e);

typedef enum KernelSourceLocks {
        KERNEL_SOURCE_LOCKS,        /* the cheapest way */
        KERNEL_SOURCE_LOCKS_RARELY, /* counters without; what there is no other way to know is asked for */
        KERNEL_SOURCE_LOCKLESS,     /* nothing that takes RTNL, for as long as something of ours may hold it */
} KernelSourceLocks;

void kernel_source_set_locks(KernelSource *s, KernelSourceLocks locks);
