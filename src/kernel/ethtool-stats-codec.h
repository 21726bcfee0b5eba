/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counters and levels that ethtool tells of an adapter by generic netlink, in messages of their own
 * (Documentation/networking/ethtool-netlink.rst): one row per value. No socket. Every question takes RTNL. Not
 * asked for, since no rule would use it: counts of control frames (eth-ctrl), of frames by length (RMON), and
 * frames the MAC could not take in (aFramesLostDueToIntMACRcvError, which drivers raise on congestion, too). */

#include <errno.h>
#include <netlink/msg.h>

#include "macro.h"

typedef enum StatsKind {
        STATS_LINK_MODE,  /* LINKMODES_GET */
        STATS_LINK_STATE, /* LINKSTATE_GET */
        STATS_FEC,        /* FEC_GET with statistics */
        STATS_STANDARD,   /* STATS_GET: groups of IEEE 802.3 clause 30 and RFC 2819 */
        STATS_PAUSE,      /* PAUSE_GET with statistics */
        STATS_QUEUES,     /* what the driver counts per queue; of another family: queue-stats-codec.h */
        STATS_DRIVER,     /* the driver's own statistics, by ioctl: driver-stats-reader.h */
        _STATS_KIND_MAX,
        _STATS_KIND_INVALID = -EINVAL,
} StatsKind;

typedef enum StatsValue {
        STATS_LINK_DOWN_COUNT, /* how often the PHY itself saw the link go (ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT) */
        STATS_SQI,             /* signal quality index of the PHY */
        STATS_SQI_MAX,         /* its best */
        STATS_LINK_TROUBLE,    /* why the link is down, see link-trouble.h */
        STATS_LINK_TROUBLE_DETAIL,
        STATS_FEC_BLOCKS,      /* corrected, of all lanes */
        STATS_FEC_LOST_BLOCKS, /* uncorrectable */
        STATS_FEC_BITS,        /* corrected */
        STATS_FEC_NEAR_LIMIT,  /* codewords with more than two thirds of the errors that can be corrected */
        STATS_SYMBOLS,         /* aSymbolErrorDuringCarrier */
        STATS_FCS,             /* aFrameCheckSequenceErrors */
        STATS_MAC_TX,          /* aFramesLostDueToIntMACXmitError */
        STATS_FRAGMENTS,       /* etherStatsFragments */
        STATS_JABBERS,         /* etherStatsJabbers */
        STATS_PAUSE_RX,
        STATS_PAUSE_TX,
        STATS_LINK_SPEED,       /* Mbit/s */
        STATS_LINK_DUPLEX,      /* enum ethtool_duplex: 0 half, 1 full */
        STATS_RX_ALLOC_FAIL,    /* no memory to receive into; not each is a frame that is lost */
        STATS_RX_OVERRUNS,      /* dropped for want of buffers */
        STATS_RX_CHECKSUM,      /* its IP, TCP or UDP checksum was wrong */
        STATS_TX_MALFORMED,     /* dropped as invalid */
        STATS_PCS_ERRORS,       /* symbols the physical coding sublayer could not decode */
        STATS_LOCAL_FAULTS,     /* how often the MAC lost what it receives (IEEE 802.3 46.3.4) */
        STATS_REMOTE_FAULTS,    /* how often the other end told so of what it receives */
        STATS_PCIE_INTEGRITY,   /* recoveries of the PCIe link */
        STATS_MODULE_ERRORS,    /* short circuits of a module and of its bus */
        STATS_MODULE_OVERHEATS, /* how often the module was too hot */
        STATS_MEMORY_ERRORS,    /* of packets' memory in the adapter: not corrected */
        STATS_MEMORY_CORRECTED, /* corrected */
        STATS_DEVICE_FAULTS,    /* how often the driver found the device stuck */
        _STATS_VALUE_MAX,
        _STATS_VALUE_INVALID = -EINVAL,
} StatsValue;

/* What the driver told; what it does not offer is 0 and not set, which is not the same as 0. */
typedef struct EthtoolStats {
        uint64_t value[_STATS_VALUE_MAX];
        bool set[_STATS_VALUE_MAX];
} EthtoolStats;

/* family: the id of "ethtool". NULL when out of memory; the caller frees. */
struct nl_msg *ethtool_stats_request(uint16_t family, StatsKind kind, int ifindex);

/* Makes a request for one adapter one for another. */
void ethtool_stats_request_for(struct nl_msg *m, StatsKind kind, int ifindex);

/* Takes the attributes of a reply (what follows the generic netlink header). Returns how many values it had,
 * or -EBADMSG; any bytes are safe, in memory aligned to 4. */
int ethtool_stats_parse(StatsKind kind, const void *attributes, size_t size, EthtoolStats *ret);
