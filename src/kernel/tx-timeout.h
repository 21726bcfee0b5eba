/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How often the kernel's transmit watchdog has fired on an adapter, summed over its queues
 * (/sys/class/net/X/queues/tx-N/tx_timeout). No read takes RTNL. */

#include "queue-files.h"

#define TX_TIMEOUT_FDS_MAX    QUEUE_FILES_FDS_MAX
#define TX_TIMEOUT_QUEUES_MAX 4096

typedef struct TxTimeout {
        QueueFiles files;
} TxTimeout;

/* budget: the owner's, starts at TX_TIMEOUT_FDS_MAX. link_fd: see sysfs_link_open(); stays the caller's.
 * -ENOENT when the link has no transmit queues. */
int tx_timeout_init(TxTimeout *t, int link_fd, size_t *budget);
void tx_timeout_done(TxTimeout *t);

/* The sum. It goes down when queues go away. -ENODEV once the link is gone. */
int tx_timeout_read(TxTimeout *t, uint64_t *ret);
