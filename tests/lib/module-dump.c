/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "check-main.h"
#include "module-dump.h"

static const char *const area_names[_MODULE_AREA_MAX] = {
        [MODULE_LOWER] = "lower",
        [MODULE_PAGE_00] = "page-00",
        [MODULE_PAGE_01] = "page-01",
        [MODULE_PAGE_02] = "page-02",
        [MODULE_PAGE_03] = "page-03",
        [MODULE_PAGE_11] = "page-11",
        [MODULE_DIAGNOSTICS] = "diagnostics",
};

static ModuleArea area_named(const char *line) {
        for (ModuleArea a = 0; a < _MODULE_AREA_MAX; a++)
                if (strncmp(line + 1, area_names[a], strlen(area_names[a])) == 0 &&
                                line[1 + strlen(area_names[a])] == ']')
                        return a;
        return _MODULE_AREA_INVALID;
}

static void take_row(ModuleDump *d, ModuleArea area, const char *line) {
        char *end;
        unsigned long offset = strtoul(line, &end, 16);

        ck_assert_msg((int) area >= 0 && *end == ':' && offset == d->n[area], "%s: row '%s'", d->name, line);
        for (const char *p = end + 1; isspace(*p) && isxdigit(p[1]); p = end) {
                ck_assert_uint_lt(d->n[area], MODULE_HALF);
                d->byte[area][d->n[area]++] = (uint8_t) strtoul(p, &end, 16);
        }
}

void module_dump_read(const char *path, ModuleDump *ret) {
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        const char *slash = strrchr(path, '/');
        ModuleArea area = _MODULE_AREA_INVALID;
        char line[512];

        ck_assert_msg(f, "%s", path);
        *ret = (ModuleDump){};
        snprintf(ret->name, sizeof(ret->name), "%s", slash ? slash + 1 : path);
        while (fgets(line, sizeof(line), f)) {
                size_t used = strlen(ret->expected);

                if (line[0] == '#' || line[0] == '\n')
                        continue;
                if (line[0] == '=')
                        snprintf(ret->expected + used, sizeof(ret->expected) - used, "%s", line + 2);
                else if (line[0] == '[') {
                        area = area_named(line);
                        ck_assert_msg((int) area >= 0, "%s: area %s", path, line);
                } else
                        take_row(ret, area, line);
        }
}

static int is_dump(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return n > 4 && streq(e->d_name + n - 4, ".hex");
}

char **module_dump_list(const char *directory) {
        struct dirent **entries;
        int n = scandir(directory, &entries, is_dump, alphasort);
        char **names;

        ck_assert_int_gt(n, 0);
        names = new0(char *, (size_t) n + 1);
        for (int i = 0; i < n; i++) {
                ck_assert_int_gt(asprintf(names + i, "%s/%s", directory, entries[i]->d_name), 0);
                free(entries[i]);
        }
        free(entries);
        return names;
}

size_t module_dump_answer(const ModuleDump *d, const ModuleBlock *b, uint8_t data[static MODULE_HALF]) {
        size_t n = d->n[b->area] > b->offset ? MIN(d->n[b->area] - b->offset, (size_t) b->length) : 0;

        memcpy(data, d->byte[b->area] + b->offset, n);
        return n;
}
