/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of guard share. Functions that begin with guard_port_ are ports of its pair (pair-ports.h). */

#include "breather.h"
#include "guard.h"
#include "identity-job.h"
#include "neighbour-watch.h"
#include "prime-job.h"
#include "prober.h"

struct Guard {
        GuardOptions options;
        Pair *pair;
        sd_event_source *wake;
        usec_t wake_at, rests_until;
        Breather breather, probe_breather;

        Prober *prober;
        sd_event_source *probe_io[_PAIR_SIDE_MAX]; /* NULL: there is no prober to be watched */
        ProbeAlarm probe_alarm;
        usec_t probe_fed_at;
        bool proved[_PAIR_SIDE_MAX]; /* as of the last look */
        bool calm;                   /* both are, and none was lost lately */
        bool patient;                /* arrivals wait for the next probe */

        PrimeJob *job, *lingering; /* under way; killed, and not gone yet */
        bool job_writes;
        TurnWaiter waiter;

        NeighbourWatch neighbours;

        int home;         /* ifindex of the device that has the addresses: the primary, or what is above both */
        Errand *gateways; /* a reading of these; NULL: none is under way */
        bool gateways_again;

        Errand *reading; /* of what the steering must know; NULL: none is under way */

        IdentityRecord *record; /* what goes with the primary's device; NULL: not known */
        IdentityJob *identity_job;
};

/* guard-prime.c: the worker */
int guard_port_prime(void *userdata, const PairPrimeOrder *order, Error *e);
bool guard_port_prime_cancel(void *userdata);

/* guard.c: the strings are the caller's, but for the directory */
SteeringParameters guard_steering_parameters(const Guard *g, const char *pair, const PairLink *links);

/* guard-gateways.c: finds out who the gateways are, if the policy asks for them */
void guard_read_gateways(Guard *g, const PairPolicy *policy);

/* guard-reading.c: what the steering must know */
int guard_port_read(void *userdata, const Steering *steering, const PairLink *links, Error *e);

/* guard-identity.c: what goes with the primary's device */
bool guard_port_identity_known(void *userdata);
int guard_port_identity(void *userdata, PairIdentityTask task, bool resume, Error *e);
/* What was known of it before the start; NULL: nothing. The caller's. */
IdentityRecord *guard_read_record(const GuardOptions *options, const char *pair);
