/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prometheus text exposition format 0.0.4, base units, labels as node_exporter names them ("device"). Meant for
 * its textfile collector, so that no HTTP server runs in a privileged process. */

#include <inttypes.h>
#include <stdio.h>

#include "pair-view.h"
#include "verbs.h"

typedef void (*SampleFunc)(const json_object *o);

/* A label's value: backslash, quote and newline escaped. */
static void print_label(const char *name, const char *value) {
        printf("%s=\"", name);
        for (const char *p = value; *p; p++) {
                if (*p == '\n') {
                        fputs("\\n", stdout);
                        continue;
                }
                if (*p == '"' || *p == '\\')
                        putchar('\\');
                putchar(*p);
        }
        putchar('"');
}

static void print_pair(const json_object *p, const char *metric, const char *format, ...) _printf_(3, 4);

static void print_pair(const json_object *p, const char *metric, const char *format, ...) {
        va_list ap;

        printf("%s{", metric);
        print_label("pair", json_string(p, "name", "?"));
        fputs("} ", stdout);
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        putchar('\n');
}

static void pair_info(const json_object *p) {
        fputs("primed_pair_info{", stdout);
        print_label("pair", json_string(p, "name", "?"));
        putchar(',');
        print_label("device", json_string(p, "serving", ""));
        putchar(',');
        print_label("primary", json_string(p, "primary", ""));
        putchar(',');
        print_label("standby", json_string(p, "standby", ""));
        putchar(',');
        print_label("steering", json_string(p, "steering", ""));
        puts("} 1");
}

static void pair_state(const json_object *p) {
        static const char *const states[] = { "absent", "unprotected", "protected", "priming", "primed",
                "splitting", "split", "unsplitting", "switching", "failed" };

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                fputs("primed_pair_state{", stdout);
                print_label("pair", json_string(p, "name", "?"));
                putchar(',');
                print_label("state", states[i]);
                printf("} %d\n", streq(json_string(p, "state", ""), states[i]));
        }
}

static void pair_ready(const json_object *p) {
        print_pair(p, "primed_pair_ready", "%d", json_flag(p, "protected"));
}

static void pair_held(const json_object *p) {
        print_pair(p, "primed_pair_held", "%d", json_flag(p, "held"));
}

static void pair_risk(const json_object *p) {
        print_pair(p, "primed_pair_risk_ratio", "%g", json_number(p, "risk", 0));
}

static void pair_primed(const json_object *p) {
        if (json_u64(p, "primed_us", 0) > 0)
                print_pair(p, "primed_pair_last_primed_timestamp_seconds", "%.3f",
                                (double) json_u64(p, "primed_us", 0) / 1e6);
}

static void pair_switches(const json_object *p) {
        print_pair(p, "primed_switches_total", "%" PRIu64, json_u64(p, "switch_count", 0));
}

static void pair_last_duration(const json_object *p) {
        json_object *last = json_child(p, "last_switch");

        if (last)
                print_pair(p, "primed_last_switch_duration_seconds", "%g",
                                (double) json_u64(last, "duration_us", 0) / 1e6);
}

static void pair_last_lost(const json_object *p) {
        json_object *last = json_child(p, "last_switch");

        if (last)
                print_pair(p, "primed_last_switch_lost_packets", "%" PRIu64, json_u64(last, "lost", 0));
}

static void print_device(const json_object *a, const char *metric, const char *signal, double value) {
        printf("%s{", metric);
        print_label("device", json_string(a, "name", "?"));
        if (signal) {
                putchar(',');
                print_label("indicator", signal);
        }
        printf("} %.9g\n", value);
}

static void adapter_health(const json_object *a) {
        print_device(a, "primed_adapter_health_ratio", NULL, 1 - json_number(a, "risk", 0));
}

static void adapter_proved(const json_object *a) {
        print_device(a, "primed_adapter_proved", NULL, json_flag(a, "proved"));
}

static void adapter_indicators(const json_object *a) {
        json_object *signals = json_child(a, "signals");

        if (!signals)
                return;
        json_object_object_foreach(signals, name, value)
                        print_device(a, "primed_adapter_indicator", name, json_number(value, "value", 0));
}

static const struct {
        const char *name, *type, *help;
        SampleFunc pair, adapter; /* one of them */
} metrics[] = {
        { "primed_pair_info", "gauge", "Which adapters a pair has; device serves.", pair_info, NULL },
        { "primed_pair_state", "gauge", "1 for the state the pair is in.", pair_state, NULL },
        { "primed_pair_ready", "gauge", "1 if the pair is protected by a proved spare.", pair_ready, NULL },
        { "primed_pair_held", "gauge", "1 if automatic moves are on hold.", pair_held, NULL },
        { "primed_pair_risk_ratio", "gauge", "Probability that the serving adapter fails within the hour.",
                        pair_risk, NULL },
        { "primed_pair_last_primed_timestamp_seconds", "gauge", "When the spare was last configured alike.",
                        pair_primed, NULL },
        { "primed_switches_total", "counter", "Moves of traffic.", pair_switches, NULL },
        { "primed_last_switch_duration_seconds", "gauge", "Decision to end of the last move.",
                        pair_last_duration, NULL },
        { "primed_last_switch_lost_packets", "gauge", "Packets the last move is known to have lost.",
                        pair_last_lost, NULL },
        { "primed_adapter_health_ratio", "gauge", "1 minus the risk of the adapter.", NULL, adapter_health },
        { "primed_adapter_proved", "gauge", "1 if frames proved its path within the last check interval.", NULL,
                        adapter_proved },
        { "primed_adapter_indicator", "gauge", "The last value of a health signal, in its own unit.", NULL,
                        adapter_indicators },
};

int verb_metrics(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *all = NULL;
        json_object *pairs;
        int r;

        r = ctl_describe(c, NULL, &all);
        if (r != 0 || ctl_print_json(c, all))
                return r;
        pairs = json_child(all, "pairs");
        fputs("# HELP primed_build_info The version of the daemon.\n# TYPE primed_build_info gauge\n"
              "primed_build_info{",
                        stdout);
        print_label("version", json_string(all, "version", "?"));
        puts("} 1");
        printf("# HELP primed_policy_errors Errors in the policy files of the last load.\n"
               "# TYPE primed_policy_errors gauge\nprimed_policy_errors %" PRIu64 "\n",
                        json_u64(all, "policy_errors", 0));
        for (size_t i = 0; i < ELEMENTSOF(metrics); i++) {
                printf("# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name,
                                metrics[i].type);
                for (size_t j = 0; j < json_length(pairs); j++) {
                        json_object *p = json_object_array_get_idx(pairs, j);
                        json_object *adapters = json_child(p, "adapters");

                        if (metrics[i].pair)
                                metrics[i].pair(p);
                        for (size_t k = 0; metrics[i].adapter && k < json_length(adapters); k++)
                                metrics[i].adapter(json_object_array_get_idx(adapters, k));
                }
        }
        return EXIT_OK;
}
