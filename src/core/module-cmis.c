/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QSFP-DD, OSFP, SFP-DD and whatever else has the Common Management Interface, revisions 3 to 5, flat or paged
 * memory. Of modules with more than 8 lanes the first 8 (bank 0). */

#include "module-standard.h"

/* lower half */
#define STATUS     2
#define STATE      3
#define FLAGS      9
#define READING_T  14
#define READING_V  16
#define FAULT      41
#define MEDIA_TYPE 85

#define STATUS_FLAT (1 << 7)

/* page 00h, less 128 */
#define VENDOR        1
#define PART_NUMBER   20
#define REVISION      36
#define SERIAL        38
#define DATE          54
#define LANES_ABSENT  82 /* a bit per media lane that is not there */
#define TECHNOLOGY    84
#define PAGE_CHECKSUM 94

/* page 01h, less 128 */
#define MONITORS_OF_MODULE 31
#define MONITORS_OF_LANES  32
#define MONITOR_T          (1 << 0)
#define MONITOR_V          (1 << 1)
#define MONITOR_BIAS       (1 << 0)
#define MONITOR_TX         (1 << 1)
#define MONITOR_RX         (1 << 2)

/* page 11h, less 128 */
#define TX_FAULT     7
#define FLAGS_TX     11
#define FLAGS_BIAS   15
#define RX_LOS       19
#define FLAGS_RX     21
#define READING_TX   26
#define READING_BIAS 42
#define READING_RX   58

/* CMIS 5.2 table 8-40: copper cables, passive and active */
#define TECHNOLOGY_COPPER_FIRST 0x0a
#define TECHNOLOGY_COPPER_LAST  0x0f

/* CMIS 5.2 table 8-5 */
enum {
        MEDIA_MULTI_MODE = 1,
        MEDIA_SINGLE_MODE,
        MEDIA_PASSIVE_COPPER,
        MEDIA_ACTIVE_CABLE,
        MEDIA_BASE_T,
};

static bool has_pages(const ModuleMemory *m) {
        return !(module_memory_byte(m, MODULE_LOWER, STATUS) & STATUS_FLAT);
}

static const ModuleRow rows[] = {
        { .area = MODULE_PAGE_00, .length = MODULE_HALF },
        { .area = MODULE_PAGE_01, .length = MODULE_HALF, .wanted = has_pages },
        { .area = MODULE_PAGE_02, .length = MODULE_HALF, .wanted = has_pages },
        { .area = MODULE_PAGE_11, .length = MODULE_HALF, .wanted = has_pages },
        { .area = MODULE_PAGE_00, .offset = SERIAL, .length = 16, .again = true, .serial = true },
        { .area = MODULE_LOWER, .length = 64, .again = true },
        { .area = MODULE_PAGE_11, .length = READING_RX + 16, .again = true, .wanted = has_pages },
};

static ModuleMedium medium(const ModuleMemory *m) {
        uint8_t technology = module_memory_byte(m, MODULE_PAGE_00, TECHNOLOGY);
        uint8_t type = module_memory_byte(m, MODULE_LOWER, MEDIA_TYPE);

        if (!module_memory_has(m, MODULE_PAGE_00, TECHNOLOGY, 1))
                return MODULE_MEDIUM_UNKNOWN;
        if (type == MEDIA_PASSIVE_COPPER || type == MEDIA_BASE_T ||
                        (technology >= TECHNOLOGY_COPPER_FIRST && technology <= TECHNOLOGY_COPPER_LAST))
                return MODULE_COPPER;
        if (type == MEDIA_MULTI_MODE || type == MEDIA_SINGLE_MODE || type == MEDIA_ACTIVE_CABLE)
                return MODULE_OPTICAL;
        return MODULE_MEDIUM_UNKNOWN;
}

/* The highest media lane there is; CMIS 3 knows no such byte and leaves it 0, which means all. */
static unsigned count_lanes(const ModuleMemory *m) {
        uint8_t absent = module_memory_byte(m, MODULE_PAGE_00, LANES_ABSENT);
        unsigned n = MODULE_LANES_MAX;

        while (n > 1 && (absent & (1 << (n - 1))))
                n--;
        return n;
}

/* Page 01h, which says what is measured and how bias is scaled. */
static ModuleChecksum advertising_checksum(const ModuleMemory *m) {
        return module_checksum(m, MODULE_PAGE_01, 2, MODULE_HALF - 2, MODULE_HALF - 1);
}

/* Whether page 01h says that it is measured; it is believed when that page could not be had. */
static bool is_offered(const ModuleMemory *m, size_t at, uint8_t bit) {
        return advertising_checksum(m) != MODULE_CHECKSUM_GOOD ||
                        (module_memory_byte(m, MODULE_PAGE_01, at) & bit);
}

/* What the 2 uA of bias are multiplied by; 0: unknown. */
static unsigned bias_multiplier(const ModuleMemory *m) {
        static const unsigned multiplier[] = { 1, 2, 4, 0 };

        if (advertising_checksum(m) != MODULE_CHECKSUM_GOOD)
                return 0;
        return multiplier[module_memory_byte(m, MODULE_PAGE_01, MONITORS_OF_LANES) >> 3 & 3];
}

static double scale(const ModuleMemory *m, ModuleValue value, uint16_t raw) {
        return module_scale(value, raw) * (value == MODULE_TX_BIAS ? bias_multiplier(m) : 1);
}

static void decode_limits(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const ModuleLimitsAt at[] = {
                { MODULE_TEMPERATURE, 128 - MODULE_HALF },
                { MODULE_VOLTAGE, 136 - MODULE_HALF },
                { MODULE_TX_POWER, 176 - MODULE_HALF },
                { MODULE_TX_BIAS, 184 - MODULE_HALF },
                { MODULE_RX_POWER, 192 - MODULE_HALF },
        };

        for (size_t i = 0; i < ELEMENTSOF(at); i++) {
                double limit[_MODULE_LIMIT_MAX];
                bool good = !module_is_blank(m, MODULE_PAGE_02, at[i].offset, 8) &&
                                (at[i].value != MODULE_TX_BIAS || bias_multiplier(m) > 0);

                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++) {
                        uint16_t raw = 0;

                        good = good && module_u16(m, MODULE_PAGE_02, at[i].offset + 2 * (size_t) l, &raw);
                        limit[l] = scale(m, at[i].value, raw);
                }
                if (good)
                        module_set_limits(d, at[i].value, limit);
        }
}

static void decode_light(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const struct {
                ModuleValue value;
                uint8_t offset, monitor, flags;
        } light[] = {
                { MODULE_TX_POWER, READING_TX, MONITOR_TX, FLAGS_TX },
                { MODULE_TX_BIAS, READING_BIAS, MONITOR_BIAS, FLAGS_BIAS },
                { MODULE_RX_POWER, READING_RX, MONITOR_RX, FLAGS_RX },
        };
        uint8_t lanes = (uint8_t) ((1 << d->n_lanes) - 1);

        for (size_t i = 0; i < ELEMENTSOF(light); i++) {
                bool offered = is_offered(m, MONITORS_OF_LANES, light[i].monitor) &&
                                (light[i].value != MODULE_TX_BIAS || bias_multiplier(m) > 0);

                for (size_t lane = 0; lane < d->n_lanes && offered; lane++) {
                        ModuleNumber *number = &d->value[light[i].value][lane];
                        uint16_t raw = 0;

                        number->set = module_u16(m, MODULE_PAGE_11, light[i].offset + 2 * lane, &raw);
                        number->number = scale(m, light[i].value, raw);
                }
                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                        d->flag[light[i].value][l] = module_memory_byte(m, MODULE_PAGE_11,
                                                                     light[i].flags + (size_t) l) &
                                        lanes;
        }
        d->rx_los = module_memory_byte(m, MODULE_PAGE_11, RX_LOS) & lanes;
        d->tx_fault = module_memory_byte(m, MODULE_PAGE_11, TX_FAULT) & lanes;
}

/* Bits 3-1 of the state, CMIS 5.2 table 8-7. */
static ModuleState state(const ModuleMemory *m) {
        static const ModuleState states[] = { MODULE_STATE_UNKNOWN, MODULE_LOW_POWER, MODULE_POWER_UP,
                MODULE_READY, MODULE_POWER_DOWN, MODULE_FAULT, MODULE_STATE_UNKNOWN, MODULE_STATE_UNKNOWN };

        return has_pages(m) ? states[module_memory_byte(m, MODULE_LOWER, STATE) >> 1 & 7]
                            : MODULE_STATE_UNKNOWN;
}

static void decode_supply(const ModuleMemory *m, ModuleDiagnostics *d) {
        uint16_t temperature, voltage;

        if (module_u16(m, MODULE_LOWER, READING_T, &temperature) &&
                        module_u16(m, MODULE_LOWER, READING_V, &voltage) &&
                        is_offered(m, MONITORS_OF_MODULE, MONITOR_T) &&
                        is_offered(m, MONITORS_OF_MODULE, MONITOR_V))
                module_set_supply(d, module_scale(MODULE_TEMPERATURE, temperature),
                                module_scale(MODULE_VOLTAGE, voltage));
        for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++) {
                uint8_t flags = module_memory_byte(m, MODULE_LOWER, FLAGS);

                d->flag[MODULE_TEMPERATURE][l] = (flags & (1 << l)) != 0;
                d->flag[MODULE_VOLTAGE][l] = (flags & (0x10 << l)) != 0;
        }
}

static void decode(const ModuleMemory *m, ModuleDiagnostics *d) {
        d->medium = medium(m);
        d->n_lanes = count_lanes(m);
        module_text(m, MODULE_PAGE_00, VENDOR, 16, d->vendor);
        module_text(m, MODULE_PAGE_00, PART_NUMBER, 16, d->part_number);
        module_text(m, MODULE_PAGE_00, REVISION, 2, d->revision);
        module_text(m, MODULE_PAGE_00, SERIAL, 16, d->serial);
        module_date(m, MODULE_PAGE_00, DATE, d->date);
        d->identity_checksum = module_checksum(m, MODULE_PAGE_00, 0, PAGE_CHECKSUM - 1, PAGE_CHECKSUM);
        d->state = state(m);
        if (d->state == MODULE_FAULT)
                d->fault = module_memory_byte(m, MODULE_LOWER, FAULT);
        decode_supply(m, d);
        if (!has_pages(m))
                return;
        d->limits_checksum = module_checksum_join(advertising_checksum(m),
                        module_checksum(m, MODULE_PAGE_02, 0, MODULE_HALF - 2, MODULE_HALF - 1));
        if (d->limits_checksum == MODULE_CHECKSUM_GOOD)
                decode_limits(m, d);
        if (d->medium == MODULE_OPTICAL)
                decode_light(m, d);
}

const ModuleStandard module_standard_cmis = {
        .name = "CMIS",
        .rows = rows,
        .n_rows = ELEMENTSOF(rows),
        .decode = decode,
};
