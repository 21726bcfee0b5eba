/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs about policy files. */

#include <inttypes.h>
#include <stdio.h>

#include "alloc-util.h"
#include "policy-set.h"
#include "verbs.h"

static json_object *diagnostics_to_json(const PolicyDiagnostics *d) {
        json_object *list = json_object_new_array();

        for (size_t i = 0; i < d->n_items; i++) {
                const PolicyDiagnostic *x = &d->items[i];
                json_object *o = json_object_new_object();

                json_object_object_add(o, "file", json_object_new_string(x->file));
                json_object_object_add(o, "line", x->line > 0 ? json_object_new_int64(x->line) : NULL);
                json_object_object_add(o, "column", x->column > 0 ? json_object_new_int64(x->column) : NULL);
                json_object_object_add(
                                o, "severity", json_object_new_string(policy_severity_to_string(x->severity)));
                json_object_object_add(o, "text", json_object_new_string(x->text));
                json_object_array_add(list, o);
        }
        return list;
}

int verb_check(Ctl *c, int argc, char *argv[]) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        int r;

        r = policy_set_load_files((const char *const *) argv, (size_t) argc, &set, &diagnostics);
        if (c->json != JSON_OFF) {
                _cleanup_json_ json_object *list = diagnostics_to_json(&diagnostics);

                ctl_print_json(c, list);
        } else if (!c->quiet)
                policy_diagnostics_print(&diagnostics, stderr);
        if (r < 0) {
                if (diagnostics.n_items == 0)
                        return ctl_fail(c, EXIT_FAILED, "cannot check: %s", strerror(-r));
                return EXIT_FAILED;
        }
        if (c->json == JSON_OFF && !c->quiet && c->legend)
                printf("%zu pair%s in %d file%s, nothing wrong.\n", set->n_policies,
                                set->n_policies == 1 ? "" : "s", argc, argc == 1 ? "" : "s");
        return EXIT_OK;
}

int verb_cat(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *path = NULL, *text = NULL;
        int r = 0;

        if (argc > 0)
                r = ctl_find_pair(c, argv[0], &path);
        if (r != 0)
                return r;
        r = sd_bus_get_property_string(c->bus, CTL_BUS_NAME, path ?: CTL_ROOT,
                        path ? CTL_INTERFACE("Pair") : CTL_INTERFACE("Manager"), "Policy", &error, &text);
        if (r < 0)
                return ctl_bus_fail(c, &error, r);
        if (c->json != JSON_OFF) {
                _cleanup_json_ json_object *o = json_object_new_object();

                json_object_object_add(o, "yaml", json_object_new_string(text));
                ctl_print_json(c, o);
        } else
                fputs(text, stdout);
        return EXIT_OK;
}

/* What is wrong stands in the manager's property, one struct each: file, line, column, severity, text. */
static void print_diagnostics(Ctl *c) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *file, *severity, *text;
        uint32_t line, column;

        if (c->quiet ||
                        sd_bus_get_property(c->bus, CTL_BUS_NAME, CTL_ROOT, CTL_INTERFACE("Manager"),
                                        "PolicyDiagnostics", NULL, &m, "a(suuss)") < 0 ||
                        sd_bus_message_enter_container(m, 'a', "(suuss)") < 0)
                return;
        while (sd_bus_message_read(m, "(suuss)", &file, &line, &column, &severity, &text) > 0)
                fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s\n", file, line, column, severity, text);
}

int verb_reload(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = ctl_message(c, NULL, "Reload", &m);
        if (r == 0)
                r = ctl_send(c, m, CTL_TIMEOUT, NULL);
        if (r == EXIT_FAILED)
                print_diagnostics(c);
        return r;
}
