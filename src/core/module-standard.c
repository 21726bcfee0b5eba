/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "module-standard.h"

#define CELSIUS_MIN (-60.0)
#define CELSIUS_MAX 150.0
/* 3.3 V, and far beyond what it may be off; 0 and 6.55 are sensors that are not there */
#define VOLT_MIN 0.5
#define VOLT_MAX 6.0

static const ModuleIdentifier identifiers[] = {
        { 0x03, "SFP", &module_standard_sff8472 },
        { 0x0b, "DWDM-SFP", &module_standard_sff8472 },
        { 0x0c, "QSFP", &module_standard_sff8636 },
        { 0x0d, "QSFP+", &module_standard_sff8636 },
        { 0x11, "QSFP28", &module_standard_sff8636 },
        { 0x18, "QSFP-DD", &module_standard_cmis },
        { 0x19, "OSFP", &module_standard_cmis },
        { 0x1a, "SFP-DD", &module_standard_cmis },
        { 0x1b, "DSFP", &module_standard_cmis },
        { 0x1e, "QSFP+ CMIS", &module_standard_cmis },
        { 0x1f, "SFP-DD CMIS", &module_standard_cmis },
        { 0x20, "SFP+ CMIS", &module_standard_cmis },
        { 0x21, "OSFP-XD", &module_standard_cmis },
};

const ModuleIdentifier *module_identifier_find(uint8_t code) {
        for (size_t i = 0; i < ELEMENTSOF(identifiers); i++)
                if (identifiers[i].code == code)
                        return identifiers + i;
        return NULL;
}

double module_power_dbm(double tenth_microwatts) {
        return tenth_microwatts >= 1 ? 10 * log10(tenth_microwatts / 10000) : MODULE_DARK;
}

double module_scale(ModuleValue value, uint16_t raw) {
        switch (value) {
        case MODULE_TEMPERATURE:
                return (int16_t) raw / 256.0;
        case MODULE_VOLTAGE:
                return raw / 10000.0;
        case MODULE_RX_POWER:
        case MODULE_TX_POWER:
                return module_power_dbm(raw);
        case MODULE_TX_BIAS:
                return raw * 2 / 1000.0;
        case _MODULE_VALUE_MAX:
        case _MODULE_VALUE_INVALID:
                break;
        }
        return 0;
}

bool module_u16(const ModuleMemory *m, ModuleArea area, size_t offset, uint16_t *ret) {
        if (!module_memory_has(m, area, offset, 2))
                return false;
        *ret = (uint16_t) (m->byte[area][offset] << 8 | m->byte[area][offset + 1]);
        return true;
}

bool module_is_blank(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n) {
        bool zeroes = true, ones = true;

        for (size_t i = offset; i < offset + n; i++) {
                zeroes = zeroes && module_memory_byte(m, area, i) == 0;
                ones = ones && module_memory_byte(m, area, i) == 0xff;
        }
        return zeroes || ones;
}

void module_text(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n, char *ret) {
        size_t used = 0;

        assert(n < MODULE_TEXT_MAX);
        ret[0] = 0;
        if (!module_memory_has(m, area, offset, n))
                return;
        while (n > 0 && m->byte[area][offset + n - 1] == 0xff)
                n--;
        for (size_t i = 0; i < n; i++) {
                uint8_t c = m->byte[area][offset + i];

                if (c != 0 && (c < ' ' || c > '~')) {
                        ret[0] = 0;
                        return;
                }
                ret[i] = c == 0 ? ' ' : (char) c;
                if (ret[i] != ' ')
                        used = i + 1;
        }
        ret[used] = 0;
}

static bool two_digits(const uint8_t *p, unsigned min, unsigned max) {
        unsigned number;

        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
                return false;
        number = (unsigned) (p[0] - '0') * 10 + (unsigned) (p[1] - '0');
        return number >= min && number <= max;
}

void module_date(const ModuleMemory *m, ModuleArea area, size_t offset, char ret[static MODULE_DATE_MAX]) {
        const uint8_t *p = m->byte[area] + offset;

        ret[0] = 0;
        if (!module_memory_has(m, area, offset, 6) || !two_digits(p, 0, 99) || !two_digits(p + 2, 1, 12) ||
                        !two_digits(p + 4, 1, 31))
                return;
        memcpy(ret, "20YY-MM-DD", MODULE_DATE_MAX);
        memcpy(ret + 2, p, 2);
        memcpy(ret + 5, p + 2, 2);
        memcpy(ret + 8, p + 4, 2);
}

ModuleChecksum module_checksum(const ModuleMemory *m, ModuleArea area, size_t first, size_t last, size_t at) {
        uint8_t sum = 0;

        if (!module_memory_has(m, area, first, last - first + 1) || !module_memory_has(m, area, at, 1))
                return MODULE_CHECKSUM_UNKNOWN;
        for (size_t i = first; i <= last; i++)
                sum = (uint8_t) (sum + m->byte[area][i]);
        return sum == m->byte[area][at] ? MODULE_CHECKSUM_GOOD : MODULE_CHECKSUM_WRONG;
}

ModuleChecksum module_checksum_join(ModuleChecksum a, ModuleChecksum b) {
        if (a == MODULE_CHECKSUM_WRONG || b == MODULE_CHECKSUM_WRONG)
                return MODULE_CHECKSUM_WRONG;
        return a == b ? a : MODULE_CHECKSUM_UNKNOWN;
}

void module_set_supply(ModuleDiagnostics *d, double temperature, double voltage) {
        if (!(voltage > VOLT_MIN && voltage < VOLT_MAX && temperature > CELSIUS_MIN &&
                            temperature < CELSIUS_MAX))
                return;
        d->value[MODULE_TEMPERATURE][0] = (ModuleNumber){ true, temperature };
        d->value[MODULE_VOLTAGE][0] = (ModuleNumber){ true, voltage };
}

void module_set_limits(ModuleDiagnostics *d, ModuleValue value, const double limit[static _MODULE_LIMIT_MAX]) {
        if (value != MODULE_TEMPERATURE && value != MODULE_VOLTAGE && d->medium != MODULE_OPTICAL)
                return;
        if (!(limit[MODULE_HIGH_ALARM] >= limit[MODULE_HIGH_WARN] &&
                            limit[MODULE_HIGH_WARN] > limit[MODULE_LOW_WARN] &&
                            limit[MODULE_LOW_WARN] >= limit[MODULE_LOW_ALARM]))
                return;
        for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                d->limit[value][l] = (ModuleNumber){ true, limit[l] };
}
