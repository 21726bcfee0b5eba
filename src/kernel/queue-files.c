/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "alloc-util.h"
#include "queue-files.h"
#include "sysfs-link.h"

void queue_files_close(QueueFiles *q) {
        for (size_t i = 0; i < q->n_fds; i++)
                close(q->fds[i]);
        *q->budget += q->n_fds;
        q->n_fds = 0;
        q->believed = 0;
}

static int queue_open(const QueueFiles *q, size_t queue) {
        char path[64];

        snprintf(path, sizeof(path), "tx-%zu/%s", queue, q->name);
        return sysfs_number_open(q->directory_fd, path);
}

static int queue_keep(QueueFiles *q, int fd) {
        int *fds = reallocarray(q->fds, q->n_fds + 1, sizeof(int));

        if (!fds)
                return -ENOMEM;
        q->fds = fds;
        q->fds[q->n_fds++] = fd;
        (*q->budget)--;
        return 0;
}

/* Keeps the file open when it is the next to be kept. */
int queue_files_read(QueueFiles *q, size_t queue, uint64_t *ret) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (queue < q->n_fds)
                return sysfs_number_read(q->fds[queue], ret);
        if (queue == q->absent && q->believed > 0) {
                q->believed--;
                return -ENOENT;
        }
        fd = queue_open(q, queue);
        if (fd == -ENOENT) {
                q->absent = queue;
                q->believed = QUEUE_FILES_BELIEVED;
        }
        if (fd < 0)
                return fd;
        r = sysfs_number_read(fd, ret);
        if (r >= 0 && queue == q->n_fds && *q->budget > 0 && queue_keep(q, fd) >= 0)
                fd = -EBADF;
        return r;
}

int queue_files_init(QueueFiles *q, int link_fd, const char *name, size_t *budget) {
        uint64_t value;
        int r;

        *q = (QueueFiles){ .name = name, .budget = budget };
        q->directory_fd = openat(link_fd, "queues", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (q->directory_fd < 0) {
                r = -errno;
                q->budget = NULL;
                return r;
        }
        r = queue_files_read(q, 0, &value);
        if (r < 0)
                queue_files_done(q);
        return r == -ENODEV ? -ENOENT : r;
}

void queue_files_done(QueueFiles *q) {
        if (!q->budget)
                return;
        queue_files_close(q);
        free(q->fds);
        closep(&q->directory_fd);
        *q = (QueueFiles){ .directory_fd = -EBADF };
}
