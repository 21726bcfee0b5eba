/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>

#include "pcie-device.h"
#include "pcie-link.h"
#include "sysfs-link.h"

#define WIDTH_MAX 32  /* PCI Express Base Specification, Link Status register */
#define SPEED_MAX 640 /* 64 GT/s; include/linux/pci.h, PCIE_SPEED_64_0GT */

int pcie_width_parse(const char *text, size_t size, uint64_t *ret) {
        uint64_t width;
        int r = sysfs_number_parse(text, size, &width);

        if (r < 0)
                return r;
        if (width == 0 || width > WIDTH_MAX)
                return -EBADMSG;
        *ret = width;
        return 0;
}

/* drivers/pci/probe.c, pci_speed_string(): one digit after the point */
int pcie_speed_parse(const char *text, size_t size, uint64_t *ret) {
        static const char unit[] = " GT/s";
        const char *point = memchr(text, '.', size);
        uint64_t whole;
        size_t at;
        int r = sysfs_number_parse(text, size, &whole);

        if (r < 0 || !point)
                return -EBADMSG;
        at = (size_t) (point - text);
        if (whole > SPEED_MAX / 10 || size - at < 2 + strlen(unit) || point[1] < '0' || point[1] > '9' ||
                        memcmp(point + 2, unit, strlen(unit)) != 0)
                return -EBADMSG;
        *ret = whole * 10 + (uint64_t) (point[1] - '0');
        return *ret > 0 ? 0 : -EBADMSG;
}

int pcie_link_init(PcieLink *p, int link_fd, Errands *errands, size_t *budget) {
        const char *device = pcie_device_path(link_fd);
        int r;

        *p = (PcieLink){};
        if (!device)
                return -ENOENT;
        r = sysfs_file_init(&p->width, link_fd, device, "current_link_width", budget);
        if (r >= 0)
                r = sysfs_file_init(&p->speed, link_fd, device, "current_link_speed", budget);
        if (r >= 0) {
                p->slow = slow_reader_new(errands);
                r = p->slow ? 0 : -ENOMEM;
        }
        if (r < 0)
                pcie_link_done(p);
        return r;
}

void pcie_link_done(PcieLink *p) {
        p->slow = slow_reader_free(p->slow);
        sysfs_file_done(&p->width);
        sysfs_file_done(&p->speed);
}

void pcie_link_ask(PcieLink *p) {
        const int fds[] = { sysfs_file_dup(&p->width), sysfs_file_dup(&p->speed) };

        (void) slow_reader_ask(p->slow, fds, ELEMENTSOF(fds));
}

static double share_of_most(uint64_t value, uint64_t *most) {
        *most = MAX(*most, value);
        return (double) value / (double) *most;
}

bool pcie_link_take(PcieLink *p, PcieLinkState *ret) {
        SlowAnswer answers[SLOW_FILES_MAX], *width = answers, *speed = answers + 1;
        uint64_t value;

        if (slow_reader_take(p->slow, answers) != 2)
                return false;
        *ret = (PcieLinkState){ .width = NAN, .speed = NAN };
        if (width->size > 0 && pcie_width_parse(width->text, (size_t) width->size, &value) >= 0)
                ret->width = share_of_most(value, &p->most_width);
        if (speed->size > 0 && pcie_speed_parse(speed->text, (size_t) speed->size, &value) >= 0)
                ret->speed = share_of_most(value, &p->most_speed);
        return true;
}
