/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prime-disruption.h"

typedef struct DisruptionRow {
        const char *driver; /* NULL: any other */
        PrimeDisruption item[_PRIME_ITEM_MAX];
} DisruptionRow;

/* From the drivers' set_channels, set_ringparam and change_mtu in Linux 6.12: mlx5 builds the new channels and
 * swaps them in; bnxt, ena, ice and i40e stop and start their queues; ixgbe, igb and e1000e go down and up, and
 * the link is trained again for 1 to 3 s; veth takes the carrier of both ends away (veth_set_channels). Items
 * that are not named disturb nothing. */
#define RESTART(x)                                                                                             \
        {                                                                                                      \
                [PRIME_PRIVATE_FLAGS] = x, [PRIME_CHANNELS] = x, [PRIME_RINGS] = x, [PRIME_MTU] = x,           \
                [PRIME_FEATURES] = x                                                                           \
        }

static const DisruptionRow disruption_table[] = {
        { "veth", { [PRIME_CHANNELS] = DISRUPTION_LINK } },
        { "tun", { DISRUPTION_NONE } },
        { "virtio_net", { [PRIME_RINGS] = DISRUPTION_QUEUES } },
        { "mlx5_core", RESTART(DISRUPTION_QUEUES) },
        { "bnxt_en", RESTART(DISRUPTION_QUEUES) },
        { "ena", RESTART(DISRUPTION_QUEUES) },
        { "ice", RESTART(DISRUPTION_QUEUES) },
        { "i40e", RESTART(DISRUPTION_QUEUES) },
        { NULL, RESTART(DISRUPTION_LINK) },
};

/* Those that drivers restart for; the rest is flags for the stack. */
static const char *const heavy_features[] = {
        "rx-lro",
        "rx-gro-hw",
        "rx-vlan-hw-parse",
        "rx-vlan-filter",
        "rx-ntuple-filter",
        "rx-hashing",
        "hw-tc-offload",
        "loopback",
        "rx-all",
        "rx-fcs",
};

PrimeDisruption prime_disruption_of(const char *driver, PrimeItemId item, const char *feature) {
        const DisruptionRow *row = disruption_table;

        assert(item >= 0 && item < _PRIME_ITEM_MAX);
        if (item == PRIME_FEATURES &&
                        string_table_lookup(heavy_features, ELEMENTSOF(heavy_features), feature) < 0)
                return DISRUPTION_NONE;
        while (row->driver && !streq(row->driver, driver))
                row++;
        return row->item[item];
}
