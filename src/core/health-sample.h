/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One reading of one signal of one adapter, as a value. Sources (kernel, prober, replay) make them, the
 * predictor takes them; neither knows the other. */

#include "health-signal.h"

/* What a device itself says of where a level of its own becomes bad. */
typedef struct SignalLimits {
        SignalThreshold warn, alarm;
} SignalLimits;

typedef struct HealthSample {
        Signal signal;
        usec_t at; /* CLOCK_MONOTONIC; samples of one snapshot share it, so that errors and exposure agree */
        union {
                uint64_t count; /* SIGNAL_COUNTER */
                double level;   /* SIGNAL_LEVEL */
        };
        const SignalLimits
                        *limits; /* of a level; NULL: the source knows of none. Read before the call returns */
} HealthSample;
