/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/random.h>

#include "alloc-util.h"
#include "clock.h"
#include "closer.h"
#include "frame-codec.h"
#include "probe-socket.h"
#include "prober-internal.h"
#include "unforked.h"

#define BATCHES_MAX  16                   /* per adapter and dispatch: a flood must not keep the event loop */
#define PATIENCE     (50 * USEC_PER_MSEC) /* how much later a lost probe may be found */
#define UNICAST_LOSE 3                    /* lost in a row before a target is looked for by broadcast again */

/* The window of a ledger must hold what can be on its way within a timeout. */
static usec_t fast_interval(const ProbePolicy *policy, usec_t wanted) {
        return MAX(wanted, policy->timeout / PROBE_WINDOW);
}

static int adapter_open(Prober *p, const ProberParameters *parameters, PairSide side, Error *e) {
        ProberAdapter *a = p->adapter + side;

        a->ifindex = parameters->ifindex[side];
        a->station = parameters->station[side];
        strncpy(a->name, parameters->name[side], sizeof(a->name) - 1);
        probe_ledger_init(&a->beacon, p->policy.timeout);
        a->fd = probe_socket_open(a->ifindex, a->name, a->station, p->cookie, e);
        return a->fd < 0 ? a->fd : 0;
}

int prober_new(const ProberParameters *parameters, Prober **ret, Error *e) {
        _cleanup_(prober_freep) Prober *p = NULL;
        const ProbePolicy *policy = parameters->policy;
        int r;

        p = unforked_new(sizeof(*p));
        if (!p)
                return error_errno(e, -ENOMEM, "%s: cannot make a prober", parameters->pair);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                p->adapter[s].fd = -EBADF;
        p->policy = *policy;
        p->pair_id = beacon_pair_id(parameters->pair);
        if (getrandom(&p->cookie, sizeof(p->cookie), 0) != sizeof(p->cookie))
                return error_errno(e, -EIO, "%s: no random number for beacons", parameters->pair);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                r = adapter_open(p, parameters, s, e);
                if (r < 0)
                        return r;
        }
        probe_pace_init(&p->beacon_pace, policy->every, fast_interval(policy, PROBER_BURST_INTERVAL),
                        parameters->crowd);
        probe_pace_init(&p->target_pace, policy->every, fast_interval(policy, PROBER_TARGET_INTERVAL),
                        parameters->crowd);
        if (parameters->crowd)
                p->beacon_pace.phase = p->target_pace.phase = probe_crowd_phase(
                                parameters->crowd, policy->every);
        probe_verdict_init(&p->verdict);
        path_survey_init(&p->survey, policy->every);
        p->blamed = _PAIR_SIDE_INVALID;
        r = prober_targets_follow(p, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

Prober *prober_free(Prober *p) {
        if (!p)
                return NULL;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                p->adapter[s].fd = closer_take(p->adapter[s].fd);
                free(p->adapter[s].targets);
        }
        probe_pace_done(&p->beacon_pace);
        probe_pace_done(&p->target_pace);
        path_survey_done(&p->survey);
        return unforked_free(p, sizeof(*p));
}

int prober_get_fd(const Prober *p, PairSide side) {
        return p->adapter[side].fd;
}

int prober_set_policy(Prober *p, const ProbePolicy *policy, Error *e) {
        p->policy = *policy;
        probe_pace_set(&p->beacon_pace, policy->every, fast_interval(policy, PROBER_BURST_INTERVAL));
        probe_pace_set(&p->target_pace, policy->every, fast_interval(policy, PROBER_TARGET_INTERVAL));
        path_survey_set_interval(&p->survey, policy->every);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                p->adapter[s].beacon.timeout = policy->timeout;
                for (size_t i = 0; i < p->n_targets; i++)
                        p->adapter[s].targets[i].ledger.timeout = policy->timeout;
        }
        return prober_targets_follow(p, e);
}

static void receive_beacon(Prober *p, PairSide side, const Beacon *b, usec_t at) {
        bool ours = b->cookie == p->cookie && b->pair == p->pair_id &&
                        b->from == (uint8_t) pair_side_other(side);

        /* The sender's time in it is ours, but only the ledger's own is believed. */
        if (ours && b->kind == BEACON_SURVEY)
                prober_survey_receive(p, side, b, at);
        else if (!ours || b->kind != BEACON_PROBE ||
                        probe_ledger_receive(&p->adapter[b->from].beacon, b->sequence, at) == PROBE_UNKNOWN)
                p->ignored++;
}

static void receive_frame(Prober *p, PairSide side, const ProbeSocketFrame *f) {
        FrameHeader h;
        Beacon beacon;
        NeighbourMessage nd;
        Arp arp;

        if (frame_parse_beacon(f->data, f->size, &h, &beacon) == 0)
                receive_beacon(p, side, &beacon, f->at);
        else if (frame_parse_arp(f->data, f->size, &h, &arp) == 0 && arp.operation == ARP_REPLY)
                prober_receive_answer(p, side, &(ProbeTarget){ .family = AF_INET, .in = arp.sender_ip },
                                arp.sender, f->at);
        else if (frame_parse_neighbour(f->data, f->size, &h, &nd) == 0 && nd.type == NEIGHBOUR_ADVERTISEMENT)
                prober_receive_answer(p, side, &(ProbeTarget){ .family = AF_INET6, .in6 = nd.target },
                                nd.has_address ? nd.address : h.source, f->at);
        else
                p->ignored++;
}

/* How many probes that side may still have to receive. */
static size_t awaited(const Prober *p, PairSide side) {
        size_t n = probe_ledger_outstanding(&p->adapter[pair_side_other(side)].beacon) +
                        p->survey_awaited[side];

        for (size_t i = 0; i < p->n_targets; i++)
                n += probe_ledger_outstanding(&p->adapter[side].targets[i].ledger);
        return n;
}

/* Returns up to when all arrivals are known. Where all is well one call finds all there is to find. */
static usec_t receive(Prober *p, PairSide side, const ProbeSocketClock *clock) {
        ProbeSocketFrame batch[PROBE_SOCKET_BATCH];
        size_t max = awaited(p, side);
        usec_t known = 0;

        max = max == 0 ? PROBE_SOCKET_BATCH : MIN(max, (size_t) PROBE_SOCKET_BATCH);
        for (unsigned i = 0; i < BATCHES_MAX; i++) {
                size_t n = probe_socket_receive(p->adapter[side].fd, batch, max, clock);

                for (size_t j = 0; j < n; j++)
                        receive_frame(p, side, batch + j);
                if (n < max)
                        return clock->monotonic;
                known = batch[n - 1].at;
                if (awaited(p, side) == 0)
                        break;
                max = PROBE_SOCKET_BATCH;
        }
        return known;
}

static void forgive(Prober *p, PairSide side) {
        probe_ledger_forgive(&p->adapter[pair_side_other(side)].beacon);
        for (size_t i = 0; i < p->n_targets; i++)
                probe_ledger_forgive(&p->adapter[side].targets[i].ledger);
}

static usec_t ledgers_deadline(const Prober *p) {
        usec_t first = USEC_INFINITY;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                const ProberAdapter *a = p->adapter + s;
                usec_t d = probe_ledger_deadline(&a->beacon);

                first = MIN(first, d);
                for (size_t i = 0; i < p->n_targets; i++) {
                        d = probe_ledger_deadline(&a->targets[i].ledger);
                        first = MIN(first, d);
                }
        }
        return first;
}

static void stall(Prober *p, usec_t now, usec_t late) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                probe_ledger_stall(&p->adapter[s].beacon, now, late);
                for (size_t i = 0; i < p->n_targets; i++)
                        probe_ledger_stall(&p->adapter[s].targets[i].ledger, now, late);
        }
}

static void note_loss(Prober *p, usec_t now, usec_t heard) {
        p->lost_at = now;
        p->unjudged = true;
        probe_pace_missing(&p->beacon_pace, now, heard);
        probe_pace_missing(&p->target_pace, now, heard);
}

/* Judges what arrives at, or is answered through, that side. */
static void judge(Prober *p, PairSide side, usec_t known, usec_t now) {
        ProberAdapter *a = p->adapter + side;
        ProbeLedger *beacon = &p->adapter[pair_side_other(side)].beacon;

        if (probe_ledger_judge(beacon, known) > 0)
                note_loss(p, now, beacon->last_received);
        for (size_t i = 0; i < p->n_targets; i++) {
                ProberTarget *t = a->targets + i;
                unsigned lost = probe_ledger_judge(&t->ledger, known);

                if (lost == 0 || !t->proven)
                        continue;
                a->tally.lost += lost;
                a->tally.last_lost = t->ledger.last_lost;
                if (t->ledger.lost_in_a_row >= UNICAST_LOSE)
                        t->has_address = false; /* another router may have taken over its address */
                note_loss(p, now, t->ledger.last_received);
        }
}

static bool is_refused(const Prober *p, PairSide side, usec_t now) {
        const ProberAdapter *a = p->adapter + side;

        return a->refused_since > 0 && usec_sub(now, a->refused_since) >= p->policy.timeout;
}

static void verdict_update(Prober *p, usec_t now) {
        ProbeView view = {};

        p->unjudged = false;
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                const ProberAdapter *a = p->adapter + s;
                const ProbeLedger *in = &p->adapter[pair_side_other(s)].beacon;

                view.beacon[s] = (ProbeTally){
                        .received = in->received, .lost = in->lost, .last_lost = in->last_lost
                };
                view.target[s] = a->tally;
                view.down[s] = a->down < 0 || is_refused(p, s, now);
                for (size_t i = 0; i < p->n_targets; i++)
                        view.targets_known[s] = view.targets_known[s] || a->targets[i].proven;
        }
        probe_verdict_update(&p->verdict, &view, now);
        if (probe_verdict_is_waiting(&p->verdict))
                probe_pace_missing(&p->target_pace, now, now);
}

/* Sends a probe and enters it in its ledger. One the driver refuses is no probe, since full queues are
 * congestion; one it refuses for longer than a timeout is a lost one. */
static void send_probe(Prober *p, PairSide side, ProbeLedger *l, const uint8_t *frame, int size) {
        ProberAdapter *a = p->adapter + side;
        usec_t at = clock_monotonic();
        int r;

        assert(size > 0);
        r = probe_socket_send(a->fd, frame, (size_t) size);
        a->doubt |= r < 0 || a->refused_since != 0 || a->down < 0;
        if (r == -ENOBUFS || r == -EAGAIN) {
                if (a->refused_since == 0)
                        a->refused_since = at;
                if (is_refused(p, side, at))
                        probe_ledger_send(l, at);
                return;
        }
        a->refused_since = 0;
        a->down = r;
        if (r == 0)
                probe_ledger_send(l, at);
}

int prober_build_beacon(const Prober *p, PairSide side, const Beacon *b, FrameTag tag, uint8_t *frame) {
        FrameHeader h = { .destination = p->adapter[pair_side_other(side)].station,
                .source = p->adapter[side].station };
        int n = frame_build_beacon(frame, FRAME_MAX, &h, b);

        if (tag.vlan != 0)
                n = frame_push_tag(frame, FRAME_MAX, n, tag.protocol, tag.vlan);
        assert(n > 0);
        return n;
}

static void send_beacon(Prober *p, PairSide side, usec_t now) {
        ProberAdapter *a = p->adapter + side;
        Beacon b = { .kind = BEACON_PROBE,
                .from = (uint8_t) side,
                .cookie = p->cookie,
                .pair = p->pair_id,
                .sequence = a->beacon.next,
                .sent = now };
        uint8_t frame[FRAME_MAX];

        send_probe(p, side, &a->beacon, frame, prober_build_beacon(p, side, &b, p->tag, frame));
}

static void send_target_probe(Prober *p, PairSide side, ProberTarget *t) {
        EtherAddress own = p->adapter[side].station;
        struct in6_addr source = ether_address_link_local(own);
        FrameHeader unicast = { .destination = t->address, .source = own };
        uint8_t frame[FRAME_MAX];
        int n;

        if (t->target.family == AF_INET)
                n = t->has_address ? frame_build_arp(frame, sizeof(frame), &unicast,
                                                     &(Arp){ .operation = ARP_REQUEST,
                                                                     .sender = own,
                                                                     .target_ip = t->target.in })
                                   : frame_build_arp_probe(frame, sizeof(frame), 0, own, t->target.in);
        else
                n = t->has_address ? frame_build_neighbour(frame, sizeof(frame), &unicast,
                                                     &(NeighbourMessage){ .type = NEIGHBOUR_SOLICITATION,
                                                                     .source = source,
                                                                     .destination = t->target.in6,
                                                                     .target = t->target.in6,
                                                                     .has_address = true,
                                                                     .address = own })
                                   : frame_build_neighbour_solicitation(
                                                     frame, sizeof(frame), 0, own, &source, &t->target.in6);
        send_probe(p, side, &t->ledger, frame, n);
}

static void send_due(Prober *p, usec_t now) {
        if (p->policy.beacon && probe_pace_next(&p->beacon_pace, now) <= now) {
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        send_beacon(p, s, now);
                probe_pace_sent(&p->beacon_pace, now);
                prober_survey(p, now);
        }
        if (p->n_targets > 0 && probe_pace_next(&p->target_pace, now) <= now) {
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        for (size_t i = 0; i < p->n_targets; i++)
                                send_target_probe(p, s, p->adapter[s].targets + i);
                probe_pace_sent(&p->target_pace, now);
        }
}

static usec_t next_due(Prober *p, usec_t now) {
        /* where nothing is asked, nothing becomes due by itself */
        bool asks = p->policy.beacon || p->policy.n_targets > 0;
        usec_t next = asks ? usec_add(now, p->policy.every) : USEC_INFINITY, other;

        if (p->policy.beacon) {
                other = probe_pace_next(&p->beacon_pace, now);
                next = MIN(next, other);
        }
        if (p->n_targets > 0) {
                other = probe_pace_next(&p->target_pace, now);
                next = MIN(next, other);
        }
        if (!p->patient || next > usec_add(now, PATIENCE)) {
                other = ledgers_deadline(p);
                next = MIN(next, other);
        }
        other = probe_verdict_deadline(&p->verdict);
        return MIN(next, other);
}

/* Takes in all arrivals and gives up what did not arrive by then. */
static void receive_all(Prober *p, usec_t now) {
        ProbeSocketClock clock = probe_socket_clock();
        usec_t known[_PAIR_SIDE_MAX], deadline;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                known[s] = receive(p, s, &clock);
        deadline = ledgers_deadline(p);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                /* Asked only when something would be given up: it is one more system call. */
                if (known[s] >= deadline && probe_socket_overflowed(p->adapter[s].fd))
                        forgive(p, s);
                judge(p, s, known[s], now);
        }
}

static bool is_waiting(const Prober *p) {
        return awaited(p, SIDE_PRIMARY) + awaited(p, SIDE_STANDBY) > 0;
}

void prober_receive(Prober *p, bool arrived, usec_t now) {
        if (p->due > 0 && usec_sub(now, p->due) > p->beacon_pace.fast)
                stall(p, now, now - p->due);
        if (arrived || (p->patient && is_waiting(p)) || now >= ledgers_deadline(p))
                receive_all(p, now);
}

void prober_dispatch(Prober *p, bool arrived, usec_t now, usec_t *ret_next) {
        prober_receive(p, arrived, now);
        /* else when somebody asks for it */
        if (!p->patient || p->unjudged || now >= probe_verdict_deadline(&p->verdict))
                verdict_update(p, now);
        send_due(p, now);
        p->due = next_due(p, now);
        *ret_next = p->due;
}

void prober_set_patient(Prober *p, bool patient) {
        p->patient = patient;
}

bool prober_take_doubt(Prober *p, PairSide side) {
        bool doubt = p->adapter[side].doubt;

        p->adapter[side].doubt = false;
        return doubt;
}

bool prober_is_bursting(const Prober *p, usec_t now) {
        return now < p->beacon_pace.burst_until;
}

bool prober_is_calm(const Prober *p, usec_t now) {
        return (p->lost_at == 0 || usec_sub(now, p->lost_at) >= PROBE_VERDICT_EPISODE) &&
                        !prober_is_bursting(p, now);
}

size_t prober_samples(Prober *p, PairSide side, usec_t now, HealthSample *samples, size_t size) {
        if (p->patient)
                verdict_update(p, now);
        return probe_verdict_samples(&p->verdict, side, now, samples, size);
}

bool prober_is_proved(const Prober *p, PairSide side, usec_t now, char *reason) {
        PairSide other = pair_side_other(side);
        const ProberAdapter *a = p->adapter + side, *b = p->adapter + other;
        PathProof proof = {
                .name = a->name,
                .other_name = b->name,
                .down = a->down < 0                        ? strerror(-a->down)
                                : is_refused(p, side, now) ? "the driver refuses them (no carrier?)"
                                                           : NULL,
                .beacon = p->policy.beacon,
                .beacon_in = b->beacon.last_received,
                .beacon_out = a->beacon.last_received,
                .target = prober_target_heard(p, side),
                .other_target = prober_target_heard(p, other),
        };

        return probe_verdict_is_proved(&proof, prober_check_interval(p), now, reason);
}

unsigned prober_lost_in_a_row(const Prober *p, PairSide side) {
        return p->adapter[pair_side_other(side)].beacon.lost_in_a_row;
}

static ProbePathReport path_report(const ProbeLedger *l) {
        return (ProbePathReport){
                .sent = l->sent,
                .received = l->received,
                .lost = l->lost,
                .late = l->late,
                .duplicated = l->duplicated,
                .reordered = l->reordered,
                .latency = l->latency,
                .latency_min = l->latency_min,
                .latency_max = l->latency_max,
                .last_received = l->last_received,
        };
}

void prober_get_report(const Prober *p, ProbeReport *ret) {
        *ret = (ProbeReport){
                .n_targets = p->n_targets, .unblamed = p->verdict.unblamed, .ignored = p->ignored
        };
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                const ProberAdapter *a = p->adapter + s;

                ret->beacon[s] = path_report(&a->beacon);
                ret->counters[s] = p->verdict.counters[s];
                ret->down[s] = a->down;
                for (size_t i = 0; i < p->n_targets; i++)
                        ret->target[s][i] = (ProbeTargetReport){
                                .target = a->targets[i].target,
                                .proven = a->targets[i].proven,
                                .path = path_report(&a->targets[i].ledger),
                        };
        }
}

void prober_burst(Prober *p, usec_t now, usec_t duration) {
        probe_pace_burst(&p->beacon_pace, now, duration);
}
