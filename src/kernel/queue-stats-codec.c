/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>

#include "netlink-socket.h"
#include "queue-stats-codec.h"
#include "wire-attribute.h"

/* include/uapi/linux/netdev.h of Linux 6.18 */
#define COMMAND_QSTATS_GET 12
#define QSTATS_IFINDEX     1

static const struct {
        uint16_t id;
        StatsValue value;
} rows[] = {
        { 12, STATS_RX_ALLOC_FAIL },
        { 14, STATS_RX_OVERRUNS },
        { 18, STATS_RX_CHECKSUM },
        { 25, STATS_TX_MALFORMED },
};

struct nl_msg *queue_stats_request(uint16_t family, int ifindex) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = netlink_genl_message(family, COMMAND_QSTATS_GET, 1);

        if (!m || nla_put_u32(m, QSTATS_IFINDEX, (uint32_t) ifindex) < 0)
                return NULL;
        return TAKE_PTR(m);
}

void queue_stats_request_for(struct nl_msg *m, int ifindex) {
        struct nlattr *index = nlmsg_find_attr(nlmsg_hdr(m), GENL_HDRLEN, QSTATS_IFINDEX);

        memcpy(nla_data(index), &(uint32_t){ (uint32_t) ifindex }, sizeof(uint32_t));
}

/* As wide as the number needs (NLA_UINT of include/net/netlink.h). */
static int take_number(const struct nlattr *attr, uint64_t *ret) {
        if (nla_len(attr) != 4 && nla_len(attr) != 8)
                return -EBADMSG;
        *ret = nla_len(attr) == 8 ? nla_get_u64(attr) : nla_get_u32(attr);
        return 0;
}

/* 1 when it is one of those that are taken. */
static int take_value(const struct nlattr *attr, EthtoolStats *s) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                if (rows[i].id != nla_type(attr))
                        continue;
                if (take_number(attr, s->value + rows[i].value) < 0)
                        return -EBADMSG;
                s->set[rows[i].value] = true;
                return 1;
        }
        return 0;
}

int queue_stats_parse(const void *attributes, size_t size, int ifindex, EthtoolStats *ret) {
        EthtoolStats s = {};
        uint64_t adapter = 0;
        struct nlattr *attr;
        int rest, n = 0;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                int r = nla_type(attr) == QSTATS_IFINDEX ? take_number(attr, &adapter) : take_value(attr, &s);

                if (r < 0)
                        return r;
                n += r;
        }
        if (adapter != (uint64_t) ifindex)
                return -ENOMSG;
        *ret = s;
        return n;
}
