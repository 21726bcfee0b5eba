/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus-arguments.h"

#define OPTIONS_MAX 16

/* C0, DEL and C1 (in UTF-8 c2 80 to c2 9f; the bus has checked that it is UTF-8). */
static bool has_control_characters(const char *s) {
        for (const unsigned char *p = (const unsigned char *) s; *p; p++)
                if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
                        return true;
        return false;
}

int bus_copy_text(const char *what, const char *text, char *buffer, size_t size, sd_bus_error *error) {
        size_t n = strlen(text);

        if (n >= size)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                "%s is too long: %zu bytes, at most %zu", what, n, size - 1);
        if (has_control_characters(text))
                return sd_bus_error_setf(
                                error, SD_BUS_ERROR_INVALID_ARGS, "%s contains control characters", what);
        memcpy(buffer, text, n + 1);
        return 0;
}

int bus_copy_name(const char *what, const char *text, char *buffer, size_t size, sd_bus_error *error) {
        if (!*text)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "%s is empty", what);
        for (const char *p = text; *p; p++)
                if (*p <= ' ' || *p > '~' || *p == '/')
                        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                        "%s contains characters no name has", what);
        return bus_copy_text(what, text, buffer, size, error);
}

int bus_check_time(const char *what, usec_t value, usec_t min, usec_t max, sd_bus_error *error) {
        if (value >= min && value <= max)
                return 0;
        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                        "%s is out of range: %" PRIu64 " us, %s to %s", what, value, FORMAT_TIMESPAN(min),
                        FORMAT_TIMESPAN(max));
}

/* The message is within the dictionary entry, behind the key. */
static int read_value(sd_bus_message *m, const BusOption *o, void *target, sd_bus_error *error) {
        const char type[] = { o->type, 0 };
        char *place = (char *) target + o->offset, got;
        const char *contents, *text;
        uint64_t number;
        int r, flag;

        r = sd_bus_message_peek_type(m, &got, &contents);
        if (r < 0)
                return r;
        if (got != SD_BUS_TYPE_VARIANT || !streq(contents, type))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                "option '%s' has type '%s', not '%s'", o->name, contents, type);
        switch (o->type) {
        case 's':
                r = sd_bus_message_read(m, "v", type, &text);
                return r < 0 ? r : bus_copy_text(o->name, text, place, o->size, error);
        case 'b':
                r = sd_bus_message_read(m, "v", type, &flag);
                if (r >= 0)
                        *(bool *) place = flag;
                return r;
        default:
                assert(o->type == 't');
                r = sd_bus_message_read(m, "v", type, &number);
                if (r >= 0)
                        r = bus_check_time(o->name, number, o->min, o->max, error);
                if (r >= 0)
                        *(usec_t *) place = number;
                return r;
        }
}

static const BusOption *find_option(const BusOption *options, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (streq(options[i].name, key))
                        return &options[i];
        return NULL;
}

int bus_read_options(sd_bus_message *m, const BusOption *options, size_t n, void *target, sd_bus_error *error) {
        bool seen[OPTIONS_MAX] = {};
        int r;

        assert(n <= OPTIONS_MAX);
        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const BusOption *o;
                const char *key;

                r = sd_bus_message_read(m, "s", &key);
                if (r < 0)
                        return r;
                o = find_option(options, n, key);
                if (!o)
                        return sd_bus_error_setf(
                                        error, SD_BUS_ERROR_INVALID_ARGS, "unknown option '%.64s'", key);
                if (seen[o - options])
                        return sd_bus_error_setf(
                                        error, SD_BUS_ERROR_INVALID_ARGS, "option '%s' is given twice", key);
                seen[o - options] = true;
                r = read_value(m, o, target, error);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}
