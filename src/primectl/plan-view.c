/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "plan-view.h"
#include "string-table.h"
#include "table.h"

static bool is_equal(const json_object *step) {
        return streq(json_string(step, "result", ""), "equal");
}

static bool is_due(const json_object *step) {
        return json_flag(step, "due") || json_flag(step, "blocks");
}

static bool disrupts_more(const char *a, const char *b) {
        static const char *const order[] = { "none", "queues", "link", "unknown" };

        return string_table_lookup(order, ELEMENTSOF(order), a) >
                        string_table_lookup(order, ELEMENTSOF(order), b);
}

static void count_step(PlanSummary *sum, const json_object *s) {
        const char *result = json_string(s, "result", "?"), *disruption = json_string(s, "disruption", "none");
        bool due = json_flag(s, "due");

        sum->n++;
        sum->n_equal += streq(result, "equal");
        sum->unsupported += streq(result, "unsupported") && !json_flag(s, "blocks");
        sum->blocked += json_flag(s, "blocks");
        sum->done += streq(json_string(s, "outcome", ""), "done");
        sum->failed += streq(result, "failed");
        if (!due)
                return;
        sum->clamped += streq(result, "clamped");
        sum->mapped += streq(result, "mapped");
        sum->to_set += streq(result, "set");
        if (disrupts_more(disruption, sum->disruption))
                sum->disruption = disruption;
}

PlanSummary plan_summary(const json_object *steps) {
        PlanSummary sum = { .disruption = "none" };

        for (size_t i = 0; i < json_length(steps); i++)
                count_step(&sum, json_object_array_get_idx(steps, i));
        return sum;
}

bool plan_summary_is_due(const PlanSummary *s) {
        return s->to_set + s->clamped + s->mapped + s->blocked > 0;
}

const char *plan_summary_link_down(const PlanSummary *s) {
        if (streq(s->disruption, "none") || streq(s->disruption, "queues"))
                return "never";
        return streq(s->disruption, "link") ? "once" : "unknown";
}

void plan_summary_print(const PlanSummary *s, const char *spare) {
        const struct {
                size_t n;
                const char *what;
        } parts[] = {
                { s->to_set, "to set" },
                { s->clamped, "clamped" },
                { s->mapped, "mapped" },
                { s->unsupported, "unsupported" },
                { s->blocked, "in the way" },
        };
        bool any = false;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (parts[i].n > 0) {
                        printf("%s%zu %s", any ? ", " : "", parts[i].n, parts[i].what);
                        any = true;
                }
        if (s->to_set + s->clamped + s->mapped == 0)
                return;
        if (streq(s->disruption, "none"))
                printf("; nothing on %s is disturbed", spare);
        else if (streq(s->disruption, "queues"))
                printf("; %s's queues restart, its link stays up", spare);
        else if (streq(s->disruption, "link"))
                printf("; %s's link goes down once", spare);
        else
                printf("; how often %s's link goes down is unknown", spare);
}

json_object *plan_summary_to_json(const PlanSummary *s) {
        json_object *o = json_object_new_object();

        json_object_object_add(o, "settings", json_object_new_uint64(s->n));
        json_object_object_add(o, "equal", json_object_new_uint64(s->n_equal));
        json_object_object_add(o, "to_set", json_object_new_uint64(s->to_set));
        json_object_object_add(o, "clamped", json_object_new_uint64(s->clamped));
        json_object_object_add(o, "mapped", json_object_new_uint64(s->mapped));
        json_object_object_add(o, "unsupported", json_object_new_uint64(s->unsupported));
        json_object_object_add(o, "in_the_way", json_object_new_uint64(s->blocked));
        json_object_object_add(o, "disruption", json_object_new_string(s->disruption));
        json_object_object_add(o, "link_down", json_object_new_string(plan_summary_link_down(s)));
        return o;
}

static TermColour result_colour(const char *result) {
        if (streq(result, "equal") || streq(result, "report"))
                return TERM_FAINT;
        if (streq(result, "failed"))
                return TERM_BAD;
        return streq(result, "set") ? TERM_GOOD : TERM_WARN;
}

/* "set", "clamped to 2048": what would be, or was, done with it. */
static void add_action(Table *t, const json_object *s) {
        const char *result = json_string(s, "result", "?"), *want = json_string(s, "want", "-");

        if (!json_flag(s, "due") || streq(want, json_string(s, "serving", "-")))
                table_add(t, result_colour(result), result);
        else
                table_addf(t, result_colour(result), "%s to %s", result, want);
}

/* What is set is set without a word to what is not. */
static bool comes_in_pass(const json_object *step, int pass, bool changes_first, bool all) {
        if (!changes_first)
                return pass == 0 && (all || !is_equal(step));
        if (pass == 0)
                return is_due(step);
        if (pass == 1)
                return !is_due(step) && !is_equal(step);
        return all && is_equal(step) && !is_due(step);
}

json_object *plan_shown(const json_object *steps, bool changes_first, bool all) {
        json_object *shown = json_object_new_array();

        for (int pass = 0; pass < 3; pass++)
                for (size_t i = 0; i < json_length(steps); i++) {
                        json_object *s = json_object_array_get_idx(steps, i);

                        if (comes_in_pass(s, pass, changes_first, all))
                                json_object_array_add(shown, json_object_get(s));
                }
        return shown;
}

size_t plan_print(const Ctl *c, const json_object *steps, const char *from, const char *to, bool changes_first,
                bool all) {
        _cleanup_json_ json_object *shown = plan_shown(steps, changes_first, all);
        char from_heading[32], to_heading[32];
        const char *headings[] = { "SETTING", from_heading, to_heading, "ACTION", "DISRUPTS", "NOTE" };
        _cleanup_(table_freep) Table *t = NULL;
        size_t n = json_length(shown);

        snprintf(from_heading, sizeof(from_heading), ">%.30s", from);
        snprintf(to_heading, sizeof(to_heading), ">%.30s", to);
        t = table_new(headings, ELEMENTSOF(headings));
        for (size_t i = 0; t && i < n; i++) {
                json_object *s = json_object_array_get_idx(shown, i);

                table_add(t, TERM_PLAIN, json_string(s, "setting", "?"));
                table_add(t, TERM_PLAIN, json_string(s, "serving", "-"));
                table_add(t, TERM_PLAIN, json_string(s, "spare", "-"));
                add_action(t, s);
                table_add(t, TERM_PLAIN, json_flag(s, "due") ? json_string(s, "disruption", "-") : "-");
                table_addf(t, TERM_PLAIN, "%s%s", json_flag(s, "blocks") ? "in the way: " : "",
                                json_string(s, "note", ""));
        }
        if (t && n > 0)
                table_print(t, c->legend);
        return n;
}
