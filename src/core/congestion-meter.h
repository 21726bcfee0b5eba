/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which share of the frames that came to an adapter it dropped lately for want of room: its rings were full,
 * the host too slow. That is congestion, no failure, and takes probes like any other frames. */

#include <stdbool.h>
#include <stdint.h>

#include "time-util.h"

typedef struct CongestionMeter {
        double received, dropped; /* fading */
        usec_t at;                /* of the last counters */
        usec_t moved;             /* when they last counted anything */
} CongestionMeter;

/* What was counted up to `at` since the last time. */
void congestion_meter_count(CongestionMeter *m, uint64_t received, uint64_t dropped, usec_t at);

/* 0 to 1; 0 when the counters are old. */
double congestion_meter_share(const CongestionMeter *m, usec_t now);
