/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SFP, SFP+, SFP28: SFF-8472 (identity at 50h as in SFF-8079, diagnostics at 51h). */

#include <math.h>

#include "module-standard.h"

#define CONNECTOR           2
#define ETHERNET_10G        3
#define ETHERNET_1G         6
#define CABLE               8
#define VENDOR              20
#define EXTENDED_COMPLIANCE 36
#define PART_NUMBER         40
#define REVISION            56
#define BASE_CHECKSUM       63
#define SERIAL              68
#define DATE                84
#define DIAGNOSTICS         92
#define EXTENDED_CHECKSUM   95

#define DIAGNOSTICS_OFFERED  (1 << 6)
#define DIAGNOSTICS_EXTERNAL (1 << 4)
#define DIAGNOSTICS_SWITCHED (1 << 2) /* 51h only appears after a sequence of writes */

/* at 51h */
#define CALIBRATION_RX   56 /* five floats, highest power first */
#define CALIBRATION_BIAS 76
#define CALIBRATION_TX   80
#define CALIBRATION_T    84
#define CALIBRATION_V    88
#define LIMITS_CHECKSUM  95
#define READINGS         96
#define READING_T        96
#define READING_V        98
#define READING_BIAS     100
#define READING_TX       102
#define READING_RX       104
#define STATUS           110
#define ALARMS           112
#define WARNINGS         116

#define STATUS_NOT_READY (1 << 0)
#define STATUS_RX_LOS    (1 << 1)
#define STATUS_TX_FAULT  (1 << 2)

static bool has_diagnostics(const ModuleMemory *m) {
        uint8_t type = module_memory_byte(m, MODULE_LOWER, DIAGNOSTICS);

        return (type & DIAGNOSTICS_OFFERED) && !(type & DIAGNOSTICS_SWITCHED);
}

static const ModuleRow rows[] = {
        { .area = MODULE_DIAGNOSTICS, .length = MODULE_HALF, .wanted = has_diagnostics },
        { .area = MODULE_LOWER, .offset = SERIAL, .length = 16, .again = true, .serial = true },
        { .area = MODULE_DIAGNOSTICS,
                        .offset = READINGS,
                        .length = 22,
                        .again = true,
                        .wanted = has_diagnostics },
};

/* SFF-8024 table 4-4: what is twisted pair or a copper cable. */
static bool compliance_is_copper(uint8_t code) {
        static const uint8_t codes[] = { 0x08, 0x0b, 0x0c, 0x0d, 0x16, 0x1c, 0x1d, 0x1e };

        return memchr(codes, code, sizeof(codes));
}

static ModuleMedium medium(const ModuleMemory *m) {
        uint8_t connector = module_memory_byte(m, MODULE_LOWER, CONNECTOR);
        uint8_t cable = module_memory_byte(m, MODULE_LOWER, CABLE);
        uint8_t compliance = module_memory_byte(m, MODULE_LOWER, EXTENDED_COMPLIANCE);

        if (!module_memory_has(m, MODULE_LOWER, 0, MODULE_HALF / 2))
                return MODULE_MEDIUM_UNKNOWN;
        if ((cable & (1 << 2)) || connector == 0x21 || connector == 0x22 || compliance_is_copper(compliance) ||
                        (module_memory_byte(m, MODULE_LOWER, ETHERNET_1G) & (1 << 3)) ||
                        (module_memory_byte(m, MODULE_LOWER, ETHERNET_10G) & 0x03))
                return MODULE_COPPER;
        /* an active cable is either; one that measures light has some */
        if (cable & (1 << 3))
                return has_diagnostics(m) ? MODULE_OPTICAL : MODULE_COPPER;
        return MODULE_OPTICAL;
}

/* value = slope * raw + offset, each pair of slope (unsigned 8.8) and offset (signed) at `at`. */
static bool calibrate_linear(const ModuleMemory *m, size_t at, double *value) {
        uint16_t slope, offset;

        if (!module_u16(m, MODULE_DIAGNOSTICS, at, &slope) ||
                        !module_u16(m, MODULE_DIAGNOSTICS, at + 2, &offset) || slope == 0)
                return false;
        *value = *value * slope / 256 + (int16_t) offset;
        return true;
}

/* A polynomial of fourth degree. */
static bool calibrate_rx(const ModuleMemory *m, double *value) {
        double result = 0;

        for (size_t i = 0; i < 5; i++) {
                uint16_t high, low;
                uint32_t bits;
                float factor;

                if (!module_u16(m, MODULE_DIAGNOSTICS, CALIBRATION_RX + 4 * i, &high) ||
                                !module_u16(m, MODULE_DIAGNOSTICS, CALIBRATION_RX + 4 * i + 2, &low))
                        return false;
                bits = (uint32_t) high << 16 | low;
                memcpy(&factor, &bits, sizeof(factor));
                result = result * *value + (double) factor;
        }
        *value = result;
        return result >= -65536 && result <= 1e6; /* not NaN either */
}

/* A raw reading or limit of the value in its unit; false when it cannot be known. */
static bool reading(const ModuleMemory *m, ModuleValue value, size_t at, double *ret) {
        bool external = module_memory_byte(m, MODULE_LOWER, DIAGNOSTICS) & DIAGNOSTICS_EXTERNAL;
        static const uint8_t calibration[_MODULE_VALUE_MAX] = {
                [MODULE_TEMPERATURE] = CALIBRATION_T,
                [MODULE_VOLTAGE] = CALIBRATION_V,
                [MODULE_TX_POWER] = CALIBRATION_TX,
                [MODULE_TX_BIAS] = CALIBRATION_BIAS,
        };
        uint16_t raw;
        double number;

        if (!module_u16(m, MODULE_DIAGNOSTICS, at, &raw))
                return false;
        if (!external) {
                *ret = module_scale(value, raw);
                return true;
        }
        number = value == MODULE_TEMPERATURE ? (int16_t) raw : raw;
        if (value == MODULE_RX_POWER ? !calibrate_rx(m, &number)
                                     : !calibrate_linear(m, calibration[value], &number))
                return false;
        switch (value) {
        case MODULE_TEMPERATURE:
                *ret = number / 256;
                return true;
        case MODULE_VOLTAGE:
                *ret = number / 10000;
                return true;
        case MODULE_TX_BIAS:
                *ret = fmax(number, 0) * 2 / 1000;
                return true;
        case MODULE_RX_POWER:
        case MODULE_TX_POWER:
                *ret = module_power_dbm(number);
                return true;
        case _MODULE_VALUE_MAX:
        case _MODULE_VALUE_INVALID:
                break;
        }
        return false;
}

static void decode_limits(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const ModuleLimitsAt rows_of_limits[] = {
                { MODULE_TEMPERATURE, 0 },
                { MODULE_VOLTAGE, 8 },
                { MODULE_TX_BIAS, 16 },
                { MODULE_TX_POWER, 24 },
                { MODULE_RX_POWER, 32 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows_of_limits); i++) {
                double limit[_MODULE_LIMIT_MAX];
                bool good = !module_is_blank(m, MODULE_DIAGNOSTICS, rows_of_limits[i].offset, 8);

                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                        good = good &&
                                        reading(m, rows_of_limits[i].value,
                                                        rows_of_limits[i].offset + 2 * (size_t) l, limit + l);
                if (good)
                        module_set_limits(d, rows_of_limits[i].value, limit);
        }
}

static void decode_flags(const ModuleMemory *m, ModuleDiagnostics *d) {
        /* high, then low, from the top bit on; the last two in the second byte */
        static const ModuleValue order[] = { MODULE_TEMPERATURE, MODULE_VOLTAGE, MODULE_TX_BIAS,
                MODULE_TX_POWER, MODULE_RX_POWER };
        uint8_t status = module_memory_byte(m, MODULE_DIAGNOSTICS, STATUS);

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                for (size_t low = 0; low < 2; low++) {
                        size_t bit = 2 * i + low;
                        uint8_t mask = (uint8_t) (0x80 >> bit % 8);

                        d->flag[order[i]][MODULE_HIGH_ALARM + low] = (module_memory_byte(m, MODULE_DIAGNOSTICS,
                                                                                      ALARMS + bit / 8) &
                                                                                     mask) != 0;
                        d->flag[order[i]][MODULE_HIGH_WARN + low] = (module_memory_byte(m, MODULE_DIAGNOSTICS,
                                                                                     WARNINGS + bit / 8) &
                                                                                    mask) != 0;
                }
        d->rx_los = (status & STATUS_RX_LOS) != 0;
        d->tx_fault = (status & STATUS_TX_FAULT) != 0;
}

static void decode_readings(const ModuleMemory *m, ModuleDiagnostics *d) {
        static const ModuleLimitsAt light[] = {
                { MODULE_TX_BIAS, READING_BIAS },
                { MODULE_TX_POWER, READING_TX },
                { MODULE_RX_POWER, READING_RX },
        };
        double temperature, voltage;

        if ((module_memory_byte(m, MODULE_DIAGNOSTICS, STATUS) & STATUS_NOT_READY) ||
                        module_is_blank(m, MODULE_DIAGNOSTICS, READINGS, 10))
                return;
        if (reading(m, MODULE_TEMPERATURE, READING_T, &temperature) &&
                        reading(m, MODULE_VOLTAGE, READING_V, &voltage))
                module_set_supply(d, temperature, voltage);
        for (size_t i = 0; i < ELEMENTSOF(light) && d->medium == MODULE_OPTICAL; i++) {
                ModuleNumber *number = &d->value[light[i].value][0];

                number->set = reading(m, light[i].value, light[i].offset, &number->number);
        }
}

static void decode(const ModuleMemory *m, ModuleDiagnostics *d) {
        d->medium = medium(m);
        d->n_lanes = 1;
        module_text(m, MODULE_LOWER, VENDOR, 16, d->vendor);
        module_text(m, MODULE_LOWER, PART_NUMBER, 16, d->part_number);
        module_text(m, MODULE_LOWER, REVISION, 4, d->revision);
        module_text(m, MODULE_LOWER, SERIAL, 16, d->serial);
        module_date(m, MODULE_LOWER, DATE, d->date);
        d->identity_checksum = module_checksum_join(
                        module_checksum(m, MODULE_LOWER, 0, BASE_CHECKSUM - 1, BASE_CHECKSUM),
                        module_checksum(m, MODULE_LOWER, BASE_CHECKSUM + 1, EXTENDED_CHECKSUM - 1,
                                        EXTENDED_CHECKSUM));
        if (!has_diagnostics(m) || !module_memory_has(m, MODULE_DIAGNOSTICS, READINGS, 10))
                return;
        d->limits_checksum = module_checksum(m, MODULE_DIAGNOSTICS, 0, LIMITS_CHECKSUM - 1, LIMITS_CHECKSUM);
        if (d->limits_checksum == MODULE_CHECKSUM_GOOD)
                decode_limits(m, d);
        /* with calibration constants that are wrong nothing can be known */
        if (d->limits_checksum == MODULE_CHECKSUM_GOOD ||
                        !(module_memory_byte(m, MODULE_LOWER, DIAGNOSTICS) & DIAGNOSTICS_EXTERNAL))
                decode_readings(m, d);
        decode_flags(m, d);
}

const ModuleStandard module_standard_sff8472 = {
        .name = "SFF-8472",
        .rows = rows,
        .n_rows = ELEMENTSOF(rows),
        .decode = decode,
};
