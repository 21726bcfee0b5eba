/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How often to probe: at the policy's interval, fast for a second as soon as one is missing, with a rest in
 * between that doubles up to a minute while the missing path stays silent, since a dead path needs no 1000
 * probes a second forever to be known dead. Many that are fast at once share the speed of a few, so that a
 * fault (or a delay) that all paths of a host see does not drown it in probes. Pure. */

#include "time-util.h"

#define PROBE_PACE_FAST      (1 * USEC_PER_SEC)
#define PROBE_PACE_REST_MIN  (1 * USEC_PER_SEC)
#define PROBE_PACE_REST_MAX  (60 * USEC_PER_SEC)
#define PROBE_PACE_BURST_MAX (60 * USEC_PER_SEC)
#define PROBE_PACE_CROWD     8                    /* this many are fast at full speed, more share it */
#define PROBE_PACE_CATCH_UP  (20 * USEC_PER_MSEC) /* a timer this late costs no probe */
#define PROBE_PACE_SLOT      (5 * USEC_PER_MSEC)  /* what is due in one of these is due together */
#define PROBE_PACE_TOGETHER  32                   /* so many share a slot before the next one is used */

/* How many paces are fast just now: one count for all of a process. */
typedef struct ProbeCrowd {
        unsigned n_fast;
        unsigned n_phases; /* given so far */
} ProbeCrowd;

/* Phases for those that are not fast: several share one, so that one wake-up does for all of them, and not so
 * many that the last would have to wait for the first. */
usec_t probe_crowd_phase(ProbeCrowd *c, usec_t every);

typedef struct ProbePace {
        ProbeCrowd *crowd;             /* outlives the pace; NULL: it is alone */
        bool counted;                  /* in the crowd */
        usec_t every, fast;            /* intervals */
        usec_t phase;                  /* of `every`, when the clock was 0; USEC_INFINITY: whatever comes */
        usec_t fast_since, fast_until; /* 0: never */
        usec_t rest, rest_until;
        usec_t burst_until;
        usec_t last; /* when the last one was due */
} ProbePace;

void probe_pace_init(ProbePace *p, usec_t every, usec_t fast, ProbeCrowd *crowd);

/* Other intervals, from the next probe on. */
void probe_pace_set(ProbePace *p, usec_t every, usec_t fast);

/* Leaves the crowd. */
void probe_pace_done(ProbePace *p);

/* One is missing, or it is not yet clear whose fault that is; heard: when the path that misses it was last
 * heard (0: never). */
void probe_pace_missing(ProbePace *p, usec_t now, usec_t heard);

/* Fast for a time, whatever is missing and however many others are; at most PROBE_PACE_BURST_MAX. 0 ends it. */
void probe_pace_burst(ProbePace *p, usec_t now, usec_t duration);

/* When the next probe is due; at or before now: now. */
usec_t probe_pace_next(ProbePace *p, usec_t now);

/* One was sent because it was due. Keeps the rhythm, but does not catch up on more than PROBE_PACE_CATCH_UP. */
void probe_pace_sent(ProbePace *p, usec_t now);
