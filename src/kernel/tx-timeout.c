/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "tx-timeout.h"

static int queues_sum(TxTimeout *t, uint64_t *ret) {
        uint64_t sum = 0, value;

        for (size_t queue = 0; queue < TX_TIMEOUT_QUEUES_MAX; queue++) {
                int r = queue_files_read(&t->files, queue, &value);

                if (r == -ENOENT && queue > 0)
                        break;
                if (r < 0)
                        return r == -ENOENT ? -ENODEV : r;
                sum += value;
        }
        *ret = sum;
        return 0;
}

int tx_timeout_read(TxTimeout *t, uint64_t *ret) {
        int r = queues_sum(t, ret);

        if (r != -ENODEV || t->files.n_fds == 0)
                return r;
        /* An open file of a queue that is gone; there may be another of its number by now. */
        queue_files_close(&t->files);
        return queues_sum(t, ret);
}

int tx_timeout_init(TxTimeout *t, int link_fd, size_t *budget) {
        return queue_files_init(&t->files, link_fd, "tx_timeout", budget);
}

void tx_timeout_done(TxTimeout *t) {
        queue_files_done(&t->files);
}
