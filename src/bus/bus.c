/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "alloc-util.h"
#include "bus-call.h"
#include "bus-event.h"
#include "bus-internal.h"
#include "bus-reply.h"

#define RETRY_USEC (2 * USEC_PER_SEC)
/* A bus that does not answer; the service manager waits 90 s for its services. */
#define SETTLE_USEC (5 * USEC_PER_SEC)

/* ---- what the manager tells ---- */

static void on_pair_added(Pair *p, void *userdata) {
        BusPair *bp = bus_pair_new(userdata, p);

        if (bp)
                bus_pair_announce(bp, true);
}

static void on_pair_removed(Pair *p, void *userdata) {
        BusPair *bp = bus_pair_find(userdata, p);

        if (!bp)
                return;
        bus_pair_announce(bp, false);
        bus_pair_free(bp);
}

static void on_pair_changed(Pair *p, void *userdata) {
        BusPair *bp = bus_pair_find(userdata, p);

        if (bp)
                bus_pair_changed(bp);
}

static void on_adapter_changed(Pair *p, PairSide side, void *userdata) {
        BusPair *bp = bus_pair_find(userdata, p);

        if (bp)
                bus_adapter_changed(&bp->adapter[side]);
}

static void on_switch_started(Pair *p, const MoveRecord *record, void *userdata) {
        BusPair *bp = bus_pair_find(userdata, p);

        if (bp && bp->bus->bus)
                sd_bus_emit_signal(bp->bus->bus, bp->path, BUS_INTERFACE("Pair"), "SwitchStarted", "tsss",
                                record->id, record->from, record->to, move_trigger_to_string(record->trigger));
}

static void on_switch_finished(Pair *p, const MoveRecord *record, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        BusPair *bp = bus_pair_find(userdata, p);
        int r;

        if (!bp || !bp->bus->bus)
                return;
        r = sd_bus_message_new_signal(bp->bus->bus, &m, bp->path, BUS_INTERFACE("Pair"), "SwitchFinished");
        if (r >= 0)
                r = sd_bus_message_append(m, "tssst", record->id, record->from, record->to,
                                move_result_to_string(record->result), record->duration_usec);
        if (r >= 0)
                r = bus_append_move(m, record);
        if (r >= 0)
                sd_bus_send(bp->bus->bus, m, NULL);
}

static void on_event(const Event *event, void *userdata) {
        Bus *b = userdata;

        if (b->bus)
                bus_event_emit(b->bus, event);
}

static void on_reloading(bool active, void *userdata) {
        Bus *b = userdata;

        if (b->bus)
                sd_bus_emit_signal(b->bus, BUS_ROOT, BUS_INTERFACE("Manager"), "Reloading", "b", (int) active);
}

static void on_manager_changed(void *userdata) {
        bus_manager_changed(userdata);
}

/* ---- the connection ---- */

static int bus_connect(Bus *b);

static int on_settled(sd_event_source *s, uint64_t usec, void *userdata) {
        Bus *b = userdata;

        b->settled(b->settled_userdata);
        return 0;
}

/* Once it was, this changes nothing. */
static void bus_settle(Bus *b) {
        (void) sd_event_source_set_time(b->settling, 0);
}

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata) {
        Bus *b = userdata;

        b->retry = sd_event_source_unref(b->retry);
        bus_connect(b);
        return 0;
}

static int bus_retry_later(Bus *b) {
        b->bus = sd_bus_close_unref(b->bus);
        bus_settle(b);
        if (b->retry)
                return 0;
        if (b->connected)
                journal_log(LOG_WARNING, NULL, NULL, "There is no system bus; guarding goes on without it");
        b->connected = false;
        return sd_event_add_time_relative(b->event, &b->retry, CLOCK_MONOTONIC, RETRY_USEC, 0, on_retry, b);
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        bus_retry_later(userdata);
        return 0;
}

/* org.freedesktop.DBus.RequestName: 1 is "primary owner", 4 "already owner". */
static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Bus *b = userdata;
        uint32_t result = 0;

        bus_settle(b);
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY) ||
                        sd_bus_message_is_method_error(m, SD_BUS_ERROR_DISCONNECTED))
                return 0; /* on_disconnected() tries again */
        if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "u", &result) >= 0 &&
                        (result == 1 || result == 4)) {
                b->connected = true;
                return 0;
        }
        journal_log(LOG_ERR, NULL, NULL, "The bus does not give out the name %s: %s", BUS_NAME,
                        sd_bus_message_is_method_error(m, NULL) ? sd_bus_message_get_error(m)->message
                                                                : "another process has it");
        return sd_event_exit(b->event, EXIT_FAILURE);
}

static int bus_register(Bus *b) {
        int r;

        r = sd_bus_attach_event(b->bus, b->event, SD_EVENT_PRIORITY_NORMAL + 10); /* after what moves traffic */
        if (r >= 0)
                r = sd_bus_match_signal(b->bus, NULL, "org.freedesktop.DBus.Local",
                                "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
                                on_disconnected, b);
        if (r >= 0)
                r = sd_bus_add_object_manager(b->bus, NULL, BUS_ROOT);
        if (r >= 0)
                r = bus_manager_register(b);
        if (r >= 0)
                r = bus_pair_register(b);
        if (r >= 0)
                r = bus_adapter_register(b);
        if (r >= 0)
                r = bus_log_control_register(b);
        if (r >= 0)
                r = sd_bus_request_name_async(b->bus, NULL, BUS_NAME, 0, on_name, b);
        return r;
}

/* Before sd-bus says what is left to say, which on a bus that has not even greeted would take forever. */
static int on_exiting(sd_event_source *s, void *userdata) {
        Bus *b = userdata;

        if (b->bus && sd_bus_is_ready(b->bus) <= 0)
                b->bus = sd_bus_close_unref(b->bus);
        return 0;
}

static int bus_watch_loop(Bus *b) {
        int r;

        r = sd_event_add_time_relative(b->event, &b->settling, CLOCK_MONOTONIC, SETTLE_USEC, 0, on_settled, b);
        if (r >= 0)
                r = sd_event_add_exit(b->event, &b->exiting, on_exiting, b);
        return r < 0 ? r : sd_event_source_set_priority(b->exiting, SD_EVENT_PRIORITY_IMPORTANT);
}

static int bus_connect(Bus *b) {
        int r;

        r = sd_bus_open_system(&b->bus);
        if (r >= 0)
                r = bus_register(b);
        return r < 0 ? bus_retry_later(b) : 0;
}

int bus_new(sd_event *event, Manager *manager, BusSettledFunc settled, void *userdata, Bus **ret, Error *e) {
        _cleanup_(bus_freep) Bus *b = new0(Bus, 1);
        ManagerObserver observer = {
                .pair_added = on_pair_added,
                .pair_removed = on_pair_removed,
                .pair_changed = on_pair_changed,
                .adapter_changed = on_adapter_changed,
                .switch_started = on_switch_started,
                .switch_finished = on_switch_finished,
                .event = on_event,
                .reloading = on_reloading,
                .manager_changed = on_manager_changed,
        };
        int r;

        if (!b)
                return error_errno(e, -ENOMEM, "cannot go on the bus");
        b->event = sd_event_ref(event);
        b->connected = true; /* so that its absence is said once */
        b->manager = manager;
        b->settled = settled;
        b->settled_userdata = userdata;
        TAILQ_INIT(&b->pairs);
        TAILQ_INIT(&b->calls);
        for (size_t i = 0; i < manager_n_pairs(manager); i++)
                if (!bus_pair_new(b, manager_get_pair(manager, i)))
                        return error_errno(e, -ENOMEM, "cannot go on the bus");
        bus_manager_changed(b); /* what there is now needs no signal */
        r = bus_watch_loop(b);
        if (r >= 0)
                r = bus_connect(b);
        if (r < 0)
                return error_errno(e, r, "cannot go on the bus");
        observer.userdata = b;
        manager_set_observer(manager, &observer);
        *ret = TAKE_PTR(b);
        return 0;
}

Bus *bus_free(Bus *b) {
        BusPair *p;
        BusCall *c;

        if (!b)
                return NULL;
        manager_set_observer(b->manager, &(ManagerObserver){});
        while ((c = TAILQ_FIRST(&b->calls))) {
                bool waits_for_pair = !c->slot;

                TAILQ_REMOVE(&b->calls, c, entry);
                c->bus = NULL;
                if (!waits_for_pair) /* else its answer frees it */
                        bus_call_free(c);
        }
        while ((p = TAILQ_FIRST(&b->pairs)))
                bus_pair_free(p);
        sd_event_source_disable_unref(b->retry);
        sd_event_source_disable_unref(b->settling);
        sd_event_source_disable_unref(b->exiting);
        sd_bus_flush_close_unref(b->bus);
        sd_event_unref(b->event);
        free(b);
        return NULL;
}
