/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which queue an interrupt is for, by the name its driver gave it. Drivers agree on no more than that the
 * queue's number comes last: eth0-TxRx-3 (igb, ixgbe, i40e, ice), eth0-rx-0 (e1000e), eth0-Tx-Rx-1 (ena),
 * eth0-rxtx-1 (vmxnet3), virtio0-input.0 (virtio), mlx5_comp4@pci:0000:3b:00.0, eth0-2 (sfc). */

#include "macro.h"

typedef struct IrqName {
        bool rx, tx;
        unsigned queue;
} IrqName;

/* -ENOENT when it is for no queue: link changes, a mailbox, a clock. */
int irq_name_parse(const char *name, IrqName *ret);
