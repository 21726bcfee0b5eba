/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/epoll.h>

#include "alloc-util.h"
#include "clock.h"
#include "manager-internal.h"

static void on_inhibitors_changed(void *userdata) {
        Manager *m = userdata;
        usec_t now = clock_monotonic();

        for (size_t i = 0; i < m->n_guards; i++) {
                Pair *p = guard_pair(m->guards[i]);

                pair_set_inhibitors(p, inhibitors_count(m->inhibitors, pair_name(p)), now);
        }
        manager_tell_changed(m);
}

static void tell_pair(Manager *m, Pair *p) {
        if (m->observer.pair_changed)
                m->observer.pair_changed(p, m->observer.userdata);
        for (PairSide s = 0; m->observer.adapter_changed && s < _PAIR_SIDE_MAX; s++)
                m->observer.adapter_changed(p, s, m->observer.userdata);
}

/* Many changes in one turn of the loop become one telling, and none delays the move that caused them. */
static int on_tell(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++)
                if (m->dirty[i]) {
                        m->dirty[i] = false;
                        tell_pair(m, guard_pair(m->guards[i]));
                }
        if (m->observer.manager_changed)
                m->observer.manager_changed(m->observer.userdata);
        return 0;
}

void manager_tell_changed(Manager *m) {
        (void) sd_event_source_set_enabled(m->tell, SD_EVENT_ONESHOT);
}

void manager_tell_event(
                Manager *m, EventKind kind, const EventField *fields, size_t n_fields, const char *text) {
        Event event = {
                .kind = kind,
                .realtime = clock_usec(CLOCK_REALTIME),
                .fields = fields,
                .n_fields = n_fields,
        };

        snprintf(event.text, sizeof(event.text), "%s", text);
        journal_send(&event);
        if (m->observer.event)
                m->observer.event(&event, m->observer.userdata);
}

static int on_errand_done(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Manager *m = userdata;

        errands_heard(m->errands);
        rtnl_gate_look(m->gate);
        for (size_t i = 0; i < m->n_guards; i++) {
                guard_take_reading(m->guards[i]);
                guard_take_gateways(m->guards[i]);
        }
        return 0;
}

int manager_new(sd_event *event, const ManagerOptions *options, Manager **ret, Error *e) {
        _cleanup_(manager_freep) Manager *m = new0(Manager, 1);
        int r;

        if (!m)
                return -ENOMEM;
        m->event = sd_event_ref(event);
        m->options = *options;
        m->start_realtime = clock_usec(CLOCK_REALTIME);
        m->start_monotonic = clock_monotonic();
        r = sd_event_add_defer(event, &m->tell, on_tell, m);
        if (r < 0)
                return error_errno(e, r, "cannot make an event source");
        (void) sd_event_source_set_enabled(m->tell, SD_EVENT_OFF);
        r = errands_new(&m->errands);
        if (r >= 0)
                r = sd_event_add_io(event, &m->errands_done, errands_get_fd(m->errands), EPOLLIN,
                                on_errand_done, m);
        if (r >= 0)
                r = rtnl_gate_new(event, m->errands, &m->gate);
        if (r >= 0)
                r = turns_new(event, m->gate, &m->turns);
        if (r >= 0)
                r = probe_clock_new(event, &m->probe_clock);
        if (r < 0)
                return error_errno(e, r, "cannot start");
        r = inhibitors_new(event, on_inhibitors_changed, m, &m->inhibitors);
        if (r < 0)
                return error_errno(e, r, "cannot start");
        r = recorder_new(event, &m->recorder);
        if (r < 0)
                return error_errno(e, r, "cannot start");
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        manager_reload_stop(m);
        manager_identities_stop(m);
        sampler_free(m->sampler);
        module_poller_free(m->modules);
        carrier_watch_free(m->carrier_watch);
        lldp_listener_free(m->lldp);
        ethtool_monitor_free(m->ethtool_monitor);
        link_monitor_free(m->monitor);
        /* traffic stays where it is: stopping primed must not disturb it */
        for (size_t i = 0; i < m->n_guards; i++)
                guard_free(m->guards[i], false);
        probe_clock_free(m->probe_clock);
        turns_free(m->turns);
        rtnl_gate_free(m->gate);
        sd_event_source_disable_unref(m->errands_done);
        errands_free(m->errands);
        recorder_free(m->recorder);
        inhibitors_free(m->inhibitors);
        policy_set_free(m->policies);
        policy_diagnostics_done(&m->diagnostics);
        sd_event_source_disable_unref(m->pulse);
        sd_event_source_disable_unref(m->refresh);
        sd_event_source_disable_unref(m->tell);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

int manager_start(Manager *m, Error *e) {
        static const EventField version = { .name = "PRIMED_VERSION", .value = PRIMED_VERSION };
        Error invalid = {};
        int r;

        manager_places_start(m);
        r = manager_links_start(m, e);
        if (r >= 0)
                r = manager_settings_start(m, e);
        if (r >= 0)
                r = manager_identities_start(m, e);
        if (r < 0)
                return r;
        r = sampler_new(m, m->options.replay, &m->sampler, e);
        if (r < 0)
                return r;
        r = module_poller_new(m->event, m->options.memory_directory, NULL, &m->modules, e);
        if (r < 0)
                return r;
        r = manager_reload_start(m, e);
        if (r < 0)
                return r;
        /* a wrong policy is told and guards nothing; stopping over it would also stop the bus that says so */
        r = manager_load(m, &invalid);
        if (r < 0 && invalid.kind != ERROR_POLICY_INVALID)
                return error_set(e, invalid.kind, r, "%s", invalid.text);
        manager_tell_event(m, EVENT_STARTED, &version, 1, "primed " PRIMED_VERSION " has started");
        return 0;
}

void manager_tell_stopped(Manager *m, const char *why) {
        EventField reason = { .name = "PRIMED_REASON", .value = why };
        char text[128];

        snprintf(text, sizeof(text), "primed has stopped (%s), traffic stays where it is", why);
        manager_tell_event(m, EVENT_STOPPED, &reason, 1, text);
}

void manager_set_observer(Manager *m, const ManagerObserver *observer) {
        m->observer = *observer;
}

sd_event *manager_event_loop(const Manager *m) {
        return m->event;
}

size_t manager_n_pairs(const Manager *m) {
        return m->n_guards;
}

size_t manager_n_protected(const Manager *m) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_guards; i++)
                n += pair_is_protected(guard_pair(m->guards[i]));
        return n;
}

Pair *manager_get_pair(const Manager *m, size_t i) {
        assert(i < m->n_guards);
        return guard_pair(m->guards[i]);
}

Guard *manager_find_guard(const Manager *m, const char *name) {
        for (size_t i = 0; i < m->n_guards; i++)
                if (streq(pair_name(guard_pair(m->guards[i])), name))
                        return m->guards[i];
        return NULL;
}

Pair *manager_find_pair(const Manager *m, const char *name) {
        Guard *g = manager_find_guard(m, name);

        return g ? guard_pair(g) : NULL;
}

Pair *manager_find_adapter(const Manager *m, const char *ifname, PairSide *ret_side) {
        for (size_t i = 0; i < m->n_guards; i++)
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        if (streq(pair_link(guard_pair(m->guards[i]), s)->name, ifname)) {
                                if (ret_side)
                                        *ret_side = s;
                                return guard_pair(m->guards[i]);
                        }
        return NULL;
}

const PolicySet *manager_policies(const Manager *m) {
        return m->policies;
}

const PolicyDiagnostics *manager_diagnostics(const Manager *m) {
        return &m->diagnostics;
}

usec_t manager_start_realtime(const Manager *m) {
        return m->start_realtime;
}

usec_t manager_start_monotonic(const Manager *m) {
        return m->start_monotonic;
}

usec_t manager_reload_realtime(const Manager *m) {
        return m->reload_realtime;
}

int manager_inhibit(Manager *m, const char *pair, const char *who, const char *why, uint32_t uid, uint32_t pid,
                Error *e) {
        Inhibitor what = { .uid = uid, .pid = pid, .since_realtime = clock_usec(CLOCK_REALTIME) };

        if (pair && !manager_find_pair(m, pair))
                return error_set(e, ERROR_NO_SUCH_PAIR, -ENOENT, "there is no pair %s", pair);
        snprintf(what.pair, sizeof(what.pair), "%s", pair ? pair : "");
        snprintf(what.who, sizeof(what.who), "%s", who);
        snprintf(what.why, sizeof(what.why), "%s", why);
        return inhibitors_add(m->inhibitors, &what, e);
}

int manager_record(Manager *m, const char *pair, Error *e) {
        Pair *p = manager_find_pair(m, pair);
        int fd;

        if (!p)
                return error_set(e, ERROR_NO_SUCH_PAIR, -ENOENT, "there is no pair %s", pair);
        fd = recorder_add(m->recorder, pair, clock_monotonic(), clock_usec(CLOCK_REALTIME), e);
        if (fd >= 0)
                pair_note_all(p);
        return fd;
}

size_t manager_inhibitors(const Manager *m, const Inhibitor **ret) {
        return inhibitors_list(m->inhibitors, ret);
}
