/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bond backend: both adapters are ports of one active-backup bond, which has the addresses, routes and
 * sockets. This file is the vtable; when what is asked of the bond is in bond-course.c, how in bond-codec.c and
 * bond-control.c, for which addresses in bond-identity.c, and what the programs on the ports do meanwhile in
 * bond.bpf.h. Ingress follows as in the redirect backend (ingress-move.c).
 *
 * Bonds in another mode are observed: there is a steering that moves nothing and says why. */

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>

#include "alloc-util.h"
#include "bond-control.h"
#include "bond-course.h"
#include "bond-identity.h"
#include "bond-others.h"
#include "ingress-move.h"
#include "redirect-filter.h"
#include "steering-undo.h"

/* What the old port had queued, and copies of it that come back, are through by then (as LAST_USEC of
 * ingress-move.c). */
#define LINGER_USEC (200 * USEC_PER_MSEC)
#define CHECK_USEC  USEC_PER_MSEC         /* between looks at a request under way */
#define RETRY_USEC  (100 * USEC_PER_MSEC) /* of what the bond refuses in a takeover */

typedef struct Bond {
        Steering steering;
        SteeringParameters parameters;
        char pair[PAIR_NAME_MAX + 1], name[_PAIR_SIDE_MAX][IFNAMSIZ], directory[128];
        bool observed; /* not of a mode that can be steered: nothing below but members is in use */
        BondMembers members;
        RedirectPrograms programs;
        Announcer announcer;
        IngressMove ingress;
        Rtnetlink *netlink;
        BondControl control;

        BondCourse course;
        int accounted; /* the active port as we left or told of it (ifindex): another is somebody else's */
        BondStep step; /* under way in control */
        usec_t linger_until, retry_at;
        Error failure; /* of a step of a planned move, until process() has told it */
} Bond;

static const char *const *names_of(const Bond *s) {
        return s->parameters.name;
}

static Bond *bond_of(Steering *steering) {
        return (Bond *) steering;
}

static PairSide side_of(const Bond *s, int ifindex) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (s->parameters.ifindex[side] == ifindex)
                        return side;
        return _PAIR_SIDE_INVALID;
}

static uint32_t mode_of(const IngressMove *m) {
        const Bond *s = (const Bond *) ((const char *) m - offsetof(Bond, ingress));

        return bond_course_mode(&s->course, &m->move);
}

/* --- what the bond does now, without waiting for anybody --- */

static bool read_option(const Bond *s, const char *option, char *value, int size) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[96];

        snprintf(path, sizeof(path), "/sys/class/net/%s/bonding/%s", s->members.bond.name, option);
        f = fopen(path, "re");
        if (!f)
                return false;
        if (!fgets(value, size, f))
                value[0] = '\0';
        value[strcspn(value, "\n")] = '\0';
        return true;
}

/* The active port's ifindex, 0: none; as known when it cannot be read. */
static int read_active(const Bond *s) {
        char name[IFNAMSIZ + 1] = "";

        if (!read_option(s, "active_slave", name, sizeof(name)))
                return s->members.bond.active;
        return name[0] ? (int) if_nametoindex(name) : 0;
}

static bool read_open(const Bond *s) {
        char value[8];

        if (!read_option(s, "all_slaves_active", value, sizeof(value)))
                return s->course.open;
        return value[0] == '1';
}

static bool has_carrier(const char *name) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[96];

        snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", name);
        f = fopen(path, "re");
        return f && fgetc(f) == '1'; /* unreadable while it is down */
}

static void take_note(Bond *s, int active, bool open) {
        s->members.bond.active = active;
        s->course.active = side_of(s, active);
        s->course.open = open;
        /* Opened by somebody else. */
        s->course.open_ever = open && !s->programs.config.undo_open;
        if (s->course.active == s->course.target.egress)
                s->course.takeover = s->course.ordered = false;
}

static void look_at_bond(Bond *s) {
        take_note(s, read_active(s), read_open(s));
}

/* --- what stands in the way, what works against it --- */

static void say_obstacle(Bond *s) {
        const BondState *bond = &s->members.bond;

        s->steering.obstacle = (Error){};
        if (bond->mode != BOND_ACTIVE_BACKUP)
                error_set(&s->steering.obstacle, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "%s is in mode %s, in which the partner or a hash decides which port a frame "
                                "takes: it is only observed (active-backup can be steered)",
                                bond->name, bond_mode_to_string(bond->mode));
        else if (s->members.n_others > REDIRECT_OTHERS_MAX)
                error_set(&s->steering.obstacle, ERROR_NOT_SUPPORTED, -E2BIG,
                                "%s has more ports than can be kept quiet while two of them change",
                                bond->name);
        else if (s->course.active == _PAIR_SIDE_INVALID)
                error_set(&s->steering.obstacle, ERROR_CONFLICT, -EBUSY,
                                "the active port of %s is %s, which is not of this pair: traffic stays there",
                                bond->name, bond_members_name(&s->members, bond->active));
}

static void say_conflict(Bond *s) {
        const BondState *bond = &s->members.bond;

        s->steering.conflict = (Error){};
        if (bond->mode == BOND_ACTIVE_BACKUP && bond->primary != 0)
                error_set(&s->steering.conflict, ERROR_CONFLICT, -EADDRINUSE,
                                "primary of %s is set to %s: the bond returns there by itself as soon as that "
                                "port has a link, good or not; unset it",
                                bond->name, bond_members_name(&s->members, bond->primary));
}

/* --- requests to the bond --- */

static int request(Bond *s, struct nl_msg *m) {
        return bond_control_add(&s->control, m);
}

/* The port that must hear what it is not the active one for; written down before it is done. */
static int prepare_open(Bond *s) {
        struct redirect_config *c = &s->programs.config;
        PairSide spare = pair_side_other(s->course.active);
        int r = 0;

        c->undo_open = 1;
        if (s->members.bond.promiscuous && !c->undo_promiscuous[spare]) {
                c->undo_promiscuous[spare] = 1;
                r = request(s, bond_codec_set_promiscuous(s->parameters.ifindex[spare], true));
        }
        if (r >= 0)
                r = redirect_programs_store_config(&s->programs, NULL);
        if (r >= 0)
                r = request(s, bond_codec_set_all_slaves_active(s->members.bond.ifindex, true));
        return r;
}

/* The bond last: as long as it is open, whoever finds it knows that there is something to end. */
static int prepare_close(Bond *s) {
        int r = 0;

        for (PairSide side = 0; r >= 0 && side < _PAIR_SIDE_MAX; side++)
                if (s->programs.config.undo_promiscuous[side])
                        r = request(s, bond_codec_set_promiscuous(s->parameters.ifindex[side], false));
        return r < 0 ? r : request(s, bond_codec_set_all_slaves_active(s->members.bond.ifindex, false));
}

static int start_step(Bond *s, BondStep step) {
        int r = 0;

        switch (step) {
        case BOND_STEP_OPEN:
                r = prepare_open(s);
                break;
        case BOND_STEP_ACTIVATE:
                r = request(s,
                                bond_codec_set_active(s->members.bond.ifindex,
                                                s->parameters.ifindex[s->course.target.egress]));
                break;
        case BOND_STEP_CLOSE:
                r = prepare_close(s);
                break;
        case BOND_STEP_NONE:
        case _BOND_STEP_MAX:
                return 0;
        }
        if (r >= 0)
                r = bond_control_start(&s->control);
        s->step = r >= 0 ? step : BOND_STEP_NONE;
        return r;
}

static void step_failed(Bond *s, BondStep step, int code, usec_t now) {
        static const char *const words[_BOND_STEP_MAX] = {
                [BOND_STEP_OPEN] = "take frames from both ports",
                [BOND_STEP_ACTIVATE] = "make another port the active one",
                [BOND_STEP_CLOSE] = "take frames from its active port alone",
        };

        s->retry_at = usec_add(now, RETRY_USEC);
        if (step == BOND_STEP_OPEN && !s->course.open)
                s->programs.config.undo_open = 0;
        if (s->course.takeover)
                return; /* traffic flows all the same */
        s->failure = (Error){};
        error_set(&s->failure, ERROR_FAILED, code, "%s does not %s: %s", s->members.bond.name, words[step],
                        s->control.words);
}

/* The bond has a new address: what announces it, and what lets it in. */
static int read_again(Bond *s, usec_t now, Error *e);

static void step_done(Bond *s, BondStep step, usec_t now) {
        struct redirect_config *c = &s->programs.config;

        switch (step) {
        case BOND_STEP_OPEN:
                break;
        case BOND_STEP_ACTIVATE:
                s->accounted = s->members.bond.active;
                s->linger_until = usec_add(now, LINGER_USEC);
                s->course.lingering = s->course.open && !s->course.open_ever;
                ingress_move_store(&s->ingress);
                if (s->members.bond.fail_over_mac != BOND_MAC_NONE)
                        (void) read_again(s, now, NULL);
                if (s->course.target.ingress == s->course.active)
                        ingress_move_announce(&s->ingress, now);
                break;
        case BOND_STEP_CLOSE:
                memset(c->undo_promiscuous, 0, sizeof(c->undo_promiscuous));
                c->undo_open = 0;
                (void) redirect_programs_store_config(&s->programs, NULL);
                /* The spare is another one now. */
                (void) read_again(s, now, NULL);
                break;
        case BOND_STEP_NONE:
        case _BOND_STEP_MAX:
                break;
        }
}

/* What is under way with the bond, and what is next. */
static void drive(Bond *s, usec_t now) {
        int result = 0;

        if (s->step != BOND_STEP_NONE) {
                BondStep step = s->step;

                if (bond_control_poll(&s->control, &result) == 0)
                        return;
                s->step = BOND_STEP_NONE;
                look_at_bond(s);
                if (result < 0)
                        step_failed(s, step, result, now);
                else
                        step_done(s, step, now);
        }
        if (s->course.lingering && now >= s->linger_until)
                s->course.lingering = false;
        s->course.under_way = ingress_move_is_under_way(&s->ingress);
        ingress_move_store(&s->ingress);
        if (s->ingress.held && s->step == BOND_STEP_NONE && bond_course_next(&s->course) != BOND_STEP_OPEN)
                (void) ingress_move_go(&s->ingress, now, NULL);
        if (now >= s->retry_at && s->failure.kind == ERROR_NONE) {
                BondStep step = bond_course_next(&s->course);

                result = start_step(s, step);
                if (result < 0)
                        step_failed(s, step, result, now);
        }
}

/* --- the vtable --- */

static int bond_probe(const SteeringParameters *p, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        BondMembers members;
        int r;

        r = rtnetlink_new(&netlink, e);
        return r < 0 ? r : bond_members_read(&members, netlink, p->ifindex, p->name, e);
}

static Steering *bond_close(Steering *steering) {
        Bond *s = bond_of(steering);

        bond_control_done(&s->control);
        announcer_done(&s->announcer);
        redirect_programs_done(&s->programs);
        rtnetlink_free(s->netlink);
        free(s);
        return NULL;
}

static size_t list_addresses(const Bond *s, const Identity *i, FilterAddress *list) {
        PairSide active = s->course.active < 0 ? SIDE_PRIMARY : s->course.active;
        size_t n = 0;

        for (size_t k = 0; k < i->n_addresses; k++) {
                /* The active port's filter is the bond's affair, save for an address that is not the bond's any
                 * more (BOND_MAC_ACTIVE): then the port which does not have it by itself. */
                PairSide filter = pair_side_other(active);

                if (ether_address_equal(&i->addresses[k], &s->members.port[filter].address))
                        filter = s->members.bond.fail_over_mac == BOND_MAC_ACTIVE ? active : _PAIR_SIDE_INVALID;
                list[n++] = (FilterAddress){ i->addresses[k], REDIRECT_ADDRESS_IDENTITY, filter };
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                list[n++] = (FilterAddress){ i->station[side], REDIRECT_ADDRESS_STATION((unsigned) side),
                        side };
        for (size_t k = 0; k < i->n_groups; k++)
                list[n++] = (FilterAddress){ i->groups[k], REDIRECT_ADDRESS_GROUP, pair_side_other(active) };
        return n;
}

/* Addresses to maps, filters and frames. */
static int adopt_identity(Bond *s, const Identity *i, Error *e) {
        const size_t max = IDENTITY_ADDRESSES_MAX + _PAIR_SIDE_MAX + IDENTITY_GROUPS_MAX;
        _cleanup_free_ FilterAddress *list = new0(FilterAddress, max);
        struct redirect_config *c = &s->programs.config;
        int r;

        if (!list)
                return error_errno(e, -ENOMEM, "Cannot list the addresses of %s", s->members.bond.name);
        c->bond = (uint32_t) s->members.bond.ifindex;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                c->ifindex[side] = (uint32_t) i->ifindex[side];
                memcpy(c->station[side], i->station[side].octet, sizeof(c->station[side]));
        }
        memcpy(c->identity, i->own.octet, sizeof(c->identity));
        r = redirect_programs_store_config(&s->programs, e);
        if (r >= 0)
                r = redirect_filter_apply_list(&s->programs, s->netlink, list, list_addresses(s, i, list),
                                i->ifindex, names_of(s), e);
        if (r >= 0)
                r = announcer_prepare(&s->announcer, i, e);
        return r;
}

static int read_members(Bond *s, Error *e) {
        int r = bond_members_read(&s->members, s->netlink, s->parameters.ifindex, names_of(s), e);

        if (r <= 0)
                return r < 0 ? r : e ? e->code : -EOPNOTSUPP;
        take_note(s, s->members.bond.active, s->members.bond.all_slaves_active);
        say_obstacle(s);
        say_conflict(s);
        return 0;
}

static int read_identity(Bond *s, Error *e) {
        _cleanup_free_ Identity *i = NULL;
        int r = bond_identity_read(&i, s->netlink, &s->members, names_of(s), e);

        if (r >= 0 && i->truncated)
                r = error_set(e, ERROR_NOT_SUPPORTED, -E2BIG,
                                "%s, or a bridge on it, has more addresses, groups or devices than can be "
                                "steered",
                                s->members.bond.name);
        return r < 0 ? r : adopt_identity(s, i, e);
}

static int read_again(Bond *s, usec_t now, Error *e) {
        int r = read_members(s, e);

        return r < 0 ? r : read_identity(s, e);
}

static Bond *bond_new(const SteeringParameters *p) {
        Bond *s = new0(Bond, 1);

        if (!s)
                return NULL;
        s->steering.backend = &steering_bond;
        s->announcer.socket[SIDE_PRIMARY] = s->announcer.socket[SIDE_STANDBY] = -EBADF;
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

/* An earlier process may have died at any point. */
static void take_up(Bond *s, bool found, usec_t now) {
        RedirectMove move;

        take_note(s, s->members.bond.active, s->course.open);
        s->accounted = s->members.bond.active;
        move = bond_course_take_up(&s->course, found ? redirect_programs_get_mode(&s->programs) : 0);
        s->linger_until = usec_add(now, LINGER_USEC);
        s->ingress.held = move.moving && !s->course.open;
        ingress_move_take_up(&s->ingress, move, now);
}

/* Puts everything in place: first what the programs go by, then the programs. */
static int set_up(Bond *s, bool found, usec_t now, Error *e) {
        int r;

        for (PairSide side = 0; found && side < _PAIR_SIDE_MAX; side++)
                if (s->programs.config.ifindex[side] != (uint32_t) s->parameters.ifindex[side])
                        redirect_filter_forget(&s->programs, side);
        r = announcer_init(&s->announcer, s->pair, s->parameters.ifindex, names_of(s), e);
        if (r >= 0)
                r = read_identity(s, e);
        if (r < 0)
                return r;
        take_up(s, found, now);
        r = redirect_programs_attach(&s->programs, &s->parameters, e);
        if (r >= 0)
                r = bond_others_apply(&s->programs, s->members.other, s->members.n_others, e);
        return r;
}

/* The programs of the redirect backend, from before the adapters became ports. */
static int replace_redirect(Bond *s, Error *e) {
        (void) steering_undo(&s->programs, s->netlink, &s->parameters, NULL);
        redirect_programs_done(&s->programs);
        return redirect_programs_open(&s->programs, &s->parameters, e);
}

static int open_steered(Bond *s, usec_t now, Error *e) {
        bool found;
        int r = redirect_programs_open(&s->programs, &s->parameters, e);

        if (r < 0)
                return r;
        if (r > 0 && !s->programs.config.bond)
                r = replace_redirect(s, e);
        if (r < 0)
                return r;
        found = r > 0;
        r = set_up(s, found, now, e);
        if (r < 0 && !found)
                (void) steering_undo(&s->programs, s->netlink, &s->parameters, NULL);
        return r;
}

/* What steered the adapters before they became ports of a bond that is only observed would do so still. */
static void forget_steering(Bond *s) {
        if (redirect_programs_open(&s->programs, &s->parameters, NULL) < 0)
                return; /* cannot have been there either */
        (void) steering_undo(&s->programs, s->netlink, &s->parameters, NULL);
        redirect_programs_done(&s->programs);
}

static int bond_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        Bond *s = bond_new(p);
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "Cannot set up steering of %s", p->pair);
        r = rtnetlink_new(&s->netlink, e);
        for (PairSide side = 0; r >= 0 && side < _PAIR_SIDE_MAX; side++)
                if (p->ifindex[side] <= 0)
                        r = error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "%s does not exist", p->name[side]);
        if (r >= 0)
                r = bond_control_init(&s->control, e);
        if (r >= 0)
                r = read_members(s, e);
        if (r >= 0) {
                s->observed = s->members.bond.mode != BOND_ACTIVE_BACKUP;
                if (s->observed)
                        forget_steering(s);
                else
                        r = open_steered(s, now, e);
        }
        if (r < 0) {
                bond_close(&s->steering);
                return r;
        }
        *ret = &s->steering;
        return 0;
}

/* Also with the standby serving: the bond itself keeps traffic there. */
static int bond_detach(Steering *steering, Error *e) {
        Bond *s = bond_of(steering);

        if (s->observed)
                return 0;
        (void) bond_control_wait(&s->control);
        s->step = BOND_STEP_NONE;
        look_at_bond(s);
        if (s->ingress.move.moving || s->course.takeover ||
                        s->course.target.ingress != s->course.target.egress ||
                        (s->course.active != s->course.target.egress && s->course.active >= 0))
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic of %s is not back on one port of %s yet",
                                s->pair, s->members.bond.name);
        return steering_undo(&s->programs, s->netlink, &s->parameters, e);
}

static SteeringPath bond_get_path(const Steering *steering) {
        const Bond *s = (const Bond *) steering;

        return s->course.target;
}

/* Both adapters work: egress may wait for the bond, ingress for it to be open. */
static int begin_planned(Bond *s, SteeringPath target, usec_t now, Error *e) {
        bool moves = target.ingress != s->course.target.ingress;
        int r = 0;

        s->course.target = target;
        /* What somebody else did just now is not undone, but found by the next check. */
        s->course.ordered = s->course.active != target.egress && s->members.bond.active == s->accounted;
        s->course.takeover = false;
        if (moves) {
                bool closed = !s->course.open || s->step == BOND_STEP_CLOSE;

                s->course.under_way = true;
                r = ingress_move_begin(&s->ingress, target, STEERING_PLANNED, closed, now, e);
        } else {
                s->ingress.move.path = target;
                ingress_move_store(&s->ingress);
        }
        drive(s, now);
        return r;
}

static int begin_now(Bond *s, SteeringPath target, usec_t now, Error *e) {
        int r;

        s->course.target = target;
        s->course.ordered = s->course.takeover = s->course.active != target.egress;
        s->course.under_way = true;
        r = ingress_move_begin(&s->ingress, target, STEERING_NOW, false, now, e);
        drive(s, now);
        return r;
}

static int bond_begin(Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Bond *s = bond_of(steering);

        if (s->step == BOND_STEP_NONE)
                look_at_bond(s);
        if (!s->observed)
                say_obstacle(s);
        /* When the bond has no active port at all, one that works is what it needs. */
        if (s->steering.obstacle.kind != ERROR_NONE &&
                        !(urgency == STEERING_NOW && !s->observed && s->members.bond.active == 0))
                return error_set(e, s->steering.obstacle.kind, s->steering.obstacle.code, "%s",
                                s->steering.obstacle.text);
        s->failure = (Error){};
        s->retry_at = 0;
        return urgency == STEERING_NOW ? begin_now(s, target, now, e) : begin_planned(s, target, now, e);
}

static usec_t next_call(const Bond *s, usec_t now) {
        if (s->step != BOND_STEP_NONE || s->ingress.held)
                return now + CHECK_USEC;
        if (bond_course_next(&s->course) != BOND_STEP_NONE)
                return MAX(s->retry_at, now + CHECK_USEC);
        return s->course.lingering ? MAX(s->linger_until, now + CHECK_USEC) : USEC_INFINITY;
}

static int bond_process(Steering *steering, usec_t now, usec_t *ret_next, Error *e) {
        Bond *s = bond_of(steering);
        usec_t next = USEC_INFINITY;
        int r;

        *ret_next = USEC_INFINITY;
        if (s->observed)
                return 1;
        drive(s, now);
        if (s->failure.kind != ERROR_NONE) {
                Error failure = s->failure;

                s->failure = (Error){};
                return error_set(e, failure.kind, failure.code, "%s", failure.text);
        }
        r = ingress_move_process(&s->ingress, now, &next, e);
        if (r < 0)
                return r;
        /* The ledger may just have come to its end. */
        drive(s, now);
        *ret_next = MIN(next, next_call(s, now));
        return r > 0 &&
                        (s->course.active == s->course.target.egress || s->course.takeover ||
                                        s->course.active == _PAIR_SIDE_INVALID);
}

static int bond_refresh(Steering *steering, usec_t now, Error *e) {
        Bond *s = bond_of(steering);
        int r;

        if (s->step != BOND_STEP_NONE)
                return 0; /* read again when it is done */
        r = read_members(s, e);
        if (r < 0 || s->observed)
                return r;
        r = read_identity(s, e);
        if (r >= 0)
                r = bond_others_apply(&s->programs, s->members.other, s->members.n_others, e);
        return r;
}

/* Everything on the port that the bond has chosen. */
static void follow_bond(Bond *s, usec_t now) {
        PairSide active = s->course.active < 0 ? s->course.target.egress : s->course.active;

        s->course.target = (SteeringPath){ active, active };
        s->course.takeover = s->course.ordered = false;
        s->ingress.held = false;
        ingress_move_take_up(&s->ingress, (RedirectMove){ .path = s->course.target }, now);
        drive(s, now);
}

static SteeringDisturbance bond_check(Steering *steering, usec_t now, Error *what) {
        Bond *s = bond_of(steering);
        int before = s->accounted, active;
        PairSide side_before = side_of(s, before);

        if (s->observed || s->step != BOND_STEP_NONE)
                return STEERING_UNDISTURBED;
        active = read_active(s);
        if (active == before)
                return STEERING_UNDISTURBED;
        /* The bond's answer to a dead port, which the carrier's watch answers too: looked at again later. */
        if (active == 0 || (side_before >= 0 && side_of(s, active) >= 0 && !has_carrier(s->name[side_before])))
                return STEERING_UNDISTURBED;
        look_at_bond(s);
        say_obstacle(s);
        s->accounted = active;
        if (s->course.active == s->course.target.egress)
                return STEERING_UNDISTURBED;
        error_set(what, ERROR_CONFLICT, -EBUSY,
                        "the active port of %s is %s now, no longer %s: another program, or the bond's own "
                        "monitoring, chose it",
                        s->members.bond.name, bond_members_name(&s->members, active),
                        bond_members_name(&s->members, before));
        follow_bond(s, now);
        return STEERING_MOVED;
}

static int bond_get_counters(Steering *steering, SteeringCounters *ret) {
        Bond *s = bond_of(steering);

        if (s->observed) {
                *ret = (SteeringCounters){};
                return 0;
        }
        return redirect_programs_get_steering_counters(&s->programs, ret);
}

static SteeringTraffic bond_take_traffic(Steering *steering, PairSide side) {
        Bond *s = bond_of(steering);

        return s->observed ? (SteeringTraffic){} : redirect_programs_take_traffic(&s->programs, side);
}

static EtherAddress bond_get_station(const Steering *steering, PairSide side) {
        const Bond *s = (const Bond *) steering;

        return ether_address_station(s->members.port[side].permanent);
}

static int bond_get_home(const Steering *steering) {
        return ((const Bond *) steering)->members.bond.ifindex;
}

const SteeringBackend steering_bond = {
        .name = "bond",
        .probe = bond_probe,
        .open = bond_open,
        .close = bond_close,
        .detach = bond_detach,
        .get_path = bond_get_path,
        .begin = bond_begin,
        .process = bond_process,
        .refresh = bond_refresh,
        .check = bond_check,
        .get_counters = bond_get_counters,
        .take_traffic = bond_take_traffic,
        .get_station = bond_get_station,
        .get_home = bond_get_home,
};
