/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A device's files below /sys/class/net, of one line each. Reading the ones named here waits for nobody. */

#include <stdbool.h>
#include <stddef.h>

/* "bonding/active_slave"; without its newline, empty when there is nothing in it. False: it cannot be read. */
bool link_file_read(const char *device, const char *file, char *value, size_t size);
