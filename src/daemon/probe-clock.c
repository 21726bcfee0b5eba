/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-clock.h"
#include "alloc-util.h"
#include "clock.h"

/* usec; 1000 probes per second are still that many */
#define ACCURACY 250

/* How many are served before others get their turn: with hundreds of pairs there is always a probe due. For the
 * same reason the timer has no priority; among equals sd-event takes whoever has waited longest. */
#define SERVED_MAX 32

struct ProbeClock {
        sd_event_source *timer;
        usec_t at; /* when it rings */
        bool serving;
        TAILQ_HEAD(, ProbeAlarm) alarms;
};

static ProbeAlarm *first_alarm(const ProbeClock *c) {
        ProbeAlarm *a, *first = NULL;

        TAILQ_FOREACH(a, &c->alarms, entry)
                if (a->at != USEC_INFINITY && (!first || a->at < first->at))
                        first = a;
        return first;
}

static void set_timer(ProbeClock *c, usec_t at) {
        c->at = at;
        (void) sd_event_source_set_time(c->timer, at);
        (void) sd_event_source_set_enabled(c->timer, at == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        ProbeClock *c = userdata;
        ProbeAlarm *first;

        c->serving = true;
        for (unsigned n = 0; (first = first_alarm(c)) && first->at <= clock_monotonic() && n < SERVED_MAX;
                        n++) {
                first->at = USEC_INFINITY;
                first->func(first->userdata);
        }
        c->serving = false;
        set_timer(c, first ? first->at : USEC_INFINITY);
        return 0;
}

void probe_clock_set(ProbeClock *c, ProbeAlarm *a, usec_t at) {
        a->at = at;
        /* a later one than that which the timer waits for is found when it rings */
        if (!c->serving && at < c->at)
                set_timer(c, at);
}

void probe_clock_add(ProbeClock *c, ProbeAlarm *a) {
        a->at = USEC_INFINITY;
        TAILQ_INSERT_TAIL(&c->alarms, a, entry);
}

void probe_clock_remove(ProbeClock *c, ProbeAlarm *a) {
        TAILQ_REMOVE(&c->alarms, a, entry);
}

int probe_clock_new(sd_event *event, ProbeClock **ret) {
        _cleanup_(probe_clock_freep) ProbeClock *c = new0(ProbeClock, 1);
        int r;

        if (!c)
                return -ENOMEM;
        TAILQ_INIT(&c->alarms);
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
        free(c);
        return NULL;
}
