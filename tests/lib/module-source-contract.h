/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every way to modules must do: for no adapter, and for an adapter that has none. */

#include "check-main.h"
#include "module-source.h"

static inline void module_source_contract(ModuleSource *s, int absent, int without) {
        const struct {
                int ifindex, result;
                ErrorKind kind;
        } cases[] = { { absent, -ENODEV, ERROR_NO_SUCH_ADAPTER },
                { without, -EOPNOTSUPP, ERROR_NOT_SUPPORTED } };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ModuleBlock block;
                ModuleMemory m = {};
                uint8_t data[MODULE_HALF];
                Error e = {}, all = {};

                ck_assert(module_memory_next(&m, &block));
                ck_assert_int_eq(module_source_read(s, cases[i].ifindex, &block, data, &e), cases[i].result);
                ck_assert_msg(e.code == cases[i].result && e.text[0], "%s", e.text);
                ck_assert_int_eq(module_source_read_all(s, cases[i].ifindex, &m, &all), cases[i].result);
                ck_assert_int_eq(all.kind, cases[i].kind);
                ck_assert_str_ne(all.text, "");
        }
}
