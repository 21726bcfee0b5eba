/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tells when somebody, be it ourselves, has changed the settings of an adapter by ethtool: the kernel sends
 * what it set to the multicast group "monitor" of the generic netlink family "ethtool", also for changes by
 * ioctl where it knows of them. What it sends to nobody (sysfs, GSO sizes, RSS before Linux 6.17) has to be
 * looked for. */

#include <systemd/sd-event.h>

#include "adapter-profile.h"
#include "error.h"

typedef struct EthtoolMonitor EthtoolMonitor;

/* items: what may have changed, a bit per PrimeItemId. ifindex 0: of any adapter, since notices were lost. */
typedef void (*EthtoolMonitorFunc)(int ifindex, uint64_t items, void *userdata);

/* Listens in the caller's network namespace. event may be NULL: then call ethtool_monitor_dispatch(). -ENOENT
 * without a text when this kernel has no such family or group. */
int ethtool_monitor_new(
                sd_event *event, EthtoolMonitorFunc func, void *userdata, EthtoolMonitor **ret, Error *e);
EthtoolMonitor *ethtool_monitor_free(EthtoolMonitor *m);
DEFINE_CLEANUP(EthtoolMonitor *, ethtool_monitor_free);

/* Takes what has arrived, without waiting. */
int ethtool_monitor_dispatch(EthtoolMonitor *m, Error *e);

/* For tests: so small a buffer that notices get lost. Bytes. */
int ethtool_monitor_set_receive_buffer(EthtoolMonitor *m, size_t bytes, Error *e);

/* What a notice (the generic netlink header and what follows it) says: which adapter, and which items. A
 * command that this does not know counts as all items. Pure; any bytes are safe. -ENOMSG when it names no
 * adapter or is about nothing that priming sets, -EBADMSG. */
int ethtool_notice_parse(const void *data, size_t size, int *ret_ifindex, uint64_t *ret_items);
