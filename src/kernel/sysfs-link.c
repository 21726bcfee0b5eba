/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "alloc-util.h"
#include "sysfs-link.h"

void sysfs_link_target(int directory_fd, const char *path, char *ret, size_t size) {
        char target[PATH_MAX];
        const char *base;
        ssize_t n = readlinkat(directory_fd, path, target, sizeof(target) - 1);

        ret[0] = '\0';
        if (n < 0)
                return;
        target[n] = '\0';
        base = strrchr(target, '/');
        base = base ? base + 1 : target;
        n = (ssize_t) MIN(strlen(base), size - 1);
        memcpy(ret, base, (size_t) n);
        ret[n] = '\0';
}

int sysfs_number_open(int directory_fd, const char *path) {
        int fd = openat(directory_fd, path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int sysfs_number_parse(const char *text, size_t size, uint64_t *ret) {
        uint64_t value = 0;

        if (size == 0 || text[0] < '0' || text[0] > '9')
                return -EBADMSG;
        for (size_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++)
                if (__builtin_mul_overflow(value, 10U, &value) ||
                                __builtin_add_overflow(value, (uint64_t) (text[i] - '0'), &value))
                        return -EBADMSG;
        *ret = value;
        return 0;
}

int sysfs_number_read(int fd, uint64_t *ret) {
        char text[32];
        ssize_t n = pread(fd, text, sizeof(text), 0);

        return n < 0 ? -errno : sysfs_number_parse(text, (size_t) n, ret);
}

int sysfs_link_open(const char *name, int ifindex, Error *e) {
        _cleanup_close_ int fd = -EBADF, file = -EBADF;
        char path[64];
        uint64_t shown;
        int r;

        if (strchr(name, '/') || strlen(name) >= sizeof(path) - sizeof("/sys/class/net/"))
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "%s: not a link's name", name);
        snprintf(path, sizeof(path), "/sys/class/net/%s", name);
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_errno(e, errno == ENOENT ? -ENODEV : -errno, "%s: %s", name, path);
        file = sysfs_number_open(fd, "ifindex");
        r = file < 0 ? file : sysfs_number_read(file, &shown);
        if (r < 0)
                return error_errno(e, r, "%s: %s/ifindex", name, path);
        if (shown != (uint64_t) ifindex)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -EXDEV,
                                "%s: %s is link %u, expected %d; was it renamed just now, or is /sys that of "
                                "another "
                                "network namespace?",
                                name, path, (unsigned) shown, ifindex);
        return TAKE_FD(fd);
}
