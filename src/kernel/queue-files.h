/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file that every transmit queue of an adapter has (/sys/class/net/X/queues/tx-N/NAME), with a number in it.
 * They stay open as far as the budget allows, and follow the number of queues by themselves. No read takes
 * RTNL. */

#include <stdint.h>

#include "error.h"

/* Kept open in the whole process, of one kind of file; queues beyond are opened for each reading (3 us instead
 * of 1). */
#define QUEUE_FILES_FDS_MAX 256

/* How many readings long it is believed that there is no further queue: looking for one costs ten times as much
 * as reading one. */
#define QUEUE_FILES_BELIEVED 8

typedef struct QueueFiles {
        const char *name;
        int directory_fd; /* queues/ */
        int *fds;         /* of the first n_fds queues */
        size_t n_fds;
        size_t absent;     /* there was no such queue, */
        unsigned believed; /* and for so many readings that is the answer */
        size_t *budget;    /* how many may still be opened, shared between adapters; NULL: not initialised */
} QueueFiles;

/* link_fd: see sysfs_link_open(); stays the caller's. name: below tx-N/, must outlive it. -ENOENT when the
 * first queue has no such file, or there is none. */
int queue_files_init(QueueFiles *q, int link_fd, const char *name, size_t *budget);
void queue_files_done(QueueFiles *q);

/* The number in the queue's file. -ENOENT when there is no such queue, or was none QUEUE_FILES_BELIEVED
 * readings ago; -ENODEV when there was one, or the link is gone: queue_files_close(), and all are to be read
 * once more. */
int queue_files_read(QueueFiles *q, size_t queue, uint64_t *ret);
void queue_files_close(QueueFiles *q);
