/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ethtool's LINKSTATE_GET (generic netlink) <-> values. */

#include <linux/netlink.h>
#include <netlink/msg.h>

#include "macro.h"

typedef struct LinkstateReply {
        int ifindex;
        /* How often the PHY itself saw the link go (ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT, Linux 6.2), where the
         * driver knows. */
        uint32_t ext_down_count;
        bool ext_down_count_set;
} LinkstateReply;

/* NULL when out of memory; the caller frees. family: the id of "ethtool". */
struct nl_msg *linkstate_request(uint16_t family, int ifindex);

/* 0 or -EBADMSG. */
int linkstate_parse(const struct nlmsghdr *message, LinkstateReply *ret);
