/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver counts under names of its own (`ethtool -S`): which of its statistics are signs of a failure
 * that no standard interface tells, by a table per driver, and their sums. What a standard interface has as
 * well (errors of frames, error correction, timeouts of the watchdog) is taken from there. No socket: asking is
 * in driver-stats-reader.h. */

#include "ethtool-stats-codec.h"

/* Of one adapter; what a driver counts per queue has a place for each. More are left out. */
#define DRIVER_STATS_MAX 64

typedef struct DriverStats {
        uint32_t n_counted; /* how many statistics the driver had when these places were found */
        size_t n;
        struct {
                uint16_t place;
                StatsValue value;
        } entry[DRIVER_STATS_MAX];
} DriverStats;

/* Whether there is a table for that driver, called as in ETHTOOL_GDRVINFO. */
bool driver_stats_knows(const char *driver);

/* Where among its n statistics are those that matter. names: ETH_GSTRING_LEN bytes each, the last of which may
 * be no 0; any bytes are safe. n: at most 65536. */
void driver_stats_find(const char *driver, const char *names, uint32_t n, DriverStats *ret);

/* values: as many as d->n_counted. Returns how many values are set. */
int driver_stats_sum(const DriverStats *d, const uint64_t *values, EthtoolStats *ret);
