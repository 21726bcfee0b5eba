/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The messages TSCONFIG_GET and TSCONFIG_SET of ethtool netlink (Linux 6.14): ATTRIBUTE_TIMESTAMP_TX and
 * ATTRIBUTE_TIMESTAMP_RX. No socket. Which clock stamps (the adapter's or its PHY's) is left as it is: it is
 * told by a number that no two adapters share. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* What a kernel takes in it says whether it has it (genl-policy-codec.h). */
#define TIMESTAMPING_SET 47 /* ETHTOOL_MSG_TSCONFIG_SET */

/* From the attributes that a kernel takes in TIMESTAMPING_SET, a bit each. */
bool timestamping_codec_offered(uint64_t accepted);

/* Append the generic netlink header and the attributes of a request. -EMSGSIZE; -ERANGE for a value that there
 * is not. */
int timestamping_codec_put_get(struct nl_msg *m, int ifindex);
int timestamping_codec_put_set(struct nl_msg *m, int ifindex, const AdapterChange *changes, size_t n);

/* Takes the attributes of a reply (what follows the generic netlink header). -EBADMSG for what no kernel sends;
 * any bytes are safe, in memory aligned to 4. */
int timestamping_codec_parse(const void *attributes, size_t size, AdapterProfile *p);
