/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.freedesktop.LogControl1(5): `systemctl service-log-level primed debug`. Writing is for root (sd-bus sees
 * to that, and the bus policy keeps others from even asking). */

#include "bus-internal.h"
#include "bus-property.h"
#include "journal.h"

static BUS_GETTER(get_level) {
        return sd_bus_message_append(reply, "s", journal_level_to_string(journal_get_max_level()));
}

static BUS_GETTER(get_target) {
        return sd_bus_message_append(reply, "s", journal_target_to_string(journal_get_target()));
}

static BUS_GETTER(get_identifier) {
        return sd_bus_message_append(reply, "s", "primed");
}

static int set_level(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *value, void *userdata, sd_bus_error *error) {
        const char *text;
        int r, level;

        r = sd_bus_message_read(value, "s", &text);
        if (r < 0)
                return r;
        level = journal_level_from_string(text);
        if (level < 0)
                return sd_bus_error_setf(
                                error, SD_BUS_ERROR_INVALID_ARGS, "no log level is called '%.32s'", text);
        journal_set_max_level(level);
        return 0;
}

static int set_target(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *value, void *userdata, sd_bus_error *error) {
        JournalTarget target;
        const char *text;
        int r;

        r = sd_bus_message_read(value, "s", &text);
        if (r < 0)
                return r;
        target = journal_target_from_string(text);
        if ((int) target < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                "no log target is called '%.32s': auto, journal or console", text);
        journal_set_target(target);
        return 0;
}

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
        SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_level, set_level, 0, 0),
        SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_target, set_target, 0, 0),
        SD_BUS_PROPERTY("SyslogIdentifier", "s", get_identifier, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END };

int bus_log_control_register(Bus *b) {
        return sd_bus_add_object_vtable(
                        b->bus, NULL, "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1", vtable, b);
}
