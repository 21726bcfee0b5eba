/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc-util.h"
#include "clock.h"
#include "kernel-source.h"
#include "manager-internal.h"
#include "replay-source.h"

#define SAMPLES_MAX (2 * _SIGNAL_MAX)
/* how many snapshots of a trace are taken in one tick at most: a tick that came late catches up, a flood does
 * not stall */
#define SNAPSHOTS_MAX 64
/* while there is no pair */
#define IDLE_INTERVAL USEC_PER_SEC

/* How long a tick waits for the counters at most; they take a millisecond for hundreds of adapters. Then
 * somebody holds RTNL, and there is another way to them. */
#define LATE (20 * USEC_PER_MSEC)

#define MEGABIT 1000000

struct Sampler {
        Manager *manager;
        sd_event_source *timer, *over;
        usec_t interval, next;
        bool waiting; /* for the counters of this tick */
        KernelSource *kernel;
        ReplaySource *replay;
};

static void read_source(Sampler *s, HealthSource *source, Pair *p, PairSide side, usec_t now) {
        HealthSample samples[SAMPLES_MAX];
        Error e = {};

        for (unsigned i = 0; i < SNAPSHOTS_MAX; i++) {
                int n = health_source_read(
                                source, pair_link(p, side)->ifindex, now, samples, ELEMENTSOF(samples), &e);

                if (n < 0)
                        journal_log(LOG_DEBUG, pair_name(p), pair_link(p, side)->name, "%s", e.text);
                if (n <= 0)
                        return;
                pair_feed(p, side, samples, (size_t) n, now);
        }
}

static void read_link(const Sampler *s, Pair *p, PairSide side) {
        StatsLinkMode mode;

        if (kernel_source_link_mode(s->kernel, pair_link(p, side)->ifindex, &mode))
                pair_set_link_mode(p, side, (uint64_t) mode.speed * MEGABIT, mode.full_duplex);
        pair_set_link_trouble(p, side, kernel_source_link_trouble(s->kernel, pair_link(p, side)->ifindex));
}

static void sample_pair(Sampler *s, Pair *p, usec_t now) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                if (!pair_link(p, side)->exists)
                        continue;
                read_source(s, kernel_source_health(s->kernel), p, side, now);
                read_link(s, p, side);
                if (s->replay &&
                                replay_source_bind(s->replay, pair_link(p, side)->name,
                                                pair_link(p, side)->ifindex) >= 0)
                        read_source(s, replay_source_health(s->replay), p, side, now);
        }
}

/* The one of ours that holds RTNL, or is about to need it, is not to wait for our own questions. */
static bool rtnl_is_wanted(const Sampler *s) {
        bool wanted = module_poller_is_reading(s->manager->modules);

        for (size_t i = 0; i < s->manager->n_guards && !wanted; i++)
                wanted = guard_is_priming(s->manager->guards[i]) ||
                                pair_is_busy(guard_pair(s->manager->guards[i]));
        return wanted;
}

static int timer_set(Sampler *s, usec_t at) {
        (void) sd_event_source_set_time(s->timer, at);
        return sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static int sample_all(Sampler *s) {
        usec_t now = clock_monotonic();

        s->waiting = false;
        for (size_t i = 0; i < s->manager->n_guards; i++) {
                Guard *g = s->manager->guards[i];

                sample_pair(s, guard_pair(g), now);
                guard_feed_probes(g, now);
                pair_dispatch(guard_pair(g), now);
        }
        return timer_set(s, s->next);
}

static int on_over(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Sampler *s = userdata;

        return kernel_source_is_over(s->kernel) && s->waiting ? sample_all(s) : 0;
}

/* A tick's begin, or that it has waited for long enough. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Sampler *s = userdata;
        usec_t now = clock_monotonic();
        Error e = {};
        int r = 0;

        if (s->waiting)
                return sample_all(s);
        /* a late tick does not make the next ones come in a burst */
        s->next = MAX(usec_add(s->next, s->interval), usec_add(now, s->interval / 2));
        if (!rtnl_is_wanted(s))
                r = kernel_source_begin(s->kernel, &e);
        if (r < 0)
                journal_log(LOG_WARNING, NULL, NULL, "%s", e.text);
        s->waiting = r > 0;
        return s->waiting ? timer_set(s, usec_add(now, MIN(LATE, s->interval / 2))) : sample_all(s);
}

int sampler_new(Manager *m, const char *replay, Sampler **ret, Error *e) {
        _cleanup_(sampler_freep) Sampler *s = new0(Sampler, 1);
        usec_t now = clock_monotonic();
        int r;

        if (!s)
                return -ENOMEM;
        s->manager = m;
        s->interval = IDLE_INTERVAL;
        s->next = now;
        r = kernel_source_new(m->monitor, &s->kernel, e);
        if (r < 0)
                return r;
        if (replay) {
                r = replay_source_new(replay, &(ReplayOptions){ .start = now }, &s->replay, e);
                if (r < 0)
                        return r;
        }
        r = sd_event_add_time(m->event, &s->timer, CLOCK_MONOTONIC, now, 1, on_timer, s);
        if (r >= 0)
                r = sd_event_add_io(m->event, &s->over, kernel_source_fd(s->kernel), EPOLLIN, on_over, s);
        if (r < 0)
                return error_errno(e, r, "cannot make the sampling timer");
        *ret = TAKE_PTR(s);
        return 0;
}

Sampler *sampler_free(Sampler *s) {
        if (!s)
                return NULL;
        sd_event_source_disable_unref(s->timer);
        sd_event_source_disable_unref(s->over);
        health_source_free((HealthSource *) s->kernel);
        health_source_free((HealthSource *) s->replay);
        free(s);
        return NULL;
}

void sampler_adjust(Sampler *s) {
        usec_t interval = IDLE_INTERVAL;

        for (size_t i = 0; i < s->manager->n_guards; i++)
                interval = MIN(interval, pair_policy(guard_pair(s->manager->guards[i]))->sample);
        s->interval = interval;
        s->waiting = false;
        s->next = clock_monotonic();
        (void) timer_set(s, s->next);
}
