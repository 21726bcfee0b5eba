/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neighbour-watch.h"

static bool key_equal(const NeighbourKey *a, const NeighbourKey *b) {
        return a->ifindex == b->ifindex && a->family == b->family &&
                        memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool take_out(NeighbourWatch *w, const NeighbourKey *key) {
        for (size_t i = 0; i < w->n_known; i++)
                if (key_equal(w->known + i, key)) {
                        w->n_known--;
                        memmove(w->known + i, w->known + i + 1, (w->n_known - i) * sizeof(*w->known));
                        return true;
                }
        return false;
}

void neighbour_watch_confirmed(NeighbourWatch *w, const NeighbourKey *key) {
        if (!take_out(w, key) && w->n_known == NEIGHBOUR_WATCH_MAX)
                take_out(w, w->known);
        w->known[w->n_known++] = *key;
        w->n_failing = 0;
}

bool neighbour_watch_failed(NeighbourWatch *w, const NeighbourKey *key, usec_t now) {
        if (!take_out(w, key))
                return false; /* nobody ever was at that address */
        if (w->n_failing == 0 || usec_sub(now, w->failing_since) > NEIGHBOUR_WATCH_SPAN) {
                w->n_failing = 0;
                w->failing_since = now;
        }
        if (++w->n_failing < NEIGHBOUR_WATCH_FAILED)
                return false;
        w->n_failing = 0;
        w->count++;
        return true;
}

void neighbour_watch_forget(NeighbourWatch *w, const NeighbourKey *key) {
        if (key) {
                take_out(w, key);
                return;
        }
        w->n_known = 0;
        w->n_failing = 0;
}
