/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-pace.h"

void probe_pace_init(ProbePace *p, usec_t every, usec_t fast, ProbeCrowd *crowd) {
        *p = (ProbePace){
                .crowd = crowd,
                .phase = USEC_INFINITY,
                .rest = PROBE_PACE_REST_MIN,
        };
        probe_pace_set(p, every, fast);
}

void probe_pace_set(ProbePace *p, usec_t every, usec_t fast) {
        p->every = every;
        p->fast = MIN(fast, every);
}

usec_t probe_crowd_phase(ProbeCrowd *c, usec_t every) {
        usec_t slots = MAX(every / PROBE_PACE_SLOT, (usec_t) 1);

        return c->n_phases++ / PROBE_PACE_TOGETHER % slots * PROBE_PACE_SLOT;
}

static void count(ProbePace *p, bool fast) {
        if (!p->crowd || fast == p->counted)
                return;
        p->counted = fast;
        if (fast)
                p->crowd->n_fast++;
        else
                p->crowd->n_fast--;
}

void probe_pace_done(ProbePace *p) {
        count(p, false);
}

void probe_pace_missing(ProbePace *p, usec_t now, usec_t heard) {
        if (now < p->rest_until)
                return;
        if (p->fast_since == 0 || heard >= p->fast_since)
                p->rest = PROBE_PACE_REST_MIN;
        else
                p->rest = MIN(2 * p->rest, PROBE_PACE_REST_MAX);
        p->fast_since = now;
        p->fast_until = now + PROBE_PACE_FAST;
        p->rest_until = p->fast_until + p->rest;
}

void probe_pace_burst(ProbePace *p, usec_t now, usec_t duration) {
        p->burst_until = duration == 0 ? 0 : usec_add(now, MIN(duration, PROBE_PACE_BURST_MAX));
}

static usec_t interval(ProbePace *p, usec_t now) {
        bool fast = now < p->fast_until;
        usec_t shared = p->fast;

        count(p, fast);
        if (now < p->burst_until)
                return p->fast;
        if (!fast)
                return p->every;
        if (p->crowd)
                shared = p->fast * ((p->crowd->n_fast + PROBE_PACE_CROWD - 1) / PROBE_PACE_CROWD);
        return MIN(shared, p->every);
}

/* The time nearest to it that has the phase. */
static usec_t in_phase(const ProbePace *p, usec_t at) {
        usec_t half = p->every / 2;

        if (p->phase == USEC_INFINITY || at + half < p->phase)
                return at;
        return at + half - (at + half - p->phase) % p->every;
}

static usec_t due_at(ProbePace *p, usec_t now) {
        usec_t step = interval(p, now), due = p->last + step;

        return step == p->every ? in_phase(p, due) : due;
}

usec_t probe_pace_next(ProbePace *p, usec_t now) {
        return p->last == 0 ? now : MAX(now, due_at(p, now));
}

void probe_pace_sent(ProbePace *p, usec_t now) {
        usec_t due = due_at(p, now), slack = MAX(interval(p, now), PROBE_PACE_CATCH_UP);

        p->last = p->last > 0 && due <= now && now - due < slack ? due : now;
}
