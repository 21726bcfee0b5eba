/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "alloc-util.h"
#include "bpf-program.h"

#define PINS_MAX   4096 /* looked at before the search is given up */
#define PINS_DEPTH 16

static int program_info(int fd, struct bpf_prog_info *ret) {
        uint32_t size = sizeof(*ret);

        *ret = (struct bpf_prog_info){};
        return bpf_obj_get_info_by_fd(fd, ret, &size) < 0 ? -errno : 0;
}

/* Maps and links can be pinned too, and their numbers are other ones. */
static bool is_program(int fd) {
        char path[64], target[64];
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        n = readlink(path, target, sizeof(target) - 1);
        if (n < 0)
                return false;
        target[n] = 0;
        return strstr(target, "bpf-prog") != NULL;
}

/* nftw() has no userdata. */
static struct {
        uint32_t id;
        unsigned left;
        int fd;
} search;

static int look_at_pin(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        struct bpf_prog_info info;
        int fd;

        if (type != FTW_F)
                return 0;
        if (search.left-- == 0)
                return 1;
        fd = bpf_obj_get(path);
        if (fd < 0)
                return 0;
        if (is_program(fd) && program_info(fd, &info) >= 0 && info.id == search.id) {
                search.fd = fd;
                return 1;
        }
        close(fd);
        return 0;
}

static int find_program(uint32_t id) {
        int fd = bpf_prog_get_fd_by_id(id);

        if (fd >= 0)
                return fd;
        if (errno != EPERM)
                return -errno;
        search.id = id;
        search.left = PINS_MAX;
        search.fd = -EPERM;
        (void) nftw("/sys/fs/bpf", look_at_pin, PINS_DEPTH, FTW_PHYS | FTW_MOUNT);
        return search.fd;
}

int bpf_program_open(uint32_t id, Error *e) {
        _cleanup_close_ int fd = find_program(id);
        struct bpf_prog_info info;
        int r;

        if (fd == -EPERM)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "program %" PRIu32 " is not pinned below /sys/fs/bpf, and getting it by "
                                "its number needs CAP_SYS_ADMIN",
                                id);
        if (fd < 0)
                return error_errno(e, fd, "program %" PRIu32, id);
        r = program_info(fd, &info);
        if (r >= 0 && info.ifindex != 0)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "program %" PRIu32 " was made for a device and cannot move", id);
        r = fd;
        fd = -EBADF;
        return r;
}
