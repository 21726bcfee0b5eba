/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "clock.h"
#include "laser-memory.h"
#include "module-poller.h"
#include "module-watch.h"

#define TICK          USEC_PER_SEC
#define TICK_ACCURACY (100 * USEC_PER_MSEC)
/* while others wait for their turn, as all do at the start */
#define TICK_WAITING (100 * USEC_PER_MSEC)

/* What is known of one pair's modules. */
typedef struct Polled {
        Pair *pair;
        ModuleWatch watch[_PAIR_SIDE_MAX];
        LaserMemory lasers[_PAIR_SIDE_MAX];
        int ifindex[_PAIR_SIDE_MAX];
        bool carrier[_PAIR_SIDE_MAX];
} Polled;

struct ModulePoller {
        sd_event *event;
        sd_event_source *timer;
        ModuleJobOptions options;
        char *memory_directory;
        Errands *errands; /* NULL: nothing is kept */
        Polled **polled;
        size_t n;
        usec_t rest_until;

        ModuleJob *job;
        Polled *reading;
        PairSide side;
        usec_t began;
};

static void tell(const Polled *d, PairSide side, const Error *e, bool swapped, usec_t now) {
        const ModuleWatch *w = d->watch + side;
        ModuleStatus status = { .diagnostics = w->now, .read_at = w->read_at, .failed = w->failed };

        snprintf(status.error, sizeof(status.error), "%.190s", e ? e->text : "");
        pair_set_module(d->pair, side, &status, swapped, now);
}

static void on_read(ModuleJob *job, int result, const ModuleMemory *memory, usec_t took, const Error *e,
                void *userdata) {
        ModulePoller *p = userdata;
        ModuleWatch *w = p->reading->watch + p->side;
        ModuleNews news = result < 0 ? module_watch_fail(w, result, p->began)
                                     : module_watch_take(w, memory, p->reading->carrier[p->side], p->began);

        if (news.swapped)
                journal_log(LOG_NOTICE, pair_name(p->reading->pair), pair_link(p->reading->pair, p->side)->name,
                                "another module: %s %s, serial %s", w->now.vendor, w->now.part_number,
                                w->now.serial);
        if (news.swapped)
                laser_memory_drop(p->reading->lasers + p->side);
        tell(p->reading, p->side, w->none ? NULL : e, news.swapped, p->began);
        pair_feed(p->reading->pair, p->side, news.samples, news.n_samples, p->began);
        p->rest_until = module_rest_until(p->began, took);
        p->job = module_job_free(job);
        p->reading = NULL;
}

static LaserPlace place_of(const ModulePoller *p, const Polled *d, PairSide side) {
        return (LaserPlace){
                .errands = p->errands,
                .directory = p->memory_directory,
                .pair = pair_name(d->pair),
                .side = side,
        };
}

/* Another device behind the name has another module. */
static void follow_link(ModulePoller *p, Polled *d, PairSide side, usec_t now) {
        LaserPlace place = place_of(p, d, side);
        const PairLink *l = pair_link(d->pair, side);
        int ifindex = l->exists ? l->ifindex : 0;

        if (ifindex != d->ifindex[side]) {
                d->watch[side] = (ModuleWatch){};
                d->ifindex[side] = ifindex;
                if (p->errands && ifindex > 0)
                        laser_memory_begin(d->lasers + side, &place);
                tell(d, side, NULL, false, now);
        } else if (l->carrier && !d->carrier[side])
                module_watch_hurry(d->watch + side);
        d->carrier[side] = l->exists && l->carrier;
        if (p->errands)
                laser_memory_tick(d->lasers + side, &place, d->watch + side);
}

static void drop_reading(ModulePoller *p) {
        p->job = module_job_free(p->job);
        p->reading = NULL;
}

static bool any_busy(const ModulePoller *p) {
        for (size_t i = 0; i < p->n; i++)
                if (pair_is_busy(p->polled[i]->pair))
                        return true;
        return false;
}

/* The one most overdue; false when none is due. */
static bool choose(const ModulePoller *p, usec_t now, Polled **ret, PairSide *ret_side) {
        usec_t earliest = usec_add(now, 1);

        for (size_t i = 0; i < p->n; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        Polled *d = p->polled[i];
                        bool suspect = health_predictor_level(pair_predictor(d->pair, s)) > EVIDENCE_NONE;
                        usec_t due = d->ifindex[s] > 0 ? module_watch_due(d->watch + s, suspect)
                                                       : USEC_INFINITY;

                        if (due >= earliest)
                                continue;
                        earliest = due;
                        *ret = d;
                        *ret_side = s;
                }
        return earliest <= now;
}

void module_poller_tick(ModulePoller *p, usec_t now) {
        Error e = {};

        for (size_t i = 0; i < p->n; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        if (!p->job || p->reading != p->polled[i] || p->side != s)
                                follow_link(p, p->polled[i], s, now);
        if (any_busy(p)) {
                drop_reading(p);
                return;
        }
        if (p->job || now < p->rest_until || !choose(p, now, &p->reading, &p->side))
                return;
        p->began = now;
        if (module_job_new(p->event, p->reading->ifindex[p->side], &p->reading->watch[p->side].memory,
                            &p->options, on_read, p, &p->job, &e) >= 0)
                return;
        /* no process to be had: not again at once */
        journal_log(LOG_WARNING, pair_name(p->reading->pair), pair_link(p->reading->pair, p->side)->name,
                        "cannot read the module: %s", e.text);
        p->rest_until = usec_add(now, MODULE_INTERVAL);
        p->reading = NULL;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        ModulePoller *p = userdata;

        usec_t now = clock_monotonic();
        Polled *next;
        PairSide side;
        bool waiting;

        module_poller_tick(p, now);
        waiting = now >= p->rest_until && choose(p, now, &next, &side);
        (void) sd_event_source_set_time_relative(s, waiting ? TICK_WAITING : TICK);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

int module_poller_new(sd_event *event, const char *memory_directory, const ModuleJobOptions *options,
                ModulePoller **ret, Error *e) {
        _cleanup_(module_poller_freep) ModulePoller *p = new0(ModulePoller, 1);
        int r;

        if (!p)
                return error_errno(e, -ENOMEM, "reading modules");
        p->event = sd_event_ref(event);
        if (options)
                p->options = *options;
        if (memory_directory) {
                p->memory_directory = strdup(memory_directory);
                r = p->memory_directory ? errands_new(&p->errands) : -ENOMEM;
                if (r < 0)
                        return error_errno(e, r, "cannot keep what is known of modules");
        }
        r = sd_event_add_time_relative(event, &p->timer, CLOCK_MONOTONIC, TICK, TICK_ACCURACY, on_timer, p);
        if (r < 0)
                return error_errno(e, r, "cannot make the timer for reading modules");
        (void) sd_event_source_set_priority(p->timer, SD_EVENT_PRIORITY_IDLE);
        *ret = TAKE_PTR(p);
        return 0;
}

static void polled_free(Polled *d) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                laser_memory_drop(d->lasers + s);
        free(d);
}

ModulePoller *module_poller_free(ModulePoller *p) {
        if (!p)
                return NULL;
        module_job_free(p->job);
        for (size_t i = 0; i < p->n; i++)
                polled_free(p->polled[i]);
        free(p->polled);
        errands_free(p->errands);
        free(p->memory_directory);
        sd_event_source_disable_unref(p->timer);
        sd_event_unref(p->event);
        free(p);
        return NULL;
}

int module_poller_add(ModulePoller *p, Pair *pair) {
        Polled **grown = reallocarray(p->polled, p->n + 1, sizeof(*grown));
        Polled *d = new0(Polled, 1);

        if (grown)
                p->polled = grown;
        if (!grown || !d) {
                free(d);
                return -ENOMEM;
        }
        d->pair = pair;
        p->polled[p->n++] = d;
        return 0;
}

void module_poller_remove(ModulePoller *p, const Pair *pair) {
        for (size_t i = 0; i < p->n; i++) {
                if (p->polled[i]->pair != pair)
                        continue;
                if (p->reading == p->polled[i])
                        drop_reading(p);
                polled_free(p->polled[i]);
                p->n--;
                memmove(p->polled + i, p->polled + i + 1, (p->n - i) * sizeof(*p->polled));
                return;
        }
}

bool module_poller_is_reading(const ModulePoller *p) {
        return p->job;
}
