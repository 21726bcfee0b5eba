/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prime-disruption.h"

typedef struct DisruptionRow {
        const char *driver; /* NULL: any other */
        PrimeDisruption item[_PRIME_ITEM_MAX];
        const char *const *
                        features; /* those that PRIME_FEATURES is said for, NULL-terminated; the rest is free */
        bool unlinked; /* there is no link to negotiate: what is agreed upon elsewhere is only stored */
} DisruptionRow;

#define FEATURES(...)                                                                                          \
        (const char *const[]) {                                                                                \
                __VA_ARGS__, NULL                                                                              \
        }

/* Every feature that some driver restarts for; the rest is flags for the stack. */
static const char *const heavy_features[] = { "rx-lro", "rx-gro-hw", "rx-vlan-hw-parse", "rx-vlan-filter",
        "rx-ntuple-filter", "rx-hashing", "rx-checksum", "tx-vlan-hw-insert", "hw-tc-offload", "loopback",
        "rx-all", "rx-fcs", NULL };

/* From the setters of the drivers in Linux 6.12; items that are not named disturb nothing. An XDP program needs
 * other rings, so it is like setting those. "Stored": while the
 * interface is down these drivers keep the numbers for the next time it is opened.
 *
 * DISRUPTION_QUEUES is not nothing: bnxt (bnxt_tx_disable), mlx5 (mlx5e_switch_priv_channels), ena, i40e and
 * ice also take the carrier away for the milliseconds in which they swap their queues; no link partner notices.
 */
/* clang-format off */
#define LINK   DISRUPTION_LINK
#define QUEUES DISRUPTION_QUEUES
#define UNKNOWN DISRUPTION_UNKNOWN

static const DisruptionRow disruption_table[] = {
        /* igb_set_ringparam and igb_change_mtu: igb_down, igb_up; igb_reinit_queues: closes and opens;
         * igb_set_priv_flags and for two features igb_set_features: igb_reinit_locked. The link is trained again, 1 to
         * 3 s. Stored. Measured: once each. */
        { "igb", { [PRIME_PRIVATE_FLAGS] = LINK, [PRIME_CHANNELS] = LINK, [PRIME_RINGS] = LINK, [PRIME_MTU] = LINK,
                   [PRIME_FEATURES] = LINK, [PRIME_XDP] = LINK },
          FEATURES("rx-ntuple-filter", "rx-all") },
        /* e1000e_set_ringparam, e1000_change_mtu, e1000_set_features: down and up. Stored. Measured. */
        { "e1000e", { [PRIME_RINGS] = LINK, [PRIME_MTU] = LINK, [PRIME_FEATURES] = LINK },
          FEATURES("rx-checksum", "rx-hashing", "rx-vlan-hw-parse", "tx-vlan-hw-insert", "rx-fcs", "rx-all") },
        /* ixgbe_setup_tc (channels): closes and opens; ixgbe_set_ringparam: down, up; ixgbe_change_mtu and
         * ixgbe_set_priv_flags: ixgbe_reinit_locked; ixgbe_set_features: ixgbe_do_reset; ixgbe_set_coalesce: the same
         * when the interrupt rate crosses what LRO or the Tx threshold need. Stored. */
        { "ixgbe", { [PRIME_PRIVATE_FLAGS] = LINK, [PRIME_CHANNELS] = LINK, [PRIME_RINGS] = LINK, [PRIME_MTU] = LINK,
                     [PRIME_FEATURES] = LINK, [PRIME_COALESCE] = LINK, [PRIME_XDP] = LINK },
          FEATURES("rx-lro", "rx-ntuple-filter", "rx-all", "loopback", "hw-tc-offload", "rx-vlan-filter",
                   "rx-vlan-hw-parse") },
        /* Queues are stopped and started; a new number of channels resets the function, the port stays. */
        { "i40e", { [PRIME_PRIVATE_FLAGS] = QUEUES, [PRIME_CHANNELS] = QUEUES, [PRIME_RINGS] = QUEUES,
                    [PRIME_MTU] = QUEUES, [PRIME_FEATURES] = QUEUES, [PRIME_XDP] = QUEUES }, heavy_features },
        { "ice", { [PRIME_PRIVATE_FLAGS] = QUEUES, [PRIME_CHANNELS] = QUEUES, [PRIME_RINGS] = QUEUES,
                   [PRIME_MTU] = QUEUES, [PRIME_FEATURES] = QUEUES, [PRIME_XDP] = QUEUES }, heavy_features },
        /* mlx5e_safe_switch_params: the new channels are opened, then swapped in. */
        { "mlx5_core", { [PRIME_PRIVATE_FLAGS] = QUEUES, [PRIME_CHANNELS] = QUEUES, [PRIME_RINGS] = QUEUES,
                         [PRIME_MTU] = QUEUES, [PRIME_FEATURES] = QUEUES, [PRIME_COALESCE] = QUEUES,
                         [PRIME_XDP] = QUEUES }, heavy_features },
        /* bnxt_close_nic and bnxt_open_nic without a new training of the link. */
        { "bnxt_en", { [PRIME_CHANNELS] = QUEUES, [PRIME_RINGS] = QUEUES, [PRIME_MTU] = QUEUES,
                       [PRIME_FEATURES] = QUEUES, [PRIME_XDP] = QUEUES }, heavy_features },
        /* ena_update_queue_params, ena_change_mtu */
        { "ena", { [PRIME_CHANNELS] = QUEUES, [PRIME_RINGS] = QUEUES, [PRIME_MTU] = QUEUES,
                   [PRIME_FEATURES] = QUEUES, [PRIME_XDP] = QUEUES }, heavy_features },
        /* One virtqueue after the other is reset and refilled; all else goes by control messages. */
        { "virtio_net", { [PRIME_RINGS] = QUEUES, [PRIME_XDP] = QUEUES } },
        /* vmxnet3_quiesce_dev, vmxnet3_reset_dev, vmxnet3_activate_dev. Measured: down for a moment. */
        { "vmxnet3", { [PRIME_RINGS] = LINK, [PRIME_MTU] = LINK } },
        /* veth_set_channels takes the carrier of both ends away. Measured: carrier_changes +2 at either end. */
        { "veth", { [PRIME_CHANNELS] = LINK } },
        { "tun", { DISRUPTION_NONE }, NULL, true },       /* measured */
        { "netdevsim", { DISRUPTION_NONE }, NULL, true }, /* numbers in memory */
        /* whatever restarts something with any of them */
        { NULL, { [PRIME_PRIVATE_FLAGS] = UNKNOWN, [PRIME_CHANNELS] = UNKNOWN, [PRIME_RINGS] = UNKNOWN,
                  [PRIME_MTU] = UNKNOWN, [PRIME_FEATURES] = UNKNOWN, [PRIME_COALESCE] = UNKNOWN,
                  [PRIME_XDP] = UNKNOWN }, heavy_features },
};
/* clang-format on */

static bool is_among(const char *const *names, const char *name) {
        for (; names && name && *names; names++)
                if (streq(*names, name))
                        return true;
        return false;
}

PrimeDisruption prime_disruption_of(const char *driver, PrimeItemId item, const char *feature) {
        const DisruptionRow *row = disruption_table;

        assert(item >= 0 && item < _PRIME_ITEM_MAX);
        while (row->driver && !streq(row->driver, driver))
                row++;
        /* Negotiated anew with the link partner, by whatever driver; the link is down meanwhile. */
        if (prime_item_consent(item) == PRIME_ON_REQUEST)
                return row->unlinked ? DISRUPTION_NONE : row->driver ? DISRUPTION_LINK : DISRUPTION_UNKNOWN;
        if (item == PRIME_FEATURES && !is_among(row->features, feature))
                return DISRUPTION_NONE;
        return row->item[item];
}
