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
        double told;              /* a share that is told rarely */
        usec_t told_until;
        double untold; /* received since then */
} CongestionMeter;

/* What was counted up to `at` since the last time. */
void congestion_meter_count(CongestionMeter *m, uint64_t received, uint64_t dropped, usec_t at);

/* What else was dropped in the `time` until `at`, by a counter that is read every few seconds only: what share
 * that was of all is taken to last until it is told again, or twice that time has passed. */
void congestion_meter_tell(CongestionMeter *m, uint64_t dropped, usec_t time, usec_t at);

/* 0 to 1; 0 when the counters are old. */
double congestion_meter_share(const CongestionMeter *m, usec_t now);
