/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ingress-move.h"

/* How long the ledger only records: longer than the two paths of one network differ in delay. */
#define RECORD_USEC (20 * USEC_PER_MSEC)
/* How long the first copy wins, and then how long late copies are still known: ten times that. */
#define BOTH_USEC (200 * USEC_PER_MSEC)
#define LAST_USEC (200 * USEC_PER_MSEC)
/* Without a beacon to confirm it, the old side closes after this. */
#define UNCONFIRMED_USEC USEC_PER_SEC

/* Nothing waits on the side that is left when each of the beacons sent there for DRAIN_CALM_USEC, one every
 * DRAIN_FRESH_USEC, is there before the next: a processor with more to do than it has time for serves its
 * programs and its adapters in turns of some milliseconds (sched_min_granularity: 3 ms, the softirqs' thread
 * among them), so that one beacon may be prompt just before the frames wait for 30. Where it is never so calm,
 * the move is told nevertheless, and soon where of DRAIN_DEAF none arrives at all: that side is deaf, which is
 * why traffic is to leave it. */
#define DRAIN_USEC       (500 * USEC_PER_MSEC)
#define DRAIN_DEAF       10
#define DRAIN_CALM_USEC  (10 * USEC_PER_MSEC)
#define DRAIN_FRESH_USEC (2 * USEC_PER_MSEC)

#define CHECK_USEC        USEC_PER_MSEC /* between looks and beacons until a move is told, and then seen */
#define LINGER_CHECK_USEC (20 * USEC_PER_MSEC) /* and until it is over */
#define OLD_SIDE_QUIET    (10 * USEC_PER_MSEC) /* nothing comes in there any more */
#define REMINDER_USEC     USEC_PER_SEC
#define REPORTS_USEC      (30 * USEC_PER_SEC) /* a quarter of IGMP's query interval (RFC 3376 8.2) */

/* When, after the start of a move, it is announced again; the last is when to give up. */
static const usec_t announce_at[] = { 0, 20 * USEC_PER_MSEC, 60 * USEC_PER_MSEC, 140 * USEC_PER_MSEC,
        300 * USEC_PER_MSEC, 620 * USEC_PER_MSEC };

static int read_counters(IngressMove *m, struct redirect_counters *ret, Error *e) {
        int r = redirect_programs_get_counters(m->programs, ret);

        return r < 0 ? error_errno(e, r, "Cannot read the counters of %s", m->pair) : 0;
}

static void enter_phase(IngressMove *m, RedirectPhase phase, usec_t now) {
        m->move.phase = phase;
        m->phase_since = now;
        ingress_move_store(m);
}

static void announce(IngressMove *m, usec_t now) {
        announcer_send(m->announcer, m->move.path.ingress, &m->announcer->move);
        /* The side being left cannot send a beacon when it is dead; an answer shows as much. */
        if (m->urgency == STEERING_NOW || m->announced > 0)
                announcer_send(m->announcer, m->move.path.ingress, &m->announcer->questions);
        m->announced++;
        m->reminder_next = now + REMINDER_USEC;
        m->reports_next = now + REPORTS_USEC;
}

void ingress_move_take_up(IngressMove *m, RedirectMove found, usec_t now) {
        m->move = found;
        m->begun = m->phase_since = m->unicast_since = m->check_next = now;
        m->reminder_next = m->reports_next = now;
        ingress_move_store(m);
}

void ingress_move_announce(IngressMove *m, usec_t now) {
        announce(m, now);
}

/* The network is told, and time runs. */
static int tell(IngressMove *m, usec_t now, Error *e) {
        struct redirect_counters counters;
        int r;

        m->draining = false;
        m->begun = m->phase_since = m->unicast_since = m->check_next = now;
        m->confirmed = m->announced = 0;
        announce(m, now);
        r = read_counters(m, &counters, e);
        if (r >= 0)
                memcpy(m->unicast, counters.ingress_unicast, sizeof(m->unicast));
        return r;
}

/* A frame that still waits in a ring of the old side, perhaps because its processor was busy with preparing
 * this very move, would be overtaken by the first on the new one. A beacon that goes the same way waits as
 * long. */
static bool has_drained(IngressMove *m, usec_t now) {
        PairSide new = m->move.path.ingress;
        usec_t arrived = announcer_check_arrived(m->announcer, pair_side_other(new));
        IngressDrain *d = &m->drain;

        d->heard = d->heard || arrived >= d->since;
        if (arrived >= d->asked && usec_sub(now, d->asked) <= DRAIN_FRESH_USEC)
                d->answered = true;
        if (usec_sub(now, d->since) >= DRAIN_USEC)
                return true;
        if (d->answered && usec_sub(now, d->calm_since) >= DRAIN_CALM_USEC)
                return true;
        if (usec_sub(now, d->asked) < DRAIN_FRESH_USEC)
                return false;
        if (!d->heard && d->n_asked >= DRAIN_DEAF)
                return true;
        if (!d->answered)
                d->calm_since = now;
        d->n_asked++;
        announcer_send_check(m->announcer, new, now);
        d->answered = false;
        d->asked = now;
        return false;
}

int ingress_move_go(IngressMove *m, usec_t now, Error *e) {
        m->held = false;
        if (m->urgency == STEERING_NOW)
                return tell(m, now, e);
        m->draining = true;
        m->drain = (IngressDrain){ .since = now, .calm_since = now };
        (void) has_drained(m, now);
        return 0;
}

int ingress_move_begin(
                IngressMove *m, SteeringPath target, SteeringUrgency urgency, bool hold, usec_t now, Error *e) {
        m->move.path = target;
        m->move.moving = true;
        m->urgency = urgency;
        m->held = hold;
        m->draining = false;
        if (m->move.phase == REDIRECT_REST)
                __atomic_store_n(&m->programs->state->pending, 0, __ATOMIC_RELAXED);
        /* A ledger that is in use already knows what is under way. */
        enter_phase(m,
                        urgency == STEERING_NOW || m->move.phase != REDIRECT_REST ? REDIRECT_BOTH
                                                                                  : REDIRECT_RECORD,
                        now);
        return hold ? 0 : ingress_move_go(m, now, e);
}

/* Frames for the identity come in on the new side, and, where the old one lives, no more on that. */
static int counters_show_it(IngressMove *m, usec_t now, Error *e) {
        PairSide new = m->move.path.ingress, old = pair_side_other(new);
        struct redirect_counters counters;
        int r = read_counters(m, &counters, e);

        if (r < 0)
                return r;
        if (counters.ingress_unicast[old] != m->unicast[old]) {
                m->unicast[old] = counters.ingress_unicast[old];
                m->unicast_since = now;
        }
        if (counters.ingress_unicast[new] == m->unicast[new])
                return 0;
        return m->urgency == STEERING_NOW || usec_sub(now, m->unicast_since) >= OLD_SIDE_QUIET;
}

/* 1: seen, 0: not yet. */
static int look(IngressMove *m, usec_t now, Error *e) {
        int r;

        if (announcer_check_arrived(m->announcer, m->move.path.ingress) >= m->begun)
                r = 1;
        else
                r = counters_show_it(m, now, e);
        if (r > 0) {
                m->move.moving = false;
                ingress_move_store(m);
        }
        if (r != 0)
                return r;
        if (now >= m->begun + announce_at[m->announced]) {
                if (m->announced == ELEMENTSOF(announce_at) - 1)
                        return error_set(e, ERROR_TIMEOUT, -ETIMEDOUT,
                                        "Traffic for %s still does not arrive on %s after %u announcements",
                                        m->pair, m->name[m->move.path.ingress], m->announced);
                announce(m, now);
        }
        return 0;
}

static bool confirmed(IngressMove *m, usec_t now) {
        if (announcer_check_arrived(m->announcer, m->move.path.ingress) >= m->phase_since)
                m->confirmed = now;
        return m->confirmed >= m->phase_since || now >= m->phase_since + UNCONFIRMED_USEC;
}

/* On to the next phase of the ledger when it is time. While the move is not seen, both copies count. */
static void advance(IngressMove *m, usec_t now) {
        static const struct {
                usec_t lasts;
                RedirectPhase next;
        } course[_REDIRECT_PHASE_MAX] = {
                [REDIRECT_REST] = { USEC_INFINITY, REDIRECT_REST },
                [REDIRECT_RECORD] = { RECORD_USEC, REDIRECT_BOTH },
                [REDIRECT_BOTH] = { BOTH_USEC, REDIRECT_LAST },
                [REDIRECT_LAST] = { LAST_USEC, REDIRECT_REST },
        };
        RedirectPhase phase = m->move.phase;

        if (usec_sub(now, m->phase_since) < course[phase].lasts || (m->move.moving && phase != REDIRECT_RECORD))
                return;
        /* What the old side had queued may have undone the announcement; then it still has to let frames in. */
        if (phase == REDIRECT_LAST && !confirmed(m, now))
                return;
        enter_phase(m, course[phase].next, now);
        if (phase != REDIRECT_RECORD)
                announcer_send(m->announcer, m->move.path.ingress, &m->announcer->reminder);
}

/* In a split nobody sends by the ingress side, and switches would forget it there. */
static void remind(IngressMove *m, usec_t now) {
        struct redirect_counters counters;
        uint64_t stray;

        if (m->move.path.ingress == m->move.path.egress)
                return;
        if (redirect_programs_get_counters(m->programs, &counters) >= 0) {
                stray = counters.ingress_stray[pair_side_other(m->move.path.ingress)];
                if (stray > m->stray)
                        m->reminder_next = now;
                m->stray = stray;
        }
        if (now >= m->reminder_next) {
                announcer_send(m->announcer, m->move.path.ingress, &m->announcer->reminder);
                m->reminder_next = now + REMINDER_USEC;
        }
        if (now >= m->reports_next) {
                announcer_send(m->announcer, m->move.path.ingress, &m->announcer->reports);
                m->reports_next = now + REPORTS_USEC;
        }
}

static usec_t next_call(const IngressMove *m, usec_t now) {
        if (m->move.moving || m->move.phase == REDIRECT_RECORD)
                return now + CHECK_USEC;
        if (m->move.phase != REDIRECT_REST)
                return now + LINGER_CHECK_USEC;
        if (m->move.path.ingress != m->move.path.egress)
                return MIN(m->reminder_next, now + REMINDER_USEC / 10);
        return USEC_INFINITY;
}

int ingress_move_process(IngressMove *m, usec_t now, usec_t *ret_next, Error *e) {
        int r = 0;

        if (m->held) {
                *ret_next = now + CHECK_USEC;
                return 0;
        }
        if (m->draining) {
                if (!has_drained(m, now)) {
                        *ret_next = now + CHECK_USEC;
                        return 0;
                }
                r = tell(m, now, e);
                if (r < 0)
                        return r;
        }
        if (m->move.moving) {
                r = look(m, now, e);
                if (r < 0)
                        return r;
        }
        advance(m, now);
        if (ingress_move_is_under_way(m) && now >= m->check_next) {
                announcer_send_check(m->announcer, pair_side_other(m->move.path.ingress), now);
                m->check_next = now + (m->move.moving ? CHECK_USEC : LINGER_CHECK_USEC);
        }
        if (!ingress_move_is_under_way(m))
                remind(m, now);
        *ret_next = next_call(m, now);
        return !m->move.moving && m->move.phase != REDIRECT_RECORD;
}
