/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool_netlink.h>

#include "ethtool-codec.h"
#include "timestamping-codec.h"
#include "wire-attribute.h"

/* include/uapi/linux/ethtool_netlink_generated.h of Linux 6.14 */
#define TIMESTAMPING_GET 46
enum {
        TSCONFIG_TX_TYPES = 3,   /* a set of one bit, the number of a HWTSTAMP_TX_* */
        TSCONFIG_RX_FILTERS = 4, /* as above, HWTSTAMP_FILTER_* */
};

#define BITS 32 /* more than there are of either */

bool timestamping_codec_offered(uint64_t accepted) {
        const uint64_t needed = 1U << TSCONFIG_TX_TYPES | 1U << TSCONFIG_RX_FILTERS;

        return (accepted & needed) == needed;
}

int timestamping_codec_put_get(struct nl_msg *m, int ifindex) {
        return ethtool_codec_put_header(m, TIMESTAMPING_GET, ifindex, ETHTOOL_FLAG_COMPACT_BITSETS);
}

/* Exactly that bit, whatever was set before (ETHTOOL_A_BITSET_NOMASK). */
static int put_bit(struct nl_msg *m, int type, uint64_t bit) {
        struct nlattr *set = nla_nest_start(m, type | NLA_F_NESTED);
        uint32_t word = bit < BITS ? UINT32_C(1) << bit : 0;

        if (bit >= BITS)
                return -ERANGE;
        if (!set || nla_put_flag(m, ETHTOOL_A_BITSET_NOMASK) < 0 ||
                        nla_put_u32(m, ETHTOOL_A_BITSET_SIZE, BITS) < 0 ||
                        nla_put(m, ETHTOOL_A_BITSET_VALUE, sizeof(word), &word) < 0)
                return -EMSGSIZE;
        nla_nest_end(m, set);
        return 0;
}

int timestamping_codec_put_set(struct nl_msg *m, int ifindex, const AdapterChange *changes, size_t n) {
        int r = ethtool_codec_put_header(m, TIMESTAMPING_SET, ifindex, ETHTOOL_FLAG_OMIT_REPLY);

        for (size_t i = 0; i < n && r >= 0; i++)
                r = put_bit(m,
                                changes[i].attribute == ATTRIBUTE_TIMESTAMP_TX ? TSCONFIG_TX_TYPES
                                                                               : TSCONFIG_RX_FILTERS,
                                changes[i].value.word[0]);
        return r;
}

/* The one bit, as its number; nothing when none is set. */
static int take_bit(struct nlattr *set, AdapterValue *ret) {
        struct nlattr *attr;
        uint32_t word;
        int rest;

        if (!wire_list_is_whole(nla_data(set), (size_t) nla_len(set)))
                return -EBADMSG;
        nla_for_each_nested(attr, set, rest) {
                if (nla_type(attr) != ETHTOOL_A_BITSET_VALUE)
                        continue;
                if (nla_len(attr) < (int) sizeof(word))
                        return -EBADMSG;
                word = nla_get_u32(attr);
                if (word != 0)
                        *ret = adapter_value_number((uint64_t) __builtin_ctz(word));
        }
        return 0;
}

int timestamping_codec_parse(const void *attributes, size_t size, AdapterProfile *p) {
        struct nlattr *attr;
        int rest, r = 0;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                if (nla_type(attr) == TSCONFIG_TX_TYPES)
                        r = take_bit(attr, &p->value[ATTRIBUTE_TIMESTAMP_TX]);
                else if (nla_type(attr) == TSCONFIG_RX_FILTERS)
                        r = take_bit(attr, &p->value[ATTRIBUTE_TIMESTAMP_RX]);
                if (r < 0)
                        return r;
        }
        return 0;
}
