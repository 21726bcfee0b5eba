/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What evidence asks for, and whether the other adapter is better: the same for a pair that is guarded and for
 * one whose trace is replayed. Pure. */

#include "health-predictor.h"

/* The evidence that counts: the worst that is not vetoed. NULL when there is none; valid as long as
 * health_predictor_evidence()'s. */
const Evidence *health_cause(const HealthPredictor *p);

/* Whether traffic does not go to that spare by itself, since it shows signs of its own: in alarm, or with more
 * than a tenth of the serving adapter's risk. */
bool health_is_no_better(const HealthPredictor *spare, const HealthPredictor *serving);
