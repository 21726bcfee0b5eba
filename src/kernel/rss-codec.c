/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "ethtool-codec.h"
#include "rss-codec.h"
#include "wire-attribute.h"

/* include/uapi/linux/ethtool_netlink_generated.h of Linux 6.17 */
enum {
        MESSAGE_RSS_GET = 38,
};
enum {
        RSS_HFUNC = 3,
        RSS_INDIR = 4, /* u32 each; of length 0: the driver's own */
        RSS_HKEY = 5,
        RSS_INPUT_XFRM = 6,
};

bool rss_codec_can_set(uint64_t accepted, unsigned changes) {
        uint64_t needed = 0;

        if (changes & (RSS_CHANGE_TABLE | RSS_CHANGE_DEFAULT))
                needed |= 1U << RSS_INDIR;
        if (changes & RSS_CHANGE_KEY)
                needed |= 1U << RSS_HKEY;
        if (changes & RSS_CHANGE_FUNCTION)
                needed |= 1U << RSS_HFUNC;
        if (changes & RSS_CHANGE_TRANSFORM)
                needed |= 1U << RSS_INPUT_XFRM;
        return (accepted & needed) == needed && accepted != 0;
}

int rss_codec_put_get(struct nl_msg *m, int ifindex) {
        return ethtool_codec_put_header(m, MESSAGE_RSS_GET, ifindex, 0);
}

int rss_codec_put_set(struct nl_msg *m, int ifindex, const RssConfig *c, unsigned changes) {
        uint32_t queues[RSS_SLOTS_MAX];
        unsigned n = changes & RSS_CHANGE_DEFAULT ? 0 : c->table.n_slots;

        if (ethtool_codec_put_header(m, RSS_MESSAGE_SET, ifindex, 0) < 0)
                return -EMSGSIZE;
        for (unsigned i = 0; i < n; i++)
                queues[i] = c->table.queue[i];
        if ((changes & (RSS_CHANGE_TABLE | RSS_CHANGE_DEFAULT)) &&
                        nla_put(m, RSS_INDIR, (int) (n * sizeof(queues[0])), queues) < 0)
                return -EMSGSIZE;
        if ((changes & RSS_CHANGE_KEY) && nla_put(m, RSS_HKEY, c->key.size, adapter_value_data(&c->key)) < 0)
                return -EMSGSIZE;
        if ((changes & RSS_CHANGE_FUNCTION) && nla_put_u32(m, RSS_HFUNC, c->function) < 0)
                return -EMSGSIZE;
        if ((changes & RSS_CHANGE_TRANSFORM) && nla_put_u32(m, RSS_INPUT_XFRM, c->transform) < 0)
                return -EMSGSIZE;
        return 0;
}

static int take_table(struct nlattr *attr, RssConfig *c) {
        uint32_t queues[RSS_SLOTS_MAX];
        size_t size = (size_t) nla_len(attr);

        if (size % sizeof(queues[0]) != 0)
                return -EBADMSG;
        if (size > sizeof(queues))
                return -E2BIG;
        memcpy(queues, nla_data(attr), size);
        return rss_table_take(&c->table, queues, size / sizeof(queues[0])) ? 0 : -E2BIG;
}

static int take_key(struct nlattr *attr, RssConfig *c) {
        if (nla_len(attr) > ADAPTER_BYTES_MAX)
                return -E2BIG;
        if (nla_len(attr) > 0)
                c->key = adapter_value_bytes(nla_data(attr), (size_t) nla_len(attr));
        return 0;
}

/* A number of which only the low byte is in use. */
static int take_byte(struct nlattr *attr, uint8_t *ret) {
        if (nla_len(attr) < 4)
                return -EBADMSG;
        if (nla_get_u32(attr) > UINT8_MAX)
                return -E2BIG;
        *ret = (uint8_t) nla_get_u32(attr);
        return 0;
}

int rss_codec_parse(const void *attributes, size_t size, RssConfig *ret) {
        struct nlattr *attr;
        int rest, r = 0;

        memset(ret, 0, sizeof(*ret));
        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                switch (nla_type(attr)) {
                case RSS_INDIR:
                        r = take_table(attr, ret);
                        break;
                case RSS_HKEY:
                        r = take_key(attr, ret);
                        break;
                case RSS_HFUNC:
                        r = take_byte(attr, &ret->function);
                        break;
                case RSS_INPUT_XFRM:
                        r = take_byte(attr, &ret->transform);
                        break;
                }
                if (r < 0)
                        return r;
        }
        return 0;
}
