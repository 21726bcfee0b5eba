/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A 48-bit IEEE 802 address as a value. */

#include <stdio.h>

#include "macro.h"

typedef struct EtherAddress {
        uint8_t octet[6];
} EtherAddress;

#define ETHER_ADDRESS_FORMAT  "%02x:%02x:%02x:%02x:%02x:%02x"
#define ETHER_ADDRESS_ARGS(a) (a).octet[0], (a).octet[1], (a).octet[2], (a).octet[3], (a).octet[4], (a).octet[5]

/* "00:53:00:12:34:56", or as much of it as fits. */
static inline void ether_address_format(char *buffer, size_t size, const EtherAddress *a) {
        (void) snprintf(buffer, size, ETHER_ADDRESS_FORMAT, ETHER_ADDRESS_ARGS(*a));
}

static inline bool ether_address_equal(const EtherAddress *a, const EtherAddress *b) {
        return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool ether_address_is_zero(const EtherAddress *a) {
        return memcmp(a, &(EtherAddress){}, sizeof(*a)) == 0;
}

static inline bool ether_address_is_group(const EtherAddress *a) {
        return a->octet[0] & 0x01;
}

/* Another address for the same adapter, under which it probes, beacons and sends during a split so that no
 * switch learns the pair's identity on its port: the address with the locally-administered bit set (IEEE
 * 802 8.2.2), or, where it is set already, with bit 6 of the first octet turned, which keeps it locally
 * administered and unicast. */
static inline EtherAddress ether_address_station(EtherAddress own) {
        if (own.octet[0] & 0x02)
                own.octet[0] ^= 0x40;
        else
                own.octet[0] |= 0x02;
        own.octet[0] &= (uint8_t) ~0x01;
        return own;
}
