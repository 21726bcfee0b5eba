/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's word that a carrier was just lost or came back, by a small program in it. Best, one that follows
 * the two functions every driver calls for that (carrier-trace.bpf.c): all are told at that moment. It needs a
 * kernel with BTF and tracing (those of the distributions), CAP_BPF and CAP_PERFMON. Where it may not be, one
 * at the egress of each adapter (carrier-frame.bpf.c): the first frame after a loss tells. It needs Linux 6.6.
 * Both go when we go. */

#include <systemd/sd-event.h>

#include "error.h"
#include "macro.h"

/* May be told of a carrier that did not change; look. */
typedef void (*CarrierTraceFunc)(int ifindex, void *userdata);

/* From the best to none. */
typedef enum CarrierTraceKind {
        CARRIER_TRACE_CHANGES,
        CARRIER_TRACE_FRAMES, /* only what is sent meets a lost one */
        CARRIER_TRACE_NONE,
} CarrierTraceKind;

typedef struct CarrierTrace CarrierTrace;

/* For tests: pretend that the kernel takes none better. */
extern CarrierTraceKind carrier_trace_best;

/* Takes some 10 ms, for reading the kernel's types. func is called from the loop, before what is not about
 * traffic. Fails when the kernel takes neither program. e, in any case: why the kernel does not take the best.
 */
int carrier_trace_new(sd_event *event, CarrierTraceFunc func, void *userdata, CarrierTrace **ret, Error *e);
CarrierTrace *carrier_trace_free(CarrierTrace *t);
DEFINE_CLEANUP(CarrierTrace *, carrier_trace_free);

CarrierTraceKind carrier_trace_kind(const CarrierTrace *t);

/* Follows it, or, where that is known, has its next loss told again. */
int carrier_trace_add(CarrierTrace *t, int ifindex);
void carrier_trace_remove(CarrierTrace *t, int ifindex);
