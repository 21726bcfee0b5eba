/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The settings of an adapter that rtnetlink's link messages carry (MTU, queue length, GSO and GRO sizes, flags,
 * XDP programs), its name, address and kind. No socket. */

#include <netlink/msg.h>

#include "adapter-profile.h"

bool link_settings_codec_has(PrimeItemId item);

/* The whole message RTM_GETLINK for one adapter, or NULL without memory. */
struct nl_msg *link_settings_codec_get(int ifindex);

/* RTM_SETLINK with all changes. 0 with a message in *ret, -ENOMEM, -EOPNOTSUPP, -ERANGE, -EMSGSIZE. */
int link_settings_codec_set(int ifindex, const AdapterChange *changes, size_t n, struct nl_msg **ret);

/* RTM_SETLINK that attaches the program behind fd the way the attribute names (ATTRIBUTE_XDP_*), where there is
 * none, or with expected_fd, in place of that one; fd -1 takes it off. -ENOMEM. */
int link_settings_codec_set_xdp(
                int ifindex, AdapterAttribute attribute, int fd, int expected_fd, struct nl_msg **ret);

/* Takes an RTM_NEWLINK's payload (from the struct ifinfomsg on) into the profile, its identity too. -EBADMSG
 * for what no kernel sends; any bytes are safe, in memory aligned to 4. */
int link_settings_codec_parse(const void *payload, size_t size, AdapterProfile *p);
