/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A module that says anything. Two bytes: how much of an answer is cut off, which areas do not answer; then the
 * areas one after the other, as far as the input goes. What is beyond them is another module, put in the place
 * of the first before it is read again. */

#include <math.h>
#include <stdlib.h>

#include "fuzz.h"
#include "module-diagnostics.h"

#define BLOCKS_MAX 64

static void read_module(ModuleMemory *m, const uint8_t *data, size_t size, uint8_t cut, uint8_t absent) {
        ModuleBlock block;

        for (unsigned i = 0; module_memory_next(m, &block); i++) {
                size_t at = (size_t) block.area * MODULE_HALF + block.offset;
                size_t n = at < size ? MIN(size - at, (size_t) block.length) : 0;

                if (i >= BLOCKS_MAX)
                        abort(); /* it would never end */
                n -= MIN(n, (size_t) (cut % 16));
                if (module_memory_put(m, &block, absent & (1 << block.area) ? NULL : data + at, n) < 0)
                        return;
        }
}

static void check(const ModuleMemory *m) {
        HealthSample samples[MODULE_SAMPLES_MAX];
        SignalThreshold warn, alarm;
        ModuleDiagnostics d;
        size_t n;

        module_diagnostics_decode(m, &d);
        assert(memchr(d.vendor, 0, sizeof(d.vendor)) && memchr(d.part_number, 0, sizeof(d.part_number)));
        assert(memchr(d.serial, 0, sizeof(d.serial)) && memchr(d.date, 0, sizeof(d.date)));
        assert(d.n_lanes <= MODULE_LANES_MAX && (d.kind || d.n_lanes == 0));
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                for (unsigned lane = 0; lane < MODULE_LANES_MAX; lane++) {
                        assert(isfinite(d.value[v][lane].number));
                        assert(module_verdict_to_string(module_diagnostics_verdict(&d, v, lane)));
                }
        n = module_diagnostics_samples(&d, true, 1, samples);
        assert(n <= MODULE_SAMPLES_MAX);
        for (size_t i = 0; i < n; i++) {
                assert(isfinite(samples[i].level));
                module_diagnostics_thresholds(&d, samples[i].signal, &warn, &alarm);
                assert(warn.set == alarm.set && isfinite(warn.value) && isfinite(alarm.value));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        size_t all = (size_t) _MODULE_AREA_MAX * MODULE_HALF;
        ModuleMemory m = {};

        if (size < 2)
                return 0;
        read_module(&m, data + 2, size - 2, data[0], data[1]);
        check(&m);
        module_memory_refresh(&m);
        if (size - 2 > all)
                read_module(&m, data + 2 + all, size - 2 - all, 0, 0);
        else
                read_module(&m, data + 2, size - 2, 0, data[1]);
        check(&m);
        return 0;
}
