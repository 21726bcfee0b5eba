/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the configuration of an adapter from the running kernel: rtnetlink, ethtool netlink, sysfs. */

#include "adapter-profile.h"
#include "netlink-socket.h"

/* Sockets that ask, of one network namespace. */
typedef struct AdapterSockets {
        NetlinkSocket *route, *generic;
        GenlFamily ethtool; /* id 0: the kernel has none */
} AdapterSockets;

/* See adapter_access_read(). */
int adapter_reader_read(AdapterSockets *s, int ifindex, uint64_t items, AdapterProfile *p, Error *e);

/* Fails with e naming the adapter and, in the kernel's words, what it said (cause, which may be empty). */
int adapter_error(Error *e, int code, const char *what, const char *name, const Error *cause);
