/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool.h>
#include <stdlib.h>

#include "adapter-queue-coalesce.h"
#include "alloc-util.h"
#include "queue-coalesce.h"

static_assert(sizeof(struct ethtool_coalesce) == sizeof(uint32_t) + sizeof(QueueCoalesce),
                "a queue's coalescing is the kernel's struct without its command");

/* The command for n queues from first on, zeroed; NULL without memory. */
static struct ethtool_per_queue_op *op_new(uint32_t sub_command, unsigned first, unsigned n) {
        struct ethtool_per_queue_op *op = calloc(1, sizeof(*op) + n * sizeof(struct ethtool_coalesce));

        if (!op)
                return NULL;
        op->cmd = ETHTOOL_PERQUEUE;
        op->sub_command = sub_command;
        for (unsigned q = first; q < first + n; q++)
                op->queue_mask[q / 32] |= 1U << (q % 32);
        return op;
}

int adapter_queue_coalesce_read(AdapterSockets *s, AdapterProfile *p, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        unsigned n = MAX(p->n_rx_queues, p->n_tx_queues);
        _cleanup_free_ struct ethtool_per_queue_op *op = op_new(ETHTOOL_GCOALESCE, 0, n);

        if (!op)
                return error_errno(e, -ENOMEM, "coalescing per queue");
        /* Not offered, or not for all of these queues: what coalesce says has to do. */
        if (n == 0 || ethtool_ioctl(&i, op) < 0)
                return 0;
        for (unsigned q = 0; q < n; q++) {
                AdapterValue *v = adapter_profile_add(p, ATTRIBUTE_QUEUE_COALESCE, q, NULL);
                QueueCoalesce c;

                if (!v)
                        return 0;
                memcpy(&c, op->data + q * sizeof(struct ethtool_coalesce) + sizeof(uint32_t), sizeof(c));
                *v = queue_coalesce_value(&c);
        }
        return 0;
}

int adapter_queue_coalesce_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        _cleanup_free_ struct ethtool_per_queue_op *op = NULL;
        const uint32_t command = ETHTOOL_SCOALESCE;
        QueueCoalesce c;
        int r;

        if (change->place >= MAX_NUM_QUEUE || !queue_coalesce_parse(&change->value, &c))
                return error_errno(e, -EINVAL, "coalescing of queue %u", change->place);
        op = op_new(ETHTOOL_SCOALESCE, change->place, 1);
        if (!op)
                return error_errno(e, -ENOMEM, "coalescing of queue %u", change->place);
        memcpy(op->data, &command, sizeof(command));
        memcpy(op->data + sizeof(command), &c, sizeof(c));
        r = ethtool_ioctl(&i, op);
        return r < 0 ? error_errno(e, r, "coalescing of queue %u", change->place) : 0;
}
