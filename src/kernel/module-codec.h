/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ethtool's MODULE_EEPROM_GET (generic netlink, Linux 5.13) <-> values. */

#include <netlink/msg.h>

#include "module-memory.h"

/* NULL when out of memory; the caller frees. family: the id of "ethtool". */
struct nl_msg *module_request(uint16_t family, int ifindex, const ModuleBlock *block);

/* The bytes of a reply into data; how many, 1 to MODULE_HALF, or -EBADMSG. */
int module_reply_parse(const struct nlmsghdr *message, uint8_t data[static MODULE_HALF]);
