/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A lost carrier is to be seen before the kernel tells it. Where no program in the kernel does
 * (carrier-watch.h), those of adapters with traffic are looked at several times a millisecond. Where these are
 * many, every millisecond, and only of those that receive nothing any more, since the frames of all are counted
 * in memory, and each carrier is a system call. With nothing but idle adapters this rests. */

#include "clock.h"
#include "manager-internal.h"
#include "traffic-silence.h"

/* Between looks at the carriers of few adapters. A look takes some 5 us of a processor with all around it. */
#define QUICK_USEC 250

/* Those that beacons test are read less often. Which these are changes seldom, and to be a second late does no
 * harm. */
static void find_tested(Manager *m) {
        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        carrier_watch_set_tested(m->carrier_watch,
                                        pair_link(guard_pair(m->guards[i]), s)->ifindex,
                                        guard_tests_carriers(m->guards[i]));
}

static bool few_are_busy(const Manager *m) {
        return m->n_busy <= MANAGER_BUSY_FEW;
}

/* Finds them, and of many looks at the carriers of those that receive nothing. */
static void find_busy(Manager *m, usec_t now) {
        bool few = few_are_busy(m);
        unsigned n = 0;

        m->busy_next = usec_add(now, TRAFFIC_IDLE_USEC);
        for (size_t i = 0; i < m->n_guards; i++) {
                Pair *p = guard_pair(m->guards[i]);
                usec_t next;
                unsigned silent, busy = pair_find_busy(p, now, &silent, &next);

                m->busy_next = MIN(m->busy_next, next);
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        int ifindex = pair_link(p, s)->ifindex;

                        if (!few && silent & 1u << s)
                                carrier_watch_look(m->carrier_watch, ifindex);
                        if (busy & 1u << s && n++ < MANAGER_BUSY_FEW)
                                m->busy[n - 1] = ifindex;
                }
        }
        m->n_busy = n;
}

/* Returns when to look again. */
static usec_t look_at_busy(Manager *m, usec_t now) {
        usec_t before = clock_taken(), next, rested;

        if (now >= m->busy_next)
                find_busy(m, now);
        next = m->busy_next;
        if (few_are_busy(m))
                for (unsigned i = 0; i < m->n_busy; i++) {
                        carrier_watch_look(m->carrier_watch, m->busy[i]);
                        next = MIN(next, now + QUICK_USEC);
                }
        rested = breather_until(&m->pulse_breather, before, clock_taken(), now);
        return MAX(next, rested);
}

static int on_pulse(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        usec_t now = clock_monotonic(), next = usec_add(now, USEC_PER_SEC);

        if (carrier_watch_untold(m->carrier_watch))
                next = look_at_busy(m, now);
        if (now >= m->tested_next) {
                m->tested_next = usec_add(now, USEC_PER_SEC);
                find_tested(m);
        }
        (void) sd_event_source_set_time(m->pulse, next);
        return sd_event_source_set_enabled(m->pulse, SD_EVENT_ONESHOT);
}

void manager_carriers_watch(Manager *m) {
        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        const PairLink *l = pair_link(guard_pair(m->guards[i]), s);
                        Error e = {};

                        if (l->exists && carrier_watch_add(m->carrier_watch, l->ifindex, &e) < 0)
                                journal_log(LOG_WARNING, pair_name(guard_pair(m->guards[i])), l->name, "%s",
                                                e.text);
                }
        (void) sd_event_source_set_enabled(m->pulse, m->n_guards > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

int manager_carriers_start(Manager *m, Error *e) {
        int r;

        r = carrier_watch_new(m->event, m->monitor, &m->carrier_watch, e);
        if (r < 0)
                return r;
        if (carrier_watch_untold(m->carrier_watch))
                journal_log(LOG_INFO, NULL, NULL,
                                "carriers are looked at four times a millisecond under traffic, since %s",
                                carrier_watch_untold(m->carrier_watch));
        /* accuracy 1: the default of 250 ms would wait for other timers */
        r = sd_event_add_time(m->event, &m->pulse, CLOCK_MONOTONIC, 0, 1, on_pulse, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->pulse, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(m->pulse, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return error_errno(e, r, "cannot make a timer");
        (void) sd_event_source_set_description(m->pulse, "carriers");
        return 0;
}
