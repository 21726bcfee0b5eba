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

static void point_add(float *point, float value, const SignalInfo *info) {
        if (isnan(*point))
                *point = value;
        else if (info->kind == SIGNAL_COUNTER)
                *point += value;
        else
                *point = info->below ? fminf(*point, value) : fmaxf(*point, value);
}

static void ring_add(HistoryRing *r, uint64_t n, float value, const SignalInfo *info) {
        if (n + SIGNAL_HISTORY_POINTS <= r->newest)
                return;
        if (n > r->newest)
                ring_advance(r, n);
        point_add(r->value + n % SIGNAL_HISTORY_POINTS, value, info);
}

/* To the ring, or to a copy of it. */
static void ring_take(HistoryRing *r, HistorySpan span, const SignalHistory *h, const SignalInfo *info) {
        if (!isnan(h->pending))
                ring_add(r, h->second * history_steps[HISTORY_MINUTE] / history_steps[span], h->pending, info);
}

static void history_add(SignalHistory *h, uint64_t second, float value, const SignalInfo *info) {
        if (second != h->second) {
                for (HistorySpan s = 0; s < _HISTORY_SPAN_MAX; s++)
                        ring_take(h->ring + s, s, h, info);
                h->second = second;
                h->pending = NAN;
        }
        point_add(&h->pending, value, info);
}

static void history_begin(SignalHistory *h) {
        h->begun = true;
        h->pending = NAN;
        for (HistorySpan s = 0; s < _HISTORY_SPAN_MAX; s++)
                for (size_t i = 0; i < SIGNAL_HISTORY_POINTS; i++)
                        h->ring[s].value[i] = NAN;
}

void signal_history_add(SignalHistory *h, const HealthSample *sample) {
        const SignalInfo *info = signal_info(sample->signal);
        bool first = !h->begun;
        double value;

        if (first)
                history_begin(h);
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
        history_add(h, sample->at / history_steps[HISTORY_MINUTE], (float) value, info);
}

void signal_history_get(const SignalHistory *h, Signal signal, HistorySpan span, usec_t now,
                double ret[static SIGNAL_HISTORY_POINTS]) {
        HistoryRing r = h->ring[span];
        uint64_t last = now / history_steps[span];

        if (h->begun)
                ring_take(&r, span, h, signal_info(signal));
        for (uint64_t i = 0; i < SIGNAL_HISTORY_POINTS; i++) {
                uint64_t back = SIGNAL_HISTORY_POINTS - 1 - i, n = last - back;
                bool known = h->begun && last >= back && n <= r.newest && n + SIGNAL_HISTORY_POINTS > r.newest;

                ret[i] = known ? (double) r.value[n % SIGNAL_HISTORY_POINTS] : NAN;
        }
}
