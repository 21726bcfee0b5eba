/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QSFP, QSFP+, QSFP28: SFF-8636, and SFF-8436 before it. */

#include "module-standard.h"

#define LANES 4

/* lower half */
#define STATUS       2
#define LOS          3
#define TX_FAULT     4
#define FLAGS_T      6
#define FLAGS_V      7
#define FLAGS_RX     9
#define FLAGS_BIAS   11
#define FLAGS_TX     13
#define READING_T    22
#define READING_V    26
#define READING_RX   34
#define READING_BIAS 42
#define READING_TX   50
#define READINGS_END 58

#define STATUS_NOT_READY (1 << 0)
#define STATUS_FLAT      (1 << 2)

/* page 00h, less 128 */
#define TECHNOLOGY        19
#define VENDOR            20
#define PART_NUMBER       40
#define REVISION          56
#define BASE_CHECKSUM     63
#define SERIAL            68
#define DATE              84
#define MONITORING        92
#define EXTENDED_CHECKSUM 95

#define MONITORING_TX (1 << 2)

static bool has_pages(const ModuleMemory *m) {
        return !(module_memory_byte(m, MODULE_LOWER, STATUS) & STATUS_FLAT);
}

static const ModuleRow rows[] = {
        { .area = MODULE_PAGE_00, .length = MODULE_HALF },
        { .area = MODULE_PAGE_03, .length = MODULE_HALF, .wanted = has_pages },
        { .area = MODULE_PAGE_00, .offset = SERIAL, .length = 16, .again = true, .serial = true },
        { .area = MODULE_LOWER, .length = 64, .again = true },
};

/* Transmitter technology, SFF-8636 table 6-20: copper from Ah on. */
static ModuleMedium medium(const ModuleMemory *m) {
        if (!module_memory_has(m, MODULE_PAGE_00, TECHNOLOGY, 1))
                return MODULE_MEDIUM_UNKNOWN;
        return module_memory_byte(m, MODULE_PAGE_00, TECHNOLOGY) >> 4 >= 0xa ? MODULE_COPPER : MODULE_OPTICAL;
}

static void decode_limits(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const ModuleLimitsAt at[] = {
                { MODULE_TEMPERATURE, 128 - MODULE_HALF },
                { MODULE_VOLTAGE, 144 - MODULE_HALF },
                { MODULE_RX_POWER, 176 - MODULE_HALF },
                { MODULE_TX_BIAS, 184 - MODULE_HALF },
                { MODULE_TX_POWER, 192 - MODULE_HALF },
        };

        for (size_t i = 0; i < ELEMENTSOF(at); i++) {
                double limit[_MODULE_LIMIT_MAX];
                bool good = !module_is_blank(m, MODULE_PAGE_03, at[i].offset, 8);

                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++) {
                        uint16_t raw = 0;

                        good = good && module_u16(m, MODULE_PAGE_03, at[i].offset + 2 * (size_t) l, &raw);
                        limit[l] = module_scale(at[i].value, raw);
                }
                if (good)
                        module_set_limits(d, at[i].value, limit);
        }
}

/* Of the module as a whole: the four limits in the upper four bits. */
static void module_flags(const ModuleMemory *m, ModuleDiagnostics *d, ModuleValue value, size_t at) {
        for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                d->flag[value][l] = (module_memory_byte(m, MODULE_LOWER, at) & (0x80 >> l)) != 0;
}

/* Of the lanes: four bits each, two lanes to a byte. */
static void lane_flags(const ModuleMemory *m, ModuleDiagnostics *d, ModuleValue value, size_t at) {
        for (size_t lane = 0; lane < LANES; lane++)
                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                        if (module_memory_byte(m, MODULE_LOWER, at + lane / 2) & (0x80 >> (l + 4 * (lane % 2))))
                                d->flag[value][l] |= (uint8_t) (1 << lane);
}

static void decode_light(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const ModuleLimitsAt light[] = {
                { MODULE_RX_POWER, READING_RX },
                { MODULE_TX_BIAS, READING_BIAS },
                { MODULE_TX_POWER, READING_TX },
        };

        for (size_t i = 0; i < ELEMENTSOF(light); i++) {
                /* an option before SFF-8636 2.8 */
                if (light[i].value == MODULE_TX_POWER &&
                                module_is_blank(m, MODULE_LOWER, READING_TX, 2 * LANES) &&
                                !(module_memory_byte(m, MODULE_PAGE_00, MONITORING) & MONITORING_TX))
                        continue;
                for (size_t lane = 0; lane < LANES; lane++) {
                        ModuleNumber *number = &d->value[light[i].value][lane];
                        uint16_t raw = 0;

                        number->set = module_u16(m, MODULE_LOWER, light[i].offset + 2 * lane, &raw);
                        number->number = module_scale(light[i].value, raw);
                }
        }
        d->rx_los = module_memory_byte(m, MODULE_LOWER, LOS) & 0x0f;
        d->tx_fault = module_memory_byte(m, MODULE_LOWER, TX_FAULT) & 0x0f;
        lane_flags(m, d, MODULE_RX_POWER, FLAGS_RX);
        lane_flags(m, d, MODULE_TX_BIAS, FLAGS_BIAS);
        lane_flags(m, d, MODULE_TX_POWER, FLAGS_TX);
}

static void decode(const ModuleMemory *m, ModuleDiagnostics *d) {
        uint16_t temperature, voltage;

        d->medium = medium(m);
        d->n_lanes = LANES;
        module_text(m, MODULE_PAGE_00, VENDOR, 16, d->vendor);
        module_text(m, MODULE_PAGE_00, PART_NUMBER, 16, d->part_number);
        module_text(m, MODULE_PAGE_00, REVISION, 2, d->revision);
        module_text(m, MODULE_PAGE_00, SERIAL, 16, d->serial);
        module_date(m, MODULE_PAGE_00, DATE, d->date);
        d->identity_checksum = module_checksum_join(
                        module_checksum(m, MODULE_PAGE_00, 0, BASE_CHECKSUM - 1, BASE_CHECKSUM),
                        module_checksum(m, MODULE_PAGE_00, BASE_CHECKSUM + 1, EXTENDED_CHECKSUM - 1,
                                        EXTENDED_CHECKSUM));
        /* page 03h has no checksum; a module that says it has no such page is believed even if one answers */
        if (has_pages(m))
                decode_limits(m, d);
        if (module_memory_byte(m, MODULE_LOWER, STATUS) & STATUS_NOT_READY)
                return;
        if (module_u16(m, MODULE_LOWER, READING_T, &temperature) &&
                        module_u16(m, MODULE_LOWER, READING_V, &voltage))
                module_set_supply(d, module_scale(MODULE_TEMPERATURE, temperature),
                                module_scale(MODULE_VOLTAGE, voltage));
        module_flags(m, d, MODULE_TEMPERATURE, FLAGS_T);
        module_flags(m, d, MODULE_VOLTAGE, FLAGS_V);
        /* light of a module that measures nothing else is not measured either */
        if (d->medium == MODULE_OPTICAL && module_memory_has(m, MODULE_LOWER, 0, READINGS_END) &&
                        d->value[MODULE_VOLTAGE][0].set)
                decode_light(m, d);
}

const ModuleStandard module_standard_sff8636 = {
        .name = "SFF-8636",
        .rows = rows,
        .n_rows = ELEMENTSOF(rows),
        .decode = decode,
};
