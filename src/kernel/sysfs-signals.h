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
 * Nothing here takes RTNL, with one exception: while a queue looks as if it stood still, the disciplines are
 * asked, twice a second. */

#include "hwmon.h"
#include "netlink-socket.h"
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
        SlowReader *reader;
        NetlinkSocket *route;
        struct nl_msg *request;
} SysfsShared;

int sysfs_shared_init(SysfsShared *s, Error *e);
void sysfs_shared_done(SysfsShared *s);

typedef struct SysfsSignals {
        SysfsShared *shared;
        int link_fd, ifindex;
        bool probed, offered[_SYSFS_KIND_MAX];
        usec_t due[_SYSFS_KIND_MAX];
        QueueLimits *queues; /* large, and most virtual adapters have none */
        usec_t check_due;
        PcieErrors errors;
        Hwmon hwmon;
        PcieLink link;
} SysfsSignals;

/* link_fd: see sysfs_link_open(); it and shared must outlive it. */
void sysfs_signals_init(SysfsSignals *s, SysfsShared *shared, int link_fd, int ifindex);
void sysfs_signals_done(SysfsSignals *s);

/* What is due at that time, CLOCK_MONOTONIC, rising: returns how many samples, none beyond size. locks: whether
 * RTNL may be waited for. The limits that a sample has are s's, and valid until the next call. */
size_t sysfs_signals_sample(
                SysfsSignals *s, usec_t at, bool carrier, bool locks, HealthSample *samples, size_t size);
