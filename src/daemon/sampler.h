/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tick that feeds every pair: what the kernel says of all adapters, as soon as its thread has asked for it
 * or without that when it is late, what a trace plays, and then each pair's dispatch. The interval is the
 * shortest any policy asks for. */

#include <systemd/sd-event.h>

#include "manager.h"

typedef struct Sampler Sampler;

/* monitor's links give the adapters' names; replay is the path of a trace or NULL. */
int sampler_new(Manager *m, const char *replay, Sampler **ret, Error *e);
Sampler *sampler_free(Sampler *s);
DEFINE_CLEANUP(Sampler *, sampler_free);

/* Pairs or policies changed: the interval may have. */
void sampler_adjust(Sampler *s);
