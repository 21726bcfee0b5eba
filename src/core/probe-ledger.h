/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The account of one probed path: what was sent over it, what arrived, when, and what must be given up. Pure.
 *
 * A probe counts as lost when a later one arrived and a short grace for reordering passed, or when nothing of
 * it was heard for max(10 ms, 8 times the usual latency, twice the recent worst), never more than the policy's
 * timeout. Time here is that of the *kernel's* receive stamps: whoever judges says up to which instant all
 * arrivals were handed in, so that a process that runs late loses nothing by it.
 *
 * One that arrives after it was given up counts as late and raises the latency, hence the timeout, at once: a
 * queue that fills up costs one probe, not one per round. */

#include "time-util.h"

#define PROBE_WINDOW         256 /* probes on their way; the oldest is given up when there are more */
#define PROBE_TIMEOUT_MIN    (10 * USEC_PER_MSEC)
#define PROBE_REORDER_GRACE  (2 * USEC_PER_MSEC)
#define PROBE_PEAK_HALF_LIFE (10 * USEC_PER_SEC)

typedef enum ProbeReceipt {
        PROBE_IN_TIME,
        PROBE_LATE, /* was given up before */
        PROBE_DUPLICATE,
        PROBE_UNKNOWN, /* never sent, or too long ago to know */
} ProbeReceipt;

typedef struct ProbeSlot {
        usec_t sent, overtaken; /* overtaken: when a later one first arrived; USEC_INFINITY: not yet */
        usec_t amnesty;         /* not given up before; 0: none was granted */
        bool outstanding, lost;
} ProbeSlot;

typedef struct ProbeLedger {
        usec_t timeout;   /* the policy's */
        uint64_t next;    /* the sequence number of the next probe */
        uint64_t oldest;  /* nothing before it is outstanding */
        uint64_t highest; /* one more than the highest that arrived; 0: none did */

        uint64_t sent, received, lost, late, duplicated, reordered;
        unsigned lost_in_a_row;
        usec_t latency, latency_min, latency_max; /* smoothed (RFC 6298: 1/8); ever; 0: none yet */
        usec_t peak, peak_at;                     /* recent worst, halved every half-life */
        usec_t last_received;                     /* when one last arrived; 0: never */
        usec_t last_lost;                         /* when the last lost one had been sent; 0: none */

        ProbeSlot slots[PROBE_WINDOW]; /* last: of hundreds of ledgers, what is above and one of these is
                                          touched */
} ProbeLedger;

void probe_ledger_init(ProbeLedger *l, usec_t timeout);

/* A probe left at that time, carrying sequence number l->next; returns that number. */
uint64_t probe_ledger_send(ProbeLedger *l, usec_t at);

/* The probe of that number arrived. */
ProbeReceipt probe_ledger_receive(ProbeLedger *l, uint64_t sequence, usec_t at);

/* An answer without a number (ARP, neighbour discovery) arrived: it is credited to the youngest probe on its
 * way that left before, so that n answers always settle n probes. */
ProbeReceipt probe_ledger_answer(ProbeLedger *l, usec_t at);

/* Our own process was not run for `late`: probes on their way get that much longer, at most the policy's
 * timeout and once each, since what held us up may have held up the kernel's receive side too. */
void probe_ledger_stall(ProbeLedger *l, usec_t now, usec_t late);

/* The receive queue overflowed: whether probes on their way arrived cannot be known, so they are neither. */
void probe_ledger_forgive(ProbeLedger *l);

/* Gives up what must be; `known`: all arrivals up to then were handed in. Returns how many were lost now. */
unsigned probe_ledger_judge(ProbeLedger *l, usec_t known);

/* When the next probe would be given up; USEC_INFINITY when none is on its way. */
usec_t probe_ledger_deadline(const ProbeLedger *l);

/* How many are on their way. */
size_t probe_ledger_outstanding(const ProbeLedger *l);

/* How long a probe may take at present. */
usec_t probe_ledger_patience(const ProbeLedger *l);
