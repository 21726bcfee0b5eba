/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool_netlink.h>
#include <netlink/attr.h>

#include "adapter-access.h"
#include "alloc-util.h"
#include "ethtool-monitor.h"
#include "netlink-socket.h"

/* A notice is some hundred bytes, and one program sets a few dozen settings at a time. */
#define RECEIVE_BUFFER (256U * 1024)
#define DISPATCH_MAX   64

/* In every message of the family (ETHTOOL_A_RINGS_HEADER and so on): who it is about. */
#define NOTICE_HEADER 1

struct EthtoolMonitor {
        NetlinkSocket *listen;
        sd_event_source *source;
        EthtoolMonitorFunc func;
        void *userdata;
        uint16_t family;
};

#define BIT(item) (UINT64_C(1) << (item))

/* A new kind of notice need not be here: what is not is about all items. */
static const struct {
        uint8_t command;
        uint64_t items;
} notices[] = {
        { ETHTOOL_MSG_FEATURES_NTF, BIT(PRIME_FEATURES) },
        { ETHTOOL_MSG_RINGS_NTF, BIT(PRIME_RINGS) },
        { ETHTOOL_MSG_CHANNELS_NTF, ADAPTER_ITEMS_ALL }, /* queues come and go with them */
        { ETHTOOL_MSG_COALESCE_NTF, BIT(PRIME_COALESCE) },
        { ETHTOOL_MSG_PRIVFLAGS_NTF, ADAPTER_ITEMS_ALL }, /* a driver's own; they may mean anything */
        { ETHTOOL_MSG_WOL_NTF, BIT(PRIME_WAKE_ON_LAN) },
        { ETHTOOL_MSG_DEBUG_NTF, 0 },
        { ETHTOOL_MSG_CABLE_TEST_NTF, 0 },
        { ETHTOOL_MSG_CABLE_TEST_TDR_NTF, 0 },
        { ETHTOOL_MSG_MODULE_NTF, 0 },
};

static uint64_t items_of(uint8_t command) {
        for (size_t i = 0; i < ELEMENTSOF(notices); i++)
                if (notices[i].command == command)
                        return notices[i].items;
        return ADAPTER_ITEMS_ALL;
}

int ethtool_notice_parse(const void *data, size_t size, int *ret_ifindex, uint64_t *ret_items) {
        static const struct nla_policy policy[ETHTOOL_A_HEADER_MAX + 1] = {
                [ETHTOOL_A_HEADER_DEV_INDEX] = { .type = NLA_U32 },
        };
        const struct genlmsghdr *header = data;
        struct nlattr *a[ETHTOOL_A_HEADER_MAX + 1], *about;
        uint64_t items;
        uint32_t ifindex;

        if (size < GENL_HDRLEN || size > INT32_MAX)
                return -EBADMSG;
        items = items_of(header->cmd);
        about = nla_find((struct nlattr *) ((const uint8_t *) data + GENL_HDRLEN), (int) (size - GENL_HDRLEN),
                        NOTICE_HEADER);
        if (items == 0 || !about)
                return -ENOMSG;
        if (nla_parse_nested(a, ETHTOOL_A_HEADER_MAX, about, (struct nla_policy *) policy) < 0)
                return -EBADMSG;
        if (!a[ETHTOOL_A_HEADER_DEV_INDEX])
                return -ENOMSG;
        ifindex = nla_get_u32(a[ETHTOOL_A_HEADER_DEV_INDEX]);
        if (ifindex == 0 || ifindex > INT32_MAX)
                return -EBADMSG;
        *ret_ifindex = (int) ifindex;
        *ret_items = items;
        return 0;
}

static int take_notice(const struct nlmsghdr *message, void *userdata, Error *e) {
        EthtoolMonitor *m = userdata;
        uint64_t items;
        int ifindex, r;

        if (message->nlmsg_type != m->family)
                return 0;
        r = ethtool_notice_parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), &ifindex, &items);
        if (r < 0)
                return r == -ENOMSG ? 0 : r;
        m->func(ifindex, items, m->userdata);
        return 0;
}

int ethtool_monitor_dispatch(EthtoolMonitor *m, Error *e) {
        int r = netlink_socket_receive(m->listen, DISPATCH_MAX, take_notice, m, e);

        /* One that cannot be read is as bad as one that was lost. */
        if (r == NETLINK_OVERRUN || r == -EBADMSG)
                m->func(0, ADAPTER_ITEMS_ALL, m->userdata);
        else if (r < 0)
                return r;
        return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        /* Never fails: an error returned here would silence the source for good. */
        (void) ethtool_monitor_dispatch(userdata, NULL);
        return 0;
}

static int monitor_listen(EthtoolMonitor *m, sd_event *event, Error *e) {
        GenlFamily family = {};
        uint32_t group;
        int r;

        r = netlink_socket_genl_family(m->listen, "ethtool", &family, e);
        if (r < 0)
                return r;
        m->family = family.id;
        group = genl_family_group(&family, ETHTOOL_MCGRP_MONITOR_NAME);
        if (group == 0)
                return -ENOENT;
        r = netlink_socket_set_receive_buffer(m->listen, RECEIVE_BUFFER, e);
        if (r >= 0)
                r = netlink_socket_subscribe(m->listen, group, e);
        if (r < 0 || !event)
                return r;
        r = sd_event_add_io(event, &m->source, netlink_socket_fd(m->listen), EPOLLIN, on_readable, m);
        if (r < 0)
                return error_errno(e, r, "ethtool monitor");
        (void) sd_event_source_set_description(m->source, "ethtool-monitor");
        return 0;
}

int ethtool_monitor_new(
                sd_event *event, EthtoolMonitorFunc func, void *userdata, EthtoolMonitor **ret, Error *e) {
        _cleanup_(ethtool_monitor_freep) EthtoolMonitor *m = new0(EthtoolMonitor, 1);
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "ethtool monitor");
        m->func = func;
        m->userdata = userdata;
        r = netlink_socket_new(NETLINK_GENERIC, &m->listen, e);
        if (r >= 0)
                r = monitor_listen(m, event, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

EthtoolMonitor *ethtool_monitor_free(EthtoolMonitor *m) {
        if (!m)
                return NULL;
        sd_event_source_disable_unref(m->source);
        netlink_socket_free(m->listen);
        free(m);
        return NULL;
}

int ethtool_monitor_set_receive_buffer(EthtoolMonitor *m, size_t bytes, Error *e) {
        return netlink_socket_set_receive_buffer(m->listen, bytes, e);
}
