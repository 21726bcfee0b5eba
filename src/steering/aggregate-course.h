/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The course of taking traffic off one port of a link aggregate, and of putting it back, as a function of what
 * is wanted and of what LACP says. Pure: no clock, no socket.
 *
 * Both ports carry traffic. The partner stops collecting from a port as soon as it is told to stop distributing
 * to it (IEEE 802.1AX-2020, 6.4.15: a port that is out of sync does neither), so egress leaves first and comes
 * back last:
 *
 *      carries       divert       drain       part       left       join       resume       carries
 *
 * *Divert* and *resume* are the programs' doing, at once. *Part* and *join* are said by LACPDUs, and are done
 * when the partner's own say so. Frames that come in are taken all the while. */

#include <stdint.h>

#include "pair-policy.h"

typedef enum AggregateStep {
        AGGREGATE_STEP_NONE,
        AGGREGATE_STEP_DIVERT, /* what the stack sends by that port leaves by the other */
        AGGREGATE_STEP_PART,   /* its LACPDUs say that it is out of sync */
        AGGREGATE_STEP_JOIN,   /* they are left as they are */
        AGGREGATE_STEP_RESUME, /* what is sent by it leaves by it */
        _AGGREGATE_STEP_MAX,
} AggregateStep;

typedef struct AggregatePort {
        bool wanted;          /* to carry traffic */
        bool diverted;        /* see above */
        bool drained;         /* diverted for so long that what it had queued is out */
        bool parted;          /* see above */
        bool partner_carries; /* the partner collects and distributes on it */
} AggregatePort;

/* What to do next, and to which port. */
AggregateStep aggregate_course_next(const AggregatePort port[static _PAIR_SIDE_MAX], PairSide *ret_side);

/* Does what a step says. */
void aggregate_course_take(AggregatePort port[static _PAIR_SIDE_MAX], AggregateStep step, PairSide side);

/* Whether that port is as it is wanted, the partner's part included. */
bool aggregate_course_is_settled(const AggregatePort *port);

/* The programs' mode word for both ports, where the pair is served by that side. */
uint32_t aggregate_course_mode(const AggregatePort port[static _PAIR_SIDE_MAX], PairSide serving);

/* What an earlier process left, by that word: diverted, parted, and wanted accordingly. Returns who served. */
PairSide aggregate_course_take_up(AggregatePort port[static _PAIR_SIDE_MAX], uint32_t word);
