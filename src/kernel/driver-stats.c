/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool.h>

#include "driver-stats.h"

/* A name may have one `*`, for the number of a queue. Sources: the drivers' tables of strings in Linux 6.1 to
 * 6.12 (drivers/net/ethernet/...), and for mlx5 Documentation/networking/device_drivers/ethernet/mellanox/mlx5/
 * counters.rst. Left out: what throttles (ena, *_allowance_exceeded), what the host or PCIe was too slow for
 * (mlx5, outbound_pci_*), and what counts unplugging (module_unplug). */
static const struct {
        const char *driver, *name;
        StatsValue value;
} rows[] = {
        { "ice", "illegal_bytes.nic", STATS_PCS_ERRORS },
        { "ice", "mac_local_faults.nic", STATS_LOCAL_FAULTS },
        { "ice", "mac_remote_faults.nic", STATS_REMOTE_FAULTS },
        { "i40e", "port.illegal_bytes", STATS_PCS_ERRORS },
        { "i40e", "port.mac_local_faults", STATS_LOCAL_FAULTS },
        { "i40e", "port.mac_remote_faults", STATS_REMOTE_FAULTS },
        { "e1000e", "uncorr_ecc_errors", STATS_MEMORY_ERRORS },
        { "e1000e", "corr_ecc_errors", STATS_MEMORY_CORRECTED },
        { "mlx5_core", "rx_pcs_symbol_err_phy", STATS_PCS_ERRORS },
        { "mlx5_core", "rx_pci_signal_integrity", STATS_PCIE_INTEGRITY },
        { "mlx5_core", "tx_pci_signal_integrity", STATS_PCIE_INTEGRITY },
        { "mlx5_core", "module_bus_stuck", STATS_MODULE_ERRORS },
        { "mlx5_core", "module_bad_shorted", STATS_MODULE_ERRORS },
        { "mlx5_core", "module_high_temp", STATS_MODULE_OVERHEATS },
        { "bnxt_en", "rx_pcs_symbol_err", STATS_PCS_ERRORS },
        { "bnxt_en", "total_missed_irqs", STATS_DEVICE_FAULTS },
        { "bnxt_en", "[*]: missed_irqs", STATS_DEVICE_FAULTS },
        { "ena", "wd_expired", STATS_DEVICE_FAULTS },
        { "ena", "admin_q_pause", STATS_DEVICE_FAULTS },
        { "ena", "reset_fail", STATS_DEVICE_FAULTS },
        { "ena", "queue_*_tx_missed_tx", STATS_DEVICE_FAULTS },
};

bool driver_stats_knows(const char *driver) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (streq(rows[i].driver, driver))
                        return true;
        return false;
}

/* name: of a driver, not necessarily terminated. */
static bool matches(const char *pattern, const char *name) {
        const char *star = strchr(pattern, '*');
        size_t length = strnlen(name, ETH_GSTRING_LEN), before, after;

        if (!star)
                return strlen(pattern) == length && memcmp(pattern, name, length) == 0;
        before = (size_t) (star - pattern);
        after = strlen(star + 1);
        return length > before + after && memcmp(pattern, name, before) == 0 &&
                        memcmp(star + 1, name + length - after, after) == 0;
}

void driver_stats_find(const char *driver, const char *names, uint32_t n, DriverStats *ret) {
        *ret = (DriverStats){ .n_counted = n };
        for (uint32_t place = 0; place < n; place++)
                for (size_t i = 0; i < ELEMENTSOF(rows) && ret->n < DRIVER_STATS_MAX; i++) {
                        if (!streq(rows[i].driver, driver) ||
                                        !matches(rows[i].name, names + (size_t) place * ETH_GSTRING_LEN))
                                continue;
                        ret->entry[ret->n].place = (uint16_t) place;
                        ret->entry[ret->n++].value = rows[i].value;
                        break;
                }
}

int driver_stats_sum(const DriverStats *d, const uint64_t *values, EthtoolStats *ret) {
        int n = 0;

        *ret = (EthtoolStats){};
        for (size_t i = 0; i < d->n; i++) {
                StatsValue value = d->entry[i].value;

                n += !ret->set[value];
                ret->set[value] = true;
                ret->value[value] += values[d->entry[i].place];
        }
        return n;
}
