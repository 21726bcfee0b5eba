/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redirect backend: traffic is steered by tc-BPF programs on two plain adapters, the home adapter's
 * interface keeps addresses, routes and sockets. This file is the vtable and the course of a move; what stands
 * behind it is in ingress-move.c (how ingress follows), redirect-mode.c (what the programs do),
 * redirect-programs.c (how they get into the kernel), redirect-presence.c (and stay there), redirect-uppers.c
 * (on which devices on top), redirect-identity.c and redirect-filter.c (for which addresses),
 * redirect-announce.c (how the network is told) and redirect.bpf.c. */

#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>

#include "alloc-util.h"
#include "ingress-move.h"
#include "redirect-filter.h"
#include "redirect-neighbours.h"
#include "redirect-presence.h"
#include "redirect-setting.h"
#include "redirect-uppers.h"
#include "steering-undo.h"

typedef struct Redirect {
        Steering steering;
        SteeringParameters parameters;
        char pair[PAIR_NAME_MAX + 1], name[_PAIR_SIDE_MAX][IFNAMSIZ], directory[128];
        RedirectPrograms programs;
        Announcer announcer;
        Neighbours neighbours;
        Presence presence;
        char missing[128]; /* what others removed and could not be put back yet; "": nothing */
        Rtnetlink *netlink;

        IngressMove ingress;
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
        netlink->links = p->links;
        r = identity_read_plain(&identity, netlink, p->ifindex, p->name, e);
        return r < 0 ? r : check_adapters(identity, p->name, e);
}

static uint32_t mode_of(const IngressMove *m) {
        return redirect_mode_of(&m->move);
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
                c->ifindex[side] = (uint32_t) i->ifindex[side];
                memcpy(c->station[side], i->station[side].octet, sizeof(c->station[side]));
        }
        memcpy(c->identity, i->own.octet, sizeof(c->identity));
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
        s->ingress = (IngressMove){ .programs = &s->programs, .announcer = &s->announcer, .mode = mode_of };
        s->ingress.pair = s->pair;
        s->ingress.name = names_of(s);
        return s;
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
        /* An earlier process may have died at any point of a move: it goes on from there. */
        ingress_move_take_up(&s->ingress, redirect_mode_parse(redirect_programs_get_mode(&s->programs)), now);
        r = redirect_programs_attach(&s->programs, p, e);
        if (r >= 0)
                redirect_uppers_apply(&s->programs, i, &s->steering.notice);
        /* Peers may have the standby's address for the primary's: it has answered ARP for it up to now. */
        if (r >= 0 && !found)
                announcer_send(&s->announcer, s->ingress.move.path.ingress, &s->announcer.move);
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
        if (r >= 0) {
                s->netlink->links = p->links;
                r = identity_read(&identity, s->netlink, p->ifindex, p->name, e);
        }
        if (r >= 0)
                r = check_size(identity, p->name, e);
        if (r >= 0)
                r = redirect_programs_open(&s->programs, p, e);
        if (r > 0 && s->programs.config.bond) { /* from when the adapters were ports of a bond */
                (void) steering_undo(&s->programs, s->netlink, p, NULL);
                redirect_programs_done(&s->programs);
                r = redirect_programs_open(&s->programs, p, e);
        }
        if (r >= 0) {
                found = r > 0;
                /* What an earlier process has put to use is not dropped for a reason to not begin. */
                r = found ? 1 : check_adapters(identity, p->name, e);
                if (r == 0)
                        r = e ? e->code : -EOPNOTSUPP;
                if (r >= 0)
                        r = set_up(s, identity, found, now, e);
                if (r < 0 && !found) {
                        (void) steering_undo(&s->programs, s->netlink, &s->parameters, NULL);
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

        if (s->ingress.move.moving || s->ingress.move.path.ingress != SIDE_PRIMARY ||
                        s->ingress.move.path.egress != SIDE_PRIMARY)
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic of %s is not back on %s yet", s->pair,
                                s->name[SIDE_PRIMARY]);
        return steering_undo(&s->programs, s->netlink, &s->parameters, e);
}

static SteeringPath redirect_get_path(const Steering *steering) {
        return ((const Redirect *) steering)->ingress.move.path;
}

static int redirect_begin(
                Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Redirect *s = (Redirect *) steering;
        RedirectMove *move = &s->ingress.move;
        int r = 0;

        if (target.ingress == move->path.ingress && (!move->moving || urgency == STEERING_PLANNED)) {
                move->path = target;
                ingress_move_store(&s->ingress);
        } else
                r = ingress_move_begin(&s->ingress, target, urgency, false, now, e);
        if (urgency == STEERING_NOW)
                neighbours_put_back(&s->neighbours, now);
        return r;
}

static int redirect_process(Steering *steering, usec_t now, usec_t *ret_next, Error *e) {
        Redirect *s = (Redirect *) steering;
        int r = ingress_move_process(&s->ingress, now, ret_next, e);

        if (r >= 0)
                *ret_next = MIN(*ret_next, neighbours_check(&s->neighbours, now));
        return r;
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

/* What others took away is put back: without it the spare speaks, and frames come twice or not at all. */
static SteeringDisturbance redirect_check(Steering *steering, usec_t now, Error *what) {
        Redirect *s = (Redirect *) steering;
        const char *missing;
        Error e = {};

        if (!presence_is_due(&s->presence, now))
                return STEERING_UNDISTURBED;
        missing = presence_check(&s->presence, &s->programs, &s->parameters, now);
        if (missing)
                snprintf(s->missing, sizeof(s->missing), "%s", missing);
        else if (!s->missing[0])
                return STEERING_UNDISTURBED;
        if (redirect_programs_mend(&s->programs, &s->parameters, &e) < 0) {
                error_set(&s->steering.obstacle, ERROR_CONFLICT, e.code, "another program removed %s: %.150s",
                                s->missing, e.text);
                return STEERING_UNDISTURBED;
        }
        (void) redirect_refresh(steering, now, NULL); /* and the devices on top */
        error_set(what, ERROR_CONFLICT, -EBUSY, "another program removed %s: put back", s->missing);
        s->steering.obstacle = (Error){};
        s->missing[0] = '\0';
        return STEERING_MENDED;
}

static int redirect_get_counters(Steering *steering, SteeringCounters *ret) {
        return redirect_programs_get_steering_counters(&((Redirect *) steering)->programs, ret);
}

static SteeringTraffic redirect_take_traffic(Steering *steering, PairSide side) {
        return redirect_programs_take_traffic(&((Redirect *) steering)->programs, side);
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
        .check = redirect_check,
        .get_counters = redirect_get_counters,
        .take_traffic = redirect_take_traffic,
        .get_station = redirect_get_station,
};
