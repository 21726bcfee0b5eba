/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "alloc-util.h"
#include "fake-module.h"

FakeModule fake_modules[FAKE_MODULES_MAX];

static usec_t elapsed;

usec_t fake_module_clock(void) {
        return elapsed;
}

static int fake_read(ModuleSource *s, int ifindex, const ModuleBlock *block, uint8_t data[static MODULE_HALF],
                Error *e) {
        for (size_t i = 0; i < FAKE_MODULES_MAX; i++) {
                FakeModule *m = fake_modules + i;
                size_t n;

                if (m->ifindex != ifindex)
                        continue;
                if (!m->offered)
                        return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "kernel: %s",
                                        strerror(EOPNOTSUPP));
                while (m->hangs)
                        (void) pause();
                elapsed += m->delay;
                if (m->silent)
                        return error_set(e, ERROR_FAILED, -EIO, "kernel: i2c bus timed out");
                n = module_dump_answer(&m->dump, block, data);
                return n > 0 ? (int) n : error_set(e, ERROR_FAILED, -EINVAL, "kernel: no such page");
        }
        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "kernel: %s", strerror(ENODEV));
}

static ModuleSource *fake_free(ModuleSource *s) {
        free(s);
        return NULL;
}

int fake_module_open(ModuleSource **ret, Error *e) {
        static const ModuleSourceOps ops = { .name = "fake", .read = fake_read, .free = fake_free };

        *ret = new0(ModuleSource, 1);
        (*ret)->ops = &ops;
        return 0;
}

FakeModule *fake_module_plug(size_t i, int ifindex, const char *dump) {
        FakeModule *m = fake_modules + i;
        char path[512];

        *m = (FakeModule){ .ifindex = ifindex, .offered = true };
        snprintf(path, sizeof(path), "%s/%s.hex", MODULE_DUMPS, dump);
        module_dump_read(path, &m->dump);
        return m;
}
