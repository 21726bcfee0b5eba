/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the modules of all guarded adapters, one at a time: each about once a minute, every 10 s while there is
 * evidence against its adapter, never while any pair moves traffic or is primed, and all together for at most a
 * hundredth of the time (core/module-watch.h). */

#include "module-job.h"
#include "pair-shell.h"

typedef struct ModulePoller ModulePoller;

/* memory_directory: where what is known of lasers outlives a reboot; NULL: nowhere. options may be NULL. */
int module_poller_new(sd_event *event, const char *memory_directory, const ModuleJobOptions *options,
                ModulePoller **ret, Error *e);
ModulePoller *module_poller_free(ModulePoller *p);
DEFINE_CLEANUP(ModulePoller *, module_poller_free);

/* The pair must be removed before it is freed. */
int module_poller_add(ModulePoller *p, Pair *pair);
void module_poller_remove(ModulePoller *p, const Pair *pair);

/* Begins the reading that is most overdue, if one may begin; drops the one under way when a pair got busy.
 * Called by the poller's own timer once a second. */
void module_poller_tick(ModulePoller *p, usec_t now);

/* A process is at it, which may hold RTNL. */
bool module_poller_is_reading(const ModulePoller *p);
