/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-access.h"
#include "adapter-reader.h"
#include "adapter-writer.h"
#include "alloc-util.h"
#include "genl-policy.h"
#include "netdev-codec.h"
#include "timestamping-codec.h"

typedef struct KernelAccess {
        AdapterAccess access;
        AdapterSockets sockets;
} KernelAccess;

static int kernel_read(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        return adapter_reader_read(&((KernelAccess *) a)->sockets, ifindex, items, p, e);
}

static int kernel_write(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        return adapter_writer_write(&((KernelAccess *) a)->sockets, ifindex, changes, n, e);
}

static AdapterAccess *kernel_free(AdapterAccess *a) {
        KernelAccess *k = (KernelAccess *) a;

        netlink_socket_free(k->sockets.route);
        netlink_socket_free(k->sockets.generic);
        netlink_socket_free(k->sockets.xfrm);
        if (k->sockets.ioctl_fd >= 0)
                close(k->sockets.ioctl_fd);
        free(k);
        return NULL;
}

static const AdapterAccessOps kernel_ops = {
        .name = "kernel",
        .read = kernel_read,
        .write = kernel_write,
        .free = kernel_free,
};

/* What the kernel takes in commands that older ones have not, or with less in them. */
static int sockets_ask(AdapterSockets *s, Error *e) {
        uint64_t accepted = 0;
        int r = 0;

        if (s->netdev.id != 0)
                r = genl_policy_accepted(s->generic, s->netdev.id, NETDEV_NAPI_SET, &accepted, e);
        s->napi_settings = netdev_codec_offered(accepted);
        if (r < 0)
                return r;
        r = adapter_ethtool_accepted(s, TIMESTAMPING_SET, &accepted, e);
        if (r < 0)
                return r;
        s->timestamping = timestamping_codec_offered(accepted);
        return 0;
}

int adapter_access_new(AdapterAccess **ret, Error *e) {
        KernelAccess *k = new0(KernelAccess, 1);
        _cleanup_(adapter_access_freep) AdapterAccess *a = (AdapterAccess *) k;
        Error none = {}; /* not every kernel does IPsec */
        int r;

        if (!k)
                return error_errno(e, -ENOMEM, "adapter access");
        k->access.ops = &kernel_ops;
        k->sockets.ioctl_fd = ethtool_ioctl_open();
        if (k->sockets.ioctl_fd < 0)
                return error_errno(e, k->sockets.ioctl_fd, "socket for ethtool's ioctl");
        r = netlink_socket_new(NETLINK_ROUTE, &k->sockets.route, e);
        if (r < 0)
                return r;
        r = netlink_socket_new(NETLINK_GENERIC, &k->sockets.generic, e);
        if (r < 0)
                return r;
        /* How long to wait is decided by who started the worker, and a setter that is given up on is not
         * undone. */
        netlink_socket_set_timeout(k->sockets.route, USEC_INFINITY);
        netlink_socket_set_timeout(k->sockets.generic, USEC_INFINITY);
        r = netlink_socket_genl_family(k->sockets.generic, "ethtool", &k->sockets.ethtool, e);
        if (r < 0 && r != -ENOENT) /* without ethtool the rest can still be had */
                return r;
        r = netlink_socket_genl_family(k->sockets.generic, "devlink", &k->sockets.devlink, e);
        if (r < 0 && r != -ENOENT)
                return r;
        r = netlink_socket_genl_family(k->sockets.generic, "netdev", &k->sockets.netdev, e);
        if (r < 0 && r != -ENOENT)
                return r;
        r = sockets_ask(&k->sockets, e);
        if (r < 0)
                return r;
        if (netlink_socket_new(NETLINK_XFRM, &k->sockets.xfrm, &none) >= 0)
                netlink_socket_set_timeout(k->sockets.xfrm, USEC_INFINITY);
        *ret = TAKE_PTR(a);
        return 0;
}
