/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From what the kernel told of the primary (identity-record.h) to requests that put the same on another device,
 * or take it away from there. Bytes to bytes: no socket. */

#include <netlink/msg.h>

#include "identity-record.h"

/* IFA_PROTO (Linux 5.18) of addresses put on the spare, so that `ip address show` tells them from others;
 * below 128, as its numbers are free from 4 (linux/if_addr.h). */
#define IDENTITY_ADDRESS_PROTOCOL 112

/* Where the record's devices are now. */
typedef struct IdentityPlace {
        int ifindex[IDENTITY_RECORD_DEVICES_MAX]; /* 0: not there */
        char name[IFNAMSIZ];                      /* of the adapter that stands for the primary */
} IdentityPlace;

/* A request that makes, or with `remove` removes, what the entry tells of. now: CLOCK_MONOTONIC, for lifetimes.
 * -ESTALE: its lifetime is over; -ENODEV: a device it needs is not in place; -EBADMSG, -ENOMEM. The caller
 * frees. A device is made down. */
int identity_codec_request(const IdentityRecord *r, const RecordEntry *e, const IdentityPlace *place,
                bool remove, bool mark, usec_t now, struct nl_msg **ret);

/* What identity_codec_link() sets; members that are not set are left alone. */
typedef struct IdentityLinkSetting {
        const EtherAddress *address; /* NULL: stays */
        int master;                  /* -1: stays; 0: none */
        int addr_gen_mode;           /* -1: stays; IN6_ADDR_GEN_MODE_ */
        uint32_t mtu;                /* 0: stays */
        bool up, down;
} IdentityLinkSetting;

/* NULL when out of memory. */
struct nl_msg *identity_codec_link(int ifindex, const IdentityLinkSetting *what);

/* Of a device as recorded: whether it is up, the index of its master (0: none) and its kind, its MTU (0:
 * unknown), its address generation mode (-1: unknown). */
void identity_codec_link_setting(const IdentityRecord *r, uint32_t device, IdentityLinkSetting *ret);

/* Whether the device of a link message is the recorded one again: of the same kind, on that lower device. */
bool identity_codec_is_same_child(const IdentityRecord *r, const RecordEntry *e, int lower, struct nlmsghdr *h);

/* Routes that lead to a gateway need the route to it first. */
bool identity_codec_has_gateway(const struct nlmsghdr *route);
