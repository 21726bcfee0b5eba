/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "signal-history.h"

const usec_t history_steps[_HISTORY_SPAN_MAX] = {
        [HISTORY_MINUTE] = USEC_PER_SEC,
        [HISTORY_HOUR] = USEC_PER_MINUTE,
};

/* Empties the spans between the newest and n, which becomes the newest. */
static void ring_advance(HistoryRing *r, uint64_t n) {
        uint64_t from = r->newest + 1;

        if (n >= SIGNAL_HISTORY_POINTS && from < n + 1 - SIGNAL_HISTORY_POINTS)
                from = n + 1 - SIGNAL_HISTORY_POINTS;
        for (; from <= n; from++)
                r->value[from % SIGNAL_HISTORY_POINTS] = NAN;
        r->newest = n;
}

static void ring_add(HistoryRing *r, uint64_t n, double value, const SignalInfo *info) {
        float *point = r->value + n % SIGNAL_HISTORY_POINTS;

        if (n + SIGNAL_HISTORY_POINTS <= r->newest)
                return;
        if (n > r->newest)
                ring_advance(r, n);
        if (isnan(*point))
                *point = (float) value;
        else if (info->kind == SIGNAL_COUNTER)
                *point += (float) value;
        else
                *point = (float) (info->below ? fmin(*point, value) : fmax(*point, value));
}

void signal_history_add(SignalHistory *h, const HealthSample *sample) {
        const SignalInfo *info = signal_info(sample->signal);
        bool first = !h->begun;
        double value;

        if (first)
                for (HistorySpan s = 0; s < _HISTORY_SPAN_MAX; s++)
                        for (size_t i = 0; i < SIGNAL_HISTORY_POINTS; i++)
                                h->ring[s].value[i] = NAN;
        h->begun = true;
        if (info->kind == SIGNAL_COUNTER) {
                uint64_t last = h->last;

                h->last = sample->count;
                if (first || sample->count < last)
                        return;
                value = (double) (sample->count - last);
        } else if (isfinite(sample->level))
                value = sample->level;
        else
                return;
        for (HistorySpan s = 0; s < _HISTORY_SPAN_MAX; s++)
                ring_add(h->ring + s, sample->at / history_steps[s], value, info);
}

void signal_history_get(const SignalHistory *h, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]) {
        const HistoryRing *r = h->ring + span;
        uint64_t last = now / history_steps[span];

        for (uint64_t i = 0; i < SIGNAL_HISTORY_POINTS; i++) {
                uint64_t back = SIGNAL_HISTORY_POINTS - 1 - i, n = last - back;
                bool known = h->begun && last >= back && n <= r->newest &&
                                n + SIGNAL_HISTORY_POINTS > r->newest;

                ret[i] = known ? (double) r->value[n % SIGNAL_HISTORY_POINTS] : NAN;
        }
}
