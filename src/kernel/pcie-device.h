/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where below a link's directory in sysfs its PCI device is, and the port that the device is plugged into. */

#define PCIE_ENDS 2 /* of a link: the device, the port */

/* Paths from the link's directory on, or NULL: the device is on no PCI bus (virtual, USB, a platform's own), or
 * has no port above it. Devices of a bus of their own on top of a PCI device (virtio, auxiliary) count as that.
 */
const char *pcie_device_path(int link_fd);
const char *pcie_port_path(int link_fd);
