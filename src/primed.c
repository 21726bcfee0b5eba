/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* primed: options, then manager, bus and loop. Under a service manager it says when it is ready; without one it
 * runs in the foreground and logs to stderr. See primed(8). */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "alloc-util.h"
#include "bus.h"
#include "clock.h"
#include "closer.h"
#include "journal.h"
#include "primed-options.h"

#define STATUS_USEC (5 * USEC_PER_SEC)

static void notify(const Manager *m, const char *state) {
        sd_notifyf(false, "%sSTATUS=%zu of %zu pairs protected", state, manager_n_protected(m),
                        manager_n_pairs(m));
}

/* Always ends in READY=1: a policy that is wrong leaves the old one in force, and that is ready. */
static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *info, void *userdata) {
        Error e = {};

        sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic());
        if (manager_reload(userdata, &e) < 0)
                journal_log(LOG_ERR, NULL, NULL, "The policies stay as they were: %s", e.text);
        notify(userdata, "READY=1\n");
        return 0;
}

static int on_terminate(sd_event_source *s, const struct signalfd_siginfo *info, void *userdata) {
        char why[64];

        /* the kernel's own have no sender */
        snprintf(why, sizeof(why), info->ssi_pid > 0 ? "%s of process %u" : "%s",
                        info->ssi_signo == SIGINT ? "SIGINT" : "SIGTERM", info->ssi_pid);
        manager_tell_stopped(userdata, why);
        return sd_event_exit(sd_event_source_get_event(s), EXIT_SUCCESS);
}

static int on_status(sd_event_source *s, uint64_t usec, void *userdata) {
        notify(userdata, "");
        return sd_event_source_set_time_relative(s, STATUS_USEC);
}

/* Guarding began before; now `systemctl start primed && primectl status` finds it. */
static void on_settled(void *userdata) {
        notify(userdata, "READY=1\n");
}

static int run(const PrimedOptions *o, sd_event *event, Error *e) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        _cleanup_(bus_freep) Bus *bus = NULL; /* goes before the manager */
        _cleanup_(sd_event_source_unrefp) sd_event_source *status = NULL;
        static const struct {
                int number;
                sd_event_signal_handler_t handler;
        } signals[] = { { SIGHUP, on_hangup }, { SIGTERM, on_terminate }, { SIGINT, on_terminate } };
        int r;

        r = manager_new(event, &o->manager, &manager, e);
        if (r >= 0)
                r = manager_start(manager, e);
        if (r >= 0)
                r = bus_new(event, manager, on_settled, manager, &bus, e);
        for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
                r = sd_event_add_signal(event, NULL, signals[i].number, signals[i].handler, manager);
        if (r >= 0)
                r = sd_event_add_time_relative(
                                event, &status, CLOCK_MONOTONIC, 0, USEC_PER_SEC, on_status, manager);
        if (r >= 0)
                r = sd_event_source_set_enabled(status, SD_EVENT_ON);
        if (r < 0)
                return r;
        r = sd_event_loop(event);
        sd_notify(false, "STOPPING=1\nSTATUS=Traffic stays where it is");
        return r;
}

/* A pair takes some forty descriptors, and services start with 1024. Nothing here uses select(2), for which
 * that limit is. */
static void allow_descriptors(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char *argv[]) {
        PrimedOptions o;
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        Error e = {};
        sigset_t set;
        int r;

        r = primed_options_parse(argc, argv, &o);
        if (r != 0)
                return r < 0 ? EXIT_SUCCESS : r;
        allow_descriptors();
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGPIPE, SIG_IGN);
        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        if (r >= 0)
                r = run(&o, event, &e);
        closer_wait();
        if (r < 0)
                journal_log(LOG_ERR, NULL, NULL, "primed cannot run: %s", e.code < 0 ? e.text : strerror(-r));
        return r < 0 ? EXIT_FAILURE : r;
}
