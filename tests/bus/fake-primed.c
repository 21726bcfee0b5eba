/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The real bus layer over the fake manager, for tests and for looking at primectl's output:
 * fake-primed [POLICY-DIRECTORY]. Ends on SIGTERM. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus.h"

int main(int argc, char *argv[]) {
        const char *const directories[] = { argc > 1 ? argv[1] : "/nonexistent", NULL };
        ManagerOptions options = { .policy_directories = directories };
        sd_event *event = NULL;
        Manager *manager = NULL;
        Bus *bus = NULL;
        Error e = {};
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigprocmask(SIG_BLOCK, &set, NULL);
        r = sd_event_new(&event);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = manager_new(event, &options, &manager, &e);
        if (r >= 0)
                r = manager_start(manager, &e);
        if (r >= 0)
                r = bus_new(event, manager, &bus, &e);
        if (r >= 0)
                r = sd_event_loop(event);
        if (r < 0)
                fprintf(stderr, "fake-primed: %s\n", e.code < 0 ? e.text : strerror(-r));
        bus_free(bus);
        manager_free(manager);
        sd_event_unref(event);
        return r < 0 ? EXIT_FAILURE : r;
}
