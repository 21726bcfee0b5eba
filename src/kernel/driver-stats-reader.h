/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Asks adapters for the statistics of their drivers' own, by the SIOCETHTOOL ioctl (there is no netlink message
 * for them). Belongs into the thread of stats-collector.h: each question waits for RTNL, and nothing is
 * allocated after driver_stats_reader_new(). */

#include "driver-stats.h"
#include "error.h"

typedef struct DriverStatsReader DriverStatsReader;

/* In the caller's network namespace. */
int driver_stats_reader_new(DriverStatsReader **ret, Error *e);
DriverStatsReader *driver_stats_reader_free(DriverStatsReader *r);
DEFINE_CLEANUP(DriverStatsReader *, driver_stats_reader_free);

/* How many values, -EOPNOTSUPP when this driver has none that matter, or another errno. */
int driver_stats_reader_ask(DriverStatsReader *r, int ifindex, EthtoolStats *ret);
