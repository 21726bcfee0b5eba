/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the health reporters of devices tell by the generic netlink family "devlink": an answer to a dump, and
 * the notices that the kernel sends to the group "config" at every error and recovery. No socket. */

#include <netlink/msg.h>

#include "rtnl-codec.h"

#define DEVLINK_REPORTER_MAX 32

typedef struct DevlinkReporter {
        char bus[LINK_KIND_MAX];      /* "pci" */
        char device[LINK_PARENT_MAX]; /* "0000:3b:00.0" */
        char name[DEVLINK_REPORTER_MAX];
        uint64_t errors; /* since the driver was loaded */
} DevlinkReporter;

/* All reporters of all devices and of their ports; to be sent as a dump. NULL when out of memory; the caller
 * frees. family: the id of "devlink". */
struct nl_msg *devlink_health_request(uint16_t family);

/* 0, -ENOMSG when it is about something else (a notice may be) or has a name too long to be one of ours,
 * -EBADMSG. message: the generic netlink header and what follows it, aligned to 4; any bytes are safe. */
int devlink_health_parse(const void *message, size_t size, DevlinkReporter *ret);
