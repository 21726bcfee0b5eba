/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lanes and speed of the PCI Express link of an adapter (current_link_width, current_link_speed), as the
 * adapter and the port it is plugged into say, each against the most that was seen of it: a card in a narrow
 * slot is not ill, one that loses lanes is. The worse of both ends counts; one that does not answer says
 * nothing. The kernel asks the devices at each reading, which a slow reader does. */

#include <stdint.h>

#include "pcie-device.h"
#include "slow-reader.h"
#include "sysfs-file.h"

typedef struct PcieLinkEnd {
        SysfsFile width, speed;
        uint64_t most_width, most_speed; /* lanes; 100 MT/s */
} PcieLinkEnd;

typedef struct PcieLink {
        PcieLinkEnd ends[PCIE_ENDS];
        SlowReader *slow;
} PcieLink;

typedef struct PcieLinkState {
        double width, speed; /* shares of the most that was seen; NAN: neither end says */
} PcieLinkState;

/* link_fd: see sysfs_link_open(), must outlive it. -ENOENT when the adapter tells of no link. */
int pcie_link_init(PcieLink *p, int link_fd, Errands *errands, size_t *budget);
void pcie_link_done(PcieLink *p);

void pcie_link_ask(PcieLink *p);
bool pcie_link_take(PcieLink *p, PcieLinkState *ret);

/* "8.0 GT/s PCIe" as 80. -EBADMSG for anything else, "Unknown" too. */
int pcie_speed_parse(const char *text, size_t size, uint64_t *ret);

/* 1 to 32 lanes; a device that does not answer says 63, a virtual function 0: -EBADMSG. */
int pcie_width_parse(const char *text, size_t size, uint64_t *ret);
