/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "module-standard.h"

/* Row 0 of every plan: which standard it is. The whole half, since some modules and drivers answer short reads
 * with zeroes (netdev 2023-02-06, ColorChip QSFP28 with ice: 8 bytes and fewer). */
#define ROW_IDENTIFY 0

static const ModuleAddress addresses[_MODULE_AREA_MAX] = {
        [MODULE_LOWER] = { 0x50, 0x00, 0 },
        [MODULE_PAGE_00] = { 0x50, 0x00, MODULE_HALF },
        [MODULE_PAGE_01] = { 0x50, 0x01, MODULE_HALF },
        [MODULE_PAGE_02] = { 0x50, 0x02, MODULE_HALF },
        [MODULE_PAGE_03] = { 0x50, 0x03, MODULE_HALF },
        [MODULE_PAGE_11] = { 0x50, 0x11, MODULE_HALF },
        [MODULE_DIAGNOSTICS] = { 0x51, 0x00, 0 },
};

ModuleAddress module_area_address(ModuleArea area) {
        assert((int) area >= 0 && area < _MODULE_AREA_MAX);
        return addresses[area];
}

bool module_memory_has(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n) {
        for (size_t i = offset; i < offset + n; i++)
                if (i >= MODULE_HALF || !(m->known[area][i / 64] & (UINT64_C(1) << i % 64)))
                        return false;
        return true;
}

static const ModuleStandard *memory_standard(const ModuleMemory *m) {
        const ModuleIdentifier *identifier = module_memory_has(m, MODULE_LOWER, 0, 1)
                        ? module_identifier_find(m->byte[MODULE_LOWER][0])
                        : NULL;

        return identifier ? identifier->standard : NULL;
}

static bool memory_asked(const ModuleMemory *m, size_t row) {
        return m->asked & (UINT32_C(1) << row);
}

bool module_memory_next(const ModuleMemory *m, ModuleBlock *ret) {
        const ModuleStandard *standard;

        if (!memory_asked(m, ROW_IDENTIFY)) {
                *ret = (ModuleBlock){ .area = MODULE_LOWER, .length = MODULE_HALF, .row = ROW_IDENTIFY };
                return true;
        }
        standard = memory_standard(m);
        for (size_t i = 0; standard && i < standard->n_rows; i++) {
                const ModuleRow *row = standard->rows + i;

                if (memory_asked(m, i + 1) || (row->again && !m->refreshing) ||
                                (row->wanted && !row->wanted(m)))
                        continue;
                *ret = (ModuleBlock){ .area = row->area,
                        .offset = row->offset,
                        .length = row->length,
                        .row = (uint8_t) (i + 1) };
                return true;
        }
        return false;
}

static bool all_ones(const uint8_t *data, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (data[i] != 0xff)
                        return false;
        return true;
}

static void memory_write(ModuleMemory *m, const ModuleBlock *b, const uint8_t *data, size_t n) {
        for (size_t i = 0; i < b->length; i++) {
                size_t at = b->offset + i;
                uint64_t bit = UINT64_C(1) << at % 64;

                m->byte[b->area][at] = i < n ? data[i] : 0;
                if (i < n)
                        m->known[b->area][at / 64] |= bit;
                else
                        m->known[b->area][at / 64] &= ~bit;
        }
}

/* Another module than the one known: everything has to be read. */
static void memory_start_over(ModuleMemory *m) {
        *m = (ModuleMemory){ .swaps = m->swaps + 1 };
}

/* Whether what was read tells of another module. */
static bool memory_is_swapped(const ModuleMemory *m, const ModuleBlock *b, const ModuleRow *row,
                const uint8_t *data, size_t n) {
        if (b->area == MODULE_LOWER && b->offset == 0 && module_memory_has(m, MODULE_LOWER, 0, 1) &&
                        data[0] != m->byte[MODULE_LOWER][0])
                return true;
        return row && row->serial && n == b->length && module_memory_has(m, b->area, b->offset, n) &&
                        memcmp(m->byte[b->area] + b->offset, data, n) != 0;
}

int module_memory_put(ModuleMemory *m, const ModuleBlock *b, const uint8_t *data, size_t n) {
        const ModuleStandard *standard = memory_standard(m);
        const ModuleRow *row = standard && b->row > 0 && b->row <= standard->n_rows
                        ? standard->rows + b->row - 1
                        : NULL;
        bool had = b->row == ROW_IDENTIFY || module_memory_has(m, b->area, b->offset, b->length);

        assert((int) b->area >= 0 && b->area < _MODULE_AREA_MAX && b->length > 0 &&
                        b->offset + b->length <= MODULE_HALF);
        n = MIN(n, (size_t) b->length);
        m->asked |= UINT32_C(1) << b->row;
        if (!data || n == 0 || all_ones(data, n)) {
                memory_write(m, b, NULL, 0);
                return had ? -EIO : 0;
        }
        if (memory_is_swapped(m, b, row, data, n))
                memory_start_over(m);
        else
                memory_write(m, b, data, n);
        return 0;
}

void module_memory_refresh(ModuleMemory *m) {
        const ModuleStandard *standard = memory_standard(m);

        if (!standard) {
                m->asked = 0;
                return;
        }
        m->refreshing = true;
        for (size_t i = 0; i < standard->n_rows; i++)
                if (standard->rows[i].again)
                        m->asked &= ~(UINT32_C(1) << (i + 1));
}
