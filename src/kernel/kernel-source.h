/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Health as the kernel knows it, for every adapter:
 *
 *   each tick   packet and error counters; carrier and its count (link monitor)
 *   1 s         transmit watchdog (sysfs)
 *   and what stats-round.h asks for besides: error correction, standard groups, pause frames, devlink
 *
 * and what else sysfs tells (sysfs-signals.h).
 *
 * What the kernel or the driver does not offer is not sampled, which is not the same as 0.
 *
 * Whatever waits for RTNL or for a device is asked in a thread (stats-collector.h). A tick begins with
 * kernel_source_begin(), and is sampled when the thread is done, or after a while without it: then the counters
 * are read from sysfs, which takes no lock but costs about five times as much, and what the thread finds out
 * comes with a later tick, with the time at which it was read. */

#include "health-source.h"
#include "link-monitor.h"
#include "stats-round.h"
#include "sysfs-signals.h"

/* Samples of one reading at most: give read() room for so many, since what does not fit is not kept. */
#define KERNEL_SOURCE_SAMPLES_MAX (32 + SYSFS_SIGNALS_MAX)

#define KERNEL_SOURCE_TX_TIMEOUT_USEC (1 * USEC_PER_SEC)

/* A HealthSource: cast, or use kernel_source_health(). */
typedef struct KernelSource KernelSource;

/* In the caller's network namespace; the monitor must outlive it. */
int kernel_source_new(LinkMonitor *monitor, KernelSource **ret, Error *e);

/* As above, with another way to what the thread asks for; it is the source's from now on, also on failure. */
int kernel_source_new_with(LinkMonitor *monitor, StatsSource *stats, KernelSource **ret, Error *e);

static inline HealthSource *kernel_source_health(KernelSource *s) {
        return (HealthSource *) s;
}

/* Has the thread ask for the counters and what is due of all adapters that were ever read. 1 when it began; 0
 * when there is nothing to wait for, since it is still busy with an earlier tick or there is no adapter. Never
 * waits. Not to be called while somebody of ours holds RTNL or is about to need it. */
int kernel_source_begin(KernelSource *s, Error *e);

/* Whether the thread is done; then the next reads have what it found out. */
bool kernel_source_is_over(KernelSource *s);

/* What the driver said of the link that it has now. False when it has none, or has not said yet. */
bool kernel_source_link_mode(const KernelSource *s, int ifindex, StatsLinkMode *ret);

/* Why it says that there is none: not known when there is one, or an administrator set it down. */
LinkTrouble kernel_source_link_trouble(const KernelSource *s, int ifindex);

/* Readable when the thread is done; owned by s. */
int kernel_source_fd(const KernelSource *s);
