/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/genetlink.h>

#include "netdev-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

/* include/uapi/linux/netdev.h of Linux 6.18 */
enum {
        COMMAND_QUEUE_GET = 10,
        COMMAND_NAPI_GET = 11,
};
enum {
        QUEUE_ID = 1,
        QUEUE_IFINDEX = 2,
        QUEUE_TYPE = 3, /* 0: receive, 1: transmit */
        QUEUE_NAPI_ID = 4,
};
enum {
        NAPI_IFINDEX = 1,
        NAPI_ID = 2,
        NAPI_IRQ = 3,
};

/* Numbers of any width that holds them (NLA_UINT of include/net/netlink.h) or of 4 bytes. */
static const uint16_t setting_table[_NAPI_SETTING_MAX] = {
        [NAPI_DEFER_HARD_IRQS] = 5,
        [NAPI_GRO_FLUSH_TIMEOUT] = 6,
        [NAPI_IRQ_SUSPEND_TIMEOUT] = 7,
        [NAPI_THREADED] = 8, /* 6.17 */
};

static struct nl_msg *get(uint16_t family, uint8_t command, int attribute, int ifindex) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = netlink_genl_message(family, command, 1);

        if (!m || nla_put_u32(m, attribute, (uint32_t) ifindex) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *netdev_codec_get_instances(uint16_t family, int ifindex) {
        return get(family, COMMAND_NAPI_GET, NAPI_IFINDEX, ifindex);
}

struct nl_msg *netdev_codec_get_queues(uint16_t family, int ifindex) {
        return get(family, COMMAND_QUEUE_GET, QUEUE_IFINDEX, ifindex);
}

struct nl_msg *netdev_codec_set_instance(uint16_t family, uint32_t id, NapiSetting s, uint64_t value) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = netlink_genl_message(family, NETDEV_NAPI_SET, 1);
        int r = m ? nla_put_u32(m, NAPI_ID, id) : -ENOMEM;

        if (r >= 0)
                r = value > UINT32_MAX ? nla_put_u64(m, setting_table[s], value)
                                       : nla_put_u32(m, setting_table[s], (uint32_t) value);
        return r < 0 ? NULL : TAKE_PTR(m);
}

unsigned netdev_codec_offered(uint64_t accepted) {
        unsigned offered = 0;

        for (NapiSetting s = 0; s < _NAPI_SETTING_MAX; s++)
                if (accepted & (UINT64_C(1) << setting_table[s]))
                        offered |= 1U << s;
        return offered;
}

static int take_number(struct nlattr *attr, uint64_t *ret) {
        if (nla_len(attr) != 4 && nla_len(attr) != 8)
                return -EBADMSG;
        *ret = nla_len(attr) == 8 ? nla_get_u64(attr) : nla_get_u32(attr);
        return 0;
}

static NapiSetting setting_by_id(int id) {
        for (NapiSetting s = 0; s < _NAPI_SETTING_MAX; s++)
                if (setting_table[s] == id)
                        return s;
        return _NAPI_SETTING_INVALID;
}

int netdev_codec_parse_instance(const void *attributes, size_t size, int ifindex, NapiMap *m) {
        uint64_t number, adapter = 0;
        NapiInstance instance = {};
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                NapiSetting s = setting_by_id(nla_type(attr));

                if ((int) s < 0 && nla_type(attr) != NAPI_IFINDEX && nla_type(attr) != NAPI_ID &&
                                nla_type(attr) != NAPI_IRQ)
                        continue;
                if (take_number(attr, &number) < 0)
                        return -EBADMSG;
                if ((int) s >= 0) {
                        instance.value[s].set = true;
                        instance.value[s].n = number;
                } else if (nla_type(attr) == NAPI_IFINDEX)
                        adapter = number;
                else if (nla_type(attr) == NAPI_ID)
                        instance.id = (uint32_t) number;
                else
                        instance.irq = (uint32_t) number;
        }
        if (adapter == (uint64_t) ifindex && instance.id != 0)
                napi_map_add(m, &instance);
        return 0;
}

int netdev_codec_parse_queue(const void *attributes, size_t size, int ifindex, NapiMap *m) {
        uint64_t number[QUEUE_NAPI_ID + 1] = { [QUEUE_ID] = UINT64_MAX, [QUEUE_TYPE] = UINT64_MAX };
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest)
                if (nla_type(attr) >= QUEUE_ID && nla_type(attr) <= QUEUE_NAPI_ID &&
                                take_number(attr, &number[nla_type(attr)]) < 0)
                        return -EBADMSG;
        if (number[QUEUE_IFINDEX] != (uint64_t) ifindex || number[QUEUE_TYPE] > 1)
                return 0;
        if (number[QUEUE_ID] >= ADAPTER_QUEUES_MAX)
                m->truncated = true;
        else
                (number[QUEUE_TYPE] == 0 ? m->rx : m->tx)[number[QUEUE_ID]] = (uint32_t) number[QUEUE_NAPI_ID];
        return 0;
}
