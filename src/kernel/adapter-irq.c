/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapter-irq.h"
#include "alloc-util.h"
#include "irq-name.h"

#define INTERRUPTS_MAX 2048 /* of one device: what MSI-X can have (PCI 6.8.2) */

#define IRQ_FOLDER "/proc/irq"

typedef void (*InterruptFunc)(unsigned irq, const IrqName *name, void *userdata);

static DIR *open_directory(int directory_fd, const char *path) {
        int fd = openat(directory_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

        if (!d && fd >= 0)
                close(fd);
        return d;
}

/* The name of the handler is that of a directory. */
static void look_at(unsigned irq, InterruptFunc func, void *userdata) {
        char path[64];
        struct dirent *entry;
        DIR *d;

        snprintf(path, sizeof(path), "%s/%u", IRQ_FOLDER, irq);
        d = open_directory(AT_FDCWD, path);
        if (!d)
                return;
        while ((entry = readdir(d))) {
                IrqName name;

                if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
                                irq_name_parse(entry->d_name, &name) >= 0)
                        func(irq, &name, userdata);
        }
        closedir(d);
}

static void for_each_interrupt(int directory_fd, InterruptFunc func, void *userdata) {
        /* The device, or where that is one of a bus of its own (virtio), the device it is on. */
        static const char *const places[] = { "device/msi_irqs", "device/../msi_irqs" };
        struct dirent *entry;
        unsigned n = 0;
        DIR *d = NULL;

        for (size_t i = 0; i < ELEMENTSOF(places) && !d; i++)
                d = open_directory(directory_fd, places[i]);
        if (!d)
                return;
        while (n < INTERRUPTS_MAX && (entry = readdir(d))) {
                char *end;
                unsigned long irq = strtoul(entry->d_name, &end, 10);

                if (end == entry->d_name || *end || irq > INT32_MAX)
                        continue;
                look_at((unsigned) irq, func, userdata);
                n++;
        }
        closedir(d);
}

static int affinity_open(unsigned irq, int flags) {
        /* In the service's sandbox the first is read-only (units/primed.service). */
        static const char *const folders[] = { IRQ_FOLDER, "/run/primed/irq" };
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                char path[64];
                int fd;

                snprintf(path, sizeof(path), "%s/%u/smp_affinity", folders[i], irq);
                fd = open(path, flags | O_CLOEXEC);
                if (fd >= 0)
                        return fd;
                r = i > 0 && errno == ENOENT ? r : -errno;
                if (r != -EROFS)
                        break;
        }
        return r;
}

static void read_one(unsigned irq, const IrqName *name, void *userdata) {
        _cleanup_close_ int fd = affinity_open(irq, O_RDONLY);
        AdapterAttribute attribute = name->rx ? ATTRIBUTE_IRQ_RX : ATTRIBUTE_IRQ_TX;
        AdapterProfile *p = userdata;
        AdapterValue *v = adapter_profile_at(p, attribute, name->queue, NULL);
        char text[4096];
        ssize_t n;

        if (fd < 0)
                return;
        if (!v) {
                p->truncated = true;
                return;
        }
        n = read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return;
        text[n] = 0;
        if (adapter_value_parse_mask(text, v) == -ERANGE)
                p->truncated = true;
}

/* The kernel's own word for which interrupt is which queue's comes before what drivers call them. */
static void for_each_queue(int directory_fd, const NapiMap *map, InterruptFunc func, void *userdata) {
        if (!napi_map_has_irqs(map)) {
                for_each_interrupt(directory_fd, func, userdata);
                return;
        }
        for (unsigned q = 0; q < 2 * ADAPTER_QUEUES_MAX; q++) {
                IrqName name = { .rx = q < ADAPTER_QUEUES_MAX, .queue = q % ADAPTER_QUEUES_MAX };
                uint32_t irq = napi_map_irq(map, name.rx ? ATTRIBUTE_IRQ_RX : ATTRIBUTE_IRQ_TX, name.queue);

                if (irq != 0)
                        func(irq, &name, userdata);
        }
}

void adapter_irq_read(int directory_fd, const NapiMap *map, AdapterProfile *p) {
        for_each_queue(directory_fd, map, read_one, p);
}

typedef struct Wanted {
        AdapterAttribute attribute;
        unsigned queue;
        int irq; /* negative: not found */
} Wanted;

static void find_one(unsigned irq, const IrqName *name, void *userdata) {
        Wanted *w = userdata;

        if (w->attribute == (name->rx ? ATTRIBUTE_IRQ_RX : ATTRIBUTE_IRQ_TX) && w->queue == name->queue)
                w->irq = (int) irq;
}

int adapter_irq_write(int directory_fd, const NapiMap *map, const AdapterChange *change, Error *e) {
        Wanted w = { .attribute = change->attribute, .queue = change->place, .irq = -ENOENT };
        char text[ADAPTER_VALUE_TEXT_MAX];
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        for_each_queue(directory_fd, map, find_one, &w);
        if (w.irq < 0)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "the adapter has no interrupt for queue %u", change->place);
        adapter_value_format(text, &change->value, FORMAT_MASK);
        fd = affinity_open((unsigned) w.irq, O_WRONLY);
        if (fd < 0)
                return error_errno(e, fd, "%s/%d/smp_affinity", IRQ_FOLDER, w.irq);
        if (write(fd, text, strlen(text)) < 0)
                r = -errno;
        if (r == -EIO)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "the kernel manages the affinity of interrupt %d by itself", w.irq);
        if (r < 0)
                return error_errno(e, r, "%s/%d/smp_affinity: writing %s", IRQ_FOLDER, w.irq, text);
        return 0;
}
