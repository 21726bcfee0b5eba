/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>

#include "module-status.h"

static const char *const units[_MODULE_VALUE_MAX] = {
        [MODULE_TEMPERATURE] = "C",
        [MODULE_VOLTAGE] = "V",
        [MODULE_RX_POWER] = "dBm",
        [MODULE_TX_POWER] = "dBm",
        [MODULE_TX_BIAS] = "mA",
};

/* From the highest to the lowest, as people read them. */
static const ModuleLimit limits[] = { MODULE_HIGH_ALARM, MODULE_HIGH_WARN, MODULE_LOW_WARN, MODULE_LOW_ALARM };

#define FLAG_TEXT_MAX 64

/* "rx-power low-alarm, lane 2": writes the flag number n, false beyond the last. */
static bool flag_text(const ModuleDiagnostics *d, unsigned n, char text[static FLAG_TEXT_MAX]) {
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                        for (unsigned lane = 0; lane < MODULE_LANES_MAX; lane++) {
                                if (!(d->flag[v][l] & (1 << lane)) || n-- > 0)
                                        continue;
                                snprintf(text, FLAG_TEXT_MAX,
                                                module_value_lanes(d, v) > 1 ? "%s %s, lane %u" : "%s %s",
                                                module_value_to_string(v), module_limit_to_string(l), lane + 1);
                                return true;
                        }
        return false;
}

static const char *known(const char *text, const char *unknown) {
        return text && !streq(text, unknown) ? text : NULL;
}

typedef struct TextRow {
        const char *bus, *json, *text; /* text NULL or empty: unknown */
} TextRow;

#define TEXT_ROWS 13

static void text_rows(const ModuleStatus *s, TextRow rows[static TEXT_ROWS]) {
        const ModuleDiagnostics *d = &s->diagnostics;

        memcpy(rows,
                        (const TextRow[TEXT_ROWS]){
                                        { "kind", "kind", d->kind },
                                        { "standard", "standard", d->standard },
                                        { "medium", "medium",
                                                        known(module_medium_to_string(d->medium), "unknown") },
                                        { "vendor", "vendor", d->vendor },
                                        { "part-number", "part_number", d->part_number },
                                        { "revision", "revision", d->revision },
                                        { "serial", "serial", d->serial },
                                        { "date", "date", d->date },
                                        { "identity-checksum", "identity_checksum",
                                                        known(module_checksum_to_string(d->identity_checksum),
                                                                        "unknown") },
                                        { "thresholds-checksum", "thresholds_checksum",
                                                        known(module_checksum_to_string(d->limits_checksum),
                                                                        "unknown") },
                                        { "state", "state",
                                                        known(module_state_to_string(d->state), "unknown") },
                                        { "fault", "fault", module_fault_to_string(d->fault) },
                                        { "error", "error", s->error },
                        },
                        TEXT_ROWS * sizeof(TextRow));
}

static bool value_known(const ModuleDiagnostics *d, ModuleValue v) {
        for (unsigned lane = 0; lane < module_value_lanes(d, v); lane++)
                if (d->value[v][lane].set)
                        return true;
        return false;
}

static double number_or_nan(ModuleNumber n) {
        return n.set ? n.number : NAN;
}

/* ---- on the bus ---- */

static int open_entry(sd_bus_message *m, const char *key, const char *type) {
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        return r < 0 ? r : sd_bus_message_open_container(m, 'v', type);
}

static int close_entry(sd_bus_message *m) {
        int r = sd_bus_message_close_container(m);

        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* One number of the module as a whole, an array of the lanes'. */
static int append_value(sd_bus_message *m, const ModuleDiagnostics *d, ModuleValue v) {
        bool whole = v == MODULE_TEMPERATURE || v == MODULE_VOLTAGE;
        double numbers[MODULE_LANES_MAX];
        unsigned n = module_value_lanes(d, v);
        int r;

        for (unsigned lane = 0; lane < n; lane++)
                numbers[lane] = number_or_nan(d->value[v][lane]);
        r = open_entry(m, module_value_to_string(v), whole ? "d" : "ad");
        if (r >= 0)
                r = whole ? sd_bus_message_append(m, "d", numbers[0])
                          : sd_bus_message_append_array(m, 'd', numbers, n * sizeof(numbers[0]));
        return r < 0 ? r : close_entry(m);
}

static int append_thresholds(sd_bus_message *m, const ModuleDiagnostics *d) {
        int r = open_entry(m, "thresholds", "a{s(dddd)}");

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{s(dddd)}");
        for (ModuleValue v = 0; r >= 0 && v < _MODULE_VALUE_MAX; v++)
                if (d->limit[v][MODULE_HIGH_ALARM].set)
                        r = sd_bus_message_append(m, "{s(dddd)}", module_value_to_string(v),
                                        d->limit[v][limits[0]].number, d->limit[v][limits[1]].number,
                                        d->limit[v][limits[2]].number, d->limit[v][limits[3]].number);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : close_entry(m);
}

static int append_lanes(sd_bus_message *m, const char *key, uint8_t lanes) {
        uint32_t list[MODULE_LANES_MAX];
        size_t n = 0;
        int r;

        for (unsigned lane = 0; lane < MODULE_LANES_MAX; lane++)
                if (lanes & (1 << lane))
                        list[n++] = lane + 1;
        r = open_entry(m, key, "au");
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'u', list, n * sizeof(list[0]));
        return r < 0 ? r : close_entry(m);
}

static int append_flags(sd_bus_message *m, const ModuleDiagnostics *d) {
        char text[FLAG_TEXT_MAX];
        int r = open_entry(m, "flags", "as");

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (unsigned i = 0; r >= 0 && flag_text(d, i, text); i++)
                r = sd_bus_message_append(m, "s", text);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : close_entry(m);
}

static int append_diagnostics(sd_bus_message *m, const ModuleDiagnostics *d) {
        int r = append_thresholds(m, d);

        for (ModuleValue v = 0; r >= 0 && v < _MODULE_VALUE_MAX; v++)
                if (value_known(d, v))
                        r = append_value(m, d, v);
        if (r >= 0)
                r = append_lanes(m, "rx-los", d->rx_los);
        if (r >= 0)
                r = append_lanes(m, "tx-fault", d->tx_fault);
        return r < 0 ? r : append_flags(m, d);
}

int module_status_append(sd_bus_message *m, const ModuleStatus *s, StatusClock now) {
        TextRow rows[TEXT_ROWS];
        int r;

        text_rows(s, rows);
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < TEXT_ROWS; i++)
                if (rows[i].text && *rows[i].text)
                        r = sd_bus_message_append(m, "{sv}", rows[i].bus, "s", rows[i].text);
        if (r >= 0 && s->failed > 0)
                r = sd_bus_message_append(m, "{sv}", "failed", "u", s->failed);
        if (r >= 0 && s->read_at > 0)
                r = sd_bus_message_append(m, "{sv}", "read-usec", "t",
                                usec_sub(now.realtime, usec_sub(now.monotonic, s->read_at)));
        if (r >= 0 && s->diagnostics.kind)
                r = append_diagnostics(m, &s->diagnostics);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ---- as JSON ---- */

static json_object *new_number(ModuleNumber n) {
        char text[32];

        if (!n.set)
                return NULL;
        snprintf(text, sizeof(text), "%.6g", n.number);
        return json_object_new_double_s(n.number, text);
}

static json_object *lanes_to_json(uint8_t lanes) {
        json_object *array = json_object_new_array();

        for (int lane = 0; lane < MODULE_LANES_MAX; lane++)
                if (lanes & (1 << lane))
                        json_object_array_add(array, json_object_new_int(lane + 1));
        return array;
}

static json_object *value_to_json(const ModuleDiagnostics *d, ModuleValue v) {
        json_object *o = json_object_new_object(), *lanes = json_object_new_array();
        static const char *const names[] = { "high_alarm", "high_warn", "low_warn", "low_alarm" };

        json_object_object_add(o, "unit", json_object_new_string(units[v]));
        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                json_object_object_add(o, names[i], new_number(d->limit[v][limits[i]]));
        for (unsigned lane = 0; lane < module_value_lanes(d, v); lane++) {
                json_object *l = json_object_new_object();

                json_object_object_add(l, "value", new_number(d->value[v][lane]));
                json_object_object_add(l, "verdict",
                                json_object_new_string(module_verdict_to_string(
                                                module_diagnostics_verdict(d, v, lane))));
                json_object_array_add(lanes, l);
        }
        json_object_object_add(o, "lanes", lanes);
        return o;
}

json_object *module_status_to_json(const ModuleStatus *s, StatusClock now) {
        json_object *o, *values, *flags;
        char text[FLAG_TEXT_MAX];
        TextRow rows[TEXT_ROWS];

        if (s->read_at == 0 && !s->error[0])
                return NULL;
        o = json_object_new_object();
        values = json_object_new_object();
        flags = json_object_new_array();
        text_rows(s, rows);
        for (size_t i = 0; i < TEXT_ROWS; i++)
                json_object_object_add(o, rows[i].json,
                                rows[i].text && *rows[i].text ? json_object_new_string(rows[i].text) : NULL);
        json_object_object_add(o, "failed", json_object_new_int64(s->failed));
        json_object_object_add(o, "read_us",
                        s->read_at > 0 ? json_object_new_uint64(usec_sub(
                                                         now.realtime, usec_sub(now.monotonic, s->read_at)))
                                       : NULL);
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                if (value_known(&s->diagnostics, v))
                        json_object_object_add(
                                        values, module_value_to_string(v), value_to_json(&s->diagnostics, v));
        json_object_object_add(o, "values", values);
        json_object_object_add(o, "rx_los", lanes_to_json(s->diagnostics.rx_los));
        json_object_object_add(o, "tx_fault", lanes_to_json(s->diagnostics.tx_fault));
        for (unsigned i = 0; flag_text(&s->diagnostics, i, text); i++)
                json_object_array_add(flags, json_object_new_string(text));
        json_object_object_add(o, "flags", flags);
        return o;
}
