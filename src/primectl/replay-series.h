/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a replay saw, thinned out to what a picture can show. */

#include "rehearsal.h"

#define REPLAY_POINTS     480 /* of each curve */
#define REPLAY_EVENTS_MAX 10000

typedef struct ReplaySeries {
        usec_t begin, end; /* of the trace */
        const char *adapter[_PAIR_SIDE_MAX];
        const char *pair;
        double risk[_PAIR_SIDE_MAX][REPLAY_POINTS];               /* the highest of the time; NaN: not known */
        double value[_PAIR_SIDE_MAX][_SIGNAL_MAX][REPLAY_POINTS]; /* the last; counters as they stood */
        RehearsalEvent *events;                                   /* in order */
        size_t n_events, n_lost;                                  /* n_lost: more than there is room for */
        PairState state[REPLAY_POINTS];
} ReplaySeries;

/* NULL when out of memory. */
ReplaySeries *replay_series_new(usec_t begin, usec_t end);
ReplaySeries *replay_series_free(ReplaySeries *s);
DEFINE_CLEANUP(ReplaySeries *, replay_series_free);

/* How the rehearsal is now. */
void replay_series_look(ReplaySeries *s, const Rehearsal *r);
/* -ENOMEM. */
int replay_series_add(ReplaySeries *s, const RehearsalEvent *event);
