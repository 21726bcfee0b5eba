/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of a pluggable module (SFP, QSFP, QSFP-DD, OSFP ...) as far as it was read, and what to read next.
 * Pure: whoever has a way to the module asks module_memory_next() for a block, reads it, hands it to
 * module_memory_put(), until there is nothing left; module_diagnostics_decode() then says what it means.
 *
 * A block is one read of at most 128 bytes which stays within the lower or the upper half of a page, as the
 * kernel wants it (net/ethtool/eeprom.c). Identity and thresholds are read once; module_memory_refresh() makes
 * only what changes due again, with the serial number first, so that another module in the cage is noticed and
 * read afresh. */

#include <errno.h>

#include "macro.h"

#define MODULE_HALF 128

/* Half a page each. */
typedef enum ModuleArea {
        MODULE_LOWER, /* address 50h, bytes 0-127 */
        MODULE_PAGE_00,
        MODULE_PAGE_01,
        MODULE_PAGE_02,
        MODULE_PAGE_03,
        MODULE_PAGE_11,
        MODULE_DIAGNOSTICS, /* address 51h, bytes 0-127: SFF-8472 only */
        _MODULE_AREA_MAX,
        _MODULE_AREA_INVALID = -EINVAL,
} ModuleArea;

/* Where an area is. */
typedef struct ModuleAddress {
        uint8_t i2c;    /* 0x50 or 0x51 */
        uint8_t page;   /* selected by byte 127; bank 0 */
        uint8_t offset; /* of its first byte: 0 or 128 */
} ModuleAddress;

ModuleAddress module_area_address(ModuleArea area);

typedef struct ModuleBlock {
        ModuleArea area;
        uint8_t offset, length; /* within the area; length is never 0 */
        uint8_t row;            /* of the reading plan, for module_memory_put() */
} ModuleBlock;

/* A value: no pointers, may be copied and sent. Zeroed: nothing read yet. */
typedef struct ModuleMemory {
        uint8_t byte[_MODULE_AREA_MAX][MODULE_HALF];
        uint64_t known[_MODULE_AREA_MAX][MODULE_HALF / 64]; /* a bit per byte */
        uint32_t asked;                                     /* a bit per row of the reading plan */
        uint32_t swaps; /* how often another module was found in the place of the one known */
        bool refreshing;
} ModuleMemory;

/* What to read next; false when everything worth reading was asked for, or the module is of no known kind. */
bool module_memory_next(const ModuleMemory *m, ModuleBlock *ret);

/* The block as read: n bytes of it, which may be fewer than asked for. data NULL: it could not be read. 0, or
 * -EIO when that takes away what could be read before, or nothing can be done without it: the reading is then
 * worth nothing. Bytes that are all 0xff, which is what an empty bus gives, count as not read. */
int module_memory_put(ModuleMemory *m, const ModuleBlock *block, const uint8_t *data, size_t n);

/* What changes is due again; what does not is kept for as long as the serial number is the same. */
void module_memory_refresh(ModuleMemory *m);

/* Whether all n bytes were read. */
bool module_memory_has(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n);

/* The byte, 0 when it was not read. */
static inline uint8_t module_memory_byte(const ModuleMemory *m, ModuleArea area, size_t offset) {
        return module_memory_has(m, area, offset, 1) ? m->byte[area][offset] : 0;
}
