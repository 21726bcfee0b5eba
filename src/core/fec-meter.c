/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fec-meter.h"

bool fec_meter_step(FecMeter *m, const FecCount *count, uint32_t speed, usec_t at, double *ret) {
        usec_t before = m->counter.at;
        CounterVerdict verdict;
        uint64_t errors;

        if (!count->bits_set && !count->blocks_set)
                return false;
        if (m->bits != count->bits_set)
                *m = (FecMeter){ .bits = count->bits_set };
        verdict = counter_hygiene_take(&m->counter, m->bits ? count->bits : count->blocks, at, false, &errors);
        if ((verdict != COUNTER_DELTA && verdict != COUNTER_GAP) || speed == 0)
                return false;
        /* Mbit/s times microseconds is bits */
        *ret = (double) errors / ((double) speed * (double) (at - before));
        return true;
}
