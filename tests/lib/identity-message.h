/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel tells of a primary and its neighbours, as it builds it: messages of rtnetlink, which the
 * caller frees, and records made of them. Asserts instead of failing. */

#include <netlink/msg.h>

#include "identity-record.h"

/* Devices, by ifindex. */
#define PRIMARY 10
#define STANDBY 11
#define CHILD   12
#define OTHER   20

struct nl_msg *identity_message_begin(int type, const void *head, size_t size);

/* A device, on lower when that is not 0, of a kind (with what VLANs and macvlans have) when that is not NULL.
 */
struct nl_msg *identity_message_link(int ifindex, const char *name, int lower, const char *kind);

/* text: the address; flags: IFA_F_*. */
struct nl_msg *identity_message_address(int family, int ifindex, const char *text, uint32_t flags);

/* The default route; ifindex 0, gateway NULL: without. protocol: RTPROT_*. */
struct nl_msg *identity_message_route(int family, int ifindex, const char *gateway, uint8_t protocol);

struct nl_msg *identity_message_rule(const char *iif);

/* state: NUD_*, flags: NTF_*. */
struct nl_msg *identity_message_neighbour(int ifindex, uint16_t state, uint8_t flags);

/* To the record; frees the message. */
void identity_message_add(IdentityRecord *record, struct nl_msg *m);

/* The primary, eth0, and a VLAN on it, lan7. */
void identity_message_add_links(IdentityRecord *record);

/* A permanent address. */
void identity_message_add_address(IdentityRecord *record, int family, int ifindex, const char *text);
