/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aggregate-course.h"
#include "redirect-map.h"

/* Something must carry what is taken off a port. */
static bool may_divert(const AggregatePort *other) {
        return !other->diverted && !other->parted;
}

static AggregateStep next_of(const AggregatePort *p, const AggregatePort *other) {
        if (p->wanted) {
                if (p->parted)
                        return AGGREGATE_STEP_JOIN;
                return p->diverted && p->partner_carries ? AGGREGATE_STEP_RESUME : AGGREGATE_STEP_NONE;
        }
        if (!p->diverted)
                return may_divert(other) ? AGGREGATE_STEP_DIVERT : AGGREGATE_STEP_NONE;
        return p->drained && !p->parted ? AGGREGATE_STEP_PART : AGGREGATE_STEP_NONE;
}

AggregateStep aggregate_course_next(const AggregatePort port[static _PAIR_SIDE_MAX], PairSide *ret_side) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                AggregateStep step = next_of(port + s, port + pair_side_other(s));

                *ret_side = s;
                if (step != AGGREGATE_STEP_NONE)
                        return step;
        }
        return AGGREGATE_STEP_NONE;
}

void aggregate_course_take(AggregatePort port[static _PAIR_SIDE_MAX], AggregateStep step, PairSide side) {
        AggregatePort *p = port + side;

        switch (step) {
        case AGGREGATE_STEP_DIVERT:
                p->diverted = true;
                p->drained = false;
                break;
        case AGGREGATE_STEP_PART:
                p->parted = true;
                break;
        case AGGREGATE_STEP_JOIN:
                p->parted = false;
                break;
        case AGGREGATE_STEP_RESUME:
                p->diverted = p->drained = false;
                break;
        case AGGREGATE_STEP_NONE:
        case _AGGREGATE_STEP_MAX:
                break;
        }
}

bool aggregate_course_is_settled(const AggregatePort *p) {
        return p->wanted ? !p->parted && !p->diverted : p->parted && p->diverted && !p->partner_carries;
}

uint32_t aggregate_course_mode(const AggregatePort port[static _PAIR_SIDE_MAX], PairSide serving) {
        uint32_t mode = serving == SIDE_STANDBY ? REDIRECT_INGRESS_STANDBY | REDIRECT_EGRESS_STANDBY : 0;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                if (port[s].diverted)
                        mode |= REDIRECT_AGGREGATE_DIVERTED((unsigned) s);
                if (port[s].parted)
                        mode |= REDIRECT_AGGREGATE_PARTED((unsigned) s);
        }
        return mode;
}

PairSide aggregate_course_take_up(AggregatePort port[static _PAIR_SIDE_MAX], uint32_t word) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                bool diverted = word & REDIRECT_AGGREGATE_DIVERTED((unsigned) s);
                bool parted = word & REDIRECT_AGGREGATE_PARTED((unsigned) s);

                port[s] = (AggregatePort){ .wanted = !diverted && !parted,
                        .diverted = diverted,
                        .drained = diverted,
                        .parted = parted };
        }
        /* in the middle of a way from one to the other: the one it was on its way to goes on carrying */
        if (!port[SIDE_PRIMARY].wanted && !port[SIDE_STANDBY].wanted)
                port[word & REDIRECT_EGRESS_STANDBY ? SIDE_STANDBY : SIDE_PRIMARY].wanted = true;
        return word & REDIRECT_EGRESS_STANDBY ? SIDE_STANDBY : SIDE_PRIMARY;
}
