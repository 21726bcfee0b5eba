/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Statuses as JSON, in one place: Describe() and so `primectl --json`. Names as in org.primed.Primed1(5); *_us
 * are microseconds, those that say when are since the epoch; what is not known is null. Objects belong to the
 * caller; NULL when out of memory is possible at any depth and shows as null. */

#include <json-c/json.h>

#include "move-fields.h"
#include "pair-status.h"
#include "prime-plan.h"

/* The same moment on both clocks, so that times of the monotonic one can be told. */
typedef struct StatusClock {
        usec_t monotonic, realtime;
} StatusClock;

/* adapters: _PAIR_SIDE_MAX of them. */
json_object *pair_status_to_json(const PairStatus *s, const AdapterStatus *adapters, StatusClock now);
json_object *adapter_status_to_json(const AdapterStatus *s, StatusClock now);
json_object *evidence_to_json(const Evidence *e, const char *adapter, StatusClock now);
json_object *move_record_to_json(const MoveRecord *r);
/* An array of steps; NULL is the empty plan. */
json_object *prime_plan_to_json(const PrimePlan *p);

/* "good", "warn" or "alarm". */
const char *health_to_string(EvidenceLevel level);
