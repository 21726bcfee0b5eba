/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of events is whole, and data/primed.catalog is what it says. */

#include <ctype.h>

#include "alloc-util.h"
#include "check-main.h"
#include "event.h"

static const char *const known_fields[] = { "MESSAGE",
#define X(field, meaning) (field),
        EVENT_FIELD_TABLE(X)
#undef X
};

START_TEST(test_rows) {
        const EventInfo *info = event_info((EventKind) _i);
        const char *kind = event_kind_to_string((EventKind) _i);

        ck_assert_int_eq(event_kind_from_string(kind), _i);
        ck_assert_uint_eq(strspn(kind, "abcdefghijklmnopqrstuvwxyz-"), strlen(kind));
        ck_assert_uint_eq(strlen(info->message_id), 32);
        ck_assert_uint_eq(strspn(info->message_id, "0123456789abcdef"), 32);
        ck_assert_int_ge(info->priority, LOG_ERR);
        ck_assert_int_le(info->priority, LOG_DEBUG);
        ck_assert_uint_gt(strlen(info->subject), 10);
        ck_assert_uint_gt(strlen(info->text), 100);
        ck_assert_int_eq(info->text[strlen(info->text) - 1], '\n');
        for (int other = 0; other < _i; other++) {
                ck_assert_str_ne(info->message_id, event_info((EventKind) other)->message_id);
                ck_assert_str_ne(info->text, event_info((EventKind) other)->text);
                ck_assert_str_ne(kind, event_kind_to_string((EventKind) other));
        }
}
END_TEST

START_TEST(test_text_names_known_fields) {
        const char *p = event_info((EventKind) _i)->text;

        while ((p = strchr(p, '@'))) {
                size_t length = strcspn(++p, "@");
                char name[64];

                ck_assert_uint_lt(length, sizeof(name));
                snprintf(name, sizeof(name), "%.*s", (int) length, p);
                ck_assert_msg(string_table_lookup(known_fields, ELEMENTSOF(known_fields), name) >= 0, "%s",
                                name);
                p += length + 1;
        }
}
END_TEST

START_TEST(test_catalog_is_the_table) {
        _cleanup_free_ char *expected = NULL, *found = new0(char, 1 << 18);
        _cleanup_fclose_ FILE *file = fopen(CATALOG_FILE, "re");
        size_t size;
        FILE *f = open_memstream(&expected, &size);

        ck_assert_ptr_nonnull(file);
        event_catalog_write(f);
        fclose(f);
        ck_assert_uint_gt(fread(found, 1, (1 << 18) - 1, file), 0);
        ck_assert_msg(streq(expected, found), "data/primed.catalog is stale: ninja update-catalog");
}
END_TEST

static const char *entry_get(const EventEntry *entry, const char *name) {
        const char *value = NULL;

        for (size_t i = 0; i < entry->n_fields; i++) {
                const char *field = entry->fields[i].iov_base;

                ck_assert_uint_eq(strlen(field), entry->fields[i].iov_len);
                if (strncmp(field, name, strlen(name)) == 0 && field[strlen(name)] == '=') {
                        ck_assert_ptr_null(value); /* once */
                        value = field + strlen(name) + 1;
                }
        }
        return value;
}

START_TEST(test_entry) {
        const EventField fields[] = { { "PRIMED_FROM", "eth0" }, { "PRIMED_TO", "eth1" },
                { "PRIMED_RISK", NULL } };
        Event e = { .kind = EVENT_SWITCH_DONE,
                .pair = "lan",
                .adapter = "eth1",
                .fields = fields,
                .n_fields = ELEMENTSOF(fields) };
        EventEntry entry;

        ck_assert_int_eq(event_format(&e, "from %s\nto %s\033", "eth0", "eth1"), 0);
        ck_assert_int_eq(event_entry_fill(&entry, &e), 0);
        ck_assert_str_eq(entry_get(&entry, "MESSAGE"), "from eth0 to eth1 ");
        ck_assert_str_eq(entry_get(&entry, "MESSAGE_ID"), "c13d0a54cfd240618e220bcd814e781c");
        ck_assert_str_eq(entry_get(&entry, "PRIORITY"), "5");
        ck_assert_str_eq(entry_get(&entry, "PRIMED_EVENT"), "switch-done");
        ck_assert_str_eq(entry_get(&entry, "PRIMED_PAIR"), "lan");
        ck_assert_str_eq(entry_get(&entry, "PRIMED_ADAPTER"), "eth1");
        ck_assert_str_eq(entry_get(&entry, "INTERFACE"), "eth1");
        ck_assert_str_eq(entry_get(&entry, "PRIMED_FROM"), "eth0");
        ck_assert_str_eq(entry_get(&entry, "PRIMED_TO"), "eth1");
        /* in the catalog's text, but not given */
        ck_assert_str_eq(entry_get(&entry, "PRIMED_LOST"), "unknown");
        ck_assert_ptr_null(entry_get(&entry, "PRIMED_RISK"));
}
END_TEST

START_TEST(test_entry_of_every_kind_is_complete) {
        Event e = { .kind = (EventKind) _i };
        EventEntry entry;

        event_format(&e, "text");
        ck_assert_int_eq(event_entry_fill(&entry, &e), 0);
        for (size_t i = 0; i < ELEMENTSOF(known_fields); i++) {
                char placeholder[64];

                snprintf(placeholder, sizeof(placeholder), "@%s@", known_fields[i]);
                if (strstr(event_info(e.kind)->text, placeholder))
                        ck_assert_msg(entry_get(&entry, known_fields[i]) != NULL, "%s", placeholder);
        }
}
END_TEST

START_TEST(test_entry_bounds) {
        static char huge[EVENT_ENTRY_SIZE];
        EventEntry entry = {};
        Event e = {};

        ck_assert_int_eq(event_entry_add(&entry, "_PID", "1"), -EINVAL);
        ck_assert_int_eq(event_entry_add(&entry, "1A", "1"), -EINVAL);
        ck_assert_int_eq(event_entry_add(&entry, "", "1"), -EINVAL);
        ck_assert_int_eq(event_entry_add(&entry, "A=B", "1"), -EINVAL);
        ck_assert_int_eq(event_entry_add(&entry, "lower", "1"), -EINVAL);
        memset(huge, 'x', sizeof(huge) - 1);
        ck_assert_int_eq(event_entry_add(&entry, "A", huge), -ENOBUFS);
        ck_assert_uint_eq(entry.n_fields, 0);
        for (size_t i = 0; i < EVENT_ENTRY_FIELDS_MAX; i++)
                ck_assert_int_eq(event_entry_add(&entry, "A", "1"), 0);
        ck_assert_int_eq(event_entry_add(&entry, "A", "1"), -ENOBUFS);
        ck_assert_int_eq(event_format(&e, "%s", huge), -ENOBUFS);
        ck_assert_uint_eq(strlen(e.text), EVENT_TEXT_MAX - 1);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("event");
        TCase *t = tcase_create("event");

        tcase_add_loop_test(t, test_rows, 0, _EVENT_KIND_MAX);
        tcase_add_loop_test(t, test_text_names_known_fields, 0, _EVENT_KIND_MAX);
        tcase_add_test(t, test_catalog_is_the_table);
        tcase_add_test(t, test_entry);
        tcase_add_loop_test(t, test_entry_of_every_kind_is_complete, 0, _EVENT_KIND_MAX);
        tcase_add_test(t, test_entry_bounds);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
