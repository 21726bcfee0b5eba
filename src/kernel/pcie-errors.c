/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "pcie-device.h"
#include "pcie-errors.h"
#include "sysfs-link.h"

/* drivers/pci/pcie/aer.c, aer_stats_attrs: TOTAL_ERR_COR, TOTAL_ERR_FATAL, TOTAL_ERR_NONFATAL */
#define TOTAL "TOTAL_ERR_"

static const char *const names[_PCIE_ERROR_KIND_MAX] = {
        [PCIE_CORRECTABLE] = "aer_dev_correctable",
        [PCIE_NONFATAL] = "aer_dev_nonfatal",
        [PCIE_FATAL] = "aer_dev_fatal",
};

static int line_parse(const char *line, size_t size, uint64_t *ret) {
        const char *space = memchr(line, ' ', size);
        size_t at;

        if (size < strlen(TOTAL) || memcmp(line, TOTAL, strlen(TOTAL)) != 0 || !space)
                return -EBADMSG;
        at = (size_t) (space + 1 - line);
        return sysfs_number_parse(line + at, size - at, ret);
}

int pcie_errors_parse(const char *text, size_t size, uint64_t *ret) {
        while (size > 0) {
                const char *end = memchr(text, '\n', size);
                size_t length = end ? (size_t) (end - text) : size, step = end ? length + 1 : size;

                if (line_parse(text, length, ret) >= 0)
                        return 0;
                text += step;
                size -= step;
        }
        return -EBADMSG;
}

int pcie_errors_init(PcieErrors *p, int link_fd, size_t *budget) {
        const char *ends[PCIE_ENDS] = { pcie_device_path(link_fd), pcie_port_path(link_fd) };
        bool any = false;

        *p = (PcieErrors){};
        for (PcieErrorKind k = 0; k < _PCIE_ERROR_KIND_MAX; k++)
                for (size_t i = 0; i < PCIE_ENDS; i++)
                        any |= ends[i] &&
                                        sysfs_file_init(&p->files[k][i], link_fd, ends[i], names[k], budget) >=
                                                        0;
        return any ? 0 : -ENOENT;
}

void pcie_errors_done(PcieErrors *p) {
        for (PcieErrorKind k = 0; k < _PCIE_ERROR_KIND_MAX; k++)
                for (size_t i = 0; i < PCIE_ENDS; i++)
                        sysfs_file_done(&p->files[k][i]);
}

int pcie_errors_read(const PcieErrors *p, PcieErrorKind kind, uint64_t *ret) {
        char text[SYSFS_TEXT_MAX];
        uint64_t sum = 0, value;
        bool any = false;

        for (size_t i = 0; i < PCIE_ENDS; i++) {
                const SysfsFile *f = &p->files[kind][i];
                ssize_t n;
                int r;

                if (!f->budget)
                        continue;
                n = sysfs_file_read(f, text, sizeof(text));
                r = n < 0 ? (int) n : pcie_errors_parse(text, (size_t) n, &value);
                if (r < 0)
                        return r;
                sum += value;
                any = true;
        }
        if (!any)
                return -ENOENT;
        *ret = sum;
        return 0;
}
