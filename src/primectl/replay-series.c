/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "replay-series.h"

ReplaySeries *replay_series_new(usec_t begin, usec_t end) {
        ReplaySeries *s = new0(ReplaySeries, 1);

        if (!s)
                return NULL;
        s->begin = begin;
        s->end = MAX(end, begin + 1);
        for (size_t i = 0; i < REPLAY_POINTS; i++) {
                s->state[i] = _PAIR_STATE_INVALID;
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                        s->risk[side][i] = NAN;
                        for (Signal k = 0; k < _SIGNAL_MAX; k++)
                                s->value[side][k][i] = NAN;
                }
        }
        return s;
}

ReplaySeries *replay_series_free(ReplaySeries *s) {
        if (!s)
                return NULL;
        free(s->events);
        free(s);
        return NULL;
}

void replay_series_look(ReplaySeries *s, const Rehearsal *r) {
        RehearsalStatus status;
        size_t i;

        rehearsal_get_status(r, &status);
        i = (size_t) ((double) usec_sub(status.at, s->begin) / (double) (s->end - s->begin) * REPLAY_POINTS);
        i = MIN(i, (size_t) REPLAY_POINTS - 1);
        s->state[i] = status.state;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                double risk = s->risk[side][i];

                s->risk[side][i] = isnan(risk) ? status.risk[side] : fmax(risk, status.risk[side]);
                for (Signal k = 0; k < _SIGNAL_MAX; k++)
                        (void) rehearsal_get_value(r, side, k, &s->value[side][k][i]);
        }
}

int replay_series_add(ReplaySeries *s, const RehearsalEvent *event) {
        RehearsalEvent *events;

        if (s->n_events == REPLAY_EVENTS_MAX) {
                s->n_lost++;
                return 0;
        }
        if (s->n_events % 64 == 0) {
                events = reallocarray(s->events, s->n_events + 64, sizeof(*events));
                if (!events)
                        return -ENOMEM;
                s->events = events;
        }
        s->events[s->n_events++] = *event;
        return 0;
}
