/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file in sysfs that is read again and again: it stays open as far as the budget allows, and is opened for
 * each reading otherwise. */

#include <sys/types.h>

#include "macro.h"

#define SYSFS_PATH_MAX 64
/* A file of sysfs is a page at most (fs/sysfs/file.c). */
#define SYSFS_TEXT_MAX 4096

typedef struct SysfsFile {
        int directory_fd; /* the owner's */
        char path[SYSFS_PATH_MAX];
        int fd;         /* -EBADF: not kept */
        size_t *budget; /* how many may still be kept; NULL: there is no such file */
} SysfsFile;

/* Opens PREFIX/NAME below the directory, whose fd must outlive it. Negative, -ENOENT above all, when it cannot
 * be: then there is nothing to undo. */
int sysfs_file_init(SysfsFile *f, int directory_fd, const char *prefix, const char *name, size_t *budget);
void sysfs_file_done(SysfsFile *f);

/* How much was read, anew at each call, or negative: -ENODEV when the device is gone. No NUL is added. */
ssize_t sysfs_file_read(const SysfsFile *f, char *text, size_t size);

/* A file descriptor of the caller's own, or negative. */
int sysfs_file_dup(const SysfsFile *f);
