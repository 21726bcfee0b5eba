/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What LACP says of a port of an 802.3ad bond, and how its partner is told at once what would else wait for the
 * next LACPDU (up to 30 s). */

#include "bond-identity.h"
#include "error.h"

/* Bits of a port's state (IEEE 802.1AX-2020, 6.4.2.3 m; LACP_STATE_ of drivers/net/bonding). */
#define LACP_SYNCHRONIZATION 0x08
#define LACP_COLLECTING      0x10
#define LACP_DISTRIBUTING    0x20
#define LACP_DEFAULTED       0x40
#define LACP_EXPIRED         0x80

typedef struct LacpPort {
        bool aggregated;        /* in the bond's active aggregator */
        uint8_t actor, partner; /* states, as the last LACPDU of each said */
} LacpPort;

/* From sysfs, waits for nobody. False: it cannot be read, ret is all zero then. */
bool lacp_port_read(const char *bond, const char *port, LacpPort *ret);

/* Whether both ends of the link are heard and agree that the port may carry traffic; with carries, that the
 * partner does collect and distribute on it. Else why says what is missing. */
bool lacp_port_is_proved(const LacpPort *p, bool carries, char *why, size_t size);

static inline bool lacp_port_partner_carries(const LacpPort *p) {
        return (p->partner & (LACP_COLLECTING | LACP_DISTRIBUTING)) != 0;
}

/* Sends the port's last LACPDU once more; the program at its egress makes of it what is to be said now.
 * -ENODATA: none has left since the program is there. */
int lacp_port_tell(int ifindex, const struct redirect_lacpdu *last);
