/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A link's directory in sysfs. Which network namespace's links /sys shows was decided when it was mounted, so
 * the directory counts only when its ifindex is the one that was asked for. Only files that do not take RTNL
 * are read through here (net/core/net-sysfs.c): carrier_changes, carrier_down_count, queues, statistics;
 * "carrier" takes it since Linux 6.8, "speed" and "duplex" always. */

#include "error.h"

/* An O_PATH fd of /sys/class/net/NAME, or negative: -ENODEV when there is no such link, -EXDEV when the
 * directory belongs to another one (renamed meanwhile, or /sys of another namespace). It follows the link
 * through renames; files below it fail with ENODEV once the link is gone. */
int sysfs_link_open(const char *name, int ifindex, Error *e);

/* The last part of where a symbolic link below directory_fd (or AT_FDCWD) leads, "igb" of "device/driver"; cut
 * to size, empty when there is no such link. */
void sysfs_link_target(int directory_fd, const char *path, char *ret, size_t size);

/* An open file below directory_fd that holds a number (sysfs_number_parse()), or negative errno. */
int sysfs_number_open(int directory_fd, const char *path);

/* The decimal number that a text of that size begins with. -EBADMSG when it is none, or too large. */
int sysfs_number_parse(const char *text, size_t size, uint64_t *ret);

/* The decimal number in the file, read anew at each call. -EBADMSG when it is none. */
int sysfs_number_read(int fd, uint64_t *ret);
