/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "alloc-util.h"
#include "clock.h"
#include "stats-collector.h"
#include "thread-util.h"

/* Whose the round is: the thread's while COLLECTOR_WORKING and after COLLECTOR_STOPPING, else the loop's. */
typedef enum CollectorState {
        COLLECTOR_IDLE,
        COLLECTOR_WORKING,
        COLLECTOR_DONE, /* and not taken */
        COLLECTOR_STOPPING,
        _COLLECTOR_STATE_MAX,
        _COLLECTOR_STATE_INVALID = -EINVAL,
} CollectorState;

struct StatsCollector {
        StatsRound *round;
        bool dump; /* of the round under way */
        _Atomic CollectorState state;
        int begin_fd, done_fd; /* eventfds, to the thread and from it */
        pthread_t thread;
        bool started;
};

static void eventfd_raise(int fd) {
        /* a counter below 2^64 - 1 takes it at once */
        (void) eventfd_write(fd, 1);
}

static void *collector_work(void *userdata) {
        StatsCollector *c = userdata;

        for (;;) {
                eventfd_t n;

                if (eventfd_read(c->begin_fd, &n) < 0 && errno == EINTR)
                        continue;
                if (atomic_load(&c->state) != COLLECTOR_WORKING)
                        return NULL;
                stats_round_run(c->round, c->dump);
                if (atomic_exchange(&c->state, COLLECTOR_DONE) != COLLECTOR_WORKING)
                        return NULL;
                eventfd_raise(c->done_fd);
        }
}

int stats_collector_new(StatsSource *source, StatsCollector **ret, Error *e) {
        _cleanup_(stats_collector_freep) StatsCollector *c = new0(StatsCollector, 1);
        int r;

        if (!c) {
                stats_source_free(source);
                return error_errno(e, -ENOMEM, "statistics of adapters");
        }
        c->begin_fd = c->done_fd = -EBADF;
        c->round = stats_round_new(source, clock_monotonic);
        if (!c->round)
                return error_errno(e, -ENOMEM, "statistics of adapters");
        c->begin_fd = eventfd(0, EFD_CLOEXEC);
        c->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (c->begin_fd < 0 || c->done_fd < 0)
                return error_errno(e, -errno, "statistics of adapters");
        r = thread_start(&c->thread, collector_work, c);
        if (r < 0)
                return error_errno(e, r, "thread for statistics of adapters");
        c->started = true;
        *ret = TAKE_PTR(c);
        return 0;
}

StatsCollector *stats_collector_free(StatsCollector *c) {
        if (!c)
                return NULL;
        if (c->started) {
                atomic_store(&c->state, COLLECTOR_STOPPING);
                eventfd_raise(c->begin_fd);
                (void) pthread_join(c->thread, NULL);
        }
        stats_round_free(c->round);
        closep(&c->begin_fd);
        closep(&c->done_fd);
        free(c);
        return NULL;
}

bool stats_collector_is_busy(const StatsCollector *c) {
        return atomic_load(&c->state) == COLLECTOR_WORKING;
}

bool stats_collector_is_over(StatsCollector *c) {
        eventfd_t n;

        /* It may have been raised for an earlier round, that was seen to be over a moment before. So it is
         * lowered first; what ends after that raises it again. */
        (void) eventfd_read(c->done_fd, &n);
        return !stats_collector_is_busy(c);
}

int stats_collector_set_targets(StatsCollector *c, const StatsTarget *targets, size_t n) {
        return stats_collector_is_busy(c) ? -EBUSY : stats_round_set_targets(c->round, targets, n);
}

int stats_collector_begin(StatsCollector *c, bool dump) {
        if (stats_collector_is_busy(c))
                return -EBUSY;
        c->dump = dump;
        atomic_store(&c->state, COLLECTOR_WORKING);
        eventfd_raise(c->begin_fd);
        return 0;
}

bool stats_collector_take(StatsCollector *c, const StatsReport **ret, size_t *ret_n) {
        if (atomic_load(&c->state) != COLLECTOR_DONE)
                return false;
        atomic_store(&c->state, COLLECTOR_IDLE);
        *ret_n = stats_round_reports(c->round, ret);
        return true;
}

bool stats_collector_want_queues(StatsCollector *c, int ifindex) {
        return !stats_collector_is_busy(c) && stats_round_want_queues(c->round, ifindex);
}

size_t stats_collector_queues(const StatsCollector *c, const QueueGiven **ret, usec_t *ret_at) {
        return stats_round_queues(c->round, ret, ret_at);
}

int stats_collector_fd(const StatsCollector *c) {
        return c->done_fd;
}
