/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From evidence to a probability. A hazard is one over the expected time to failure: starting judgements from
 * the lead times that the literature reports (lasers days, contamination minutes to days, a hung queue
 * seconds), not calibrated. Within a cause group the worst counts, since its signals tell of the same thing;
 * across groups hazards add up. */

#include "evidence.h"

/* Failures per second that this evidence stands for; vetoed evidence and none stand for 0. Never falls when the
 * level rises. */
double evidence_hazard(const Evidence *e);

/* 1 - exp(-1 h * sum over groups of the highest hazard): within [0, 1]. */
double hazard_risk(const Evidence *evidence, size_t n);
