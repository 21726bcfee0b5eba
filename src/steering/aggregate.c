/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The aggregate backend: both adapters are ports of one 802.3ad bond, and both carry traffic. A port that is
 * about to fail is left in the order of aggregate-course.h, which neither the bond nor any setting of it knows
 * of: the programs of aggregate.bpf.h do it, and the partner is told by LACP (lacp-port.h). So it is undone by
 * taking them away. */

#include "aggregate-course.h"
#include "alloc-util.h"
#include "bond-internal.h"
#include "lacp-port.h"

#define LOOK_USEC                                                                                              \
        (20 * USEC_PER_MSEC) /* between looks at what the partner says, while something is under way */
#define TELL_USEC  (350 * USEC_PER_MSEC) /* LACP sends three in a second at most (IEEE 802.1AX-2020, 6.4.16) */
#define DRAIN_USEC (20 * USEC_PER_MSEC)  /* until what a port had queued is out */
#define REST_USEC  USEC_PER_SEC          /* between looks for a port that is slow to come back */
#define PATIENCE   (4 * USEC_PER_SEC)    /* for a partner to act: Linux' looks ten times a second */
#define ANSWER     USEC_PER_SEC          /* for what it says to be about what it was told last */
#define FRESH_USEC (100 * USEC_PER_MSEC) /* how long what sysfs said is believed */

typedef struct Aggregate {
        SteeringBase base;
        BondMembers members;
        PairSide serving;
        SteeringPath target;
        bool balanced; /* as wanted */
        bool moving;   /* begun, and not told to be over */
        bool urgent;   /* the port being left is dead: its partner is not waited for */
        usec_t begun;
        AggregatePort port[_PAIR_SIDE_MAX];
        usec_t diverted_at[_PAIR_SIDE_MAX], told_at[_PAIR_SIDE_MAX];
        usec_t believe_at[_PAIR_SIDE_MAX]; /* when a partner that carries has heard that it may */
        LacpPort lacp[_PAIR_SIDE_MAX];
        usec_t looked_at;
} Aggregate;

static const SteeringBackend steering_aggregate;

static Aggregate *aggregate_of(Steering *steering) {
        return (Aggregate *) steering;
}

static uint32_t mode_of(const IngressMove *m) {
        const Aggregate *s = (const Aggregate *) ((const char *) m - offsetof(Aggregate, base.ingress));

        return aggregate_course_mode(s->port, s->serving);
}

static void store(Aggregate *s) {
        redirect_programs_set_mode(&s->base.programs, aggregate_course_mode(s->port, s->serving));
}

static void look(Aggregate *s, usec_t now) {
        s->looked_at = now;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                (void) lacp_port_read(s->members.bond.name, s->base.name[side], s->lacp + side);
                s->port[side].partner_carries = lacp_port_partner_carries(s->lacp + side) &&
                                (!s->port[side].wanted || now >= s->believe_at[side]);
                s->port[side].drained = s->port[side].diverted &&
                                usec_sub(now, s->diverted_at[side]) >= DRAIN_USEC;
        }
}

/* Without it the partner hears with the next LACPDU that the kernel sends. */
static void tell(Aggregate *s, PairSide side, usec_t now) {
        s->told_at[side] = now;
        (void) lacp_port_tell(s->base.parameters.ifindex[side], s->base.programs.state->lacpdu + side);
}

/* Of one that acts by LACP, and has not yet. */
static bool waits_for_partner(const AggregatePort *p) {
        return p->wanted ? p->diverted && !p->parted && !p->partner_carries : p->parted && p->partner_carries;
}

/* One that has not yet acted on the last word may do so after this one: what is sent to it then is lost. */
static void note_join(Aggregate *s, PairSide side, usec_t now) {
        if (!lacp_port_partner_carries(s->lacp + side))
                return;
        s->believe_at[side] = usec_add(now, ANSWER);
        s->port[side].partner_carries = false;
}

static void drive(Aggregate *s, usec_t now) {
        AggregateStep step;
        PairSide side;

        look(s, now);
        while ((step = aggregate_course_next(s->port, &side)) != AGGREGATE_STEP_NONE) {
                aggregate_course_take(s->port, step, side);
                store(s);
                if (step == AGGREGATE_STEP_DIVERT)
                        s->diverted_at[side] = now;
                else if (step != AGGREGATE_STEP_RESUME)
                        tell(s, side, now);
                if (step == AGGREGATE_STEP_JOIN)
                        note_join(s, side, now);
        }
        for (side = 0; side < _PAIR_SIDE_MAX; side++)
                if (waits_for_partner(s->port + side) && usec_sub(now, s->told_at[side]) >= TELL_USEC &&
                                usec_sub(now, s->begun) < PATIENCE)
                        tell(s, side, now);
}

static void want(Aggregate *s, usec_t now) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                s->port[side].wanted = s->balanced || side == s->serving;
        s->begun = now;
}

static bool is_settled(const Aggregate *s) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                const AggregatePort *p = s->port + side;

                if (!aggregate_course_is_settled(p) && !(s->urgent && (p->wanted ? !p->diverted : p->diverted)))
                        return false;
        }
        return true;
}

/* --- opening and closing --- */

/* A port whose other has gone would send into nowhere, with nobody left to undo it. */
static void resume_alone(Aggregate *s) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                unsigned other = (unsigned) s->base.parameters.ifindex[pair_side_other(side)];
                char name[IFNAMSIZ];

                if (!s->port[side].diverted || if_indextoname(other, name))
                        continue;
                s->port[side] = (AggregatePort){ .wanted = true };
                store(s);
                (void) lacp_port_tell(s->base.parameters.ifindex[side], s->base.programs.state->lacpdu + side);
        }
}

static Steering *aggregate_close(Steering *steering) {
        Aggregate *s = aggregate_of(steering);

        if (s->base.programs.state)
                resume_alone(s);
        steering_base_done(&s->base);
        free(s);
        return NULL;
}

static int set_up(Aggregate *s, usec_t now, Error *e) {
        struct redirect_config *c = &s->base.programs.config;
        int r;

        c->bond = (uint32_t) s->members.bond.ifindex;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                c->ifindex[side] = (uint32_t) s->base.parameters.ifindex[side];
        r = redirect_programs_store_config(&s->base.programs, e);
        if (r < 0)
                return r;
        s->serving = aggregate_course_take_up(s->port, redirect_programs_get_mode(&s->base.programs));
        s->target = (SteeringPath){ s->serving, s->serving };
        s->balanced = s->port[SIDE_PRIMARY].wanted && s->port[SIDE_STANDBY].wanted;
        s->begun = now;
        /* what the last process told may not have been heard yet */
        s->believe_at[SIDE_PRIMARY] = s->believe_at[SIDE_STANDBY] = usec_add(now, ANSWER);
        if (!s->port[s->serving].wanted)
                s->serving = s->target.ingress = s->target.egress = pair_side_other(s->serving);
        store(s);
        return redirect_programs_attach(&s->base.programs, &s->base.parameters, e);
}

int aggregate_open(
                const SteeringParameters *p, const BondMembers *members, usec_t now, Steering **ret, Error *e) {
        Aggregate *s = new0(Aggregate, 1);
        bool found = false;
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "Cannot set up steering of %s", p->pair);
        steering_base_init(&s->base, &steering_aggregate, p, mode_of);
        s->members = *members;
        r = rtnetlink_new(&s->base.netlink, e);
        if (r >= 0) {
                r = steering_base_open_programs(&s->base, REDIRECT_KIND_AGGREGATE, e);
                found = r > 0;
        }
        if (r >= 0)
                r = set_up(s, now, e);
        if (r < 0) {
                if (s->base.programs.state && !found)
                        (void) steering_base_undo(&s->base, NULL);
                aggregate_close(&s->base.steering);
                return r;
        }
        *ret = &s->base.steering;
        return 0;
}

static int aggregate_detach(Steering *steering, Error *e) {
        Aggregate *s = aggregate_of(steering);

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (s->port[side].diverted || s->port[side].parted)
                        return error_set(e, ERROR_BUSY, -EBUSY, "%s does not carry traffic of %s again yet",
                                        s->base.name[side], s->members.bond.name);
        return steering_base_undo(&s->base, e);
}

/* --- moving --- */

/* Where it is when nothing is under way: ingress and egress leave together, one after the other. */
static SteeringPath aggregate_get_path(const Steering *steering) {
        const Aggregate *s = (const Aggregate *) steering;

        return s->moving ? s->target : (SteeringPath){ s->serving, s->serving };
}

static int aggregate_begin(
                Steering *steering, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Aggregate *s = aggregate_of(steering);
        bool elsewhere = target.ingress != s->serving;

        s->target = target;
        s->moving = true;
        s->urgent = urgency == STEERING_NOW;
        s->serving = target.ingress;
        if (elsewhere)
                s->balanced = false;
        want(s, now);
        if (s->urgent) {
                PairSide left = pair_side_other(s->serving);

                aggregate_course_take(s->port, AGGREGATE_STEP_RESUME, s->serving);
                aggregate_course_take(s->port, AGGREGATE_STEP_JOIN, s->serving);
                if (!s->balanced)
                        aggregate_course_take(s->port, AGGREGATE_STEP_DIVERT, left);
                s->diverted_at[left] = 0;
        }
        store(s);
        drive(s, now);
        return 0;
}

static int aggregate_process(Steering *steering, usec_t now, usec_t *ret_next, Error *e) {
        Aggregate *s = aggregate_of(steering);
        PairSide left = pair_side_other(s->serving);

        drive(s, now);
        if (is_settled(s)) {
                s->moving = false;
                *ret_next = USEC_INFINITY;
                return 1;
        }
        *ret_next = now + (usec_sub(now, s->begun) < PATIENCE ? LOOK_USEC : REST_USEC);
        if (!s->moving)
                return 1; /* what it is waited for may take as long as it likes: nothing is lost meanwhile */
        if (usec_sub(now, s->begun) < PATIENCE)
                return 0;
        s->moving = false;
        return error_set(e, ERROR_TIMEOUT, -ETIMEDOUT,
                        "the LACP partner of %s goes on sending there although it was told that the port is "
                        "out of sync",
                        s->base.name[left]);
}

static void aggregate_set_balanced(Steering *steering, bool balanced, usec_t now) {
        Aggregate *s = aggregate_of(steering);

        s->balanced = balanced;
        s->urgent = false;
        want(s, now);
        drive(s, now);
}

static bool aggregate_is_balanced(const Steering *steering) {
        return ((const Aggregate *) steering)->balanced;
}

static bool aggregate_prove(Steering *steering, PairSide side, usec_t now, char *why, size_t size) {
        Aggregate *s = aggregate_of(steering);
        bool carries = !s->port[side].diverted && !s->port[side].parted;

        if (usec_sub(now, s->looked_at) >= FRESH_USEC || s->looked_at == 0)
                look(s, now);
        if (!lacp_port_is_proved(s->lacp + side, carries, why, size))
                return false;
        snprintf(why, size,
                        carries ? "its LACP partner collects and distributes" : "its LACP partner is in sync");
        return true;
}

/* --- what is told of it --- */

static int aggregate_refresh(Steering *steering, SteeringReading *reading, usec_t now, Error *e) {
        aggregate_of(steering)->members = ((const BondReading *) reading)->members;
        return 0;
}

static int aggregate_get_counters(Steering *steering, SteeringCounters *ret) {
        return redirect_programs_get_steering_counters(&aggregate_of(steering)->base.programs, ret);
}

static SteeringTraffic aggregate_take_traffic(Steering *steering, PairSide side) {
        return redirect_programs_take_traffic(&aggregate_of(steering)->base.programs, side);
}

static EtherAddress aggregate_get_station(const Steering *steering, PairSide side) {
        return ether_address_station(((const Aggregate *) steering)->members.port[side].permanent);
}

static int aggregate_get_home(const Steering *steering) {
        return ((const Aggregate *) steering)->members.bond.ifindex;
}

static const SteeringBackend steering_aggregate = {
        .name = "aggregate",
        .probe = bond_setup_probe,
        .open = bond_setup_open,
        .close = aggregate_close,
        .detach = aggregate_detach,
        .get_path = aggregate_get_path,
        .begin = aggregate_begin,
        .process = aggregate_process,
        .read = bond_view_ask,
        .refresh = aggregate_refresh,
        .get_counters = aggregate_get_counters,
        .take_traffic = aggregate_take_traffic,
        .get_station = aggregate_get_station,
        .get_home = aggregate_get_home,
        .set_balanced = aggregate_set_balanced,
        .is_balanced = aggregate_is_balanced,
        .prove = aggregate_prove,
};
