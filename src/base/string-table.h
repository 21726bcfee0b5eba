/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Enum <-> string by one const table per enum. An enum ends in _FOO_MAX, _FOO_INVALID = -EINVAL; a test walks
 * every table and fails on a hole. */

#include <errno.h>

#include "macro.h"

/* The index of s in table, or -EINVAL. */
static inline int string_table_lookup(const char *const *table, size_t n, const char *s) {
        if (!s)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (table[i] && streq(table[i], s))
                        return (int) i;
        return -EINVAL;
}

#define DECLARE_STRING_TABLE(name, type)                                                                       \
        const char *name##_to_string(type i);                                                                  \
        type name##_from_string(const char *s)

#define DEFINE_STRING_TABLE(name, type)                                                                        \
        const char *name##_to_string(type i) {                                                                 \
                if ((int) i < 0 || (size_t) i >= ELEMENTSOF(name##_table))                                     \
                        return NULL;                                                                           \
                return name##_table[i];                                                                        \
        }                                                                                                      \
        type name##_from_string(const char *s) {                                                               \
                return (type) string_table_lookup(name##_table, ELEMENTSOF(name##_table), s);                  \
        }                                                                                                      \
        struct _table_needs_a_semicolon_
