/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The SIOCETHTOOL ioctl of one adapter. Any socket will do, so it is a local one, which the service's sandbox
 * allows. */

#include <net/if.h>

#include "macro.h"

typedef struct EthtoolIoctl {
        int fd; /* not owned */
        char name[IFNAMSIZ];
} EthtoolIoctl;

/* A socket for it, to be closed, or -errno. */
int ethtool_ioctl_open(void);

/* The adapter with that index, by the name that it has now: -ENODEV when there is none. fd: of
 * ethtool_ioctl_open(). */
int ethtool_ioctl_for(int fd, int ifindex, EthtoolIoctl *ret);

/* Carries out the command, a struct of linux/ethtool.h that is large enough for its answer: 0 or -errno;
 * -EOPNOTSUPP when the driver has no such thing. Blocks as long as the driver does. */
int ethtool_ioctl(const EthtoolIoctl *i, void *command);
