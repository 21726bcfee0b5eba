/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "alloc-util.h"
#include "sysfs-file.h"

static int file_open(const SysfsFile *f) {
        int fd = openat(f->directory_fd, f->path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int sysfs_file_init(SysfsFile *f, int directory_fd, const char *prefix, const char *name, size_t *budget) {
        int fd, n;

        *f = (SysfsFile){ .directory_fd = directory_fd, .fd = -EBADF };
        n = snprintf(f->path, sizeof(f->path), "%s/%s", prefix, name);
        if (n < 0 || (size_t) n >= sizeof(f->path))
                return -ENAMETOOLONG;
        fd = file_open(f);
        if (fd < 0)
                return fd;
        f->budget = budget;
        if (*budget == 0) {
                close(fd);
                return 0;
        }
        f->fd = fd;
        (*budget)--;
        return 0;
}

void sysfs_file_done(SysfsFile *f) {
        if (f->budget && f->fd >= 0) {
                close(f->fd);
                (*f->budget)++;
        }
        *f = (SysfsFile){ .fd = -EBADF };
}

int sysfs_file_dup(const SysfsFile *f) {
        int fd;

        if (f->fd < 0)
                return file_open(f);
        fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : fd;
}

ssize_t sysfs_file_read(const SysfsFile *f, char *text, size_t size) {
        _cleanup_close_ int opened = -EBADF;
        ssize_t n;

        if (f->fd < 0) {
                opened = file_open(f);
                if (opened < 0)
                        return opened;
        }
        n = pread(f->fd < 0 ? opened : f->fd, text, size, 0);
        return n < 0 ? -errno : n;
}
