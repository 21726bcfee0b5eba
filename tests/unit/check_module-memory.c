/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The decoder of module memory against dumps of real modules: every value, limit, verdict and flag, each as an
 * independent decoding of the same bytes, and what was said where the dump was published, have it. Then what no
 * honest module does. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "alloc-util.h"
#include "check-main.h"
#include "module-diagnostics.h"
#include "module-dump.h"

#define BLOCKS_MAX 32 /* more than any plan has */

typedef struct Text {
        char buffer[MODULE_DUMP_TEXT_MAX];
        size_t used;
} Text;

static void add(Text *t, const char *format, ...) _printf_(2, 3);

static void add(Text *t, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        t->used += (size_t) vsnprintf(t->buffer + t->used, sizeof(t->buffer) - t->used, format, ap);
        va_end(ap);
        ck_assert_uint_lt(t->used, sizeof(t->buffer));
}

static int decimals(ModuleValue value) {
        return value == MODULE_VOLTAGE || value == MODULE_TX_BIAS ? 3 : 2;
}

static void render_value(Text *t, const ModuleDiagnostics *d, ModuleValue v) {
        for (unsigned lane = 0; lane < module_value_lanes(d, v); lane++)
                if (d->value[v][lane].set)
                        add(t, "%s %u %.*f %s\n", module_value_to_string(v), lane + 1, decimals(v),
                                        d->value[v][lane].number,
                                        module_verdict_to_string(module_diagnostics_verdict(d, v, lane)));
        if (!d->limit[v][0].set)
                return;
        add(t, "limit %s", module_value_to_string(v));
        for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                add(t, " %.*f", decimals(v), d->limit[v][l].number);
        add(t, "\n");
}

/* As the lines behind "= " in the dumps. */
static void render(Text *t, const ModuleDiagnostics *d) {
        const struct {
                const char *name, *text;
        } texts[] = { { "vendor", d->vendor }, { "part", d->part_number }, { "revision", d->revision },
                { "serial", d->serial }, { "date", d->date } };

        add(t, "kind %s\nstandard %s\nmedium %s\n", d->kind ?: "-", d->standard ?: "-",
                        module_medium_to_string(d->medium));
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (texts[i].text[0])
                        add(t, "%s %s\n", texts[i].name, texts[i].text);
        add(t, "identity %s\nlimits %s\nlanes %u\n", module_checksum_to_string(d->identity_checksum),
                        module_checksum_to_string(d->limits_checksum), d->n_lanes);
        if (d->state != MODULE_STATE_UNKNOWN)
                add(t, "state %s\n", module_state_to_string(d->state));
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                render_value(t, d, v);
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                for (ModuleLimit l = 0; l < _MODULE_LIMIT_MAX; l++)
                        if (d->flag[v][l])
                                add(t, "flag %s %s %02x\n", module_value_to_string(v),
                                                module_limit_to_string(l), d->flag[v][l]);
        if (d->rx_los)
                add(t, "rx-los %02x\n", d->rx_los);
        if (d->tx_fault)
                add(t, "tx-fault %02x\n", d->tx_fault);
}

/* Reads what is asked for; the number of blocks, or negative. */
static int read_all(ModuleMemory *m, const ModuleDump *dump) {
        uint8_t data[MODULE_HALF];
        ModuleBlock block;
        int n = 0;

        while (module_memory_next(m, &block)) {
                size_t size = module_dump_answer(dump, &block, data);
                int r = module_memory_put(m, &block, size > 0 ? data : NULL, size);

                if (r < 0)
                        return r;
                ck_assert_int_lt(++n, BLOCKS_MAX);
        }
        return n;
}

static void read_dump(const char *name, ModuleDump *ret) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s.hex", MODULE_DUMPS, name);
        module_dump_read(path, ret);
}

static void decode_dump(const char *name, ModuleMemory *m, ModuleDiagnostics *d, ModuleDump *dump) {
        read_dump(name, dump);
        *m = (ModuleMemory){};
        ck_assert_int_gt(read_all(m, dump), 0);
        module_diagnostics_decode(m, d);
}

static void check_sane(const ModuleDiagnostics *d) {
        ck_assert_uint_le(d->n_lanes, MODULE_LANES_MAX);
        for (ModuleValue v = 0; v < _MODULE_VALUE_MAX; v++)
                for (unsigned i = 0; i < MODULE_LANES_MAX; i++) {
                        ck_assert(isfinite(d->value[v][i].number));
                        if (i < _MODULE_LIMIT_MAX)
                                ck_assert(isfinite(d->limit[v][i].number));
                }
}

START_TEST(test_dumps) {
        char **names = module_dump_list(MODULE_DUMPS);
        size_t n = 0;

        for (; names[n]; n++) {
                ModuleMemory m = {};
                ModuleDiagnostics d;
                ModuleDump dump;
                Text text = {};

                module_dump_read(names[n], &dump);
                ck_assert_int_gt(read_all(&m, &dump), 0);
                module_diagnostics_decode(&m, &d);
                check_sane(&d);
                render(&text, &d);
                ck_assert_msg(streq(text.buffer, dump.expected), "%s:\n%s\nshould be\n%s", dump.name,
                                text.buffer, dump.expected);
                /* reading it again changes nothing, and reads less */
                module_memory_refresh(&m);
                ck_assert_int_le(read_all(&m, &dump), 3);
                text = (Text){};
                module_diagnostics_decode(&m, &d);
                render(&text, &d);
                ck_assert_str_eq(text.buffer, dump.expected);
                ck_assert_uint_eq(m.swaps, 0);
                free(names[n]);
        }
        free(names);
        ck_assert_uint_ge(n, 20);
}
END_TEST

/* Every dump cut short at every length in every area, and with each of its bytes all ones, is decoded without
 * a fault; nothing is known of an area that was not read. */
START_TEST(test_hostile) {
        static const char *const some[] = { "huawei-hpsp2120", "fs-qsfp28-ir4-100g", "fboss-400g-lr4",
                "fboss-2x400g-fr4" };

        for (size_t i = 0; i < ELEMENTSOF(some); i++) {
                ModuleDump dump;

                read_dump(some[i], &dump);
                for (ModuleArea a = 0; a < _MODULE_AREA_MAX; a++)
                        for (size_t cut = 0; cut < dump.n[a]; cut++) {
                                ModuleDump less = dump, other = dump;
                                ModuleMemory m = {}, o = {};
                                ModuleDiagnostics d;

                                less.n[a] = cut;
                                (void) read_all(&m, &less);
                                module_diagnostics_decode(&m, &d);
                                check_sane(&d);
                                other.byte[a][cut] ^= 0xff;
                                (void) read_all(&o, &other);
                                module_diagnostics_decode(&o, &d);
                                check_sane(&d);
                        }
        }
}
END_TEST

START_TEST(test_absent) {
        ModuleDiagnostics d;
        ModuleMemory m = {};
        ModuleDump dump;

        /* nobody answers, then an empty bus */
        dump = (ModuleDump){};
        ck_assert_int_eq(read_all(&m, &dump), -EIO);
        memset(dump.byte, 0xff, sizeof(dump.byte));
        dump.n[MODULE_LOWER] = MODULE_HALF;
        m = (ModuleMemory){};
        ck_assert_int_eq(read_all(&m, &dump), -EIO);
        module_diagnostics_decode(&m, &d);
        ck_assert_ptr_null(d.kind);
        ck_assert_uint_eq(d.n_lanes, 0);
        /* a module of a kind that nobody knows is no error, and asked again what it is */
        dump.byte[MODULE_LOWER][0] = 0x77;
        m = (ModuleMemory){};
        ck_assert_int_eq(read_all(&m, &dump), 1);
        module_diagnostics_decode(&m, &d);
        ck_assert_ptr_null(d.kind);
        module_memory_refresh(&m);
        ck_assert_int_eq(read_all(&m, &dump), 1);
}
END_TEST

/* What could be read and no longer can makes the reading a failed one. */
START_TEST(test_lost) {
        ModuleDiagnostics d;
        ModuleMemory m;
        ModuleDump dump;

        decode_dump("intel-ftlx8574d3bnl-it", &m, &d, &dump);
        dump.n[MODULE_DIAGNOSTICS] = 0;
        module_memory_refresh(&m);
        ck_assert_int_eq(read_all(&m, &dump), -EIO);
        /* the monitors of one that never had any are no loss */
        decode_dump("avago-afbr-703sdz-hp1", &m, &d, &dump);
        module_memory_refresh(&m);
        ck_assert_int_gt(read_all(&m, &dump), 0);
        /* an empty bus where the serial number was: gone, not swapped */
        decode_dump("fs-qsfp28-ir4-100g", &m, &d, &dump);
        memset(dump.byte, 0xff, sizeof(dump.byte));
        module_memory_refresh(&m);
        ck_assert_int_eq(read_all(&m, &dump), -EIO);
        ck_assert_uint_eq(m.swaps, 0);
}
END_TEST

START_TEST(test_swap) {
        ModuleDiagnostics d;
        ModuleMemory m;
        ModuleDump dump, other;

        /* same model, another piece: everything is read again */
        decode_dump("finisar-ftlx8571d3bcl", &m, &d, &dump);
        other = dump;
        memcpy(other.byte[MODULE_LOWER] + 68, "ANOTHER ", 8);
        other.byte[MODULE_DIAGNOSTICS][1]++;
        module_memory_refresh(&m);
        ck_assert_int_eq(read_all(&m, &other), 3); /* the serial number that tells, and both halves */
        ck_assert_uint_eq(m.swaps, 1);
        module_diagnostics_decode(&m, &d);
        ck_assert_str_eq(d.serial, "ANOTHER");
        ck_assert_int_eq(d.limits_checksum, MODULE_CHECKSUM_WRONG);
        ck_assert(!d.limit[MODULE_RX_POWER][0].set && d.value[MODULE_RX_POWER][0].set);
        /* QSFP28 for QSFP-DD in the same cage */
        decode_dump("fs-qsfp28-ir4-100g", &m, &d, &dump);
        read_dump("fboss-400g-lr4", &other);
        module_memory_refresh(&m);
        ck_assert_int_gt(read_all(&m, &other), 4);
        module_diagnostics_decode(&m, &d);
        ck_assert_str_eq(d.kind, "QSFP-DD");
        ck_assert_uint_eq(m.swaps, 1);
}
END_TEST

static const HealthSample *sample_of(const HealthSample *samples, size_t n, Signal signal) {
        for (size_t i = 0; i < n; i++)
                if (samples[i].signal == signal)
                        return samples + i;
        return NULL;
}

START_TEST(test_samples) {
        HealthSample samples[MODULE_SAMPLES_MAX];
        SignalThreshold warn, alarm_;
        ModuleDiagnostics d;
        ModuleMemory m;
        ModuleDump dump;
        size_t n;

        /* the worst lane counts: the least light, the most current */
        decode_dump("fs-qsfp28-ir4-100g", &m, &d, &dump);
        n = module_diagnostics_samples(&d, true, 5, samples);
        ck_assert_uint_eq(n, 4);
        ck_assert_double_eq_tol(sample_of(samples, n, SIGNAL_RX_POWER)->level, 0.47, 0.005);
        ck_assert_double_eq_tol(sample_of(samples, n, SIGNAL_TX_POWER)->level, 0.59, 0.005);
        ck_assert_double_eq_tol(sample_of(samples, n, SIGNAL_TX_BIAS)->level, 36.736, 0.0005);
        ck_assert_double_eq_tol(sample_of(samples, n, SIGNAL_MODULE_TEMPERATURE)->level, 28.59, 0.005);
        ck_assert_uint_eq(samples[0].at, 5);
        module_diagnostics_thresholds(&d, SIGNAL_RX_POWER, &warn, &alarm_);
        ck_assert_double_eq_tol(warn.value, -12.5, 0.01);
        ck_assert_double_eq_tol(alarm_.value, -14.5, 0.01);
        module_diagnostics_thresholds(&d, SIGNAL_TX_BIAS, &warn, &alarm_);
        ck_assert_double_eq(warn.value, 70);
        ck_assert_double_eq(alarm_.value, 75);
        module_diagnostics_thresholds(&d, SIGNAL_RX_CRC_ERRORS, &warn, &alarm_);
        ck_assert(!warn.set && !alarm_.set);
        /* without a carrier only the temperature says something */
        n = module_diagnostics_samples(&d, false, 5, samples);
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(samples[0].signal, SIGNAL_MODULE_TEMPERATURE);
        /* a lane that is off is not the worst one */
        decode_dump("finisar-fcbr425qe2c05", &m, &d, &dump);
        n = module_diagnostics_samples(&d, true, 5, samples);
        ck_assert_double_eq_tol(sample_of(samples, n, SIGNAL_TX_POWER)->level, 0.92, 0.005);
        /* copper has no light that could be missing */
        decode_dump("qsfp-copper-unnamed", &m, &d, &dump);
        n = module_diagnostics_samples(&d, true, 5, samples);
        ck_assert_uint_eq(n, 1);
        decode_dump("molex-1110401054", &m, &d, &dump);
        ck_assert_uint_eq(module_diagnostics_samples(&d, true, 5, samples), 0);
}
END_TEST

/* What a module says that cannot be. */
START_TEST(test_lies) {
        ModuleDiagnostics d;
        ModuleMemory m = {};
        ModuleDump dump;

        /* high below low: none of that value's limits are believed, the others are */
        read_dump("mellanox-mma1b00-ss1", &dump);
        memset(dump.byte[MODULE_PAGE_03] + 48, 0, 2);
        ck_assert_int_gt(read_all(&m, &dump), 0);
        module_diagnostics_decode(&m, &d);
        ck_assert(!d.limit[MODULE_RX_POWER][MODULE_LOW_ALARM].set && d.limit[MODULE_TX_BIAS][0].set);
        /* readings that are not ready, or blank */
        read_dump("finisar-ftlx8571d3bcl", &dump);
        dump.byte[MODULE_DIAGNOSTICS][110] |= 1;
        m = (ModuleMemory){};
        ck_assert_int_gt(read_all(&m, &dump), 0);
        module_diagnostics_decode(&m, &d);
        ck_assert(!d.value[MODULE_TEMPERATURE][0].set && d.limit[MODULE_TEMPERATURE][0].set);
        /* calibration constants that are no numbers */
        read_dump("huawei-hpsp2120", &dump);
        memset(dump.byte[MODULE_DIAGNOSTICS] + 56, 0xff, 4);
        dump.byte[MODULE_DIAGNOSTICS][95] = (uint8_t) (0xd1 - 0x32 - 0x01 - 0x14 - 0xf5 + 4 * 0xff);
        m = (ModuleMemory){};
        ck_assert_int_gt(read_all(&m, &dump), 0);
        module_diagnostics_decode(&m, &d);
        ck_assert_int_eq(d.limits_checksum, MODULE_CHECKSUM_GOOD);
        ck_assert(!d.value[MODULE_RX_POWER][0].set && d.value[MODULE_TX_POWER][0].set);
        /* a fault of CMIS has a cause */
        read_dump("fboss-400g-lr4", &dump);
        dump.byte[MODULE_LOWER][3] = 5 << 1;
        dump.byte[MODULE_LOWER][41] = 1;
        m = (ModuleMemory){};
        ck_assert_int_gt(read_all(&m, &dump), 0);
        module_diagnostics_decode(&m, &d);
        ck_assert_int_eq(d.state, MODULE_FAULT);
        ck_assert_str_eq(module_fault_to_string(d.fault), "TEC runaway");
        ck_assert_ptr_null(module_fault_to_string(0));
}
END_TEST

/* Blocks are as the kernel wants them. */
START_TEST(test_blocks) {
        char **names = module_dump_list(MODULE_DUMPS);

        for (size_t i = 0; names[i]; i++) {
                ModuleMemory m = {};
                ModuleBlock block;
                ModuleDump dump;

                module_dump_read(names[i], &dump);
                for (unsigned pass = 0; pass < 2; pass++) {
                        while (module_memory_next(&m, &block)) {
                                ModuleAddress at = module_area_address(block.area);
                                uint8_t data[MODULE_HALF];
                                size_t n = module_dump_answer(&dump, &block, data);

                                ck_assert_uint_ge(block.length, 16);
                                ck_assert_uint_le(block.offset + block.length, MODULE_HALF);
                                ck_assert(at.page == 0 || at.offset == MODULE_HALF);
                                (void) module_memory_put(&m, &block, n > 0 ? data : NULL, n);
                        }
                        module_memory_refresh(&m);
                }
                free(names[i]);
        }
        free(names);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("module-memory");
        TCase *t = tcase_create("module-memory");

        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_dumps);
        tcase_add_test(t, test_hostile);
        tcase_add_test(t, test_absent);
        tcase_add_test(t, test_lost);
        tcase_add_test(t, test_swap);
        tcase_add_test(t, test_samples);
        tcase_add_test(t, test_lies);
        tcase_add_test(t, test_blocks);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
