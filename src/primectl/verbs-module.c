/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `primectl module`: the pluggable module of an adapter, its values between the limits its maker gave them. */

#include <inttypes.h>
#include <stdio.h>

#include "alloc-util.h"
#include "pair-view.h"
#include "table.h"
#include "verbs.h"

static TermColour verdict_colour(const char *verdict) {
        return streq(verdict, "alarm")           ? TERM_BAD
                        : streq(verdict, "warn") ? TERM_WARN
                        : streq(verdict, "good") ? TERM_GOOD
                                                 : TERM_FAINT;
}

/* "-12.5", "-" when it is not known. */
static void add_number(Table *t, TermColour colour, const json_object *o, const char *key) {
        json_object *number = json_child(o, key);

        if (number)
                table_addf(t, colour, "%.4g", json_object_get_double(number));
        else
                table_add(t, TERM_FAINT, "-");
}

static void print_values(json_object *values, bool legend) {
        static const char *const headings[] = { "", "VALUE", ">LANE", ">NOW", "UNIT", ">LOW ALARM", ">LOW WARN",
                ">HIGH WARN", ">HIGH ALARM", "VERDICT" };
        static const char *const limits[] = { "low_alarm", "low_warn", "high_warn", "high_alarm" };
        _cleanup_(table_freep) Table *t = table_new(headings, ELEMENTSOF(headings));

        if (!t || json_object_object_length(values) == 0)
                return;
        json_object_object_foreach(values, name, value) {
                json_object *lanes = json_child(value, "lanes");
                size_t n = json_length(lanes);

                for (size_t i = 0; i < n; i++) {
                        json_object *lane = json_object_array_get_idx(lanes, i);
                        const char *verdict = json_string(lane, "verdict", "unknown");
                        TermColour colour = verdict_colour(verdict);

                        table_add(t, TERM_PLAIN, "");
                        table_add(t, TERM_PLAIN, name);
                        if (n > 1)
                                table_addf(t, TERM_PLAIN, "%zu", i + 1);
                        else
                                table_add(t, TERM_PLAIN, "");
                        add_number(t, streq(verdict, "good") ? TERM_PLAIN : colour, lane, "value");
                        table_add(t, TERM_PLAIN, json_string(value, "unit", ""));
                        for (size_t j = 0; j < ELEMENTSOF(limits); j++)
                                add_number(t, TERM_PLAIN, value, limits[j]);
                        table_add(t, colour, verdict);
                }
        }
        table_print(t, legend);
}

/* "     Label: a; b" of an array of words or numbers, each with a word before it. */
static void print_list(const char *label, const char *word, json_object *array) {
        for (size_t i = 0; i < json_length(array); i++)
                printf("%s%s%s", i == 0 ? label : "; ", word,
                                json_object_get_string(json_object_array_get_idx(array, i)));
        if (json_length(array) > 0)
                putchar('\n');
}

static void print_identity(const json_object *module) {
        static const struct {
                const char *before, *key;
        } parts[] = { { "", "vendor" }, { " ", "part_number" }, { " rev ", "revision" },
                { ", serial ", "serial" }, { ", made ", "date" } };
        bool any = false;

        printf("    Module: %s", json_string(module, "kind", "unknown"));
        if (json_string(module, "medium", NULL))
                printf(" (%s, %s)", json_string(module, "medium", ""), json_string(module, "standard", ""));
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (json_string(module, parts[i].key, NULL)) {
                        printf("%s%s%s", any ? "" : ", ", any ? parts[i].before : "",
                                        json_string(module, parts[i].key, ""));
                        any = true;
                }
        putchar('\n');
}

static void print_state(const json_object *module) {
        const char *const checksums[] = { "identity_checksum", "thresholds_checksum" };
        const char *const words[] = { "what it says of itself", "its thresholds" };
        const char *fault = json_string(module, "fault", NULL);

        if (json_string(module, "state", NULL))
                printf("     State: %s%s%s\n", json_string(module, "state", ""), fault ? ", " : "",
                                fault ?: "");
        for (size_t i = 0; i < ELEMENTSOF(checksums); i++)
                if (streq(json_string(module, checksums[i], ""), "wrong"))
                        printf("  Checksum: wrong for %s\n", words[i]);
        if (json_u64(module, "read_us", 0) > 0)
                printf("      Read: %s\n", VIEW_AGO(json_u64(module, "read_us", 0)));
        if (json_string(module, "error", NULL)) {
                uint64_t failed = json_u64(module, "failed", 0);

                printf("%s     Error: %s%s", term_colour(TERM_BAD), json_string(module, "error", ""),
                                term_colour(TERM_PLAIN));
                if (failed > 0)
                        printf(" (%" PRIu64 " in a row)", failed);
                putchar('\n');
        }
        print_list("  No light: ", "lane ", json_child(module, "rx_los"));
        print_list("  Tx fault: ", "lane ", json_child(module, "tx_fault"));
        print_list("    Raised: ", "", json_child(module, "flags"));
}

static void print_module(const json_object *adapter, bool legend) {
        json_object *module = json_child(adapter, "module");
        TermMark mark = view_adapter_mark(adapter);

        printf("%s%s%s %s (%s)\n", term_colour(term_mark_colour(mark)), term_mark(mark),
                        term_colour(TERM_PLAIN), json_string(adapter, "name", "?"),
                        json_string(adapter, "pair", "?"));
        if (!module) {
                puts("    Module: none that can be read");
                return;
        }
        print_identity(module);
        print_state(module);
        print_values(json_child(module, "values"), legend);
}

/* What --json gives of an adapter. */
static json_object *module_report(const json_object *adapter) {
        json_object *o = json_object_new_object();

        json_object_object_add(o, "adapter", json_object_new_string(json_string(adapter, "name", "?")));
        json_object_object_add(o, "pair", json_object_new_string(json_string(adapter, "pair", "?")));
        json_object_object_add(o, "module", json_object_get(json_child(adapter, "module")));
        return o;
}

int verb_module(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *adapters = NULL, *reports = json_object_new_array();
        size_t n = 0;
        int r;

        r = ctl_describe_adapters(c, &adapters);
        if (r != 0)
                return r;
        for (size_t i = 0; i < json_length(adapters); i++) {
                json_object *a = json_object_array_get_idx(adapters, i);

                if (argc > 0 && !streq(json_string(a, "name", ""), argv[0]))
                        continue;
                json_object_array_add(reports, module_report(a));
                if (c->json == JSON_OFF) {
                        if (n > 0)
                                putchar('\n');
                        print_module(a, c->legend);
                }
                n++;
        }
        if (argc > 0 && n == 0)
                return ctl_fail(c, EXIT_NO_SUCH_PAIR, "no guarded adapter is called '%s'", argv[0]);
        ctl_print_json(c, argc > 0 ? json_object_array_get_idx(reports, 0) : reports);
        return EXIT_OK;
}
