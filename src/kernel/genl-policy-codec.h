/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which attributes the running kernel takes in a command of a generic netlink family, in its own words: the
 * answer to CTRL_CMD_GETPOLICY for one command (Linux 5.10). No socket. */

#include <netlink/msg.h>

#include "macro.h"

typedef struct GenlPolicy {
        uint32_t command;
        bool known;        /* the command is told to be one that is asked, not dumped */
        uint32_t number;   /* of its policy */
        uint64_t accepted; /* a bit per attribute below 64 */
} GenlPolicy;

/* The whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *genl_policy_codec_get(uint16_t family, uint32_t command);

/* Takes the attributes of one reply (what follows the generic netlink header) into p, which begins with the
 * command alone. Which policy is the command's comes before what the policies hold. -EBADMSG for what no kernel
 * sends; any bytes are safe, in memory aligned to 4. */
int genl_policy_codec_parse(const void *attributes, size_t size, GenlPolicy *p);
