/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <linux/ethtool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc-util.h"
#include "clock.h"
#include "fake-manager.h"

static const char *const names[] = { "lan", "san", "far", "busy", "bad", "back", "slow" };

/* ---- the model ---- */

void fake_tell(Pair *p) {
        ManagerObserver *o = &p->manager->observer;

        if (o->pair_changed)
                o->pair_changed(p, o->userdata);
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (o->adapter_changed)
                        o->adapter_changed(p, side, o->userdata);
}

static void tell_manager(Manager *m) {
        if (m->observer.manager_changed)
                m->observer.manager_changed(m->observer.userdata);
}

void fake_set_state(Pair *p, PairState state) {
        p->status.state = state;
        p->status.state_since_realtime = clock_usec(CLOCK_REALTIME);
}

void fake_carry(Pair *p, PairSide serving, PairSide ingress, PairSide egress) {
        p->status.serving = serving;
        p->status.ingress = ingress;
        p->status.egress = egress;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                p->adapter[side].serving = side == serving;
                p->adapter[side].ingress = side == ingress;
                p->adapter[side].egress = side == egress;
        }
}

static void set_limits(ModuleDiagnostics *d, ModuleValue v, double high_alarm, double high_warn,
                double low_warn, double low_alarm) {
        d->limit[v][MODULE_HIGH_ALARM] = (ModuleNumber){ true, high_alarm };
        d->limit[v][MODULE_HIGH_WARN] = (ModuleNumber){ true, high_warn };
        d->limit[v][MODULE_LOW_WARN] = (ModuleNumber){ true, low_warn };
        d->limit[v][MODULE_LOW_ALARM] = (ModuleNumber){ true, low_alarm };
}

/* lanA: four lanes, one of them dim; lanB: a module that is not read any more. */
static void fill_module(ModuleStatus *m, PairSide side) {
        static const double rx[] = { -1.5, -13, -1.25, -1 };
        ModuleDiagnostics *d = &m->diagnostics;

        m->read_at = clock_monotonic();
        *d = (ModuleDiagnostics){ .kind = "QSFP28",
                .standard = "SFF-8636",
                .medium = MODULE_OPTICAL,
                .vendor = "FS",
                .part_number = "QSFP28-IR4-100G",
                .revision = "A1",
                .serial = "C1812155461",
                .date = "2019-01-10",
                .identity_checksum = MODULE_CHECKSUM_GOOD,
                .n_lanes = 4 };
        d->value[MODULE_TEMPERATURE][0] = (ModuleNumber){ true, 28.5 };
        set_limits(d, MODULE_TEMPERATURE, 80, 75, -5, -10);
        for (size_t i = 0; i < ELEMENTSOF(rx); i++)
                d->value[MODULE_RX_POWER][i] = (ModuleNumber){ true, rx[i] };
        set_limits(d, MODULE_RX_POWER, 4.5, 3.5, -12.5, -14.5);
        d->value[MODULE_TX_BIAS][2] = (ModuleNumber){ true, 36.736 };
        d->flag[MODULE_RX_POWER][MODULE_LOW_WARN] = 1 << 1;
        if (side == SIDE_PRIMARY)
                return;
        m->failed = 3;
        snprintf(m->error, sizeof(m->error), "kernel: i2c bus timed out");
        d->identity_checksum = MODULE_CHECKSUM_WRONG;
        d->rx_los = 1 << 1;
}

static void fill_adapter(Pair *p, PairSide side, int index) {
        AdapterStatus *a = &p->adapter[side];

        *a = (AdapterStatus){ .side = side, .risk = 0.001, .mtu = 1500 };
        snprintf(a->name, sizeof(a->name), "%s%c", p->policy.name, side == SIDE_PRIMARY ? 'A' : 'B');
        snprintf(a->pair, sizeof(a->pair), "%s", p->policy.name);
        snprintf(p->status.adapter[side], IFNAMSIZ, "%s", a->name);
        if (streq(p->policy.name, "far"))
                return;
        a->ifindex = index;
        a->up = a->carrier = a->proved = true;
        a->full_duplex = true;
        a->bit_rate = 10000000000;
        snprintf(a->operstate, sizeof(a->operstate), "up");
        snprintf(a->driver, sizeof(a->driver), "veth");
        snprintf(a->proof, sizeof(a->proof), "last beacon 12ms ago");
        a->address = (EtherAddress){ { 2, 0, 0, 0, 0, (uint8_t) index } };
        a->permanent_address = a->address;
        a->values[SIGNAL_RX_CRC_ERRORS] = (SignalValue){ true, 3, clock_monotonic() };
        a->values[SIGNAL_RX_POWER] = (SignalValue){ true, -4.2, clock_monotonic() };
        if (streq(p->policy.name, "lan"))
                fill_module(&a->module, side);
        a->ingress_frames = 1000;
        a->egress_frames = 900;
}

void fake_raise_signal(AdapterStatus *a, Signal signal, EvidenceLevel level, bool injected) {
        usec_t now = clock_monotonic();

        if (signal == SIGNAL_CARRIER) {
                a->carrier = false;
                a->trouble = (LinkTrouble){ true, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE,
                        ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE };
        }
        a->evidence[0] = (Evidence){
                .signal = signal,
                .level = level,
                .rule = signal_info(signal)->rule,
                .value = -13.1,
                .threshold = level == EVIDENCE_ALARM ? -14 : -12,
                .since = now,
                .updated = now,
                .time_to_failure = USEC_INFINITY,
                .injected = injected,
        };
        a->n_evidence = 1;
        a->health = level;
        a->risk = level == EVIDENCE_ALARM ? 0.8 : 0.3;
}

static Pair *pair_free(Pair *p) {
        if (!p)
                return NULL;
        if (p->pending) {
                Error e = {};

                error_set(&e, ERROR_NOT_READY, -ESHUTDOWN, "pair '%s' is no longer guarded", p->policy.name);
                p->pending->func(p, NULL, &e, p->pending->userdata);
                sd_event_source_disable_unref(p->pending->timer);
                free(p->pending);
        }
        prime_plan_free(p->plan);
        free(p);
        return NULL;
}

static void set_numbers(PrimeStep *s, uint64_t a, uint64_t b) {
        s->a = s->want = (AdapterValue){ .set = true, .word = { a } };
        s->b = s->undo = (AdapterValue){ .set = true, .word = { b } };
}

/* Three settings: alike, to be set, not to be had. */
PrimePlan *fake_make_plan(bool primed) {
        PrimePlan *plan = prime_plan_new();
        PrimeStep *s;

        s = prime_plan_add(plan);
        s->item = PRIME_MTU;
        s->attribute = ATTRIBUTE_MTU;
        set_numbers(s, 1500, 1500);
        s = prime_plan_add(plan);
        s->item = PRIME_TX_QUEUE_LENGTH;
        s->attribute = ATTRIBUTE_TX_QUEUE_LENGTH;
        set_numbers(s, 1000, primed ? 1000 : 500);
        s->want = s->a;
        s->action = primed ? PRIME_EQUAL : PRIME_SET;
        s = prime_plan_add(plan);
        s->item = PRIME_RINGS;
        s->attribute = ATTRIBUTE_RINGS_RX;
        s->a = (AdapterValue){ .set = true, .word = { 512 } };
        s->action = PRIME_UNSUPPORTED;
        s->disruption = DISRUPTION_LINK;
        snprintf(s->note, sizeof(s->note), "the driver has no rings to set");
        return plan;
}

static Pair *make_pair(Manager *m, const char *name, int index) {
        Pair *p = new0(Pair, 1);
        bool absent = streq(name, "far");

        p->manager = m;
        pair_policy_init(&p->policy);
        snprintf(p->policy.name, sizeof(p->policy.name), "%s", name);
        snprintf(p->policy.file, sizeof(p->policy.file), "/etc/primed/policy.d/%s.yaml", name);
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                AdapterMatch *match = &p->policy.adapter[side];

                fill_adapter(p, side, index * 2 + (int) side + 10);
                memcpy(match->name, p->adapter[side].name, IFNAMSIZ);
                memcpy(match->text, p->adapter[side].name, IFNAMSIZ);
        }
        snprintf(p->status.name, sizeof(p->status.name), "%s", name);
        snprintf(p->status.description, sizeof(p->status.description), "%s uplink", name);
        memcpy(p->status.policy_file, p->policy.file, sizeof(p->status.policy_file));
        snprintf(p->status.steering, sizeof(p->status.steering), absent ? "none" : "redirect");
        p->status.risk = p->adapter[SIDE_PRIMARY].risk;
        fake_carry(p, SIDE_PRIMARY, SIDE_PRIMARY, SIDE_PRIMARY);
        fake_set_state(p, absent ? PAIR_ABSENT : PAIR_PRIMED);
        p->status.protected_ = p->status.primed = !absent;
        p->status.primed_realtime = absent ? 0 : clock_usec(CLOCK_REALTIME);
        p->plan = absent ? NULL : fake_make_plan(true);
        if (absent) {
                p->status.n_reasons = 2;
                snprintf(p->status.reasons[0], PAIR_REASON_MAX, "farA does not exist");
                snprintf(p->status.reasons[1], PAIR_REASON_MAX, "farB does not exist");
        }
        if (streq(name, "san")) {
                fake_raise_signal(&p->adapter[SIDE_PRIMARY], SIGNAL_RX_POWER, EVIDENCE_WARN, false);
                p->status.risk = p->adapter[SIDE_PRIMARY].risk;
        }
        return p;
}

/* ---- manager.h ---- */

int manager_new(sd_event *event, const ManagerOptions *options, Manager **ret, Error *e) {
        Manager *m = new0(Manager, 1);

        m->event = sd_event_ref(event);
        if (options->policy_directories && options->policy_directories[0])
                snprintf(m->broken, sizeof(m->broken), "%s/broken", options->policy_directories[0]);
        *ret = m;
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        if (m->record_fd > 0)
                close(m->record_fd);
        for (size_t i = 0; i < m->n_pairs; i++)
                pair_free(m->pairs[i]);
        for (size_t i = 0; i < m->n_inhibitors; i++) {
                sd_event_source_disable_unref(m->inhibitor_io[i]);
                close(m->inhibitor_fd[i]);
        }
        for (size_t i = 0; i < m->policies.n_files; i++)
                free(m->policies.files[i]);
        free(m->policies.files);
        free(m->policies.policies);
        policy_diagnostics_done(&m->diagnostics);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

static void list_policies(Manager *m) {
        free(m->policies.policies);
        m->policies.policies = new0(PairPolicy, m->n_pairs);
        m->policies.n_policies = m->n_pairs;
        for (size_t i = 0; i < m->n_pairs; i++)
                m->policies.policies[i] = m->pairs[i]->policy;
}

int manager_start(Manager *m, Error *e) {
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                m->pairs[m->n_pairs++] = make_pair(m, names[i], (int) i);
        m->policies.files = new0(char *, 1);
        m->policies.files[m->policies.n_files++] = strdup("/etc/primed/policy.d/lan.yaml");
        list_policies(m);
        m->start_realtime = m->reload_realtime = clock_usec(CLOCK_REALTIME);
        m->start_monotonic = clock_monotonic();
        return 0;
}

static void toggle_tmp(Manager *m) {
        Pair *p = manager_find_pair(m, "tmp");

        if (p) {
                m->n_pairs--; /* it is the last */
                if (m->observer.pair_removed)
                        m->observer.pair_removed(p, m->observer.userdata);
                pair_free(p);
        } else {
                p = m->pairs[m->n_pairs++] = make_pair(m, "tmp", FAKE_PAIRS_MAX);
                if (m->observer.pair_added)
                        m->observer.pair_added(p, m->observer.userdata);
        }
}

int manager_reload(Manager *m, Error *e) {
        int r = 0;

        if (m->observer.reloading)
                m->observer.reloading(true, m->observer.userdata);
        policy_diagnostics_done(&m->diagnostics);
        if (access(m->broken, F_OK) == 0) {
                policy_diagnostics_add(&m->diagnostics, POLICY_ERROR, m->broken, 3, 5, NULL, 0,
                                "unknown key 'stanby', did you mean 'standby'?");
                r = error_set(e, ERROR_POLICY_INVALID, -EBADMSG, "%s:3:5: unknown key 'stanby'", m->broken);
        } else {
                toggle_tmp(m);
                list_policies(m);
                m->reload_realtime = clock_usec(CLOCK_REALTIME);
        }
        tell_manager(m);
        if (m->observer.reloading)
                m->observer.reloading(false, m->observer.userdata);
        return r;
}

void manager_tell_stopped(Manager *m, const char *why) {
        Event event = { .kind = EVENT_STOPPED, .realtime = clock_usec(CLOCK_REALTIME) };

        snprintf(event.text, sizeof(event.text), "primed has stopped (%s)", why);
        journal_send(&event);
        if (m->observer.event)
                m->observer.event(&event, m->observer.userdata);
}

void manager_set_observer(Manager *m, const ManagerObserver *observer) {
        m->observer = *observer;
}

sd_event *manager_event_loop(const Manager *m) {
        return m->event;
}

size_t manager_n_pairs(const Manager *m) {
        return m->n_pairs;
}

size_t manager_n_protected(const Manager *m) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_pairs; i++)
                n += m->pairs[i]->status.protected_;
        return n;
}

Pair *manager_get_pair(const Manager *m, size_t i) {
        return m->pairs[i];
}

Pair *manager_find_pair(const Manager *m, const char *name) {
        for (size_t i = 0; i < m->n_pairs; i++)
                if (streq(m->pairs[i]->policy.name, name))
                        return m->pairs[i];
        return NULL;
}

Pair *manager_find_adapter(const Manager *m, const char *ifname, PairSide *ret_side) {
        for (size_t i = 0; i < m->n_pairs; i++)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        if (streq(m->pairs[i]->adapter[side].name, ifname)) {
                                if (ret_side)
                                        *ret_side = side;
                                return m->pairs[i];
                        }
        return NULL;
}

const PolicySet *manager_policies(const Manager *m) {
        return &m->policies;
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

static void count_inhibitors(Manager *m) {
        for (size_t i = 0; i < m->n_pairs; i++) {
                Pair *p = m->pairs[i];

                p->status.n_inhibitors = 0;
                for (size_t j = 0; j < m->n_inhibitors; j++)
                        p->status.n_inhibitors += !m->inhibitors[j].pair[0] ||
                                        streq(m->inhibitors[j].pair, p->policy.name);
                fake_tell(p);
        }
        tell_manager(m);
}

static int on_inhibitor_closed(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_inhibitors; i++)
                if (m->inhibitor_fd[i] == fd) {
                        sd_event_source_disable_unref(m->inhibitor_io[i]);
                        close(fd);
                        m->n_inhibitors--;
                        m->inhibitors[i] = m->inhibitors[m->n_inhibitors];
                        m->inhibitor_io[i] = m->inhibitor_io[m->n_inhibitors];
                        m->inhibitor_fd[i] = m->inhibitor_fd[m->n_inhibitors];
                        count_inhibitors(m);
                        break;
                }
        return 0;
}

int manager_inhibit(Manager *m, const char *pair, const char *who, const char *why, uint32_t uid, uint32_t pid,
                Error *e) {
        Inhibitor *x = &m->inhibitors[m->n_inhibitors];
        int fds[2];

        if (m->n_inhibitors == INHIBITORS_MAX)
                return error_set(e, ERROR_FAILED, -ENOBUFS, "too many inhibitors");
        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return error_errno(e, -errno, "cannot make an inhibitor");
        *x = (Inhibitor){
                .id = ++m->next_inhibitor, .uid = uid, .pid = pid, .since_realtime = clock_usec(CLOCK_REALTIME)
        };
        snprintf(x->pair, sizeof(x->pair), "%s", pair ?: "");
        snprintf(x->who, sizeof(x->who), "%s", who);
        snprintf(x->why, sizeof(x->why), "%s", why);
        m->inhibitor_fd[m->n_inhibitors] = fds[0];
        sd_event_add_io(m->event, &m->inhibitor_io[m->n_inhibitors], fds[0], 0, on_inhibitor_closed, m);
        m->n_inhibitors++;
        count_inhibitors(m);
        return fds[1];
}

size_t manager_inhibitors(const Manager *m, const Inhibitor **ret) {
        *ret = m->inhibitors;
        return m->n_inhibitors;
}

/* Two readings, and then nothing more until the manager ends. */
int manager_record(Manager *m, const char *pair, Error *e) {
        static const char trace[] = "# trace of a fake\n"
                                    "0.000000,lanA,role,primary\n"
                                    "0.000000,lanB,role,standby\n"
                                    "0.100000,lanA,rx-power,-3\n";
        int fds[2];

        if (streq(pair, "busy"))
                return error_set(e, ERROR_BUSY, -EBUSY, "16 recordings are under way already");
        if (pipe2(fds, O_CLOEXEC) < 0 || write(fds[1], trace, sizeof(trace) - 1) < 0)
                return error_errno(e, -errno, "cannot make a pipe");
        if (m->record_fd > 0)
                close(m->record_fd);
        m->record_fd = fds[1];
        return fds[0];
}
