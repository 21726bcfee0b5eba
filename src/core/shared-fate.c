/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "shared-fate.h"

#define PCI_ADDRESS_MAX 16
/* PCI knows no deeper trees in practice; what is deeper is not compared. */
#define PCI_DEPTH_MAX 8

typedef struct PciPath {
        char address[PCI_DEPTH_MAX][PCI_ADDRESS_MAX]; /* from the root on */
        size_t n;
} PciPath;

/* "0000:3b:00.1": domain, bus, device, function. */
static bool is_pci_address(const char *s) {
        unsigned domain, bus, device, function;
        int end = 0;

        return sscanf(s, "%x:%x:%x.%x%n", &domain, &bus, &device, &function, &end) == 4 && s[end] == '\0';
}

static PciPath pci_path(const AdapterPlace *a) {
        PciPath ret = {};

        for (const char *s = a->device; s && *s && ret.n < PCI_DEPTH_MAX;) {
                size_t n = strcspn(s, "/");
                char part[PCI_ADDRESS_MAX];

                if (n < sizeof(part)) {
                        snprintf(part, sizeof(part), "%.*s", (int) n, s);
                        if (is_pci_address(part))
                                memcpy(ret.address[ret.n++], part, sizeof(part));
                }
                s += n + (s[n] == '/');
        }
        /* A virtual function has an address of its own, but neither card nor port. */
        if (ret.n > 0 && a->physical && a->physical[0])
                snprintf(ret.address[ret.n - 1], PCI_ADDRESS_MAX, "%s", a->physical);
        return ret;
}

static bool is_virtual(const AdapterPlace *a) {
        return a->physical && a->physical[0];
}

static size_t n_common(const PciPath *p, const PciPath *q) {
        size_t n = 0;

        while (n < p->n && n < q->n && streq(p->address[n], q->address[n]))
                n++;
        return n;
}

static bool same_card(const char *p, const char *q) {
        size_t n = strcspn(p, ".");

        return n == strcspn(q, ".") && strncmp(p, q, n) == 0;
}

static void note(SharedFateNote *ret, SharedFate fate, const char *format, ...) _printf_(3, 4);
static void note(SharedFateNote *ret, SharedFate fate, const char *format, ...) {
        va_list ap;

        ret->fate = fate;
        va_start(ap, format);
        vsnprintf(ret->text, sizeof(ret->text), format, ap);
        va_end(ap);
}

static size_t find_pci(const AdapterPlace *a, const AdapterPlace *b, SharedFateNote *ret) {
        PciPath p = pci_path(a), q = pci_path(b);
        const char *last, *other;
        size_t common;

        if (p.n == 0 || q.n == 0)
                return 0;
        last = p.address[p.n - 1];
        other = q.address[q.n - 1];
        common = n_common(&p, &q);
        if (streq(last, other) && (is_virtual(a) || is_virtual(b)))
                note(ret, SHARED_PORT, "%s and %s are functions of one port, %s: one cable serves both",
                                a->name, b->name, last);
        else if (streq(last, other))
                note(ret, SHARED_DEVICE, "%s and %s are driven by one PCI device, %s", a->name, b->name, last);
        else if (same_card(last, other))
                note(ret, SHARED_CARD, "%s and %s are ports of one card, %.*s", a->name, b->name,
                                (int) strcspn(last, "."), last);
        else if (common > 0)
                note(ret, SHARED_BRIDGE, "%s and %s are below one PCIe port, %s", a->name, b->name,
                                p.address[common - 1]);
        else
                return 0;
        return 1;
}

static bool was_heard(const AdapterPlace *a) {
        return a->neighbour && a->neighbour->chassis[0];
}

size_t shared_fate_find(
                const AdapterPlace *a, const AdapterPlace *b, SharedFateNote ret[static _SHARED_FATE_MAX]) {
        size_t n = find_pci(a, b, ret);

        if (was_heard(a) && was_heard(b) && streq(a->neighbour->chassis, b->neighbour->chassis))
                note(&ret[n++], SHARED_SWITCH, "%s and %s are cabled to one switch, %s (ports %.40s and %.40s)",
                                a->name, b->name,
                                a->neighbour->system[0] ? a->neighbour->system : a->neighbour->chassis,
                                a->neighbour->port, b->neighbour->port);
        if (a->driver && a->driver[0] && b->driver && streq(a->driver, b->driver))
                note(&ret[n++], SHARED_DRIVER, "%s and %s have one driver, %s", a->name, b->name, a->driver);
        return n;
}
