/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Arguments of callers who may be hostile or mistaken: what is wrong is named, and refused before anything else
 * is done. All return 0, or negative with org.freedesktop.DBus.Error.InvalidArgs in error. */

#include <systemd/sd-bus.h>

#include "time-util.h"

/* One key of an a{sv}. */
typedef struct BusOption {
        const char *name;
        char type;           /* 's' into char[size], 'b' into bool, 't' into usec_t */
        size_t offset, size; /* within the target */
        usec_t min, max;     /* 't' */
} BusOption;

#define BUS_OPTION_TEXT(key, target, member)                                                                   \
        {                                                                                                      \
                .name = (key), .type = 's', .offset = offsetof(target, member),                                \
                .size = sizeof(((target *) NULL)->member)                                                      \
        }
#define BUS_OPTION_FLAG(key, target, member)                                                                   \
        { .name = (key), .type = 'b', .offset = offsetof(target, member) }
#define BUS_OPTION_TIME(key, target, member, least, most)                                                      \
        { .name = (key), .type = 't', .offset = offsetof(target, member), .min = (least), .max = (most) }

/* Reads a{sv} into target: unknown and duplicate keys, wrong types, texts that do not fit or hold control
 * characters, and numbers out of range are refused. */
int bus_read_options(sd_bus_message *m, const BusOption *options, size_t n, void *target, sd_bus_error *error);

/* Copies a text argument: at most size - 1 bytes, no control characters. */
int bus_copy_text(const char *what, const char *text, char *buffer, size_t size, sd_bus_error *error);

/* Like bus_copy_text() for what shall be a pair's or adapter's name: printable ASCII without blanks or '/',
 * not empty. */
int bus_copy_name(const char *what, const char *text, char *buffer, size_t size, sd_bus_error *error);

int bus_check_time(const char *what, usec_t value, usec_t min, usec_t max, sd_bus_error *error);
