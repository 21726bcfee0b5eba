/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Properties straight from a status: getters for what its members are, and a table saying which property hangs
 * on which member, so that PropertiesChanged names what changed and nothing else. */

#include <systemd/sd-bus.h>

#include "macro.h"

/* The arguments of every getter; the value is at userdata. */
#define BUS_GETTER(name)                                                                                       \
        int name(sd_bus *bus, const char *path, const char *interface, const char *property,                   \
                        sd_bus_message *reply, void *userdata, sd_bus_error *error)

BUS_GETTER(bus_get_string); /* char[] */
BUS_GETTER(bus_get_bool);   /* bool */
BUS_GETTER(bus_get_u64);    /* uint64_t */
BUS_GETTER(bus_get_count);  /* uint64_t as u */

#define BUS_DEFINE_ENUM_GETTER(name, type, to_string)                                                          \
        static BUS_GETTER(name) {                                                                              \
                return sd_bus_message_append(reply, "s", to_string(*(const type *) userdata) ?: "");           \
        }                                                                                                      \
        struct _getter_needs_a_semicolon_

typedef struct BusField {
        const char *property;
        size_t offset, size;                         /* compared byte by byte, or */
        bool string;                                 /* up to the NUL, or */
        bool (*equal)(const void *a, const void *b); /* by this, given the whole status */
} BusField;

#define BUS_FIELD(name, type, member)                                                                          \
        { .property = name, .offset = offsetof(type, member), .size = sizeof(((type *) NULL)->member) }
#define BUS_FIELD_STRING(name, type, member)                                                                   \
        { .property = name, .offset = offsetof(type, member), .string = true }
#define BUS_FIELD_BY(name, func)                                                                               \
        { .property = name, .equal = func }

#define BUS_FIELDS_MAX 64

/* Names the properties in which a and b differ, each once, NULL-terminated, into names[BUS_FIELDS_MAX + 1];
 * returns how many. */
size_t bus_fields_changed(const BusField *fields, size_t n, const void *a, const void *b, const char *names[]);
