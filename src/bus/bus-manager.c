/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.primed.Primed1.Manager: the root object. */

#include <stdio.h>

#include "alloc-util.h"
#include "bus-arguments.h"
#include "bus-call.h"
#include "bus-polkit.h"
#include "bus-property.h"
#include "bus-reply.h"
#include "clock.h"
#include "status-json.h"

/* What a client may rely on beyond the version: parts of the API that later daemons may lack or others add. */
static const char *const features[] = { "split", "drill", "plan", "inject-evidence", "revert-after", "snapshot",
        "record" };

static int no_such_pair(sd_bus_error *error, const char *name) {
        return sd_bus_error_setf(error, BUS_INTERFACE("Error.NoSuchPair"), "no pair is called '%s'", name);
}

/* One word for all pairs together. */
static const char *state_of_all(const Manager *m) {
        size_t n = manager_n_pairs(m), n_protected = manager_n_protected(m);

        return n == 0 ? "idle" : n_protected == n ? "protected" : n_protected > 0 ? "degraded" : "unprotected";
}

static int method_list_pairs(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Bus *b = userdata;
        BusPair *p;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sosss)");
        TAILQ_FOREACH(p, &b->pairs, entry) {
                PairStatus s;

                if (r < 0)
                        return r;
                pair_get_status(p->pair, &s);
                r = sd_bus_message_append(reply, "(sosss)", s.name, p->path, pair_state_to_string(s.state),
                                s.adapter[s.serving], s.adapter[pair_side_other(s.serving)]);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list_adapters(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Bus *b = userdata;
        BusPair *p;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sioss)");
        TAILQ_FOREACH(p, &b->pairs, entry)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                        AdapterStatus s;

                        if (r < 0)
                                return r;
                        pair_get_adapter_status(p->pair, side, &s);
                        r = sd_bus_message_append(reply, "(sioss)", s.name, s.ifindex, p->adapter[side].path,
                                        s.pair, health_to_string(s.health));
                }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_get_pair(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char name[PAIR_NAME_MAX + 1];
        Bus *b = userdata;
        const char *text;
        BusPair *p;
        int r;

        r = sd_bus_message_read(m, "s", &text);
        if (r >= 0)
                r = bus_copy_name("name", text, name, sizeof(name), error);
        if (r < 0)
                return r;
        p = bus_pair_find(b, manager_find_pair(b->manager, name));
        return p ? sd_bus_reply_method_return(m, "o", p->path) : no_such_pair(error, name);
}

static int read_adapter_name(sd_bus_message *m, char name[static IFNAMSIZ], sd_bus_error *error) {
        const char *text;
        int r;

        r = sd_bus_message_read(m, "s", &text);
        return r < 0 ? r : bus_copy_name("interface", text, name, IFNAMSIZ, error);
}

static int method_get_pair_by_interface(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char name[IFNAMSIZ];
        Bus *b = userdata;
        BusPair *p;
        int r;

        r = read_adapter_name(m, name, error);
        if (r < 0)
                return r;
        p = bus_pair_find(b, manager_find_adapter(b->manager, name, NULL));
        if (!p)
                return sd_bus_error_setf(
                                error, BUS_INTERFACE("Error.NoSuchPair"), "no pair has an adapter '%s'", name);
        return sd_bus_reply_method_return(m, "o", p->path);
}

static int method_get_adapter(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char name[IFNAMSIZ];
        BusAdapter *a;
        int r;

        r = read_adapter_name(m, name, error);
        if (r < 0)
                return r;
        a = bus_adapter_find(userdata, name);
        if (!a)
                return sd_bus_error_setf(error, BUS_INTERFACE("Error.NoSuchAdapter"),
                                "no guarded adapter is called '%s'", name);
        return sd_bus_reply_method_return(m, "o", a->path);
}

/* Newest first within a pair. */
static int append_history(sd_bus_message *reply, Pair *p, uint32_t *left) {
        MoveRecord records[MOVE_HISTORY_MAX];
        size_t n = pair_get_history(p, records, MIN(*left, (uint32_t) ELEMENTSOF(records)));
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const MoveRecord *x = &records[i];

                r = sd_bus_message_open_container(reply, 'r', "tssssta{sv}");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "tsssst", x->realtime, x->from, x->to,
                                        move_trigger_to_string(x->trigger), move_result_to_string(x->result),
                                        x->duration_usec);
                if (r >= 0)
                        r = bus_append_history_details(reply, pair_name(p), x);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        *left -= (uint32_t) n;
        return r;
}

static int method_get_history(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char name[PAIR_NAME_MAX + 1] = "";
        Bus *b = userdata;
        const char *text;
        uint32_t left;
        BusPair *p;
        int r;

        r = sd_bus_message_read(m, "su", &text, &left);
        if (r >= 0 && *text)
                r = bus_copy_name("pair", text, name, sizeof(name), error);
        if (r < 0)
                return r;
        if (*name && !manager_find_pair(b->manager, name))
                return no_such_pair(error, name);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(tssssta{sv})");
        TAILQ_FOREACH(p, &b->pairs, entry)
                if (r >= 0 && (!*name || streq(name, pair_name(p->pair))))
                        r = append_history(reply, p->pair, &left);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int run_inhibit(BusCall *c, Pair *p, Error *e) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = manager_inhibit(c->bus->manager, c->pair[0] ? c->pair : NULL, c->who, c->why, c->uid, c->pid, e);
        if (fd < 0)
                return fd;
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "h", fd); /* duplicates it */
        if (r < 0)
                return error_errno(e, r, "cannot hand out the inhibitor");
        bus_call_reply(c, reply);
        return 0;
}

static int method_inhibit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        const char *pair, *who, *why;
        Bus *b = userdata;
        int r;

        r = bus_call_new(b, m, "inhibit", run_inhibit, NULL, &c, error);
        if (r >= 0)
                r = sd_bus_message_read(m, "sss", &pair, &who, &why);
        if (r >= 0 && *pair)
                r = bus_copy_name("pair", pair, c->pair, sizeof(c->pair), error);
        if (r >= 0)
                r = bus_copy_text("who", who, c->who, sizeof(c->who), error);
        if (r >= 0)
                r = bus_copy_text("why", why, c->why, sizeof(c->why), error);
        if (r < 0)
                return r;
        if (!*who || !*why)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "who and why must be said");
        if (c->pair[0] && !manager_find_pair(b->manager, c->pair))
                return no_such_pair(error, c->pair);
        return bus_authorize(TAKE_PTR(c));
}

static int run_reload(BusCall *c, Pair *p, Error *e) {
        int r = manager_reload(c->bus->manager, e);

        if (r < 0)
                return r;
        bus_call_reply(c, NULL);
        return 0;
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        BusCall *c;
        int r;

        r = bus_call_new(userdata, m, "reload", run_reload, NULL, &c, error);
        return r < 0 ? r : bus_authorize(c);
}

static json_object *describe(const Bus *b) {
        StatusClock now = { clock_monotonic(), clock_usec(CLOCK_REALTIME) };
        json_object *o = json_object_new_object(), *pairs = json_object_new_array();
        const PolicyDiagnostics *diagnostics = manager_diagnostics(b->manager);
        BusPair *p;

        TAILQ_FOREACH(p, &b->pairs, entry) {
                AdapterStatus adapters[_PAIR_SIDE_MAX];
                PairStatus s;

                pair_get_status(p->pair, &s);
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        pair_get_adapter_status(p->pair, side, &adapters[side]);
                json_object_array_add(pairs, pair_status_to_json(&s, adapters, now));
        }
        json_object_object_add(o, "version", json_object_new_string(PRIMED_VERSION));
        json_object_object_add(o, "state", json_object_new_string(state_of_all(b->manager)));
        json_object_object_add(o, "start_us", json_object_new_uint64(manager_start_realtime(b->manager)));
        json_object_object_add(o, "reload_us", json_object_new_uint64(manager_reload_realtime(b->manager)));
        json_object_object_add(
                        o, "policy_errors", json_object_new_uint64(diagnostics ? diagnostics->n_errors : 0));
        json_object_object_add(o, "pairs", pairs);
        return o;
}

static int method_describe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        json_object *o = describe(userdata);
        int r;

        r = sd_bus_reply_method_return(
                        m, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(o);
        return r;
}

static BUS_GETTER(get_version) {
        return sd_bus_message_append(reply, "s", PRIMED_VERSION);
}

static BUS_GETTER(get_features) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(features); i++)
                r = sd_bus_message_append(reply, "s", features[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_state) {
        return sd_bus_message_append(reply, "s", state_of_all(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_pair_count) {
        return sd_bus_message_append(reply, "u", (uint32_t) manager_n_pairs(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_protected_count) {
        return sd_bus_message_append(reply, "u", (uint32_t) manager_n_protected(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_policy_files) {
        const PolicySet *set = manager_policies(((Bus *) userdata)->manager);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; set && r >= 0 && i < set->n_files; i++)
                r = sd_bus_message_append(reply, "s", set->files[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_diagnostics) {
        const PolicyDiagnostics *d = manager_diagnostics(((Bus *) userdata)->manager);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(suuss)");
        for (size_t i = 0; d && r >= 0 && i < d->n_items; i++)
                r = sd_bus_message_append(reply, "(suuss)", d->items[i].file, d->items[i].line,
                                d->items[i].column, policy_severity_to_string(d->items[i].severity),
                                d->items[i].text);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_inhibitors) {
        const Inhibitor *inhibitors;
        size_t n = manager_inhibitors(((Bus *) userdata)->manager, &inhibitors);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssut)");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(reply, "(sssut)", inhibitors[i].pair, inhibitors[i].who,
                                inhibitors[i].why, inhibitors[i].uid, inhibitors[i].since_realtime);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_start) {
        return sd_bus_message_append(reply, "t", manager_start_realtime(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_start_monotonic) {
        return sd_bus_message_append(reply, "t", manager_start_monotonic(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_reload) {
        return sd_bus_message_append(reply, "t", manager_reload_realtime(((Bus *) userdata)->manager));
}

static BUS_GETTER(get_policy) {
        const PolicySet *set = manager_policies(((Bus *) userdata)->manager);

        return set ? bus_append_policies(reply, set->policies, set->n_policies)
                   : sd_bus_message_append(reply, "s", "");
}

#define U    SD_BUS_VTABLE_UNPRIVILEGED
#define C    SD_BUS_VTABLE_PROPERTY_CONST
#define E    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define I    SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION
#define X    SD_BUS_VTABLE_PROPERTY_EXPLICIT
#define NONE SD_BUS_NO_ARGS

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("ListPairs", NONE, SD_BUS_RESULT("a(sosss)", pairs), method_list_pairs, U),
        SD_BUS_METHOD_WITH_ARGS(
                        "GetPair", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", path), method_get_pair, U),
        SD_BUS_METHOD_WITH_ARGS("GetPairByInterface", SD_BUS_ARGS("s", interface), SD_BUS_RESULT("o", path),
                        method_get_pair_by_interface, U),
        SD_BUS_METHOD_WITH_ARGS(
                        "ListAdapters", NONE, SD_BUS_RESULT("a(sioss)", adapters), method_list_adapters, U),
        SD_BUS_METHOD_WITH_ARGS("GetAdapter", SD_BUS_ARGS("s", interface), SD_BUS_RESULT("o", path),
                        method_get_adapter, U),
        SD_BUS_METHOD_WITH_ARGS("GetHistory", SD_BUS_ARGS("s", pair, "u", max_entries),
                        SD_BUS_RESULT("a(tssssta{sv})", entries), method_get_history, U),
        SD_BUS_METHOD_WITH_ARGS("Inhibit", SD_BUS_ARGS("s", pair, "s", who, "s", why), SD_BUS_RESULT("h", fd),
                        method_inhibit, U),
        SD_BUS_METHOD_WITH_ARGS("Reload", NONE, SD_BUS_NO_RESULT, method_reload, U),
        SD_BUS_METHOD_WITH_ARGS("Describe", NONE, SD_BUS_RESULT("s", json), method_describe, U),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, C),
        SD_BUS_PROPERTY("Features", "as", get_features, 0, C), SD_BUS_PROPERTY("State", "s", get_state, 0, E),
        SD_BUS_PROPERTY("PairCount", "u", get_pair_count, 0, E),
        SD_BUS_PROPERTY("ProtectedCount", "u", get_protected_count, 0, E),
        SD_BUS_PROPERTY("PolicyFiles", "as", get_policy_files, 0, E),
        SD_BUS_PROPERTY("PolicyDiagnostics", "a(suuss)", get_diagnostics, 0, I),
        SD_BUS_PROPERTY("Policy", "s", get_policy, 0, X),
        SD_BUS_PROPERTY("Inhibitors", "a(sssut)", get_inhibitors, 0, E),
        SD_BUS_PROPERTY("StartTimestamp", "t", get_start, 0, C),
        SD_BUS_PROPERTY("StartTimestampMonotonic", "t", get_start_monotonic, 0, C),
        SD_BUS_PROPERTY("ReloadTimestamp", "t", get_reload, 0, E),
        SD_BUS_SIGNAL_WITH_ARGS("Reloading", SD_BUS_ARGS("b", active), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Event",
                        SD_BUS_ARGS("t", realtime_usec, "s", message_id, "s", kind, "s", pair, "s", adapter,
                                        "s", text, "a{sv}", fields),
                        0),
        SD_BUS_VTABLE_END };

int bus_manager_register(Bus *b) {
        return sd_bus_add_object_vtable(b->bus, NULL, BUS_ROOT, BUS_INTERFACE("Manager"), vtable, b);
}

/* FNV-1a over what PolicyDiagnostics holds: it may change without anything else having changed. */
static uint64_t hash_diagnostics(const PolicyDiagnostics *d) {
        uint64_t hash = 0xcbf29ce484222325;

        for (size_t i = 0; d && i < d->n_items; i++) {
                const PolicyDiagnostic *x = &d->items[i];
                char place[32];

                snprintf(place, sizeof(place), ":%u:%u:", x->line, x->column);
                for (const char *p = x->file; p && *p; p++)
                        hash = (hash ^ (unsigned char) *p) * 0x100000001b3;
                for (const char *p = place; *p; p++)
                        hash = (hash ^ (unsigned char) *p) * 0x100000001b3;
                for (const char *p = x->text; p && *p; p++)
                        hash = (hash ^ (unsigned char) *p) * 0x100000001b3;
        }
        return hash;
}

void bus_manager_changed(Bus *b) {
        const char *names[8];
        size_t n = 0;
        const Inhibitor *inhibitors;
        BusManagerSent now = {
                .state = state_of_all(b->manager),
                .n_pairs = manager_n_pairs(b->manager),
                .n_protected = manager_n_protected(b->manager),
                .reload_realtime = manager_reload_realtime(b->manager),
                .n_inhibitors = manager_inhibitors(b->manager, &inhibitors),
                .diagnostics_hash = hash_diagnostics(manager_diagnostics(b->manager)),
        };

        if (now.n_inhibitors > 0)
                now.last_inhibitor = inhibitors[now.n_inhibitors - 1].id;
        if (!streq_ptr(now.state, b->sent.state))
                names[n++] = "State";
        if (now.n_pairs != b->sent.n_pairs)
                names[n++] = "PairCount";
        if (now.n_protected != b->sent.n_protected)
                names[n++] = "ProtectedCount";
        if (now.reload_realtime != b->sent.reload_realtime) {
                names[n++] = "ReloadTimestamp";
                names[n++] = "PolicyFiles";
        }
        if (now.n_inhibitors != b->sent.n_inhibitors || now.last_inhibitor != b->sent.last_inhibitor)
                names[n++] = "Inhibitors";
        if (now.diagnostics_hash != b->sent.diagnostics_hash)
                names[n++] = "PolicyDiagnostics";
        names[n] = NULL;
        b->sent = now;
        if (n > 0 && b->bus)
                sd_bus_emit_properties_changed_strv(
                                b->bus, BUS_ROOT, BUS_INTERFACE("Manager"), (char **) names);
}
