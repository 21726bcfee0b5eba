/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Something worth telling: a row of event-table.h with what it is about. One event is one journal entry, one
 * D-Bus signal and one line of JSON. */

#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>

#include "event-table.h"
#include "string-table.h"
#include "time-util.h"

typedef enum EventKind {
#define X(name, kind, id, priority, subject, text) EVENT_##name,
        EVENT_TABLE(X)
#undef X
                        _EVENT_KIND_MAX,
        _EVENT_KIND_INVALID = -EINVAL,
} EventKind;

/* "switch-done" */
DECLARE_STRING_TABLE(event_kind, EventKind);

typedef struct EventInfo {
        const char *message_id; /* 32 hexadecimal digits */
        int priority;           /* LOG_ERR ... */
        const char *subject;
        const char *text; /* of the catalog: lines that end in \n, with @FIELD@ */
} EventInfo;

/* The row of a kind; never NULL for a valid one. */
const EventInfo *event_info(EventKind kind);

typedef struct EventField {
        const char *name; /* a journal field: PRIMED_FROM */
        const char *value;
} EventField;

#define EVENT_TEXT_MAX   512
#define EVENT_FIELDS_MAX 24

typedef struct Event {
        EventKind kind;
        usec_t realtime;     /* CLOCK_REALTIME */
        const char *pair;    /* or NULL */
        const char *adapter; /* or NULL */
        const EventField *fields;
        size_t n_fields; /* at most EVENT_FIELDS_MAX */
        char text[EVENT_TEXT_MAX];
} Event;

/* Writes the one line of text; control characters become blanks. 0, or -ENOBUFS when it was cut. */
int event_format(Event *e, const char *format, ...) _printf_(2, 3);

/* A journal entry ready for sd_journal_sendv(). */
#define EVENT_ENTRY_FIELDS_MAX 48
#define EVENT_ENTRY_SIZE       8192

typedef struct EventEntry {
        struct iovec fields[EVENT_ENTRY_FIELDS_MAX];
        size_t n_fields;
        char buffer[EVENT_ENTRY_SIZE];
        size_t used;
} EventEntry;

/* Appends NAME=value. -EINVAL when the name is no field name of the journal (A-Z 0-9 _, not _ or a digit
 * first), -ENOBUFS when there is no room; the entry is unchanged then. */
int event_entry_add(EventEntry *entry, const char *name, const char *value);

/* The whole entry of an event: MESSAGE, MESSAGE_ID, PRIORITY, PRIMED_EVENT, PRIMED_PAIR, PRIMED_ADAPTER,
 * INTERFACE, DOCUMENTATION, its own fields; and what its catalog text mentions but the event lacks, as
 * "unknown", so that nobody reads a bare @FIELD@. Errors of event_entry_add(). */
int event_entry_fill(EventEntry *entry, const Event *e);

/* data/primed.catalog, as journalctl --update-catalog reads it. */
void event_catalog_write(FILE *f);
