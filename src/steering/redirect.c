/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend: traffic is steered by tc-BPF programs on two plain adapters, the home adapter's
 * interface keeps addresses, routes and sockets. This file is the vtable and the course of a move; what stands
 * behind it is in ingress-move.c (how ingress follows), redirect-mode.c (what the programs do),
 * redirect-programs.c (how they get into the kernel), redirect-presence.c (and stay there), redirect-uppers.c
 * (on which devices on top), redirect-identity.c and redirect-filter.c (for which addresses),
 * redirect-announce.c (how the network is told) and redirect.bpf.c. What it has in common with the bond backend
 * is in steering-base.c. */

#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>

#include "alloc-util.h"
#include "redirect-filter.h"
#include "redirect-neighbours.h"
#include "redirect-presence.h"
#include "redirect-setting.h"
#include "redirect-uppers.h"
#include "steering-base.h"

typedef struct Redirect {
        SteeringBase base;
        Neighbours neighbours;
        Presence presence;
        char missing[128]; /* what others removed and could not be put back yet; "": nothing */
} Redirect;

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
        netlink->links = p->links;
        r = identity_read_plain(&identity, netlink, p->ifindex, p->name, e);
        return r < 0 ? r : check_adapters(identity, p->name, e);
}

static uint32_t mode_of(const IngressMove *m) {
        return redirect_mode_of(&m->move);
}

static Steering *redirect_close(Steering *steering) {
        Redirect *s = (Redirect *) steering;

        neighbours_done(&s->neighbours);
        presence_done(&s->presence);
        steering_base_done(&s->base);
        free(s);
        return NULL;
}

/* What only makes a sudden move better: without it there is a notice, no error. */
static void keep_neighbours(Redirect *s, Identity *i, usec_t now) {
        s->base.steering.notice = (Error){};
        redirect_setting_apply(&s->base.programs, s->base.netlink, i, &s->base.steering.notice);
        (void) neighbours_watch(&s->neighbours, i, now, &s->base.steering.notice);
}

/* Addresses to maps, filters and frames. */
static int adopt_identity(Redirect *s, Identity *i, usec_t now, Error *e) {
        int r;

        r = steering_base_store_identity(&s->base, i, e);
        if (r >= 0)
                r = redirect_filter_apply(
                                &s->base.programs, s->base.netlink, i, steering_base_names(&s->base), e);
        if (r >= 0)
                r = announcer_prepare(&s->base.announcer, i, e);
        if (r >= 0)
                keep_neighbours(s, i, now);
        return r;
}

static Redirect *redirect_new(const SteeringParameters *p) {
        Redirect *s = new0(Redirect, 1);

        if (!s)
                return NULL;
        steering_base_init(&s->base, &steering_redirect, p, mode_of);
        s->neighbours.socket = -EBADF;
        return s;
}

/* Puts everything in place: first what the programs go by, then the programs. */
static int set_up(Redirect *s, Identity *i, bool found, usec_t now, Error *e) {
        int r;

        r = steering_base_set_up(&s->base, found, e);
        if (r >= 0)
                r = adopt_identity(s, i, now, e);
        if (r < 0)
                return r;
        /* An earlier process may have died at any point of a move: it goes on from there. */
        ingress_move_take_up(&s->base.ingress,
                        redirect_mode_parse(redirect_programs_get_mode(&s->base.programs)), now);
        r = redirect_programs_attach(&s->base.programs, &s->base.parameters, e);
        if (r >= 0)
                redirect_uppers_apply(&s->base.programs, i, &s->base.steering.notice);
        /* Peers may have the standby's address for the primary's: it has answered ARP for it up to now. */
        if (r >= 0 && !found)
                announcer_send(&s->base.announcer, s->base.ingress.move.path.ingress, &s->base.announcer.move);
        return r;
}

static int redirect_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        _cleanup_free_ Identity *identity = NULL;
        Redirect *s = redirect_new(p);
        bool found = false;
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "Cannot set up steering of %s", p->pair);
        r = rtnetlink_new(&s->base.netlink, e);
        if (r >= 0) {
                s->base.netlink->links = p->links;
                r = identity_read(&identity, s->base.netlink, p->ifindex, p->name, e);
        }
        if (r >= 0)
                r = check_size(identity, p->name, e);
        if (r >= 0)
                r = steering_base_open_programs(&s->base, REDIRECT_KIND_REDIRECT, e);
        if (r >= 0) {
                found = r > 0;
                /* What an earlier process has put to use is not dropped for a reason to not begin. */
                r = found ? 1 : check_adapters(identity, p->name, e);
                if (r == 0)
                        r = e ? e->code : -EOPNOTSUPP;
                if (r >= 0)
                        r = set_up(s, identity, found, now, e);
                if (r < 0 && !found)
                        (void) steering_base_undo(&s->base, NULL);
        }
        if (r < 0) {
                redirect_close(&s->base.steering);
                return r;
        }
        *ret = &s->base.steering;
        return 0;
}

static int redirect_detach(Steering *steering, Error *e) {
        Redirect *s = (Redirect *) steering;

        if (s->base.ingress.move.moving || s->base.ingress.move.path.ingress != SIDE_PRIMARY ||
                        s->base.ingress.move.path.egress != SIDE_PRIMARY)
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic of %s is not back on %s yet", s->base.pair,
                                s->base.name[SIDE_PRIMARY]);
        return steering_base_undo(&s->base, e);
}

static SteeringPath redirect_get_path(const Steering *steering) {
        return ((const Redirect *) steering)->base.ingress.move.path;
}

static int redirect_begin(
                Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Redirect *s = (Redirect *) steering;
        RedirectMove *move = &s->base.ingress.move;
        int r = 0;

        if (target.ingress == move->path.ingress && (!move->moving || urgency == STEERING_PLANNED)) {
                move->path = target;
                ingress_move_store(&s->base.ingress);
        } else
                r = ingress_move_begin(&s->base.ingress, target, urgency, false, now, e);
        if (urgency == STEERING_NOW)
                neighbours_put_back(&s->neighbours, now);
        return r;
}

static int redirect_process(Steering *steering, usec_t now, usec_t *ret_next, Error *e) {
        Redirect *s = (Redirect *) steering;
        int r = ingress_move_process(&s->base.ingress, now, ret_next, e);

        if (r >= 0)
                *ret_next = MIN(*ret_next, neighbours_check(&s->neighbours, now));
        return r;
}

static int redirect_read(const SteeringParameters *p, SteeringReading **ret, Error *e) {
        _cleanup_(steering_reading_freep) SteeringReading *reading = new0(SteeringReading, 1);
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        int r;

        if (!reading)
                return error_errno(e, -ENOMEM, "Cannot read %s", p->name[SIDE_PRIMARY]);
        r = rtnetlink_new(&netlink, e);
        if (r < 0)
                return r;
        netlink->links = p->links;
        r = identity_read(&reading->identity, netlink, p->ifindex, p->name, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(reading);
        return 0;
}

static int redirect_refresh(Steering *steering, SteeringReading *reading, usec_t now, Error *e) {
        Redirect *s = (Redirect *) steering;
        Identity *identity = reading->identity;
        int r;

        r = check_size(identity, steering_base_names(&s->base), e);
        if (r >= 0)
                r = adopt_identity(s, identity, now, e);
        if (r < 0)
                return r;
        redirect_uppers_apply(&s->base.programs, identity, &s->base.steering.notice);
        /* Steering goes on, but the operator should know. */
        return check_adapters(identity, steering_base_names(&s->base), e) ? 0 : e ? e->code : -EOPNOTSUPP;
}

/* What others took away is put back: without it the spare speaks, and frames come twice or not at all. */
static SteeringDisturbance redirect_check(Steering *steering, usec_t now, bool may_wait, Error *what) {
        _cleanup_(steering_reading_freep) SteeringReading *reading = NULL;
        Redirect *s = (Redirect *) steering;
        const char *missing;
        Error e = {};

        if (!presence_is_due(&s->presence, now))
                return STEERING_UNDISTURBED;
        if (presence_is_sure(&s->presence, &s->base.programs, &s->base.parameters, now) && !s->missing[0]) {
                presence_looked(&s->presence, now);
                return STEERING_UNDISTURBED;
        }
        if (!may_wait)
                return STEERING_DOUBTFUL;
        missing = presence_find_missing(&s->presence, &s->base.programs, &s->base.parameters, now);
        presence_looked(&s->presence, now);
        if (missing)
                snprintf(s->missing, sizeof(s->missing), "%s", missing);
        else if (!s->missing[0])
                return STEERING_UNDISTURBED;
        if (redirect_programs_mend(&s->base.programs, &s->base.parameters, &e) < 0) {
                error_set(&s->base.steering.obstacle, ERROR_CONFLICT, e.code,
                                "another program removed %s: %.150s", s->missing, e.text);
                return STEERING_UNDISTURBED;
        }
        if (redirect_read(&s->base.parameters, &reading, NULL) >= 0) /* and the devices on top */
                (void) redirect_refresh(steering, reading, now, NULL);
        error_set(what, ERROR_CONFLICT, -EBUSY, "another program removed %s: put back", s->missing);
        s->base.steering.obstacle = (Error){};
        s->missing[0] = '\0';
        return STEERING_MENDED;
}

static int redirect_get_counters(Steering *steering, SteeringCounters *ret) {
        return redirect_programs_get_steering_counters(&((Redirect *) steering)->base.programs, ret);
}

static SteeringTraffic redirect_take_traffic(Steering *steering, PairSide side) {
        return redirect_programs_take_traffic(&((Redirect *) steering)->base.programs, side);
}

static EtherAddress redirect_get_station(const Steering *steering, PairSide side) {
        return ((const Redirect *) steering)->base.announcer.station[side];
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
        .read = redirect_read,
        .refresh = redirect_refresh,
        .check = redirect_check,
        .get_counters = redirect_get_counters,
        .take_traffic = redirect_take_traffic,
        .get_station = redirect_get_station,
};
