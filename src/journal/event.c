/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event.h"

#include <ctype.h>
#include <stdarg.h>

static const char *const event_kind_table[_EVENT_KIND_MAX] = {
#define X(name, kind, id, priority, subject, text) [EVENT_##name] = (kind),
        EVENT_TABLE(X)
#undef X
};

DEFINE_STRING_TABLE(event_kind, EventKind);

static const EventInfo events[_EVENT_KIND_MAX] = {
#define X(name, kind, id, priority, subject, text) [EVENT_##name] = { (id), (priority), (subject), (text) },
        EVENT_TABLE(X)
#undef X
};

const EventInfo *event_info(EventKind kind) {
        if ((int) kind < 0 || kind >= _EVENT_KIND_MAX)
                return NULL;
        return events + kind;
}

int event_format(Event *e, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(e->text, sizeof(e->text), format, ap);
        va_end(ap);
        for (char *p = e->text; *p; p++)
                if (iscntrl((unsigned char) *p))
                        *p = ' ';
        return n >= (int) sizeof(e->text) ? -ENOBUFS : 0;
}

static bool field_name_is_valid(const char *name) {
        size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

        return length > 0 && length <= 64 && name[length] == 0 && isupper((unsigned char) *name);
}

int event_entry_add(EventEntry *entry, const char *name, const char *value) {
        size_t room = sizeof(entry->buffer) - entry->used, size;

        if (!field_name_is_valid(name))
                return -EINVAL;
        size = strlen(name) + 1 + strlen(value);
        if (entry->n_fields == EVENT_ENTRY_FIELDS_MAX || size >= room)
                return -ENOBUFS;
        snprintf(entry->buffer + entry->used, room, "%s=%s", name, value);
        entry->fields[entry->n_fields++] = (struct iovec){ .iov_base = entry->buffer + entry->used,
                .iov_len = size };
        entry->used += size + 1;
        return 0;
}

static bool entry_has(const EventEntry *entry, const char *name, size_t length) {
        for (size_t i = 0; i < entry->n_fields; i++) {
                const char *field = entry->fields[i].iov_base;

                if (strncmp(field, name, length) == 0 && field[length] == '=')
                        return true;
        }
        return false;
}

/* Finds the next @FIELD@ at or after text; the name is *ret_length long. */
static const char *next_placeholder(const char *text, size_t *ret_length) {
        for (const char *p = strchr(text, '@'); p; p = strchr(p + 1, '@')) {
                size_t length = strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

                if (length > 0 && p[1 + length] == '@') {
                        *ret_length = length;
                        return p + 1;
                }
        }
        return NULL;
}

static int entry_complete(EventEntry *entry, const char *text) {
        size_t length;

        for (const char *p = next_placeholder(text, &length); p;
                        p = next_placeholder(p + length + 1, &length)) {
                char name[65];
                int r;

                if (entry_has(entry, p, length))
                        continue;
                snprintf(name, sizeof(name), "%.*s", (int) length, p);
                r = event_entry_add(entry, name, "unknown");
                if (r < 0)
                        return r;
        }
        return 0;
}

int event_entry_fill(EventEntry *entry, const Event *e) {
        const EventInfo *info = event_info(e->kind);
        const char priority[] = { (char) ('0' + info->priority), 0 };
        const EventField own[] = {
                { "MESSAGE", e->text },
                { "MESSAGE_ID", info->message_id },
                { "PRIORITY", priority },
                { "PRIMED_EVENT", event_kind_to_string(e->kind) },
                { "DOCUMENTATION", "man:primed(8)" },
                { "PRIMED_PAIR", e->pair },
                { "PRIMED_ADAPTER", e->adapter },
                { "INTERFACE", e->adapter },
        };
        int r = 0;

        entry->n_fields = entry->used = 0;
        for (size_t i = 0; i < ELEMENTSOF(own) && r >= 0; i++)
                if (own[i].value)
                        r = event_entry_add(entry, own[i].name, own[i].value);
        for (size_t i = 0; i < e->n_fields && r >= 0; i++)
                if (e->fields[i].value)
                        r = event_entry_add(entry, e->fields[i].name, e->fields[i].value);
        return r < 0 ? r : entry_complete(entry, info->text);
}

void event_catalog_write(FILE *f) {
        fputs("# SPDX-License-Identifier: LGPL-2.1-or-later\n"
              "# Made from src/journal/event-table.h: `ninja update-catalog`\n",
                        f);
        for (EventKind i = 0; i < _EVENT_KIND_MAX; i++)
                fprintf(f, "\n-- %s\nSubject: %s\nDefined-By: primed\nDocumentation: man:primed(8)\n\n%s",
                                events[i].message_id, events[i].subject, events[i].text);
}
