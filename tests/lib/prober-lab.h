/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A prober on real adapters: "va" and "vb" here, a learning switch (its ports "s-va", "s-vb", "s-vp") and a
 * peer that is the gateway in namespaces of their own. Paths are made bad by a BPF program on the switch's
 * port. Whatever fails here fails the running Check test. */

#include <bpf/libbpf.h>
#include <poll.h>

#include "prober.h"

extern int switch_ns, peer_ns;
extern ProbePolicy policy; /* of what prober_lab_new() makes */

/* A fixture: makes it all. */
void prober_lab_enter(void);

EtherAddress prober_lab_station(PairSide side);
Prober *prober_lab_new(const char *pair);

/* Tells it who va's gateways are now, as prober_lab_new() does. */
void prober_lab_find_gateways(Prober *p);

/* Waits for arrivals at most until then. */
void prober_lab_await(struct pollfd *fds, size_t n, usec_t until);

#define PROBER_LAB_MAX 64

/* Runs n probers until the time is over or `until` says so of the first; returns how long it took. */
usec_t prober_lab_run(Prober **p, size_t n, usec_t duration, bool (*until)(Prober *p));

bool prober_lab_both_proved(Prober *p);
uint64_t prober_lab_sample(Prober *p, PairSide side, Signal signal);

#define PROBER_LAB_ALL UINT32_MAX

/* Drops that share (of 2^32) of what passes a port of the namespace (-1: here) in that direction. */
void prober_lab_drop(int ns, const char *port, enum bpf_tc_attach_point direction, uint32_t share);

/* Drops frames of that VLAN; instead of the above. */
void prober_lab_drop_vlan(int ns, const char *port, enum bpf_tc_attach_point direction, uint16_t vlan);
