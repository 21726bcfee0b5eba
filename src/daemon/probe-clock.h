/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One timer for the probers of all pairs. With one each, every probe cost a turn of the event loop and four
 * system calls that were about nothing but time. */

#include <systemd/sd-event.h>

#include "macro.h"
#include "time-util.h"

typedef struct ProbeClock ProbeClock;

/* Embedded in its owner; the functions and userdata are the owner's, the rest is not. */
typedef struct ProbeAlarm {
        void (*receive)(void *userdata); /* takes in what has arrived by then; touches no alarm */
        void (*func)(void *userdata);    /* may set any alarm, and remove any */
        void *userdata;
        size_t place;
} ProbeAlarm;

int probe_clock_new(sd_event *event, ProbeClock **ret);
/* All alarms must have been removed. */
ProbeClock *probe_clock_free(ProbeClock *c);
DEFINE_CLEANUP(ProbeClock *, probe_clock_free);

/* -ENOMEM */
int probe_clock_add(ProbeClock *c, ProbeAlarm *a);
void probe_clock_remove(ProbeClock *c, ProbeAlarm *a);

/* Once, at that time of CLOCK_MONOTONIC or 250 us later; USEC_INFINITY: not. */
usec_t probe_clock_get(const ProbeClock *c, const ProbeAlarm *a);
void probe_clock_set(ProbeClock *c, ProbeAlarm *a, usec_t at);
