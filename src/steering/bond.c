/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bond backend: both adapters are ports of one active-backup bond, which has the addresses, routes and
 * sockets. This file is the vtable and carries out a move; how it is put in place is in bond-setup.c, what it
 * knows of the bond in bond-view.c, when what is asked of the bond in bond-course.c, how in bond-codec.c and
 * bond-control.c, for which addresses in bond-identity.c, and what the programs on the ports do meanwhile in
 * bond.bpf.h. What it has in common with the redirect backend is in steering-base.c. Ingress follows as in the
 * redirect backend (ingress-move.c).
 *
 * Bonds in another mode are observed: there is a steering that moves nothing and says why. */

#include "bond-internal.h"
#include "bond-others.h"

#define CHECK_USEC USEC_PER_MSEC         /* between looks at a request under way */
#define RETRY_USEC (100 * USEC_PER_MSEC) /* of what the bond refuses in a takeover */

/* --- requests to the bond --- */

static int request(Bond *s, struct nl_msg *m) {
        return bond_control_add(&s->control, m);
}

/* The port that must hear what it is not the active one for; written down before it is done. */
static int prepare_open(Bond *s) {
        struct redirect_config *c = &s->base.programs.config;
        PairSide spare = pair_side_other(s->course.active);
        int r = 0;

        c->undo_open = 1;
        if (s->members.bond.promiscuous && !c->undo_promiscuous[spare]) {
                c->undo_promiscuous[spare] = 1;
                r = request(s, bond_codec_set_promiscuous(s->base.parameters.ifindex[spare], true));
        }
        if (r >= 0)
                r = redirect_programs_store_config(&s->base.programs, NULL);
        if (r >= 0)
                r = request(s, bond_codec_set_all_slaves_active(s->members.bond.ifindex, true));
        return r;
}

/* The bond last: as long as it is open, whoever finds it knows that there is something to end. */
static int prepare_close(Bond *s) {
        int r = 0;

        for (PairSide side = 0; r >= 0 && side < _PAIR_SIDE_MAX; side++)
                if (s->base.programs.config.undo_promiscuous[side])
                        r = request(s, bond_codec_set_promiscuous(s->base.parameters.ifindex[side], false));
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
                                                s->base.parameters.ifindex[s->course.target.egress]));
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
                s->base.programs.config.undo_open = 0;
        if (s->course.takeover)
                return; /* traffic flows all the same */
        s->failure = (Error){};
        error_set(&s->failure, ERROR_FAILED, code, "%s does not %s: %s", s->members.bond.name, words[step],
                        s->control.words);
}

static void step_done(Bond *s, BondStep step, usec_t now) {
        struct redirect_config *c = &s->base.programs.config;

        switch (step) {
        case BOND_STEP_OPEN:
                break;
        case BOND_STEP_ACTIVATE:
                s->accounted = s->members.bond.active;
                s->linger_until = usec_add(now, BOND_LINGER_USEC);
                s->course.lingering = s->course.open && !s->course.open_ever;
                ingress_move_store(&s->base.ingress);
                if (s->members.bond.fail_over_mac != BOND_MAC_NONE)
                        (void) bond_view_read(s, NULL);
                if (s->course.target.ingress == s->course.active)
                        ingress_move_announce(&s->base.ingress, now);
                break;
        case BOND_STEP_CLOSE:
                memset(c->undo_promiscuous, 0, sizeof(c->undo_promiscuous));
                c->undo_open = 0;
                (void) redirect_programs_store_config(&s->base.programs, NULL);
                /* The spare is another one now. */
                (void) bond_view_read(s, NULL);
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
                bond_view_look(s);
                if (result < 0)
                        step_failed(s, step, result, now);
                else
                        step_done(s, step, now);
        }
        if (s->course.lingering && now >= s->linger_until)
                s->course.lingering = false;
        s->course.under_way = ingress_move_is_under_way(&s->base.ingress);
        ingress_move_store(&s->base.ingress);
        if (s->base.ingress.held && s->step == BOND_STEP_NONE && bond_course_next(&s->course) != BOND_STEP_OPEN)
                (void) ingress_move_go(&s->base.ingress, now, NULL);
        if (now >= s->retry_at && s->failure.kind == ERROR_NONE) {
                BondStep step = bond_course_next(&s->course);

                result = start_step(s, step);
                if (result < 0)
                        step_failed(s, step, result, now);
        }
}

/* --- the vtable --- */

/* Also with the standby serving: the bond itself keeps traffic there. */
static int bond_detach(Steering *steering, Error *e) {
        Bond *s = bond_of(steering);

        if (s->observed)
                return 0;
        (void) bond_control_wait(&s->control);
        s->step = BOND_STEP_NONE;
        bond_view_look(s);
        if (s->base.ingress.move.moving || s->course.takeover ||
                        s->course.target.ingress != s->course.target.egress ||
                        (s->course.active != s->course.target.egress && s->course.active >= 0))
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic of %s is not back on one port of %s yet",
                                s->base.pair, s->members.bond.name);
        return steering_base_undo(&s->base, e);
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
                r = ingress_move_begin(&s->base.ingress, target, STEERING_PLANNED, closed, now, e);
        } else {
                s->base.ingress.move.path = target;
                ingress_move_store(&s->base.ingress);
        }
        drive(s, now);
        return r;
}

static int begin_now(Bond *s, SteeringPath target, usec_t now, Error *e) {
        int r;

        s->course.target = target;
        s->course.ordered = s->course.takeover = s->course.active != target.egress;
        s->course.under_way = true;
        r = ingress_move_begin(&s->base.ingress, target, STEERING_NOW, false, now, e);
        drive(s, now);
        return r;
}

static int bond_begin(Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Bond *s = bond_of(steering);

        if (s->step == BOND_STEP_NONE)
                bond_view_look(s);
        if (!s->observed)
                bond_view_tell_obstacle(s);
        /* When the bond has no active port at all, one that works is what it needs. */
        if (s->base.steering.obstacle.kind != ERROR_NONE &&
                        !(urgency == STEERING_NOW && !s->observed && s->members.bond.active == 0))
                return error_set(e, s->base.steering.obstacle.kind, s->base.steering.obstacle.code, "%s",
                                s->base.steering.obstacle.text);
        s->failure = (Error){};
        s->retry_at = 0;
        return urgency == STEERING_NOW ? begin_now(s, target, now, e) : begin_planned(s, target, now, e);
}

static usec_t next_call(const Bond *s, usec_t now) {
        if (s->step != BOND_STEP_NONE || s->base.ingress.held)
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
        r = ingress_move_process(&s->base.ingress, now, &next, e);
        if (r < 0)
                return r;
        /* The ledger may just have come to its end. */
        drive(s, now);
        *ret_next = MIN(next, next_call(s, now));
        return r > 0 &&
                        (s->course.active == s->course.target.egress || s->course.takeover ||
                                        s->course.active == _PAIR_SIDE_INVALID);
}

static int bond_refresh(Steering *steering, SteeringReading *reading, usec_t now, Error *e) {
        Bond *s = bond_of(steering);
        int r;

        if (s->step != BOND_STEP_NONE)
                return 0; /* read again when it is done */
        r = bond_view_take(s, reading, e);
        if (r >= 0 && !s->observed)
                r = bond_others_apply(&s->base.programs, s->members.other, s->members.n_others, e);
        return r;
}

/* Everything on the port that the bond has chosen. */
static void follow_bond(Bond *s, usec_t now) {
        PairSide active = s->course.active < 0 ? s->course.target.egress : s->course.active;

        s->course.target = (SteeringPath){ active, active };
        s->course.takeover = s->course.ordered = false;
        s->base.ingress.held = false;
        ingress_move_take_up(&s->base.ingress, (RedirectMove){ .path = s->course.target }, now);
        drive(s, now);
}

static SteeringDisturbance bond_check(Steering *steering, usec_t now, bool may_wait, Error *what) {
        Bond *s = bond_of(steering);
        int before = s->accounted, active;
        PairSide side_before = bond_view_side(s, before);

        if (s->observed || s->step != BOND_STEP_NONE)
                return STEERING_UNDISTURBED;
        active = bond_view_active(s);
        if (active == before)
                return STEERING_UNDISTURBED;
        /* The bond's answer to a dead port, which the carrier's watch answers too: looked at again later. */
        if (active == 0 ||
                        (side_before >= 0 && bond_view_side(s, active) >= 0 &&
                                        bond_view_lost_link(s, side_before)))
                return STEERING_UNDISTURBED;
        bond_view_look(s);
        bond_view_tell_obstacle(s);
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
        return redirect_programs_get_steering_counters(&s->base.programs, ret);
}

static SteeringTraffic bond_take_traffic(Steering *steering, PairSide side) {
        Bond *s = bond_of(steering);

        return s->observed ? (SteeringTraffic){} : redirect_programs_take_traffic(&s->base.programs, side);
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
        .probe = bond_setup_probe,
        .open = bond_setup_open,
        .close = bond_setup_close,
        .detach = bond_detach,
        .get_path = bond_get_path,
        .begin = bond_begin,
        .process = bond_process,
        .read = bond_view_ask,
        .refresh = bond_refresh,
        .check = bond_check,
        .get_counters = bond_get_counters,
        .take_traffic = bond_take_traffic,
        .get_station = bond_get_station,
        .get_home = bond_get_home,
};
