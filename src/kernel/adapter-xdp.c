/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "adapter-xdp.h"
#include "alloc-util.h"
#include "link-settings-codec.h"

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

/* An fd, or negative. */
static int program_open(uint32_t id) {
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

int adapter_xdp_write(NetlinkSocket *route, int ifindex, const AdapterChange *change, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        uint32_t id = (uint32_t) change->value.word[0];
        _cleanup_close_ int fd = -EBADF;
        struct bpf_prog_info info;
        int r;

        if (id != 0) {
                fd = program_open(id);
                if (fd == -EPERM)
                        return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                        "program %" PRIu32
                                        " is not pinned below /sys/fs/bpf, and getting it by "
                                        "its number needs CAP_SYS_ADMIN",
                                        id);
                if (fd < 0)
                        return error_errno(e, fd, "program %" PRIu32, id);
                r = program_info(fd, &info);
                if (r >= 0 && info.ifindex != 0)
                        return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                        "program %" PRIu32 " was made for a device and cannot move", id);
        }
        r = link_settings_codec_set_xdp(ifindex, change->attribute, id != 0 ? fd : -1, -1, &m);
        if (r < 0)
                return error_errno(e, r, "link message");
        return netlink_socket_request(route, m, NULL, NULL, e);
}
