/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How many octets each transmit queue of an adapter was given by its queueing discipline, out of what
 * RTM_GETQDISC dumps. Disciplines that have one of their own for each queue (mq, mqprio, taprio) tell it per
 * queue; any other is one for all, and what it gave may have gone to any of them. No socket. */

#include "qdisc-codec.h"

#define QUEUE_GIVEN_QUEUES_MAX 256

typedef struct QueueGiven {
        int ifindex; /* of whom; set by the caller */
        bool root_known, per_queue;
        uint32_t root; /* its handle */
        uint64_t all;
        bool known[QUEUE_GIVEN_QUEUES_MAX];
        uint64_t queues[QUEUE_GIVEN_QUEUES_MAX];
} QueueGiven;

/* Takes the payload of an RTM_NEWQDISC (from struct tcmsg on), if it is about that link; the root comes before
 * what hangs on it. -EBADMSG. */
int queue_given_take(QueueGiven *g, const void *payload, size_t size);

/* False when it is not known: no discipline counts (noqueue), or none of that queue was seen. */
bool queue_given_get(const QueueGiven *g, size_t queue, uint64_t *ret);
