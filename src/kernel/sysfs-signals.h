/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What sysfs tells of an adapter's health, each at its own interval, where the kernel and the driver offer it:
 *
 *   200 ms   transmit queues that stand still     queue-limits.h
 *   5 s      errors of PCI Express                pcie-errors.h
 *   10 s     temperature                          hwmon.h
 *   30 s     lanes and speed of PCI Express       pcie-link.h
 *
 * What is not there when first looked for is left alone; the adapter gets another look when it comes anew.
 * Nothing here takes RTNL. While a queue looks as if it stood still, somebody has to ask the disciplines, which
 * does (stats-round.h), and to tell what they gave. */

#include "hwmon.h"
#include "pcie-errors.h"
#include "pcie-link.h"
#include "queue-limits.h"

/* Samples of one reading at most. */
#define SYSFS_SIGNALS_MAX 7

/* Kept open in the whole process, besides those of queues. */
#define SYSFS_FDS_MAX 256

typedef enum SysfsKind {
        SYSFS_QUEUE_LIMITS,
        SYSFS_PCIE_ERRORS,
        SYSFS_HWMON,
        SYSFS_PCIE_LINK,
        _SYSFS_KIND_MAX,
        _SYSFS_KIND_INVALID = -EINVAL,
} SysfsKind;

/* What all adapters share. */
typedef struct SysfsShared {
        size_t fd_budget, queue_budget;
        Errands *errands;
} SysfsShared;

int sysfs_shared_init(SysfsShared *s, Error *e);
void sysfs_shared_done(SysfsShared *s);

typedef struct SysfsSignals {
        SysfsShared *shared;
        int link_fd;
        bool probed, offered[_SYSFS_KIND_MAX];
        usec_t due[_SYSFS_KIND_MAX];
        QueueLimits *queues; /* large, and most virtual adapters have none */
        bool suspect;        /* some of them, when last looked at */
        PcieErrors errors;
        Hwmon hwmon;
        PcieLink link;
} SysfsSignals;

/* link_fd: see sysfs_link_open(); it and shared must outlive it. */
void sysfs_signals_init(SysfsSignals *s, SysfsShared *shared, int link_fd);
void sysfs_signals_done(SysfsSignals *s);

/* What is due at that time, CLOCK_MONOTONIC, rising: returns how many samples, none beyond size. The
 * limits that a sample has are s's, and valid until the next call. */
size_t sysfs_signals_sample(SysfsSignals *s, usec_t at, bool carrier, HealthSample *samples, size_t size);

/* Whether sysfs_signals_check() is due, which takes what was given as of that time. */
bool sysfs_signals_is_suspect(const SysfsSignals *s);
void sysfs_signals_check(SysfsSignals *s, const QueueGiven *given, usec_t at);
