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

static int end_init(PcieLinkEnd *e, int link_fd, const char *path, size_t *budget) {
        int r = path ? sysfs_file_init(&e->width, link_fd, path, "current_link_width", budget) : -ENOENT;

        return r < 0 ? r : sysfs_file_init(&e->speed, link_fd, path, "current_link_speed", budget);
}

int pcie_link_init(PcieLink *p, int link_fd, Errands *errands, size_t *budget) {
        int r;

        *p = (PcieLink){};
        r = end_init(p->ends, link_fd, pcie_device_path(link_fd), budget);
        if (r >= 0) {
                (void) end_init(p->ends + 1, link_fd, pcie_port_path(link_fd), budget); /* may have none */
                p->slow = slow_reader_new(errands);
                r = p->slow ? 0 : -ENOMEM;
        }
        if (r < 0)
                pcie_link_done(p);
        return r;
}

void pcie_link_done(PcieLink *p) {
        p->slow = slow_reader_free(p->slow);
        for (size_t i = 0; i < PCIE_ENDS; i++) {
                sysfs_file_done(&p->ends[i].width);
                sysfs_file_done(&p->ends[i].speed);
        }
}

void pcie_link_ask(PcieLink *p) {
        int fds[2 * PCIE_ENDS];

        for (size_t i = 0; i < PCIE_ENDS; i++) {
                const PcieLinkEnd *e = p->ends + i;

                fds[2 * i] = e->width.budget ? sysfs_file_dup(&e->width) : -ENOENT;
                fds[2 * i + 1] = e->speed.budget ? sysfs_file_dup(&e->speed) : -ENOENT;
        }
        (void) slow_reader_ask(p->slow, fds, ELEMENTSOF(fds));
}

/* The worse of what is known and what an end says. */
static void take(const SlowAnswer *a, int (*parse)(const char *text, size_t size, uint64_t *ret),
                uint64_t *most, double *worst) {
        uint64_t value;

        if (a->size <= 0 || parse(a->text, (size_t) a->size, &value) < 0)
                return;
        *most = MAX(*most, value);
        *worst = fmin(*worst, (double) value / (double) *most); /* of a number and NAN: the number */
}

bool pcie_link_take(PcieLink *p, PcieLinkState *ret) {
        SlowAnswer answers[SLOW_FILES_MAX];

        static_assert(2 * PCIE_ENDS <= SLOW_FILES_MAX, "all are read together");
        if (slow_reader_take(p->slow, answers) != 2 * PCIE_ENDS)
                return false;
        *ret = (PcieLinkState){ .width = NAN, .speed = NAN };
        for (size_t i = 0; i < PCIE_ENDS; i++) {
                PcieLinkEnd *e = p->ends + i;

                take(answers + 2 * i, pcie_width_parse, &e->most_width, &ret->width);
                take(answers + 2 * i + 1, pcie_speed_parse, &e->most_speed, &ret->speed);
        }
        return true;
}
