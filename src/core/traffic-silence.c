/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic-silence.h"

#define LAST_TWO UINT32_C(3)

static usec_t next_look(const TrafficSilence *t, usec_t now) {
        usec_t pace = t->moved & 1 ? TRAFFIC_WAKING_USEC : TRAFFIC_IDLE_USEC;

        return t->busy ? usec_add(now, TRAFFIC_BUSY_USEC) : (now / pace + 1) * pace;
}

bool traffic_silence_note(TrafficSilence *t, bool received, bool sent, usec_t now) {
        t->moved = t->moved << 1 | (received || sent);
        if (!t->busy && (t->moved & LAST_TWO) == LAST_TWO)
                *t = (TrafficSilence){ .busy = true, .moved = UINT32_MAX };
        else if (t->busy && (t->moved & (t->moved - 1)) == 0) /* at most one */
                *t = (TrafficSilence){};
        t->due = next_look(t, now);
        return t->busy && !received;
}
