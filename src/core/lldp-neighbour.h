/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the other end of a cable says of itself: an LLDP frame (IEEE 802.1AB-2016 clause 8) taken apart. Only
 * what tells switches apart and what people want to read is kept. */

#include <errno.h>

#include "macro.h"
#include "time-util.h"

#define LLDP_TEXT_MAX 64

/* IEEE 802.1AB-2016 8.1: the ethertype, and the nearest bridge's group address, which no bridge forwards. */
#define LLDP_ETHERTYPE 0x88cc
#define LLDP_GROUP                                                                                             \
        { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e }

typedef struct LldpNeighbour {
        char chassis[LLDP_TEXT_MAX]; /* of the switch; empty: nothing was heard */
        char port[LLDP_TEXT_MAX];
        char system[LLDP_TEXT_MAX]; /* its name, if it says so */
        usec_t lifetime;            /* how long this holds; 0: it says goodbye */
} LldpNeighbour;

/* A frame from its destination address on, without an 802.1Q tag. 0; -EBADMSG when it is cut short or not as
 * the standard wants it. Octets that do not print become '?'. */
int lldp_neighbour_parse(const uint8_t *frame, size_t size, LldpNeighbour *ret);
