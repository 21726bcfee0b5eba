/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happened, and why. */

#include <inttypes.h>
#include <stdio.h>

#include "alloc-util.h"
#include "explain.h"
#include "pair-view.h"
#include "table.h"
#include "verbs.h"

#define HISTORY_MAX 1000

static int newest_first(const void *x, const void *y) {
        usec_t a = json_u64(*(json_object *const *) x, "time_us", 0);
        usec_t b = json_u64(*(json_object *const *) y, "time_us", 0);

        return a < b ? 1 : a > b ? -1 : 0;
}

/* The moves of a pair ("" all), newest first, as objects like last_switch with "pair". */
static int get_history(Ctl *c, const char *pair, json_object **ret) {
        static const char *const columns[] = { "time_us", "from", "to", "trigger", "result", "duration_us" };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_json_ json_object *rows = NULL, *records = json_object_new_array();
        int r;

        r = ctl_message(c, NULL, "GetHistory", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "su", pair, (uint32_t) HISTORY_MAX);
        if (r < 0)
                return ctl_fail(c, EXIT_USAGE, "'%s' cannot be a name", pair);
        r = ctl_send(c, m, CTL_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = json_from_message(reply, &rows);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        for (size_t i = 0; i < json_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i), *record = json_object_new_object();
                json_object *details = json_object_array_get_idx(row, ELEMENTSOF(columns));

                for (size_t j = 0; j < ELEMENTSOF(columns); j++)
                        json_object_object_add(
                                        record, columns[j], json_object_get(json_object_array_get_idx(row, j)));
                if (json_object_is_type(details, json_type_object)) {
                        json_object_object_foreach(details, key, value)
                                        json_object_object_add(record, key, json_object_get(value));
                }
                json_object_array_add(records, record);
        }
        json_object_array_sort(records, newest_first);
        *ret = TAKE_PTR(records);
        return EXIT_OK;
}

static int pair_name_of(Ctl *c, const char *name, char **ret) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = ctl_find_pair(c, name, &path);
        if (r != 0)
                return r;
        if (sd_bus_path_decode(path, CTL_ROOT "/pair", ret) <= 0)
                return ctl_fail(c, EXIT_FAILED, "primed gave a strange path: %s", path);
        return EXIT_OK;
}

int verb_history(Ctl *c, int argc, char *argv[]) {
        static const char *const headings[] = { ">ID", "TIME", "PAIR", "FROM", "TO", "TRIGGER", "RESULT",
                ">LOST", ">DETECT", ">INGRESS", ">EGRESS", "REASON" };
        _cleanup_json_ json_object *records = NULL;
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_free_ char *pair = NULL;
        int r = 0;

        if (argc > 0)
                r = pair_name_of(c, argv[0], &pair);
        if (r == 0)
                r = get_history(c, pair ?: "", &records);
        if (r != 0 || ctl_print_json(c, records))
                return r;
        t = table_new(headings, ELEMENTSOF(headings));
        for (size_t i = 0; t && i < json_length(records); i++) {
                json_object *m = json_object_array_get_idx(records, i);
                const char *result = json_string(m, "result", "?");
                uint64_t lost = json_u64(m, "lost", 0);

                table_addf(t, TERM_PLAIN, "%" PRIu64, json_u64(m, "id", 0));
                table_add(t, TERM_PLAIN, VIEW_DATE(json_u64(m, "time_us", 0)));
                table_add(t, TERM_PLAIN, json_string(m, "pair", "?"));
                table_add(t, TERM_PLAIN, json_string(m, "from", "?"));
                table_add(t, TERM_PLAIN, json_string(m, "to", "?"));
                table_add(t, TERM_PLAIN, json_string(m, "trigger", "?"));
                table_add(t, streq(result, "failed") ? TERM_BAD : TERM_PLAIN, result);
                table_addf(t, lost > 0 ? TERM_WARN : TERM_PLAIN, "%" PRIu64, lost);
                table_add(t, TERM_PLAIN, FORMAT_TIMESPAN(json_u64(m, "detect_us", 0)));
                table_add(t, TERM_PLAIN, FORMAT_TIMESPAN(json_u64(m, "ingress_us", 0)));
                table_add(t, TERM_PLAIN, FORMAT_TIMESPAN(json_u64(m, "egress_us", 0)));
                table_add(t, TERM_PLAIN, json_string(m, "reason", ""));
        }
        if (t)
                table_print(t, c->legend);
        if (c->legend)
                printf("%zu move%s listed.\n", json_length(records), json_length(records) == 1 ? "" : "s");
        return EXIT_OK;
}

static void explain_move(const json_object *m) {
        printf("Switch %" PRIu64 " of pair %s, %s: ", json_u64(m, "id", 0), json_string(m, "pair", "?"),
                        VIEW_DATE(json_u64(m, "time_us", 0)));
        view_move(m);
        printf("  Why: %s%s%s\n", json_string(m, "trigger", "?"), *json_string(m, "reason", "") ? " - " : "",
                        json_string(m, "reason", ""));
        printf("  Result: %s; lost %" PRIu64 ", duplicated %" PRIu64 ", reordered %" PRIu64 "\n",
                        json_string(m, "result", "?"), json_u64(m, "lost", 0), json_u64(m, "duplicated", 0),
                        json_u64(m, "reordered", 0));
        printf("  Times: detect %s, prime %s, ingress %s, egress %s\n",
                        FORMAT_TIMESPAN(json_u64(m, "detect_us", 0)),
                        FORMAT_TIMESPAN(json_u64(m, "prime_us", 0)),
                        FORMAT_TIMESPAN(json_u64(m, "ingress_us", 0)),
                        FORMAT_TIMESPAN(json_u64(m, "egress_us", 0)));
}

static int explain_id(Ctl *c, const char *pair, const char *text) {
        _cleanup_json_ json_object *records = NULL, *found = json_object_new_array();
        uint64_t id;
        char *end;
        int r;

        errno = 0;
        id = strtoull(text, &end, 10);
        if (errno != 0 || *end || !*text || id == 0)
                return ctl_fail(c, EXIT_USAGE, "'%s' is not the number of a switch", text);
        r = get_history(c, pair, &records);
        if (r != 0)
                return r;
        for (size_t i = 0; i < json_length(records); i++) {
                json_object *m = json_object_array_get_idx(records, i);

                if (json_u64(m, "id", 0) == id)
                        json_object_array_add(found, json_object_get(m));
        }
        if (json_length(found) == 0)
                return ctl_fail(c, EXIT_FAILED, "switch %" PRIu64 " is not in the history%s%s", id,
                                *pair ? " of pair " : "", pair);
        if (!ctl_print_json(c, found))
                for (size_t i = 0; i < json_length(found); i++)
                        explain_move(json_object_array_get_idx(found, i));
        return EXIT_OK;
}

int verb_explain(Ctl *c, int argc, char *argv[]) {
        _cleanup_free_ char *path = NULL, *name = NULL;
        int r;

        if (argc == 1 && strspn(argv[0], "0123456789") == strlen(argv[0]))
                return explain_id(c, "", argv[0]);
        if (argc == 2) {
                r = pair_name_of(c, argv[0], &name);
                return r != 0 ? r : explain_id(c, name, argv[1]);
        }
        r = ctl_find_pair(c, argv[0], &path);
        return r != 0 ? r : explain_pair(c, path);
}
