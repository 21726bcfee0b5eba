/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From two observed configurations to a plan. Pure: the same profiles give the same plan. */

#include "prime-plan.h"

/* Plans how the spare becomes like the serving adapter. No steps are made for excluded items. Replaces what is
 * in plan. 0 or -ENOMEM. */
int prime_planner_run(
                const AdapterProfile *serving, const AdapterProfile *spare, PrimeItems items, PrimePlan *plan);

/* Moves the channels behind what names their queues. Kernels refuse fewer channels than a table, a context or a
 * rule still names; those are without a trace of the queues to be lost once they are primed. So they come first
 * then, and on the way back last. 0 or -ENOMEM. */
int prime_planner_defer_channels(PrimePlan *plan);

/* What the spare has of the step's setting now: the value in force, and for a feature also, in ret_wanted, what
 * was asked for, which is what undo compares. ret_wanted may be NULL. */
AdapterValue prime_step_value(const PrimeStep *s, const AdapterProfile *p, AdapterValue *ret_wanted);
