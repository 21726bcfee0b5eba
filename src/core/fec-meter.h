/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bit error rate of a link before forward error correction, from what the correction counts. Pure.
 *
 * Where the driver counts corrected bits it is these over all bits received. Where it counts corrected blocks
 * only, each is taken for one bit: right to 3 % at 1e-5, where blocks of 5440 bits (RS(544,514), IEEE 802.3
 * clause 91) seldom have two errors, a quarter too low at 1e-4, and never more than 1.9e-4. So it is a lower
 * bound, and one that still reaches the built-in thresholds before the correction's limit (2.4e-4). Bits are
 * counted at the speed of the link, less than what is on the wire by up to 6 %. */

#include "counter-hygiene.h"

typedef struct FecCount {
        uint64_t blocks, bits; /* corrected */
        bool blocks_set, bits_set;
} FecCount;

typedef struct FecMeter {
        CounterHygiene counter;
        bool bits;
} FecMeter;

/* speed: Mbit/s, 0: unknown. False when there is no rate, be it that this is the first reading. A later speed
 * than that of the whole time since the last reading would be wrong: forget the meter (zero it) when the link
 * was lost. */
bool fec_meter_step(FecMeter *m, const FecCount *count, uint32_t speed, usec_t at, double *ret);
