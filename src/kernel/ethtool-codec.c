/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include "ethtool-codec.h"
#include "wire-attribute.h"

/* include/uapi/linux/ethtool_netlink_generated.h of Linux 6.14 */
enum {
        RINGS_RX_PUSH = 14,         /* 6.3 */
        RINGS_TX_PUSH_BUF_LEN = 15, /* 6.4 */
        RINGS_TX_PUSH_BUF_LEN_MAX = 16,
        RINGS_HDS_THRESH = 17, /* 6.14 */
        RINGS_HDS_THRESH_MAX = 18,
        COALESCE_TX_AGGR_MAX_BYTES = 26, /* 6.3 */
        COALESCE_TX_AGGR_MAX_FRAMES = 27,
        COALESCE_TX_AGGR_TIME_USECS = 28,
        COALESCE_RX_PROFILE = 29, /* 6.10 */
        COALESCE_TX_PROFILE = 30,
};

/* clang-format off */
#define U32(n, a)         { .id = n, .type = WIRE_U32, .attribute = a }
#define U32_KNOWN(n, a)   { .id = n, .type = WIRE_U32, .attribute = a, .zero_is_unset = true }
#define U8(n, a)          { .id = n, .type = WIRE_U8, .attribute = a }
#define U8_KNOWN(n, a)    { .id = n, .type = WIRE_U8, .attribute = a, .zero_is_unset = true }

static const WireAttribute channels_table[] = {
        U32(ETHTOOL_A_CHANNELS_RX_MAX, ATTRIBUTE_CHANNELS_RX_MAX),
        U32(ETHTOOL_A_CHANNELS_TX_MAX, ATTRIBUTE_CHANNELS_TX_MAX),
        U32(ETHTOOL_A_CHANNELS_OTHER_MAX, ATTRIBUTE_CHANNELS_OTHER_MAX),
        U32(ETHTOOL_A_CHANNELS_COMBINED_MAX, ATTRIBUTE_CHANNELS_COMBINED_MAX),
        U32(ETHTOOL_A_CHANNELS_RX_COUNT, ATTRIBUTE_CHANNELS_RX),
        U32(ETHTOOL_A_CHANNELS_TX_COUNT, ATTRIBUTE_CHANNELS_TX),
        U32(ETHTOOL_A_CHANNELS_OTHER_COUNT, ATTRIBUTE_CHANNELS_OTHER),
        U32(ETHTOOL_A_CHANNELS_COMBINED_COUNT, ATTRIBUTE_CHANNELS_COMBINED),
};

static const WireAttribute rings_table[] = {
        U32(ETHTOOL_A_RINGS_RX_MAX, ATTRIBUTE_RINGS_RX_MAX),
        U32(ETHTOOL_A_RINGS_RX_MINI_MAX, ATTRIBUTE_RINGS_RX_MINI_MAX),
        U32(ETHTOOL_A_RINGS_RX_JUMBO_MAX, ATTRIBUTE_RINGS_RX_JUMBO_MAX),
        U32(ETHTOOL_A_RINGS_TX_MAX, ATTRIBUTE_RINGS_TX_MAX),
        U32(ETHTOOL_A_RINGS_RX, ATTRIBUTE_RINGS_RX),
        U32(ETHTOOL_A_RINGS_RX_MINI, ATTRIBUTE_RINGS_RX_MINI),
        U32(ETHTOOL_A_RINGS_RX_JUMBO, ATTRIBUTE_RINGS_RX_JUMBO),
        U32(ETHTOOL_A_RINGS_TX, ATTRIBUTE_RINGS_TX),
        U32_KNOWN(ETHTOOL_A_RINGS_RX_BUF_LEN, ATTRIBUTE_RINGS_RX_BUF_LEN),
        U8_KNOWN(ETHTOOL_A_RINGS_TCP_DATA_SPLIT, ATTRIBUTE_RINGS_TCP_DATA_SPLIT),
        U32_KNOWN(ETHTOOL_A_RINGS_CQE_SIZE, ATTRIBUTE_RINGS_CQE_SIZE),
        U8(ETHTOOL_A_RINGS_TX_PUSH, ATTRIBUTE_RINGS_TX_PUSH),
        U8(RINGS_RX_PUSH, ATTRIBUTE_RINGS_RX_PUSH),
        U32(RINGS_TX_PUSH_BUF_LEN, ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN),
        U32(RINGS_TX_PUSH_BUF_LEN_MAX, ATTRIBUTE_RINGS_TX_PUSH_BUF_LEN_MAX),
        U32(RINGS_HDS_THRESH, ATTRIBUTE_RINGS_HDS_THRESHOLD),
        U32(RINGS_HDS_THRESH_MAX, ATTRIBUTE_RINGS_HDS_THRESHOLD_MAX),
};

static const WireAttribute coalesce_table[] = {
        U32(ETHTOOL_A_COALESCE_RX_USECS, ATTRIBUTE_COALESCE_RX_USECS),
        U32(ETHTOOL_A_COALESCE_RX_MAX_FRAMES, ATTRIBUTE_COALESCE_RX_FRAMES),
        U32(ETHTOOL_A_COALESCE_RX_USECS_IRQ, ATTRIBUTE_COALESCE_RX_USECS_IRQ),
        U32(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ, ATTRIBUTE_COALESCE_RX_FRAMES_IRQ),
        U32(ETHTOOL_A_COALESCE_TX_USECS, ATTRIBUTE_COALESCE_TX_USECS),
        U32(ETHTOOL_A_COALESCE_TX_MAX_FRAMES, ATTRIBUTE_COALESCE_TX_FRAMES),
        U32(ETHTOOL_A_COALESCE_TX_USECS_IRQ, ATTRIBUTE_COALESCE_TX_USECS_IRQ),
        U32(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ, ATTRIBUTE_COALESCE_TX_FRAMES_IRQ),
        U32(ETHTOOL_A_COALESCE_STATS_BLOCK_USECS, ATTRIBUTE_COALESCE_STATS_BLOCK_USECS),
        U8(ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, ATTRIBUTE_COALESCE_ADAPTIVE_RX),
        U8(ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX, ATTRIBUTE_COALESCE_ADAPTIVE_TX),
        U32(ETHTOOL_A_COALESCE_PKT_RATE_LOW, ATTRIBUTE_COALESCE_PKT_RATE_LOW),
        U32(ETHTOOL_A_COALESCE_RX_USECS_LOW, ATTRIBUTE_COALESCE_RX_USECS_LOW),
        U32(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW, ATTRIBUTE_COALESCE_RX_FRAMES_LOW),
        U32(ETHTOOL_A_COALESCE_TX_USECS_LOW, ATTRIBUTE_COALESCE_TX_USECS_LOW),
        U32(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW, ATTRIBUTE_COALESCE_TX_FRAMES_LOW),
        U32(ETHTOOL_A_COALESCE_PKT_RATE_HIGH, ATTRIBUTE_COALESCE_PKT_RATE_HIGH),
        U32(ETHTOOL_A_COALESCE_RX_USECS_HIGH, ATTRIBUTE_COALESCE_RX_USECS_HIGH),
        U32(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH, ATTRIBUTE_COALESCE_RX_FRAMES_HIGH),
        U32(ETHTOOL_A_COALESCE_TX_USECS_HIGH, ATTRIBUTE_COALESCE_TX_USECS_HIGH),
        U32(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH, ATTRIBUTE_COALESCE_TX_FRAMES_HIGH),
        U32(ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL, ATTRIBUTE_COALESCE_SAMPLE_INTERVAL),
        U8(ETHTOOL_A_COALESCE_USE_CQE_MODE_TX, ATTRIBUTE_COALESCE_CQE_MODE_TX),
        U8(ETHTOOL_A_COALESCE_USE_CQE_MODE_RX, ATTRIBUTE_COALESCE_CQE_MODE_RX),
        U32(COALESCE_TX_AGGR_MAX_BYTES, ATTRIBUTE_COALESCE_TX_AGGR_BYTES),
        U32(COALESCE_TX_AGGR_MAX_FRAMES, ATTRIBUTE_COALESCE_TX_AGGR_FRAMES),
        U32(COALESCE_TX_AGGR_TIME_USECS, ATTRIBUTE_COALESCE_TX_AGGR_USECS),
        { .id = COALESCE_RX_PROFILE, .type = WIRE_MODERATION, .attribute = ATTRIBUTE_COALESCE_RX_PROFILE },
        { .id = COALESCE_TX_PROFILE, .type = WIRE_MODERATION, .attribute = ATTRIBUTE_COALESCE_TX_PROFILE },
};

/* include/uapi/linux/ethtool.h: SPEED_UNKNOWN and DUPLEX_UNKNOWN are all ones; 0 of the other two is none. */
static const WireAttribute link_modes_table[] = {
        U8(ETHTOOL_A_LINKMODES_AUTONEG, ATTRIBUTE_LINK_AUTONEG),
        { .id = ETHTOOL_A_LINKMODES_SPEED, .type = WIRE_U32, .attribute = ATTRIBUTE_LINK_SPEED, .ones_is_unset = true },
        { .id = ETHTOOL_A_LINKMODES_DUPLEX, .type = WIRE_U8, .attribute = ATTRIBUTE_LINK_DUPLEX, .ones_is_unset = true },
        U8_KNOWN(ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG, ATTRIBUTE_LINK_MASTER_SLAVE),
};

static const WireAttribute link_info_table[] = {
        U8_KNOWN(ETHTOOL_A_LINKINFO_TP_MDIX_CTRL, ATTRIBUTE_LINK_MDIX),
};

static const WireAttribute fec_table[] = {
        U8(ETHTOOL_A_FEC_AUTO, ATTRIBUTE_FEC_AUTO),
};

static const WireAttribute pause_table[] = {
        U8(ETHTOOL_A_PAUSE_AUTONEG, ATTRIBUTE_PAUSE_AUTONEG),
        U8(ETHTOOL_A_PAUSE_RX, ATTRIBUTE_PAUSE_RX),
        U8(ETHTOOL_A_PAUSE_TX, ATTRIBUTE_PAUSE_TX),
};

static const WireAttribute eee_table[] = {
        U8(ETHTOOL_A_EEE_ENABLED, ATTRIBUTE_EEE_ENABLED),
        U8(ETHTOOL_A_EEE_TX_LPI_ENABLED, ATTRIBUTE_EEE_TX_LPI),
        U32(ETHTOOL_A_EEE_TX_LPI_TIMER, ATTRIBUTE_EEE_TX_TIMER),
};
/* clang-format on */

/* A bit set that is one setting, a mask. */
typedef struct WireMask {
        uint16_t id;
        AdapterAttribute attribute;
        AdapterAttribute supported; /* gets the bits that the set is about, ATTRIBUTE_NONE: not of interest */
} WireMask;

typedef struct EthtoolMessage {
        uint8_t get, set;
        const WireAttribute *rows;
        size_t n_rows;
        WireMask mask;
} EthtoolMessage;

#define ROWS(t) .rows = (t), .n_rows = ELEMENTSOF(t)

/* The header is attribute 1 of every message. */
static const EthtoolMessage message_table[_PRIME_ITEM_MAX] = {
        [PRIME_CHANNELS] = { ETHTOOL_MSG_CHANNELS_GET, ETHTOOL_MSG_CHANNELS_SET, ROWS(channels_table) },
        [PRIME_RINGS] = { ETHTOOL_MSG_RINGS_GET, ETHTOOL_MSG_RINGS_SET, ROWS(rings_table) },
        [PRIME_COALESCE] = { ETHTOOL_MSG_COALESCE_GET, ETHTOOL_MSG_COALESCE_SET, ROWS(coalesce_table) },
        [PRIME_PRIVATE_FLAGS] = { ETHTOOL_MSG_PRIVFLAGS_GET, ETHTOOL_MSG_PRIVFLAGS_SET },
        [PRIME_FEATURES] = { ETHTOOL_MSG_FEATURES_GET, ETHTOOL_MSG_FEATURES_SET },
        [PRIME_LINK_MODES] = { ETHTOOL_MSG_LINKMODES_GET, ETHTOOL_MSG_LINKMODES_SET, ROWS(link_modes_table),
                        .mask = { ETHTOOL_A_LINKMODES_OURS, ATTRIBUTE_LINK_ADVERTISED,
                                        ATTRIBUTE_LINK_SUPPORTED } },
        [PRIME_LINK_INFO] = { ETHTOOL_MSG_LINKINFO_GET, ETHTOOL_MSG_LINKINFO_SET, ROWS(link_info_table) },
        [PRIME_FEC] = { ETHTOOL_MSG_FEC_GET, ETHTOOL_MSG_FEC_SET, ROWS(fec_table),
                        .mask = { ETHTOOL_A_FEC_MODES, ATTRIBUTE_FEC_ENCODINGS } },
        [PRIME_PAUSE] = { ETHTOOL_MSG_PAUSE_GET, ETHTOOL_MSG_PAUSE_SET, ROWS(pause_table) },
        [PRIME_EEE] = { ETHTOOL_MSG_EEE_GET, ETHTOOL_MSG_EEE_SET, ROWS(eee_table),
                        .mask = { ETHTOOL_A_EEE_MODES_OURS, ATTRIBUTE_EEE_ADVERTISED,
                                        ATTRIBUTE_EEE_SUPPORTED } },
        [PRIME_WAKE_ON_LAN] = { ETHTOOL_MSG_WOL_GET, ETHTOOL_MSG_WOL_SET,
                        .mask = { ETHTOOL_A_WOL_MODES, ATTRIBUTE_WAKE_ON_LAN } },
};

bool ethtool_codec_has(PrimeItemId item) {
        return message_table[item].get != 0;
}

int ethtool_codec_put_header(struct nl_msg *m, uint8_t command, int ifindex, uint32_t flags) {
        struct genlmsghdr header = { .cmd = command, .version = ETHTOOL_GENL_VERSION };
        struct nlattr *nest;

        if (nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO) < 0)
                return -EMSGSIZE;
        nest = nla_nest_start(m, 1 | NLA_F_NESTED);
        if (!nest || nla_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t) ifindex) < 0 ||
                        (flags && nla_put_u32(m, ETHTOOL_A_HEADER_FLAGS, flags) < 0))
                return -EMSGSIZE;
        nla_nest_end(m, nest);
        return 0;
}

int ethtool_codec_put_get(struct nl_msg *m, PrimeItemId item, int ifindex) {
        return ethtool_codec_put_header(m, message_table[item].get, ifindex, 0);
}

/* Only the bits named are changed (no ETHTOOL_A_BITSET_NOMASK). */
static int put_bits(struct nl_msg *m, int type, const AdapterChange *changes, size_t n) {
        struct nlattr *set = nla_nest_start(m, type | NLA_F_NESTED);
        struct nlattr *bits = set ? nla_nest_start(m, ETHTOOL_A_BITSET_BITS | NLA_F_NESTED) : NULL;

        if (!bits)
                return -EMSGSIZE;
        for (size_t i = 0; i < n; i++) {
                struct nlattr *bit = nla_nest_start(m, ETHTOOL_A_BITSET_BITS_BIT | NLA_F_NESTED);

                if (!bit || nla_put_string(m, ETHTOOL_A_BITSET_BIT_NAME, changes[i].name) < 0 ||
                                (changes[i].value.word[0] && nla_put_flag(m, ETHTOOL_A_BITSET_BIT_VALUE) < 0))
                        return -EMSGSIZE;
                nla_nest_end(m, bit);
        }
        nla_nest_end(m, bits);
        nla_nest_end(m, set);
        return 0;
}

/* Exactly the bits of the value (ETHTOOL_A_BITSET_NOMASK). */
static int put_mask(struct nl_msg *m, const WireMask *mask, const AdapterValue *v) {
        struct nlattr *set = nla_nest_start(m, mask->id | NLA_F_NESTED), *bits = NULL;

        if (set && nla_put_flag(m, ETHTOOL_A_BITSET_NOMASK) == 0)
                bits = nla_nest_start(m, ETHTOOL_A_BITSET_BITS | NLA_F_NESTED);
        if (!bits)
                return -EMSGSIZE;
        for (uint32_t i = 0; i < ADAPTER_CPUS_MAX; i++) {
                struct nlattr *bit;

                if (!(v->word[i / 64] >> (i % 64) & 1))
                        continue;
                bit = nla_nest_start(m, ETHTOOL_A_BITSET_BITS_BIT | NLA_F_NESTED);
                if (!bit || nla_put_u32(m, ETHTOOL_A_BITSET_BIT_INDEX, i) < 0)
                        return -EMSGSIZE;
                nla_nest_end(m, bit);
        }
        nla_nest_end(m, bits);
        nla_nest_end(m, set);
        return 0;
}

int ethtool_codec_put_set(struct nl_msg *m, int ifindex, const AdapterChange *changes, size_t n) {
        PrimeItemId item = adapter_attribute_info(changes[0].attribute)->item;
        const EthtoolMessage *message = &message_table[item];
        int r;

        /* What became of the features is read back like everything else. */
        r = ethtool_codec_put_header(
                        m, message->set, ifindex, item == PRIME_FEATURES ? ETHTOOL_FLAG_OMIT_REPLY : 0);
        if (r < 0)
                return r;
        if (item == PRIME_FEATURES)
                return put_bits(m, ETHTOOL_A_FEATURES_WANTED, changes, n);
        if (item == PRIME_PRIVATE_FLAGS)
                return put_bits(m, ETHTOOL_A_PRIVFLAGS_FLAGS, changes, n);
        for (size_t i = 0; i < n; i++) {
                r = message->mask.id && changes[i].attribute == message->mask.attribute
                                ? put_mask(m, &message->mask, &changes[i].value)
                                : wire_attribute_put(m, message->rows, message->n_rows, &changes[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* name is NULL in the compact form. */
typedef void (*BitFunc)(AdapterProfile *p, size_t context, uint32_t index, const char *name, bool value);

static int parse_bit(struct nlattr *bit, bool list, BitFunc func, size_t context, AdapterProfile *p) {
        char name[ADAPTER_NAME_MAX] = "";
        bool value = list, indexed = false;
        uint32_t index = 0;
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(bit), (size_t) nla_len(bit)))
                return -EBADMSG;
        nla_for_each_nested(attr, bit, rest) {
                switch (nla_type(attr)) {
                case ETHTOOL_A_BITSET_BIT_INDEX:
                        if (nla_len(attr) < 4)
                                return -EBADMSG;
                        index = nla_get_u32(attr);
                        indexed = true;
                        break;
                case ETHTOOL_A_BITSET_BIT_NAME: {
                        size_t length = strnlen(nla_data(attr), (size_t) nla_len(attr));

                        if (length >= sizeof(name))
                                return -EBADMSG;
                        memcpy(name, nla_data(attr), length);
                        name[length] = 0;
                        break;
                }
                case ETHTOOL_A_BITSET_BIT_VALUE:
                        value = true;
                        break;
                }
        }
        if (!indexed)
                return -EBADMSG;
        func(p, context, index, name[0] ? name : NULL, value);
        return 0;
}

static int parse_verbose(struct nlattr *bits, bool list, BitFunc func, size_t context, AdapterProfile *p) {
        struct nlattr *bit;
        int rest, r;

        if (!wire_list_is_whole(nla_data(bits), (size_t) nla_len(bits)))
                return -EBADMSG;
        nla_for_each_nested(bit, bits, rest) {
                if (nla_type(bit) != ETHTOOL_A_BITSET_BITS_BIT)
                        continue;
                r = parse_bit(bit, list, func, context, p);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_compact(
                struct nlattr *words, uint32_t n_bits, BitFunc func, size_t context, AdapterProfile *p) {
        if (n_bits > (uint32_t) nla_len(words) * 8)
                return -EBADMSG;
        for (uint32_t i = 0; i < MIN(n_bits, (uint32_t) ADAPTER_CPUS_MAX); i++) {
                uint32_t word;

                if ((i / 32 + 1) * 4 > (uint32_t) nla_len(words))
                        return -EBADMSG;
                memcpy(&word, (uint8_t *) nla_data(words) + i / 32 * 4, sizeof(word));
                func(p, context, i, NULL, word >> (i % 32) & 1);
        }
        return 0;
}

static int parse_bitset(struct nlattr *set, BitFunc func, size_t context, AdapterProfile *p) {
        struct nlattr *attr, *bits = NULL, *words = NULL;
        uint32_t n_bits = 0;
        bool list = false;
        int rest;

        if (!wire_list_is_whole(nla_data(set), (size_t) nla_len(set)))
                return -EBADMSG;
        nla_for_each_nested(attr, set, rest) {
                switch (nla_type(attr)) {
                case ETHTOOL_A_BITSET_NOMASK:
                        list = true;
                        break;
                case ETHTOOL_A_BITSET_SIZE:
                        if (nla_len(attr) < 4)
                                return -EBADMSG;
                        n_bits = nla_get_u32(attr);
                        break;
                case ETHTOOL_A_BITSET_BITS:
                        bits = attr;
                        break;
                case ETHTOOL_A_BITSET_VALUE:
                        words = attr;
                        break;
                }
        }
        if (bits)
                return parse_verbose(bits, list, func, context, p);
        if (words)
                return parse_compact(words, n_bits, func, context, p);
        return 0;
}

static void take_feature(AdapterProfile *p, size_t context, uint32_t index, const char *name, bool value) {
        AdapterFeature *f;

        if (index >= ADAPTER_FEATURES_MAX) {
                p->truncated = true;
                return;
        }
        f = &p->feature[index];
        if (name)
                memcpy(f->name, name, strlen(name) + 1);
        switch (context) {
        case ETHTOOL_A_FEATURES_HW:
                f->hw = value;
                break;
        case ETHTOOL_A_FEATURES_WANTED:
                f->wanted = value;
                break;
        case ETHTOOL_A_FEATURES_ACTIVE:
                f->active = value;
                break;
        case ETHTOOL_A_FEATURES_NOCHANGE:
                f->nochange = value;
                break;
        }
}

static void take_mask(AdapterProfile *p, size_t context, uint32_t index, const char *name, bool value) {
        const WireMask *mask = &message_table[context].mask;

        if (index >= ADAPTER_CPUS_MAX) {
                p->truncated = true;
                return;
        }
        if (value)
                p->value[mask->attribute].word[index / 64] |= UINT64_C(1) << (index % 64);
        if (mask->supported) {
                p->value[mask->supported].set = true;
                p->value[mask->supported].word[index / 64] |= UINT64_C(1) << (index % 64);
        }
}

static int parse_mask(PrimeItemId item, struct nlattr *set, AdapterProfile *p) {
        const WireMask *mask = &message_table[item].mask;

        p->value[mask->attribute] = (AdapterValue){ .set = true };
        if (item == PRIME_FEC && !p->value[ATTRIBUTE_FEC_AUTO].set) /* said only when it is on */
                p->value[ATTRIBUTE_FEC_AUTO] = adapter_value_number(0);
        return parse_bitset(set, take_mask, item, p);
}

static void take_private_flag(AdapterProfile *p, size_t context, uint32_t index, const char *name, bool value) {
        AdapterValue *v = name ? adapter_profile_add(p, ATTRIBUTE_PRIVATE_FLAG, 0, name) : NULL;

        if (v)
                *v = adapter_value_number(value);
}

int ethtool_codec_parse(PrimeItemId item, const void *attributes, size_t size, AdapterProfile *p) {
        const EthtoolMessage *message = &message_table[item];
        struct nlattr *attr;
        int rest, r;

        r = wire_attributes_parse(message->rows, message->n_rows, attributes, size, p);
        if (r < 0)
                return r;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                int type = nla_type(attr);

                if (item == PRIME_FEATURES && type >= ETHTOOL_A_FEATURES_HW &&
                                type <= ETHTOOL_A_FEATURES_NOCHANGE)
                        r = parse_bitset(attr, take_feature, (size_t) type, p);
                else if (item == PRIME_PRIVATE_FLAGS && type == ETHTOOL_A_PRIVFLAGS_FLAGS)
                        r = parse_bitset(attr, take_private_flag, (size_t) type, p);
                else if (message->mask.id && type == message->mask.id)
                        r = parse_mask(item, attr, p);
                else
                        continue;
                if (r < 0)
                        return r;
        }
        return 0;
}
