/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-event.h"
#include "bus-internal.h"

static int append_event(sd_bus_message *m, const Event *event) {
        int r;

        r = sd_bus_message_append(m, "tsssss", event->realtime, event_info(event->kind)->message_id,
                        event_kind_to_string(event->kind), event->pair ?: "", event->adapter ?: "",
                        event->text);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < event->n_fields; i++)
                if (event->fields[i].value)
                        r = sd_bus_message_append(
                                        m, "{sv}", event->fields[i].name, "s", event->fields[i].value);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

void bus_event_emit(sd_bus *bus, const Event *event) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_signal(bus, &m, BUS_ROOT, BUS_INTERFACE("Manager"), "Event");
        if (r >= 0)
                r = append_event(m, event);
        if (r >= 0)
                r = sd_bus_send(bus, m, NULL);
        if (r < 0 && r != -ENOTCONN)
                journal_log(LOG_DEBUG, event->pair, event->adapter, "Event %s did not get on the bus: %s",
                                event_kind_to_string(event->kind), strerror(-r));
}
