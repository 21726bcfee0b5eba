/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Random numbers that are the same in every run, for simulations. */

#include <math.h>
#include <stdint.h>

typedef struct Random {
        uint64_t state;
} Random;

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014) */
static inline uint64_t random_next(Random *r) {
        uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* within (0, 1) */
static inline double random_uniform(Random *r) {
        return ((double) (random_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double random_normal(Random *r) {
        return sqrt(-2 * log(random_uniform(r))) * cos(2 * M_PI * random_uniform(r));
}

static inline uint64_t random_poisson(Random *r, double mean) {
        double limit, product = 1;
        uint64_t n = 0;

        if (mean > 50)
                return (uint64_t) fmax(0, round(mean + sqrt(mean) * random_normal(r)));
        limit = exp(-mean);
        while ((product *= random_uniform(r)) > limit)
                n++;
        return n;
}

/* How many trials pass before the first success. */
static inline uint64_t random_geometric(Random *r, double p) {
        return (uint64_t) (log(random_uniform(r)) / log1p(-p));
}
