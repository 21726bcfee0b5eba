/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Two real adapters to prime the one like the other, in namespaces of the test's own: "serve" and "spare",
 * veths with four queues each way, up, whose other ends are "peer-serve" and "peer-spare". Whatever fails here
 * fails the running Check test. */

#include <bpf/bpf.h>

#include "adapter-access.h"
#include "prime-plan.h"

/* Of the case that runs: what came of a priming, and of the next one. */
extern PrimePlan *plan, *again;
extern AdapterAccess *kernel;

/* A fixture: enters the namespaces, makes the adapters and the above. Once per process. */
void priming_lab_enter(void);
void priming_lab_leave(void);

/* What would be done, without doing it. */
void priming_lab_plan(PrimePlan *result);

/* Primes the spare; before: the outcome of the last priming, or NULL. */
void priming_lab_prime(const PrimePlan *before, PrimePlan *result);

/* Primes once more after `plan`, into `again`: there must be nothing to do. */
void priming_lab_prime_again(void);

/* Gives the spare back what it had before that outcome. */
void priming_lab_undo(const PrimePlan *before);

/* The step about that setting, or NULL. */
const PrimeStep *priming_lab_find(
                const PrimePlan *p, AdapterAttribute attribute, unsigned place, const char *name);

/* Sends a UDP datagram from the spare to 192.0.2.1 for each of the ports ("9, 9, 10"): once per process. */
void priming_lab_send(const char *ports);

/* A program that does nothing but return the verdict; the caller closes the fd. */
int priming_lab_load_program(enum bpf_prog_type type, int verdict);
