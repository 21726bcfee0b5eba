/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On names as the drivers of Linux 6.1 to 6.12 give them to `ethtool -S`, and on bytes that none gives. */

#include <linux/ethtool.h>

#include "alloc-util.h"
#include "check-main.h"
#include "driver-stats.h"

#define NAMES_MAX 8
#define MANY      100

typedef struct Wanted {
        StatsValue value;
        uint64_t sum;
} Wanted;

/* Of statistics that count 1, 10, 100, ... */
static const struct {
        const char *driver;
        const char *names[NAMES_MAX];
        Wanted wanted[NAMES_MAX];
} drivers[] = {
        { "ice", { "rx_bytes.nic", "illegal_bytes.nic", "mac_local_faults.nic", "mac_remote_faults.nic" },
                        { { STATS_PCS_ERRORS, 10 }, { STATS_LOCAL_FAULTS, 100 },
                                        { STATS_REMOTE_FAULTS, 1000 } } },
        { "i40e",
                        { "port.rx_crc_errors", "port.illegal_bytes", "port.mac_local_faults",
                                        "port.mac_remote_faults" },
                        { { STATS_PCS_ERRORS, 10 }, { STATS_LOCAL_FAULTS, 100 },
                                        { STATS_REMOTE_FAULTS, 1000 } } },
        { "e1000e", { "uncorr_ecc_errors", "corr_ecc_errors", "tx_hwtstamp_timeouts" },
                        { { STATS_MEMORY_ERRORS, 1 }, { STATS_MEMORY_CORRECTED, 10 } } },
        { "mlx5_core",
                        { "rx_pcs_symbol_err_phy", "rx_pci_signal_integrity", "tx_pci_signal_integrity",
                                        "module_unplug", "module_bus_stuck", "module_high_temp",
                                        "module_bad_shorted" },
                        { { STATS_PCS_ERRORS, 1 }, { STATS_PCIE_INTEGRITY, 110 },
                                        { STATS_MODULE_OVERHEATS, 100000 },
                                        { STATS_MODULE_ERRORS, 1010000 } } },
        { "bnxt_en", { "[0]: missed_irqs", "[17]: missed_irqs", "rx_pcs_symbol_err", "missed_irqs" },
                        { { STATS_DEVICE_FAULTS, 11 }, { STATS_PCS_ERRORS, 100 } } },
        { "ena",
                        { "wd_expired", "admin_q_pause", "bw_in_allowance_exceeded", "queue_0_tx_missed_tx",
                                        "queue_0_tx_missed_tx_", "reset_fail" },
                        { { STATS_DEVICE_FAULTS, 101011 } } },
        /* another driver's names say nothing */
        { "i40e", { "mac_local_faults.nic", "uncorr_ecc_errors" }, {} },
        { "veth", { "peer_ifindex", "wd_expired" }, {} },
};

START_TEST(known_names) {
        uint64_t values[NAMES_MAX];
        char names[NAMES_MAX][ETH_GSTRING_LEN] = {};
        EthtoolStats stats;
        DriverStats d;
        uint32_t n = 0;
        int wanted = 0;

        for (uint64_t value = 1; n < NAMES_MAX && drivers[_i].names[n]; value *= 10) {
                strncpy(names[n], drivers[_i].names[n], ETH_GSTRING_LEN);
                values[n++] = value;
        }
        driver_stats_find(drivers[_i].driver, names[0], n, &d);
        while (wanted < NAMES_MAX && drivers[_i].wanted[wanted].sum > 0)
                wanted++;
        ck_assert_int_eq(driver_stats_sum(&d, values, &stats), wanted);
        for (int i = 0; i < wanted; i++)
                ck_assert_uint_eq(stats.value[drivers[_i].wanted[i].value], drivers[_i].wanted[i].sum);
        ck_assert_int_eq(driver_stats_knows(drivers[_i].driver), !streq(drivers[_i].driver, "veth"));
}
END_TEST

/* A name that fills its room has no 0 behind it, and what follows it is the next one's. */
START_TEST(full_names) {
        _cleanup_free_ char *names = malloc(2 * ETH_GSTRING_LEN);
        DriverStats d;

        ck_assert_ptr_nonnull(names);
        memset(names, '*', 2 * ETH_GSTRING_LEN);
        driver_stats_find("ena", names, 2, &d);
        ck_assert_uint_eq(d.n, 0);
        memcpy(names, "queue_", 6);
        memcpy(names + ETH_GSTRING_LEN - 13, "_tx_missed_tx", 13);
        driver_stats_find("ena", names, 2, &d);
        ck_assert_uint_eq(d.n, 1);
        ck_assert_uint_eq(d.entry[0].place, 0);
}
END_TEST

/* More queues than there are places for. */
START_TEST(many_queues) {
        _cleanup_free_ char *names = calloc(MANY, ETH_GSTRING_LEN);
        uint64_t values[MANY];
        EthtoolStats stats;
        DriverStats d;

        ck_assert_ptr_nonnull(names);
        for (uint32_t i = 0; i < MANY; i++) {
                snprintf(names + (size_t) i * ETH_GSTRING_LEN, ETH_GSTRING_LEN, "queue_%u_tx_missed_tx", i);
                values[i] = 1;
        }
        driver_stats_find("ena", names, MANY, &d);
        ck_assert_int_eq(driver_stats_sum(&d, values, &stats), 1);
        ck_assert_uint_eq(stats.value[STATS_DEVICE_FAULTS], DRIVER_STATS_MAX);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("driver-stats");
        TCase *t = tcase_create("names");

        tcase_add_loop_test(t, known_names, 0, ELEMENTSOF(drivers));
        tcase_add_test(t, full_names);
        tcase_add_test(t, many_queues);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
