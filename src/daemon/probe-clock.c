/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-clock.h"
#include "alloc-util.h"
#include "clock.h"

/* usec; 1000 probes per second are still that many */
#define ACCURACY 250

/* How many are served before others get their turn: with hundreds of pairs there is always a probe due. For the
 * same reason the timer has no priority; among equals sd-event takes whoever has waited longest. */
#define SERVED_MAX 32

/* Beside each other: of hundreds of pairs it is found without touching them which is due. */
typedef struct AlarmRow {
        usec_t at;
        ProbeAlarm *alarm;
} AlarmRow;

struct ProbeClock {
        sd_event_source *timer;
        usec_t at; /* when it rings */
        bool serving;
        AlarmRow *rows;
        size_t n, allocated;
        size_t turn; /* whose it is to be looked at first */
};

static usec_t first_at(const ProbeClock *c) {
        usec_t first = USEC_INFINITY;

        for (size_t i = 0; i < c->n; i++)
                first = MIN(first, c->rows[i].at);
        return first;
}

static void set_timer(ProbeClock *c, usec_t at) {
        c->at = at;
        (void) sd_event_source_set_time(c->timer, at);
        (void) sd_event_source_set_enabled(c->timer, at == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void receive_due(ProbeClock *c, usec_t now) {
        unsigned served = 0;

        for (size_t seen = 0; seen < c->n && served < SERVED_MAX; seen++) {
                const AlarmRow *row = c->rows + (c->turn + seen) % c->n;

                if (row->at > now)
                        continue;
                row->alarm->receive(row->alarm->userdata);
                served++;
        }
}

static void serve_due(ProbeClock *c, usec_t now) {
        unsigned served = 0;

        /* what is served may remove rows */
        for (size_t seen = 0, n = c->n; seen < n && served < SERVED_MAX && c->n > 0; seen++) {
                AlarmRow *row = c->rows + c->turn++ % c->n;
                ProbeAlarm *a = row->alarm;

                if (row->at > now)
                        continue;
                row->at = USEC_INFINITY;
                a->func(a->userdata);
                served++;
        }
}

/* All receive before any sends: the processor's caches hold the kernel's way of one, not of both. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        ProbeClock *c = userdata;
        usec_t now = clock_monotonic();

        c->serving = true;
        receive_due(c, now);
        serve_due(c, now);
        c->serving = false;
        set_timer(c, first_at(c));
        return 0;
}

usec_t probe_clock_get(const ProbeClock *c, const ProbeAlarm *a) {
        return c->rows[a->place].at;
}

void probe_clock_set(ProbeClock *c, ProbeAlarm *a, usec_t at) {
        c->rows[a->place].at = at;
        /* a later one than that which the timer waits for is found when it rings */
        if (!c->serving && at < c->at)
                set_timer(c, at);
}

int probe_clock_add(ProbeClock *c, ProbeAlarm *a) {
        if (c->n == c->allocated) {
                size_t wanted = MAX(2 * c->allocated, (size_t) 16);
                AlarmRow *rows = reallocarray(c->rows, wanted, sizeof(*rows));

                if (!rows)
                        return -ENOMEM;
                c->rows = rows;
                c->allocated = wanted;
        }
        a->place = c->n;
        c->rows[c->n++] = (AlarmRow){ .at = USEC_INFINITY, .alarm = a };
        return 0;
}

void probe_clock_remove(ProbeClock *c, ProbeAlarm *a) {
        AlarmRow last = c->rows[--c->n];

        c->rows[a->place] = last;
        last.alarm->place = a->place;
}

int probe_clock_new(sd_event *event, ProbeClock **ret) {
        _cleanup_(probe_clock_freep) ProbeClock *c = new0(ProbeClock, 1);
        int r;

        if (!c)
                return -ENOMEM;
        c->at = USEC_INFINITY;
        r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, 0, ACCURACY, on_timer, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->timer, "probes");
        *ret = TAKE_PTR(c);
        return 0;
}

ProbeClock *probe_clock_free(ProbeClock *c) {
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->timer);
        free(c->rows);
        free(c);
        return NULL;
}
