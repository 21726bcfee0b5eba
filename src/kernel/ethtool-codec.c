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
};
/* clang-format on */

typedef struct EthtoolMessage {
        uint8_t get, set;
        const WireAttribute *rows; /* NULL: bit sets, see below */
        size_t n_rows;
} EthtoolMessage;

#define ROWS(t) .rows = (t), .n_rows = ELEMENTSOF(t)

/* The header is attribute 1 of every message. */
static const EthtoolMessage message_table[_PRIME_ITEM_MAX] = {
        [PRIME_CHANNELS] = { ETHTOOL_MSG_CHANNELS_GET, ETHTOOL_MSG_CHANNELS_SET, ROWS(channels_table) },
        [PRIME_RINGS] = { ETHTOOL_MSG_RINGS_GET, ETHTOOL_MSG_RINGS_SET, ROWS(rings_table) },
        [PRIME_COALESCE] = { ETHTOOL_MSG_COALESCE_GET, ETHTOOL_MSG_COALESCE_SET, ROWS(coalesce_table) },
        [PRIME_PRIVATE_FLAGS] = { ETHTOOL_MSG_PRIVFLAGS_GET, ETHTOOL_MSG_PRIVFLAGS_SET },
        [PRIME_FEATURES] = { ETHTOOL_MSG_FEATURES_GET, ETHTOOL_MSG_FEATURES_SET },
        [PRIME_WAKE_ON_LAN] = { ETHTOOL_MSG_WOL_GET, ETHTOOL_MSG_WOL_SET },
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
                r = wire_attribute_put(m, message->rows, message->n_rows, &changes[i]);
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

static void take_wake_mode(AdapterProfile *p, size_t context, uint32_t index, const char *name, bool value) {
        AdapterValue *v = &p->value[ATTRIBUTE_WAKE_ON_LAN];

        v->set = true;
        if (index < 64 && value)
                v->word[0] |= UINT64_C(1) << index;
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

        if (message->rows)
                return wire_attributes_parse(message->rows, message->n_rows, attributes, size, p);
        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                int type = nla_type(attr);

                if (item == PRIME_FEATURES && type >= ETHTOOL_A_FEATURES_HW &&
                                type <= ETHTOOL_A_FEATURES_NOCHANGE)
                        r = parse_bitset(attr, take_feature, (size_t) type, p);
                else if (item == PRIME_PRIVATE_FLAGS && type == ETHTOOL_A_PRIVFLAGS_FLAGS)
                        r = parse_bitset(attr, take_private_flag, (size_t) type, p);
                else if (item == PRIME_WAKE_ON_LAN && type == ETHTOOL_A_WOL_MODES)
                        r = parse_bitset(attr, take_wake_mode, (size_t) type, p);
                else
                        continue;
                if (r < 0)
                        return r;
        }
        return 0;
}
