/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lives of adapters, drawn from a seed. What each class is, and where its numbers come from, stands at its
 * function. Lives that end, or that lose frames, are one failure long; the others are a stretch of a year. */

#include "predict-world.h"

typedef struct Life {
        uint64_t seed;
        double days; /* of a life in which nothing is wrong */

        double pps, loss; /* drawn */
        double trouble;   /* seconds from the start to when the trouble begins */
        double failure;   /* and to the failure; negative: none */
        double years;     /* in which every alarm is false; 0: none of it */
        World world;
} Life;

typedef struct LifeClass {
        const char *name;
        void (*live)(Life *);
        bool negative;
        unsigned groups; /* bits: the causes that are right as the first reason */
} LifeClass;

extern const LifeClass life_classes[];
extern const size_t n_life_classes;

/* Lives it; life_done() afterwards. */
void life_run(Life *l, const LifeClass *class, uint64_t seed, double days);
void life_done(Life *l);
