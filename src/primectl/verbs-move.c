/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that move traffic, or say when it may move. */

#include <inttypes.h>
#include <stdio.h>

#include "alloc-util.h"
#include "pair-view.h"
#include "verbs.h"

/* Hold() and InjectEvidence() of the daemon. */
#define UNTIL_RELEASED  USEC_INFINITY
#define INJECT_DURATION (30 * USEC_PER_SEC)

static int pair_message(Ctl *c, const char *name, const char *member, sd_bus_message **ret) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = ctl_find_pair(c, name, &path);
        return r != 0 ? r : ctl_message(c, path, member, ret);
}

/* The options given on the command line, as a{sv}. */
static int append_options(Ctl *c, sd_bus_message *m) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && c->reason)
                r = sd_bus_message_append(m, "{sv}", "reason", "s", c->reason);
        if (r >= 0 && c->force)
                r = sd_bus_message_append(m, "{sv}", "force", "b", true);
        if (r >= 0 && c->dry_run)
                r = sd_bus_message_append(m, "{sv}", "dry-run", "b", true);
        if (r >= 0 && c->revert_after > 0)
                r = sd_bus_message_append(m, "{sv}", "revert-after-usec", "t", c->revert_after);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : 0;
}

/* Sends a call whose answer is a{sv}; the answer as JSON. */
static int send_for_result(Ctl *c, sd_bus_message *m, json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = ctl_send(c, m, CTL_MOVE_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = json_from_message(reply, ret);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : EXIT_OK;
}

static int call_plain(Ctl *c, const char *name, const char *member) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = pair_message(c, name, member, &m);
        return r != 0 ? r : ctl_send(c, m, CTL_TIMEOUT, NULL);
}

/* Moves that ended otherwise than asked for are failures, although the daemon did its best. */
static int move_exit_code(const json_object *record) {
        const char *result = json_string(record, "result", "done");

        return streq(result, "failed") || streq(result, "undone") || streq(result, "interrupted")
                        ? EXIT_MOVE_FAILED
                        : EXIT_OK;
}

static int report_move(Ctl *c, const char *name, json_object *record) {
        if (ctl_print_json(c, record) || c->quiet)
                return move_exit_code(record);
        if (json_flag(record, "dry_run"))
                printf("%s: it would be done.\n", name);
        else {
                printf("%s: ", name);
                view_move(record);
        }
        return move_exit_code(record);
}

int verb_split(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_json_ json_object *record = NULL;
        int r;

        r = pair_message(c, argv[0], "Split", &m);
        if (r == 0)
                r = append_options(c, m);
        if (r == 0)
                r = send_for_result(c, m, &record);
        return r != 0 ? r : report_move(c, argv[0], record);
}

int verb_switch(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_json_ json_object *record = NULL;
        int r;

        r = pair_message(c, argv[0], "Switch", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "s", argc > 1 ? argv[1] : "");
        if (r < 0)
                return ctl_fail(c, EXIT_USAGE, "'%s' cannot be a name", argv[1]);
        r = append_options(c, m);
        if (r == 0)
                r = send_for_result(c, m, &record);
        if (r == 0)
                r = report_move(c, argv[0], record);
        if (r == 0 && c->revert_after > 0 && !c->dry_run && c->json == JSON_OFF && !c->quiet)
                printf("Goes back in %s unless you say: primectl confirm %s\n",
                                FORMAT_TIMESPAN(c->revert_after), argv[0]);
        return r;
}

int verb_revert(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_json_ json_object *record = NULL;
        int r;

        if (c->prime)
                return verb_unprime(c, argv[0]);
        r = pair_message(c, argv[0], "Revert", &m);
        if (r == 0)
                r = send_for_result(c, m, &record);
        if (r != 0)
                return r;
        r = report_move(c, argv[0], record);
        /* a split that was undone is what was asked for */
        return streq(json_string(record, "result", "done"), "undone") ? EXIT_OK : r;
}

int verb_drill(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_json_ json_object *result = NULL;
        json_object *there, *back;
        int r;

        r = pair_message(c, argv[0], "Drill", &m);
        if (r == 0)
                r = append_options(c, m);
        if (r == 0)
                r = send_for_result(c, m, &result);
        if (r != 0)
                return r;
        there = json_child(result, "there");
        back = json_child(result, "back");
        r = MAX(move_exit_code(there), move_exit_code(back));
        if (r == EXIT_OK &&
                        json_u64(result, "lost", 0) + json_u64(result, "duplicated", 0) +
                                                        json_u64(result, "reordered", 0) >
                                        0)
                r = EXIT_FAILED; /* a drill is to show that nothing is lost */
        if (ctl_print_json(c, result) || c->quiet)
                return r;
        printf("%s: ", argv[0]);
        view_move(there);
        if (back) {
                printf("%s: ", argv[0]);
                view_move(back);
        }
        printf("Drill %s: lost %" PRIu64 ", duplicated %" PRIu64 ", reordered %" PRIu64 ".\n",
                        r == EXIT_OK ? "passed" : "failed", json_u64(result, "lost", 0),
                        json_u64(result, "duplicated", 0), json_u64(result, "reordered", 0));
        return r;
}

int verb_probe(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_json_ json_object *result = NULL;
        json_object *adapters;
        int r, code = EXIT_OK;

        r = pair_message(c, argv[0], "Probe", &m);
        if (r == 0) {
                r = sd_bus_message_append(m, "a{sv}", 0);
                r = r < 0 ? ctl_bus_fail(c, NULL, r) : send_for_result(c, m, &result);
        }
        if (r != 0)
                return r;
        adapters = json_child(result, "adapters");
        for (size_t i = 0; i < json_length(adapters); i++) {
                json_object *a = json_object_array_get_idx(adapters, i);
                bool proved = json_flag(a, "proved");
                TermMark mark = proved ? TERM_MARK_GOOD : TERM_MARK_BAD;

                if (!proved)
                        code = EXIT_REFUSED;
                if (c->json == JSON_OFF && !c->quiet)
                        printf("%s%s%s %s: %s%s%s\n", term_colour(term_mark_colour(mark)), term_mark(mark),
                                        term_colour(TERM_PLAIN), json_string(a, "name", "?"),
                                        proved ? "proved" : "not proved",
                                        *json_string(a, "proof", "") ? ", " : "", json_string(a, "proof", ""));
        }
        ctl_print_json(c, result);
        return code;
}

int verb_confirm(Ctl *c, int argc, char *argv[]) {
        return call_plain(c, argv[0], "Confirm");
}

int verb_release(Ctl *c, int argc, char *argv[]) {
        return call_plain(c, argv[0], "Release");
}

int verb_reset(Ctl *c, int argc, char *argv[]) {
        return call_plain(c, argv[0], "Reset");
}

int verb_hold(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = pair_message(c, argv[0], "Hold", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "ts", c->duration ?: UNTIL_RELEASED, c->reason ?: "");
        if (r < 0)
                return ctl_fail(c, EXIT_USAGE, "--reason= is not a text");
        return ctl_send(c, m, CTL_TIMEOUT, NULL);
}

int verb_inject(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = pair_message(c, argv[0], "InjectEvidence", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "ssst", argv[0], argv[1], argv[2], c->duration ?: INJECT_DURATION);
        if (r < 0)
                return ctl_fail(c, EXIT_USAGE, "'%s' cannot be a signal, or '%s' a level", argv[1], argv[2]);
        return ctl_send(c, m, CTL_TIMEOUT, NULL);
}
