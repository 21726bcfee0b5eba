/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that stay: a live screen, a stream of events, waiting for a state. */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "alloc-util.h"
#include "clock.h"
#include "pair-view.h"
#include "string-table.h"
#include "verbs.h"

#define REFRESH_USEC   (500 * USEC_PER_MSEC)
#define WATCH_EVENTS   10
#define WATCH_PAIRS    64
#define WATCH_RISKS    60 /* two a second: half a minute */
#define EVENT_LINE_MAX 512

/* One event as an object: {time, message_id, kind, pair, adapter, text, fields}. */
static int event_from_message(sd_bus_message *m, json_object **ret) {
        static const char *const names[] = { "time", "message_id", "kind", "pair", "adapter", "text",
                "fields" };
        _cleanup_json_ json_object *o = json_object_new_object();
        int r;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                json_object *value;

                r = json_from_message(m, &value);
                if (r < 0)
                        return r;
                json_object_object_add(o, names[i], value);
        }
        *ret = TAKE_PTR(o);
        return 0;
}

/* "12:03:44.120 lan eth0 switch-done: text". */
static void event_line(const json_object *event, char *buffer, size_t size) {
        usec_t at = json_u64(event, "time", 0);
        time_t t = (time_t) (at / USEC_PER_SEC);
        const char *pair = json_string(event, "pair", ""), *adapter = json_string(event, "adapter", "");
        char when[16] = "-";
        struct tm tm;

        if (localtime_r(&t, &tm))
                strftime(when, sizeof(when), "%H:%M:%S", &tm);
        snprintf(buffer, size, "%s.%03u %s%s%s%s%s: %s", when, (unsigned) (at % USEC_PER_SEC / 1000), pair,
                        *pair ? " " : "", adapter, *adapter ? " " : "", json_string(event, "kind", "?"),
                        json_string(event, "text", ""));
}

static int subscribe(Ctl *c, sd_bus_message_handler_t handler, void *userdata) {
        int r;

        r = sd_bus_match_signal(c->bus, NULL, CTL_BUS_NAME, CTL_ROOT, CTL_INTERFACE("Manager"), "Event",
                        handler, userdata);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info, void *userdata) {
        return sd_event_exit(sd_event_source_get_event(s), EXIT_OK);
}

static int on_daemon_gone(sd_bus_message *m, void *userdata, sd_bus_error *e) {
        const char *name, *before, *after;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && !*after)
                sd_event_exit(sd_bus_get_event(sd_bus_message_get_bus(m)), EXIT_NOT_RUNNING);
        return 0;
}

/* A loop that ends with an exit code: on SIGINT and SIGTERM, or when the daemon leaves the bus. */
static int loop_new(Ctl *c, sd_event **ret) {
        sd_event *e = NULL;
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, NULL);
        r = sd_event_new(&e);
        if (r >= 0)
                r = sd_event_add_signal(e, NULL, SIGINT, on_signal, NULL);
        if (r >= 0)
                r = sd_event_add_signal(e, NULL, SIGTERM, on_signal, NULL);
        if (r >= 0)
                r = sd_bus_attach_event(c->bus, e, 0);
        if (r >= 0)
                r = sd_bus_match_signal(c->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                "org.freedesktop.DBus", "NameOwnerChanged", on_daemon_gone, NULL);
        if (r < 0) {
                sd_event_unref(e);
                return ctl_bus_fail(c, NULL, r);
        }
        *ret = e;
        return 0;
}

typedef struct Monitor {
        Ctl *ctl;
        const char *pair; /* NULL: all */
} Monitor;

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *e) {
        _cleanup_json_ json_object *event = NULL;
        Monitor *monitor = userdata;
        char line[EVENT_LINE_MAX];

        if (event_from_message(m, &event) < 0)
                return 0;
        if (monitor->pair && !streq(json_string(event, "pair", ""), monitor->pair))
                return 0;
        if (!ctl_print_json(monitor->ctl, event)) {
                event_line(event, line, sizeof(line));
                puts(line);
        }
        if (fflush(stdout) != 0) /* the reader went away */
                sd_event_exit(sd_bus_get_event(sd_bus_message_get_bus(m)), EXIT_OK);
        return 0;
}

int verb_monitor(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_event_unrefp) sd_event *loop = NULL;
        _cleanup_json_ json_object *pair = NULL;
        Monitor monitor = { .ctl = c };
        int r;

        /* also says at once when the daemon is not running, instead of waiting for it */
        if (argc > 0) {
                _cleanup_free_ char *path = NULL;

                r = ctl_find_pair(c, argv[0], &path);
                if (r == 0)
                        r = ctl_describe(c, path, &pair);
                monitor.pair = json_string(pair, "name", argv[0]);
        } else
                r = ctl_describe(c, NULL, &pair);
        if (r == 0)
                r = loop_new(c, &loop);
        if (r == 0)
                r = subscribe(c, on_event, &monitor);
        return r != 0 ? r : sd_event_loop(loop);
}

typedef struct Watched {
        char name[64];
        double risk[WATCH_RISKS];
        size_t n_risks;
} Watched;

typedef struct Watch {
        Ctl *ctl;
        const char *pair;
        Watched pairs[WATCH_PAIRS];
        char events[WATCH_EVENTS][EVENT_LINE_MAX];
        size_t n_events;
} Watch;

static int watch_on_event(sd_bus_message *m, void *userdata, sd_bus_error *e) {
        _cleanup_json_ json_object *event = NULL;
        Watch *w = userdata;

        if (event_from_message(m, &event) < 0 || (w->pair && !streq(json_string(event, "pair", ""), w->pair)))
                return 0;
        event_line(event, w->events[w->n_events++ % WATCH_EVENTS], EVENT_LINE_MAX);
        return 0;
}

/* Remembers the risk of this moment; NULL when there are more pairs than a screen shows. */
static Watched *watch_remember(Watch *w, const char *name, double risk) {
        for (size_t i = 0; i < WATCH_PAIRS; i++) {
                Watched *p = &w->pairs[i];

                if (!p->name[0])
                        snprintf(p->name, sizeof(p->name), "%s", name);
                else if (!streq(p->name, name))
                        continue;
                if (p->n_risks == WATCH_RISKS)
                        memmove(p->risk, p->risk + 1, (--p->n_risks) * sizeof(p->risk[0]));
                p->risk[p->n_risks++] = risk;
                return p;
        }
        return NULL;
}

static void watch_draw(Watch *w, json_object *pairs) {
        unsigned columns, lines;
        size_t first = w->n_events > WATCH_EVENTS ? w->n_events - WATCH_EVENTS : 0;

        term_size(&columns, &lines);
        fputs("\033[H\033[J", stdout);
        view_pairs(pairs, true);
        for (size_t i = 0; i < json_length(pairs); i++) {
                json_object *p = json_object_array_get_idx(pairs, i);
                Watched *seen = watch_remember(w, json_string(p, "name", "?"), json_number(p, "risk", 0));
                char spark[3 * WATCH_RISKS + 1];

                putchar('\n');
                view_pair(p);
                if (seen)
                        printf("      Risk: %s\n", term_sparkline(seen->risk, seen->n_risks, 0, 1, spark));
        }
        putchar('\n');
        for (size_t i = first; i < w->n_events; i++)
                printf("%.*s\n", (int) columns, w->events[i % WATCH_EVENTS]);
        fflush(stdout);
}

static int watch_refresh(Watch *w) {
        _cleanup_json_ json_object *all = NULL, *pairs = json_object_new_array();
        json_object *every;
        int r;

        r = ctl_describe(w->ctl, NULL, &all);
        if (r != 0)
                return r;
        every = json_child(all, "pairs");
        for (size_t i = 0; i < json_length(every); i++) {
                json_object *p = json_object_array_get_idx(every, i);

                if (!w->pair || streq(json_string(p, "name", ""), w->pair))
                        json_object_array_add(pairs, json_object_get(p));
        }
        watch_draw(w, pairs);
        return 0;
}

static int watch_on_tick(sd_event_source *s, uint64_t usec, void *userdata) {
        int r = watch_refresh(userdata);

        if (r != 0)
                return sd_event_exit(sd_event_source_get_event(s), r);
        r = sd_event_source_set_time_relative(s, REFRESH_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

int verb_watch(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_event_unrefp) sd_event *loop = NULL;
        _cleanup_json_ json_object *pair = NULL;
        _cleanup_free_ Watch *w = new0(Watch, 1);
        int r = 0;

        if (!w)
                return ctl_fail(c, EXIT_FAILED, "out of memory");
        if (!term_is_tty())
                return ctl_fail(c, EXIT_USAGE, "watch needs a terminal; monitor does not");
        w->ctl = c;
        if (argc > 0) {
                _cleanup_free_ char *path = NULL;

                r = ctl_find_pair(c, argv[0], &path);
                if (r == 0)
                        r = ctl_describe(c, path, &pair);
                w->pair = json_string(pair, "name", argv[0]);
        }
        if (r == 0)
                r = loop_new(c, &loop);
        if (r == 0)
                r = subscribe(c, watch_on_event, w);
        if (r != 0)
                return r;
        r = sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC, 0, 0, watch_on_tick, w);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        fputs("\033[?1049h\033[?25l", stdout); /* the other screen, no cursor */
        r = sd_event_loop(loop);
        fputs("\033[?25h\033[?1049l", stdout);
        return r;
}

typedef struct Wait {
        Ctl *ctl;
        const char *path, *state;
} Wait;

/* protected and primed are states and properties: a primed pair is protected too, so waiting for that ends. */
static bool state_reached(const json_object *pair, const char *state) {
        return streq(json_string(pair, "state", ""), state) ||
                        (streq(state, "protected") && json_flag(pair, "protected")) ||
                        (streq(state, "primed") && json_flag(pair, "primed"));
}

static int wait_look(Wait *w, sd_event *loop) {
        _cleanup_json_ json_object *pair = NULL;
        int r;

        r = ctl_describe(w->ctl, w->path, &pair);
        if (r == 0 && !state_reached(pair, w->state))
                return 0;
        return sd_event_exit(loop, r);
}

static int wait_on_change(sd_bus_message *m, void *userdata, sd_bus_error *e) {
        return wait_look(userdata, sd_bus_get_event(sd_bus_message_get_bus(m)));
}

static int wait_on_timeout(sd_event_source *s, uint64_t usec, void *userdata) {
        Wait *w = userdata;

        return sd_event_exit(sd_event_source_get_event(s),
                        ctl_fail(w->ctl, EXIT_TIMEOUT, "not %s in time", w->state));
}

int verb_wait(Ctl *c, int argc, char *argv[]) {
        static const char *const states[] = { "absent", "unprotected", "protected", "priming", "primed",
                "splitting", "split", "unsplitting", "switching", "failed" };
        _cleanup_(sd_event_unrefp) sd_event *loop = NULL;
        _cleanup_free_ char *path = NULL;
        Wait w = { .ctl = c, .state = c->state ?: "protected" };
        usec_t timeout = c->timeout;
        int r;

        if (string_table_lookup(states, ELEMENTSOF(states), w.state) < 0)
                return ctl_fail(c, EXIT_USAGE, "--state=%s: no such state", w.state);
        c->timeout = 0; /* is about the waiting, not about each question */
        r = ctl_find_pair(c, argv[0], &path);
        if (r == 0)
                r = loop_new(c, &loop);
        if (r != 0)
                return r;
        w.path = path;
        r = sd_bus_match_signal(c->bus, NULL, CTL_BUS_NAME, path, "org.freedesktop.DBus.Properties",
                        "PropertiesChanged", wait_on_change, &w);
        if (r >= 0 && timeout > 0)
                r = sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC, timeout, 0, wait_on_timeout, &w);
        if (r >= 0)
                r = wait_look(&w, loop);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        return sd_event_loop(loop);
}
