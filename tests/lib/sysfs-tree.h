/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A directory of the test's own that looks like a link's in sysfs. */

#include <stdbool.h>

/* Makes it; an O_PATH fd of the link's directory, for which sysfs_link_open() has one of the real thing. With
 * pci, a PCI device is behind the link and a port above that. */
int sysfs_tree_new(bool pci);

/* Removes it, and closes the fd. */
void sysfs_tree_free(int link_fd);

/* The file has that content from now on, NULL: is gone. Paths from the link's directory on, folders are made.
 */
void sysfs_tree_set(int link_fd, const char *path, const char *content);
