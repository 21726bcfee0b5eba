/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "queue-limits.h"

int queue_limits_init(QueueLimits *q, int link_fd, size_t *budget) {
        int r;

        *q = (QueueLimits){};
        r = queue_files_init(&q->in_flight, link_fd, "byte_queue_limits/inflight", budget);
        if (r >= 0)
                (void) queue_files_init(&q->stalls, link_fd, "byte_queue_limits/stall_cnt", budget);
        return r;
}

void queue_limits_done(QueueLimits *q) {
        queue_files_done(&q->in_flight);
        queue_files_done(&q->stalls);
}

void queue_limits_reset(QueueLimits *q) {
        for (size_t i = 0; i < q->n_queues; i++)
                queue_stall_reset(q->queues + i);
        q->n_queues = 0;
}

/* One reading of a file of all queues, with what to do with each; a file of a queue that is gone is let go,
 * since there may be another of its number by now. */
typedef void (*QueueTake)(QueueLimits *q, size_t queue, uint64_t value, usec_t at, void *userdata);

static int queues_read(QueueLimits *q, QueueFiles *files, QueueTake take, usec_t at, void *userdata) {
        size_t queue;

        for (queue = 0; queue < QUEUE_LIMITS_QUEUES_MAX; queue++) {
                uint64_t value;
                int r = queue_files_read(files, queue, &value);

                if (r == -ENODEV && files->n_fds > 0) {
                        queue_files_close(files);
                        r = queue_files_read(files, queue, &value);
                }
                if (r == -ENOENT && queue > 0)
                        break;
                if (r < 0)
                        return r == -ENOENT ? -ENODEV : r;
                take(q, queue, value, at, userdata);
        }
        return (int) queue;
}

static void take_in_flight(QueueLimits *q, size_t queue, uint64_t value, usec_t at, void *userdata) {
        bool *any = userdata;

        q->suspect[queue] = queue_stall_step(q->queues + queue, value, at);
        *any |= q->suspect[queue];
}

int queue_limits_look(QueueLimits *q, usec_t at) {
        bool any = false;
        int n = queues_read(q, &q->in_flight, take_in_flight, at, &any);

        if (n < 0) {
                queue_limits_reset(q);
                return n;
        }
        for (size_t i = (size_t) n; i < q->n_queues; i++)
                queue_stall_reset(q->queues + i);
        q->n_queues = (size_t) n;
        return any;
}

void queue_limits_check(QueueLimits *q, const QueueGiven *given, usec_t at) {
        for (size_t i = 0; i < q->n_queues; i++) {
                uint64_t octets;

                if (q->suspect[i] && queue_given_get(given, i, &octets) &&
                                queue_stall_check(q->queues + i, octets, at))
                        q->seconds++;
        }
}

static void take_count(QueueLimits *q, size_t queue, uint64_t value, usec_t at, void *userdata) {
        uint64_t *sum = userdata;

        *sum += value;
}

int queue_limits_count(QueueLimits *q, uint64_t *ret) {
        uint64_t sum = q->seconds;
        int r = q->stalls.budget ? queues_read(q, &q->stalls, take_count, 0, &sum) : 0;

        if (r < 0)
                return r;
        *ret = sum;
        return 0;
}
