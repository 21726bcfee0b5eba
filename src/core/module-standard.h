/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The management interfaces a module may have, one const row each, for the files named module-*.c only. */

#include "module-diagnostics.h"
#include "module-memory.h"

/* One block of the reading plan. */
typedef struct ModuleRow {
        ModuleArea area;
        uint8_t offset, length;
        bool again;                            /* read by every refresh, and by nothing else */
        bool serial;                           /* another content is another module */
        bool (*wanted)(const ModuleMemory *m); /* NULL: always */
} ModuleRow;

typedef struct ModuleStandard {
        const char *name;
        const ModuleRow *rows;
        size_t n_rows; /* at most 31 */
        void (*decode)(const ModuleMemory *m, ModuleDiagnostics *d);
} ModuleStandard;

/* module-sff8472.c, module-sff8636.c, module-cmis.c */
extern const ModuleStandard module_standard_sff8472, module_standard_sff8636, module_standard_cmis;

typedef struct ModuleIdentifier {
        uint8_t code; /* SFF-8024 table 4-1 */
        const char *kind;
        const ModuleStandard *standard;
} ModuleIdentifier;

/* NULL for one that no row is for. */
const ModuleIdentifier *module_identifier_find(uint8_t code);

/* Where the four limits of a value are, in the order of ModuleLimit, two bytes each. */
typedef struct ModuleLimitsAt {
        ModuleValue value;
        uint8_t offset;
} ModuleLimitsAt;

/* Raw 16-bit reading to the value's unit: degrees, volt, dBm, mA. Power of 0 becomes MODULE_DARK. */
double module_scale(ModuleValue value, uint16_t raw);
/* 0.1 uW, negative is 0, to dBm. */
double module_power_dbm(double tenth_microwatts);

bool module_u16(const ModuleMemory *m, ModuleArea area, size_t offset, uint16_t *ret);
/* An ASCII field of the memory, padded with blanks, 00h or ffh; empty when it has anything else in it that
 * cannot be printed. */
void module_text(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n, char *ret);
/* "2019-12-18" of the YYMMDD at offset; empty when it is none. */
void module_date(const ModuleMemory *m, ModuleArea area, size_t offset, char ret[static MODULE_DATE_MAX]);
/* The sum of the bytes from first to last against the one at `at`. */
ModuleChecksum module_checksum(const ModuleMemory *m, ModuleArea area, size_t first, size_t last, size_t at);
/* Of two halves of the same thing. */
ModuleChecksum module_checksum_join(ModuleChecksum a, ModuleChecksum b);
/* Whether every byte is 00h, or every byte ffh: a monitor that is not there. */
bool module_is_blank(const ModuleMemory *m, ModuleArea area, size_t offset, size_t n);

/* Temperature and supply voltage, as raw readings; both stay unknown when no module could run on that voltage
 * or at that temperature. */
void module_set_supply(ModuleDiagnostics *d, double temperature, double voltage);
/* Takes limits over if they are in order, and those of light if there is any; the rest stays unknown. Call it
 * when the medium is known. */
void module_set_limits(ModuleDiagnostics *d, ModuleValue value, const double limit[static _MODULE_LIMIT_MAX]);
