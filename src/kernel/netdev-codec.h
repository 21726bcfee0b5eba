/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Messages of the kernel's generic netlink family "netdev" about NAPI instances and queues (QUEUE_GET and
 * NAPI_GET: Linux 6.8; NAPI_SET: 6.13; Documentation/netlink/specs/netdev.yaml). No socket. */

#include <netlink/msg.h>

#include "napi-map.h"

/* NETDEV_CMD_NAPI_SET: what a kernel takes in it says which settings there are (genl-policy-codec.h). */
#define NETDEV_NAPI_SET 14

/* Whole messages, the first two to be sent as dumps; NULL without memory. */
struct nl_msg *netdev_codec_get_instances(uint16_t family, int ifindex);
struct nl_msg *netdev_codec_get_queues(uint16_t family, int ifindex);
struct nl_msg *netdev_codec_set_instance(uint16_t family, uint32_t id, NapiSetting s, uint64_t value);

/* From the attributes that a kernel takes in NAPI_SET, a bit each, to a bit per NapiSetting. */
unsigned netdev_codec_offered(uint64_t accepted);

/* Take the attributes of a reply (what follows the generic netlink header) about the adapter into the map; of
 * other adapters nothing is taken. -EBADMSG for what no kernel sends; any bytes are safe, in memory aligned to
 * 4. */
int netdev_codec_parse_instance(const void *attributes, size_t size, int ifindex, NapiMap *m);
int netdev_codec_parse_queue(const void *attributes, size_t size, int ifindex, NapiMap *m);
