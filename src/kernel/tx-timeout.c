/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "alloc-util.h"
#include "sysfs-link.h"
#include "tx-timeout.h"

static void fds_close(TxTimeout *t) {
        for (size_t i = 0; i < t->n_fds; i++)
                close(t->fds[i]);
        *t->budget += t->n_fds;
        t->n_fds = 0;
}

/* The queue's file, or negative: -ENOENT when there is no such queue. */
static int queue_open(const TxTimeout *t, size_t queue) {
        char path[48];

        snprintf(path, sizeof(path), "tx-%zu/tx_timeout", queue);
        return sysfs_number_open(t->directory_fd, path);
}

static int queue_keep(TxTimeout *t, int fd) {
        int *fds = reallocarray(t->fds, t->n_fds + 1, sizeof(int));

        if (!fds)
                return -ENOMEM;
        t->fds = fds;
        t->fds[t->n_fds++] = fd;
        (*t->budget)--;
        return 0;
}

/* Reads the queue of this number and keeps it open when it is the next to be kept. */
static int queue_read(TxTimeout *t, size_t queue, uint64_t *ret) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (queue < t->n_fds)
                return sysfs_number_read(t->fds[queue], ret);
        fd = queue_open(t, queue);
        if (fd < 0)
                return fd;
        r = sysfs_number_read(fd, ret);
        if (r >= 0 && queue == t->n_fds && *t->budget > 0 && queue_keep(t, fd) >= 0)
                fd = -EBADF;
        return r;
}

static int queues_sum(TxTimeout *t, uint64_t *ret) {
        uint64_t sum = 0, value;

        for (size_t queue = 0; queue < TX_TIMEOUT_QUEUES_MAX; queue++) {
                int r = queue_read(t, queue, &value);

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

        if (r != -ENODEV || t->n_fds == 0)
                return r;
        /* An open file of a queue that is gone; there may be another of its number by now. */
        fds_close(t);
        return queues_sum(t, ret);
}

int tx_timeout_init(TxTimeout *t, int link_fd, size_t *budget) {
        uint64_t value;
        int r;

        *t = (TxTimeout){ .budget = budget };
        t->directory_fd = openat(link_fd, "queues", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (t->directory_fd < 0)
                return -errno;
        r = tx_timeout_read(t, &value);
        if (r >= 0)
                return 0;
        tx_timeout_done(t);
        return r == -ENODEV ? -ENOENT : r;
}

void tx_timeout_done(TxTimeout *t) {
        if (!t->budget)
                return;
        fds_close(t);
        free(t->fds);
        if (t->directory_fd >= 0)
                close(t->directory_fd);
        *t = (TxTimeout){ .directory_fd = -EBADF };
}
