/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <netlink/attr.h>

#include "ethtool-codec.h"
#include "ethtool-stats-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

/* Not in the headers of Linux 6.1; the number is ABI. */
#define LINKSTATE_EXT_DOWN_COUNT 7
/* The same of Linux 6.18 (include/uapi/linux/ethtool_netlink_generated.h). */
#define FEC_STAT_HIST    5 /* one nest per bin */
#define FEC_HIST_LOW     2
#define FEC_HIST_HIGH    3 /* inclusive */
#define FEC_HIST_SUM     4 /* 4 or 8 octets */
#define FEC_HIST_BY_LANE 5 /* an array of 8 octets each */
#define FEC_BINS_MAX     32

/* The groups of STATS_GET that have a row below. */
#define GROUPS ((1U << ETHTOOL_STATS_ETH_PHY) | (1U << ETHTOOL_STATS_ETH_MAC) | (1U << ETHTOOL_STATS_RMON))

typedef struct StatsMessage {
        uint8_t command;
        uint32_t flags;  /* of the request's header */
        uint16_t nested; /* the attribute that the values are in, 0: the message itself */
} StatsMessage;

static const StatsMessage messages[_STATS_KIND_MAX] = {
        [STATS_LINK_MODE] = { ETHTOOL_MSG_LINKMODES_GET },
        [STATS_LINK_STATE] = { ETHTOOL_MSG_LINKSTATE_GET },
        [STATS_FEC] = { ETHTOOL_MSG_FEC_GET, ETHTOOL_FLAG_STATS, ETHTOOL_A_FEC_STATS },
        [STATS_STANDARD] = { ETHTOOL_MSG_STATS_GET, .nested = ETHTOOL_A_STATS_GRP },
        [STATS_PAUSE] = { ETHTOOL_MSG_PAUSE_GET, ETHTOOL_FLAG_STATS, ETHTOOL_A_PAUSE_STATS },
};

typedef struct StatsRow {
        StatsKind kind;
        StatsValue value;
        uint16_t id;
        uint8_t width;      /* bytes; 8: of an array, its first is the sum of the lanes */
        uint32_t group;     /* of STATS_STANDARD: ETHTOOL_STATS_* */
        bool ones_is_unset; /* as in WireAttribute */
} StatsRow;

#define PHY ETHTOOL_STATS_ETH_PHY
#define MAC ETHTOOL_STATS_ETH_MAC

/* SPEED_UNKNOWN and DUPLEX_UNKNOWN, of a link that is down, are all ones. */
static const StatsRow rows[] = {
        { STATS_LINK_MODE, STATS_LINK_SPEED, ETHTOOL_A_LINKMODES_SPEED, 4, 0, true },
        { STATS_LINK_MODE, STATS_LINK_DUPLEX, ETHTOOL_A_LINKMODES_DUPLEX, 1, 0, true },
        { STATS_LINK_STATE, STATS_LINK_DOWN_COUNT, LINKSTATE_EXT_DOWN_COUNT, 4, 0, false },
        { STATS_LINK_STATE, STATS_SQI, ETHTOOL_A_LINKSTATE_SQI, 4, 0, false },
        { STATS_LINK_STATE, STATS_SQI_MAX, ETHTOOL_A_LINKSTATE_SQI_MAX, 4, 0, false },
        { STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_A_LINKSTATE_EXT_STATE, 1, 0, false },
        { STATS_LINK_STATE, STATS_LINK_TROUBLE_DETAIL, ETHTOOL_A_LINKSTATE_EXT_SUBSTATE, 1, 0, false },
        { STATS_FEC, STATS_FEC_BLOCKS, ETHTOOL_A_FEC_STAT_CORRECTED, 8, 0, false },
        { STATS_FEC, STATS_FEC_LOST_BLOCKS, ETHTOOL_A_FEC_STAT_UNCORR, 8, 0, false },
        { STATS_FEC, STATS_FEC_BITS, ETHTOOL_A_FEC_STAT_CORR_BITS, 8, 0, false },
        { STATS_STANDARD, STATS_SYMBOLS, ETHTOOL_A_STATS_ETH_PHY_5_SYM_ERR, 8, PHY, false },
        { STATS_STANDARD, STATS_FCS, ETHTOOL_A_STATS_ETH_MAC_6_FCS_ERR, 8, MAC, false },
        { STATS_STANDARD, STATS_MAC_TX, ETHTOOL_A_STATS_ETH_MAC_12_TX_INT_ERR, 8, MAC, false },
        { STATS_STANDARD, STATS_FRAGMENTS, ETHTOOL_A_STATS_RMON_FRAG, 8, ETHTOOL_STATS_RMON, false },
        { STATS_STANDARD, STATS_JABBERS, ETHTOOL_A_STATS_RMON_JABBER, 8, ETHTOOL_STATS_RMON, false },
        { STATS_PAUSE, STATS_PAUSE_RX, ETHTOOL_A_PAUSE_STAT_RX_FRAMES, 8, 0, false },
        { STATS_PAUSE, STATS_PAUSE_TX, ETHTOOL_A_PAUSE_STAT_TX_FRAMES, 8, 0, false },
};

static int put_groups(struct nl_msg *m) {
        struct nlattr *set = nla_nest_start(m, ETHTOOL_A_STATS_GROUPS | NLA_F_NESTED);

        if (!set || nla_put_flag(m, ETHTOOL_A_BITSET_NOMASK) < 0 ||
                        nla_put_u32(m, ETHTOOL_A_BITSET_SIZE, __ETHTOOL_STATS_CNT) < 0 ||
                        nla_put_u32(m, ETHTOOL_A_BITSET_VALUE, GROUPS) < 0)
                return -EMSGSIZE;
        nla_nest_end(m, set);
        return 0;
}

/* The adapter's name is the second attribute here, the first in every other message. */
static int put_stats_header(struct nl_msg *m, int ifindex) {
        struct nlattr *nest = nla_nest_start(m, ETHTOOL_A_STATS_HEADER | NLA_F_NESTED);

        if (!nest || nla_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t) ifindex) < 0)
                return -EMSGSIZE;
        nla_nest_end(m, nest);
        return put_groups(m);
}

struct nl_msg *ethtool_stats_request(uint16_t family, StatsKind kind, int ifindex) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = kind == STATS_STANDARD
                        ? netlink_genl_message(family, ETHTOOL_MSG_STATS_GET, ETHTOOL_GENL_VERSION)
                        : nlmsg_alloc_simple(family, NLM_F_REQUEST);
        const StatsMessage *message = messages + kind;
        int r;

        if (!m)
                return NULL;
        r = kind == STATS_STANDARD ? put_stats_header(m, ifindex)
                                   : ethtool_codec_put_header(m, message->command, ifindex, message->flags);
        return r < 0 ? NULL : TAKE_PTR(m);
}

void ethtool_stats_request_for(struct nl_msg *m, StatsKind kind, int ifindex) {
        int id = kind == STATS_STANDARD ? ETHTOOL_A_STATS_HEADER : 1;
        struct nlattr *header = nlmsg_find_attr(nlmsg_hdr(m), GENL_HDRLEN, id);
        struct nlattr *index = nla_find(nla_data(header), nla_len(header), ETHTOOL_A_HEADER_DEV_INDEX);

        memcpy(nla_data(index), &(uint32_t){ (uint32_t) ifindex }, sizeof(uint32_t));
}

static uint64_t number(const struct nlattr *attr, uint8_t width) {
        return width == 8 ? nla_get_u64(attr) : width == 4 ? nla_get_u32(attr) : nla_get_u8(attr);
}

/* Values of one list of attributes. How many, or -EBADMSG. */
static int take_list(StatsKind kind, uint32_t group, const void *list, size_t size, EthtoolStats *s) {
        struct nlattr *attr;
        int rest, n = 0;

        if (!wire_list_is_whole(list, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) list, (int) size, rest) {
                for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                        const StatsRow *row = rows + i;
                        uint64_t value;

                        if (row->kind != kind || row->group != group || row->id != nla_type(attr))
                                continue;
                        if (nla_len(attr) == 0)
                                break; /* an array of nothing: the driver does not count it */
                        if (nla_len(attr) < row->width)
                                return -EBADMSG;
                        value = number(attr, row->width);
                        if (row->ones_is_unset && value == UINT64_MAX >> (64 - 8 * row->width))
                                break;
                        s->value[row->value] = value;
                        s->set[row->value] = true;
                        n++;
                }
        }
        return n;
}

/* Codewords in which FEC corrected that many symbols (IEEE 802.3ck, bins of 91.6 and 119.3). */
typedef struct FecBin {
        uint32_t low, high;
        uint64_t n;
        bool has_low, has_high, has_sum;
} FecBin;

static int take_bin_value(const struct nlattr *attr, FecBin *bin) {
        int size = nla_len(attr);

        switch (nla_type(attr)) {
        case FEC_HIST_LOW:
        case FEC_HIST_HIGH:
                if (size < 4)
                        return -EBADMSG;
                *(nla_type(attr) == FEC_HIST_LOW ? &bin->low : &bin->high) = nla_get_u32(attr);
                *(nla_type(attr) == FEC_HIST_LOW ? &bin->has_low : &bin->has_high) = true;
                break;
        case FEC_HIST_SUM:
                if (size < 4)
                        return -EBADMSG;
                bin->n = number(attr, size < 8 ? 4 : 8);
                bin->has_sum = true;
                break;
        case FEC_HIST_BY_LANE:
                for (int at = 0; !bin->has_sum && at + 8 <= size; at += 8) {
                        uint64_t lane;

                        memcpy(&lane, (const uint8_t *) nla_data(attr) + at, sizeof(lane));
                        bin->n += lane;
                }
                break;
        }
        return 0;
}

/* The highest bin ends at what can be corrected. Those of its upper third say how near codewords come to that:
 * where errors come in bursts, that is no matter of their average. How many values, or -EBADMSG. */
static int take_histogram(const void *list, size_t size, EthtoolStats *s) {
        FecBin bins[FEC_BINS_MAX] = {};
        struct nlattr *attr, *value;
        uint32_t top = 0;
        size_t n = 0;
        int rest, inner;

        nla_for_each_attr(attr, (struct nlattr *) list, (int) size, rest) {
                if (nla_type(attr) != FEC_STAT_HIST || n == FEC_BINS_MAX)
                        continue;
                if (!wire_list_is_whole(nla_data(attr), (size_t) nla_len(attr)))
                        return -EBADMSG;
                nla_for_each_nested(value, attr, inner)
                        if (take_bin_value(value, bins + n) < 0)
                                return -EBADMSG;
                if (!bins[n].has_low || !bins[n].has_high)
                        return -EBADMSG;
                top = MAX(top, bins[n++].high);
        }
        for (size_t i = 0; i < n; i++)
                if (3ULL * bins[i].low > 2ULL * top) {
                        s->value[STATS_FEC_NEAR_LIMIT] += bins[i].n;
                        s->set[STATS_FEC_NEAR_LIMIT] = true;
                }
        return s->set[STATS_FEC_NEAR_LIMIT];
}

/* What is in the nest of a message. */
static int take_nest(StatsKind kind, const struct nlattr *nest, EthtoolStats *s) {
        int n = take_list(kind, 0, nla_data(nest), (size_t) nla_len(nest), s), r = 0;

        if (n >= 0 && kind == STATS_FEC)
                r = take_histogram(nla_data(nest), (size_t) nla_len(nest), s);
        return n < 0 ? n : r < 0 ? r : n + r;
}

/* A group: its number, and every statistic in a nest of its own. */
static int take_group(const struct nlattr *nest, EthtoolStats *s) {
        struct nlattr *attr;
        uint32_t group = UINT32_MAX;
        int rest, n = 0;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, (struct nlattr *) nest, rest) {
                int r = 0;

                if (nla_type(attr) == ETHTOOL_A_STATS_GRP_ID) {
                        if (nla_len(attr) < (int) sizeof(uint32_t))
                                return -EBADMSG;
                        group = nla_get_u32(attr);
                } else if (nla_type(attr) == ETHTOOL_A_STATS_GRP_STAT)
                        r = take_list(STATS_STANDARD, group, nla_data(attr), (size_t) nla_len(attr), s);
                if (r < 0)
                        return r;
                n += r;
        }
        return n;
}

int ethtool_stats_parse(StatsKind kind, const void *attributes, size_t size, EthtoolStats *ret) {
        const StatsMessage *message = messages + kind;
        EthtoolStats s = {};
        struct nlattr *attr;
        int rest, n = 0;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        if (message->nested == 0)
                n = take_list(kind, 0, attributes, size, &s);
        else
                nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                        int r = 0;

                        if (nla_type(attr) == message->nested)
                                r = kind == STATS_STANDARD ? take_group(attr, &s) : take_nest(kind, attr, &s);
                        if (r < 0)
                                return r;
                        n += r;
                }
        if (n < 0)
                return n;
        *ret = s;
        return n;
}
