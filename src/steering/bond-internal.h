/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the bond backend share: its steering, as bond-setup.c makes it, bond-view.c keeps it up to
 * date with the kernel, and bond.c moves it; and with the aggregate backend, how a bond is read. */

#include "bond-control.h"
#include "bond-course.h"
#include "bond-identity.h"
#include "steering-base.h"

/* What the old port had queued, and copies of it that come back, are through by then (as LAST_USEC of
 * ingress-move.c). */
#define BOND_LINGER_USEC (200 * USEC_PER_MSEC)

typedef struct Bond {
        SteeringBase base;
        bool observed; /* not of a mode that can be steered: nothing below but members is in use */
        BondMembers members;
        BondControl control;

        BondCourse course;
        int accounted; /* the active port as we left or told of it (ifindex): another is somebody else's */
        BondStep step; /* under way in control */
        usec_t linger_until, retry_at;
        Error failure; /* of a step of a planned move, until process() has told it */
} Bond;

typedef struct BondReading {
        SteeringReading reading; /* the identity only of a bond that can be steered */
        BondMembers members;
} BondReading;

static inline Bond *bond_of(Steering *steering) {
        return (Bond *) steering;
}

/* bond-view.c */

/* The side of that device, _PAIR_SIDE_INVALID: not of the pair. */
PairSide bond_view_side(const Bond *s, int ifindex);

/* The active port's ifindex, 0: none; as known when it cannot be read. From sysfs, waits for nobody. */
int bond_view_active(const Bond *s);

/* Whether the bond watches its ports' links, and found that side's lost. Not the carrier itself: reading that
 * waits for RTNL since Linux 6.8 (net/core/net-sysfs.c, carrier_show()). */
bool bond_view_lost_link(const Bond *s, PairSide side);

/* Takes over what the bond does: its active port's ifindex, and whether it is open. */
void bond_view_note(Bond *s, int active, bool open);

/* Reads both and takes them over. Waits for nobody. */
void bond_view_look(Bond *s);

/* Fills in steering.obstacle, or empties it. */
void bond_view_tell_obstacle(Bond *s);

/* The bond and its ports; negative also where the adapters are no ports of one. */
int bond_view_read_ports(BondMembers *ret, Rtnetlink *n, const SteeringParameters *p, Error *e);

/* From the kernel, over netlink: the bond and its ports, with obstacle and conflict; its addresses, to maps,
 * filters and frames; both. 0 or negative with e. */
int bond_view_read_members(Bond *s, Error *e);
int bond_view_read_identity(Bond *s, Error *e);
int bond_view_read(Bond *s, Error *e);

/* The same in two steps, the first of which knows no Bond (steering_read(), steering_refresh()). */
int bond_view_ask(const SteeringParameters *p, SteeringReading **ret, Error *e);
int bond_view_take(Bond *s, SteeringReading *reading, Error *e);

/* aggregate.c: opens the steering of a bond that aggregates links, as it was just read. */
int aggregate_open(
                const SteeringParameters *p, const BondMembers *members, usec_t now, Steering **ret, Error *e);

/* bond-setup.c: of the vtable */
int bond_setup_probe(const SteeringParameters *p, Error *e);
int bond_setup_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e);
Steering *bond_setup_close(Steering *steering);
