/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "check-main.h"
#include "pcie-device.h"
#include "sysfs-signals.h"
#include "sysfs-tree.h"

#define S USEC_PER_SEC

static SysfsShared shared;
static SysfsSignals signals;
static int tree;

static void setup(void) {
        Error e = {};

        tree = sysfs_tree_new(true);
        ck_assert_msg(sysfs_shared_init(&shared, &e) >= 0, "%s", e.text);
        sysfs_signals_init(&signals, &shared, tree);
}

static void teardown(void) {
        sysfs_signals_done(&signals);
        ck_assert_uint_eq(shared.fd_budget, SYSFS_FDS_MAX);
        ck_assert_uint_eq(shared.queue_budget, QUEUE_FILES_FDS_MAX);
        sysfs_shared_done(&shared);
        sysfs_tree_free(tree);
}

typedef struct Samples {
        HealthSample samples[SYSFS_SIGNALS_MAX];
        size_t n;
} Samples;

static Samples sample(usec_t at) {
        Samples x = {};

        x.n = sysfs_signals_sample(&signals, at, true, x.samples, ELEMENTSOF(x.samples));
        return x;
}

static const HealthSample *find(const Samples *x, Signal s) {
        for (size_t i = 0; i < x->n; i++)
                if (x->samples[i].signal == s)
                        return x->samples + i;
        return NULL;
}

/* What a slow reader was asked for at some earlier time. */
static Samples wait_for(usec_t at, Signal s) {
        Samples x = {};

        for (unsigned i = 0; i < 5000; i++) {
                x = sample(at + i);
                if (find(&x, s))
                        return x;
                usleep(1000);
        }
        ck_abort_msg("no %s", signal_to_string(s));
}

static void errors_set(const char *end, const char *kind, const char *total, unsigned n) {
        char path[96], text[256];

        snprintf(path, sizeof(path), "%s/aer_dev_%s", end, kind);
        snprintf(text, sizeof(text), "RxErr 0\nBadTLP %u\nBadDLLP 0\nTOTAL_ERR_%s %u\n", n, total, n);
        sysfs_tree_set(tree, path, text);
}

/* Both ends, every 5 s, what there is of it. */
START_TEST(test_pcie_errors) {
        Samples x;

        errors_set("device", "correctable", "COR", 3);
        errors_set("device", "nonfatal", "NONFATAL", 1);
        errors_set("device/..", "correctable", "COR", 40);
        x = sample(10 * S);
        ck_assert_uint_eq(x.n, 2);
        ck_assert_uint_eq(find(&x, SIGNAL_PCIE_CORRECTABLE)->count, 43);
        ck_assert_uint_eq(find(&x, SIGNAL_PCIE_NONFATAL)->count, 1);
        ck_assert_uint_eq(x.samples[0].at, 10 * S);
        errors_set("device", "correctable", "COR", 5);
        ck_assert_uint_eq(sample(15 * S - 1).n, 0);
        x = sample(15 * S);
        ck_assert_uint_eq(find(&x, SIGNAL_PCIE_CORRECTABLE)->count, 45);
        /* what comes later was not there when it was looked for */
        errors_set("device", "fatal", "FATAL", 9);
        x = sample(20 * S);
        ck_assert_uint_eq(x.n, 2);
        /* nonsense is no sample, of that file only */
        sysfs_tree_set(tree, "device/aer_dev_correctable", "RxErr 0\n");
        x = sample(25 * S);
        ck_assert_uint_eq(x.n, 1);
        ck_assert_ptr_nonnull(find(&x, SIGNAL_PCIE_NONFATAL));
}
END_TEST

static const struct {
        const char *text;
        int result;
        uint64_t total;
} totals[] = {
        { "TOTAL_ERR_COR 0\n", 0, 0 },
        { "RxErr 7\nTimeout 0\nTOTAL_ERR_COR 12\n", 0, 12 },
        { "TOTAL_ERR_FATAL 18446744073709551615", 0, UINT64_MAX },
        { "TOTAL_ERR_FATAL 18446744073709551616", -EBADMSG, 0 },
        { "", -EBADMSG, 0 },
        { "\n\n", -EBADMSG, 0 },
        { "TOTAL_ERR_COR\n", -EBADMSG, 0 },
        { "TOTAL_ERR_COR \n3", -EBADMSG, 0 },
        { "TOTAL_ERR_COR -3\n", -EBADMSG, 0 },
        { "total_err_cor 3\n", -EBADMSG, 0 },
        { "XTOTAL_ERR_COR 3\n", -EBADMSG, 0 },
        { "TOTAL_ERR_COR x\nTOTAL_ERR_COR 4\n", 0, 4 },
};

START_TEST(test_totals) {
        uint64_t total = 77;

        ck_assert_int_eq(
                        pcie_errors_parse(totals[_i].text, strlen(totals[_i].text), &total), totals[_i].result);
        ck_assert_uint_eq(total, totals[_i].result < 0 ? 77 : totals[_i].total);
}
END_TEST

static const struct {
        const char *text;
        uint64_t speed, width; /* 0: none */
} link_texts[] = {
        { "8.0 GT/s PCIe\n", 80, 8 },
        { "2.5 GT/s PCIe\n", 25, 2 },
        { "64.0 GT/s PCIe\n", 640, 0 },
        { "16.0 GT/s", 160, 16 },
        { "32", 0, 32 },
        { "63\n", 0, 0 },
        { "0\n", 0, 0 },
        { "Unknown\n", 0, 0 },
        { "Unknown speed\n", 0, 0 },
        { "0.0 GT/s PCIe\n", 0, 0 },
        { "8. GT/s PCIe\n", 0, 8 },
        { "8.0 GT/", 0, 8 },
        { "8.0", 0, 8 },
        { "8.", 0, 8 },
        { ".5 GT/s", 0, 0 },
        { "99999999999999999999.0 GT/s PCIe\n", 0, 0 },
        { "", 0, 0 },
};

START_TEST(test_link_texts) {
        const char *text = link_texts[_i].text;
        uint64_t speed = 0, width = 0;

        ck_assert_int_eq(pcie_speed_parse(text, strlen(text), &speed), link_texts[_i].speed ? 0 : -EBADMSG);
        ck_assert_uint_eq(speed, link_texts[_i].speed);
        ck_assert_int_eq(pcie_width_parse(text, strlen(text), &width), link_texts[_i].width ? 0 : -EBADMSG);
        ck_assert_uint_eq(width, link_texts[_i].width);
}
END_TEST

static void link_set(const char *width, const char *speed) {
        sysfs_tree_set(tree, "device/current_link_width", width);
        sysfs_tree_set(tree, "device/current_link_speed", speed);
}

/* A fall below the most that was seen; a narrow slot is none. */
START_TEST(test_pcie_link) {
        Samples x;

        sysfs_tree_set(tree, "device/max_link_width", "16\n");
        link_set("8\n", "8.0 GT/s PCIe\n");
        (void) sample(1 * S);
        x = wait_for(2 * S, SIGNAL_PCIE_LINK_WIDTH);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_WIDTH)->level, 1);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 1);
        link_set("2\n", "2.5 GT/s PCIe\n");
        ck_assert_uint_eq(sample(30 * S).n, 0); /* not yet due */
        ck_assert_uint_eq(sample(31 * S).n, 0); /* asked */
        x = wait_for(32 * S, SIGNAL_PCIE_LINK_WIDTH);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_WIDTH)->level, 0.25);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 0.3125);
        /* a device that does not answer says nothing of its width */
        link_set("63\n", "16.0 GT/s PCIe\n");
        (void) sample(70 * S);
        x = wait_for(71 * S, SIGNAL_PCIE_LINK_SPEED);
        ck_assert_ptr_null(find(&x, SIGNAL_PCIE_LINK_WIDTH));
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 1);
        link_set("8\n", "8.0 GT/s PCIe\n");
        (void) sample(110 * S);
        x = wait_for(111 * S, SIGNAL_PCIE_LINK_SPEED);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 0.5);
}
END_TEST

/* The port that the adapter is plugged into may be the one that tells, or the only one. */
START_TEST(test_pcie_port) {
        Samples x;

        link_set("8\n", "8.0 GT/s PCIe\n");
        sysfs_tree_set(tree, "device/../current_link_width", "16\n");
        sysfs_tree_set(tree, "device/../current_link_speed", "8.0 GT/s PCIe\n");
        (void) sample(1 * S);
        x = wait_for(2 * S, SIGNAL_PCIE_LINK_WIDTH);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_WIDTH)->level, 1);
        sysfs_tree_set(tree, "device/../current_link_width", "4\n");
        link_set("63\n", "Unknown\n");
        (void) sample(40 * S);
        x = wait_for(41 * S, SIGNAL_PCIE_LINK_WIDTH);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_WIDTH)->level, 0.25);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 1);
        sysfs_tree_set(tree, "device/../current_link_width", "16\n");
        link_set("4\n", "5.0 GT/s PCIe\n");
        (void) sample(80 * S);
        x = wait_for(81 * S, SIGNAL_PCIE_LINK_WIDTH);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_WIDTH)->level, 0.5);
        ck_assert_double_eq(find(&x, SIGNAL_PCIE_LINK_SPEED)->level, 0.625);
}
END_TEST

/* The first sensor with limits, of the device with the lowest number. */
START_TEST(test_temperature) {
        const SignalLimits *limits;
        Samples x;

        sysfs_tree_set(tree, "device/hwmon/hwmon10/temp1_input", "1000\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon10/temp1_crit", "2000\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon9/temp1_input", "20000\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon9/temp2_input", "51500\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon9/temp2_max", "95000\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon9/temp2_crit", "105000\n");
        (void) sample(1 * S);
        x = wait_for(2 * S, SIGNAL_ADAPTER_TEMPERATURE);
        ck_assert_double_eq(x.samples[0].level, 51.5);
        limits = x.samples[0].limits;
        ck_assert_ptr_nonnull(limits);
        ck_assert(limits->warn.set && limits->alarm.set);
        ck_assert_double_eq(limits->warn.value, 95);
        ck_assert_double_eq(limits->alarm.value, 105);
        sysfs_tree_set(tree, "device/hwmon/hwmon9/temp2_input", "-2500\n");
        ck_assert_uint_eq(sample(10 * S).n, 0);
        ck_assert_uint_eq(sample(11 * S).n, 0);
        x = wait_for(12 * S, SIGNAL_ADAPTER_TEMPERATURE);
        ck_assert_double_eq(x.samples[0].level, -2.5);
        ck_assert_double_eq(x.samples[0].limits->alarm.value, 105);
}
END_TEST

static const struct {
        double max, critical; /* 0: not offered */
        double warn, alarm;   /* 0: none */
} limit_cases[] = {
        { 95, 105, 95, 105 },
        { 0, 105, 100, 105 },
        { 95, 0, 95, 0 },
        { 0, 0, 0, 0 },
        { 105, 105, 100, 105 }, /* no warning at all would be worse */
        { -1, 105, 100, 105 },
        { 0.5, -3, 0.5, 0 },
        { 0, 4, 0, 0 },
};

START_TEST(test_limits) {
        SignalLimits l = hwmon_limits(limit_cases[_i].max, limit_cases[_i].critical);

        ck_assert_int_eq(l.warn.set, limit_cases[_i].warn != 0);
        ck_assert_int_eq(l.alarm.set, limit_cases[_i].alarm != 0);
        ck_assert_double_eq(l.warn.value, limit_cases[_i].warn);
        ck_assert_double_eq(l.alarm.value, limit_cases[_i].alarm);
}
END_TEST

START_TEST(test_temperatures) {
        static const struct {
                const char *text;
                int result;
                double degrees;
        } cases[] = {
                { "0\n", 0, 0 },
                { "51500", 0, 51.5 },
                { "-100000\n", 0, -100 },
                { "300001\n", -ERANGE, 0 },
                { "-100001\n", -ERANGE, 0 },
                { "-", -EBADMSG, 0 },
                { "--5\n", -EBADMSG, 0 },
                { "N/A\n", -EBADMSG, 0 },
                { "", -EBADMSG, 0 },
                { "99999999999999999999\n", -EBADMSG, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                double degrees = 0;

                ck_assert_int_eq(hwmon_temperature_parse(cases[i].text, strlen(cases[i].text), &degrees),
                                cases[i].result);
                ck_assert_double_eq(degrees, cases[i].degrees);
        }
}
END_TEST

/* Queues are looked at, and none of them is said to stand still as long as nobody knows what it was given. */
START_TEST(test_queues) {
        Samples x;

        sysfs_tree_set(tree, "queues/tx-0/byte_queue_limits/inflight", "0\n");
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/inflight", "1514\n");
        for (unsigned i = 0; i < 40; i++) {
                x = sample(S + i * 250 * USEC_PER_MSEC);
                ck_assert_uint_eq(x.n, 1);
                ck_assert_uint_eq(find(&x, SIGNAL_TX_STALL)->count, 0);
        }
        ck_assert_uint_eq(signals.queues->n_queues, 2);
        ck_assert(signals.queues->suspect[1] && !signals.queues->suspect[0]);
        ck_assert(sysfs_signals_is_suspect(&signals));
        /* it stands still as long as it is given nothing */
        for (unsigned i = 0; i < 3; i++)
                sysfs_signals_check(&signals, &(QueueGiven){ .root_known = true, .all = 7 }, (12 + i) * S);
        x = sample(15 * S);
        ck_assert_uint_eq(find(&x, SIGNAL_TX_STALL)->count, 2);
        /* without a carrier nothing is said */
        ck_assert_uint_eq(sysfs_signals_sample(&signals, 20 * S, false, x.samples, 7), 0);
        ck_assert_uint_eq(signals.queues->n_queues, 0);
        ck_assert(!sysfs_signals_is_suspect(&signals));
}
END_TEST

/* Stalls that the kernel counted, of all queues. */
START_TEST(test_kernels_stalls) {
        Samples x;

        for (unsigned i = 0; i < 3; i++) {
                char path[64];

                snprintf(path, sizeof(path), "queues/tx-%u/byte_queue_limits/inflight", i);
                sysfs_tree_set(tree, path, "0\n");
                snprintf(path, sizeof(path), "queues/tx-%u/byte_queue_limits/stall_cnt", i);
                sysfs_tree_set(tree, path, i == 2 ? "5\n" : "1\n");
        }
        x = sample(S);
        ck_assert_uint_eq(find(&x, SIGNAL_TX_STALL)->count, 7);
        ck_assert_uint_eq(shared.queue_budget, QUEUE_FILES_FDS_MAX - 6);
        sysfs_tree_set(tree, "queues/tx-1/byte_queue_limits/stall_cnt", "2\n");
        x = sample(2 * S);
        ck_assert_uint_eq(find(&x, SIGNAL_TX_STALL)->count, 8);
}
END_TEST

/* Without room for what stays open, the same. */
START_TEST(test_budget) {
        Samples x;

        shared.fd_budget = shared.queue_budget = 0;
        errors_set("device", "correctable", "COR", 3);
        link_set("8\n", "8.0 GT/s PCIe\n");
        sysfs_tree_set(tree, "device/hwmon/hwmon0/temp1_input", "20000\n");
        sysfs_tree_set(tree, "queues/tx-0/byte_queue_limits/inflight", "0\n");
        x = sample(S);
        ck_assert_uint_eq(find(&x, SIGNAL_PCIE_CORRECTABLE)->count, 3);
        ck_assert_ptr_nonnull(find(&x, SIGNAL_TX_STALL));
        x = wait_for(2 * S, SIGNAL_PCIE_LINK_SPEED);
        ck_assert_uint_eq(shared.fd_budget, 0);
        ck_assert_uint_eq(shared.queue_budget, 0);
        shared.fd_budget = SYSFS_FDS_MAX;
        shared.queue_budget = QUEUE_FILES_FDS_MAX;
}
END_TEST

/* Little room for samples, then none. */
START_TEST(test_little_room) {
        HealthSample one[2] = { { .signal = 0 }, { .signal = SIGNAL_CARRIER } };

        errors_set("device", "correctable", "COR", 3);
        errors_set("device", "fatal", "FATAL", 4);
        ck_assert_uint_eq(sysfs_signals_sample(&signals, S, true, one, 1), 1);
        ck_assert_int_eq(one[0].signal, SIGNAL_PCIE_CORRECTABLE);
        ck_assert_int_eq(one[1].signal, SIGNAL_CARRIER);
        ck_assert_uint_eq(sysfs_signals_sample(&signals, 6 * S, true, one, 0), 0);
}
END_TEST

/* No device at all, one on no PCI bus, one of a bus on top of it. */
START_TEST(test_devices) {
        int none = -1;

        ck_assert_str_eq(pcie_device_path(tree), "device");
        ck_assert_str_eq(pcie_port_path(tree), "device/..");
        none = sysfs_tree_new(false);
        ck_assert_ptr_null(pcie_device_path(none));
        ck_assert_ptr_null(pcie_port_path(none));
        sysfs_signals_done(&signals);
        sysfs_signals_init(&signals, &shared, none);
        ck_assert_uint_eq(sample(S).n, 0);
        ck_assert_uint_eq(sample(100 * S).n, 0);
        sysfs_signals_done(&signals);
        sysfs_tree_free(none);
        sysfs_tree_free(tree);
        tree = sysfs_tree_new(true);
        ck_assert_int_eq(unlinkat(tree, "device", 0), 0);
        ck_assert_int_eq(symlinkat("..", tree, "device"), 0); /* net/, which is on no bus */
        ck_assert_str_eq(pcie_device_path(tree), "device/..");
        ck_assert_str_eq(pcie_port_path(tree), "device/../..");
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("sysfs-signals");
        TCase *t = tcase_create("sysfs-signals"), *pure = tcase_create("texts");

        tcase_set_timeout(t, 60);
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_pcie_errors);
        tcase_add_test(t, test_pcie_link);
        tcase_add_test(t, test_pcie_port);
        tcase_add_test(t, test_temperature);
        tcase_add_test(t, test_queues);
        tcase_add_test(t, test_kernels_stalls);
        tcase_add_test(t, test_budget);
        tcase_add_test(t, test_little_room);
        tcase_add_test(t, test_devices);
        tcase_add_loop_test(pure, test_totals, 0, ELEMENTSOF(totals));
        tcase_add_loop_test(pure, test_link_texts, 0, ELEMENTSOF(link_texts));
        tcase_add_loop_test(pure, test_limits, 0, ELEMENTSOF(limit_cases));
        tcase_add_test(pure, test_temperatures);
        suite_add_tcase(s, t);
        suite_add_tcase(s, pure);
        return s;
}

CHECK_MAIN();
