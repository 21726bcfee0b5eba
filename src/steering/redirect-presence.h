/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the programs are still where they were put, in case another program took them away ("tc qdisc del",
 * "bpftool link detach", "rm -r /sys/fs/bpf/primed"). Asking the kernel waits for the RTNL lock, so it is asked
 * only when there is doubt: a pin is gone, or an adapter has moved frames of which the program there saw none.
 * Beacons see to it that there are always frames for the programs at ingress; they pass by those at egress,
 * which an idle adapter leaves in doubt, so that is looked into less often. */

#include "redirect-programs.h"

typedef enum PresenceDirection { PRESENCE_INGRESS, PRESENCE_EGRESS, _PRESENCE_DIRECTION_MAX } PresenceDirection;

typedef struct PresenceHook {
        uint64_t seen; /* by the program */
        uint64_t device;
        bool known;
        bool opened;
        int file; /* the device's counter, kept open: it is read every second */
} PresenceHook;

typedef struct Presence {
        usec_t next, pins_next;
        unsigned doubts;                               /* of the last look: 1 << PresenceDirection */
        usec_t trusted_until[_PRESENCE_DIRECTION_MAX]; /* after a doubt that was wrong */
        PresenceHook hook[_PRESENCE_DIRECTION_MAX][_PAIR_SIDE_MAX];
} Presence;

/* What is all zero is ready for use; this gives back what it came to hold. */
void presence_done(Presence *p);

/* Whether it is time for a look: once a second. */
bool presence_is_due(const Presence *p, usec_t now);
void presence_looked(Presence *p, usec_t now);

/* Whether nothing speaks for any of them being gone. Waits for nobody. */
bool presence_is_sure(Presence *p, const RedirectPrograms *r, const SteeringParameters *s, usec_t now);

/* What is missing, in words, in a buffer of the library that the next call uses again; NULL: nothing. May wait
 * for RTNL. */
const char *presence_find_missing(
                Presence *p, const RedirectPrograms *r, const SteeringParameters *s, usec_t now);
