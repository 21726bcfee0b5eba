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
        m->untold += (double) received;
        m->at = MAX(m->at, at);
        if (received > 0 || dropped > 0)
                m->moved = m->at;
}

void congestion_meter_tell(CongestionMeter *m, uint64_t dropped, usec_t time, usec_t at) {
        double all = m->untold + (double) dropped;

        m->told = all > 0 ? (double) dropped / all : 0;
        m->told_until = usec_add(at, 2 * time);
        m->untold = 0;
        if (dropped > 0)
                m->moved = MAX(m->moved, at);
}

double congestion_meter_share(const CongestionMeter *m, usec_t now) {
        double all = m->received + m->dropped, told = now < m->told_until ? m->told : 0;

        return usec_sub(now, m->at) > OLD || all <= 0 ? told : fmax(m->dropped / all, told);
}
