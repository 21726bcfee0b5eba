/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "macro.h"
#include "sysfs-tree.h"

#define PORT   "devices/pci0000:00/0000:00:01.0"
#define DEVICE PORT "/0000:01:00.0"
#define LINK   DEVICE "/net/eth0"

#define ROOT "/tmp/sysfs-tree-XXXXXX"

static void path_make(int at, const char *path) {
        char part[PATH_MAX];

        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                snprintf(part, sizeof(part), "%.*s", (int) (slash - path), path);
                if (*part)
                        ck_assert_msg(mkdirat(at, part, 0755) == 0 || errno == EEXIST, "%s: %m", part);
        }
}

void sysfs_tree_set(int link_fd, const char *path, const char *content) {
        int fd;

        if (!content) {
                ck_assert_msg(unlinkat(link_fd, path, 0) == 0, "%s: %m", path);
                return;
        }
        path_make(link_fd, path);
        fd = openat(link_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ck_assert_msg(fd >= 0, "%s: %m", path);
        ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t) strlen(content));
        close(fd);
}

static void is_on_pci(int at, const char *device) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/subsystem", device);
        ck_assert_int_eq(symlinkat("/sys/bus/pci", at, path), 0);
}

int sysfs_tree_new(bool pci) {
        char root[] = ROOT;
        int at, fd;

        ck_assert_ptr_nonnull(mkdtemp(root));
        at = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(at, 0);
        path_make(at, LINK "/");
        if (pci) {
                is_on_pci(at, PORT);
                is_on_pci(at, DEVICE);
                ck_assert_int_eq(symlinkat("../..", at, LINK "/device"), 0);
        }
        fd = openat(at, LINK, O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        close(at);
        return fd;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *where) {
        return remove(path);
}

void sysfs_tree_free(int link_fd) {
        char self[32], root[PATH_MAX] = "";

        snprintf(self, sizeof(self), "/proc/self/fd/%d", link_fd);
        ck_assert_int_gt(readlink(self, root, sizeof(root) - 1), (int) strlen(ROOT));
        root[strlen(ROOT)] = '\0';
        close(link_fd);
        ck_assert_int_eq(nftw(root, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}
