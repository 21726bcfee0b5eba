/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs about configuring the spare like the serving adapter. */

#include <stdio.h>

#include "alloc-util.h"
#include "plan-view.h"
#include "verbs.h"

/* What `terraform plan -detailed-exitcode` ends with when there is something to do; 2 means wrong usage
 * otherwise. */
#define EXIT_SOMETHING_TO_DO 2

typedef struct PairNames {
        char *path;
        json_object *about; /* what the pair says of itself */
        const char *name, *serving, *spare;
} PairNames;

static void pair_names_done(PairNames *n) {
        free(n->path);
        json_object_put(n->about);
}

static int pair_names_read(Ctl *c, const char *name, PairNames *ret) {
        const char *primary, *standby;
        int r;

        r = ctl_find_pair(c, name, &ret->path);
        if (r == 0)
                r = ctl_describe(c, ret->path, &ret->about);
        if (r != 0)
                return r;
        primary = json_string(ret->about, "primary", "?");
        standby = json_string(ret->about, "standby", "?");
        ret->name = json_string(ret->about, "name", name);
        ret->serving = json_string(ret->about, "serving", "?");
        ret->spare = streq(ret->serving, primary) ? standby : primary;
        return 0;
}

/* Calls a method of the pair that takes no options, or a{sv} none; the answer as JSON. */
static int call_pair(Ctl *c, const PairNames *n, const char *member, json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = ctl_message(c, n->path, member, &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        r = ctl_send(c, m, CTL_PRIME_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = json_from_message(reply, ret);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : EXIT_OK;
}

static void print_verdict(const PairNames *n, const PlanSummary *sum) {
        if (plan_summary_is_due(sum)) {
                printf("Plan: ");
                plan_summary_print(sum, n->spare);
                puts(".");
        } else if (sum->n_equal == sum->n)
                printf("%s: %s is configured like %s, nothing to do.\n", n->name, n->spare, n->serving);
        else
                printf("%s: %s is configured like %s as far as it can be, nothing to do (%zu of %zu settings "
                       "equal).\n",
                                n->name, n->spare, n->serving, sum->n_equal, sum->n);
}

static int show_plan(Ctl *c, const char *name, bool changes_first) {
        _cleanup_(pair_names_done) PairNames n = {};
        _cleanup_json_ json_object *steps = NULL, *all = NULL;
        PlanSummary sum;
        int r;

        r = pair_names_read(c, name, &n);
        if (r == 0)
                r = call_pair(c, &n, "Plan", &steps);
        if (r != 0)
                return r;
        sum = plan_summary(steps);
        r = c->detailed_exitcode && plan_summary_is_due(&sum) ? EXIT_SOMETHING_TO_DO : EXIT_OK;
        if (c->json != JSON_OFF) {
                all = json_object_new_object();
                json_object_object_add(all, "pair", json_object_new_string(n.name));
                json_object_object_add(all, "serving", json_object_new_string(n.serving));
                json_object_object_add(all, "spare", json_object_new_string(n.spare));
                json_object_object_add(all, "steps", plan_shown(steps, changes_first, c->all));
                json_object_object_add(all, "summary", plan_summary_to_json(&sum));
                ctl_print_json(c, all);
                return r;
        }
        if (c->quiet)
                return r;
        if (plan_print(c, steps, n.serving, n.spare, changes_first, c->all) > 0 && c->legend)
                puts("");
        if (c->legend)
                print_verdict(&n, &sum);
        return r;
}

int verb_plan(Ctl *c, int argc, char *argv[]) {
        return show_plan(c, argv[0], true);
}

int verb_diff(Ctl *c, int argc, char *argv[]) {
        return show_plan(c, argv[0], false);
}

int verb_prime(Ctl *c, int argc, char *argv[]) {
        _cleanup_(pair_names_done) PairNames n = {};
        _cleanup_json_ json_object *result = NULL;
        json_object *steps;
        PlanSummary sum;
        int r;

        r = pair_names_read(c, argv[0], &n);
        if (r == 0)
                r = call_pair(c, &n, "Prime", &result);
        if (r != 0 || ctl_print_json(c, result) || c->quiet)
                return r;
        steps = json_child(result, "steps");
        sum = plan_summary(steps);
        plan_print(c, steps, n.serving, n.spare, false, false);
        if (c->legend)
                printf("%s: %s is primed, %zu of %zu settings were set.\n", n.name, n.spare, sum.done, sum.n);
        return EXIT_OK;
}

int verb_unprime(Ctl *c, const char *name) {
        _cleanup_(pair_names_done) PairNames n = {};
        _cleanup_json_ json_object *result = NULL;
        PlanSummary sum;
        int r;

        r = pair_names_read(c, name, &n);
        if (r == 0)
                r = call_pair(c, &n, "Unprime", &result);
        if (r != 0 || ctl_print_json(c, result) || c->quiet)
                return r;
        sum = plan_summary(json_child(result, "steps"));
        if (c->legend)
                printf("%s: %s has its former configuration again, %zu settings were set back.\n"
                       "It is primed again when there is evidence or a move is asked for, and by: primectl "
                       "prime "
                       "%s\n",
                                n.name, n.spare, sum.done, n.name);
        return EXIT_OK;
}
