/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <stdio.h>

#include "frame-wire.h"
#include "lldp-neighbour.h"

#define HEADER_SIZE 14

/* IEEE 802.1AB-2016 table 8-1 */
enum { TLV_END, TLV_CHASSIS, TLV_PORT, TLV_LIFETIME, TLV_SYSTEM_NAME = 5 };

/* Tables 8-2 and 8-3: which subtype is an address instead of text. */
enum {
        CHASSIS_MAC = 4,
        CHASSIS_NETWORK = 5,
        PORT_MAC = 3,
        PORT_NETWORK = 4,
};

/* IANA's address family numbers */
enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

static void copy_text(char *to, const uint8_t *from, size_t n) {
        n = MIN(n, (size_t) LLDP_TEXT_MAX - 1);
        for (size_t i = 0; i < n; i++)
                to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char) from[i] : '?';
        to[n] = '\0';
}

static void copy_hex(char *to, const uint8_t *from, size_t n) {
        size_t at = 0;

        to[0] = '\0';
        for (size_t i = 0; i < n && at + 4 < LLDP_TEXT_MAX; i++)
                at += (size_t) snprintf(to + at, LLDP_TEXT_MAX - at, i ? ":%02x" : "%02x", from[i]);
}

static void copy_network(char *to, const uint8_t *from, size_t n) {
        if (n == 1 + 4 && from[0] == FAMILY_IPV4)
                inet_ntop(AF_INET, from + 1, to, LLDP_TEXT_MAX);
        else if (n == 1 + 16 && from[0] == FAMILY_IPV6)
                inet_ntop(AF_INET6, from + 1, to, LLDP_TEXT_MAX);
        else
                copy_hex(to, from, n);
}

/* A subtype and at least one octet. */
static bool copy_id(char *to, const uint8_t *value, size_t n, uint8_t mac, uint8_t network) {
        if (n < 2)
                return false;
        if (value[0] == mac)
                copy_hex(to, value + 1, n - 1);
        else if (value[0] == network)
                copy_network(to, value + 1, n - 1);
        else
                copy_text(to, value + 1, n - 1);
        return true;
}

/* One TLV; `nth` counts from 0: the first three are fixed (8.2). */
static int take(LldpNeighbour *ret, unsigned nth, unsigned type, const uint8_t *value, size_t n) {
        if ((nth < TLV_LIFETIME) != (type >= TLV_CHASSIS && type <= TLV_LIFETIME) ||
                        (nth < TLV_LIFETIME && type != nth + 1))
                return -EBADMSG;
        switch (type) {
        case TLV_CHASSIS:
                return copy_id(ret->chassis, value, n, CHASSIS_MAC, CHASSIS_NETWORK) ? 0 : -EBADMSG;
        case TLV_PORT:
                return copy_id(ret->port, value, n, PORT_MAC, PORT_NETWORK) ? 0 : -EBADMSG;
        case TLV_LIFETIME:
                if (n < 2)
                        return -EBADMSG;
                ret->lifetime = wire_get16(value) * USEC_PER_SEC;
                break;
        case TLV_SYSTEM_NAME:
                copy_text(ret->system, value, n);
                break;
        default:
                break;
        }
        return 0;
}

int lldp_neighbour_parse(const uint8_t *frame, size_t size, LldpNeighbour *ret) {
        LldpNeighbour neighbour = {};
        size_t at = HEADER_SIZE;

        if (size < HEADER_SIZE || wire_get16(frame + 12) != LLDP_ETHERTYPE)
                return -EBADMSG;
        for (unsigned nth = 0; at + 2 <= size; nth++) {
                unsigned type = frame[at] >> 1;
                size_t n = wire_get16(frame + at) & 0x1ff;
                int r;

                at += 2;
                if (n > size - at)
                        return -EBADMSG;
                if (type == TLV_END && nth > TLV_PORT)
                        break;
                r = take(&neighbour, nth, type, frame + at, n);
                if (r < 0)
                        return r;
                at += n;
        }
        if (!neighbour.chassis[0] || !neighbour.port[0])
                return -EBADMSG;
        *ret = neighbour;
        return 0;
}
