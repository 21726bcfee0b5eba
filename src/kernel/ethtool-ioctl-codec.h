/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Commands of the SIOCETHTOOL ioctl to and from values, for what ethtool netlink has no message for, or none on
 * every kernel. No socket. What a driver answered is taken for no more than any bytes: sizes that it names are
 * bounded, and never believed beyond the memory that was given to it. */

#include <linux/ethtool.h>

#include "adapter-profile.h"
#include "flow-rule.h"
#include "queue-coalesce.h"
#include "rss-config.h"

/* The largest struct ethtool_rxfh there can be. */
#define ETHTOOL_RSS_SIZE_MAX                                                                                   \
        (sizeof(struct ethtool_rxfh) + RSS_SLOTS_MAX * sizeof(uint32_t) + ADAPTER_BYTES_MAX)

/* From the answer to a request without sizes to the one with them, in ret (ETHTOOL_RSS_SIZE_MAX): the size of
 * it, or -E2BIG when the driver has more than is held here. */
int ethtool_ioctl_rss_request(const struct ethtool_rxfh *sizes, struct ethtool_rxfh *ret);

/* size: of the memory at reply. -EBADMSG when the answer claims more than that, -E2BIG when it names queues or
 * sizes that are not held here. */
int ethtool_ioctl_parse_rss(const struct ethtool_rxfh *reply, size_t size, RssConfig *ret);

/* changes: RssChange. ret as above. context: 0 the adapter itself, ETH_RXFH_CONTEXT_ALLOC a new one. */
void ethtool_ioctl_put_rss(const RssConfig *c, unsigned changes, uint32_t context, struct ethtool_rxfh *ret);

/* ETHTOOL_GRXCLSRLALL: the locations, at most n of them fit. How many there are, -EBADMSG when it claims more.
 */
int ethtool_ioctl_parse_locations(const struct ethtool_rxnfc *reply, size_t n);

/* ETHTOOL_GRXCLSRULE, ETHTOOL_SRXCLSRLINS. context: the number of the RSS context among the adapter's own, as
 * in FlowRule; context_id: what the kernel calls it. */
void ethtool_ioctl_parse_rule(const struct ethtool_rxnfc *reply, uint32_t context, FlowRule *ret);
void ethtool_ioctl_put_rule(
                const FlowRule *r, uint32_t location, uint32_t context_id, struct ethtool_rxnfc *ret);

/* The kinds of flow whose hash can be told (ETHTOOL_GRXFH): the name at index i, NULL behind the last, and the
 * flow type of a name, 0 when there is none. */
const char *ethtool_ioctl_flow_name(size_t i);
uint32_t ethtool_ioctl_flow_type(const char *name);

/* A tunable: its number, and the type the kernel wants its value in. */
typedef struct EthtoolTunable {
        AdapterAttribute attribute; /* ATTRIBUTE_TUNABLE, ATTRIBUTE_PHY_TUNABLE */
        const char *name;           /* as in the kernel's string sets */
        uint32_t id, type;
        uint8_t size; /* 1, 2, 4 */
} EthtoolTunable;

/* The tunable at index i, or NULL behind the last. */
const EthtoolTunable *ethtool_ioctl_tunable(size_t i);
