/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "ethtool-codec.h"
#include "flow-hash-codec.h"
#include "rss-codec.h"
#include "wire-attribute.h"

#define RSS_FLOW_HASH 8 /* ETHTOOL_A_RSS_FLOW_HASH: a nest of the kinds, each with its fields */

/* ETHTOOL_A_FLOW_* of include/uapi/linux/ethtool_netlink_generated.h, Linux 6.17, by the names of ethtool(8) -N
 * rx-flow-hash. Not here: AH and ESP together (14, 15), of which drivers tell as of each. */
static const struct {
        const char *name;
        uint16_t id;
} kinds[] = {
        { "ether", 1 },
        { "ip4", 2 },
        { "ip6", 3 },
        { "tcp4", 4 },
        { "tcp6", 5 },
        { "udp4", 6 },
        { "udp6", 7 },
        { "sctp4", 8 },
        { "sctp6", 9 },
        { "ah4", 10 },
        { "ah6", 11 },
        { "esp4", 12 },
        { "esp6", 13 },
        { "gtpu4", 16 },
        { "gtpu6", 17 },
        { "gtpc4", 18 },
        { "gtpc6", 19 },
        { "gtpc4t", 20 },
        { "gtpc6t", 21 },
        { "gtpu4e", 22 },
        { "gtpu6e", 23 },
        { "gtpu4u", 24 },
        { "gtpu6u", 25 },
        { "gtpu4d", 26 },
        { "gtpu6d", 27 },
};

const char *flow_hash_codec_name(size_t i) {
        return i < ELEMENTSOF(kinds) ? kinds[i].name : NULL;
}

static uint16_t id_of(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].name, name))
                        return kinds[i].id;
        return 0;
}

static const char *name_of(int id) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (kinds[i].id == id)
                        return kinds[i].name;
        return NULL;
}

static int take_kind(struct nlattr *attr, AdapterProfile *p) {
        const char *name = name_of(nla_type(attr));
        AdapterValue *v;

        if (!name) /* of a newer kernel */
                return 0;
        if (nla_len(attr) != 4 && nla_len(attr) != 8)
                return -EBADMSG;
        v = adapter_profile_add(p, ATTRIBUTE_FLOW_HASH, 0, name);
        if (v)
                *v = adapter_value_number(nla_len(attr) == 8 ? nla_get_u64(attr) : nla_get_u32(attr));
        return 1;
}

int flow_hash_codec_parse(const void *attributes, size_t size, AdapterProfile *p) {
        struct nlattr *nest, *attr;
        int rest, r, n = 0;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nest = nla_find((struct nlattr *) attributes, (int) size, RSS_FLOW_HASH);
        if (!nest)
                return 0;
        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, nest, rest) {
                r = take_kind(attr, p);
                if (r < 0)
                        return r;
                n += r;
        }
        return n;
}

bool flow_hash_codec_can_set(uint64_t accepted, const char *name) {
        return accepted & (1U << RSS_FLOW_HASH) && id_of(name) != 0;
}

int flow_hash_codec_put_set(struct nl_msg *m, int ifindex, const char *name, uint64_t fields) {
        struct nlattr *nest;

        if (id_of(name) == 0)
                return -EOPNOTSUPP;
        if (fields > UINT32_MAX)
                return -ERANGE;
        if (ethtool_codec_put_header(m, RSS_MESSAGE_SET, ifindex, 0) < 0)
                return -EMSGSIZE;
        nest = nla_nest_start(m, RSS_FLOW_HASH | NLA_F_NESTED);
        if (!nest || nla_put_u32(m, id_of(name), (uint32_t) fields) < 0)
                return -EMSGSIZE;
        nla_nest_end(m, nest);
        return 0;
}
