/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "alloc-util.h"
#include "carrier-trace.h"
#include "carrier-watch.h"
#include "clock.h"
#include "sysfs-link.h"

typedef struct WatchedLink {
        int ifindex;
        int fd; /* carrier_changes */
        uint32_t changes;
        bool tested;
} WatchedLink;

struct CarrierWatch {
        LinkMonitor *monitor;
        LinkListener listener;
        CarrierTrace *trace; /* NULL: the kernel takes none */
        Error untold;        /* why not all is told */
        sd_event_source *timer;
        unsigned round;
        WatchedLink links[CARRIER_WATCH_LINKS_MAX];
        size_t n;
};

static WatchedLink *watched_find(CarrierWatch *w, int ifindex) {
        for (size_t i = 0; i < w->n; i++)
                if (w->links[i].ifindex == ifindex)
                        return w->links + i;
        return NULL;
}

void carrier_watch_remove(CarrierWatch *w, int ifindex) {
        WatchedLink *l = watched_find(w, ifindex);

        if (!l)
                return;
        close(l->fd);
        if (w->trace)
                carrier_trace_remove(w->trace, ifindex);
        *l = w->links[--w->n];
        if (w->n == 0 && w->timer)
                (void) sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
}

/* What it tells may remove the link. */
static void watched_look(CarrierWatch *w, WatchedLink *l) {
        uint64_t changes;

        /* ENODEV: gone; the monitor will hear of it and tell us */
        if (sysfs_number_read(l->fd, &changes) < 0 || (uint32_t) changes == l->changes)
                return;
        l->changes = (uint32_t) changes;
        link_monitor_note_carrier_changes(w->monitor, l->ifindex, l->changes);
}

void carrier_watch_look(CarrierWatch *w, int ifindex) {
        WatchedLink *l = watched_find(w, ifindex);

        if (l)
                watched_look(w, l);
}

static void poll_links(CarrierWatch *w, bool tested) {
        for (size_t i = w->n; i > 0; i--)
                if (i <= w->n && (tested || !w->links[i - 1].tested))
                        watched_look(w, w->links + i - 1);
}

void carrier_watch_poll(CarrierWatch *w) {
        poll_links(w, true);
}

/* Whether none has to be read more often than once a second. */
static bool may_rest(const CarrierWatch *w) {
        for (size_t i = 0; i < w->n; i++)
                if (!w->links[i].tested)
                        return w->trace;
        return true;
}

static int timer_arm(CarrierWatch *w, usec_t now) {
        usec_t pause = may_rest(w) ? CARRIER_WATCH_ROUNDS * CARRIER_WATCH_USEC : CARRIER_WATCH_USEC;
        int r;

        r = sd_event_source_set_time(w->timer, usec_add(now, pause));
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

void carrier_watch_set_tested(CarrierWatch *w, int ifindex, bool tested) {
        WatchedLink *l = watched_find(w, ifindex);

        if (!l || l->tested == tested)
                return;
        l->tested = tested;
        if (!tested && w->timer)
                (void) timer_arm(w, clock_monotonic());
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        CarrierWatch *w = userdata;

        poll_links(w, may_rest(w) || w->round++ % CARRIER_WATCH_ROUNDS == 0);
        /* An error here would end the watch silently; arming a timer that exists does not fail. */
        if (w->n > 0)
                (void) timer_arm(w, clock_monotonic());
        return 0;
}

static void on_change(const LinkState *old_state, const LinkState *new_state, void *userdata) {
        if (!new_state)
                carrier_watch_remove(userdata, old_state->ifindex);
}

static void on_told(int ifindex, void *userdata) {
        carrier_watch_look(userdata, ifindex);
}

const char *carrier_watch_untold(const CarrierWatch *w) {
        return w->trace ? NULL : w->untold.text;
}

int carrier_watch_new(sd_event *event, LinkMonitor *monitor, CarrierWatch **ret, Error *e) {
        _cleanup_(carrier_watch_freep) CarrierWatch *w = new0(CarrierWatch, 1);
        int r;

        if (!w)
                return error_errno(e, -ENOMEM, "carrier watch");
        w->monitor = monitor;
        w->listener = (LinkListener){ .on_change = on_change, .userdata = w };
        if (event) {
                /* accuracy 1: the default of 250 ms would wait for other timers */
                r = sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, 0, 1, on_timer, w);
                if (r >= 0)
                        r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
                if (r >= 0)
                        r = sd_event_source_set_priority(w->timer, SD_EVENT_PRIORITY_IMPORTANT);
                if (r < 0)
                        return error_errno(e, r, "carrier watch");
                (void) sd_event_source_set_description(w->timer, "carrier-watch");
                (void) carrier_trace_new(event, on_told, w, &w->trace, &w->untold);
        }
        link_monitor_add_listener(monitor, &w->listener);
        *ret = TAKE_PTR(w);
        return 0;
}

CarrierWatch *carrier_watch_free(CarrierWatch *w) {
        if (!w)
                return NULL;
        link_monitor_remove_listener(w->monitor, &w->listener);
        sd_event_source_disable_unref(w->timer);
        carrier_trace_free(w->trace);
        for (size_t i = 0; i < w->n; i++)
                close(w->links[i].fd);
        free(w);
        return NULL;
}

int carrier_watch_add(CarrierWatch *w, int ifindex, Error *e) {
        const LinkState *state = link_monitor_get(w->monitor, ifindex);
        _cleanup_close_ int directory = -EBADF;
        int fd, r;

        if (watched_find(w, ifindex))
                return 0;
        if (!state)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "no link with index %d", ifindex);
        if (w->n == CARRIER_WATCH_LINKS_MAX)
                return error_set(e, ERROR_FAILED, -ENOSPC, "%s: more than %d links to watch", state->name,
                                CARRIER_WATCH_LINKS_MAX);
        directory = sysfs_link_open(state->name, ifindex, e);
        if (directory < 0)
                return directory;
        fd = sysfs_number_open(directory, "carrier_changes");
        if (fd < 0)
                return error_errno(e, fd, "%s: carrier_changes", state->name);
        w->links[w->n++] = (WatchedLink){ .ifindex = ifindex, .fd = fd, .changes = state->carrier_changes };
        r = w->trace ? carrier_trace_add(w->trace, ifindex) : 0;
        if (r < 0) {
                carrier_watch_remove(w, ifindex);
                return error_errno(e, r, "%s: cannot follow its carrier", state->name);
        }
        if (!w->timer)
                return 0;
        r = timer_arm(w, clock_monotonic());
        return r < 0 ? error_errno(e, r, "%s: carrier watch", state->name) : 0;
}
