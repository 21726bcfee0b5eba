/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Errors of PCI Express as the kernel counts them (advanced error reporting, since 4.19): of the adapter and of
 * the port it is plugged into, since either end of a link may be the one that notices
 * (Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats). What the kernel wrote down is read, not the
 * device: no read waits or takes RTNL. */

#include <errno.h>
#include <stdint.h>

#include "pcie-device.h"
#include "sysfs-file.h"

typedef enum PcieErrorKind {
        PCIE_CORRECTABLE,
        PCIE_NONFATAL,
        PCIE_FATAL,
        _PCIE_ERROR_KIND_MAX,
        _PCIE_ERROR_KIND_INVALID = -EINVAL,
} PcieErrorKind;

typedef struct PcieErrors {
        SysfsFile files[_PCIE_ERROR_KIND_MAX][PCIE_ENDS];
} PcieErrors;

/* link_fd: see sysfs_link_open(), must outlive it. -ENOENT when neither end counts errors. */
int pcie_errors_init(PcieErrors *p, int link_fd, size_t *budget);
void pcie_errors_done(PcieErrors *p);

/* How many there were at both ends. -ENOENT when none is counted, -ENODEV when the device is gone, -EBADMSG. */
int pcie_errors_read(const PcieErrors *p, PcieErrorKind kind, uint64_t *ret);

/* The total in the text of one file, lines of a name and a number. Any bytes; -EBADMSG when there is none.
 * Names of single errors differ from what the kernel documents and are not looked at. */
int pcie_errors_parse(const char *text, size_t size, uint64_t *ret);
