/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "bus-reply.h"
#include "clock.h"
#include "move-fields.h"
#include "policy-format.h"
#include "snapshot-json.h"

static int append_field(sd_bus_message *m, const TellField *f, TellValue v) {
        switch (f->type) {
        case TELL_STRING:
                return sd_bus_message_append(m, "{sv}", f->option, "s", v.string ?: "");
        case TELL_BOOL:
                return sd_bus_message_append(m, "{sv}", f->option, "b", (int) v.flag);
        case TELL_U64:
                return sd_bus_message_append(m, "{sv}", f->option, "t", v.number);
        }
        return -EINVAL;
}

/* The rows of a move, within an open a{sv}. */
static int append_move_fields(sd_bus_message *m, const MoveRecord *record) {
        int r = 0;

        for (size_t i = 0; record && r >= 0 && i < n_move_fields; i++)
                r = append_field(m, &move_fields[i], move_field_get(record, i));
        return r;
}

int bus_append_move(sd_bus_message *m, const MoveRecord *record) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_move_fields(m, record);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_append_history_details(sd_bus_message *m, const char *pair, const MoveRecord *record) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "pair", "s", pair);
        if (r >= 0)
                r = append_move_fields(m, record);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_step(sd_bus_message *m, const PrimeStep *s) {
        StepText text;
        int r;

        step_text(&text, s);
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < n_step_fields; i++)
                r = append_field(m, &step_fields[i], step_field_get(s, &text, i));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_plan(sd_bus_message *m, const PrimePlan *plan) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "a{sv}");
        for (size_t i = 0; plan && r >= 0 && i < plan->n_steps; i++)
                r = append_step(m, &plan->steps[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Opens {"key": <type ...>, or closes it. */
static int open_entry(sd_bus_message *m, const char *key, const char *type) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        return r < 0 ? r : sd_bus_message_open_container(m, 'v', type);
}

static int close_entry(sd_bus_message *m, int r) {
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* {"steps": aa{sv}} */
static int append_primed(sd_bus_message *m, const PrimePlan *plan) {
        int r;

        r = open_entry(m, "steps", "aa{sv}");
        if (r >= 0)
                r = append_plan(m, plan);
        return close_entry(m, r);
}

/* {"adapters": aa{sv} of name, proved, proof} */
static int append_probed(sd_bus_message *m, const Pair *p) {
        int r;

        r = open_entry(m, "adapters", "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "a{sv}");
        for (PairSide side = 0; r >= 0 && side < _PAIR_SIDE_MAX; side++) {
                AdapterStatus s;

                pair_get_adapter_status(p, side, &s);
                r = sd_bus_message_append(m, "a{sv}", 3, "name", "s", s.name, "proved", "b", (int) s.proved,
                                "proof", "s", s.proof);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return close_entry(m, r);
}

static int append_drill_leg(sd_bus_message *m, const char *key, const MoveRecord *record) {
        int r;

        if (!record)
                return 0;
        r = open_entry(m, key, "a{sv}");
        if (r >= 0)
                r = bus_append_move(m, record);
        return close_entry(m, r);
}

/* {"there": a{sv}, "back": a{sv}, and what was lost, duplicated and reordered on both} */
static int append_drill(sd_bus_message *m, const PairReply *reply) {
        const MoveRecord none = {}, *there = reply->record ?: &none, *back = reply->back ?: &none;
        int r;

        r = append_drill_leg(m, "there", reply->record);
        if (r >= 0)
                r = append_drill_leg(m, "back", reply->back);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "lost", "t", there->lost + back->lost);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "duplicated", "t", there->duplicated + back->duplicated);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "reordered", "t", there->reordered + back->reordered);
        return r;
}

static int append_moved(sd_bus_message *m, const BusCall *c, const MoveRecord *record) {
        if (c->request.dry_run)
                return sd_bus_message_append(m, "{sv}", "dry-run", "b", true);
        return append_move_fields(m, record);
}

static int append_snapshot(sd_bus_message *m, const BusCall *c, const Pair *p, const PrimePlan *plan) {
        PairSide side = SIDE_PRIMARY;
        AdapterStatus s = {};
        json_object *o;
        int r;

        for (; side < _PAIR_SIDE_MAX && !streq(s.name, c->request.target); side++)
                pair_get_adapter_status(p, side, &s);
        o = snapshot_to_json(&s, plan, clock_usec(CLOCK_REALTIME));
        r = sd_bus_message_append(m, "s",
                        json_object_to_json_string_ext(
                                        o, JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_PLAIN));
        json_object_put(o);
        return r;
}

int bus_reply_new(BusCall *c, Pair *p, const PairReply *reply, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        PairVerb verb = c->request.verb;
        int r;

        r = sd_bus_message_new_method_return(c->message, &m);
        if (r < 0)
                return r;
        if (verb == PAIR_VERB_PLAN)
                r = append_plan(m, reply->plan);
        else if (verb == PAIR_VERB_SNAPSHOT)
                r = append_snapshot(m, c, p, reply->plan);
        else {
                r = sd_bus_message_open_container(m, 'a', "{sv}");
                if (r < 0)
                        return r;
                if (verb == PAIR_VERB_PRIME || verb == PAIR_VERB_UNPRIME || verb == PAIR_VERB_RESTORE)
                        r = append_primed(m, reply->plan);
                else if (verb == PAIR_VERB_PROBE)
                        r = append_probed(m, p);
                else if (verb == PAIR_VERB_DRILL)
                        r = append_drill(m, reply);
                else
                        r = append_moved(m, c, reply->record);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        if (r >= 0)
                *ret = TAKE_PTR(m);
        return r < 0 ? r : 0;
}

int bus_append_policies(sd_bus_message *m, const PairPolicy *policies, size_t n) {
        _cleanup_free_ char *text = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        size_t size;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        policy_format(f, policies, n);
        if (fflush(f) != 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "s", text);
}
