/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration of an adapter as JSON, to be kept in a file and put back. Format "primed-adapter-snapshot",
 * version 1: an object with
 *
 *      format, version
 *      adapter, driver, address, time_us    whose it was and when
 *      complete    entries of lists (flow rules) that it does not name are to be removed
 *      settings    an array: item and setting, as `primectl plan` names them; name, queue or place where it
 * takes one to say which is meant; value, as text
 *
 * A person may edit it; what is not understood is refused with its place in the array. */

#include <json-c/json.h>

#include "error.h"
#include "pair-status.h"
#include "prime-plan.h"

#define SNAPSHOT_FORMAT  "primed-adapter-snapshot"
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_MAX     (4U * 1024 * 1024) /* bytes of JSON */

/* plan: of PRIME_TASK_SNAPSHOT. The caller's. */
json_object *snapshot_to_json(const AdapterStatus *adapter, const PrimePlan *plan, usec_t realtime);

/* Into steps for PRIME_TASK_RESTORE, in the order of priming. driver: that of the adapter it is for, since
 * another driver may mean other things by the same words; NULL: any. ret_complete: as in the snapshot. Negative
 * with e. */
int snapshot_from_json(const char *text, const char *driver, PrimePlan **ret, bool *ret_complete, Error *e);
