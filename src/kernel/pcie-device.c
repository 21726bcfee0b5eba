/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "macro.h"
#include "pcie-device.h"
#include "sysfs-link.h"

/* From the link upwards. A device's parent in sysfs is what it is plugged into
 * (Documentation/driver-api/driver- model/device.rst). */
static const char *const paths[] = { "device", "device/..", "device/../.." };

static bool is_pci(int link_fd, const char *path) {
        char subsystem[64], bus[16];

        snprintf(subsystem, sizeof(subsystem), "%s/subsystem", path);
        sysfs_link_target(link_fd, subsystem, bus, sizeof(bus));
        return streq(bus, "pci");
}

static size_t device_position(int link_fd) {
        size_t i = 0;

        while (i < 2 && !is_pci(link_fd, paths[i]))
                i++;
        return i;
}

const char *pcie_device_path(int link_fd) {
        size_t i = device_position(link_fd);

        return i < 2 ? paths[i] : NULL;
}

const char *pcie_port_path(int link_fd) {
        size_t i = device_position(link_fd) + 1;

        return i <= 2 && is_pci(link_fd, paths[i]) ? paths[i] : NULL;
}
