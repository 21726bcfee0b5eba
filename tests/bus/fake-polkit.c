/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An org.freedesktop.PolicyKit1 that always gives the same answer: fake-polkit yes|no|challenge|silent. Prints
 * what it is asked, one line each: ACTION KEY=VALUE... */

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "macro.h"

static int check_authorization(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *verdict = userdata, *kind, *action, *key, *value, *cancellation;
        uint32_t flags;
        int r;

        r = sd_bus_message_enter_container(m, 'r', "sa{sv}");
        if (r >= 0)
                r = sd_bus_message_read(m, "s", &kind);
        if (r >= 0)
                r = sd_bus_message_skip(m, "a{sv}");
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                r = sd_bus_message_read(m, "s", &action);
        if (r < 0)
                return r;
        fputs(action, stdout);
        r = sd_bus_message_enter_container(m, 'a', "{ss}");
        while (r >= 0 && (r = sd_bus_message_read(m, "{ss}", &key, &value)) > 0)
                printf(" %s=%s", key, value);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                r = sd_bus_message_read(m, "us", &flags, &cancellation);
        if (r < 0)
                return r;
        printf(" interactive=%u\n", flags);
        fflush(stdout);
        if (streq(verdict, "silent"))
                return 1;
        return sd_bus_reply_method_return(
                        m, "(bba{ss})", streq(verdict, "yes"), streq(verdict, "challenge"), 0);
}

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check_authorization,
                        SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END };

int main(int argc, char *argv[]) {
        sd_event *event = NULL;
        sd_bus *bus = NULL;
        int r;

        if (argc != 2)
                return EXIT_FAILURE;
        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/PolicyKit1/Authority",
                                "org.freedesktop.PolicyKit1.Authority", vtable, argv[1]);
        if (r >= 0)
                r = sd_bus_attach_event(bus, event, 0);
        if (r >= 0)
                r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
        if (r >= 0)
                r = sd_event_loop(event);
        sd_bus_unref(bus);
        sd_event_unref(event);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
