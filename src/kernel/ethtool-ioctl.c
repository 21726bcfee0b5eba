/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "ethtool-ioctl.h"

int ethtool_ioctl_open(void) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return fd < 0 ? -errno : fd;
}

int ethtool_ioctl_for(int fd, int ifindex, EthtoolIoctl *ret) {
        struct ifreq request = { .ifr_ifindex = ifindex };

        if (ioctl(fd, SIOCGIFNAME, &request) < 0)
                return -errno;
        *ret = (EthtoolIoctl){ .fd = fd };
        memcpy(ret->name, request.ifr_name, sizeof(ret->name));
        return 0;
}

int ethtool_ioctl(const EthtoolIoctl *i, void *command) {
        struct ifreq request = { .ifr_data = command };

        memcpy(request.ifr_name, i->name, sizeof(request.ifr_name));
        return ioctl(i->fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}
