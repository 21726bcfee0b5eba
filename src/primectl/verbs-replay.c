/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verb that asks a trace what a pair would have done with it, without a daemon. */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "alloc-util.h"
#include "policy-set.h"
#include "replay-picture.h"
#include "replay-series.h"
#include "table.h"
#include "verbs.h"

/* Who is who in the trace. */
typedef struct Cast {
        PairPolicy policy;
        uint32_t adapter[_PAIR_SIDE_MAX]; /* index in the parser's list */
        PairSide serving;
        usec_t begin, end; /* of the trace */
        ReplayParser parser;
        bool has_role[_PAIR_SIDE_MAX];
        uint32_t role[_PAIR_SIDE_MAX];
        bool begun, has_serving;
        uint32_t first_serving;
} Cast;

typedef struct Replay {
        Ctl *ctl;
        Cast cast;
        Rehearsal *rehearsal;
        ReplaySeries *series;
        int result; /* of the callback */
} Replay;

/* Calls func for each row of the files, as one trace. An exit code. */
static int read_files(Ctl *c, ReplayParser *p, int n, char *files[],
                int (*func)(const ReplayRow *row, void *userdata), void *userdata) {
        _cleanup_free_ char *line = NULL;
        size_t size = 0;

        for (int i = 0; i < n; i++) {
                _cleanup_fclose_ FILE *f = fopen(files[i], "re");
                ssize_t length;

                /* read twice, so that nothing is told of a trace with a mistake in it */
                if (!f || fseek(f, 0, SEEK_SET) < 0)
                        return ctl_fail(c, EXIT_FAILED, "cannot read %s: %s", files[i], strerror(errno));
                p->name = files[i];
                p->line = 0;
                p->begun = false;
                while ((length = getline(&line, &size, f)) >= 0) {
                        ReplayRow row;
                        Error e = {};
                        int r;

                        if (length > 0 && line[length - 1] == '\n')
                                length--;
                        r = replay_parser_take(p, line, (size_t) length, &row, &e);
                        if (r < 0)
                                return ctl_fail(c, EXIT_FAILED, "%s", e.text);
                        if (r > 0)
                                r = func(&row, userdata);
                        if (r != 0)
                                return r;
                }
                if (ferror(f))
                        return ctl_fail(c, EXIT_FAILED, "cannot read %s: %s", files[i], strerror(errno));
        }
        return EXIT_OK;
}

static int look_at_row(const ReplayRow *row, void *userdata) {
        Cast *k = userdata;

        if (!k->begun)
                k->begin = row->sample.at;
        k->begun = true;
        k->end = row->sample.at;
        if (row->kind != REPLAY_ROLE)
                return EXIT_OK;
        if (row->role == REPLAY_SERVING) {
                if (!k->has_serving)
                        k->first_serving = row->adapter;
                k->has_serving = true;
                return EXIT_OK;
        }
        k->role[row->role == REPLAY_PRIMARY ? SIDE_PRIMARY : SIDE_STANDBY] = row->adapter;
        k->has_role[row->role == REPLAY_PRIMARY ? SIDE_PRIMARY : SIDE_STANDBY] = true;
        return EXIT_OK;
}

static bool find_adapter(const ReplayAdapters *a, const char *name, uint32_t *ret) {
        for (size_t i = 0; i < a->n; i++)
                if (streq(a->name[i], name)) {
                        *ret = (uint32_t) i;
                        return true;
                }
        return false;
}

/* Whether the trace is of that pair: by the names of its adapters, or, where the policy goes by addresses or
 * places, by the roles that the recording tells. */
static bool casts(Cast *k, const PairPolicy *p) {
        uint32_t found[_PAIR_SIDE_MAX];

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (p->adapter[s].kind == ADAPTER_BY_NAME) {
                        if (!find_adapter(&k->parser.adapters, p->adapter[s].name, found + s))
                                return false;
                } else if (k->has_role[s])
                        found[s] = k->role[s];
                else
                        return false;
        memcpy(k->adapter, found, sizeof(found));
        return true;
}

static int cast_by_policy(Ctl *c, Cast *k, const PolicySet *set) {
        const PairPolicy *chosen = NULL;

        for (size_t i = 0; i < set->n_policies; i++) {
                if (!casts(k, set->policies + i))
                        continue;
                if (chosen)
                        return ctl_fail(c, EXIT_FAILED,
                                        "the trace is of more than one pair of %s, of %s and %s: replay needs "
                                        "one",
                                        c->policy, chosen->name, set->policies[i].name);
                chosen = set->policies + i;
        }
        if (!chosen)
                return ctl_fail(c, EXIT_FAILED,
                                "no pair of %s has its two adapters in the trace, which is of %s%s%s%s",
                                c->policy, k->parser.adapters.name[0], k->parser.adapters.n > 1 ? ", " : "",
                                k->parser.adapters.n > 1 ? k->parser.adapters.name[1] : "",
                                k->parser.adapters.n > 2 ? ", ..." : "");
        k->policy = *chosen;
        (void) casts(k, chosen);
        return EXIT_OK;
}

/* The built-in policy, for the adapters that the recording tells, or the first two. */
static int cast_by_trace(Ctl *c, Cast *k) {
        bool told = k->has_role[SIDE_PRIMARY] && k->has_role[SIDE_STANDBY];

        if (!told && k->parser.adapters.n > 2)
                return ctl_fail(c, EXIT_USAGE,
                                "the trace is of %zu adapters: which two are a pair says --policy=FILE",
                                k->parser.adapters.n);
        pair_policy_init(&k->policy);
        snprintf(k->policy.name, sizeof(k->policy.name), "trace");
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                k->adapter[s] = told ? k->role[s] : (uint32_t) s;
        return EXIT_OK;
}

static int cast(Ctl *c, Cast *k) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        int r;

        if (!k->begun)
                return ctl_fail(c, EXIT_FAILED, "the trace is empty");
        if (!c->policy)
                r = cast_by_trace(c, k);
        else if (policy_set_load_file(c->policy, &set, &diagnostics) < 0) {
                if (!c->quiet)
                        policy_diagnostics_print(&diagnostics, stderr);
                r = diagnostics.n_items == 0 ? ctl_fail(c, EXIT_FAILED, "cannot read %s", c->policy)
                                             : EXIT_FAILED;
        } else
                r = cast_by_policy(c, k, set);
        k->serving = k->has_serving && k->first_serving == k->adapter[SIDE_STANDBY] ? SIDE_STANDBY
                                                                                    : SIDE_PRIMARY;
        return r;
}

static void on_event(const RehearsalEvent *event, void *userdata) {
        Replay *p = userdata;

        if (p->result == EXIT_OK && replay_series_add(p->series, event) < 0)
                p->result = ctl_fail(p->ctl, EXIT_FAILED, "out of memory");
}

static int play_row(const ReplayRow *row, void *userdata) {
        Replay *p = userdata;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (p->cast.adapter[s] == row->adapter) {
                        rehearsal_take(p->rehearsal, s, row);
                        replay_series_look(p->series, p->rehearsal);
                }
        return p->result;
}

static const char *adapter_of(const Replay *p, PairSide side) {
        return p->series->adapter[side];
}

static json_object *event_to_json(const Replay *p, const RehearsalEvent *x) {
        const SignalInfo *info = x->evidence.level != EVIDENCE_NONE || x->kind == REHEARSAL_CLEARED
                        ? signal_info(x->evidence.signal)
                        : NULL;
        json_object *o = json_object_new_object();

        json_object_object_add(o, "at_us", json_object_new_uint64(x->at));
        json_object_object_add(o, "kind", json_object_new_string(rehearsal_kind_to_string(x->kind)));
        json_object_object_add(o, "adapter", json_object_new_string(adapter_of(p, x->side)));
        json_object_object_add(o, "state", json_object_new_string(pair_state_to_string(x->state)));
        json_object_object_add(o, "risk", json_new_number(x->risk));
        json_object_object_add(o, "text", json_object_new_string(x->why));
        json_object_object_add(o, "signal",
                        info ? json_object_new_string(signal_to_string(x->evidence.signal)) : NULL);
        json_object_object_add(o, "level",
                        info ? json_object_new_string(evidence_level_to_string(x->evidence.level)) : NULL);
        if (!info || x->evidence.level == EVIDENCE_NONE)
                return o;
        json_object_object_add(o, "rule", json_object_new_string(rule_to_string(x->evidence.rule)));
        json_object_object_add(o, "value", json_new_number(x->evidence.value));
        json_object_object_add(o, "threshold", json_new_number(x->evidence.threshold));
        json_object_object_add(o, "unit", json_object_new_string(signal_unit_to_string(info->unit)));
        json_object_object_add(o, "since_us", json_object_new_uint64(x->evidence.since));
        json_object_object_add(o, "exposure", json_object_new_uint64(x->evidence.exposure));
        json_object_object_add(o, "time_to_failure_us",
                        x->evidence.time_to_failure > 0 && x->evidence.time_to_failure != USEC_INFINITY
                                        ? json_object_new_uint64(x->evidence.time_to_failure)
                                        : NULL);
        json_object_object_add(o, "advice", json_object_new_string(info->advice));
        return o;
}

static json_object *replay_to_json(const Replay *p, const RehearsalStatus *status) {
        json_object *o = json_object_new_object(), *events = json_object_new_array();

        for (size_t i = 0; i < p->series->n_events; i++)
                json_object_array_add(events, event_to_json(p, p->series->events + i));
        json_object_object_add(o, "pair", json_object_new_string(p->cast.policy.name));
        json_object_object_add(
                        o, "policy_file", p->ctl->policy ? json_object_new_string(p->ctl->policy) : NULL);
        json_object_object_add(o, "primary", json_object_new_string(adapter_of(p, SIDE_PRIMARY)));
        json_object_object_add(o, "standby", json_object_new_string(adapter_of(p, SIDE_STANDBY)));
        json_object_object_add(o, "serving", json_object_new_string(adapter_of(p, status->serving)));
        json_object_object_add(o, "state", json_object_new_string(pair_state_to_string(status->state)));
        json_object_object_add(o, "duration_us", json_object_new_uint64(p->cast.end - p->cast.begin));
        json_object_object_add(o, "samples", json_object_new_uint64(status->n_samples));
        json_object_object_add(o, "dropped", json_object_new_uint64(status->n_dropped));
        json_object_object_add(o, "events", events);
        return o;
}

static const char *word_of(const RehearsalEvent *x) {
        if (x->kind == REHEARSAL_RAISED)
                return evidence_level_to_string(x->evidence.level);
        return rehearsal_kind_to_string(x->kind);
}

static TermColour colour_of(const RehearsalEvent *x) {
        switch (x->kind) {
        case REHEARSAL_RAISED:
                return x->evidence.level == EVIDENCE_ALARM ? TERM_BAD : TERM_WARN;
        case REHEARSAL_CLEARED:
                return TERM_GOOD;
        case REHEARSAL_SUPPRESSED:
        case REHEARSAL_UNSPLIT:
                return TERM_WARN;
        case REHEARSAL_FAILED:
                return TERM_BAD;
        case REHEARSAL_PRIME:
        case REHEARSAL_SPLIT:
        case REHEARSAL_SWITCH:
                return TERM_BOLD;
        case REHEARSAL_VETOED:
        case REHEARSAL_RECORDED:
        case _REHEARSAL_KIND_MAX:
        case _REHEARSAL_KIND_INVALID:
                break;
        }
        return TERM_PLAIN;
}

static void print_events(const Replay *p) {
        static const char *const headings[] = { ">SECONDS", "ADAPTER", "WHAT", ">RISK", "WHY" };
        _cleanup_(table_freep) Table *t = table_new(headings, ELEMENTSOF(headings));

        for (size_t i = 0; t && i < p->series->n_events; i++) {
                const RehearsalEvent *x = p->series->events + i;

                table_addf(t, TERM_PLAIN, "%.3f", (double) x->at / (double) USEC_PER_SEC);
                table_add(t, TERM_PLAIN, adapter_of(p, x->side));
                table_add(t, colour_of(x), word_of(x));
                table_addf(t, TERM_PLAIN, "%.1f%%", x->risk * 100);
                table_add(t, TERM_PLAIN,
                                x->kind == REHEARSAL_RECORDED ? "traffic moved here while it was recorded"
                                                              : x->why);
        }
        if (t)
                table_print(t, p->ctl->legend);
}

static void print_replay(const Replay *p, const RehearsalStatus *status) {
        print_events(p);
        if (!p->ctl->legend)
                return;
        printf("%s%s of %s and %s, %" PRIu64 " reading%s: the pair would be %s, served by %s.\n",
                        p->series->n_events > 0 ? "" : "Nothing would have happened. ",
                        FORMAT_TIMESPAN(p->cast.end - p->cast.begin), adapter_of(p, SIDE_PRIMARY),
                        adapter_of(p, SIDE_STANDBY), status->n_samples, status->n_samples == 1 ? "" : "s",
                        pair_state_to_string(status->state), adapter_of(p, status->serving));
        if (status->n_dropped > 0)
                printf("%" PRIu64 " snapshots are missing in the trace.\n", status->n_dropped);
        if (p->series->n_lost > 0)
                printf("%zu more events are not shown.\n", p->series->n_lost);
}

static int play(Replay *p, int argc, char *argv[]) {
        ReplayParser again = {};
        int r;

        r = read_files(p->ctl, &again, argc, argv, play_row, p);
        if (r != EXIT_OK)
                return r;
        rehearsal_end(p->rehearsal);
        replay_series_look(p->series, p->rehearsal);
        return p->result;
}

static int show(Replay *p) {
        RehearsalStatus status;
        Error e = {};

        rehearsal_get_status(p->rehearsal, &status);
        if (p->ctl->svg && replay_picture_write(p->series, p->ctl->svg, &e) < 0)
                return ctl_fail(p->ctl, EXIT_FAILED, "%s", e.text);
        if (p->ctl->json != JSON_OFF) {
                _cleanup_json_ json_object *o = replay_to_json(p, &status);

                ctl_print_json(p->ctl, o);
        } else if (!p->ctl->quiet)
                print_replay(p, &status);
        return EXIT_OK;
}

int verb_replay(Ctl *c, int argc, char *argv[]) {
        _cleanup_(rehearsal_freep) Rehearsal *rehearsal = NULL;
        _cleanup_(replay_series_freep) ReplaySeries *series = NULL;
        Replay replay = { .ctl = c };
        Cast *k = &replay.cast;
        int r;

        r = read_files(c, &k->parser, argc, argv, look_at_row, k);
        if (r == EXIT_OK)
                r = cast(c, k);
        if (r != EXIT_OK)
                return r;
        rehearsal = rehearsal_new(&k->policy, k->serving, on_event, &replay);
        series = replay_series_new(k->begin, k->end);
        if (!rehearsal || !series)
                return ctl_fail(c, EXIT_FAILED, "out of memory");
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                series->adapter[s] = k->adapter[s] < k->parser.adapters.n
                                ? k->parser.adapters.name[k->adapter[s]]
                                : "-";
        series->pair = k->policy.name;
        replay.rehearsal = rehearsal;
        replay.series = series;
        r = play(&replay, argc, argv);
        return r == EXIT_OK ? show(&replay) : r;
}
