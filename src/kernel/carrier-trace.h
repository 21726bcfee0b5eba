/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's word that a carrier was just turned off or on, at that moment: a small program follows the two
 * functions that do so (carrier-trace.bpf.c) and wakes us. It needs a kernel with BTF and tracing
 * (CONFIG_BPF_EVENTS, CONFIG_FUNCTION_TRACER: those of the distributions), CAP_BPF and CAP_PERFMON. It goes
 * when we go. */

#include <systemd/sd-event.h>

#include "error.h"
#include "macro.h"

/* May be told of a carrier that did not change; look. */
typedef void (*CarrierTraceFunc)(int ifindex, void *userdata);

typedef struct CarrierTrace CarrierTrace;

/* For tests: pretend that the kernel takes none. */
extern bool carrier_trace_refused;

/* Takes some 10 ms, for reading the kernel's types. func is called from the loop, before what is not about
 * traffic. -EPERM, -EOPNOTSUPP and whatever else the kernel says when it takes none. */
int carrier_trace_new(sd_event *event, CarrierTraceFunc func, void *userdata, CarrierTrace **ret, Error *e);
CarrierTrace *carrier_trace_free(CarrierTrace *t);
DEFINE_CLEANUP(CarrierTrace *, carrier_trace_free);

/* -E2BIG: more than CARRIER_WATCH_LINKS_MAX. Waits for nobody. */
int carrier_trace_add(CarrierTrace *t, int ifindex);
void carrier_trace_remove(CarrierTrace *t, int ifindex);
