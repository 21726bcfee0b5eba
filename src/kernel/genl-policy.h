/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Asks the running kernel which attributes it takes in a command, so that what it can do is not told by its
 * version. */

#include "netlink-socket.h"

/* A bit per attribute below 64 in *ret; 0 where the family has no such command, or the kernel does not say. 0
 * or negative. */
int genl_policy_accepted(NetlinkSocket *s, uint16_t family, uint32_t command, uint64_t *ret, Error *e);
