/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/ethernet.h>
#include <sys/epoll.h>

#include "alloc-util.h"
#include "clock.h"
#include "guard-internal.h"
#include "state-file.h"

/* How often probe results reach the predictor: at 1000 probes per second not each by itself. While all arrive
 * and the paths are proved they go there with the other samples. */
#define PROBE_FEED_INTERVAL (10 * USEC_PER_MSEC)

/* Before everything that is not about traffic: bus, journal, sampling. */
#define PRIORITY_TRAFFIC (SD_EVENT_PRIORITY_IMPORTANT)

static void wake_arm(Guard *g, usec_t wanted) {
        usec_t at = MAX(wanted, g->rests_until);

        g->wake_at = at;
        (void) sd_event_source_set_time(g->wake, at);
        (void) sd_event_source_set_enabled(g->wake, at == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void on_turn(void *userdata) {
        Guard *g = userdata;

        pair_dispatch(g->pair, clock_monotonic());
}

static bool port_may_begin(void *userdata, PairTurn what) {
        Guard *g = userdata;

        return turns_ask(g->options.turns, &g->waiter, what);
}

static int on_wake(sd_event_source *source, uint64_t usec, void *userdata) {
        Guard *g = userdata;
        usec_t now = clock_monotonic(), before = clock_taken();

        g->wake_at = USEC_INFINITY;
        pair_dispatch(g->pair, now);
        g->rests_until = breather_until(&g->breather, before, clock_taken(), now);
        if (g->wake_at < g->rests_until)
                wake_arm(g, g->rests_until);
        return 0;
}

static void probe_feed(Guard *g, usec_t now) {
        HealthSample samples[PROBE_VERDICT_SAMPLES];

        g->probe_fed_at = now;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                pair_feed(g->pair, s, samples, prober_samples(g->prober, s, now, samples, ELEMENTSOF(samples)),
                                now);
}

void guard_feed_probes(Guard *g, usec_t now) {
        if (g->prober && g->calm)
                probe_feed(g, now);
}

bool guard_tests_carriers(const Guard *g) {
        const ProbePolicy *policy = &pair_policy(g->pair)->probe;

        return g->prober && policy->beacon && policy->every <= CARRIER_WATCH_USEC;
}

/* While all is well, or the next probe is due in a moment, it does not matter when an arrival is taken in,
 * since the kernel stamped it: it waits for that probe, and does not wake anybody. */
static void probe_rest(Guard *g, usec_t now) {
        bool patient;

        g->calm = g->proved[SIDE_PRIMARY] && g->proved[SIDE_STANDBY] && prober_is_calm(g->prober, now);
        patient = g->calm || prober_is_bursting(g->prober, now);
        for (PairSide s = 0; patient != g->patient && s < _PAIR_SIDE_MAX; s++)
                (void) sd_event_source_set_enabled(g->probe_io[s], patient ? SD_EVENT_OFF : SD_EVENT_ON);
        prober_set_patient(g->prober, patient);
        g->patient = patient;
}

static void probe_dispatch(Guard *g, bool arrived) {
        usec_t now = clock_monotonic(), before = 0, next = USEC_INFINITY, other;
        bool doubt[_PAIR_SIDE_MAX], bursting = prober_is_bursting(g->prober, now);

        if (bursting)
                before = clock_taken();
        prober_dispatch(g->prober, arrived, now, &next);
        probe_rest(g, now);
        probe_clock_set(g->options.probe_clock, &g->probe_alarm, next);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                doubt[s] = prober_take_doubt(g->prober, s);
        if (!g->calm && now >= usec_add(g->probe_fed_at, PROBE_FEED_INTERVAL)) {
                probe_feed(g, now);
                pair_dispatch(g->pair, now);
        }
        if (g->prober && bursting) {
                next = breather_until(&g->probe_breather, before, clock_taken(), now);
                other = probe_clock_get(g->options.probe_clock, &g->probe_alarm);
                probe_clock_set(g->options.probe_clock, &g->probe_alarm, MAX(next, other));
        }
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (doubt[s])
                        carrier_watch_look(g->options.carrier_watch, pair_link(g->pair, s)->ifindex);
}

static int on_probe_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        probe_dispatch(userdata, true);
        return 0;
}

static void on_probe_receive(void *userdata) {
        Guard *g = userdata;

        prober_receive(g->prober, false, clock_monotonic());
}

static void on_probe_due(void *userdata) {
        probe_dispatch(userdata, false);
}

static void unwatch_prober(Guard *g) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                g->probe_io[s] = sd_event_source_disable_unref(g->probe_io[s]);
}

static void port_release(void *userdata) {
        Guard *g = userdata;

        if (g->probe_io[SIDE_PRIMARY])
                probe_clock_remove(g->options.probe_clock, &g->probe_alarm);
        unwatch_prober(g);
        g->prober = prober_free(g->prober);
        g->calm = g->patient = false;
        memset(g->proved, 0, sizeof(g->proved));
        g->reading = errand_free(g->reading);
        g->gateways = errand_free(g->gateways);
        g->gateways_again = false;
}

static int watch_prober(Guard *g) {
        int r = 0;

        for (PairSide s = 0; r >= 0 && s < _PAIR_SIDE_MAX; s++)
                r = sd_event_add_io(g->options.event, &g->probe_io[s], prober_get_fd(g->prober, s), EPOLLIN,
                                on_probe_io, g);
        if (r < 0) {
                unwatch_prober(g);
                return r;
        }
        g->probe_alarm = (ProbeAlarm){ .receive = on_probe_receive, .func = on_probe_due, .userdata = g };
        r = probe_clock_add(g->options.probe_clock, &g->probe_alarm);
        if (r < 0) {
                unwatch_prober(g);
                return r;
        }
        probe_clock_set(g->options.probe_clock, &g->probe_alarm, clock_monotonic());
        return 0;
}

/* Of a pair whose frames probes would prove. */
static int start_prober(
                Guard *g, const PairPolicy *policy, const PairLink *links, const Steering *steering, Error *e) {
        ProberParameters parameters = {
                .pair = policy->name, .policy = &policy->probe, .crowd = g->options.crowd
        };
        int r;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                parameters.ifindex[s] = links[s].ifindex;
                parameters.name[s] = links[s].name;
                /* ports of a bond have its address, both of them */
                parameters.station[s] = steering
                                ? steering_get_station(steering, s)
                                : ether_address_station(links[s].master != 0 ? links[s].permanent_address
                                                                             : links[s].address);
        }
        r = prober_new(&parameters, &g->prober, e);
        if (r < 0)
                return r;
        r = watch_prober(g);
        if (r < 0)
                return error_errno(e, r, "cannot watch the prober of pair %s", policy->name);
        guard_read_gateways(g, policy);
        return 0;
}

/* What only observes puts nothing into the kernel; but what an earlier policy left there must be told as it is.
 */
static bool wants_steering(const Guard *g, const PairPolicy *policy) {
        char path[POLICY_PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", g->options.bpf_directory, policy->name);
        return policy->mode != MODE_OBSERVE || access(path, F_OK) == 0;
}

SteeringParameters guard_steering_parameters(const Guard *g, const char *pair, const PairLink *links) {
        SteeringParameters parameters = {
                .pair = pair, .bpf_directory = g->options.bpf_directory, .links = g->options.links
        };

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                parameters.ifindex[s] = links[s].ifindex;
                parameters.name[s] = links[s].name;
        }
        return parameters;
}

static int open_steering(const Guard *g, const PairPolicy *policy, const PairLink *links, usec_t now,
                Steering **ret, Error *e) {
        SteeringParameters parameters = guard_steering_parameters(g, policy->name, links);
        const SteeringBackend *backend;

        backend = steering_backend_for(policy->steering, &parameters, e);
        return backend ? steering_open(backend, &parameters, now, ret, e) : -EOPNOTSUPP;
}

static int port_attach(void *userdata, const PairPolicy *policy, const PairLink *links, usec_t now,
                Steering **ret, Error *e) {
        _cleanup_(steering_closep) Steering *steering = NULL;
        Guard *g = userdata;
        int r = 0;

        if (wants_steering(g, policy))
                r = open_steering(g, policy, links, now, &steering, e);
        if (r < 0)
                return r;
        g->home = steering ? steering_get_home(steering) : 0;
        if (g->home == 0)
                g->home = links[SIDE_PRIMARY].ifindex;
        neighbour_watch_forget(&g->neighbours, NULL);
        if (!steering || !steering_can_balance(steering))
                r = start_prober(g, policy, links, steering, e);
        if (r < 0) {
                port_release(g);
                return r;
        }
        if (steering && steering_get_notice(steering)->kind != ERROR_NONE)
                journal_log(LOG_NOTICE, policy->name, NULL, "%s", steering_get_notice(steering)->text);
        *ret = TAKE_PTR(steering);
        return 0;
}

static bool is_suspect(const Guard *g, PairSide side) {
        return health_predictor_level(pair_predictor(g->pair, side)) != EVIDENCE_NONE;
}

/* The prober asks for what the adapters must let pass as they are now. */
static void survey_follow(Guard *g) {
        const ProbePolicy *policy = &pair_policy(g->pair)->probe;
        const Steering *steering = pair_steering(g->pair);
        PairSide serving = pair_serving(g->pair);
        unsigned mtu = MIN(pair_link(g->pair, SIDE_PRIMARY)->mtu, pair_link(g->pair, SIDE_STANDBY)->mtu);

        /* without memory it asks for what it knows */
        (void) prober_set_survey(g->prober, policy->mtu && mtu > 0 ? mtu + ETH_HLEN : 0,
                        steering ? steering->vlans : NULL, steering && policy->vlans ? steering->n_vlans : 0);
        prober_set_blamed(g->prober, is_suspect(g, serving) ? _PAIR_SIDE_INVALID : pair_side_other(serving));
}

static bool port_is_proved(void *userdata, PairSide side, usec_t now, char reason[static PAIR_REASON_MAX]) {
        Guard *g = userdata;

        static_assert(PROBE_REASON_MAX <= PAIR_REASON_MAX, "a prober's reason fits a pair's");
        reason[0] = 0;
        if (!g->prober)
                return steering_prove(pair_steering(g->pair), side, now, reason, PAIR_REASON_MAX);
        g->proved[side] = prober_is_proved(g->prober, side, now, reason);
        if (!g->proved[side])
                return false;
        if (side != pair_serving(g->pair)) {
                survey_follow(g);
                if (!prober_is_surveyed(g->prober, side, now, reason))
                        return false;
        }
        snprintf(reason, PAIR_REASON_MAX, "probes arrive");
        return true;
}

static void port_probe_burst(void *userdata, usec_t now, usec_t duration) {
        Guard *g = userdata;

        if (!g->prober)
                return;
        prober_burst(g->prober, now, duration);
        probe_clock_set(g->options.probe_clock, &g->probe_alarm, now);
}

static void port_probe_totals(
                void *userdata, uint64_t *ret_lost, uint64_t *ret_duplicated, uint64_t *ret_reordered) {
        Guard *g = userdata;
        ProbeReport report = {};

        if (g->prober)
                prober_get_report(g->prober, &report);
        *ret_lost = *ret_duplicated = *ret_reordered = 0;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                *ret_lost += report.beacon[s].lost;
                *ret_duplicated += report.beacon[s].duplicated;
                *ret_reordered += report.beacon[s].reordered;
        }
}

static void port_wake(void *userdata, usec_t at) {
        Guard *g = userdata;

        /* a dispatch says when at the latest; what was asked for earlier still counts */
        if (g->wake && at < g->wake_at)
                wake_arm(g, at);
}

static void port_save(void *userdata, const Pair *p) {
        Guard *g = userdata;
        PairMemory memory;
        Error e = {};

        pair_get_memory(p, &memory);
        if (state_file_write(g->options.state_directory, pair_name(p), &memory, &e) < 0)
                journal_log(LOG_WARNING, pair_name(p), NULL, "%s", e.text);
}

static void port_save_plan(void *userdata, const PrimePlan *plan) {
        Guard *g = userdata;
        Error e = {};

        if (state_file_write_plan(g->options.state_directory, pair_name(g->pair), plan, &e) < 0)
                journal_log(LOG_WARNING, pair_name(g->pair), NULL, "%s", e.text);
}

static int port_keep(void *userdata, const PairMemory *memory, const PrimePlan *plan, Error *e) {
        const Guard *g = userdata;

        return state_file_keep(g->options.state_directory, pair_name(g->pair), memory, plan, e);
}

static usec_t port_monotonic(void *userdata) {
        return clock_monotonic();
}

static usec_t port_realtime(void *userdata) {
        return clock_usec(CLOCK_REALTIME);
}

static void port_fed(void *userdata, PairSide side, const HealthSample *samples, size_t n) {
        Guard *g = userdata;

        recorder_take(g->options.recorder, pair_name(g->pair), pair_link(g->pair, side)->name, samples, n);
}

static void port_noted(void *userdata, PairSide side, const ReplayRow *row) {
        Guard *g = userdata;

        if (g->pair) /* else it is just being made */
                recorder_note(g->options.recorder, pair_name(g->pair), pair_link(g->pair, side)->name, row,
                                clock_monotonic());
}

static void port_event(void *userdata, EventKind kind, PairSide side, const EventField *fields, size_t n_fields,
                const char *text) {
        Guard *g = userdata;
        Event event = {
                .kind = kind,
                .realtime = clock_usec(CLOCK_REALTIME),
                .pair = g->pair ? pair_name(g->pair) : NULL,
                .adapter = g->pair && side >= 0 ? pair_link(g->pair, side)->name : NULL,
                .fields = fields,
                .n_fields = n_fields,
        };

        snprintf(event.text, sizeof(event.text), "%s", text);
        g->options.observer.event(&event, g->options.observer.userdata);
}

static void port_changed(void *userdata) {
        Guard *g = userdata;

        if (g->pair)
                g->options.observer.changed(g->pair, g->options.observer.userdata);
}

static void port_switch_started(void *userdata, const MoveRecord *record) {
        Guard *g = userdata;

        g->options.observer.switch_started(g->pair, record, g->options.observer.userdata);
}

static void port_switch_finished(void *userdata, const MoveRecord *record) {
        Guard *g = userdata;

        g->options.observer.switch_finished(g->pair, record, g->options.observer.userdata);
}

static const PairPorts real_ports = {
        .may_begin = port_may_begin,
        .attach = port_attach,
        .release = port_release,
        .read = guard_port_read,
        .is_proved = port_is_proved,
        .probe_burst = port_probe_burst,
        .probe_totals = port_probe_totals,
        .prime = guard_port_prime,
        .prime_cancel = guard_port_prime_cancel,
        .identity_known = guard_port_identity_known,
        .identity = guard_port_identity,
        .wake = port_wake,
        .save = port_save,
        .save_plan = port_save_plan,
        .keep = port_keep,
        .monotonic = port_monotonic,
        .realtime = port_realtime,
        .fed = port_fed,
        .noted = port_noted,
        .event = port_event,
        .changed = port_changed,
        .switch_started = port_switch_started,
        .switch_finished = port_switch_finished,
};

/* Without it priming still works, only its first effect cannot be taken back any more. */
static PrimePlan *read_plan(const GuardOptions *options, const char *pair) {
        PrimePlan *plan = NULL;
        Error e = {};

        if (state_file_read_plan(options->state_directory, pair, &plan, &e) < 0)
                journal_log(LOG_NOTICE, pair, NULL, "%s", e.text);
        return plan;
}

int guard_new(const PairPolicy *policy, const GuardOptions *options, Guard **ret, Error *e) {
        PairMemory memory = {};
        Guard *g = new0(Guard, 1);
        int r, remembered;

        if (!g)
                return -ENOMEM;
        g->options = *options;
        g->wake_at = USEC_INFINITY;
        g->waiter = (TurnWaiter){ .go = on_turn, .userdata = g };
        turns_add(options->turns, &g->waiter);
        r = sd_event_add_time(options->event, &g->wake, CLOCK_MONOTONIC, USEC_INFINITY, 1, on_wake, g);
        if (r < 0) {
                guard_free(g, false);
                return error_errno(e, r, "cannot make a timer for pair %s", policy->name);
        }
        (void) sd_event_source_set_priority(g->wake, PRIORITY_TRAFFIC);
        remembered = state_file_read(options->state_directory, policy->name, &memory, e);
        if (remembered > 0) {
                memory.plan = read_plan(options, policy->name);
                g->record = guard_read_record(options, policy->name);
        }
        r = remembered < 0 ? remembered
                           : pair_new(policy, &real_ports, g, remembered > 0 ? &memory : NULL,
                                             clock_monotonic(), &g->pair);
        if (r < 0) {
                guard_free(g, false);
                return error_errno(e, r, "cannot guard pair %s", policy->name);
        }
        *ret = g;
        return 0;
}

static void detach(Guard *g) {
        Steering *steering = pair_steering(g->pair);
        Error e = {};

        if (steering && steering_detach(steering, &e) < 0)
                journal_log(LOG_WARNING, pair_name(g->pair), NULL, "traffic stays as it is: %s", e.text);
        else
                state_file_remove(g->options.state_directory, pair_name(g->pair));
}

Guard *guard_free(Guard *g, bool take_out) {
        if (!g)
                return NULL;
        if (take_out && g->pair)
                detach(g);
        pair_free(g->pair);
        port_release(g);
        turns_remove(g->options.turns, &g->waiter);
        if (g->job)
                turns_prime_ended(g->options.turns);
        prime_job_free(g->job);
        prime_job_free(g->lingering);
        identity_job_free(g->identity_job);
        identity_record_free(g->record);
        sd_event_source_disable_unref(g->wake);
        free(g);
        return NULL;
}

void guard_set_policy(Guard *g, const PairPolicy *policy) {
        usec_t now = clock_monotonic();
        Error e = {};

        if (g->prober && !probe_policy_equal(&pair_policy(g->pair)->probe, &policy->probe)) {
                if (prober_set_policy(g->prober, &policy->probe, &e) < 0)
                        journal_log(LOG_WARNING, policy->name, NULL, "%s", e.text);
                guard_read_gateways(g, policy);
                probe_clock_set(g->options.probe_clock, &g->probe_alarm, now);
        }
        pair_set_policy(g->pair, policy, now);
}

Pair *guard_pair(const Guard *g) {
        return g->pair;
}
