/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.primed.Primed1.Adapter: one object per guarded adapter, also while it is absent. */

#include <math.h>
#include <stdio.h>

#include "alloc-util.h"
#include "bus-arguments.h"
#include "bus-node-list.h"
#include "bus-pair-verbs.h"
#include "bus-polkit.h"
#include "bus-property.h"
#include "clock.h"
#include "module-status.h"
#include "snapshot-json.h"
#include "status-json.h"

static int method_describe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        StatusClock now = { clock_monotonic(), clock_usec(CLOCK_REALTIME) };
        BusAdapter *a = userdata;
        json_object *o = adapter_status_to_json(&a->now, now);
        int r;

        r = sd_bus_reply_method_return(
                        m, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(o);
        return r;
}

static int append_span(sd_bus_message *reply, const BusAdapter *a, Signal s, HistorySpan span) {
        double values[SIGNAL_HISTORY_POINTS];
        int r;

        pair_get_signal_history(a->pair->pair, a->side, s, span, clock_monotonic(), values);
        r = sd_bus_message_append(reply, "t", history_steps[span]);
        return r < 0 ? r : sd_bus_message_append_array(reply, 'd', values, sizeof(values));
}

static int method_get_signal_history(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *name;
        Signal s;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        s = signal_from_string(name);
        if (s < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "no signal is called '%s'", name);
        r = sd_bus_message_new_method_return(m, &reply);
        for (HistorySpan span = 0; r >= 0 && span < _HISTORY_SPAN_MAX; span++)
                r = append_span(reply, userdata, s, span);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int new_call(sd_bus_message *m, BusAdapter *a, PairVerb verb, BusCall **ret, sd_bus_error *error) {
        int r;

        r = bus_call_new(a->pair->bus, m, "prime", bus_pair_run_request, pair_name(a->pair->pair), ret, error);
        if (r < 0)
                return r;
        (*ret)->request.verb = verb;
        snprintf((*ret)->request.target, sizeof((*ret)->request.target), "%s", a->now.name);
        return 0;
}

/* Reads the kernel's settings, writes nothing, and is open to all, as Pair.Plan() is. */
static int method_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        int r;

        r = new_call(m, userdata, PAIR_VERB_SNAPSHOT, &c, error);
        if (r >= 0)
                r = bus_read_options(m, NULL, 0, c, error);
        if (r < 0)
                return r;
        bus_call_run(TAKE_PTR(c));
        return 1;
}

static int method_restore(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        static const BusOption options[] = {
                BUS_OPTION_FLAG("dry-run", BusCall, request.dry_run),
                BUS_OPTION_FLAG("force", BusCall, force),
        };
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusAdapter *a = userdata;
        const char *text;
        Error e = {};
        int r;

        r = new_call(m, a, PAIR_VERB_RESTORE, &c, error);
        if (r >= 0)
                r = sd_bus_message_read(m, "s", &text);
        if (r >= 0)
                r = bus_read_options(m, options, ELEMENTSOF(options), c, error);
        if (r < 0)
                return r;
        if (snapshot_from_json(text, c->force ? NULL : a->now.driver, &c->snapshot, &c->request.complete, &e) <
                        0)
                return bus_error_set(error, &e);
        c->request.snapshot = c->snapshot;
        return bus_authorize(TAKE_PTR(c));
}

static BUS_GETTER(get_address) {
        const EtherAddress *a = userdata;
        char text[18] = "";

        if (!ether_address_is_zero(a))
                snprintf(text, sizeof(text), ETHER_ADDRESS_FORMAT, ETHER_ADDRESS_ARGS(*a));
        return sd_bus_message_append(reply, "s", text);
}

static BUS_GETTER(get_carries) {
        const BusAdapter *a = userdata;

        return sd_bus_message_append(reply, "b", a->now.ingress || a->now.egress);
}

static BUS_GETTER(get_duplex) {
        const BusAdapter *a = userdata;

        return sd_bus_message_append(reply, "s",
                        a->now.bit_rate == 0                 ? ""
                                        : a->now.full_duplex ? "full"
                                                             : "half");
}

static BUS_GETTER(get_down_reason) {
        return sd_bus_message_append(reply, "s", LINK_TROUBLE_TEXT((const LinkTrouble *) userdata));
}

static BUS_GETTER(get_reasons) {
        const BusAdapter *a = userdata;
        usec_t now = clock_monotonic();
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < a->now.n_evidence; i++) {
                char text[PAIR_REASON_MAX];

                evidence_format(&a->now.evidence[i], now, text, sizeof(text));
                r = sd_bus_message_append(reply, "s", text);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_score) {
        const BusAdapter *a = userdata;

        return sd_bus_message_append(reply, "d", isfinite(a->now.risk) ? 1 - a->now.risk : 0);
}

/* Chassis, port, name of the switch; all empty: not heard. */
static BUS_GETTER(get_neighbor) {
        const LldpNeighbour *n = &((const BusAdapter *) userdata)->now.neighbour;

        return sd_bus_message_append(reply, "(sss)", n->chassis, n->port, n->system);
}

/* Name, last value, thresholds for warn and alarm (0: none), unit. */
static BUS_GETTER(get_indicators) {
        const BusAdapter *a = userdata;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sddds)");
        for (size_t i = 0; r >= 0 && i < _SIGNAL_MAX; i++) {
                const SignalInfo *info = signal_info(i);
                const SignalPolicy *policy = &pair_policy(a->pair->pair)->signals[i];
                SignalThreshold warn, alarm;

                if (!a->now.values[i].set)
                        continue;
                module_diagnostics_thresholds(&a->now.module.diagnostics, i, &warn, &alarm);
                warn = policy->warn.set ? policy->warn : warn.set ? warn : info->warn;
                alarm = policy->alarm.set ? policy->alarm : alarm.set ? alarm : info->alarm;
                r = sd_bus_message_append(reply, "(sddds)", signal_to_string(i), a->now.values[i].value,
                                warn.value, alarm.value, signal_unit_to_string(info->unit));
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_module) {
        const BusAdapter *a = userdata;

        return module_status_append(
                        reply, &a->now.module, (StatusClock){ clock_monotonic(), clock_usec(CLOCK_REALTIME) });
}

static BUS_GETTER(get_statistics) {
        const BusAdapter *a = userdata;

        return sd_bus_message_append(reply, "a{st}", 2, "ingress-frames", a->now.ingress_frames,
                        "egress-frames", a->now.egress_frames);
}

BUS_DEFINE_ENUM_GETTER(get_side, PairSide, pair_side_to_string);
BUS_DEFINE_ENUM_GETTER(get_health, EvidenceLevel, health_to_string);

static bool health_reasons_equal(const void *x, const void *y) {
        const AdapterStatus *a = x, *b = y;

        if (a->n_evidence != b->n_evidence)
                return false;
        for (size_t i = 0; i < a->n_evidence; i++)
                if (a->evidence[i].signal != b->evidence[i].signal ||
                                a->evidence[i].level != b->evidence[i].level ||
                                a->evidence[i].vetoed != b->evidence[i].vetoed)
                        return false;
        return true;
}

static const BusField fields[] = {
        BUS_FIELD("Ifindex", AdapterStatus, ifindex),
        BUS_FIELD_STRING("Pair", AdapterStatus, pair),
        BUS_FIELD("Role", AdapterStatus, side),
        BUS_FIELD("Serving", AdapterStatus, serving),
        BUS_FIELD("CarriesTraffic", AdapterStatus, ingress),
        BUS_FIELD("CarriesTraffic", AdapterStatus, egress),
        BUS_FIELD("Ingress", AdapterStatus, ingress),
        BUS_FIELD("Egress", AdapterStatus, egress),
        BUS_FIELD("Up", AdapterStatus, up),
        BUS_FIELD("Carrier", AdapterStatus, carrier),
        BUS_FIELD("DownReason", AdapterStatus, trouble),
        BUS_FIELD_STRING("OperationalState", AdapterStatus, operstate),
        BUS_FIELD_STRING("Driver", AdapterStatus, driver),
        BUS_FIELD_STRING("BusPath", AdapterStatus, bus_path),
        BUS_FIELD("Address", AdapterStatus, address),
        BUS_FIELD("PermanentAddress", AdapterStatus, permanent_address),
        BUS_FIELD("BitRate", AdapterStatus, bit_rate),
        BUS_FIELD("Duplex", AdapterStatus, bit_rate),
        BUS_FIELD("Duplex", AdapterStatus, full_duplex),
        BUS_FIELD("MTU", AdapterStatus, mtu),
        BUS_FIELD("Health", AdapterStatus, health),
        BUS_FIELD_BY("HealthReasons", health_reasons_equal),
        BUS_FIELD("Proved", AdapterStatus, proved),
        BUS_FIELD("Neighbor", AdapterStatus, neighbour),
};

#define U           SD_BUS_VTABLE_UNPRIVILEGED
#define E           SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define NOW(member) offsetof(BusAdapter, now.member)

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetSignalHistory", SD_BUS_ARGS("s", signal),
                        SD_BUS_RESULT("t", minute_step_usec, "ad", minute, "t", hour_step_usec, "ad", hour),
                        method_get_signal_history, U),
        SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe, U),
        SD_BUS_METHOD_WITH_ARGS("Snapshot", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("s", json),
                        method_snapshot, U),
        SD_BUS_METHOD_WITH_ARGS("Restore", SD_BUS_ARGS("s", json, "a{sv}", options),
                        SD_BUS_RESULT("a{sv}", result), method_restore, U),
        SD_BUS_PROPERTY("Name", "s", bus_get_string, NOW(name), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Ifindex", "i", NULL, NOW(ifindex), E),
        SD_BUS_PROPERTY("Pair", "s", bus_get_string, NOW(pair), E),
        SD_BUS_PROPERTY("Role", "s", get_side, NOW(side), E),
        SD_BUS_PROPERTY("Serving", "b", bus_get_bool, NOW(serving), E),
        SD_BUS_PROPERTY("CarriesTraffic", "b", get_carries, 0, E),
        SD_BUS_PROPERTY("Ingress", "b", bus_get_bool, NOW(ingress), E),
        SD_BUS_PROPERTY("Egress", "b", bus_get_bool, NOW(egress), E),
        SD_BUS_PROPERTY("Up", "b", bus_get_bool, NOW(up), E),
        SD_BUS_PROPERTY("Carrier", "b", bus_get_bool, NOW(carrier), E),
        SD_BUS_PROPERTY("DownReason", "s", get_down_reason, NOW(trouble), E),
        SD_BUS_PROPERTY("OperationalState", "s", bus_get_string, NOW(operstate), E),
        SD_BUS_PROPERTY("Driver", "s", bus_get_string, NOW(driver), E),
        SD_BUS_PROPERTY("BusPath", "s", bus_get_string, NOW(bus_path), E),
        SD_BUS_PROPERTY("Address", "s", get_address, NOW(address), E),
        SD_BUS_PROPERTY("PermanentAddress", "s", get_address, NOW(permanent_address), E),
        SD_BUS_PROPERTY("BitRate", "t", bus_get_u64, NOW(bit_rate), E),
        SD_BUS_PROPERTY("Duplex", "s", get_duplex, 0, E), SD_BUS_PROPERTY("MTU", "u", NULL, NOW(mtu), E),
        SD_BUS_PROPERTY("Health", "s", get_health, NOW(health), E),
        SD_BUS_PROPERTY("HealthReasons", "as", get_reasons, 0, E),
        SD_BUS_PROPERTY("HealthScore", "d", get_score, 0, 0),
        SD_BUS_PROPERTY("Indicators", "a(sddds)", get_indicators, 0, 0),
        SD_BUS_PROPERTY("Module", "a{sv}", get_module, 0, 0),
        SD_BUS_PROPERTY("Proved", "b", bus_get_bool, NOW(proved), E),
        SD_BUS_PROPERTY("Proof", "s", bus_get_string, NOW(proof), 0),
        SD_BUS_PROPERTY("Neighbor", "(sss)", get_neighbor, 0, E),
        SD_BUS_PROPERTY("Statistics", "a{st}", get_statistics, 0, SD_BUS_VTABLE_PROPERTY_EXPLICIT),
        SD_BUS_VTABLE_END };

int bus_adapter_init(BusAdapter *a, BusPair *pair, PairSide side) {
        int r;

        a->pair = pair;
        a->side = side;
        pair_get_adapter_status(pair->pair, side, &a->now);
        a->sent = a->now;
        r = sd_bus_path_encode(BUS_ADAPTER_PREFIX, a->now.name, &a->path);
        return r < 0 ? r : 0;
}

void bus_adapter_done(BusAdapter *a) {
        free(a->path);
        *a = (BusAdapter){};
}

BusAdapter *bus_adapter_find(Bus *b, const char *name) {
        BusPair *p;

        TAILQ_FOREACH(p, &b->pairs, entry)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        if (streq(p->adapter[side].sent.name, name))
                                return &p->adapter[side];
        return NULL;
}

/* An adapter that turned up under another name than the policy could say (mac:, path:) or was renamed is
 * another object. */
static void bus_adapter_rename(BusAdapter *a) {
        Bus *b = a->pair->bus;
        char *path;

        if (sd_bus_path_encode(BUS_ADAPTER_PREFIX, a->now.name, &path) < 0)
                return;
        if (b->bus)
                sd_bus_emit_object_removed(b->bus, a->path);
        free(a->path);
        a->path = path;
        a->sent = a->now;
        if (b->bus)
                sd_bus_emit_object_added(b->bus, a->path);
}

void bus_adapter_changed(BusAdapter *a) {
        const char *names[BUS_FIELDS_MAX + 1];
        Bus *b = a->pair->bus;
        size_t n;

        pair_get_adapter_status(a->pair->pair, a->side, &a->now);
        if (!streq(a->now.name, a->sent.name)) {
                bus_adapter_rename(a);
                return;
        }
        n = bus_fields_changed(fields, ELEMENTSOF(fields), &a->sent, &a->now, names);
        a->sent = a->now;
        if (n > 0 && b->bus)
                sd_bus_emit_properties_changed_strv(b->bus, a->path, BUS_INTERFACE("Adapter"), (char **) names);
}

static int find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
                sd_bus_error *error) {
        _cleanup_free_ char *name = NULL;
        BusAdapter *a;
        int r;

        r = sd_bus_path_decode(path, BUS_ADAPTER_PREFIX, &name);
        if (r <= 0)
                return r;
        a = bus_adapter_find(userdata, name);
        if (!a)
                return 0;
        pair_get_adapter_status(a->pair->pair, a->side, &a->now);
        *ret_found = a;
        return 1;
}

static int enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error) {
        BusNodeList nodes = {};
        Bus *b = userdata;
        BusPair *p;

        TAILQ_FOREACH(p, &b->pairs, entry)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        if (bus_adapter_find(b, p->adapter[side].sent.name) == &p->adapter[side])
                                bus_node_list_add(&nodes, p->adapter[side].path);
        return bus_node_list_finish(&nodes, ret_nodes);
}

int bus_adapter_register(Bus *b) {
        int r;

        r = sd_bus_add_fallback_vtable(
                        b->bus, NULL, BUS_ADAPTER_PREFIX, BUS_INTERFACE("Adapter"), vtable, find, b);
        return r < 0 ? r : sd_bus_add_node_enumerator(b->bus, NULL, BUS_ADAPTER_PREFIX, enumerate, b);
}
