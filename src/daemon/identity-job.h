/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One move of an identity between a pair's adapters in a process of its own (worker-process.h): it waits for
 * the RTNL lock, which a driver may hold for long. */

#include <systemd/sd-event.h>

#include "identity-move.h"
#include "pair-ports.h"

#define IDENTITY_JOB_DEADLINE (20 * USEC_PER_SEC)

typedef struct IdentityJob IdentityJob;

/* How it ended: result 0 or negative with e. record: the one given, with `made` as it is now; NULL when it
 * failed. notice: what could not be done but does not matter so much, empty when there is no such thing. Valid
 * during the call, in which the job may be freed. */
typedef void (*IdentityJobFunc)(IdentityJob *j, int result, const IdentityRecord *record, const char *notice,
                const Error *e, void *userdata);

/* Starts it in the caller's network namespace. move: its record, parameters and neighbours are used before it
 * returns, and not changed; `now` need not be set. func is called once, unless the job is freed before. */
int identity_job_new(sd_event *event, PairIdentityTask task, const IdentityMove *move, IdentityJobFunc func,
                void *userdata, IdentityJob **ret, Error *e);

/* Kills the process if it still runs; func is not called. NULL is fine; returns NULL. */
IdentityJob *identity_job_free(IdentityJob *j);
DEFINE_CLEANUP(IdentityJob *, identity_job_free);
