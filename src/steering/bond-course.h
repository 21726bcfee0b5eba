/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The course of a move between two ports of an active-backup bond, as a function of what is wanted and what the
 * bond does. Pure: no clock, no netlink.
 *
 * A bond takes frames from its active port alone. To move ingress before egress it is *opened*
 * (all_slaves_active), so that it takes frames from either port; the programs on the ports then decide which
 * copy goes up. To move egress the other port is *activated*. When both are on one port again it is *closed*:
 *
 *      guard       open       split       activate       linger       close       guard, the other way round
 *
 * Each of these waits for the kernel's RTNL lock. When the active port is dead nothing may wait: the programs
 * alone then *take over* at once. What the stack still sends by the dead port leaves by the other; what comes
 * in there is handed to the stack twice, on the port it came in and as if it had come in on the dead one. A
 * bond that is closed takes exactly one of them, whichever port it considers active, so it does not matter when
 * it learns, nor from whom. */

#include "redirect-mode.h"

typedef enum BondStep {
        BOND_STEP_NONE,
        BOND_STEP_OPEN,
        BOND_STEP_ACTIVATE, /* the port of target.egress */
        BOND_STEP_CLOSE,
        _BOND_STEP_MAX,
} BondStep;

typedef struct BondCourse {
        SteeringPath target;
        bool under_way;  /* ingress is not seen yet, or its ledger is still in use */
        bool lingering;  /* egress has moved so lately that what the old port sent may still come back */
        bool ordered;    /* egress was told to go to target.egress and is not there yet */
        bool takeover;   /* see above */
        bool open;       /* all_slaves_active as it is... */
        bool open_ever;  /* ...and as its administrator had it: then it is never closed */
        PairSide active; /* the bond's active port; _PAIR_SIDE_INVALID: another one, or none */
} BondCourse;

/* What to ask of the bond next. */
BondStep bond_course_next(const BondCourse *c);

/* Whether the programs decide which copy goes up; else the bond does. */
bool bond_course_is_steered(const BondCourse *c);

/* The programs' mode word. */
uint32_t bond_course_mode(const BondCourse *c, const RedirectMove *move);

/* What an earlier process was at when it died, by the mode word it left (0: it left none) and by what became of
 * it: active, open and open_ever as they are now, the rest is filled in. Returns the move of ingress to go on
 * with. */
RedirectMove bond_course_take_up(BondCourse *c, uint32_t word);
