/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.primed.Primed1.Pair: its object and properties. What it can be asked to do is in bus-pair-verbs.c. */

#include "alloc-util.h"
#include "bus-node-list.h"
#include "bus-pair-verbs.h"
#include "bus-property.h"
#include "bus-reply.h"
#include "clock.h"
#include "status-json.h"

BUS_DEFINE_ENUM_GETTER(get_mode, PairMode, pair_mode_to_string);
BUS_DEFINE_ENUM_GETTER(get_state, PairState, pair_state_to_string);
BUS_DEFINE_ENUM_GETTER(get_trigger, MoveTrigger, move_trigger_to_string);
BUS_DEFINE_ENUM_GETTER(get_result, MoveResult, move_result_to_string);

static int method_describe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        StatusClock now = { clock_monotonic(), clock_usec(CLOCK_REALTIME) };
        AdapterStatus adapters[_PAIR_SIDE_MAX];
        BusPair *p = userdata;
        json_object *o;
        int r;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                pair_get_adapter_status(p->pair, side, &adapters[side]);
        o = pair_status_to_json(&p->now, adapters, now);
        json_object_object_add(o, "priming", prime_plan_to_json(pair_last_plan(p->pair)));
        r = sd_bus_reply_method_return(
                        m, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(o);
        return r;
}

/* Open to all, as everything that only looks: how many there may be is bounded. */
static int method_record(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_close_ int fd = -EBADF;
        const BusPair *p = userdata;
        Error e = {};

        fd = manager_record(p->bus->manager, pair_name(p->pair), &e);
        if (fd < 0)
                return bus_error_set(error, &e);
        return sd_bus_reply_method_return(m, "h", fd); /* duplicates it */
}

static BUS_GETTER(get_serving) {
        const BusPair *p = userdata;

        return sd_bus_message_append(reply, "s", p->now.adapter[p->now.serving]);
}

static BUS_GETTER(get_ingress) {
        const BusPair *p = userdata;

        return sd_bus_message_append(reply, "s", p->now.adapter[p->now.ingress]);
}

static BUS_GETTER(get_egress) {
        const BusPair *p = userdata;

        return sd_bus_message_append(reply, "s", p->now.adapter[p->now.egress]);
}

static int append_texts(sd_bus_message *reply, const char (*texts)[PAIR_REASON_MAX], size_t n) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(reply, "s", texts[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_reasons) {
        const PairStatus *s = &((const BusPair *) userdata)->now;

        return append_texts(reply, s->reasons, s->n_reasons);
}

static BUS_GETTER(get_shared) {
        const PairStatus *s = &((const BusPair *) userdata)->now;

        return append_texts(reply, s->shared, s->n_shared);
}

/* How many settings the last priming found or left in which way: {"equal": 17, "set": 3}. */
static BUS_GETTER(get_primed_items) {
        const PrimePlan *plan = pair_last_plan(((BusPair *) userdata)->pair);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{st}");
        for (PrimeAction a = 0; plan && r >= 0 && a < _PRIME_ACTION_MAX; a++)
                r = sd_bus_message_append(
                                reply, "{st}", prime_action_to_string(a), (uint64_t) prime_plan_count(plan, a));
        if (r >= 0 && plan)
                r = sd_bus_message_append(reply, "{st}", "failed",
                                (uint64_t) prime_plan_count_outcome(plan, OUTCOME_FAILED));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static BUS_GETTER(get_policy) {
        return bus_append_policies(reply, pair_policy(((BusPair *) userdata)->pair), 1);
}

static bool reasons_equal(const void *x, const void *y) {
        const PairStatus *a = x, *b = y;

        if (a->n_reasons != b->n_reasons)
                return false;
        for (size_t i = 0; i < a->n_reasons; i++)
                if (!streq(a->reasons[i], b->reasons[i]))
                        return false;
        return true;
}

static bool primary_equal(const void *x, const void *y) {
        return streq(((const PairStatus *) x)->adapter[SIDE_PRIMARY],
                        ((const PairStatus *) y)->adapter[SIDE_PRIMARY]);
}

static bool standby_equal(const void *x, const void *y) {
        return streq(((const PairStatus *) x)->adapter[SIDE_STANDBY],
                        ((const PairStatus *) y)->adapter[SIDE_STANDBY]);
}

static bool serving_equal(const void *x, const void *y) {
        const PairStatus *a = x, *b = y;

        return streq(a->adapter[a->serving], b->adapter[b->serving]);
}

static bool ingress_equal(const void *x, const void *y) {
        const PairStatus *a = x, *b = y;

        return streq(a->adapter[a->ingress], b->adapter[b->ingress]);
}

static bool egress_equal(const void *x, const void *y) {
        const PairStatus *a = x, *b = y;

        return streq(a->adapter[a->egress], b->adapter[b->egress]);
}

static const BusField fields[] = {
        BUS_FIELD_STRING("Description", PairStatus, description),
        BUS_FIELD_STRING("PolicyFile", PairStatus, policy_file),
        BUS_FIELD("Mode", PairStatus, mode),
        BUS_FIELD_STRING("Steering", PairStatus, steering),
        BUS_FIELD_BY("Primary", primary_equal),
        BUS_FIELD_BY("Standby", standby_equal),
        BUS_FIELD_BY("Active", serving_equal),
        BUS_FIELD_BY("Ingress", ingress_equal),
        BUS_FIELD_BY("Egress", egress_equal),
        BUS_FIELD("Balanced", PairStatus, balanced),
        BUS_FIELD("State", PairStatus, state),
        BUS_FIELD("StateTimestamp", PairStatus, state_since_realtime),
        BUS_FIELD("Ready", PairStatus, protected_),
        BUS_FIELD_BY("NotReadyReasons", reasons_equal),
        BUS_FIELD("Primed", PairStatus, primed),
        BUS_FIELD("PrimedTimestamp", PairStatus, primed_realtime),
        BUS_FIELD("PrimedItems", PairStatus, primed_realtime),
        BUS_FIELD_STRING("PrimeHoldReason", PairStatus, prime_hold_reason),
        BUS_FIELD("SwitchCount", PairStatus, switch_count),
        BUS_FIELD("LastSwitchID", PairStatus, last_switch.id),
        BUS_FIELD("LastSwitchTimestamp", PairStatus, last_switch.realtime),
        BUS_FIELD_STRING("LastSwitchFrom", PairStatus, last_switch.from),
        BUS_FIELD_STRING("LastSwitchTo", PairStatus, last_switch.to),
        BUS_FIELD("LastSwitchTrigger", PairStatus, last_switch.trigger),
        BUS_FIELD("LastSwitchResult", PairStatus, last_switch.result),
        BUS_FIELD("LastSwitchDurationUSec", PairStatus, last_switch.duration_usec),
        BUS_FIELD("LastSwitchLost", PairStatus, last_switch.lost),
        BUS_FIELD("Held", PairStatus, held),
        BUS_FIELD_STRING("HoldReason", PairStatus, hold_reason),
        BUS_FIELD("HoldUntilTimestamp", PairStatus, hold_until_realtime),
        BUS_FIELD("Inhibitors", PairStatus, n_inhibitors),
        BUS_FIELD("RevertTimestamp", PairStatus, revert_realtime),
        BUS_FIELD_STRING("Conflict", PairStatus, conflict),
        BUS_FIELD("SharedFate", PairStatus, shared),
};

#define U           SD_BUS_VTABLE_UNPRIVILEGED
#define C           SD_BUS_VTABLE_PROPERTY_CONST
#define E           SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define I           SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION
#define X           SD_BUS_VTABLE_PROPERTY_EXPLICIT
#define NOW(member) offsetof(BusPair, now.member)
#define OPTIONS     SD_BUS_ARGS("a{sv}", options)
#define RESULT      SD_BUS_RESULT("a{sv}", result)
#define NONE        SD_BUS_NO_ARGS
#define NOTHING     SD_BUS_NO_RESULT

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Switch", SD_BUS_ARGS("s", target, "a{sv}", options), RESULT,
                        bus_pair_method_switch, U),
        SD_BUS_METHOD_WITH_ARGS("Split", OPTIONS, RESULT, bus_pair_method_split, U),
        SD_BUS_METHOD_WITH_ARGS("Revert", NONE, RESULT, bus_pair_method_revert, U),
        SD_BUS_METHOD_WITH_ARGS("Drill", OPTIONS, RESULT, bus_pair_method_drill, U),
        SD_BUS_METHOD_WITH_ARGS("Confirm", NONE, NOTHING, bus_pair_method_confirm, U),
        SD_BUS_METHOD_WITH_ARGS("Plan", OPTIONS, SD_BUS_RESULT("aa{sv}", steps), bus_pair_method_plan, U),
        SD_BUS_METHOD_WITH_ARGS("Prime", OPTIONS, RESULT, bus_pair_method_prime, U),
        SD_BUS_METHOD_WITH_ARGS("Unprime", OPTIONS, RESULT, bus_pair_method_unprime, U),
        SD_BUS_METHOD_WITH_ARGS("Probe", OPTIONS, RESULT, bus_pair_method_probe, U),
        SD_BUS_METHOD_WITH_ARGS(
                        "Hold", SD_BUS_ARGS("t", duration_usec, "s", reason), NOTHING, bus_pair_method_hold, U),
        SD_BUS_METHOD_WITH_ARGS("Release", NONE, NOTHING, bus_pair_method_release, U),
        SD_BUS_METHOD_WITH_ARGS("Reset", NONE, NOTHING, bus_pair_method_reset, U),
        SD_BUS_METHOD_WITH_ARGS("InjectEvidence",
                        SD_BUS_ARGS("s", adapter, "s", signal, "s", level, "t", duration_usec), NOTHING,
                        bus_pair_method_inject, U),
        SD_BUS_METHOD_WITH_ARGS("Record", NONE, SD_BUS_RESULT("h", trace), method_record, U),
        SD_BUS_METHOD_WITH_ARGS("Describe", NONE, SD_BUS_RESULT("s", json), method_describe, U),
        SD_BUS_PROPERTY("Name", "s", bus_get_string, NOW(name), C),
        SD_BUS_PROPERTY("Description", "s", bus_get_string, NOW(description), E),
        SD_BUS_PROPERTY("PolicyFile", "s", bus_get_string, NOW(policy_file), E),
        SD_BUS_PROPERTY("Mode", "s", get_mode, NOW(mode), E),
        SD_BUS_PROPERTY("Steering", "s", bus_get_string, NOW(steering), E),
        SD_BUS_PROPERTY("Primary", "s", bus_get_string, NOW(adapter[SIDE_PRIMARY]), E),
        SD_BUS_PROPERTY("Standby", "s", bus_get_string, NOW(adapter[SIDE_STANDBY]), E),
        SD_BUS_PROPERTY("Active", "s", get_serving, 0, E), SD_BUS_PROPERTY("Ingress", "s", get_ingress, 0, E),
        SD_BUS_PROPERTY("Egress", "s", get_egress, 0, E),
        SD_BUS_PROPERTY("Balanced", "b", bus_get_bool, NOW(balanced), E),
        SD_BUS_PROPERTY("State", "s", get_state, NOW(state), E),
        SD_BUS_PROPERTY("StateTimestamp", "t", bus_get_u64, NOW(state_since_realtime), E),
        SD_BUS_PROPERTY("Ready", "b", bus_get_bool, NOW(protected_), E),
        SD_BUS_PROPERTY("NotReadyReasons", "as", get_reasons, 0, E),
        SD_BUS_PROPERTY("Risk", "d", NULL, NOW(risk), 0),
        SD_BUS_PROPERTY("Primed", "b", bus_get_bool, NOW(primed), E),
        SD_BUS_PROPERTY("PrimedTimestamp", "t", bus_get_u64, NOW(primed_realtime), E),
        SD_BUS_PROPERTY("PrimedItems", "a{st}", get_primed_items, 0, I),
        SD_BUS_PROPERTY("PrimeHoldReason", "s", bus_get_string, NOW(prime_hold_reason), E),
        SD_BUS_PROPERTY("SwitchCount", "u", bus_get_count, NOW(switch_count), E),
        SD_BUS_PROPERTY("LastSwitchID", "t", bus_get_u64, NOW(last_switch.id), E),
        SD_BUS_PROPERTY("LastSwitchTimestamp", "t", bus_get_u64, NOW(last_switch.realtime), E),
        SD_BUS_PROPERTY("LastSwitchFrom", "s", bus_get_string, NOW(last_switch.from), E),
        SD_BUS_PROPERTY("LastSwitchTo", "s", bus_get_string, NOW(last_switch.to), E),
        SD_BUS_PROPERTY("LastSwitchTrigger", "s", get_trigger, NOW(last_switch.trigger), E),
        SD_BUS_PROPERTY("LastSwitchResult", "s", get_result, NOW(last_switch.result), E),
        SD_BUS_PROPERTY("LastSwitchDurationUSec", "t", bus_get_u64, NOW(last_switch.duration_usec), E),
        SD_BUS_PROPERTY("LastSwitchLost", "t", bus_get_u64, NOW(last_switch.lost), E),
        SD_BUS_PROPERTY("Held", "b", bus_get_bool, NOW(held), E),
        SD_BUS_PROPERTY("HoldReason", "s", bus_get_string, NOW(hold_reason), E),
        SD_BUS_PROPERTY("HoldUntilTimestamp", "t", bus_get_u64, NOW(hold_until_realtime), E),
        SD_BUS_PROPERTY("Inhibitors", "u", NULL, NOW(n_inhibitors), E),
        SD_BUS_PROPERTY("RevertTimestamp", "t", bus_get_u64, NOW(revert_realtime), E),
        SD_BUS_PROPERTY("Conflict", "s", bus_get_string, NOW(conflict), E),
        SD_BUS_PROPERTY("SharedFate", "as", get_shared, 0, E), SD_BUS_PROPERTY("Policy", "s", get_policy, 0, X),
        SD_BUS_SIGNAL_WITH_ARGS("SwitchStarted", SD_BUS_ARGS("t", id, "s", from, "s", to, "s", trigger), 0),
        SD_BUS_SIGNAL_WITH_ARGS("SwitchFinished",
                        SD_BUS_ARGS("t", id, "s", from, "s", to, "s", result, "t", duration_usec, "a{sv}",
                                        details),
                        0),
        SD_BUS_VTABLE_END };

BusPair *bus_pair_new(Bus *b, Pair *p) {
        BusPair *bp = new0(BusPair, 1);

        if (!bp)
                return NULL;
        bp->bus = b;
        bp->pair = p;
        pair_get_status(p, &bp->now);
        bp->sent = bp->now;
        if (sd_bus_path_encode(BUS_PAIR_PREFIX, pair_name(p), &bp->path) < 0)
                goto fail;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (bus_adapter_init(&bp->adapter[side], bp, side) < 0)
                        goto fail;
        TAILQ_INSERT_TAIL(&b->pairs, bp, entry);
        b->n_pairs++;
        return bp;

fail:
        bp->bus = NULL;
        return bus_pair_free(bp);
}

BusPair *bus_pair_free(BusPair *p) {
        if (!p)
                return NULL;
        if (p->bus) {
                TAILQ_REMOVE(&p->bus->pairs, p, entry);
                p->bus->n_pairs--;
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                bus_adapter_done(&p->adapter[side]);
        free(p->path);
        free(p);
        return NULL;
}

BusPair *bus_pair_find(Bus *b, const Pair *p) {
        BusPair *bp;

        TAILQ_FOREACH(bp, &b->pairs, entry)
                if (bp->pair == p)
                        return bp;
        return NULL;
}

void bus_pair_changed(BusPair *p) {
        const char *names[BUS_FIELDS_MAX + 1];
        size_t n;

        pair_get_status(p->pair, &p->now);
        n = bus_fields_changed(fields, ELEMENTSOF(fields), &p->sent, &p->now, names);
        p->sent = p->now;
        if (n > 0 && p->bus->bus)
                sd_bus_emit_properties_changed_strv(
                                p->bus->bus, p->path, BUS_INTERFACE("Pair"), (char **) names);
}

void bus_pair_announce(BusPair *p, bool added) {
        int (*emit)(sd_bus * bus, const char *path) = added ? sd_bus_emit_object_added
                                                            : sd_bus_emit_object_removed;

        if (!p->bus->bus)
                return;
        if (added)
                emit(p->bus->bus, p->path);
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                emit(p->bus->bus, p->adapter[side].path);
        if (!added)
                emit(p->bus->bus, p->path);
}

static int find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
                sd_bus_error *error) {
        _cleanup_free_ char *name = NULL;
        Bus *b = userdata;
        BusPair *p;
        int r;

        r = sd_bus_path_decode(path, BUS_PAIR_PREFIX, &name);
        if (r <= 0)
                return r;
        TAILQ_FOREACH(p, &b->pairs, entry)
                if (streq(p->sent.name, name)) {
                        pair_get_status(p->pair, &p->now);
                        *ret_found = p;
                        return 1;
                }
        return 0;
}

static int enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error) {
        BusNodeList nodes = {};
        Bus *b = userdata;
        BusPair *p;

        TAILQ_FOREACH(p, &b->pairs, entry)
                bus_node_list_add(&nodes, p->path);
        return bus_node_list_finish(&nodes, ret_nodes);
}

int bus_pair_register(Bus *b) {
        int r;

        r = sd_bus_add_fallback_vtable(b->bus, NULL, BUS_PAIR_PREFIX, BUS_INTERFACE("Pair"), vtable, find, b);
        return r < 0 ? r : sd_bus_add_node_enumerator(b->bus, NULL, BUS_PAIR_PREFIX, enumerate, b);
}
