/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend: traffic is steered by tc-BPF programs on two plain adapters, the home adapter's
 * interface keeps addresses, routes and sockets. This file is the vtable and the course of a move; what stands
 * behind it is in redirect-mode.c (what the programs do), redirect-programs.c (how they get into the kernel),
 * redirect-uppers.c (on which devices on top), redirect-identity.c and redirect-filter.c (for which addresses),
 * redirect-announce.c (how the network is told) and redirect.bpf.c. */

#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>

#include "alloc-util.h"
#include "redirect-announce.h"
#include "redirect-filter.h"
#include "redirect-mode.h"
#include "redirect-neighbours.h"
#include "redirect-setting.h"
#include "redirect-uppers.h"

/* How long the ledger only records: longer than the two paths of one network differ in delay. */
#define RECORD_USEC (20 * USEC_PER_MSEC)
/* How long the first copy wins, and then how long late copies are still known: ten times that. */
#define BOTH_USEC (200 * USEC_PER_MSEC)
#define LAST_USEC (200 * USEC_PER_MSEC)
/* Without a beacon to confirm it, the old side closes after this. */
#define UNCONFIRMED_USEC USEC_PER_SEC

#define CHECK_USEC        USEC_PER_MSEC        /* between looks and beacons while a move is not seen */
#define LINGER_CHECK_USEC (20 * USEC_PER_MSEC) /* and until it is over */
#define OLD_SIDE_QUIET    (10 * USEC_PER_MSEC) /* nothing comes in there any more */
#define REMINDER_USEC     USEC_PER_SEC
#define REPORTS_USEC      (30 * USEC_PER_SEC) /* a quarter of IGMP's query interval (RFC 3376 8.2) */

/* When, after the start of a move, it is announced again; the last is when to give up. */
static const usec_t announce_at[] = { 0, 20 * USEC_PER_MSEC, 60 * USEC_PER_MSEC, 140 * USEC_PER_MSEC,
        300 * USEC_PER_MSEC, 620 * USEC_PER_MSEC };

typedef struct Redirect {
        Steering steering;
        SteeringParameters parameters;
        char pair[PAIR_NAME_MAX + 1], name[_PAIR_SIDE_MAX][IFNAMSIZ], directory[128];
        RedirectPrograms programs;
        Announcer announcer;
        Neighbours neighbours;
        Rtnetlink *netlink;

        RedirectMove move;
        SteeringUrgency urgency;
        usec_t begun, phase_since;
        unsigned announced; /* how often; index into announce_at */
        usec_t check_next, confirmed, reminder_next, reports_next;
        uint64_t unicast[_PAIR_SIDE_MAX]; /* the counters as of... */
        usec_t unicast_since;             /* ...when the old side's last rose */
        uint64_t stray;
} Redirect;

static const char *const *names_of(const Redirect *s) {
        return s->parameters.name;
}

/* Whether redirecting suits: 1, or 0 with the reason. */
static int check_adapters(const Identity *i, const char *const *names, Error *e) {
        EtherAddress all[2 * _PAIR_SIDE_MAX];
        const IdentityLink *spare = &i->link[SIDE_STANDBY];

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                if (i->link[side].hardware_type != ARPHRD_ETHER || i->link[side].flags & IFF_LOOPBACK) {
                        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "%s is not an Ethernet adapter",
                                        names[side]);
                        return 0;
                }
                all[2 * side] = i->link[side].address;
                all[2 * side + 1] = ether_address_station(i->link[side].address);
        }
        for (size_t k = 0; k < ELEMENTSOF(all); k++)
                for (size_t l = 0; l < k; l++)
                        if (ether_address_equal(&all[k], &all[l])) {
                                error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                                "%s and %s have the same MAC address, or differ only in the "
                                                "locally-administered bit",
                                                names[SIDE_PRIMARY], names[SIDE_STANDBY]);
                                return 0;
                        }
        /* The primary itself is one of them. */
        for (size_t u = 0; u < i->n_uppers; u++)
                if (i->uppers[u].master && !streq(i->uppers[u].master_kind, "vrf")) {
                        const IdentityUpper *port = &i->uppers[u];

                        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                        "%s is the port of a %s, which has addresses that it cannot know",
                                        port->name, port->master_kind[0] ? port->master_kind : "switch");
                        return 0;
                }
        if (spare->master) {
                error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "%s is in use as the port of a %s: take it out first", names[SIDE_STANDBY],
                                spare->master_kind[0] ? spare->master_kind : "switch");
                return 0;
        }
        if (i->spare_address[0]) {
                error_set(e, ERROR_CONFLICT, -EADDRINUSE,
                                "%s, or a device on it, has the address %s of its own, which would be cut off: "
                                "remove it",
                                names[SIDE_STANDBY], i->spare_address);
                return 0;
        }
        return 1;
}

static int check_size(const Identity *i, const char *const *names, Error *e) {
        return i->truncated ? error_set(e, ERROR_NOT_SUPPORTED, -E2BIG,
                                              "%s has more addresses, groups or devices than can be steered",
                                              names[SIDE_PRIMARY])
                            : 0;
}

static int redirect_probe(const SteeringParameters *p, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        _cleanup_free_ Identity *identity = NULL;
        int r;

        r = rtnetlink_new(&netlink, e);
        if (r < 0)
                return r;
        r = identity_read(&identity, netlink, p->ifindex, p->name, e);
        return r < 0 ? r : check_adapters(identity, p->name, e);
}

static void store_mode(Redirect *s) {
        redirect_programs_set_mode(&s->programs, redirect_mode_of(&s->move));
}

static Steering *redirect_close(Steering *steering) {
        Redirect *s = (Redirect *) steering;

        announcer_done(&s->announcer);
        neighbours_done(&s->neighbours);
        redirect_programs_done(&s->programs);
        rtnetlink_free(s->netlink);
        free(s);
        return NULL;
}

/* What only makes a sudden move better: without it there is a notice, no error. */
static void keep_neighbours(Redirect *s, Identity *i, usec_t now) {
        s->steering.notice = (Error){};
        redirect_setting_apply(&s->programs, s->netlink, i, &s->steering.notice);
        (void) neighbours_watch(&s->neighbours, i, now, &s->steering.notice);
}

/* Addresses to maps, filters and frames. */
static int adopt_identity(Redirect *s, Identity *i, usec_t now, Error *e) {
        struct redirect_config *c = &s->programs.config;
        int r;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                EtherAddress station = ether_address_station(i->link[side].address);

                c->ifindex[side] = (uint32_t) i->ifindex[side];
                memcpy(c->station[side], station.octet, sizeof(c->station[side]));
        }
        memcpy(c->identity, i->link[SIDE_PRIMARY].address.octet, sizeof(c->identity));
        r = redirect_programs_store_config(&s->programs, e);
        if (r >= 0)
                r = redirect_filter_apply(&s->programs, s->netlink, i, names_of(s), e);
        if (r >= 0)
                r = announcer_prepare(&s->announcer, i, e);
        if (r >= 0)
                keep_neighbours(s, i, now);
        return r;
}

static Redirect *redirect_new(const SteeringParameters *p) {
        Redirect *s = new0(Redirect, 1);

        if (!s)
                return NULL;
        s->steering.backend = &steering_redirect;
        s->announcer.socket[SIDE_PRIMARY] = s->announcer.socket[SIDE_STANDBY] = -EBADF;
        s->neighbours.socket = -EBADF;
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++)
                s->programs.map[m] = -EBADF;
        snprintf(s->pair, sizeof(s->pair), "%s", p->pair);
        snprintf(s->directory, sizeof(s->directory), "%s", p->bpf_directory);
        s->parameters = *p;
        s->parameters.pair = s->pair;
        s->parameters.bpf_directory = s->directory;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                snprintf(s->name[side], sizeof(s->name[side]), "%s", p->name[side]);
                s->parameters.name[side] = s->name[side];
        }
        return s;
}

/* An earlier process may have died at any point of a move: it goes on from there. */
static void take_up(Redirect *s, usec_t now) {
        s->move = redirect_mode_parse(redirect_programs_get_mode(&s->programs));
        s->begun = s->phase_since = s->unicast_since = s->check_next = now;
        s->reminder_next = s->reports_next = now;
        store_mode(s);
}

/* Puts everything in place: first what the programs go by, then the programs. */
static int set_up(Redirect *s, Identity *i, bool found, usec_t now, Error *e) {
        const SteeringParameters *p = &s->parameters;
        int r;

        for (PairSide side = 0; found && side < _PAIR_SIDE_MAX; side++)
                if (s->programs.config.ifindex[side] != (uint32_t) p->ifindex[side])
                        redirect_filter_forget(&s->programs, side);
        r = announcer_init(&s->announcer, p->pair, p->ifindex, p->name, e);
        if (r >= 0)
                r = adopt_identity(s, i, now, e);
        if (r < 0)
                return r;
        take_up(s, now);
        r = redirect_programs_attach(&s->programs, p, e);
        if (r >= 0)
                redirect_uppers_apply(&s->programs, i, &s->steering.notice);
        /* Peers may have the standby's address for the primary's: it has answered ARP for it up to now. */
        if (r >= 0 && !found)
                announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.move);
        return r;
}

static int redirect_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        _cleanup_free_ Identity *identity = NULL;
        Redirect *s = redirect_new(p);
        bool found = false;
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "Cannot set up steering of %s", p->pair);
        r = rtnetlink_new(&s->netlink, e);
        if (r >= 0)
                r = identity_read(&identity, s->netlink, p->ifindex, p->name, e);
        if (r >= 0)
                r = check_size(identity, p->name, e);
        if (r >= 0)
                r = redirect_programs_open(&s->programs, p, e);
        if (r >= 0) {
                found = r > 0;
                /* What an earlier process has put to use is not dropped for a reason to not begin. */
                r = found ? 1 : check_adapters(identity, p->name, e);
                if (r == 0)
                        r = e ? e->code : -EOPNOTSUPP;
                if (r >= 0)
                        r = set_up(s, identity, found, now, e);
                if (r < 0 && !found) {
                        (void) redirect_uppers_undo(&s->programs, NULL);
                        (void) redirect_setting_undo(&s->programs, s->netlink, NULL);
                        (void) redirect_programs_detach(&s->programs, &s->parameters, NULL);
                        (void) redirect_filter_undo(&s->programs, s->netlink, &s->parameters, NULL);
                }
        }
        if (r < 0) {
                redirect_close(&s->steering);
                return r;
        }
        *ret = &s->steering;
        return 0;
}

static int redirect_detach(Steering *steering, Error *e) {
        Redirect *s = (Redirect *) steering;
        int r, k, l, m;

        if (s->move.moving || s->move.path.ingress != SIDE_PRIMARY || s->move.path.egress != SIDE_PRIMARY)
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic of %s is not back on %s yet", s->pair,
                                s->name[SIDE_PRIMARY]);
        /* While the record of what was done is still pinned. */
        m = redirect_uppers_undo(&s->programs, e);
        l = redirect_setting_undo(&s->programs, s->netlink, e);
        r = redirect_programs_detach(&s->programs, &s->parameters, e);
        k = redirect_filter_undo(&s->programs, s->netlink, &s->parameters, e);
        return r < 0 ? r : k < 0 ? k : l < 0 ? l : m;
}

static SteeringPath redirect_get_path(const Steering *steering) {
        return ((const Redirect *) steering)->move.path;
}

static int read_counters(Redirect *s, struct redirect_counters *ret, Error *e) {
        int r = redirect_programs_get_counters(&s->programs, ret);

        return r < 0 ? error_errno(e, r, "Cannot read the counters of %s", s->pair) : 0;
}

static void enter_phase(Redirect *s, RedirectPhase phase, usec_t now) {
        s->move.phase = phase;
        s->phase_since = now;
        store_mode(s);
}

static void announce(Redirect *s, usec_t now) {
        announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.move);
        /* The side being left cannot send a beacon when it is dead; an answer shows as much. */
        if (s->urgency == STEERING_NOW || s->announced > 0)
                announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.questions);
        s->announced++;
        s->reminder_next = now + REMINDER_USEC;
        s->reports_next = now + REPORTS_USEC;
}

static int redirect_begin(
                Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Redirect *s = (Redirect *) steering;
        bool ingress_moves = target.ingress != s->move.path.ingress;
        struct redirect_counters counters;
        int r;

        if (!ingress_moves && (!s->move.moving || urgency == STEERING_PLANNED)) {
                s->move.path = target;
                store_mode(s);
                if (urgency == STEERING_NOW)
                        neighbours_put_back(&s->neighbours, now);
                return 0;
        }
        s->move.path = target;
        s->move.moving = true;
        s->urgency = urgency;
        s->begun = s->unicast_since = s->check_next = now;
        s->confirmed = s->announced = 0;
        if (s->move.phase == REDIRECT_REST)
                __atomic_store_n(&s->programs.state->pending, 0, __ATOMIC_RELAXED);
        /* A ledger that is in use already knows what is under way. */
        enter_phase(s,
                        urgency == STEERING_NOW || s->move.phase != REDIRECT_REST ? REDIRECT_BOTH
                                                                                  : REDIRECT_RECORD,
                        now);
        announce(s, now);
        if (urgency == STEERING_NOW)
                neighbours_put_back(&s->neighbours, now);
        r = read_counters(s, &counters, e);
        if (r >= 0)
                memcpy(s->unicast, counters.ingress_unicast, sizeof(s->unicast));
        return r;
}

/* Frames for the identity come in on the new side, and, where the old one lives, no more on that. */
static int counters_show_it(Redirect *s, usec_t now, Error *e) {
        PairSide new = s->move.path.ingress, old = pair_side_other(new);
        struct redirect_counters counters;
        int r = read_counters(s, &counters, e);

        if (r < 0)
                return r;
        if (counters.ingress_unicast[old] != s->unicast[old]) {
                s->unicast[old] = counters.ingress_unicast[old];
                s->unicast_since = now;
        }
        if (counters.ingress_unicast[new] == s->unicast[new])
                return 0;
        return s->urgency == STEERING_NOW || usec_sub(now, s->unicast_since) >= OLD_SIDE_QUIET;
}

/* 1: seen, 0: not yet. */
static int look(Redirect *s, usec_t now, Error *e) {
        int r;

        if (announcer_check_arrived(&s->announcer, s->move.path.ingress, s->begun))
                r = 1;
        else
                r = counters_show_it(s, now, e);
        if (r > 0) {
                s->move.moving = false;
                store_mode(s);
        }
        if (r != 0)
                return r;
        if (now >= s->begun + announce_at[s->announced]) {
                if (s->announced == ELEMENTSOF(announce_at) - 1)
                        return error_set(e, ERROR_TIMEOUT, -ETIMEDOUT,
                                        "Traffic for %s still does not arrive on %s after %u announcements",
                                        s->pair, s->name[s->move.path.ingress], s->announced);
                announce(s, now);
        }
        return 0;
}

static bool confirmed(Redirect *s, usec_t now) {
        if (announcer_check_arrived(&s->announcer, s->move.path.ingress, s->phase_since))
                s->confirmed = now;
        return s->confirmed >= s->phase_since || now >= s->phase_since + UNCONFIRMED_USEC;
}

/* On to the next phase of the ledger when it is time. While the move is not seen, both copies count. */
static void advance(Redirect *s, usec_t now) {
        static const struct {
                usec_t lasts;
                RedirectPhase next;
        } course[_REDIRECT_PHASE_MAX] = {
                [REDIRECT_REST] = { USEC_INFINITY, REDIRECT_REST },
                [REDIRECT_RECORD] = { RECORD_USEC, REDIRECT_BOTH },
                [REDIRECT_BOTH] = { BOTH_USEC, REDIRECT_LAST },
                [REDIRECT_LAST] = { LAST_USEC, REDIRECT_REST },
        };
        RedirectPhase phase = s->move.phase;

        if (usec_sub(now, s->phase_since) < course[phase].lasts || (s->move.moving && phase != REDIRECT_RECORD))
                return;
        /* What the old side had queued may have undone the announcement; then it still has to let frames in. */
        if (phase == REDIRECT_LAST && !confirmed(s, now))
                return;
        enter_phase(s, course[phase].next, now);
        if (phase != REDIRECT_RECORD)
                announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.reminder);
}

/* In a split nobody sends by the ingress side, and switches would forget it there. */
static void remind(Redirect *s, usec_t now) {
        struct redirect_counters counters;
        uint64_t stray;

        if (s->move.path.ingress == s->move.path.egress)
                return;
        if (redirect_programs_get_counters(&s->programs, &counters) >= 0) {
                stray = counters.ingress_stray[pair_side_other(s->move.path.ingress)];
                if (stray > s->stray)
                        s->reminder_next = now;
                s->stray = stray;
        }
        if (now >= s->reminder_next) {
                announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.reminder);
                s->reminder_next = now + REMINDER_USEC;
        }
        if (now >= s->reports_next) {
                announcer_send(&s->announcer, s->move.path.ingress, &s->announcer.reports);
                s->reports_next = now + REPORTS_USEC;
        }
}

static usec_t next_call(const Redirect *s, usec_t now) {
        if (s->move.moving || s->move.phase == REDIRECT_RECORD)
                return now + CHECK_USEC;
        if (s->move.phase != REDIRECT_REST)
                return now + LINGER_CHECK_USEC;
        if (s->move.path.ingress != s->move.path.egress)
                return MIN(s->reminder_next, now + REMINDER_USEC / 10);
        return USEC_INFINITY;
}

static int redirect_process(Steering *steering, usec_t now, usec_t *ret_next, Error *e) {
        Redirect *s = (Redirect *) steering;
        int r = 0;

        if (s->move.moving) {
                r = look(s, now, e);
                if (r < 0)
                        return r;
        }
        advance(s, now);
        if ((s->move.moving || s->move.phase != REDIRECT_REST) && now >= s->check_next) {
                announcer_send_check(&s->announcer, pair_side_other(s->move.path.ingress), now);
                s->check_next = now + (s->move.moving ? CHECK_USEC : LINGER_CHECK_USEC);
        }
        if (s->move.phase == REDIRECT_REST && !s->move.moving)
                remind(s, now);
        *ret_next = MIN(next_call(s, now), neighbours_check(&s->neighbours, now));
        return !s->move.moving && s->move.phase != REDIRECT_RECORD;
}

static int redirect_refresh(Steering *steering, usec_t now, Error *e) {
        Redirect *s = (Redirect *) steering;
        _cleanup_free_ Identity *identity = NULL;
        int r;

        r = identity_read(&identity, s->netlink, s->parameters.ifindex, names_of(s), e);
        if (r >= 0)
                r = check_size(identity, names_of(s), e);
        if (r >= 0)
                r = adopt_identity(s, identity, now, e);
        if (r < 0)
                return r;
        redirect_uppers_apply(&s->programs, identity, &s->steering.notice);
        /* Steering goes on, but the operator should know. */
        return check_adapters(identity, names_of(s), e) ? 0 : e ? e->code : -EOPNOTSUPP;
}

static int redirect_get_counters(Steering *steering, SteeringCounters *ret) {
        struct redirect_counters counters;
        SteeringCounters c = {};
        int r;

        r = read_counters((Redirect *) steering, &counters, NULL);
        if (r < 0)
                return r;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                c.ingress_unicast[side] = counters.ingress_unicast[side];
                c.ingress_group[side] = counters.ingress_group[side];
                c.ingress_discarded[side] = counters.ingress_discarded[side];
                c.egress[side] = counters.egress[side];
        }
        *ret = c;
        return 0;
}

static EtherAddress redirect_get_station(const Steering *steering, PairSide side) {
        return ((const Redirect *) steering)->announcer.station[side];
}

const SteeringBackend steering_redirect = {
        .name = "redirect",
        .probe = redirect_probe,
        .open = redirect_open,
        .close = redirect_close,
        .detach = redirect_detach,
        .get_path = redirect_get_path,
        .begin = redirect_begin,
        .process = redirect_process,
        .refresh = redirect_refresh,
        .get_counters = redirect_get_counters,
        .get_station = redirect_get_station,
};
