/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predict-queues.h"

void queues_init(Queues *q, uint64_t seed, unsigned n) {
        *q = (Queues){ .random.state = seed, .n = n, .stalled = -1 };
        q->size = 64 + floor(random_uniform(&q->random) * 1451);
}

static uint64_t limit(const Queues *q, double pps) {
        return (uint64_t) fmax(2, 2 * pps * QUEUES_LATENCY);
}

static void queue_move(Queues *q, unsigned i, double pps, bool full) {
        uint64_t came = random_poisson(&q->random, pps / QUEUES_LOOKS), frames, room;

        if ((int) i == q->stalled) {
                frames = q->queue[i].in_flight / (uint64_t) q->size;
                room = limit(q, pps) > frames ? limit(q, pps) - frames : 0;
                came = came < room ? came : room;
                frames += came;
        } else
                frames = full ? limit(q, pps) : random_poisson(&q->random, pps * QUEUES_LATENCY);
        q->queue[i].given += came * (uint64_t) q->size;
        q->queue[i].in_flight = frames * (uint64_t) q->size;
}

void queues_look(Queues *q, double pps, usec_t at) {
        bool full = pps > QUEUES_FULL * QUEUES_LINE;

        for (unsigned i = 0; i < q->n; i++) {
                queue_move(q, i, pps / q->n, full);
                if (queue_stall_step(&q->queue[i].stall, q->queue[i].in_flight, at) &&
                                queue_stall_check(&q->queue[i].stall, q->queue[i].given, at))
                        q->seconds++;
        }
}

void queues_skip(Queues *q) {
        for (unsigned i = 0; i < q->n; i++)
                queue_stall_reset(&q->queue[i].stall);
}
