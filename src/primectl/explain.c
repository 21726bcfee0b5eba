/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "alloc-util.h"
#include "explain.h"
#include "pair-view.h"

/* The spans of GetSignalHistory(), in its order: how they are called in JSON and for people. */
static const struct {
        const char *key, *name;
} spans[] = {
        { "minute", "Last minute" },
        { "hour", "Last hour" },
};

/* Points of a span that a curve needs at least: a module is read once a minute. */
#define CURVE_MIN 8
#define CURVE_MAX 240

static int read_span(sd_bus_message *reply, json_object **ret) {
        json_object *o, *values;
        const double *numbers;
        uint64_t step;
        size_t size;
        int r;

        r = sd_bus_message_read(reply, "t", &step);
        if (r >= 0)
                r = sd_bus_message_read_array(reply, 'd', (const void **) &numbers, &size);
        if (r < 0)
                return r;
        o = json_object_new_object();
        values = json_object_new_array();
        for (size_t i = 0; i < size / sizeof(*numbers); i++)
                json_object_array_add(values, json_new_number(numbers[i]));
        json_object_object_add(o, "step_us", json_object_new_uint64(step));
        json_object_object_add(o, "values", values);
        *ret = o;
        return 0;
}

/* Evidence with what its signal was of late, as "history"; a daemon that does not know is no reason to explain
 * nothing. */
static void add_past(Ctl *c, json_object *evidence) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *found = NULL, *reply = NULL;
        const char *signal = json_string(evidence, "signal", ""), *path;
        json_object *history;

        if (sd_bus_call_method(c->bus, CTL_BUS_NAME, CTL_ROOT, CTL_INTERFACE("Manager"), "GetAdapter", NULL,
                            &found, "s", json_string(evidence, "adapter", "")) < 0 ||
                        sd_bus_message_read(found, "o", &path) < 0 ||
                        sd_bus_call_method(c->bus, CTL_BUS_NAME, path, CTL_INTERFACE("Adapter"),
                                        "GetSignalHistory", NULL, &reply, "s", signal) < 0)
                return;
        history = json_object_new_object();
        for (size_t i = 0; i < ELEMENTSOF(spans); i++) {
                json_object *span;

                if (read_span(reply, &span) < 0)
                        break;
                json_object_object_add(history, spans[i].key, span);
        }
        json_object_object_add(evidence, "history", history);
}

/* The numbers of a span that are known; how many. */
static size_t known_points(const json_object *values, double points[static CURVE_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < json_length(values) && n < CURVE_MAX; i++) {
                json_object *value = json_object_array_get_idx(values, i);

                if (value)
                        points[n++] = json_object_get_double(value);
        }
        return n;
}

static void print_curve(const char *name, const double *points, size_t n) {
        double low = INFINITY, high = -INFINITY;
        char spark[3 * CURVE_MAX + 1];

        for (size_t i = 0; i < n; i++) {
                low = fmin(low, points[i]);
                high = fmax(high, points[i]);
        }
        printf("    %s: %s", name, term_sparkline(points, n, low, high, spark));
        printf(low < high ? "  %.4g to %.4g\n" : "  %.4g\n", low, high);
}

static void print_past(const json_object *e) {
        const json_object *history = json_child(e, "history");
        double points[CURVE_MAX];

        for (size_t i = 0; i < ELEMENTSOF(spans); i++) {
                size_t n = known_points(json_child(json_child(history, spans[i].key), "values"), points);

                if (n >= CURVE_MIN)
                        print_curve(spans[i].name, points, n);
        }
}

/* Why the adapter's driver says that it has no carrier. */
static void print_down_reason(const json_object *pair, const json_object *e) {
        const json_object *adapter = view_adapter_of(pair, json_string(e, "adapter", NULL));

        if (streq(json_string(e, "signal", ""), "carrier") && json_string(adapter, "down_reason", NULL))
                printf("    Driver says: %s\n", json_string(adapter, "down_reason", ""));
}

static void explain_evidence(const json_object *pair, const json_object *e) {
        printf("  %s %s: %s\n", json_string(e, "adapter", "?"), json_string(e, "level", "?"),
                        json_string(e, "text", "?"));
        printf("    Rule: %s since %s (%s)%s%s\n", json_string(e, "rule", "?"),
                        VIEW_DATE(json_u64(e, "since_us", 0)), VIEW_AGO(json_u64(e, "since_us", 0)),
                        json_flag(e, "injected") ? "; injected by hand" : "",
                        json_flag(e, "vetoed") ? "; both adapters show it, so it moves nothing" : "");
        if (json_u64(e, "exposure", 0) > 0)
                printf("    Looked at: %" PRIu64 " frames or probes\n", json_u64(e, "exposure", 0));
        if (json_u64(e, "time_to_failure_us", 0) > 0)
                printf("    Time to failure: %s\n", FORMAT_TIMESPAN(json_u64(e, "time_to_failure_us", 0)));
        print_down_reason(pair, e);
        print_past(e);
        if (json_string(e, "clears", NULL))
                printf("    Ends with: %s\n", json_string(e, "clears", ""));
        if (json_string(e, "advice", NULL))
                printf("    Check: %s\n", json_string(e, "advice", ""));
        if (json_string(e, "source", NULL))
                printf("    Thresholds from: %s\n", json_string(e, "source", ""));
}

int explain_pair(Ctl *c, const char *path) {
        _cleanup_json_ json_object *pair = NULL;
        json_object *evidence, *reasons;
        int r;

        r = ctl_describe(c, path, &pair);
        if (r != 0)
                return r;
        evidence = json_child(pair, "evidence");
        for (size_t i = 0; i < json_length(evidence); i++)
                add_past(c, json_object_array_get_idx(evidence, i));
        if (ctl_print_json(c, pair))
                return EXIT_OK;
        reasons = json_child(pair, "protected_reasons");
        printf("Pair %s is %s; %s serves; risk %.1f%% within the hour.\n", json_string(pair, "name", "?"),
                        json_string(pair, "state", "?"), json_string(pair, "serving", "?"),
                        json_number(pair, "risk", 0) * 100);
        if (json_length(evidence) == 0)
                puts("No evidence against either adapter.");
        for (size_t i = 0; i < json_length(evidence); i++)
                explain_evidence(pair, json_object_array_get_idx(evidence, i));
        if (json_length(reasons) > 0)
                puts(json_flag(pair, "protected") ? "What stands in the way of a move:"
                                                  : "Not protected because:");
        for (size_t i = 0; i < json_length(reasons); i++)
                printf("  %s\n", json_object_get_string(json_object_array_get_idx(reasons, i)));
        if (json_flag(pair, "held"))
                printf("Automatic moves are on hold: %s\n",
                                json_string(pair, "hold_reason", "no reason given"));
        return EXIT_OK;
}
