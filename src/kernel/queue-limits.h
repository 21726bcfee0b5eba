/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Transmit queues that stand still, by the byte queue limits of their drivers
 * (/sys/class/net/X/queues/tx-N/byte_queue_limits, core/queue-stall.h): inflight of each queue and, since
 * Linux 6.9, stall_cnt, in which the kernel counts stalls that were over, of adapters whose stall_thrs somebody
 * has set. No read takes RTNL. */

#include "queue-files.h"
#include "queue-given-codec.h"
#include "queue-stall.h"

#define QUEUE_LIMITS_QUEUES_MAX QUEUE_GIVEN_QUEUES_MAX /* those beyond are not watched */

typedef struct QueueLimits {
        QueueFiles in_flight, stalls;
        QueueStall queues[QUEUE_LIMITS_QUEUES_MAX];
        bool suspect[QUEUE_LIMITS_QUEUES_MAX];
        size_t n_queues;
        uint64_t seconds; /* in which one stood still, of each */
} QueueLimits;

/* link_fd: see sysfs_link_open(); stays the caller's. budget: as for QueueFiles. -ENOENT when the driver does
 * not limit its queues so. */
int queue_limits_init(QueueLimits *q, int link_fd, size_t *budget);
void queue_limits_done(QueueLimits *q);

/* Looks at all queues. 1 when some are suspect: queue_limits_check() is due; 0 when none is, -ENODEV once the
 * link is gone. */
int queue_limits_look(QueueLimits *q, usec_t at);
void queue_limits_check(QueueLimits *q, const QueueGiven *given, usec_t at);

/* Without a carrier nothing is sent: what was seen says nothing. */
void queue_limits_reset(QueueLimits *q);

/* Seconds of standing still, and stalls that the kernel counted, since the begin; goes down with the number of
 * queues. */
int queue_limits_count(QueueLimits *q, uint64_t *ret);
