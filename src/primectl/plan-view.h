/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A plan of priming as people see it: a table, changes first where that is wanted, and a line that sums it up.
 */

#include "ctl.h"

/* What the steps of a plan (of Plan(), Prime(), Restore()) come to. */
typedef struct PlanSummary {
        size_t n, n_equal;
        size_t to_set, clamped,
                        mapped; /* that would be set: as they are, as near as possible, otherwise expressed */
        size_t unsupported, blocked;
        size_t done, failed;
        const char *disruption; /* the worst of what would be set: "none", "queues", "link", "unknown" */
} PlanSummary;

PlanSummary plan_summary(const json_object *steps);

/* Something would be set, or stands in the way. */
bool plan_summary_is_due(const PlanSummary *s);

/* How often the spare's link goes down: "never", "once", "unknown". Settings that take it down follow one
 * another, so that it is down once, if the driver is one of those that were looked at. */
const char *plan_summary_link_down(const PlanSummary *s);

/* "3 to set, 1 clamped, 1 unsupported; eth1's link goes down once", on stdout without a newline. */
void plan_summary_print(const PlanSummary *s, const char *spare);

/* from, to: the headings of the two values. changes_first: what would be set before what cannot be. all: also
 * what is equal. Prints nothing when no step is left; returns how many were shown. */
size_t plan_print(const Ctl *c, const json_object *steps, const char *from, const char *to, bool changes_first,
                bool all);

/* The steps that plan_print() would show, as a new array. */
json_object *plan_shown(const json_object *steps, bool changes_first, bool all);

json_object *plan_summary_to_json(const PlanSummary *s);
