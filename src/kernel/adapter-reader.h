/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the configuration of an adapter from the running kernel: rtnetlink, ethtool netlink, sysfs. */

#include "adapter-profile.h"
#include "ethtool-ioctl.h"
#include "genl-policy.h"
#include "netlink-socket.h"

/* Sockets that ask, of one network namespace. */
typedef struct AdapterSockets {
        NetlinkSocket *route, *generic, *xfrm; /* xfrm may be NULL */
        GenlFamily ethtool, devlink, netdev;   /* id 0: the kernel has none */
        unsigned napi_settings;                /* of single instances, a bit per NapiSetting */
        bool timestamping;                     /* the kernel has ethtool messages for it */
        int ioctl_fd;
} AdapterSockets;

/* The adapter of that name (of at most IFNAMSIZ - 1 characters), for commands by ioctl. */
static inline EthtoolIoctl adapter_ioctl(const AdapterSockets *s, const char *name) {
        EthtoolIoctl i = { .fd = s->ioctl_fd };

        memcpy(i.name, name, strnlen(name, sizeof(i.name) - 1));
        return i;
}

/* Which attributes the kernel takes in a command of ethtool netlink, a bit each; 0 where it has no such
 * command. */
static inline int adapter_ethtool_accepted(AdapterSockets *s, uint32_t command, uint64_t *ret, Error *e) {
        *ret = 0;
        return s->ethtool.id == 0 ? 0 : genl_policy_accepted(s->generic, s->ethtool.id, command, ret, e);
}

/* See adapter_access_read(). */
int adapter_reader_read(AdapterSockets *s, int ifindex, uint64_t items, AdapterProfile *p, Error *e);

/* Fails with e naming the adapter and, in the kernel's words, what it said (cause, which may be empty). */
int adapter_error(Error *e, int code, const char *what, const char *name, const Error *cause);
