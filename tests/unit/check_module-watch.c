/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "check-main.h"
#include "module-dump.h"
#include "module-watch.h"

#define S USEC_PER_SEC

static void read_memory(const ModuleDump *dump, ModuleMemory *m) {
        uint8_t data[MODULE_HALF];
        ModuleBlock block;

        module_memory_refresh(m);
        while (module_memory_next(m, &block)) {
                size_t n = module_dump_answer(dump, &block, data);

                ck_assert_int_eq(module_memory_put(m, &block, n > 0 ? data : NULL, n), 0);
        }
}

static void load(const char *name, ModuleDump *dump, ModuleMemory *m) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s.hex", MODULE_DUMPS, name);
        module_dump_read(path, dump);
        *m = (ModuleMemory){};
        read_memory(dump, m);
}

static const HealthSample *sample_of(const ModuleNews *n, Signal s) {
        for (size_t i = 0; i < n->n_samples; i++)
                if (n->samples[i].signal == s)
                        return n->samples + i;
        return NULL;
}

START_TEST(test_due) {
        ModuleWatch w = {};
        ModuleMemory m;
        ModuleDump dump;

        load("finisar-ftlx8571d3bcl", &dump, &m);
        ck_assert_uint_eq(module_watch_due(&w, false), 0);
        (void) module_watch_take(&w, &m, true, 100 * S);
        ck_assert_uint_eq(module_watch_due(&w, false), 160 * S);
        ck_assert_uint_eq(module_watch_due(&w, true), 110 * S);
        module_watch_hurry(&w);
        ck_assert_uint_eq(module_watch_due(&w, false), 0);
        /* a reading of 120 ms is followed by 12 s without one */
        ck_assert_uint_eq(module_rest_until(100 * S, 120 * USEC_PER_MSEC), 112 * S);
        /* heat is followed closely before it is evidence, which wants three readings */
        (void) module_watch_take(&w, &m, true, 200 * S);
        ck_assert(w.now.limit[MODULE_TEMPERATURE][MODULE_HIGH_WARN].set);
        w.now.value[MODULE_TEMPERATURE][0].number = w.now.limit[MODULE_TEMPERATURE][MODULE_HIGH_WARN].number;
        ck_assert_uint_eq(module_watch_due(&w, false), 260 * S);
        w.now.value[MODULE_TEMPERATURE][0].number += 0.5;
        ck_assert_uint_eq(module_watch_due(&w, false), 205 * S);
        ck_assert_uint_eq(module_watch_due(&w, true), 205 * S);
        /* a driver that cannot is not asked again; an empty cage is */
        w = (ModuleWatch){};
        (void) module_watch_fail(&w, -EIO, 100 * S);
        ck_assert_uint_eq(module_watch_due(&w, false), 160 * S);
        (void) module_watch_fail(&w, -EOPNOTSUPP, 160 * S);
        ck_assert_uint_eq(module_watch_due(&w, true), USEC_INFINITY);
}
END_TEST

START_TEST(test_unreadable) {
        ModuleWatch w = {};
        ModuleNews news;
        ModuleMemory m;
        ModuleDump dump;

        /* a cage that was always empty says nothing */
        news = module_watch_fail(&w, -EIO, S);
        ck_assert_uint_eq(news.n_samples, 0);
        load("finisar-ftlx8571d3bcl", &dump, &m);
        news = module_watch_take(&w, &m, true, 2 * S);
        ck_assert_double_eq(sample_of(&news, SIGNAL_MODULE_UNREADABLE)->level, 0);
        ck_assert_ptr_nonnull(sample_of(&news, SIGNAL_RX_POWER));
        /* silent, whatever the driver calls it */
        for (unsigned i = 1; i <= 3; i++) {
                news = module_watch_fail(&w, i == 2 ? -EOPNOTSUPP : -ETIMEDOUT, (2 + i) * S);
                ck_assert_uint_eq(news.n_samples, 1);
                ck_assert_double_eq(sample_of(&news, SIGNAL_MODULE_UNREADABLE)->level, i);
        }
        ck_assert(!w.none);
        news = module_watch_take(&w, &m, true, 10 * S);
        ck_assert(!news.swapped);
        ck_assert_double_eq(sample_of(&news, SIGNAL_MODULE_UNREADABLE)->level, 0);
}
END_TEST

START_TEST(test_drop_and_swap) {
        ModuleWatch w = {};
        ModuleNews news = {};
        ModuleMemory m;
        ModuleDump dump;
        usec_t at = 0;

        load("fs-qsfp28-ir4-100g", &dump, &m);
        for (unsigned i = 0; i < 120; i++)
                news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert(!news.swapped);
        ck_assert_double_eq_tol(sample_of(&news, SIGNAL_RX_POWER_DROP)->level, 0, 1e-9);
        /* lane 3, at 0.47 dBm, loses half of its light: 3 dB */
        dump.byte[MODULE_LOWER][38] = 0x15;
        dump.byte[MODULE_LOWER][39] = 0xc1;
        read_memory(&dump, &m);
        news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert_double_eq_tol(sample_of(&news, SIGNAL_RX_POWER_DROP)->level, 3, 0.1);
        ck_assert_uint_le(news.n_samples, MODULE_SAMPLES_MAX);
        /* without a carrier darkness says nothing */
        news = module_watch_take(&w, &m, false, at += MODULE_INTERVAL);
        ck_assert_ptr_null(sample_of(&news, SIGNAL_RX_POWER_DROP));
        /* another piece of the same model: its past is not that of the last */
        memcpy(dump.byte[MODULE_PAGE_00] + 68, "OTHER", 5);
        read_memory(&dump, &m);
        news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert(news.swapped);
        ck_assert_ptr_null(sample_of(&news, SIGNAL_RX_POWER_DROP));
        ck_assert_str_eq(w.now.serial, "OTHER155461");
        news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert(!news.swapped);
}
END_TEST

START_TEST(test_laser_ages) {
        ModuleWatch w = {};
        ModuleNews news = {};
        ModuleMemory m;
        ModuleDump dump;
        usec_t at = 0, noon = 26 * USEC_PER_HOUR;
        double bias;

        load("finisar-ftlx8571d3bcl", &dump, &m);
        while (at < noon)
                news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert_double_eq_tol(sample_of(&news, SIGNAL_TX_BIAS_RISE)->level, 0, 1e-9);
        bias = w.now.value[MODULE_TX_BIAS][0].number;
        w.now.value[MODULE_TX_BIAS][0].number = 1.3 * bias;
        /* the link need not be up: a laser shines by itself */
        news = (ModuleNews){};
        module_watch_compare(&w, false, at += MODULE_INTERVAL, &news);
        ck_assert_uint_eq(news.n_samples, 1);
        ck_assert_double_eq_tol(sample_of(&news, SIGNAL_TX_BIAS_RISE)->level, 0.3, 1e-9);
        /* another one */
        module_watch_forget(&w);
        news = module_watch_take(&w, &m, true, at += MODULE_INTERVAL);
        ck_assert_ptr_null(sample_of(&news, SIGNAL_TX_BIAS_RISE));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("module-watch");
        TCase *t = tcase_create("module-watch");

        tcase_add_test(t, test_due);
        tcase_add_test(t, test_unreadable);
        tcase_add_test(t, test_drop_and_swap);
        tcase_add_test(t, test_laser_ages);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
