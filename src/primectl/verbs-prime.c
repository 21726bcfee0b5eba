/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs about configuring the spare like the serving adapter. */

#include <stdio.h>

#include "alloc-util.h"
#include "table.h"
#include "verbs.h"

#define PRIME_TIMEOUT (2 * USEC_PER_MINUTE)

/* Calls a method of the pair that takes no options, or a{sv} none; the answer as JSON. */
static int call_pair(Ctl *c, const char *name, const char *member, json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = ctl_find_pair(c, name, &path);
        if (r == 0)
                r = ctl_message(c, path, member, &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        r = ctl_send(c, m, PRIME_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = json_from_message(reply, ret);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : EXIT_OK;
}

static TermColour result_colour(const char *result) {
        if (streq(result, "equal") || streq(result, "report"))
                return TERM_FAINT;
        if (streq(result, "failed"))
                return TERM_BAD;
        return streq(result, "set") ? TERM_GOOD : TERM_WARN;
}

static void print_steps(json_object *steps, bool legend) {
        static const char *const headings[] = { "SETTING", ">SERVING", ">SPARE", ">WANTED", "RESULT",
                "DISRUPTS", "NOTE" };
        _cleanup_(table_freep) Table *t = table_new(headings, ELEMENTSOF(headings));

        for (size_t i = 0; t && i < json_length(steps); i++) {
                json_object *s = json_object_array_get_idx(steps, i);
                const char *result = json_string(s, "result", "?"), *note = json_string(s, "note", "");

                table_add(t, TERM_PLAIN, json_string(s, "setting", "?"));
                table_add(t, TERM_PLAIN, json_string(s, "serving", "-"));
                table_add(t, TERM_PLAIN, json_string(s, "spare", "-"));
                table_add(t, TERM_PLAIN, json_string(s, "want", "-"));
                table_add(t, result_colour(result), result);
                table_add(t, TERM_PLAIN, json_string(s, "disruption", "-"));
                table_addf(t, TERM_PLAIN, "%s%s", json_flag(s, "blocks") ? "in the way: " : "", note);
        }
        if (t)
                table_print(t, legend);
}

static bool differs(const json_object *step) {
        return !streq(json_string(step, "result", ""), "equal");
}

/* plan: all; diff: what is not equal. */
static int show_plan(Ctl *c, const char *name, bool all) {
        _cleanup_json_ json_object *steps = NULL, *shown = json_object_new_array();
        size_t n_equal = 0;
        int r;

        r = call_pair(c, name, "Plan", &steps);
        if (r != 0)
                return r;
        for (size_t i = 0; i < json_length(steps); i++) {
                json_object *s = json_object_array_get_idx(steps, i);

                n_equal += !differs(s);
                if (all || differs(s))
                        json_object_array_add(shown, json_object_get(s));
        }
        if (ctl_print_json(c, shown))
                return EXIT_OK;
        if (json_length(shown) > 0)
                print_steps(shown, c->legend);
        if (c->legend)
                printf("%zu of %zu settings equal.\n", n_equal, json_length(steps));
        return EXIT_OK;
}

int verb_plan(Ctl *c, int argc, char *argv[]) {
        return show_plan(c, argv[0], true);
}

int verb_diff(Ctl *c, int argc, char *argv[]) {
        return show_plan(c, argv[0], false);
}

int verb_prime(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *result = NULL, *changed = json_object_new_array();
        json_object *steps;
        int r;

        r = call_pair(c, argv[0], c->undo ? "Unprime" : "Prime", &result);
        if (r != 0 || ctl_print_json(c, result))
                return r;
        steps = json_child(result, "steps");
        for (size_t i = 0; i < json_length(steps); i++) {
                json_object *s = json_object_array_get_idx(steps, i);

                if (differs(s))
                        json_object_array_add(changed, json_object_get(s));
        }
        if (json_length(changed) > 0)
                print_steps(changed, c->legend);
        if (c->legend)
                printf("%s: %s, %zu settings looked at, %zu not equal before.\n", argv[0],
                                c->undo ? "unprimed" : "primed", json_length(steps), json_length(changed));
        return EXIT_OK;
}
