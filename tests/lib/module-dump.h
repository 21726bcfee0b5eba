/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Dumps of real modules (tests/unit/modules): bytes by area, where they are from, and what they mean. */

#include "module-memory.h"

#define MODULE_DUMP_TEXT_MAX 4096

typedef struct ModuleDump {
        char name[64];
        uint8_t byte[_MODULE_AREA_MAX][MODULE_HALF];
        size_t n[_MODULE_AREA_MAX];          /* bytes the dump has of it, from its beginning */
        char expected[MODULE_DUMP_TEXT_MAX]; /* the lines behind "= " */
} ModuleDump;

/* Reads the file; a fault in it ends the test. */
void module_dump_read(const char *path, ModuleDump *ret);

/* The names of all dumps in a directory, sorted, NULL-terminated; to be freed, each and all. */
char **module_dump_list(const char *directory);

/* What the module answers to the block: bytes copied to data, 0 when it does not answer. */
size_t module_dump_answer(const ModuleDump *d, const ModuleBlock *block, uint8_t data[static MODULE_HALF]);
