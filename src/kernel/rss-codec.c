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
        RSS_CONTEXT = 2,
        RSS_HFUNC = 3,
        RSS_INDIR = 4, /* u32 each; of length 0: the driver's own */
        RSS_HKEY = 5,
        RSS_INPUT_XFRM = 6,
};

bool rss_codec_can_carry(uint64_t accepted, uint32_t context, unsigned changes) {
        uint64_t needed = context != 0 ? 1U << RSS_CONTEXT : 0;

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

/* Older kernels know no contexts in it, and 0 needs none. */
static int put_header(struct nl_msg *m, uint8_t message, int ifindex, uint32_t context) {
        if (ethtool_codec_put_header(m, message, ifindex, 0) < 0)
                return -EMSGSIZE;
        return context != 0 && nla_put_u32(m, RSS_CONTEXT, context) < 0 ? -EMSGSIZE : 0;
}

int rss_codec_put_get(struct nl_msg *m, int ifindex, uint32_t context) {
        return put_header(m, MESSAGE_RSS_GET, ifindex, context);
}

int rss_codec_put_delete(struct nl_msg *m, int ifindex, uint32_t context) {
        return put_header(m, RSS_MESSAGE_DELETE, ifindex, context);
}

int rss_codec_put_config(struct nl_msg *m, RssMessage message, int ifindex, uint32_t context,
                const RssConfig *c, unsigned changes) {
        uint32_t queues[RSS_SLOTS_MAX];
        unsigned n = changes & RSS_CHANGE_DEFAULT ? 0 : c->table.n_slots;

        if (put_header(m, (uint8_t) message, ifindex, context) < 0)
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

int rss_codec_parse_context(const void *attributes, size_t size, uint32_t *ret) {
        struct nlattr *attr;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        attr = nla_find((struct nlattr *) attributes, (int) size, RSS_CONTEXT);
        if (attr && nla_len(attr) < 4)
                return -EBADMSG;
        *ret = attr ? nla_get_u32(attr) : 0;
        return 0;
}
