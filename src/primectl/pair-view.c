/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "pair-view.h"
#include "table.h"

const char *view_ago(usec_t realtime, char buffer[static VIEW_TEXT_MAX]) {
        usec_t now = clock_usec(CLOCK_REALTIME), d;

        if (realtime == 0 || realtime == USEC_INFINITY)
                return strcpy(buffer, "-");
        d = realtime > now ? realtime - now : now - realtime;
        d -= d % USEC_PER_SEC;
        if (d == 0)
                strcpy(buffer, "now");
        else if (realtime > now)
                snprintf(buffer, VIEW_TEXT_MAX, "in %s", FORMAT_TIMESPAN(d));
        else
                snprintf(buffer, VIEW_TEXT_MAX, "%s ago", FORMAT_TIMESPAN(d));
        return buffer;
}

const char *view_date(usec_t realtime, char buffer[static VIEW_TEXT_MAX]) {
        time_t t = (time_t) (realtime / USEC_PER_SEC);
        struct tm tm;

        if (realtime == 0 || realtime == USEC_INFINITY || !localtime_r(&t, &tm) ||
                        strftime(buffer, VIEW_TEXT_MAX, "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                return strcpy(buffer, "-");
        return buffer;
}

const char *view_bit_rate(uint64_t bit_rate, char buffer[static VIEW_TEXT_MAX]) {
        if (bit_rate == 0)
                strcpy(buffer, "-");
        else if (bit_rate >= 1000000000)
                snprintf(buffer, VIEW_TEXT_MAX, "%.4gG", (double) bit_rate / 1e9);
        else
                snprintf(buffer, VIEW_TEXT_MAX, "%.4gM", (double) bit_rate / 1e6);
        return buffer;
}

json_object *view_adapter_of(const json_object *pair, const char *name) {
        json_object *adapters = json_child(pair, "adapters");

        for (size_t i = 0; name && i < json_length(adapters); i++) {
                json_object *a = json_object_array_get_idx(adapters, i);

                if (streq_ptr(json_string(a, "name", NULL), name))
                        return a;
        }
        return NULL;
}

TermMark view_pair_mark(const json_object *pair) {
        static const struct {
                const char *state;
                TermMark mark;
        } by_state[] = {
                { "absent", TERM_MARK_ABSENT },
                { "failed", TERM_MARK_BAD },
                { "unprotected", TERM_MARK_WARN },
        };
        const char *state = json_string(pair, "state", "");
        json_object *serving = view_adapter_of(pair, json_string(pair, "serving", NULL));

        for (size_t i = 0; i < ELEMENTSOF(by_state); i++)
                if (streq(state, by_state[i].state))
                        return by_state[i].mark;
        if (!streq(json_string(serving, "health", "good"), "good"))
                return TERM_MARK_WARN;
        return json_flag(pair, "protected") ? TERM_MARK_GOOD : TERM_MARK_WARN;
}

TermMark view_adapter_mark(const json_object *adapter) {
        const char *health = json_string(adapter, "health", "good");

        if (json_u64(adapter, "ifindex", 0) == 0)
                return TERM_MARK_ABSENT;
        if (streq(health, "alarm") || !json_flag(adapter, "carrier"))
                return TERM_MARK_BAD;
        return streq(health, "good") ? TERM_MARK_GOOD : TERM_MARK_WARN;
}

TermColour view_risk_colour(double risk) {
        return risk >= 0.5 ? TERM_BAD : risk >= 0.1 ? TERM_WARN : TERM_PLAIN;
}

const char *view_spare(const json_object *pair) {
        const char *primary = json_string(pair, "primary", "-"), *standby = json_string(pair, "standby", "-");

        return streq_ptr(json_string(pair, "serving", NULL), standby) ? primary : standby;
}

void view_pairs(json_object *pairs, bool legend) {
        static const char *const headings[] = { "", "PAIR", "STATE", "ACTIVE", "STANDBY", "PRIMED", ">RISK",
                "VIA", "NOTE" };
        _cleanup_(table_freep) Table *t = table_new(headings, ELEMENTSOF(headings));
        size_t n = json_length(pairs);

        for (size_t i = 0; t && i < n; i++) {
                json_object *p = json_object_array_get_idx(pairs, i);
                double risk = json_number(p, "risk", 0);
                TermMark mark = view_pair_mark(p);
                TermColour colour = term_mark_colour(mark);

                table_add(t, colour, term_mark(mark));
                table_add(t, TERM_BOLD, json_string(p, "name", "?"));
                table_add(t, mark == TERM_MARK_GOOD ? TERM_PLAIN : colour, json_string(p, "state", "?"));
                table_add(t, TERM_PLAIN, json_string(p, "serving", "-"));
                table_add(t, TERM_PLAIN, view_spare(p));
                table_add(t, TERM_PLAIN, json_flag(p, "primed") ? VIEW_AGO(json_u64(p, "primed_us", 0)) : "no");
                table_addf(t, view_risk_colour(risk), "%.0f%%", risk * 100);
                table_add(t, TERM_PLAIN, json_string(p, "steering", "-"));
                table_add(t, TERM_PLAIN,
                                json_string(p, "conflict", NULL)                               ? "conflict"
                                                : json_flag(p, "held")                         ? "held"
                                                : json_u64(p, "inhibitors", 0) > 0             ? "inhibited"
                                                : streq(json_string(p, "mode", ""), "observe") ? "observe"
                                                                                               : "");
        }
        if (t)
                table_print(t, legend);
        if (legend)
                printf("%zu pair%s listed.\n", n, n == 1 ? "" : "s");
}

static void view_adapter(const char *label, const json_object *pair, const char *name) {
        json_object *a = view_adapter_of(pair, name), *evidence = json_child(a, "evidence");
        const char *duplex = json_string(a, "duplex", NULL), *why = json_string(a, "down_reason", NULL);

        printf("%10s: %s", label, name);
        if (json_u64(a, "ifindex", 0) == 0) {
                puts("  absent");
                return;
        }
        if (json_u64(a, "bit_rate", 0) > 0)
                printf("  %s", VIEW_BIT_RATE(json_u64(a, "bit_rate", 0)));
        if (duplex)
                printf(" %s", duplex);
        if (json_string(a, "driver", NULL))
                printf("  %s", json_string(a, "driver", ""));
        if (!json_flag(a, "carrier"))
                printf("  %sno carrier%s%s%s%s", term_colour(TERM_BAD), why ? " (" : "", why ?: "",
                                why ? ")" : "", term_colour(TERM_PLAIN));
        if (json_string(a, "proof", NULL))
                printf("  %s", json_string(a, "proof", ""));
        putchar('\n');
        for (size_t i = 0; i < json_length(evidence); i++) {
                json_object *e = json_object_array_get_idx(evidence, i);
                bool alarm = streq(json_string(e, "level", ""), "alarm");

                printf("%12s%s%s%s: %s%s%s\n", "", term_colour(alarm ? TERM_BAD : TERM_WARN),
                                json_string(e, "level", "?"), term_colour(TERM_PLAIN),
                                json_string(e, "text", "?"), json_flag(e, "injected") ? " (injected)" : "",
                                json_flag(e, "vetoed") ? " (vetoed: both adapters show it)" : "");
        }
}

void view_move(const json_object *record) {
        char text[FORMAT_TIMESPAN_MAX];
        const char *result = json_string(record, "result", "?");
        uint64_t lost = json_u64(record, "lost", 0);

        printf("%s %s %s", json_string(record, "from", "?"), term_arrow(), json_string(record, "to", "?"));
        if (!streq(result, "done"))
                printf(" %s", result);
        printf(" in %s, about %" PRIu64 " packet%s lost (switch %" PRIu64 ")\n",
                        timespan_format(text, json_u64(record, "duration_us", 0)), lost, lost == 1 ? "" : "s",
                        json_u64(record, "id", 0));
}

static void view_texts(const char *label, json_object *texts) {
        for (size_t i = 0; i < json_length(texts); i++)
                printf("%10s  %s\n", i == 0 ? label : "",
                                json_object_get_string(json_object_array_get_idx(texts, i)));
}

static void view_notes(const json_object *pair) {
        view_texts("Note:", json_child(pair, "protected_reasons"));
        if (json_flag(pair, "held")) {
                usec_t until = json_u64(pair, "hold_until_us", 0);

                printf("      Held: %s%s%s\n", json_string(pair, "hold_reason", "no reason given"),
                                until ? "; until " : "; until released", until ? VIEW_DATE(until) : "");
        }
        view_texts("Shared:", json_child(pair, "shared_fate"));
        if (json_string(pair, "conflict", NULL))
                printf("  Conflict: %s\n", json_string(pair, "conflict", ""));
        if (json_u64(pair, "revert_us", 0) > 0)
                printf("   Reverts: %s unless confirmed\n", VIEW_AGO(json_u64(pair, "revert_us", 0)));
}

void view_pair(const json_object *pair) {
        const char *description = json_string(pair, "description", NULL);
        const char *serving = json_string(pair, "serving", "-");
        json_object *last = json_child(pair, "last_switch");
        TermMark mark = view_pair_mark(pair);
        usec_t since = json_u64(pair, "state_since_us", 0);

        printf("%s%s%s %s%s%s\n", term_colour(term_mark_colour(mark)), term_mark(mark), term_colour(TERM_PLAIN),
                        json_string(pair, "name", "?"), description ? " - " : "", description ?: "");
        printf("     State: %s%s%s since %s; %s\n", term_colour(term_mark_colour(mark)),
                        json_string(pair, "state", "?"), term_colour(TERM_PLAIN), VIEW_DATE(since),
                        VIEW_AGO(since));
        printf("    Policy: %s (%s)\n", json_string(pair, "policy_file", "-"), json_string(pair, "mode", "-"));
        if (json_flag(pair, "balanced"))
                printf("       Via: %s, ingress and egress on %s and %s\n", json_string(pair, "steering", "-"),
                                serving, view_spare(pair));
        else
                printf("       Via: %s, ingress on %s, egress on %s\n", json_string(pair, "steering", "-"),
                                json_string(pair, "ingress", "-"), json_string(pair, "egress", "-"));
        printf("      Risk: %s%.1f%%%s within the hour\n",
                        term_colour(view_risk_colour(json_number(pair, "risk", 0))),
                        json_number(pair, "risk", 0) * 100, term_colour(TERM_PLAIN));
        view_adapter("Active", pair, serving);
        view_adapter("Standby", pair, view_spare(pair));
        printf("    Primed: %s\n", json_flag(pair, "primed") ? VIEW_AGO(json_u64(pair, "primed_us", 0)) : "no");
        view_notes(pair);
        if (last) {
                printf("      Last: %s by %s, ", VIEW_AGO(json_u64(last, "time_us", 0)),
                                json_string(last, "trigger", "?"));
                view_move(last);
        }
}
