/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>

#include "alloc-util.h"
#include "ethtool-ioctl.h"
#include "module-codec.h"
#include "module-source.h"
#include "netlink-socket.h"

/* No plan has more; a module whose serial number is another one at each reading would never end. */
#define BLOCKS_MAX 64

typedef struct KernelModules {
        ModuleSource source;
        NetlinkSocket *generic;
        uint16_t ethtool; /* 0: the kernel has no ethtool netlink */
        int fd;           /* of any socket, for ioctls */
} KernelModules;

typedef struct Reply {
        uint8_t *data;
        int n;
} Reply;

static int take_reply(const struct nlmsghdr *message, void *userdata, Error *e) {
        Reply *reply = userdata;

        reply->n = module_reply_parse(message, reply->data);
        return reply->n < 0 ? error_errno(e, reply->n, "module memory") : 0;
}

static int read_netlink(KernelModules *k, int ifindex, const ModuleBlock *b, uint8_t data[static MODULE_HALF],
                Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = module_request(k->ethtool, ifindex, b);
        Reply reply = { .data = data };
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "module memory");
        r = netlink_socket_request(k->generic, m, take_reply, &reply, e);
        if (r < 0)
                return r;
        return reply.n > 0 ? reply.n : error_errno(e, -ENODATA, "module memory");
}

static int module_ioctl(const KernelModules *k, int ifindex, void *command) {
        EthtoolIoctl i;
        int r = ethtool_ioctl_for(k->fd, ifindex, &i);

        return r < 0 ? r : ethtool_ioctl(&i, command);
}

/* Before netlink the memory was one run of bytes: 50h, then the upper halves in order, or 51h of an SFP. */
static int flat_offset(const struct ethtool_modinfo *info, const ModuleBlock *b) {
        ModuleAddress at = module_area_address(b->area);
        size_t offset = at.offset + b->offset + (size_t) at.page * MODULE_HALF;

        if (at.i2c == 0x51) {
                if (info->type != ETH_MODULE_SFF_8472)
                        return -EOPNOTSUPP;
                offset += 2 * (size_t) MODULE_HALF;
        }
        return offset + b->length <= info->eeprom_len ? (int) offset : -EINVAL;
}

static int read_ioctl(KernelModules *k, int ifindex, const ModuleBlock *b, uint8_t data[static MODULE_HALF],
                Error *e) {
        struct ethtool_modinfo info = { .cmd = ETHTOOL_GMODULEINFO };
        union {
                struct ethtool_eeprom header;
                uint8_t bytes[sizeof(struct ethtool_eeprom) + MODULE_HALF];
        } command = { .header = { .cmd = ETHTOOL_GMODULEEEPROM, .len = b->length } };
        int r = module_ioctl(k, ifindex, &info);

        if (r >= 0)
                r = flat_offset(&info, b);
        if (r >= 0) {
                command.header.offset = (uint32_t) r;
                r = module_ioctl(k, ifindex, &command);
        }
        if (r < 0)
                return error_errno(e, r, "module memory (ioctl)");
        memcpy(data, command.bytes + sizeof(command.header), b->length);
        return b->length;
}

/* A kernel older than the message (5.13) and a driver without modules say the same. */
static int kernel_read(ModuleSource *s, int ifindex, const ModuleBlock *b, uint8_t data[static MODULE_HALF],
                Error *e) {
        KernelModules *k = (KernelModules *) s;
        Error cause = {};
        int r;

        if (k->ethtool == 0)
                return read_ioctl(k, ifindex, b, data, e);
        r = read_netlink(k, ifindex, b, data, &cause);
        if (r == -EOPNOTSUPP && read_ioctl(k, ifindex, b, data, NULL) > 0)
                return b->length;
        return r < 0 ? error_set(e, r == -ENODEV ? ERROR_NO_SUCH_ADAPTER : cause.kind, r, "%s", cause.text) : r;
}

static ModuleSource *kernel_free(ModuleSource *s) {
        KernelModules *k = (KernelModules *) s;

        netlink_socket_free(k->generic);
        closep(&k->fd);
        free(k);
        return NULL;
}

static const ModuleSourceOps kernel_ops = {
        .name = "kernel",
        .read = kernel_read,
        .free = kernel_free,
};

int module_source_new(ModuleSource **ret, Error *e) {
        KernelModules *k = new0(KernelModules, 1);
        _cleanup_(module_source_freep) ModuleSource *s = (ModuleSource *) k;
        GenlFamily family;
        int r;

        if (!k)
                return error_errno(e, -ENOMEM, "module memory");
        k->source.ops = &kernel_ops;
        k->fd = -EBADF;
        r = netlink_socket_new(NETLINK_GENERIC, &k->generic, e);
        if (r < 0)
                return r;
        /* how long to wait is decided by who started the worker */
        netlink_socket_set_timeout(k->generic, USEC_INFINITY);
        r = netlink_socket_genl_family(k->generic, ETHTOOL_GENL_NAME, &family, e);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r >= 0)
                k->ethtool = family.id;
        k->fd = ethtool_ioctl_open();
        if (k->fd < 0)
                return error_errno(e, k->fd, "socket for module memory");
        *ret = TAKE_PTR(s);
        return 0;
}

int module_source_read_all(ModuleSource *s, int ifindex, ModuleMemory *m, Error *e) {
        uint8_t data[MODULE_HALF];
        ModuleBlock block;

        for (unsigned n = 0; module_memory_next(m, &block); n++) {
                Error cause = {};
                int r;

                if (n == BLOCKS_MAX)
                        return error_set(e, ERROR_FAILED, -ELOOP,
                                        "the module says something else at each reading");
                r = module_source_read(s, ifindex, &block, data, &cause);
                if (r == -ENODEV)
                        return error_set(e, ERROR_NO_SUCH_ADAPTER, r, "%s", cause.text);
                if (module_memory_put(m, &block, r > 0 ? data : NULL, r > 0 ? (size_t) r : 0) >= 0)
                        continue;
                return r < 0 ? error_set(e, cause.kind, r, "%s", cause.text)
                             : error_set(e, ERROR_FAILED, -EIO, "the module answers with nothing but ones");
        }
        return 0;
}
