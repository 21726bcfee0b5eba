/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that only look. */

#include <stdio.h>

#include "alloc-util.h"
#include "pair-view.h"
#include "table.h"
#include "verbs.h"

int verb_list(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *all = NULL;
        int r;

        r = ctl_describe(c, NULL, &all);
        if (r != 0)
                return r;
        if (!ctl_print_json(c, json_child(all, "pairs")))
                view_pairs(json_child(all, "pairs"), c->legend);
        return EXIT_OK;
}

/* Describe() of the pair with that name, then *ret_pairs is NULL; name NULL: of the manager, with its pairs. */
static int describe_pairs(Ctl *c, const char *name, json_object **ret, json_object **ret_pairs) {
        _cleanup_free_ char *path = NULL;
        int r = 0;

        if (name)
                r = ctl_find_pair(c, name, &path);
        if (r == 0)
                r = ctl_describe(c, path, ret);
        if (r == 0)
                *ret_pairs = name ? NULL : json_child(*ret, "pairs");
        return r;
}

int verb_status(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *o = NULL;
        json_object *pairs;
        int r;

        r = describe_pairs(c, argc > 0 ? argv[0] : NULL, &o, &pairs);
        if (r != 0)
                return r;
        if (ctl_print_json(c, argc > 0 ? o : pairs))
                return EXIT_OK;
        if (argc > 0)
                view_pair(o);
        for (size_t i = 0; i < json_length(pairs); i++) {
                if (i > 0)
                        putchar('\n');
                view_pair(json_object_array_get_idx(pairs, i));
        }
        return EXIT_OK;
}

static void print_adapters(json_object *adapters, bool legend) {
        static const char *const headings[] = { "", "ADAPTER", "PAIR", "ROLE", "CARRIES", "HEALTH", ">RISK",
                ">RATE", "DRIVER", "PATH" };
        _cleanup_(table_freep) Table *t = table_new(headings, ELEMENTSOF(headings));
        size_t n = json_length(adapters);

        for (size_t i = 0; t && i < n; i++) {
                json_object *a = json_object_array_get_idx(adapters, i);
                TermMark mark = view_adapter_mark(a);
                bool ingress = json_flag(a, "ingress"), egress = json_flag(a, "egress");
                double risk = json_number(a, "risk", 0);

                table_add(t, term_mark_colour(mark), term_mark(mark));
                table_add(t, TERM_BOLD, json_string(a, "name", "?"));
                table_add(t, TERM_PLAIN, json_string(a, "pair", "-"));
                table_add(t, TERM_PLAIN, json_string(a, "role", "-"));
                table_add(t, TERM_PLAIN,
                                ingress && egress         ? "all"
                                                : ingress ? "ingress"
                                                : egress  ? "egress"
                                                          : "nothing");
                table_add(t, mark == TERM_MARK_GOOD ? TERM_PLAIN : term_mark_colour(mark),
                                mark == TERM_MARK_ABSENT ? "absent" : json_string(a, "health", "-"));
                table_addf(t, view_risk_colour(risk), "%.0f%%", risk * 100);
                table_add(t, TERM_PLAIN, VIEW_BIT_RATE(json_u64(a, "bit_rate", 0)));
                table_add(t, TERM_PLAIN, json_string(a, "driver", "-"));
                table_add(t, TERM_PLAIN,
                                json_flag(a, "proved") ? "proved" : json_string(a, "proof", "not proved"));
        }
        if (t)
                table_print(t, legend);
        if (legend)
                printf("%zu adapter%s listed.\n", n, n == 1 ? "" : "s");
}

int verb_adapters(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *adapters = NULL;
        int r;

        r = ctl_describe_adapters(c, &adapters);
        if (r != 0)
                return r;
        if (!ctl_print_json(c, adapters))
                print_adapters(adapters, c->legend);
        return EXIT_OK;
}

/* The object a name means: a pair before an adapter, nothing is the manager. */
static int find_object(Ctl *c, const char *name, char **ret_path, const char **ret_interface) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path = NULL;
        static const struct {
                const char *member, *interface;
        } ways[] = {
                { "GetPair", CTL_INTERFACE("Pair") },
                { "GetAdapter", CTL_INTERFACE("Adapter") },
        };
        int r = 0;

        if (!name) {
                *ret_interface = CTL_INTERFACE("Manager");
                *ret_path = strdup(CTL_ROOT);
                return *ret_path ? 0 : ctl_fail(c, EXIT_FAILED, "out of memory");
        }
        for (size_t i = 0; !path && i < ELEMENTSOF(ways); i++) {
                sd_bus_error_free(&error);
                r = sd_bus_call_method(c->bus, CTL_BUS_NAME, CTL_ROOT, CTL_INTERFACE("Manager"), ways[i].member,
                                &error, &reply, "s", name);
                if (r >= 0)
                        r = sd_bus_message_read(reply, "o", &path);
                if (r >= 0)
                        *ret_interface = ways[i].interface;
        }
        if (!path)
                return ctl_bus_fail(c, &error, r);
        *ret_path = strdup(path);
        return *ret_path ? 0 : ctl_fail(c, EXIT_FAILED, "out of memory");
}

/* Whether name is one of a comma-separated list; all are when there is no list. */
static bool is_listed(const char *list, const char *name) {
        size_t n = strlen(name);

        if (!list)
                return true;
        for (const char *p = list; p; p = strchr(p, ',')) {
                p += *p == ',';
                if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == 0))
                        return true;
        }
        return false;
}

int verb_show(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_object *all = NULL, *wanted = json_object_new_object();
        _cleanup_free_ char *path = NULL;
        const char *interface = NULL;
        int r;

        r = find_object(c, argc > 0 ? argv[0] : NULL, &path, &interface);
        if (r != 0)
                return r;
        r = sd_bus_call_method(c->bus, CTL_BUS_NAME, path, "org.freedesktop.DBus.Properties", "GetAll", &error,
                        &reply, "s", interface);
        if (r >= 0)
                r = json_from_message(reply, &all);
        if (r < 0)
                return ctl_bus_fail(c, &error, r);
        json_object_object_foreach(all, key, value) {
                if (!is_listed(c->property, key))
                        continue;
                json_object_object_add(wanted, key, json_object_get(value));
                if (c->json != JSON_OFF)
                        continue;
                printf("%s=%s\n", key,
                                json_object_is_type(value, json_type_string)
                                                ? json_object_get_string(value)
                                                : json_object_to_json_string_ext(value,
                                                                  JSON_C_TO_STRING_PLAIN |
                                                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
        }
        if (c->property && json_object_object_length(wanted) == 0)
                return ctl_fail(c, EXIT_FAILED, "no property is called '%s'", c->property);
        ctl_print_json(c, wanted);
        return EXIT_OK;
}

int verb_is_protected(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *o = NULL, *report = json_object_new_object();
        json_object *pairs;
        size_t n, n_protected = 0;
        int r;

        r = describe_pairs(c, argc > 0 ? argv[0] : NULL, &o, &pairs);
        if (r != 0)
                return r;
        n = argc > 0 ? 1 : json_length(pairs);
        for (size_t i = 0; i < n; i++) {
                json_object *p = argc > 0 ? o : json_object_array_get_idx(pairs, i);
                bool is = json_flag(p, "protected");

                n_protected += is;
                json_object_object_add(report, json_string(p, "name", "?"), json_object_new_boolean(is));
                if (c->json == JSON_OFF && !c->quiet)
                        printf("%s: %s%s\n", json_string(p, "name", "?"), is ? "" : "not ", "protected");
        }
        if (!c->quiet)
                ctl_print_json(c, report);
        /* no pair at all is nothing to rely on */
        return n > 0 && n_protected == n ? EXIT_OK : EXIT_FAILED;
}
