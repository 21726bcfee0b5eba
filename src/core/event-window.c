/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event-window.h"

/* The k-th latest event, k = 0 the latest. */
static usec_t event_window_get(const EventWindow *w, size_t k) {
        return w->at[(w->next + EVENT_WINDOW_MAX - 1 - k) % EVENT_WINDOW_MAX];
}

void event_window_add(EventWindow *w, usec_t at) {
        w->at[w->next] = at;
        w->next = (w->next + 1) % EVENT_WINDOW_MAX;
        if (w->n < EVENT_WINDOW_MAX)
                w->n++;
}

size_t event_window_count(const EventWindow *w, usec_t now, usec_t per) {
        size_t low = 0, high = w->n;

        /* times are sorted: how many are younger than `per` */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (usec_sub(now, event_window_get(w, middle)) < per)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool event_window_reached(const EventWindow *w, usec_t now, double limit, usec_t per) {
        size_t n = limit < 1 ? 1 : limit > EVENT_WINDOW_MAX ? EVENT_WINDOW_MAX : (size_t) limit;

        return w->n >= n && usec_sub(now, event_window_get(w, n - 1)) < per;
}
