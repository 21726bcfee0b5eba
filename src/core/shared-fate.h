/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What both adapters of a pair hang on, so that one fault takes both away: two ports of one card protect
 * against a bad cable, not against a bad card. */

#include "lldp-neighbour.h"

typedef enum SharedFate {
        SHARED_PORT,   /* both are virtual functions of one physical function: one cable for both */
        SHARED_DEVICE, /* one PCI function (or USB controller) drives both */
        SHARED_CARD,   /* functions of one PCI device */
        SHARED_BRIDGE, /* below one PCIe port or bridge */
        SHARED_SWITCH, /* cabled to one switch, as LLDP tells */
        SHARED_DRIVER, /* one driver: for its faults, and its updates. Usual, and mostly wanted */
        _SHARED_FATE_MAX,
        _SHARED_FATE_INVALID = -EINVAL,
} SharedFate;

#define ADAPTER_PLACE_MAX    256
#define SHARED_FATE_TEXT_MAX 192

typedef struct AdapterPlace {
        const char *name;
        const char *device; /* the directory of its device in sysfs, resolved: "/sys/devices/pci0000:3a/..." */
        const char *physical; /* of a virtual function: the PCI address of its physical one */
        const char *driver;
        const LldpNeighbour *neighbour;
} AdapterPlace; /* NULL or empty: not known, or there is none */

typedef struct SharedFateNote {
        SharedFate fate;
        char text[SHARED_FATE_TEXT_MAX];
} SharedFateNote;

/* One of the PCI kinds at most, the closest; then switch, then driver. How many. */
size_t shared_fate_find(
                const AdapterPlace *a, const AdapterPlace *b, SharedFateNote ret[static _SHARED_FATE_MAX]);

/* Whether an operator should hear of it: not of what nearly every pair has. */
static inline bool shared_fate_is_grave(SharedFate f) {
        return f != SHARED_DRIVER;
}
