/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the policies on disk to the pairs that are guarded: all or nothing, and what did not change is not
 * touched. */

#include <stdio.h>

#include "alloc-util.h"
#include "clock.h"
#include "manager-internal.h"

static void on_changed(Pair *p, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_guards; i++)
                if (guard_pair(m->guards[i]) == p) {
                        m->dirty[i] = true;
                        manager_identities_look(m, m->guards[i]);
                }
        manager_tell_changed(m);
}

static void on_event(const Event *event, void *userdata) {
        Manager *m = userdata;

        journal_send(event);
        if (m->observer.event)
                m->observer.event(event, m->observer.userdata);
}

static void on_switch_started(Pair *p, const MoveRecord *record, void *userdata) {
        Manager *m = userdata;

        if (m->observer.switch_started)
                m->observer.switch_started(p, record, m->observer.userdata);
}

static void on_switch_finished(Pair *p, const MoveRecord *record, void *userdata) {
        Manager *m = userdata;

        if (m->observer.switch_finished)
                m->observer.switch_finished(p, record, m->observer.userdata);
}

/* Whether a pair can take the new policy over as it runs. */
static bool same_guard(const PairPolicy *a, const PairPolicy *b) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (!streq(a->adapter[s].text, b->adapter[s].text))
                        return false;
        return a->steering == b->steering && a->mode == b->mode;
}

static void remove_guard(Manager *m, size_t i) {
        Guard *g = m->guards[i];

        if (m->observer.pair_removed)
                m->observer.pair_removed(guard_pair(g), m->observer.userdata);
        m->n_guards--;
        memmove(m->guards + i, m->guards + i + 1, (m->n_guards - i) * sizeof(*m->guards));
        memmove(m->stale + i, m->stale + i + 1, (m->n_guards - i) * sizeof(*m->stale));
        memmove(m->dirty + i, m->dirty + i + 1, (m->n_guards - i) * sizeof(*m->dirty));
        memmove(m->leaving + i, m->leaving + i + 1, (m->n_guards - i) * sizeof(*m->leaving));
        module_poller_remove(m->modules, guard_pair(g));
        recorder_remove(m->recorder, pair_name(guard_pair(g)));
        guard_free(g, true);
}

static int add_guard(Manager *m, const PairPolicy *policy, Error *e) {
        GuardOptions options = {
                .event = m->event,
                .bpf_directory = m->options.bpf_directory,
                .state_directory = m->options.state_directory,
                .turns = m->turns,
                .crowd = &m->crowd,
                .probe_clock = m->probe_clock,
                .carrier_watch = m->carrier_watch,
                .recorder = m->recorder,
                .errands = m->errands,
                .links = { manager_links_above, manager_links_is_port, m->monitor },
                .copy_links = manager_links_copy,
                .removed_neighbours = { manager_identities_removed, m },
                .observer = {
                        .changed = on_changed,
                        .event = on_event,
                        .switch_started = on_switch_started,
                        .switch_finished = on_switch_finished,
                        .userdata = m,
                },
        };
        Guard *g;
        int r;

        if (m->n_guards >= PAIRS_MAX)
                return error_set(e, ERROR_FAILED, -E2BIG, "more than %d pairs", PAIRS_MAX);
        r = guard_new(policy, &options, &g, e);
        if (r < 0)
                return r;
        r = module_poller_add(m->modules, guard_pair(g));
        if (r < 0) {
                guard_free(g, false);
                return error_errno(e, r, "pair %s", policy->name);
        }
        m->guards[m->n_guards] = g;
        m->stale[m->n_guards] = m->dirty[m->n_guards] = m->leaving[m->n_guards] = false;
        m->n_guards++;
        if (m->observer.pair_added)
                m->observer.pair_added(guard_pair(g), m->observer.userdata);
        manager_links_introduce(m, guard_pair(g));
        pair_set_inhibitors(guard_pair(g), inhibitors_count(m->inhibitors, policy->name), clock_monotonic());
        return 0;
}

/* One of those that leave; whether there are more. */
static bool remove_leaving(Manager *m) {
        bool removed = false;

        for (size_t i = m->n_guards; i > 0; i--) {
                if (!m->leaving[i - 1])
                        continue;
                if (removed)
                        return true;
                remove_guard(m, i - 1);
                removed = true;
        }
        return false;
}

/* The guards have changed. */
static void adjust(Manager *m) {
        manager_carriers_watch(m);
        sampler_adjust(m->sampler);
        manager_tell_changed(m);
}

/* The next follows when nothing else is to be done; whether there is one. */
static bool leave_one(Manager *m) {
        bool more = remove_leaving(m);

        (void) sd_event_source_set_enabled(m->leave, more ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        return more;
}

static int on_leave(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        /* to sample all anew for each that leaves would keep the others waiting */
        if (leave_one(m))
                manager_tell_changed(m);
        else
                adjust(m);
        return 0;
}

static bool has_new(const Manager *m, const PolicySet *set) {
        for (size_t i = 0; i < set->n_policies; i++)
                if (!manager_find_pair(m, set->policies[i].name))
                        return true;
        return false;
}

/* To take out what a pair has in the kernel holds up the loop for some 50 ms. So where nobody waits for the
 * place of many that leave, one does now, and each of the others, guarded until then, when nothing else is to
 * be done.
 */
static void drop_vanished(Manager *m, const PolicySet *set) {
        bool at_once = has_new(m, set);

        for (size_t i = m->n_guards; i > 0; i--) {
                const PairPolicy *old = pair_policy(guard_pair(m->guards[i - 1]));
                const PairPolicy *new = policy_set_find(set, old->name);

                m->leaving[i - 1] = !new;
                if (new ? !same_guard(old, new) : at_once)
                        remove_guard(m, i - 1);
        }
        (void) leave_one(m);
}

/* One pair that cannot be guarded does not keep the others from it. */
static void take_over(Manager *m, const PolicySet *set) {
        for (size_t i = 0; i < set->n_policies; i++) {
                const PairPolicy *policy = set->policies + i;
                Guard *g = manager_find_guard(m, policy->name);
                Error e = {};

                if (!g) {
                        if (add_guard(m, policy, &e) < 0)
                                journal_log(LOG_ERR, policy->name, NULL, "%s", e.text);
                } else if (!pair_policy_equal(pair_policy(guard_pair(g)), policy))
                        guard_set_policy(g, policy);
        }
}

static int refuse(Manager *m, int r, Error *e) {
        const PolicyDiagnostic *first = policy_diagnostics_first_error(&m->diagnostics);

        if (first)
                r = error_set(e, ERROR_POLICY_INVALID, -EINVAL, "%s:%u:%u: %s", first->file, first->line,
                                first->column, first->text);
        else
                error_errno(e, r, "cannot load the policies");
        manager_tell_event(m, EVENT_POLICY_INVALID, NULL, 0, e ? e->text : "a policy file is invalid");
        manager_tell_changed(m);
        return r;
}

int manager_load(Manager *m, Error *e) {
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        const char *const *directories = m->options.policy_directories ?: policy_directories;
        char text[128];
        Error local = {};
        int r;

        policy_diagnostics_done(&m->diagnostics);
        r = policy_set_load(directories, &set, &m->diagnostics);
        if (r < 0)
                return refuse(m, r, e ?: &local);
        drop_vanished(m, set);
        take_over(m, set);
        policy_set_free(m->policies);
        m->policies = TAKE_PTR(set);
        m->reload_realtime = clock_usec(CLOCK_REALTIME);
        adjust(m);
        snprintf(text, sizeof(text), "%zu pair(s) from %zu file(s)", m->policies->n_policies,
                        m->policies->n_files);
        manager_tell_event(m, EVENT_POLICY_LOADED, NULL, 0, text);
        return 0;
}

int manager_reload_start(Manager *m, Error *e) {
        int r = sd_event_add_defer(m->event, &m->leave, on_leave, m);

        if (r >= 0)
                r = sd_event_source_set_priority(m->leave, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->leave, SD_EVENT_OFF);
        return r < 0 ? error_errno(e, r, "cannot make an event source") : 0;
}

int manager_reload(Manager *m, Error *e) {
        int r;

        if (m->observer.reloading)
                m->observer.reloading(true, m->observer.userdata);
        r = manager_load(m, e);
        if (m->observer.reloading)
                m->observer.reloading(false, m->observer.userdata);
        return r;
}

void manager_reload_stop(Manager *m) {
        while (remove_leaving(m))
                ;
        m->leave = sd_event_source_disable_unref(m->leave);
}
