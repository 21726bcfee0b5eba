/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text in columns, as wide as their content (wcwidth(3)), like the other tools of a systemd host print it. */

#include "term.h"

typedef struct Table Table;

/* n_columns headings ("" for none; a leading '>' aligns the column right). NULL when out of memory. */
Table *table_new(const char *const *headings, size_t n_columns);
Table *table_free(Table *t);
DEFINE_CLEANUP(Table *, table_free);

/* Adds the next cell, row by row; the text is copied, control characters become '?'. NULL: "-". */
int table_add(Table *t, TermColour colour, const char *text);
int table_addf(Table *t, TermColour colour, const char *format, ...) _printf_(3, 4);

void table_print(const Table *t, bool headings);
