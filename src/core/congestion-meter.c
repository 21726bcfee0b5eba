/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "congestion-meter.h"

/* Some drivers renew their counters every two seconds only (ixgbe's watchdog); what is older than this has half
 * its weight. */
#define HALF_LIFE (2 * USEC_PER_SEC)
#define OLD       (10 * USEC_PER_SEC)

void congestion_meter_count(CongestionMeter *m, uint64_t received, uint64_t dropped, usec_t at) {
        double fade = exp2(-(double) usec_sub(at, m->at) / (double) HALF_LIFE);

        m->received = m->received * fade + (double) received;
        m->dropped = m->dropped * fade + (double) dropped;
        m->at = MAX(m->at, at);
        if (received > 0 || dropped > 0)
                m->moved = m->at;
}

double congestion_meter_share(const CongestionMeter *m, usec_t now) {
        double all = m->received + m->dropped;

        return usec_sub(now, m->at) > OLD || all <= 0 ? 0 : m->dropped / all;
}
