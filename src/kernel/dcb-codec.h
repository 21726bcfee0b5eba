/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* rtnetlink's messages about data center bridging (IEEE 802.1Qaz: which traffic class gets what of the link,
 * which priorities pause on their own, which application has which priority) to and from values. No socket.
 * Layouts as in linux/dcbnl.h.
 *
 *      ATTRIBUTE_DCB_ETS   32 bytes, by traffic class or priority: tc_tx_bw, tc_rx_bw, tc_tsa, prio_tc (8 each)
 *      ATTRIBUTE_DCB_PFC   4 bytes: pfc_en (a bit per priority), mbc, delay (little-endian)
 *      ATTRIBUTE_DCB_APP   "<selector>:<protocol>:<priority>", an entry for each
 */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* The whole message, or NULL without memory. */
struct nl_msg *dcb_codec_get(const char *name);

/* 0 with a message in *ret, -ENOMEM, -EOPNOTSUPP for what is none of these, -EINVAL for an application that is
 * not one. */
int dcb_codec_set(const char *name, const AdapterChange *change, struct nl_msg **ret);

/* Takes an answer to dcb_codec_get() (its payload, from struct dcbmsg on) into the profile. -EBADMSG for what
 * no kernel sends; any bytes are safe, in memory aligned to 4. */
int dcb_codec_parse(const void *payload, size_t size, AdapterProfile *p);

/* What became of dcb_codec_set(), which the kernel says in the answer and not as its result: 0 or -errno. */
int dcb_codec_parse_result(const void *payload, size_t size);
